"""A trained model, ready for use: a folder that `ferbench train` or `ferbench export` wrote."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import BaseModel
from torch import nn

from ferbench.config.schema import Crop
from ferbench.faces.alignment import TEMPLATE
from ferbench.faces.sequence import AlignedFace
from ferbench.inference.exported import FILE, Exported
from ferbench.io.arrays import Floats
from ferbench.io.files import existing, read_json, sha256, validated
from ferbench.models import inputs
from ferbench.models.inputs import Kind, Projection, ready
from ferbench.models.predictor import Predictor, SeedEnsemble
from ferbench.models.weights import read_weights
from ferbench.results.card import Card, identity
from ferbench.results.layout import CARD, LANDMARKS, WEIGHTS

Posteriors = tuple[NDArray[np.float32], NDArray[np.float32]]
"""Of the frames, (time, classes), and of the sequence, (classes,)."""


class _Measured(BaseModel):
    reference: Literal["first_frame", "none"]


class _Place(Crop, extra="ignore"):
    template: list[tuple[float, float]]


class _File(BaseModel):
    sha256: str


class _Use(BaseModel):
    """Keys of a card that only a user of the weights needs."""

    train: _Measured
    preprocessing: _Place
    onnx: _File | None = None


@dataclass(frozen=True, eq=False)
class Model:
    """A network and all that makes its inputs of a face's crops and landmarks."""

    folder: Path
    card: Card
    content: dict[str, Any]  # all of the card, as it is written
    crop: Crop  # how a face is aligned
    kind: Kind  # of its input
    posteriors: Callable[[Floats], Posteriors]  # from what `describe` gives of one whole sequence
    network: nn.Module | None  # None where it was exported
    projection: Projection | None  # None where nothing was fitted, and where it was exported

    @classmethod
    def read(cls, folder: Path, seed: int | None = None) -> "Model":
        """Read a folder with a card and its weights, or its exported network.

        The model is the fit of one seed, or, without one, the ensemble of all seeds of the card.
        ValueError, in one line that names the file, if one is missing, damaged, or does not belong
        to the others, or the model needs another version of this package.
        """
        path = existing(folder / CARD, "ferbench train` or `ferbench export")
        content, advice = read_json(path), "train it again"
        card = validated(Card, content, path, advice)
        use = validated(_Use, content, path, advice)
        if use.preprocessing.template != [tuple(point) for point in TEMPLATE.tolist()]:
            raise ValueError(
                f"{path}: preprocessing.template: faces were aligned to other points than "
                f"here; use ferbench {card.versions.get('ferbench')}, or train it again"
            )
        crop = Crop(**use.preprocessing.model_dump(exclude={"template"}))
        kind = inputs.find(card.input)
        inputs.check_variant(card.input, card.variant, f"{path}: train.{card.input}")
        if seed is not None and (use.onnx or seed not in card.seeds):
            known = "the seed it was exported with" if use.onnx else f"seeds {[*card.seeds]}"
            raise ValueError(f"{path}: no seed {seed}; the model has {known}")
        if use.onnx:
            _check(folder / FILE, use.onnx.sha256, "onnx.sha256")
            exported = Exported(folder / FILE)
            _belongs(folder / FILE, exported.identity, content)
            return cls(folder, card, content, crop, kind, exported, None, None)
        _check(folder / WEIGHTS, card.weights_sha256, "weights_sha256")
        weights = read_weights(folder / WEIGHTS)
        _belongs(folder / WEIGHTS, weights.identity, content)
        networks, projection = weights.build(card)
        chosen = [networks[seed]] if seed is not None else [*networks.values()]
        network = chosen[0] if len(chosen) == 1 else SeedEnsemble(chosen)
        predictor = Predictor(network)

        def run(values: Floats) -> Posteriors:
            frames, sequence = predictor(torch.from_numpy(ready(values, projection)))
            return frames.numpy(), sequence.numpy()

        return cls(folder, card, content, crop, kind, run, network, projection)

    def row(self, face: AlignedFace) -> NDArray[Any]:
        """What the model reads of a face: a row of the array of preprocess that its input reads."""
        return face.points if self.kind.ARRAY == LANDMARKS else face.crop

    def describe(self, rows: NDArray[Any]) -> Floats:
        """One whole sequence, by the same code as in training.

        `rows` are those of its frames, (time, …); see the module of its input for the result.
        """
        return self.kind.describe(rows, self.card.variant, self.card.train["reference"])


def _check(path: Path, expected: str, key: str) -> None:
    if not path.is_file():
        raise ValueError(f"{path}: no such file; {CARD} needs it beside it")
    if sha256(path) != expected:
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
