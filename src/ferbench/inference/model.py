"""A trained model, ready for footage: a folder that `ferbench train` or `ferbench export` wrote."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import BaseModel, ValidationError
from torch import Tensor, nn

from ferbench.config.schema import Crop
from ferbench.faces.alignment import TEMPLATE
from ferbench.inference.exported import FILE, Exported
from ferbench.models import features
from ferbench.models.inputs import pixels
from ferbench.models.predictor import Predictor, identity
from ferbench.models.weights import Floats, read_weights
from ferbench.results.fits import CARD, WEIGHTS, Card, first_problem

Posteriors = tuple[NDArray[np.float32], NDArray[np.float32]]
"""Of the frames, (time, classes), and of the sequence, (classes,)."""


class _Measured(BaseModel):
    features: Literal["geometric", "pca"]
    reference: Literal["first_frame", "none"]


class _Place(Crop, extra="ignore"):
    template: list[tuple[float, float]]


class _File(BaseModel):
    sha256: str


class _Use(BaseModel):
    """Keys of a card that only a user of the weights needs."""

    train: _Measured
    preprocessing: _Place
    weights_sha256: str
    onnx: _File | None = None


@dataclass(frozen=True, eq=False)
class Model:
    """A network and all that makes its inputs of a face's crops and landmarks."""

    folder: Path
    card: Card
    content: dict[str, Any]
    """All of the card, as it is written."""
    crop: Crop
    """How a face is aligned."""
    posteriors: Callable[[Floats], Posteriors]
    """From what `describe` gives of one whole sequence."""
    network: nn.Module | None
    """None where it was exported."""
    projection: features.Projection | None
    """Of raw descriptors to features; None for crops, and where it was exported."""

    @classmethod
    def read(cls, folder: Path) -> "Model":
        """Read a folder with a card and its weights, or its exported network.

        Raises:
            ValueError: a file is missing, damaged, or does not belong to the others, or the model
                needs another version of this package; in one line, with the file.
        """
        content, card, use = _card(folder / CARD)
        if use.preprocessing.template != [tuple(point) for point in TEMPLATE.tolist()]:
            raise ValueError(
                f"{folder / CARD}: preprocessing.template: faces were aligned to other points than "
                f"here; use ferbench {card.versions.get('ferbench')}, or train it again"
            )
        crop = Crop(**use.preprocessing.model_dump(exclude={"template"}))
        if use.onnx:
            _check(folder / FILE, use.onnx.sha256, "onnx.sha256")
            exported = Exported(folder / FILE)
            _belongs(folder / FILE, exported.identity, content)
            return cls(folder, card, content, crop, exported, None, None)
        _check(folder / WEIGHTS, use.weights_sha256, "weights_sha256")
        weights = read_weights(folder / WEIGHTS)
        _belongs(folder / WEIGHTS, weights.identity, content)
        network, projection = weights.build(card, crop.size)
        predictor = Predictor(network)

        def run(values: Floats) -> Posteriors:
            frames, sequence = predictor(_ready(values, projection))
            return frames.numpy(), sequence.numpy()

        return cls(folder, card, content, crop, run, network, projection)

    @property
    def points_only(self) -> bool:
        """Whether landmarks are all it reads; crops are not looked at then."""
        return self.card.input == "features"

    def describe(self, crops: NDArray[np.uint8], points: NDArray[np.float32]) -> Floats:
        """What the model reads of one whole sequence, by the same code as in training.

        Args:
            crops: (time, size, size) uint8.
            points: (time, 68, 2) float32, landmarks in the pixels of the crops.

        Returns:
            (time, 30) or (time, 102) raw descriptors, or standardised crops (time, size, size).
        """
        reference = self.card.train["reference"]
        if self.points_only:
            return features.describe(points, self.card.train["features"], reference)
        return pixels(crops, reference)

    def ready(self, values: Floats) -> Tensor:
        """What the network itself reads, (time, 30) or (time, size, size) float32."""
        return _ready(values, self.projection)


def _ready(values: Floats, projection: features.Projection | None) -> Tensor:
    ready = projection(values.astype(np.float64)) if projection else values
    return torch.from_numpy(np.asarray(ready, np.float32))


def _card(path: Path) -> tuple[dict[str, Any], Card, _Use]:
    if not path.is_file():
        raise ValueError(
            f"{path}: no such file; a model is a folder of `ferbench train` or `ferbench export`"
        )
    try:
        content = json.loads(path.read_bytes())
        return content, Card.model_validate(content), _Use.model_validate(content)
    except ValidationError as error:
        raise ValueError(f"{path}: {first_problem(error)}; train it again") from None
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{path}: not JSON ({error}); train it again") from None


def _check(path: Path, sha256: str, key: str) -> None:
    if not path.is_file():
        raise ValueError(f"{path}: no such file; {CARD} needs it beside it")
    if hashlib.sha256(path.read_bytes()).hexdigest() != sha256:
        raise ValueError(f"{path}: damaged or replaced: {key} in {CARD} is another; make both anew")


def _belongs(path: Path, stored: str | None, content: dict[str, Any]) -> None:
    """Refuse a card that says other things of the weights than they say themselves."""
    try:
        inside, outside = json.loads(stored or ""), json.loads(identity(content))
        differing = [key for key in outside if inside[key] != outside[key]]
    except KeyError as error:
        raise ValueError(f"{path}: {CARD} or the file lacks {error}; train it again") from None
    except (TypeError, ValueError):
        raise ValueError(f"{path}: does not say what it is; train it again") from None
    for key in differing:
        raise ValueError(
            f"{path.with_name(CARD)}: {key}: {outside[key]!r}, but {path.name} was made with "
            f"{inside[key]!r}; they do not belong together"
        )
