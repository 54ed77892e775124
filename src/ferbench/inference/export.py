"""A trained model as ONNX, for programs without PyTorch."""

import contextlib
import io
import warnings
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from ferbench import determinism
from ferbench.inference.exported import FILE, IDENTITY, Exported, needed
from ferbench.inference.model import Model
from ferbench.io.arrays import Floats
from ferbench.io.files import publish, sha256
from ferbench.models.inputs import Projection
from ferbench.results.card import identity, write_card
from ferbench.results.layout import CARD, WEIGHTS
from ferbench.results.stamps import STAMPS

OPSET = 17
LENGTHS = (1, 2, 7, 60)  # frames of the sequences on which the file is compared with PyTorch
TOLERANCE = 1e-4  # largest difference of a posterior


class Graph(nn.Module):
    """What is exported: what its input describes of one sequence to posteriors."""

    def __init__(self, network: nn.Module, projection: Projection | None):
        super().__init__()
        self.network = network
        self.projected = projection is not None
        if projection:
            self.register_buffer("mean", torch.from_numpy(projection.mean))
            self.register_buffer("components", torch.from_numpy(projection.components))

    def forward(self, values: Tensor) -> tuple[Tensor, Tensor]:
        """(time, …) float32 to posteriors of frames, (time, classes), and sequence, (classes,)."""
        if self.projected:
            centred = values.double() - self.get_buffer("mean")
            values = (centred @ self.get_buffer("components").T).float()
        logits: Tensor = self.network(values.unsqueeze(0), None)
        frames = logits[0].softmax(-1)
        return frames, frames.mean(0)


def export(folder: Path, to: Path, seed: int | None = None) -> None:
    """Write model.onnx and card.json into `to`, and print how far its answers are from PyTorch's.

    `folder` is as `ferbench train` wrote it, `to` one that `ferbench predict` reads. What is
    exported is the fit of `seed`, or the ensemble of all seeds.
    ValueError if onnx or onnxruntime is not installed, the model cannot be used, or the file would
    answer otherwise than PyTorch does.
    """
    determinism.settle(1)
    onnx, _ = needed("onnx"), needed("onnxruntime")
    model = Model.read(folder, seed)
    if model.network is None:
        raise ValueError(f"{folder}: is exported already; export the fit's folder")
    if (to / WEIGHTS).exists():
        raise ValueError(f"{to}: holds a fit, whose card would be lost; export into another folder")
    with publish(to, FILE, CARD) as made:
        file = made / FILE
        trace(model, model.network, file)
        stored = onnx.load(file)
        onnx.helper.set_model_props(stored, {IDENTITY: identity(model.content)})
        content = stored.SerializeToString(deterministic=True)
        file.write_bytes(content)
        difference = largest_difference(model, Exported(file))
        print(f"largest difference from PyTorch: {difference:.2g}, over {LENGTHS} frames")
        if not difference <= TOLERANCE:
            raise ValueError(
                f"{folder}: its ONNX file answers otherwise than PyTorch: a posterior differs by "
                f"{difference:.2g}, {TOLERANCE:g} is allowed; nothing was written"
            )
        about = {
            "sha256": sha256(content),
            "opset": OPSET,
            "seeds": [seed] if seed is not None else list(model.card.seeds),
            "input": model.kind.DESCRIBED,
            "max_difference": difference,
        }
        write_card(made, model.content | {"onnx": about})
    for stamp in model.card.stamps:
        print(f"{stamp}: {STAMPS[stamp]}")
    print(to / FILE)


def trace(model: Model, network: nn.Module, file: Path) -> None:
    """Write the ONNX file of a model's network; ValueError if it cannot be traced."""
    example = torch.from_numpy(_example(model, 2))
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")  # on what tracing fixes: the batch, which is one here
        try:
            torch.onnx.export(
                Graph(network, model.projection).eval(),
                (example,),
                file,
                dynamo=False,  # the newer exporter fixes the length of what an LSTM reads
                opset_version=OPSET,
                input_names=["input"],
                output_names=["frames", "sequence"],
                dynamic_axes={"input": {0: "time"}, "frames": {0: "time"}},
            )
        except RuntimeError as error:
            problem = " ".join(str(error).split())
            raise ValueError(f"{model.folder}: cannot be written as ONNX: {problem}") from None


def largest_difference(model: Model, exported: Exported) -> float:
    """Largest difference of a posterior, of frames or sequences, on random values."""
    largest = 0.0
    for length in LENGTHS:
        values = _example(model, length)
        for ours, theirs in zip(model.posteriors(values), exported(values), strict=True):
            if ours.shape != theirs.shape:
                return float("inf")
            largest = float(np.maximum(largest, np.abs(ours - theirs).max()))
    return largest


def _example(model: Model, length: int) -> Floats:
    """Random values as the network sees them in training: of mean 0 and deviation 1 by then."""
    chance = np.random.default_rng(length)
    if model.projection is None:
        shape = model.kind.shape(model.crop.size)
        return chance.normal(size=(length, *shape)).astype(np.float32)
    standard = chance.normal(size=(length, len(model.projection.components)))
    raw = standard @ np.linalg.pinv(model.projection.components).T + model.projection.mean
    return raw.astype(np.float32)
