"""Finished fits, read back: the one place that knows the names of the files in a fit's folder."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, NonNegativeInt, PositiveInt, ValidationError

from ferbench.results.predictions import (
    Part,
    Truncated,
    existing,
    numbers,
    read_parts,
    read_table,
    read_truncated,
)

INPUTS = ("features", "crops")
"""Kinds of input, in the order in which tables and figures group the architectures."""

CARD = "card.json"
HISTORY = "history.csv"
SEQUENCES = "sequence_predictions.csv"
FRAMES = "frame_predictions.csv"
TRUNCATED = "truncated_predictions.csv"
WEIGHTS = "weights.safetensors"

STAMPS = {
    "SYNTHETIC": "rendered faces, which tell nothing about accuracy on people",
    "LEAKING": "train and test parts share subjects, which hides errors",
    "LABELS SHUFFLED": "nothing can be learned",
    "FRAMES SHUFFLED": "the order of frames is random, at least in test parts",
}
"""What has to stand on everything made from such data, and why."""

LOSSES = ("train_loss", "validation_loss", "validation_error")
"""Columns that every history has."""


class Parameters(BaseModel, frozen=True):
    """Numbers of parameters of a network."""

    trainable: PositiveInt


class Data(BaseModel, frozen=True):
    """What a fit's folds were made of."""

    subjects: PositiveInt
    sequences: PositiveInt
    skipped: NonNegativeInt
    """Sequences without a label, of other classes, or of people not in the cohort."""
    unusable: NonNegativeInt
    """Problems for which sequences were left out."""
    frames_with_mesh_landmarks: NonNegativeInt
    frames_without_a_face: NonNegativeInt
    """Dropped."""


class Card(BaseModel, frozen=True):
    """What `train` says about a fit; keys that only a user of the weights needs are not read."""

    architecture: str
    input: Literal["features", "crops"]
    causal: bool
    reference: bool = False
    """Whether it is none of the systems under comparison."""
    dataset: str
    synthetic: bool
    classes: list[str]
    data: Data
    fold: NonNegativeInt
    leaking: bool = False
    labels_shuffled: bool = False
    seed: NonNegativeInt
    hyperparameters: dict[str, Any]
    train: dict[str, Any]
    preprocessing: dict[str, Any]
    parameters: Parameters
    versions: dict[str, str]
    weights_sha256: str
    stopping_epoch: NonNegativeInt
    """The epoch, from 1, whose weights were kept; 0: those the network was initialised with."""
    epochs: NonNegativeInt
    diverged: bool

    @property
    def frames(self) -> str:
        """The order of frames, `train.frames`."""
        return str(self.train.get("frames", "in_order"))

    @property
    def stamps(self) -> list[str]:
        """What has to stand on everything made from this fit."""
        said = (
            *(self.synthetic, self.leaking),
            *(self.labels_shuffled, self.frames != "in_order"),
        )
        return [stamp for stamp, holds in zip(STAMPS, said, strict=True) if holds]


@dataclass(frozen=True, eq=False)
class Fit:
    """One architecture trained on one fold."""

    folder: Path
    card: Card
    history: dict[str, NDArray[np.float64]]
    """By name, LOSSES among them, (epochs,): losses in nats, errors as shares of 1.

    Not finite where the fit diverged.
    """
    validation: Part
    test: Part
    truncated: Truncated

    @classmethod
    def read(cls, folder: Path) -> "Fit":
        """Read a folder that `train` wrote; ValueError naming the file that is missing or wrong."""
        card = _card(folder / CARD)
        history = _history(folder / HISTORY, card)
        parts = read_parts(folder / SEQUENCES, folder / FRAMES, card.classes)
        truncated = read_truncated(folder / TRUNCATED, card.classes, parts["test"])
        return cls(folder, card, history, **parts, truncated=truncated)

    @property
    def tested(self) -> dict[str, int]:
        """The sequences of the test part by id, each with the index of its true class."""
        rows = self.test.sequences
        return dict(zip(rows.sequence.tolist(), rows.label.tolist(), strict=True))

    @property
    def files(self) -> list[Path]:
        """All files of the fit; ValueError if one is missing."""
        return [
            existing(self.folder / name)
            for name in (CARD, HISTORY, SEQUENCES, FRAMES, TRUNCATED, WEIGHTS)
        ]


