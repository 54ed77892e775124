"""The mirror stays exact: unchanged, superseded, archived, repaired, and by two at once."""

import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ferbench.tracking import mirror
from ferbench.tracking.mirror import ARCHIVED, PARENT, STATE, SUPERSEDED, WRITER
from tracked import (
    JOBS,
    artifacts,
    change,
    client,
    compared,
    complete,
    consistent,
    copy,
    differing,
    every,
    experiment,
    failing,
    ids,
    models,
    redrawn,
    runs,
    start,
    succeed,
    tracked,
)

Ids = dict[str, str]


@pytest.fixture
def before(study: Path) -> Ids:
    """Ids of the runs, by job, of a study that was tracked once."""
    tracked(study)
    return ids()


def results(study: Path) -> Path:
    """A copy of all but the store."""
    ignored = shutil.ignore_patterns("mlflow.db", "mlruns")
    return Path(shutil.copytree(study, study / "before", ignore=ignored))


def statements(call: Callable[[], object]) -> list[str]:
    """SQL that is sent to the store meanwhile."""
    from sqlalchemy import event
    from sqlalchemy.engine import Engine

    sent: list[str] = []

    def note(_: Any, __: Any, statement: str, *___: Any) -> None:
        sent.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        call()
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    return sent


def test_again_changes_nothing(study: Path) -> None:
    receipt, before = tracked(study), ids()
    sent = statements(lambda: tracked(study))
    assert not {"INSERT", "UPDATE", "DELETE"} & {text.split()[0] for text in sent}
    assert ids() == before
    assert tracked(study) == receipt
    history = client().get_metric_history(before["rnn/fold-0"], "train_loss/1")
    assert len({point.step for point in history}) == len(history)


def test_a_changed_fit_supersedes_the_old_one_which_stays(study: Path, before: Ids) -> None:
    redrawn(study, 99)
    tracked(study)
    after = consistent()
    assert differing(before, ids()) == {"cnn/fold-1"}
    assert after["cnn/fold-1"].data.params["fit_seeds.1"] == "99"
    (old,) = runs(state=SUPERSEDED).values()
    assert old.info.run_id == before["cnn/fold-1"]
    assert old.info.lifecycle_stage == "active"  # MLflow's page can compare the two
    assert old.info.run_name == "cnn fold-1 SYNTHETIC (superseded)"
    assert old.data.tags[PARENT] == after["cnn/fold-1"].info.run_id
    assert old.data.params["fit_seeds.1"] != "99"
    assert len(artifacts(old)) == 6
    model = client().get_logged_model(old.outputs.model_outputs[0].model_id)
    assert model.tags[STATE] == SUPERSEDED


def test_what_was_superseded_comes_back_when_it_is_asked_for_again(study: Path) -> None:
    receipt = tracked(study)
    before = ids()
    kept = results(study)
    redrawn(study, 99)
    tracked(study)
    copy(kept, study)
    assert tracked(study) == receipt
    assert ids() == before
    consistent()
    assert runs()["cnn/fold-1"].info.run_name == "cnn fold-1 SYNTHETIC"
    assert len(every()) == 7
    assert runs(state=SUPERSEDED)["cnn/fold-1"].data.tags[PARENT] == before["cnn/fold-1"]


def another_size(study: Path) -> None:
    """Track fits of cnn with another number of parameters, hence a new parent of theirs."""
    for fold in (0, 1):
        change(study, f"cnn/fold-{fold}", parameters={"trainable": 7})
    compared(study)
    tracked(study)


def test_children_follow_a_new_parent(study: Path, before: Ids) -> None:
    another_size(study)
    after = consistent()
    assert differing(before, ids()) == {"cnn", "cnn/fold-0", "cnn/fold-1"}
    assert runs(state=SUPERSEDED)["cnn"].data.tags[PARENT] == after["cnn"].info.run_id
    assert set(runs(state=SUPERSEDED)) == {"cnn", "cnn/fold-0", "cnn/fold-1"}


def test_another_comparison_of_the_same_results_supersedes_nothing(study: Path, before: Ids):
    (study / "table.md").write_text("# Another\n\n| table | x |\n")
    (study / "errors.svg").write_text("<svg/>")
    tracked(study)
    assert ids() == before
    complete()
    for job in ("rnn", "cnn"):
        note = runs()[job].data.tags["mlflow.note.content"]
        assert "| table | x |" in note
        shown = client().download_artifacts(before[job], "errors.svg", str(study))
        assert Path(shown).read_text() == "<svg/>"
    assert "| table | x |" in experiment().tags["mlflow.note.content"]


def test_what_is_no_longer_asked_for_is_archived_and_strangers_stay(study: Path, before: Ids):
    stranger = client().create_run(experiment().experiment_id, run_name="by hand").info.run_id
    compared(study, ["rnn"])
    tracked(study, ["rnn"])
    assert set(runs()) == {"rnn", "rnn/fold-0", "rnn/fold-1"}
    archived = runs(state=ARCHIVED)
    assert ids(state=ARCHIVED) == {job: before[job] for job in ("cnn", "cnn/fold-0", "cnn/fold-1")}
    assert archived["cnn"].info.run_name == "cnn SYNTHETIC (archived)"
    assert archived["cnn/fold-0"].data.tags[PARENT] == before["cnn"]
    assert stranger in {run.info.run_id for run in every()}
    compared(study)
    tracked(study)
    assert ids() == before
    assert not set(runs(state=ARCHIVED))


