"""One fit: one architecture on one fold."""

import csv
import hashlib
import json
from importlib.metadata import version
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytorch_lightning as pl
import torch
from pydantic import BaseModel
from safetensors.numpy import save as save_arrays

from ferbench import determinism
from ferbench.config.schema import Recipe, Train
from ferbench.io.files import publish, read_json
from ferbench.models import inputs
from ferbench.models.classifier import Classifier
from ferbench.models.features import COUNT, Projection
from ferbench.models.predictor import Predictor, identity, write_predictions, write_truncated
from ferbench.models.training import class_weights, fit, fit_seed


def train(
    params: Train,
    *,
    architecture: str,
    module: ModuleType,
    sizes: BaseModel,
    frames: Path,
    landmarks: Path,
    summary: Path,
    fold: Path,
    history: Path,
    frame_predictions: Path,
    sequence_predictions: Path,
    truncated_predictions: Path,
    weights: Path,
    card: Path,
) -> None:
    """Fit, keep the best epoch on the validation part, then predict validation and test parts.

    Args:
        params: the protocol.
        architecture: its name.
        module: its module (see `ferbench.models.architectures`).
        sizes: its own parameters, `module.Params`.
        frames: .npy of preprocess to read.
        landmarks: .npy of preprocess to read.
        summary: JSON of preprocess to read.
        fold: JSON of split to read.
        history: CSV to write: losses and errors of every epoch.
        frame_predictions: CSV to write: posteriors of every frame.
        sequence_predictions: CSV to write: posteriors of every sequence.
        truncated_predictions: CSV to write: posteriors of every test sequence, given its beginning.
        weights: safetensors to write: the network, and the projection of its inputs.
        card: JSON to write, last: all that is needed to use the weights.
    """
    data = read_json(summary, "classes", "preprocessing")
    split = read_json(fold, "fold", "parts")
    seed = fit_seed(params.seed, architecture, split["fold"])
    print(f"{determinism.machine()}, torch {torch.__version__}", flush=True)
    determinism.settle(params.threads)
    if params.accelerator == "gpu":
        determinism.notice(determinism.GPU)
    pl.seed_everything(seed, verbose=False)
    parts, projection = inputs.read(
        module.INPUT,
        params,
        frames=frames,
        landmarks=landmarks,
        fold=fold,
        classes=data["classes"],
    )
    width = {"features": COUNT, "crops": data["preprocessing"]["size"]}[module.INPUT]
    network = module.Network(sizes, len(data["classes"]), width)
    recipe: Recipe = getattr(params.recipes, module.INPUT)
    weigh = class_weights(params.class_weights, parts["train"], len(data["classes"]))
    classifier = fit(Classifier(network, recipe, weigh), parts, seed, params.accelerator)
    network.load_state_dict(classifier.best)
    content: dict[str, Any] = {
        "architecture": architecture,
        "input": module.INPUT,
        "causal": module.CAUSAL,
        "reference": getattr(module, "REFERENCE", False),
        "dataset": data["dataset"],
        "synthetic": data["synthetic"],
        "classes": data["classes"],
        "data": {
            "subjects": data["subjects"],
            "sequences": data["sequences"],
            "skipped": sum(data["skipped"].values()),
            "unusable": len(data["unusable"]),
            "frames_with_mesh_landmarks": data["frames_with_mesh_landmarks"],
            "frames_without_a_face": data["frames_without_a_face"],
        },
        "fold": split["fold"],
        "leaking": split["leaking"],
        "labels_shuffled": split["labels_shuffled"],
        "seed": seed,
        "hyperparameters": sizes.model_dump(mode="json"),
        "train": params.model_dump(mode="json", exclude={"recipes"})
        | {"recipe": recipe.model_dump()},
        "class_weights": dict(zip(data["classes"], weigh.tolist(), strict=True)),
        "preprocessing": data["preprocessing"],
        "explained_variance": projection.explained if projection else None,
        "parameters": {
            "trainable": sum(p.numel() for p in network.parameters() if p.requires_grad)
        },
        "stopping_epoch": classifier.best_epoch,
        "epochs": len(classifier.history),
        "diverged": classifier.diverged,
        "versions": {  # what follows a plus is the build, which changes no byte
            name: version(name).partition("+")[0]
            for name in ("ferbench", "numpy", "pytorch-lightning", "torch")
        },
    }
    stored = save_arrays(_arrays(network, projection), {"card": identity(content)})
    content["weights_sha256"] = hashlib.sha256(stored).hexdigest()
    predictor = Predictor(network.cpu())
    targets = (history, frame_predictions, sequence_predictions, truncated_predictions)
    with publish(*targets, weights, card) as (history_to, *predictions_to, weights_to, card_to):
        _write_history(history_to, classifier.history)
        frames_to, sequences_to, truncated_to = predictions_to
        write_predictions(frames_to, sequences_to, predictor, parts, data["classes"])
        write_truncated(truncated_to, predictor, parts["test"], data["classes"])
        weights_to.write_bytes(stored)
        card_to.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def _arrays(network: torch.nn.Module, projection: Projection | None) -> dict[str, Any]:
    arrays = {
        f"network.{name}": np.ascontiguousarray(tensor.cpu().numpy())
        for name, tensor in network.state_dict().items()
    }
    if projection:
        arrays |= {"input.mean": projection.mean, "input.components": projection.components}
    return arrays


def _write_history(path: Path, history: list[dict[str, float]]) -> None:
    """One row an epoch."""
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(history[0])
        table.writerows([f"{value:.9g}" for value in row.values()] for row in history)