def read_all(
    folder: Path, architectures: Sequence[str], folds: Sequence[int]
) -> dict[str, list[Fit]]:
    """Exactly `architectures` x `folds` of `folder`/<architecture>/fold-<id>/, grouped by input.

    Inputs come in the order of INPUTS, their architectures by name (the order of a mapping is no
    parameter: DVC does not see it), folds as given. ValueError for a fit that is missing, lies in a
    wrong folder, or cannot be compared with the others.
    """
    fits: dict[str, list[Fit]] = {}
    for architecture in architectures:
        fits[architecture] = []
        for fold in folds:
            fit = Fit.read(folder / architecture / f"fold-{fold}")
            found = (fit.card.architecture, fit.card.fold)
            if found != (architecture, fold):
                raise ValueError(
                    f"{fit.folder / CARD}: is of {found[0]}, fold {found[1]}, not of its folder; "
                    "train it again"
                )
            fits[architecture].append(fit)
    _comparable(fits)
    order = {name: (INPUTS.index(of_one[0].card.input), name) for name, of_one in fits.items()}
    return {name: fits[name] for name in sorted(fits, key=order.__getitem__)}


def _comparable(fits: Mapping[str, Sequence[Fit]]) -> None:
    """Raise ValueError unless data and protocol are shared and a fold tests the same sequences."""
    every = [fit for of_one in fits.values() for fit in of_one]
    for fit in every:
        _same(every[0], fit, ("dataset", "stamps", "classes", "data", "preprocessing"))
        own = ("input", "hyperparameters", "train", "parameters")
        _same(fits[fit.card.architecture][0], fit, own)
    first = {fit.card.fold: fit for fit in reversed(every)}
    for fit in every:
        if fit.tested != first[fit.card.fold].tested:
            raise ValueError(
                f"{fit.folder / SEQUENCES}: other test sequences than in "
                f"{first[fit.card.fold].folder / SEQUENCES}; train both on one fold"
            )


def _same(one: Fit, other: Fit, keys: Sequence[str]) -> None:
    for key in keys:
        ours, theirs = getattr(other.card, key), getattr(one.card, key)
        if ours != theirs:
            raise ValueError(
                f"{other.folder / CARD}: {key}: {ours!r}, but {theirs!r} in {one.folder / CARD}; "
                "train both with the same settings"
            )


def _card(path: Path) -> Card:
    try:
        return Card.model_validate_json(existing(path).read_bytes())
    except ValidationError as error:
        raise ValueError(f"{path}: {first_problem(error)}; train it again") from None


def first_problem(error: ValidationError) -> str:
    """Key and reason of the first of what is wrong with a card."""
    problem = error.errors(include_url=False)[0]
    return f"{'.'.join(map(str, problem['loc'])) or 'the file'}: {problem['msg']}"


def _history(path: Path, card: Card) -> dict[str, NDArray[np.float64]]:
    """Every column but the epoch; an epoch that diverged may have left some empty."""
    header, *rows = read_table(path)
    missing = {"epoch", *LOSSES} - set(header)
    if missing and not card.diverged:
        raise ValueError(f"{path}: no column {', '.join(sorted(missing))}; train this fit again")
    filled = [[value or "nan" for value in row] for row in rows]
    columns = dict(zip(header, numbers(path, filled, len(header)).T, strict=True))
    if columns.pop("epoch").tolist() != list(range(1, card.epochs + 1)):
        raise ValueError(f"{path}: its epochs are not 1 to {card.epochs}, as {CARD} says")
    return {name: np.full(card.epochs, np.nan) for name in LOSSES} | columns
