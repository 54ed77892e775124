"""The card of a job: all that is needed to use its weights, and to say what they are worth."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, Field, NonNegativeInt, PositiveInt

from ferbench.io.files import existing, read_json, validated, write_json
from ferbench.results.data import Preprocessing
from ferbench.results.layout import CARD
from ferbench.results.stamps import STAMPS

MEANING = (
    *("architecture", "input", "causal", "hyperparameters"),
    *("classes", "synthetic", "leaking", "labels_shuffled"),
    *("preprocessing", "train.reference"),
)
"""Keys of a card that say what its weights' numbers mean, and what has to be said with them."""


class Parameters(BaseModel, frozen=True):
    """Numbers of parameters of a network."""

    trainable: PositiveInt


class DataCounts(BaseModel, frozen=True):
    """What a fit's folds were made of."""

    subjects: PositiveInt
    sequences: PositiveInt
    skipped: NonNegativeInt
    """Sequences without a label, of other classes, or of people not in the cohort."""
    unusable: NonNegativeInt  # problems for which sequences were left out
    frames_with_mesh_landmarks: NonNegativeInt
    frames_without_a_face: NonNegativeInt  # dropped


class Trained(BaseModel, frozen=True):
    """How the training of one seed went."""

    fit_seed: NonNegativeInt  # what the fit drew its random numbers with
    stopping_epoch: NonNegativeInt
    """The epoch, from 1, whose weights were kept; 0: those the network was initialised with."""
    epochs: NonNegativeInt
    diverged: bool


class Card(BaseModel, frozen=True):
    """The content of card.json: an architecture on a fold, fitted with one seed or more."""

    architecture: str
    input: str  # a kind of input, a module of `ferbench.models.inputs`
    causal: bool
    reference: bool = False  # whether it is none of the systems under comparison
    dataset: str
    synthetic: bool
    classes: list[str]
    data: DataCounts
    fold: NonNegativeInt
    leaking: bool = False
    labels_shuffled: bool = False
    hyperparameters: dict[str, Any]
    train: dict[str, Any]
    """The protocol: params.yaml's `train`, the recipe, and under its name the input's variant."""
    class_weights: dict[str, float] = {}
    preprocessing: Preprocessing
    explained_variance: float | None = None
    """Share of the training variance that the input's projection keeps; None without one."""
    parameters: Parameters
    seeds: Annotated[dict[NonNegativeInt, Trained], Field(min_length=1)]
    """By the seed of `train.seeds`, in its order."""
    versions: dict[str, str]
    weights_sha256: str

    @property
    def variant(self) -> str | None:
        """Of the input; None where its kind has but one."""
        found: str | None = self.train.get(self.input)
        return found

    @property
    def frames(self) -> str:
        """The order of frames, `train.frames`."""
        return str(self.train.get("frames", "in_order"))

    @property
    def stamps(self) -> list[str]:
        """What has to stand on everything made from this fit."""
        shuffled = self.frames != "in_order"
        holding = (self.synthetic, self.leaking, self.labels_shuffled, shuffled)  # as in STAMPS
        return [stamp for stamp, holds in zip(STAMPS, holding, strict=True) if holds]


def read_card(folder: Path) -> Card:
    """The card in a fit's folder; ValueError naming the key that is missing or wrong."""
    path = existing(folder / CARD, "ferbench train")
    return validated(Card, read_json(path), path, "train it again")


def write_card(folder: Path, content: Mapping[str, Any]) -> None:
    """Write card.json: what a `Card` holds, and perhaps more."""
    write_json(folder / CARD, content)


def identity(card: Mapping[str, Any]) -> str:
    """JSON of MEANING, to lie inside the weights: an edited card no longer fits them.

    Where the input has variants, the card's is among them. KeyError for a card that lacks a key.
    """
    variant = [f"train.{card['input']}"] if card["input"] in card["train"] else []
    values = {}
    for key in (*MEANING, *variant):
        value: Any = card
        for name in key.split("."):
            value = value[name]
        values[key] = value
    return json.dumps(values, sort_keys=True)
