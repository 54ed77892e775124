"""Writing one run and its model, whose files MLflow loads without a pickle."""

import json
import platform
import shutil
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np

from ferbench import determinism
from ferbench.models.inputs import find
from ferbench.results.card import Card
from ferbench.results.data import stored_shape
from ferbench.results.fits import Fit
from ferbench.results.layout import CARD, LANDMARKS, WEIGHTS
from ferbench.tracking.job import FoldData, Job

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import DatasetInput, Run

FRAMES = 2  # of the input example


def provenance() -> dict[str, str]:
    """Tags: the commit, whether anything but results differs from it, and the machine."""
    but_results = ["--", ".", ":!results", ":!dvc.lock"]
    commit, changed = _git("rev-parse", "HEAD"), _git("status", "--porcelain", *but_results)
    return {
        "mlflow.source.name": "ferbench track",
        "mlflow.source.git.commit": commit or "unknown",
        "machine": determinism.machine(),
        "git.dirty": "unknown" if commit is None or changed is None else str(bool(changed)).lower(),
    }


def _git(*command: str) -> str | None:
    """What git prints; None where there is no repository, or no git."""
    try:
        ended = subprocess.run(["git", *command], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return ended.stdout.strip()


def log_run(client: "MlflowClient", run: "Run", job: Job) -> None:
    """Write what a new run holds; it is marked as finished when all of it is there."""
    from mlflow.entities import LoggedModelOutput, Metric, Param

    to, now = run.info.run_id, int(time.time() * 1000)
    model = _log_model(client, run, job.fit, job.tags) if job.fit else None
    params = [Param(name, value) for name, value in job.params.items()]
    metrics = [
        # those that are not of one epoch are the model's, too
        Metric(name, value, now, step, model_id=None if step else model)
        for name, value, step in job.metrics
    ]
    client.log_batch(to, metrics, params)  # which it divides if they are many
    if job.data:
        client.log_inputs(to, [_dataset(job.data)])
    if job.files or job.figures:
        with TemporaryDirectory() as folder:  # one call takes a third of the time of many
            for path in job.files:
                shutil.copy(path, folder)
            for name, draw in job.figures.items():
                (Path(folder) / name).write_text(draw(), encoding="utf-8")
            client.log_artifacts(to, folder)
    if model:
        client.log_outputs(to, [LoggedModelOutput(model, 0)])
    client.set_terminated(to)


def _dataset(data: FoldData) -> "DatasetInput":
    from mlflow.entities import Dataset, DatasetInput, InputTag

    entity = Dataset(
        name=data.name,
        digest=data.digest[:36],  # as long as MLflow lets it be
        source_type="local",
        source=json.dumps({"uri": data.source}),
        profile=json.dumps(data.profile),
    )
    # MLflow shows no other tag beside a dataset's name.
    return DatasetInput(entity, [InputTag("mlflow.data.context", f"fold-{data.fold}")])


def _log_model(client: "MlflowClient", run: "Run", fit: Fit, tags: Mapping[str, str]) -> str:
    """Write a logged model of the run and return its id."""
    experiment, source = run.info.experiment_id, run.info.run_id
    logged = client.create_logged_model(experiment, run.info.run_name, source, dict(tags))
    identity: str = logged.model_id
    with TemporaryDirectory() as folder:
        write_model(Path(folder), fit, identity, source)
        client.log_model_artifacts(identity, folder)
    client.finalize_logged_model(identity, "READY")
    return identity


def write_model(folder: Path, fit: Fit, identity: str, run: str) -> None:
    """Write the files of which `mlflow.pyfunc.load_model` makes the logged model of that id."""
    import mlflow.models
    from mlflow.models import ModelSignature
    from mlflow.types import Schema, TensorSpec

    example = _example(fit.card)
    shape, classes = (-1, *example.shape[1:]), len(fit.card.classes)
    frames = TensorSpec(np.dtype(np.float32), (-1, classes), "frames")
    sequence = TensorSpec(np.dtype(np.float32), (classes,), "sequence")
    read, answered = Schema([TensorSpec(example.dtype, shape)]), Schema([frames, sequence])
    signature = ModelSignature(read, answered)
    described = mlflow.models.Model(
        run_id=run,
        model_id=identity,
        signature=signature,
        saved_input_example_info={"artifact_path": "input_example.json", "type": "ndarray"},
        metadata={"classes": fit.card.classes},
    )
    loader, python = "ferbench.inference.logged", platform.python_version()
    described.add_flavor("python_function", loader_module=loader, data="fit", python_version=python)
    described.save(folder / "MLmodel")
    (folder / "input_example.json").write_text(json.dumps(example.tolist()))
    ours = "# and ferbench, which is installed from its folder\n"
    versions = fit.card.versions.items()
    packages = [f"{name}=={version}\n" for name, version in versions if name != "ferbench"]
    (folder / "requirements.txt").write_text("".join([*packages, ours]))
    (folder / "fit").mkdir()
    for name in (CARD, WEIGHTS):
        shutil.copy(fit.folder / name, folder / "fit")


def _example(card: Card) -> "np.ndarray[Any, Any]":
    """A few made-up frames: a model gives away no person's face."""
    chance, side, array = np.random.default_rng(1), card.preprocessing.size, find(card.input).ARRAY
    shape = stored_shape(array, side)
    if array == LANDMARKS:
        points = chance.uniform(0, side, (1, *shape)) + chance.normal(size=(FRAMES, *shape))
        return points.round(2).astype(np.float32)
    return chance.integers(0, 256, (FRAMES, *shape), np.uint8)
