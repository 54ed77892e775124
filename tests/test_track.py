"""The mirror in real MLflow stores: complete, repeatable, repaired, harmless when MLflow fails."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from comparison import run_compare
from ferbench.figures import FIGURES
from ferbench.mirror import FINGERPRINT, JOB, PARENT, Job, _public
from ferbench.schema import Track
from ferbench.track import _flat, track
from fits_factory import write_fit, write_study

os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"  # before anything imports MLflow

ARCHITECTURES, FOLDS = ["rnn", "cnn"], [0, 1]
EXPERIMENT = "bench-cohn_kanade-SYNTHETIC"


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What takes seconds to make and none to copy: a compared study, and an empty store."""
    from mlflow import MlflowClient

    folder = tmp_path_factory.mktemp("made")
    MlflowClient(f"sqlite:///{folder / 'mlflow.db'}").search_experiments()
    write_study(folder / "train", ARCHITECTURES, FOLDS, sequences=12)
    compared(folder)
    return folder


@pytest.fixture
def study(tmp_path: Path, made: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with two architectures of two folds, compared, and an empty store."""
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path / 'mlflow.db'}")
    return tmp_path


def compared(folder: Path, architectures: list[str] | None = None) -> None:
    run_compare(folder, architectures or ARCHITECTURES, FOLDS, folder)


def tracked(folder: Path, architectures: list[str] | None = None, name: str = "bench") -> bytes:
    """The receipt."""
    track(
        Track(experiment=name),
        architectures=architectures or ARCHITECTURES,
        folds=FOLDS,
        fits=folder / "train",
        metrics=folder / "metrics.json",
        table=folder / "table.md",
        receipt=folder / "receipt.json",
        **{name: folder / f"{name}.svg" for name in FIGURES},
    )
    return (folder / "receipt.json").read_bytes()


def client() -> Any:
    from mlflow import MlflowClient

    return MlflowClient(os.environ["MLFLOW_TRACKING_URI"])


def runs(experiment: str = EXPERIMENT) -> dict[str, Any]:
    """The experiment's live runs by job; fails where a job has two."""
    found = client().search_runs([client().get_experiment_by_name(experiment).experiment_id])
    jobs = {run.data.tags[JOB]: run for run in found}
    assert len(jobs) == len(found)
    return jobs


def ids(experiment: str = EXPERIMENT) -> dict[str, str]:
    return {job: run.info.run_id for job, run in runs(experiment).items()}


def change(folder: Path, **card: Any) -> None:
    """Change entries in the card of one fit."""
    path = folder / "train" / "cnn" / "fold-1" / "card.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | card))


def test_mirrors_parents_and_children(study: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tracked(study)
    summary = json.loads((study / "metrics.json").read_text())["architectures"]
    found = runs()
    assert set(found) == {"rnn", "cnn"} | {f"{a}/fold-{f}" for a in ARCHITECTURES for f in FOLDS}
    assert {run.info.status for run in found.values()} == {"FINISHED"}
    parent = found["cnn"]
    assert PARENT not in parent.data.tags
    assert parent.info.run_name == "cnn SYNTHETIC"
    assert parent.data.tags["data"] == "SYNTHETIC"
    assert parent.data.metrics["trainable_parameters"] == 73686
    assert parent.data.metrics["error_rate_mean"] == summary["cnn"]["error_rate"]["mean"]
    assert parent.data.metrics["macro_f1_std"] == summary["cnn"]["macro_f1"]["std"]
    child = found["cnn/fold-1"]
    assert child.data.tags[PARENT] == parent.info.run_id
    assert child.data.params["hyperparameters.hidden"] == "120"
    assert child.data.params["train.recipe.learning_rate"] == "0.002"
    assert child.data.params["fold"] == "1"
    assert child.data.metrics["error_rate"] == summary["cnn"]["error_rate"]["folds"]["1"]
    history = client().get_metric_history(child.info.run_id, "validation_loss")
    rows = (study / "train/cnn/fold-1/history.csv").read_text().splitlines()[1:]
    assert [(point.step, point.value) for point in history] == [
        (int(row.split(",")[0]), float(row.split(",")[3])) for row in rows
    ]
    stored = {file.path for file in client().list_artifacts(child.info.run_id)}
    assert stored == {path.name for path in (study / "train/cnn/fold-1").iterdir()}
    stored = {file.path for file in client().list_artifacts(parent.info.run_id)}
    assert stored == {"table.md", "metrics.json", *(f"{name}.svg" for name in FIGURES)}
    assert parent.info.artifact_uri.startswith(str(study / "mlruns"))
    assert EXPERIMENT in capsys.readouterr().out


def test_again_changes_nothing(study: Path) -> None:
    receipt, before = tracked(study), ids()
    assert tracked(study) == receipt
    assert ids() == before
    history = client().get_metric_history(before["rnn/fold-0"], "train_loss")
    assert len({point.step for point in history}) == len(history)


def test_the_receipt_says_nothing_of_store_or_time(
    study: Path, made: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    receipt = tracked(study)
    (study / "other.db").write_bytes((made / "mlflow.db").read_bytes())
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{study / 'other.db'}")
    assert tracked(study) == receipt
    content = json.loads(receipt)
    assert list(content) == ["experiment", "runs"]
    assert content["runs"] == {job: run.data.tags[FINGERPRINT] for job, run in runs().items()}
    assert not any(run in receipt.decode() for run in ids().values())


def test_a_lost_store_is_made_again(study: Path, made: Path) -> None:
    receipt = tracked(study)
    (study / "mlflow.db").write_bytes((made / "mlflow.db").read_bytes())
    assert tracked(study) == receipt
    assert len(runs()) == 6


def test_a_changed_fit_is_replaced_and_the_others_stay(study: Path) -> None:
    tracked(study)
    before = ids()
    change(study, seed=99)
    tracked(study)
    after = ids()
    assert {job for job in before if before[job] != after[job]} == {"cnn/fold-1"}
    assert runs()["cnn/fold-1"].data.params["seed"] == "99"


def test_children_follow_a_replaced_parent(study: Path) -> None:
    tracked(study)
    before = ids()
    (study / "table.md").write_text("another table\n")
    tracked(study)
    after = runs()
    assert {job for job in before if before[job] != after[job].info.run_id} == {"rnn", "cnn"}
    for job, run in after.items():
        if "/" in job:
            assert run.data.tags[PARENT] == after[job.split("/")[0]].info.run_id


def test_what_is_no_longer_asked_for_goes_and_strangers_stay(study: Path) -> None:
    tracked(study)
    experiment = client().get_experiment_by_name(EXPERIMENT).experiment_id
    stranger = client().create_run(experiment, run_name="by hand").info.run_id
    compared(study, ["rnn"])
    tracked(study, ["rnn"])
    found = client().search_runs([experiment])
    assert stranger in {run.info.run_id for run in found}
    assert {run.data.tags.get(JOB) for run in found} == {None, "rnn", "rnn/fold-0", "rnn/fold-1"}


@pytest.mark.parametrize("call", ["log_batch", "log_artifact", "set_terminated", "create_run"])
@pytest.mark.parametrize("after", [0, 2])
def test_an_interrupted_mirror_is_repaired(
    call: str, after: int, study: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mlflow import MlflowClient

    real: Callable[..., Any] = getattr(MlflowClient, call)
    left = iter(range(after))

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
    found = runs()
    assert len(found) == 6
    assert {run.info.status for run in found.values()} == {"FINISHED"}
    for job, run in found.items():
        assert run.data.tags.get(PARENT) == (found[job[:3]].info.run_id if "/" in job else None)
        files = 6 if "/" in job else 2 + len(FIGURES)  # of a fit; table, numbers and figures
        assert len(client().list_artifacts(run.info.run_id)) == files


def test_two_experiments_side_by_side(study: Path) -> None:
    tracked(study)
    before = ids()
    tracked(study, name="other")
    assert ids() == before
    assert set(ids("other-cohn_kanade-SYNTHETIC")) == set(before)
    assert not set(ids("other-cohn_kanade-SYNTHETIC").values()) & set(before.values())


def test_a_deleted_experiment_comes_back(study: Path) -> None:
    tracked(study)
    client().delete_experiment(client().get_experiment_by_name(EXPERIMENT).experiment_id)
    tracked(study)
    assert len(runs()) == 6


def test_a_diverged_fit_is_said_to_be_one(study: Path) -> None:
    nan = float("nan")
    decisions = [("anger", "fear")] * 2
    for name in ARCHITECTURES:
        write_fit(study / "train", name, 0, decisions=decisions)
        write_fit(study / "train", name, 1, decisions=decisions)
    losses = [(1.0, 0.9), (nan, float("inf"))]
    write_fit(study / "train", "cnn", 1, decisions=decisions, losses=losses, diverged=True)
    compared(study)
    tracked(study)
    assert runs()["cnn"].data.tags["diverged"] == "1 of 2"
    child = runs()["cnn/fold-1"]
    assert child.data.tags["diverged"] == "true"
    assert len(client().get_metric_history(child.info.run_id, "train_loss")) == 1


def test_a_long_history_goes_in_several_batches(study: Path) -> None:
    losses = [(1 / epoch, 2 / epoch) for epoch in range(1, 402)]
    decisions = [("anger", "fear")] * 2
    for name in ARCHITECTURES:
        for fold in FOLDS:
            write_fit(study / "train", name, fold, decisions=decisions, losses=losses)
    compared(study)
    tracked(study)
    run = ids()["rnn/fold-0"]
    assert len(client().get_metric_history(run, "validation_loss")) == 401


@pytest.mark.parametrize(
    "damage",
    [
        {"architectures": {}},
        {"architectures": {"rnn": {"stopping_epochs": {"0": 1}}}},
        {"architectures": 3},
        [],
        {},
    ],
)
def test_metrics_of_something_else(damage: object, study: Path) -> None:
    (study / "metrics.json").write_text(json.dumps(damage))
    with pytest.raises(ValueError, match=r"metrics\.json: "):
        tracked(study)
    assert not (study / "receipt.json").exists()


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


def test_addresses_are_shown_without_secrets() -> None:
    uri = "postgresql://me:pw@host/db"
    assert _public(uri, uri) == "postgresql://host/db"
    assert _public(uri, f"no route to {uri}!") == "no route to postgresql://host/db!"
    assert _public("sqlite:///mlflow.db", "sqlite:///mlflow.db") == "sqlite:///mlflow.db"


def test_by_default_in_the_working_directory_and_without_torch(study: Path) -> None:
    paths = {name: f"Path({name + '.svg'!r})" for name in FIGURES}
    drawn = ", ".join(f"{name}={path}" for name, path in paths.items())
    code = (
        "import sys; from pathlib import Path; from ferbench.track import track;"
        "from ferbench.schema import Track;"
        f"track(Track(experiment='bench'), architectures={ARCHITECTURES}, folds={FOLDS},"
        "fits=Path('train'), metrics=Path('metrics.json'), table=Path('table.md'),"
        f"receipt=Path('receipt.json'), {drawn});"
        "assert not {'torch', 'sklearn', 'matplotlib', 'mlflow.pytorch'} & {*sys.modules};"
        "import mlflow; assert mlflow.get_tracking_uri().endswith('/mlflow.db')"
    )
    environment = {k: v for k, v in os.environ.items() if k != "MLFLOW_TRACKING_URI"}
    ended = subprocess.run(
        [sys.executable, "-c", code], env=environment, check=True, capture_output=True, text=True
    )
    assert ended.stdout.endswith("to look at them: mlflow ui\n")
    assert len(ended.stdout.splitlines()) == 1
    assert len(runs()) == 6


def test_fingerprints_tell_everything_apart(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("1")
    base: dict[str, Any] = {
        "key": "k", "name": "n", "params": {"p": "1"}, "metrics": [], "tags": {}, "files": []
    }  # fmt: skip
    changes: list[dict[str, Any]] = [
        {},
        {"name": "m"},
        {"params": {"p": "2"}},
        {"metrics": [("m", 1.0, 0)]},
        {"metrics": [("m", 1.0, 1)]},
        {"tags": {"t": "1"}},
        {"files": [tmp_path / "a"]},
        {"parent": "p"},
    ]
    prints = [Job(**(base | change)).fingerprint for change in changes]
    assert len(set(prints)) == len(prints)
    (tmp_path / "a").write_text("2")
    assert Job(**(base | {"files": [tmp_path / "a"]})).fingerprint not in prints


def test_nested_settings_become_flat() -> None:
    nested = {"a": {"b": 1, "c": {"d": [1, 2]}}, "e": "text", "f": True, "g": None}
    assert _flat(nested) == {
        "a.b": "1",
        "a.c.d": "[1, 2]",
        "e": "text",
        "f": "true",
        "g": "null",
    }


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    """The address of a tracking server of this test's own."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    root = tmp_path / "server"
    root.mkdir()
    command = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--workers", "1"]
    command += ["--port", str(port), "--backend-store-uri", f"sqlite:///{root / 'mlflow.db'}"]
    command += ["--artifacts-destination", str(root / "artifacts")]
    with (root / "log").open("w") as log:
        process = subprocess.Popen(
            command, cwd=root, stdout=log, stderr=log, start_new_session=True
        )
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(240):
            try:
                with urlopen(f"{address}/health", timeout=5):  # noqa: S310 - our own address
                    break
            except (URLError, OSError):
                assert process.poll() is None, (root / "log").read_text()
                time.sleep(0.25)
        yield address
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(timeout=30)


@pytest.mark.heavy
def test_a_tracking_server_shows_the_same(
    study: Path, server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    receipt, local = tracked(study), runs()
    monkeypatch.setenv("MLFLOW_TRACKING_URI", server)
    assert tracked(study) == receipt
    remote = runs()
    assert {job: run.data.metrics for job, run in remote.items()} == {
        job: run.data.metrics for job, run in local.items()
    }
    assert len(client().list_artifacts(remote["rnn/fold-0"].info.run_id)) == 6
    before = ids()
    assert tracked(study) == receipt
    assert ids() == before