@pytest.mark.parametrize("call", [
    "create_run", "create_logged_model", "log_model_artifacts", "finalize_logged_model",
    "log_batch", "log_inputs", "log_artifacts", "log_outputs", "set_terminated",
    "log_artifact", "set_experiment_tag",
])  # fmt: skip
def test_an_interrupted_mirror_is_repaired(call: str, study: Path) -> None:
    with failing(call, after=0 if call == "set_experiment_tag" else 2):
        tracked(study)
    assert not (study / "receipt.json").exists()
    tracked(study)
    complete()


@pytest.mark.parametrize("call", [
    "update_run", "set_logged_model_tags", "log_batch",
    "delete_tag", "delete_run", "delete_logged_model",
])  # fmt: skip
def test_an_interrupted_change_is_completed(call: str, study: Path) -> None:
    """The old parents come back, and a fit that was broken off is cleared away."""

    def states(run: Any) -> tuple[str, ...]:
        outputs = run.outputs.model_outputs if run.outputs else []
        made = [client().get_logged_model(model.model_id).tags for model in outputs]
        of_models = (tags.get(STATE, "current") for tags in made)
        return run.info.run_name, run.info.status, run.data.tags[STATE], *of_models

    def broken_off() -> None:
        """An unfinished fit of this writer, with a model."""
        tags = {k: v for k, v in runs()["rnn/fold-0"].data.tags.items() if k != "mlflow.runName"}
        number = experiment().experiment_id
        run = client().create_run(number, tags=tags, run_name="broken off")
        client().create_logged_model(number, "broken off", run.info.run_id)

    tracked(study)
    kept = results(study)
    another_size(study)
    copy(kept, study)
    broken_off()
    with failing(call, after=0):
        tracked(study)
    tracked(study)
    consistent()
    expected: list[tuple[str, ...]] = []
    current = ("rnn", "", "current"), ("cnn", "", "current")
    for name, end, state in (*current, ("cnn", " (superseded)", SUPERSEDED)):
        expected.append((f"{name} SYNTHETIC{end}", "FINISHED", state))
        for fold in (0, 1):
            fit = f"{name} fold-{fold} SYNTHETIC{end}"
            expected.append((fit, "FINISHED", state, state))
    assert sorted(map(states, every())) == sorted(expected)


def test_what_another_machine_may_be_writing_is_left_to_it(study: Path) -> None:
    tracked(study)
    tags = {**runs()["cnn"].data.tags, WRITER: "elsewhere"}
    tags.pop("mlflow.runName")
    number, hour = experiment().experiment_id, 3600_000
    now = int(time.time() * 1000)
    young = client().create_run(number, now - hour // 2, tags, "young").info.run_id
    old = client().create_run(number, now - 2 * hour, tags, "old").info.run_id
    tracked(study)
    left = {run.info.run_id for run in every()}
    assert young in left
    assert old not in left


def test_of_two_copies_the_first_stays_whoever_looks(study: Path, monkeypatch: pytest.MonkeyPatch):
    tracked(study)
    before = ids()
    # As another machine would, which looked before anything was there.
    monkeypatch.setattr(mirror, "_chosen", lambda *_: {})
    with pytest.raises(OSError, match="KeyError"):
        tracked(study)
    monkeypatch.undo()
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{study / 'mlflow.db'}")
    assert len(every()) == 12
    tracked(study)
    assert ids() == before
    complete()


def test_two_processes_at_once_lose_and_double_nothing(study: Path) -> None:
    (study / "mlflow.db").unlink()  # they make the store, too
    succeed(start(study), start(study))
    complete()


def test_two_that_do_not_see_each_other_s_lock_lose_and_double_nothing(study: Path) -> None:
    folders = [study / "one", study / "two"]
    for folder in folders:
        folder.mkdir()
    succeed(*(start(study, TMPDIR=str(folder)) for folder in folders))
    tracked(study)
    complete()


def test_two_experiments_side_by_side(study: Path, before: Ids) -> None:
    tracked(study, name="other")
    assert ids() == before
    assert set(ids("other")) == set(before)
    assert not set(ids("other").values()) & set(before.values())


def test_a_deleted_experiment_comes_back(study: Path) -> None:
    tracked(study)
    client().delete_experiment(experiment().experiment_id)
    tracked(study)
    assert set(runs()) == JOBS


@pytest.mark.parametrize("job", ["rnn", "rnn/fold-0", "rnn/fold-0's model"])
def test_lost_files_are_written_again(job: str, study: Path) -> None:
    tracked(study)
    before = runs()
    of_run, _, model = job.partition("'")
    run = before[of_run]
    lost = f"models/{run.outputs.model_outputs[0].model_id}" if model else run.info.run_id
    shutil.rmtree(study / "mlruns" / experiment().experiment_id / lost)
    tracked(study)
    changed = {name for name, now in ids().items() if now != before[name].info.run_id}
    assert changed == ({of_run} if "/" in job else set())  # parents only hold what is shared
    assert len(every()) == 6
    consistent()
    for found in models():
        assert Path(found.artifact_location, "fit/weights.safetensors").is_file()


def test_statements_grow_no_faster_than_fits(study: Path) -> None:
    """Twice the fits, at most twice the work, both when all are new and when all are there."""
    compared(study, ["rnn"])
    tracked(study, ["rnn"])  # opens the store
    few = len(statements(lambda: tracked(study, ["rnn"], name="few")))
    few_again = len(statements(lambda: tracked(study, ["rnn"], name="few")))
    compared(study)
    many = len(statements(lambda: tracked(study, name="many")))
    many_again = len(statements(lambda: tracked(study, name="many")))
    assert many <= 2 * few
    assert few_again == many_again <= 60
