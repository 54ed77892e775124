"""The mirror in real tracking servers, and what happens when they are slow, down, or die."""

import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import servers
from ferbench.tracking.mirror import PARENT, WRITER
from tracked import (
    artifacts,
    client,
    compared,
    complete,
    differing,
    ids,
    redrawn,
    runs,
    start,
    succeed,
    tracked,
)


@pytest.fixture(scope="module")
def server() -> Iterator[servers.Server]:
    """Over SQLite, in memory if that can be; every test has an experiment of its own in it."""
    memory = Path("/dev/shm")  # noqa: S108 - a folder of its own in it
    own = tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None)
    with own as folder, servers.mlflow(Path(folder) / "server") as running:
        yield running


@pytest.fixture
def gate(server: servers.Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[servers.Gate]:
    """To be tracked through, in a hurry to give up."""
    running = servers.Gate(server)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", running.address)
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR", "0")
    yield running
    running.close()


def said(name: str) -> dict[str, Any]:
    """All that the current runs say, but for ids and times."""
    found = runs(name)
    by_id = {run.info.run_id: job for job, run in found.items()}
    own = {"mlflow.note.content", PARENT, WRITER}
    return {
        job: (
            run.info.run_name,
            run.data.params,
            run.data.metrics,
            {key: value for key, value in run.data.tags.items() if key not in own},
            by_id.get(run.data.tags.get(PARENT, "")),
            artifacts(run),
            [(given.dataset.name, given.dataset.digest) for given in run.inputs.dataset_inputs],
            len(run.outputs.model_outputs),
        )
        for job, run in found.items()
    }


def losses(name: str) -> list[tuple[int, float]]:
    """Of a fit, by epoch."""
    history = client().get_metric_history(ids(name)["rnn/fold-0"], "validation_loss/1")
    return [(point.step, point.value) for point in history]


def same_as_local(study: Path, address: str, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Track into the study's own store, and into a server: the same runs, also the second time."""
    receipt, local = tracked(study, name=name), said(name)
    history = losses(name)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", address)
    assert tracked(study, name=name) == receipt
    assert said(name) == local
    before = ids(name)
    assert losses(name) == history
    assert tracked(study, name=name) == receipt
    assert ids(name) == before
    redrawn(study, 99)
    assert tracked(study, name=name) != receipt
    assert differing(before, ids(name)) == {"cnn/fold-1"}
    assert ids(name, "superseded") == {"cnn/fold-1": before["cnn/fold-1"]}


def completed(study: Path, name: str) -> None:
    """What was broken off is completed by running it again."""
    tracked(study, name=name)
    complete(name)


def test_a_server_over_sqlite_shows_the_same(study: Path, server: Any, monkeypatch: Any) -> None:
    same_as_local(study, server.address, "same", monkeypatch)


def test_a_model_is_loaded_from_a_server(study: Path, server: Any, monkeypatch: Any) -> None:
    import mlflow

    monkeypatch.setenv("MLFLOW_TRACKING_URI", server.address)
    tracked(study, name="model")
    model = runs("model")["rnn/fold-0"].outputs.model_outputs[0].model_id
    mlflow.set_tracking_uri(server.address)
    folder = Path(mlflow.artifacts.download_artifacts(f"models:/{model}"))
    for name in ("card.json", "weights.safetensors"):
        ours = study / "train/rnn/fold-0" / name
        assert (folder / "fit" / name).read_bytes() == ours.read_bytes()


@pytest.mark.parametrize("let_through", [0, 7, 40])
def test_a_server_that_goes_away_harms_no_result(let_through: int, study: Path, gate: servers.Gate):
    name = f"gone-{let_through}"
    results = {path: path.read_bytes() for path in (study / "train").rglob("*") if path.is_file()}

    gate.lets = lambda number: number <= let_through
    with pytest.raises(OSError, match=r"MLflow at http://.* failed: .*; the results are") as raised:
        tracked(study, name=name)
    assert "\n" not in str(raised.value)
    assert not (study / "receipt.json").exists()
    assert {path: path.read_bytes() for path in results} == results
    gate.lets = lambda _: True
    completed(study, name)


def test_a_slow_server_is_waited_for(study: Path, gate: servers.Gate) -> None:
    gate.delay = 0.05
    completed(study, "slow")


def test_requests_grow_no_faster_than_fits(study: Path, gate: servers.Gate) -> None:
    compared(study, ["rnn"])
    tracked(study, ["rnn"], name="few")
    few = len(gate.requests)
    compared(study)
    tracked(study, name="many")
    many = len(gate.requests) - few
    assert many <= 2 * few
    assert few <= 2 * 25 + 15  # two fits, and a parent
    before = len(gate.requests)
    tracked(study, name="many")
    assert len(gate.requests) - before <= 8
    again = gate.requests[before:]
    assert all(request.startswith("GET") or "search" in request for request in again)


def test_two_processes_at_once_on_one_server(study: Path, gate: servers.Gate) -> None:
    succeed(start(study, "both"), start(study, "both"))
    completed(study, "both")


@pytest.mark.heavy
def test_a_server_over_postgresql(study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """The same runs appear; and a server killed half-way is the end of `track`, not of results."""
    with servers.postgres() as store, servers.mlflow(tmp_path / "server", store) as server:
        same_as_local(study, server.address, "same", monkeypatch)
        gate = servers.Gate(server)
        monkeypatch.setenv("MLFLOW_TRACKING_URI", gate.address)
        monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
        gate.lets = lambda number: number != 50 or server.end(signal.SIGKILL)
        with pytest.raises(OSError, match="the results are safe"):
            tracked(study, name="killed")
        server.start()
        completed(study, "killed")
        succeed(start(study, "both"), start(study, "both"))
        completed(study, "both")
        gate.close()
        monkeypatch.setenv("MLFLOW_TRACKING_URI", store)  # without a server between
        completed(study, "direct")
