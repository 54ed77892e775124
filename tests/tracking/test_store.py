"""MLflow's store: one at a time, wherever it lies, whatever is wrong with it."""

import os
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any
from unittest.mock import Mock, call

import pytest
from mlflow.exceptions import MlflowException

from ferbench.tracking.moved import move_along
from ferbench.tracking.store import describe, opened, public
from tracked import client, complete, consistent, differing, ids, redrawn, runs, start, tracked


def register(run: Any) -> None:
    """In the registry, as version 1 of `ours`."""
    import mlflow

    mlflow.set_tracking_uri(os.environ["MLFLOW_TRACKING_URI"])
    mlflow.register_model(f"models:/{run.outputs.model_outputs[0].model_id}", "ours")


def all_in(folder: Path) -> Path:
    """A new folder, into which everything beside it is moved."""
    beside = list(folder.parent.iterdir())
    folder.mkdir()
    for path in beside:
        path.rename(folder / path.name)
    return folder


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
    first = all_in(study / "first")
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
    redrawn(second, 99)
    third = second.rename(study / "third")
    assert start(third, MLFLOW_TRACKING_URI="").wait() == 0  # which looks by itself
    assert [path.name for path in study.iterdir()] == ["third"]
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{third / 'mlflow.db'}")
    consistent()
    assert differing(before, ids()) == {"cnn/fold-1"}


@pytest.mark.parametrize("name", ["a b#c?d", "50% é{x}", "a%20b"])
def test_a_folder_of_any_name(name: str, study: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its runs are complete and known again, with all files inside; or one line says no."""
    folder = all_in(study / name)
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
        complete()


@pytest.mark.parametrize(("uri", "said"), [
    ("http://user:secret@127.0.0.1:9", r"MLflow at http://127\.0\.0\.1:9 failed"),
    ("sqlite:///table.md", r"MLflow at sqlite:///table\.md failed: .*not a database"),
    ("nonsense://there", r"MLflow at nonsense://there failed"),
    ("postgresql://me:secret@127.0.0.1:9/db",
     r"MLflow at postgresql://127\.0\.0\.1:9/db failed: .*refused"),
])  # fmt: skip
def test_when_mlflow_fails_one_line_says_so(uri: str, said: str, study: Path, monkeypatch: Any):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    before = (study / "metrics.json").read_bytes()
    with pytest.raises(OSError, match=said) as raised:
        tracked(study)
    assert "\n" not in str(raised.value)
    assert "secret" not in str(raised.value)
    assert (study / "metrics.json").read_bytes() == before
    assert not (study / "receipt.json").exists()


def test_a_server_that_never_answers_is_given_up(study: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "1")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        uri = f"http://127.0.0.1:{silent.getsockname()[1]}"
        monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
        with pytest.raises(OSError, match=r"imed? ?out.*; the results are safe") as raised:
            tracked(study)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(("uri", "shown"), [
    ("postgresql://me:pw@host/db", "postgresql://host/db"),
    ("postgresql://me:s3/cr#t?@host:1/db", "postgresql://host:1/db"),
    ("postgresql://me:p%40w@host/db", "postgresql://host/db"),
    ("postgresql://host/db?user=me&password=pw", "postgresql://host/db"),
    ("https://me:pw@host/path/", "https://host/path/"),
    ("http://127.0.0.1:5000", "http://127.0.0.1:5000"),
    ("sqlite:///mlflow.db", "sqlite:///mlflow.db"),
    ("sqlite:////home/me@there/mlflow.db", "sqlite:////home/me@there/mlflow.db"),
])  # fmt: skip
def test_addresses_are_shown_without_secrets(uri: str, shown: str) -> None:
    assert public(uri, uri) == shown
    assert public(uri, f"no route to {uri}!") == f"no route to {shown}!"


def test_secrets_are_not_shown_by_themselves_either() -> None:
    said = public("postgresql://me:p%40w@host/db", "p@w is wrong, so is p%40w")
    assert "p@w" not in said
    assert "p%40w" not in said


def test_a_tag_that_another_machine_sets_meanwhile_is_set_again() -> None:
    """MLflow looks whether a new tag is there and inserts it; another may insert it in between."""
    refused = MlflowException("UNIQUE constraint failed: experiment_tags.key")
    client = Mock()
    client.get_experiment.return_value.tags = {}
    client.set_experiment_tag.side_effect = [refused, None]
    describe(client, "1", "key", "value")
    assert client.set_experiment_tag.mock_calls == [call("1", "key", "value")] * 2
    client.set_experiment_tag.side_effect = [refused, refused]
    with pytest.raises(MlflowException):
        describe(client, "1", "key", "value")
