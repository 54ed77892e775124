"""What `track` shows in MLflow of a finished study, and what it says where it cannot."""

import json
import os
import re
import runpy
import shutil
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engines import ROOT
from ferbench import determinism
from ferbench.reporting.figures.confusion import svg
from ferbench.results.fits import read_job
from ferbench.results.layout import FIGURES, METRICS, TABLE_MD
from ferbench.results.stamps import STAMPS
from ferbench.steps.track import track
from ferbench.tracking.contents import flat, plain, ranks
from ferbench.tracking.job import FoldData, Job, Shared
from ferbench.tracking.log import write_model as write_logged
from ferbench.tracking.mirror import FINGERPRINT, PARENT
from fits_factory import CLASSES, write_fit
from models_factory import rows, write_model
from projects import call, commit, ended
from small_store import rows_of
from tracked import (
    ARCHITECTURES,
    FOLDS,
    JOBS,
    artifacts,
    change,
    client,
    code,
    compared,
    experiment,
    folders,
    params,
    refitted,
    runs,
    tracked,
)

NOTE = "mlflow.note.content"


def test_parents_say_how_their_architecture_compares(study: Path, capsys: Any) -> None:
    tracked(study)
    rows = json.loads((study / "metrics.json").read_text())["architectures"]
    found = runs()
    assert set(found) == JOBS
    assert {run.info.status for run in found.values()} == {"FINISHED"}
    parent, row = found["cnn"], rows["cnn"]
    assert PARENT not in parent.data.tags
    assert parent.info.run_name == "cnn SYNTHETIC"
    assert parent.data.tags["data"] == "SYNTHETIC"
    values = parent.data.metrics
    assert values["trainable_parameters"] == 73686
    assert values["error_rate_mean"] == row["error_rate"]["mean"]
    assert values["macro_f1_std"] == row["macro_f1"]["std"]
    assert values["pooled_error_rate"] == row["pooled"]["error_rate"]
    ends = [values[f"pooled_error_rate_{end}"] for end in ("low", "high")]
    assert ends == row["pooled"]["interval"]
    assert sorted(found[name].data.metrics["rank"] for name in ARCHITECTURES) == [1, 2]
    better = min(rows, key=lambda name: rows[name]["error_rate"]["mean"])
    assert found[better].data.metrics["rank"] == 1
    assert artifacts(parent) == {"table.md", "metrics.json", *FIGURES}
    assert parent.info.artifact_uri.startswith(str(study / "mlruns"))
    assert "bench-cohn_kanade-SYNTHETIC" in capsys.readouterr().out


def test_children_hold_all_of_a_fit(study: Path) -> None:
    tracked(study)
    row = json.loads((study / "metrics.json").read_text())["architectures"]["cnn"]
    child = runs()["cnn/fold-1"]
    assert child.data.tags[PARENT] == runs()["cnn"].info.run_id
    given = {"hyperparameters.hidden": "120", "train.recipe.learning_rate": "0.002", "fold": "1"}
    assert child.data.params.items() >= given.items()
    (error,) = row["error_rate"]["folds"]["1"]
    assert child.data.metrics["error_rate"] == error
    history = client().get_metric_history(child.info.run_id, "validation_loss/1")
    lines = rows_of(study / "train/cnn/fold-1/history.csv")
    losses = [(int(line["epoch"]), float(line["validation_loss"])) for line in lines]
    assert [(point.step, point.value) for point in history] == losses
    assert artifacts(child) == {
        *("card.json", "history.csv", "confusion.svg", "frame_predictions.csv"),
        *("sequence_predictions.csv", "truncated_predictions.csv"),
    }


