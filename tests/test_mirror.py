"""The mirror stays exact: unchanged, superseded, archived, repaired, and by two at once."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ferbench.figures import FIGURES
from ferbench.tracking import mirror
from ferbench.tracking.mirror import ARCHIVED, PARENT, STATE, SUPERSEDED, WRITER
from ferbench.tracking.moved import move_along
from ferbench.tracking.store import opened, public
from tracked import (
    JOBS,
    artifacts,
    change,
    client,
    compared,
    copy,
    every,
    experiment,
    ids,
    runs,
    start,
    tracked,
)


def differing(before: dict[str, str], after: dict[str, str]) -> set[str]:
    return {job for job in before if before[job] != after.get(job)}


def models() -> list[str]:
    """Ids of the logged models that are not deleted."""
    found = client().search_logged_models([experiment().experiment_id])
    return [model.model_id for model in found]


def consistent() -> dict[str, Any]:
    """The current runs, which are complete and nested as they should be."""
    found = runs()
    assert {run.info.status for run in found.values()} == {"FINISHED"}
    for job, run in found.items():
        nested = "/" in job
        assert run.data.tags.get(PARENT) == (found[job[:3]].info.run_id if nested else None)
        assert len(artifacts(run)) == (6 if nested else 2 + len(FIGURES))
        assert len(run.outputs.model_outputs if run.outputs else []) == nested
    return found


def register(run: Any) -> None:
    """In the registry, as version 1 of `ours`."""
    import mlflow

    mlflow.set_tracking_uri(os.environ["MLFLOW_TRACKING_URI"])
    mlflow.register_model(f"models:/{run.outputs.model_outputs[0].model_id}", "ours")


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
    written = [text for text in sent if text.split()[0] in ("INSERT", "UPDATE", "DELETE")]
    assert not written
    assert ids() == before
    assert tracked(study) == receipt
    history = client().get_metric_history(before["rnn/fold-0"], "train_loss")
    assert len({point.step for point in history}) == len(history)


def test_a_changed_fit_supersedes_the_old_one_which_stays(study: Path) -> None:
    tracked(study)
    before = ids()
    change(study, seed=99)
    tracked(study)
    after = consistent()
    assert differing(before, ids()) == {"cnn/fold-1"}
    assert after["cnn/fold-1"].data.params["seed"] == "99"
    (old,) = runs(state=SUPERSEDED).values()
    assert old.info.run_id == before["cnn/fold-1"]
    assert old.info.lifecycle_stage == "active"  # MLflow's page can compare the two
    assert old.info.run_name == "cnn fold-1 SYNTHETIC (superseded)"
    assert old.data.tags[PARENT] == after["cnn/fold-1"].info.run_id
    assert old.data.params["seed"] != "99"
    assert len(artifacts(old)) == 6
    model = client().get_logged_model(old.outputs.model_outputs[0].model_id)
    assert model.tags[STATE] == SUPERSEDED


def test_what_was_superseded_comes_back_when_it_is_asked_for_again(study: Path) -> None:
    receipt = tracked(study)
    before = ids()
    shutil.copytree(study, study / "before", ignore=shutil.ignore_patterns("mlflow.db", "mlruns"))
    change(study, seed=99)
    tracked(study)
    copy(study / "before", study)
    assert tracked(study) == receipt
    assert ids() == before
    consistent()
    assert runs()["cnn/fold-1"].info.run_name == "cnn fold-1 SYNTHETIC"
    assert len(every()) == 7
    assert runs(state=SUPERSEDED)["cnn/fold-1"].data.tags[PARENT] == before["cnn/fold-1"]


def test_children_follow_a_new_parent(study: Path) -> None:
    tracked(study)
    before = ids()
    for fold in (0, 1):
        change(study, f"cnn/fold-{fold}", parameters={"trainable": 7})
    compared(study)
    tracked(study)
    after = consistent()
    assert differing(before, ids()) == {"cnn", "cnn/fold-0", "cnn/fold-1"}
    assert runs(state=SUPERSEDED)["cnn"].data.tags[PARENT] == after["cnn"].info.run_id
    assert set(runs(state=SUPERSEDED)) == {"cnn", "cnn/fold-0", "cnn/fold-1"}


def test_another_comparison_of_the_same_results_supersedes_nothing(study: Path) -> None:
    tracked(study)
    before = ids()
    (study / "table.md").write_text("# Another\n\n| table | x |\n")
    (study / "errors.svg").write_text("<svg/>")
    tracked(study)
    assert ids() == before
    assert len(every()) == len(before)
    for job in ("rnn", "cnn"):
        note = runs()[job].data.tags["mlflow.note.content"]
        assert "| table | x |" in note
        shown = client().download_artifacts(before[job], "errors.svg", str(study))
        assert Path(shown).read_text() == "<svg/>"
    assert "| table | x |" in experiment().tags["mlflow.note.content"]


def test_what_is_no_longer_asked_for_is_archived_and_strangers_stay(study: Path) -> None:
    tracked(study)
    before = ids()
    stranger = client().create_run(experiment().experiment_id, run_name="by hand").info.run_id
    compared(study, ["rnn"])
    tracked(study, ["rnn"])
    assert set(runs()) == {"rnn", "rnn/fold-0", "rnn/fold-1"}
    archived = runs(state=ARCHIVED)
    assert {job: run.info.run_id for job, run in archived.items()} == {
        job: before[job] for job in ("cnn", "cnn/fold-0", "cnn/fold-1")
    }
    assert archived["cnn"].info.run_name == "cnn SYNTHETIC (archived)"
    assert archived["cnn/fold-0"].data.tags[PARENT] == before["cnn"]
    assert stranger in {run.info.run_id for run in every()}
    compared(study)
    tracked(study)
    assert ids() == before
    assert not set(runs(state=ARCHIVED))


@pytest.mark.parametrize(
    "call",
    [
        *("create_run", "create_logged_model", "log_model_artifacts", "finalize_logged_model"),
        *("log_batch", "log_inputs", "log_artifacts", "log_outputs", "set_terminated"),
        *("log_artifact", "set_experiment_tag"),
    ],
)
def test_an_interrupted_mirror_is_repaired(
    call: str, study: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mlflow import MlflowClient

    real: Callable[..., Any] = getattr(MlflowClient, call)
    left = iter(range(0 if call == "set_experiment_tag" else 2))

    def failing(*arguments: Any, **options: Any) -> Any:
        if next(left, None) is None:
            raise ConnectionError("the store is gone")
        return real(*arguments, **options)

    with monkeypatch.context() as patch:
        patch.setattr(MlflowClient, call, failing)
        with pytest.raises(OSError, match=r"ConnectionError: the store is gone; the results are"):
            tracked(study)
    assert not (study / "receipt.json").exists()
    tracked(study)
    assert set(consistent()) == JOBS
    assert len(every()) == 6
    assert len(models()) == 4


@pytest.mark.parametrize(
    "call",
    [
        *("update_run", "set_logged_model_tags", "log_batch", "delete_tag", "delete_run"),
        "delete_logged_model",
    ],
)
def test_an_interrupted_change_is_completed(
    call: str, study: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The old parents come back, and a fit that was broken off is cleared away."""
    from mlflow import MlflowClient

    def states() -> list[tuple[str, ...]]:
        return sorted(
            (
                run.info.run_name,
                run.info.status,
                run.data.tags[STATE],
                *(
                    client().get_logged_model(model.model_id).tags.get(STATE, "current")
                    for model in (run.outputs.model_outputs if run.outputs else [])
                ),
            )
            for run in every()
        )

    def broken_off() -> None:
        """An unfinished fit of this writer, with a model."""
        tags = {k: v for k, v in runs()["rnn/fold-0"].data.tags.items() if k != "mlflow.runName"}
        number = experiment().experiment_id
        run = client().create_run(number, tags=tags, run_name="broken off")
        client().create_logged_model(number, "broken off", run.info.run_id)

    real: Callable[..., Any] = getattr(MlflowClient, call)
    tracked(study)
    shutil.copytree(study, study / "before", ignore=shutil.ignore_patterns("mlflow.db", "mlruns"))
    for fold in (0, 1):
        change(study, f"cnn/fold-{fold}", parameters={"trainable": 7})
    compared(study)
    tracked(study)
    copy(study / "before", study)
    broken_off()
    failed: list[str] = []

    def failing(*arguments: Any, **options: Any) -> Any:
        if not failed:
            failed.append(call)
            raise ConnectionError("the store is gone")
        return real(*arguments, **options)

    with monkeypatch.context() as patch:
        patch.setattr(MlflowClient, call, failing)
        with pytest.raises(OSError, match="the store is gone"):
            tracked(study)
    tracked(study)
    consistent()
    assert states() == sorted(
        [(f"{name} SYNTHETIC", "FINISHED", "current") for name in ("rnn", "cnn")]
        + [("cnn SYNTHETIC (superseded)", "FINISHED", SUPERSEDED)]
        + [
            (f"{name} fold-{fold} SYNTHETIC", "FINISHED", "current", "current")
            for name in ("rnn", "cnn")
            for fold in (0, 1)
        ]
        + [
            (f"cnn fold-{fold} SYNTHETIC (superseded)", "FINISHED", SUPERSEDED, SUPERSEDED)
            for fold in (0, 1)
        ]
    )


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


