"""Writing one run and its model, whose files MLflow loads without a pickle."""

import json
import platform
import shutil
import time
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np

from ferbench.results.layout import LANDMARKS
from ferbench.tracking.job import Data, Job, Model

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import DatasetInput, Run

LOADER = "ferbench.inference.logged"
FRAMES = 2
"""Of the input example."""


def log_run(client: "MlflowClient", run: "Run", job: Job, model: str | None) -> None:
    """Write what the run holds; it is marked as finished when all of it is there.

    Args:
        client: of the store.
        run: new and empty.
        job: what it has to hold.
        model: id of the fit's model; metrics that are not of one epoch are the model's, too.
    """
    from mlflow.entities import LoggedModelOutput, Metric, Param

    to, now = run.info.run_id, int(time.time() * 1000)
    params = [Param(name, value) for name, value in job.params.items()]
    metrics = [
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


def _dataset(data: Data) -> "DatasetInput":
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


def log_model(client: "MlflowClient", run: "Run", model: Model, tags: Mapping[str, str]) -> str:
    """Write a logged model of the run and return its id."""
    experiment, source = run.info.experiment_id, run.info.run_id
    logged = client.create_logged_model(experiment, run.info.run_name, source, dict(tags))
    identity: str = logged.model_id
    with TemporaryDirectory() as folder:
        write_model(Path(folder), model, identity, source)
        client.log_model_artifacts(identity, folder)
    client.finalize_logged_model(identity, "READY")
    return identity


def write_model(folder: Path, model: Model, identity: str, run: str) -> None:
    """Write the files that `mlflow.pyfunc.load_model` reads.

    Args:
        folder: empty.
        model: its files are copied.
        identity: id of the logged model.
        run: id of the run that it comes from.
    """
    import mlflow.models
    from mlflow.models import ModelSignature
    from mlflow.types import Schema, TensorSpec

    example = _example(model)
    shape, classes = (-1, *example.shape[1:]), len(model.classes)
    signature = ModelSignature(
        Schema([TensorSpec(example.dtype, shape)]),
        Schema(
            [
                TensorSpec(np.dtype(np.float32), (-1, classes), "frames"),
                TensorSpec(np.dtype(np.float32), (classes,), "sequence"),
            ]
        ),
    )
    described = mlflow.models.Model(
        run_id=run,
        model_id=identity,
        signature=signature,
        saved_input_example_info={"artifact_path": "input_example.json", "type": "ndarray"},
        metadata={"classes": list(model.classes)},
    )
    described.add_flavor(
        "python_function",
        loader_module=LOADER,
        data="fit",
        python_version=platform.python_version(),
    )
    described.save(folder / "MLmodel")
    (folder / "input_example.json").write_text(json.dumps(example.tolist()))
    ours = "# and ferbench, which is installed from its folder\n"
    packages = [f"{name}=={of}\n" for name, of in model.versions.items() if name != "ferbench"]
    (folder / "requirements.txt").write_text("".join([*packages, ours]))
    (folder / "fit").mkdir()
    for path in (model.card, model.weights):
        shutil.copy(path, folder / "fit")


def _example(model: Model) -> "np.ndarray[Any, Any]":
    """A few made-up frames: a model gives away no person's face."""
    chance = np.random.default_rng(1)
    if model.array == LANDMARKS:
        points = chance.uniform(0, model.side, (1, 68, 2)) + chance.normal(size=(FRAMES, 68, 2))
        return points.round(2).astype(np.float32)
    return chance.integers(0, 256, (FRAMES, model.side, model.side), np.uint8)