def test_children_show_their_confusion_matrix(study: Path) -> None:
    refitted(study, [0], decisions=[("anger", "anger"), ("anger", "fear"), ("fear", "fear")])
    shown = client().download_artifacts(runs()["cnn/fold-0"].info.run_id, "confusion.svg")
    counts = np.zeros((len(CLASSES), len(CLASSES)), np.intp)
    anger, fear = CLASSES.index("anger"), CLASSES.index("fear")
    counts[[anger, anger, fear], [anger, fear, fear]] = 1
    assert Path(shown).read_text() == svg(counts, CLASSES, "cnn fold-0 SYNTHETIC")


def test_children_have_metrics_of_every_class(study: Path) -> None:
    decided = [("anger", "anger"), ("anger", "fear"), ("fear", "fear"), ("sadness", "anger")]
    refitted(study, [0], decisions=decided)
    values = runs()["rnn/fold-0"].data.metrics
    shares = {key: values[key] for key in values if key.split("/")[-1] in CLASSES}
    assert shares == {
        **{"recall/anger": 1 / 2, "precision/anger": 1 / 2, "f1/anger": 1 / 2},
        **{"recall/fear": 1, "precision/fear": 1 / 2, "f1/fear": 2 / 3},
        **{"recall/sadness": 0, "f1/sadness": 0},
    }


def test_children_say_what_they_were_made_of(study: Path) -> None:
    before, found = tracked(study), runs()
    child = found["rnn/fold-1"]
    (given,) = child.inputs.dataset_inputs
    assert given.dataset.name == "cohn_kanade SYNTHETIC"
    assert {tag.key: tag.value for tag in given.tags} == {"mlflow.data.context": "fold-1"}
    assert json.loads(given.dataset.profile)["test"] == {"sequences": 1, "subjects": 2}
    tags = child.data.tags
    assert tags["data_sha256"].startswith(given.dataset.digest)
    assert tags["version.numpy"] == "2.1"
    assert tags["params_sha256"] != found["rnn/fold-0"].data.tags["params_sha256"]  # other seeds
    assert found["rnn/fold-0"].data.tags["data_sha256"] != tags["data_sha256"]
    assert found["cnn/fold-1"].data.tags["data_sha256"] == tags["data_sha256"]
    np.save(study / "frames.npy", np.ones((4, 48, 48), np.uint8))
    assert tracked(study) != before
    assert runs()["rnn/fold-1"].data.tags["data_sha256"] != tags["data_sha256"]


@pytest.mark.parametrize("state", ["nothing", "committed", "results", "source"])
def test_provenance_is_that_of_the_working_directory(state: str, study: Path) -> None:
    head = "unknown"
    if state != "nothing":
        (study / ".gitignore").write_text("mlflow.db\nmlruns\nreceipt.json\n")
        call(study, "git", "init", "--quiet")
        commit(study, "x")
        head = call(study, "git", "rev-parse", "HEAD").strip()
    changed = {"results": "results/compare/table.md", "source": "src/architectures/mine.py"}
    if state in changed:
        path = study / changed[state]
        path.parent.mkdir(parents=True)
        path.write_text("\n")
    tracked(study)
    tags = runs()["cnn/fold-0"].data.tags
    assert tags["mlflow.source.git.commit"] == head
    assert tags["machine"] == determinism.machine()
    dirty = {"nothing": "unknown", "source": "true"}
    assert tags["git.dirty"] == dirty.get(state, "false")