def test_of_two_copies_the_first_stays_whoever_looks(
    study: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
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
    assert len(every()) == 6
    assert len(models()) == 4
    consistent()


def test_two_processes_at_once_lose_and_double_nothing(study: Path) -> None:
    (study / "mlflow.db").unlink()  # they make the store, too
    both = [start(study), start(study)]
    ended = [(process.communicate(), process.returncode) for process in both]
    assert [code for _, code in ended] == [0, 0], ended
    assert set(consistent()) == JOBS
    assert len(every()) == 6
    assert len(models()) == 4


def test_two_that_do_not_see_each_other_s_lock_lose_and_double_nothing(study: Path) -> None:
    folders = [study / "one", study / "two"]
    for folder in folders:
        folder.mkdir()
    both = [start(study, TMPDIR=str(folder)) for folder in folders]
    ended = [(process.communicate(), process.returncode) for process in both]
    assert [code for _, code in ended] == [0, 0], ended
    tracked(study)
    assert set(consistent()) == JOBS
    assert len(every()) == 6
    assert len(models()) == 4


def test_one_store_has_one_writer_however_it_is_spelled(study: Path) -> None:
    spellings = ["sqlite:///mlflow.db", f"sqlite:///{study / 'mlflow.db'}"]
    spellings += [f"sqlite:///{study}/../{study.name}/mlflow.db", "sqlite:///other.db"]
    writers = []
    for uri in spellings:
        with opened(uri) as (_, writer):
            writers.append(writer)
    assert writers[0] == writers[1] == writers[2] != writers[3]


def test_the_lock_is_nobody_s_link(study: Path) -> None:
    with opened(os.environ["MLFLOW_TRACKING_URI"]):
        (lock,) = Path(tempfile.gettempdir()).glob("ferbench-*.lock")
    (study / "secret").write_text("not to be read")
    lock.unlink()
    lock.symlink_to(study / "secret")
    with pytest.raises(OSError, match="symbolic links"), opened(os.environ["MLFLOW_TRACKING_URI"]):
        pass


def test_two_experiments_side_by_side(study: Path) -> None:
    tracked(study)
    before = ids()
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
    for name, now in consistent().items():
        if "/" in name:
            (output,) = now.outputs.model_outputs
            place = Path(client().get_logged_model(output.model_id).artifact_location)
            assert (place / "fit/weights.safetensors").is_file()


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


def test_a_power_failure_cannot_harm_what_is_there_already(study: Path) -> None:
    code = (
        "import os; from ferbench.tracking import store\n"
        "with store.opened(os.environ['MLFLOW_TRACKING_URI']) as (client, _):\n"
        "    connection = client._tracking_client.store.engine.connect()\n"
        "    print(connection.exec_driver_sql('PRAGMA synchronous').scalar())\n"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout == "2\n"  # FULL: SQLite waits for the disk


def test_a_moved_folder_takes_its_store_along(study: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = study / "first"
    first.mkdir()
    for path in list(study.iterdir()):
        if path != first:
            path.rename(first / path.name)
    assert start(first, MLFLOW_TRACKING_URI="").wait() == 0
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{first / 'mlflow.db'}")
    register(runs()["rnn/fold-0"])
    second = first.rename(study / "second")
    move_along(second / "mlflow.db", second / "mlruns")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{second / 'mlflow.db'}")
    before, found = ids(), consistent()
    assert all(run.info.artifact_uri.startswith(f"{second}/mlruns/") for run in found.values())
    model = client().get_logged_model(found["rnn/fold-0"].outputs.model_outputs[0].model_id)
    assert (Path(model.artifact_location) / "MLmodel").exists()
    assert (Path(client().get_model_version_download_uri("ours", "1")) / "MLmodel").exists()
    change(second, seed=99)
    third = second.rename(study / "third")
    assert start(third, MLFLOW_TRACKING_URI="").wait() == 0  # which looks by itself
    assert [path.name for path in study.iterdir()] == ["third"]
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{third / 'mlflow.db'}")
    consistent()
    assert differing(before, ids()) == {"cnn/fold-1"}


@pytest.mark.parametrize("name", ["with space", "a#b", "a?b", "a%20b", "50%", "é{x}"])
def test_a_folder_of_any_name(name: str, study: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its runs are complete and known again, with all files inside; or one line says no."""
    folder = study / name
    folder.mkdir()
    for path in list(study.iterdir()):
        if path != folder:
            path.rename(folder / path.name)
    for _ in range(2):
        process = start(folder, MLFLOW_TRACKING_URI="")
        _, complaint = process.communicate()
        if process.returncode:
            assert name == "a%20b"
            assert complaint.startswith("ferbench: ")
            assert "move the project" in complaint
            assert not (folder / "mlruns").exists()
    assert [path.name for path in study.iterdir()] == [name]
    if not process.returncode:
        (study / "link").symlink_to(folder)  # the address of a database is no path
        monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{study}/link/mlflow.db")
        assert set(consistent()) == JOBS
        assert len(every()) == 6


@pytest.mark.parametrize(
    ("uri", "said"),
    [
        ("http://user:secret@127.0.0.1:9", r"MLflow at http://127\.0\.0\.1:9 failed"),
        ("sqlite:///table.md", r"MLflow at sqlite:///table\.md failed: .*not a database"),
        ("nonsense://there", r"MLflow at nonsense://there failed"),
    ],
)
def test_when_mlflow_fails_one_line_says_so(
    uri: str, said: str, study: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    before = (study / "metrics.json").read_bytes()
    with pytest.raises(OSError, match=said) as raised:
        tracked(study)
    assert "\n" not in str(raised.value)
    assert "secret" not in str(raised.value)
    assert (study / "metrics.json").read_bytes() == before
    assert not (study / "receipt.json").exists()


def test_a_server_that_never_answers_is_given_up(
    study: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "1")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        uri = f"http://127.0.0.1:{silent.getsockname()[1]}"
        monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
        with pytest.raises(OSError, match=r"imed? ?out.*; the results are safe") as raised:
            tracked(study)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("uri", "shown"),
    [
        ("postgresql://me:pw@host/db", "postgresql://host/db"),
        ("postgresql://me:s3/cr#t?@host:1/db", "postgresql://host:1/db"),
        ("postgresql://me:p%40w@host/db", "postgresql://host/db"),
        ("postgresql://host/db?user=me&password=pw", "postgresql://host/db"),
        ("https://me:pw@host/path/", "https://host/path/"),
        ("http://127.0.0.1:5000", "http://127.0.0.1:5000"),
        ("sqlite:///mlflow.db", "sqlite:///mlflow.db"),
        ("sqlite:////home/me@there/mlflow.db", "sqlite:////home/me@there/mlflow.db"),
    ],
)
def test_addresses_are_shown_without_secrets(uri: str, shown: str) -> None:
    assert public(uri, uri) == shown
    assert public(uri, f"no route to {uri}!") == f"no route to {shown}!"


def test_secrets_are_not_shown_by_themselves_either() -> None:
    said = public("postgresql://me:p%40w@host/db", "p@w is wrong, so is p%40w")
    assert "p@w" not in said
    assert "p%40w" not in said


def test_a_database_that_is_down_is_one_line(study: Path) -> None:
    process = start(study, MLFLOW_TRACKING_URI="postgresql://me:secret@127.0.0.1:9/db")
    _, complaint = process.communicate()
    assert process.returncode == 1
    assert complaint.startswith("ferbench: MLflow at postgresql://127.0.0.1:9/db failed: ")
    assert complaint.count("\n") == 1
    assert "refused" in complaint
    assert "secret" not in complaint
