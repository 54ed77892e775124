"""A small compared study, and what `track` made of it."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from comparison import run_compare, settings
from ferbench.config.schema import Params, Track
from ferbench.results.layout import FIGURES, FRAMES, LANDMARKS, RECEIPT
from ferbench.results.parts import PARTS, Assigned, Fold, Part, write_fold
from ferbench.steps.track import track
from ferbench.tracking import store
from ferbench.tracking.mirror import JOB, PARENT, STATE
from fits_factory import write_fit, write_study

ARCHITECTURES, FOLDS = ["rnn", "cnn"], [0, 1]
JOBS = {"rnn", "cnn", "rnn/fold-0", "rnn/fold-1", "cnn/fold-0", "cnn/fold-1"}
SYNTHETIC = "-cohn_kanade-SYNTHETIC"
"""How the experiment's name ends."""


def write(folder: Path) -> None:
    """The study, its data, and an empty store, which takes seconds to make and none to copy."""
    folder.mkdir()
    write_study(folder / "train", ARCHITECTURES, FOLDS, sequences=12)
    write_data(folder, FOLDS)
    compared(folder)
    with store.opened(f"sqlite:///{folder / 'mlflow.db'}") as (empty, _):
        empty.search_experiments()


def write_data(folder: Path, folds: Sequence[int]) -> None:
    """As `preprocess` and `split` leave them, as far as `track` reads them."""
    np.save(folder / FRAMES, np.zeros((4, 48, 48), np.uint8))
    np.save(folder / LANDMARKS, np.zeros((4, 68, 2), np.float32))
    one = Assigned(id="S001_001", subject="S001", label="anger", first=0, length=4)
    part = Part(subjects=["S001", "S002"], sequences=[one])
    (folder / "split").mkdir(exist_ok=True)
    for fold in folds:
        parts = dict.fromkeys(PARTS, part)
        dealt = Fold(fold=fold, leaking=False, labels_shuffled=False, parts=parts)
        write_fold(folder / "split", dealt)


def copy(made: Path, to: Path) -> None:
    shutil.copytree(made, to, dirs_exist_ok=True)


def compared(folder: Path, architectures: Sequence[str] = ARCHITECTURES) -> None:
    run_compare(folder, architectures, FOLDS, folder)


def change(folder: Path, fit: str = "cnn/fold-1", **card: Any) -> None:
    """Change entries in the card of one fit."""
    path = folder / "train" / fit / "card.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | card))


def redrawn(folder: Path, seed: int) -> None:
    """Say in the card of one fit that it drew its random numbers with another seed."""
    seeds = json.loads((folder / "train/cnn/fold-1/card.json").read_text())["seeds"]
    change(folder, seeds={"1": seeds["1"] | {"fit_seed": seed}})


def params(
    architectures: Sequence[str] = ARCHITECTURES, name: str = "bench", folds: Sequence[int] = FOLDS
) -> Params:
    """params.yaml with those architectures and folds, and an experiment of that name."""
    return settings(architectures, folds).model_copy(update={"track": Track(experiment=name)})


def folders(folder: Path) -> dict[str, Path]:
    """What `track` is given; the comparison, the data and the receipt lie in `folder` itself."""
    own = dict.fromkeys(("data", "compare", "to"), folder)
    return own | {"split": folder / "split", "fits": folder / "train"}


def tracked(
    folder: Path, architectures: Sequence[str] = ARCHITECTURES, name: str = "bench"
) -> bytes:
    """The receipt."""
    track(params(architectures, name), **folders(folder))
    return (folder / RECEIPT).read_bytes()


def refitted(folder: Path, folds: Sequence[int] = FOLDS, **fit: Any) -> None:
    """Write fits anew, the same for every architecture, compare and track them."""
    for name in ARCHITECTURES:
        for fold in folds:
            write_fit(folder / "train", name, fold, **fit)
    compared(folder)
    tracked(folder)


def code(given: Params, folder: Path) -> str:
    """Python that calls `track` and imports nothing else of the tests."""
    paths = {name: str(path) for name, path in folders(folder).items()}
    return (
        "import sys; from pathlib import Path; from ferbench.config.schema import Params;"
        "from ferbench.steps.track import track;"
        f"paths = {{name: Path(path) for name, path in {paths!r}.items()}};"
        f"params = Params.model_validate_json({given.model_dump_json()!r})\n"
        "try: track(params, **paths)\n"
        "except OSError as error: sys.exit(f'ferbench: {error}')\n"
    )


def start(folder: Path, name: str = "bench", **environment: str) -> "subprocess.Popen[str]":
    """`tracked`, in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-c", code(params(name=name), folder)],
        cwd=folder,
        env=os.environ | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def succeed(*processes: "subprocess.Popen[str]") -> None:
    """Wait for processes that were started together."""
    ended = [(process.communicate(), process.returncode) for process in processes]
    assert not any(code for _, code in ended), ended


def client() -> Any:
    from mlflow import MlflowClient

    return MlflowClient(os.environ["MLFLOW_TRACKING_URI"])


def experiment(name: str = "bench") -> Any:
    return client().get_experiment_by_name(name + SYNTHETIC)


def every(name: str = "bench") -> list[Any]:
    """All runs of the experiment that are not deleted."""
    return list(client().search_runs([experiment(name).experiment_id]))


def runs(name: str = "bench", state: str = "current") -> dict[str, Any]:
    """Runs in that state, by job; fails where a job has two."""
    found = [run for run in every(name) if run.data.tags.get(STATE) == state]
    jobs = {run.data.tags[JOB]: run for run in found}
    assert len(jobs) == len(found)
    return jobs


def ids(name: str = "bench", state: str = "current") -> dict[str, str]:
    return {job: run.info.run_id for job, run in runs(name, state).items()}


def artifacts(run: Any) -> set[str]:
    return {file.path for file in client().list_artifacts(run.info.run_id)}


def differing(before: dict[str, str], after: dict[str, str]) -> set[str]:
    return {job for job in before if before[job] != after.get(job)}


def models(name: str = "bench") -> list[Any]:
    """The experiment's logged models that are not deleted."""
    return list(client().search_logged_models([experiment(name).experiment_id]))


def consistent(name: str = "bench") -> dict[str, Any]:
    """The current runs, which are complete and nested as they should be."""
    found = runs(name)
    assert {run.info.status for run in found.values()} == {"FINISHED"}
    for job, run in found.items():
        nested = "/" in job
        assert run.data.tags.get(PARENT) == (found[job[:3]].info.run_id if nested else None)
        assert len(artifacts(run)) == (6 if nested else 2 + len(FIGURES))
        assert len(run.outputs.model_outputs if run.outputs else []) == nested
    return found


def complete(name: str = "bench") -> None:
    """A consistent run of every job, a model of every fit, and nothing twice."""
    assert set(consistent(name)) == JOBS
    assert len(every(name)) == len(JOBS)
    assert len(models(name)) == 4


@contextmanager
def failing(call: str, after: int) -> Iterator[None]:
    """So many calls of one of the client's methods go through; of the next, `track` must say so."""
    from mlflow import MlflowClient

    real, left = getattr(MlflowClient, call), iter(range(after))

    def broken(*arguments: Any, **options: Any) -> Any:
        if next(left, None) is None:
            raise ConnectionError("the store is gone")
        return real(*arguments, **options)

    said = r"ConnectionError: the store is gone; the results are"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(MlflowClient, call, broken)
        with pytest.raises(OSError, match=said):
            yield