@pytest.mark.parametrize("architecture", ["lstm", "cnn"])
def test_models_load_without_a_pickle(
    architecture: str, study: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import mlflow

    shutil.rmtree(study / "train")
    made: dict[str, Any] = {"decisions": [("anger", "anger"), ("fear", "fear")]}
    for fold in FOLDS:
        folder = write_fit(study / "train", architecture, fold, **made, losses=[(1.0, 1.0)])
        write_model(folder, architecture, fold=fold)
    compared(study, [architecture])
    tracked(study, [architecture])
    run = runs()[f"{architecture}/fold-1"]
    (output,) = run.outputs.model_outputs
    model = client().get_logged_model(output.model_id)
    assert model.status == "READY"
    assert model.source_run_id == run.info.run_id
    assert model.tags["data"] == "SYNTHETIC"
    assert {metric.key for metric in model.metrics} >= {"error_rate", "recall/anger"}
    assert "train_loss" not in {metric.key for metric in model.metrics}
    place = Path(model.artifact_location)
    suffixes = {path.suffix for path in place.rglob("*") if path.is_file()}
    assert suffixes == {"", ".json", ".safetensors", ".txt"}

    monkeypatch.setenv("MLFLOW_ALLOW_PICKLE_DESERIALIZATION", "false")
    mlflow.set_tracking_uri(os.environ["MLFLOW_TRACKING_URI"])
    loaded = mlflow.pyfunc.load_model(model.model_uri)
    from ferbench.inference import model as inference

    ours = inference.Model.read(study / f"train/{architecture}/fold-1")
    given = rows(5, ours.card.input)
    said = loaded.predict(given)
    frames, whole = ours.posteriors(ours.describe(given))
    np.testing.assert_array_equal(said["frames"], frames)
    np.testing.assert_array_equal(said["sequence"], whole)
    assert loaded.metadata.metadata["classes"] == ours.card.classes
    example = loaded.input_example
    assert (example.shape[1:], example.dtype) == (given.shape[1:], given.dtype)
    assert loaded.predict(example)["frames"].shape == (len(example), 6)
    with pytest.raises(mlflow.exceptions.MlflowException, match="schema"):
        loaded.predict(given[:, :3])
    with pytest.raises(ValueError, match="no frames"):
        loaded.predict(given[:0])


def test_a_model_asks_for_packages_that_an_index_has(tmp_path: Path) -> None:
    versions = {"ferbench": "0.1.0", "numpy": "2.1.0", "torch": "2.5.0"}
    (fit,) = read_job(write_fit(tmp_path / "train", versions=versions))
    write_logged(tmp_path, fit, "m-1", "run")
    lines = (tmp_path / "requirements.txt").read_text().splitlines()
    assert [line for line in lines if not line.startswith("#")] == ["numpy==2.1.0", "torch==2.5.0"]


def test_the_experiment_says_what_its_data_are(study: Path) -> None:
    tracked(study)
    tags, found = experiment().tags, runs()
    assert tags["data"] == "SYNTHETIC"
    assert tags["mlflow.experimentKind"] == "custom_model_development"
    lines = (study / "table.md").read_text().splitlines()
    rows = [re.sub(" +", " ", line) for line in lines if line.startswith(("| rnn ", "| cnn "))]
    assert len(rows) == 6  # in three tables
    for note in (tags[NOTE], found["cnn"].data.tags[NOTE]):
        assert note.startswith(f"**SYNTHETIC**: {STAMPS['SYNTHETIC']}")
        assert all(row in note for row in rows)
    assert f"path=errors.svg&run_uuid={found['rnn'].info.run_id})" in tags[NOTE]
    assert f"path=errors.svg&run_uuid={found['cnn'].info.run_id})" in found["cnn"].data.tags[NOTE]
    assert STAMPS["SYNTHETIC"] in found["cnn/fold-0"].data.tags[NOTE]


def test_a_long_table_is_cut_where_mlflow_would_cut_it(study: Path) -> None:
    with (study / "table.md").open("a") as table:
        table.writelines(f"| row {number} | " + "x" * 100 + " |\n" for number in range(100))
    tracked(study)
    note = runs()["cnn"].data.tags[NOTE]
    assert len(note) < 8000
    assert "all of it: table.md" in note
    assert "errors.svg" in note


def test_the_receipt_says_nothing_of_store_or_time(study: Path, monkeypatch: pytest.MonkeyPatch):
    empty = (study / "mlflow.db").read_bytes()
    receipt = tracked(study)
    (study / "other.db").write_bytes(empty)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{study / 'other.db'}")
    assert tracked(study) == receipt
    content, found = json.loads(receipt), runs()
    assert list(content) == ["experiment", "runs"]
    assert content["runs"] == {job: run.data.tags[FINGERPRINT] for job, run in found.items()}
    assert not any(run.info.run_id in receipt.decode() for run in found.values())


def test_a_receipt_that_says_the_same_keeps_its_time(study: Path) -> None:
    tracked(study)
    os.utime(study / "receipt.json", (1, 1))
    tracked(study)
    assert (study / "receipt.json").stat().st_mtime == 1
    (study / "receipt.json").write_text("{}")
    tracked(study)
    assert (study / "receipt.json").stat().st_mtime > 1


@pytest.mark.parametrize("other", ["epochs", "decisions"])
def test_a_comparison_of_other_fits_is_refused(other: str, study: Path) -> None:
    content = json.loads((study / METRICS).read_text())
    row = content["architectures"]["cnn"]
    if other == "epochs":
        row["stopping_epochs"]["1"][0] += 1
    else:  # as many of them are wrong
        row["confusion"][0][0] -= 1
        row["confusion"][1][1] += 1
    (study / METRICS).write_text(json.dumps(content))
    with pytest.raises(ValueError, match=r"metrics\.json: of other fits; run `ferbench compare`"):
        tracked(study)


def test_nothing_of_the_comparison_may_be_missing(study: Path) -> None:
    assert len(FIGURES) >= 6
    for name in (TABLE_MD, *FIGURES, METRICS):
        kept = (study / name).read_bytes()
        (study / name).unlink()
        missing = rf"{re.escape(name)}: no such file; make it with `ferbench compare`"
        with pytest.raises(ValueError, match=missing):
            tracked(study)
        (study / name).write_bytes(kept)
    assert not (study / "receipt.json").exists()
    assert not (study / "mlruns").exists()


def test_seeds_of_a_fold_are_one_run(study: Path) -> None:
    right, wrong = ("anger", "anger"), ("anger", "fear")
    refitted(study, decisions=[right] * 4, others=[[right] * 3 + [wrong]])
    assert set(runs()) == JOBS
    child, parent = runs()["cnn/fold-1"], runs()["cnn"]
    values = child.data.metrics
    assert values["error_rate"] == 1 / 8
    assert [values[f"error_rate_by_seed/{seed}"] for seed in (1, 2)] == [0, 1 / 4]
    assert [values[f"stopping_epoch/{seed}"] for seed in (1, 2)] == [2, 2]
    assert values["recall/anger"] == 7 / 8  # of both
    assert child.data.params["fit_seeds.1"] != child.data.params["fit_seeds.2"]
    assert (child.data.tags["diverged"], parent.data.tags["diverged"]) == ("0 of 2", "0 of 4")
    for seed in (1, 2):
        history = client().get_metric_history(child.info.run_id, f"validation_loss/{seed}")
        assert [(point.step, point.value) for point in history] == [(1, 1.4), (2, 1.1), (3, 1.2)]


def test_a_diverged_fit_is_said_to_be_one(study: Path) -> None:
    nan = float("nan")
    decisions = [("anger", "fear")] * 2
    refitted(study, decisions=decisions)
    losses = [(1.0, 0.9), (nan, float("inf"))]
    write_fit(study / "train", "cnn", 1, decisions=decisions, losses=losses, diverged=True)
    compared(study)
    tracked(study)
    assert runs()["cnn"].data.tags["diverged"] == "1 of 2"
    child = runs()["cnn/fold-1"]
    assert child.data.tags["diverged"] == "1 of 1"
    assert len(client().get_metric_history(child.info.run_id, "train_loss/1")) == 1


def test_a_long_history_goes_in_several_batches(study: Path) -> None:
    losses = [(1 / epoch, 2 / epoch) for epoch in range(1, 402)]
    refitted(study, decisions=[("anger", "fear")] * 2, losses=losses)
    run = runs()["rnn/fold-0"].info.run_id
    for name in ("train_loss", "validation_loss", "validation_error", "train_frame_loss"):
        assert len(client().get_metric_history(run, f"{name}/1")) == 401


@pytest.mark.parametrize("damage", [
    {"architectures": {}}, {"architectures": {"rnn": {"stopping_epochs": {"0": [1]}}}},
    {"architectures": 3}, [], {},
])  # fmt: skip
def test_metrics_of_something_else(damage: object, study: Path) -> None:
    (study / "metrics.json").write_text(json.dumps(damage))
    with pytest.raises(ValueError, match=r"metrics\.json: "):
        tracked(study)
    assert not (study / "receipt.json").exists()


def test_by_default_in_the_working_directory_and_without_torch(study: Path) -> None:
    """Again without matplotlib, for nothing is drawn again."""
    environment = {k: v for k, v in os.environ.items() if k != "MLFLOW_TRACKING_URI"}
    for slow in ({"torch", "sklearn", "mlflow.pytorch"}, {"torch", "matplotlib"}):
        rest = f"assert not {slow} & {{*sys.modules}}; import gc; assert gc.isenabled()"
        command = sys.executable, "-c", code(params(), Path()) + rest
        done = ended(*command, env=environment, check=True)
        assert done.stdout.endswith("to look at them: ferbench ui\n")
        assert len(done.stdout.splitlines()) == 1
    assert set(runs()) == JOBS


def test_the_study_by_which_speed_is_measured_is_one(study: Path, tmp_path: Path) -> None:
    """`make track-speed` would say otherwise only when it is run."""
    folder = tmp_path / "speed"
    folder.mkdir()
    names = runpy.run_path(str(ROOT / "benchmarks/tracking.py"))["write"](folder, 5)
    track(params(names, "speed", range(5)), **folders(folder))
    assert len(runs("speed")) == 6


def test_fingerprints_tell_everything_apart(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("1")
    base: dict[str, Any] = {"key": "k", "name": "n", "params": {"p": "1"}, "metrics": []}
    base |= {"tags": {}}
    changes: list[dict[str, Any]] = [{}, {"name": "m"}, {"params": {"p": "2"}}, {"parent": "p"}]
    changes += [{"metrics": [("m", 1.0, step)]} for step in (0, 1)]
    changes += [{"tags": {"t": "1"}}, {"files": [tmp_path / "a"]}]
    changes += [{"data": FoldData("n", "d", "s", 0, {})}]
    prints = [Job(**(base | change)).fingerprint for change in changes]
    assert len(set(prints)) == len(prints) == 9
    (tmp_path / "a").write_text("2")
    assert Job(**(base | {"files": [tmp_path / "a"]})).fingerprint not in prints
    shared = Shared([tmp_path / "a"], "n")
    assert len({shared.fingerprint, Shared([], "n").fingerprint, Shared([], "").fingerprint}) == 3


def test_nested_settings_becomeflat() -> None:
    nested = {"a": {"b": 1, "c": {"d": [1, 2]}}, "e": "text", "f": True, "g": None}
    leaves = {"a.b": "1", "a.c.d": "[1, 2]", "e": "text", "f": "true", "g": "null"}
    assert flat(nested) == leaves


def test_systems_with_the_same_error_share_a_rank() -> None:
    assert ranks({"a": 0.2, "b": 0.1, "c": 0.2, "d": 0.3}) == {"a": 2, "b": 1, "c": 2, "d": 4}


def test_a_reference_has_no_rank(study: Path) -> None:
    for fold in FOLDS:
        change(study, f"cnn/fold-{fold}", reference=True)
    compared(study)
    tracked(study)
    assert "rank" not in runs()["cnn"].data.metrics
    assert runs()["rnn"].data.metrics["rank"] == 1


def test_names_of_classes_are_what_mlflow_takes() -> None:
    assert plain("colère 2") == "colère 2"
    assert plain("a/b") == "a_2f_b"
    assert plain("a/b") != plain("a(b")
