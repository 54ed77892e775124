"""Finished fits, read back whole."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ferbench.io.files import existing
from ferbench.results.card import Card, read_card
from ferbench.results.history import read_history
from ferbench.results.layout import CARD, FIT, SEQUENCE_PREDICTIONS, TRAIN
from ferbench.results.predictions import PartPredictions, Truncated, read_parts, read_truncated


@dataclass(frozen=True, eq=False)
class Fit:
    """One architecture trained on one fold."""

    folder: Path
    card: Card
    history: dict[str, NDArray[np.float64]]
    """By name, (epochs,): losses in nats, errors as shares of 1; not finite where it diverged."""
    validation: PartPredictions
    test: PartPredictions
    truncated: Truncated

    @classmethod
    def read(cls, folder: Path) -> "Fit":
        """Read a folder that `train` wrote; ValueError naming the file that is missing or wrong."""
        card = read_card(folder)
        history = read_history(folder, card)
        parts = read_parts(folder, card.classes)
        truncated = read_truncated(folder, card.classes, parts["test"])
        return cls(folder, card, history, **parts, truncated=truncated)

    @property
    def tested(self) -> dict[str, int]:
        """The sequences of the test part by id, each with the index of its true class."""
        rows = self.test.sequences
        return dict(zip(rows.sequence.tolist(), rows.label.tolist(), strict=True))

    @property
    def files(self) -> list[Path]:
        """All files of the fit; ValueError if one is missing."""
        return [existing(self.folder / name, "ferbench train") for name in TRAIN]


def read_all(
    folder: Path, architectures: Sequence[str], folds: Sequence[int]
) -> dict[str, list[Fit]]:
    """Exactly `architectures` x `folds` of `folder`, grouped by input.

    Architectures that read features come first, then those of other inputs by name,
    architectures by name (the order of a mapping is no parameter: DVC does not see it), folds as
    given. ValueError for a fit that is missing, lies in a wrong folder, or cannot be compared with
    the others.
    """
    fits: dict[str, list[Fit]] = {}
    for architecture in architectures:
        fits[architecture] = []
        for fold in folds:
            fit = Fit.read(folder / FIT.format(architecture=architecture, fold=fold))
            found = (fit.card.architecture, fit.card.fold)
            if found != (architecture, fold):
                raise ValueError(
                    f"{fit.folder / CARD}: is of {found[0]}, fold {found[1]}, not of its folder; "
                    "train it again"
                )
            fits[architecture].append(fit)
    _comparable(fits)

    def place(name: str) -> tuple[bool, str, str]:
        kind = fits[name][0].card.input
        return kind != "features", kind, name

    return {name: fits[name] for name in sorted(fits, key=place)}


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
                f"{fit.folder / SEQUENCE_PREDICTIONS}: other test sequences than in "
                f"{first[fit.card.fold].folder / SEQUENCE_PREDICTIONS}; train both on one fold"
            )


def _same(one: Fit, other: Fit, keys: Sequence[str]) -> None:
    for key in keys:
        ours, theirs = getattr(other.card, key), getattr(one.card, key)
        if ours != theirs:
            raise ValueError(
                f"{other.folder / CARD}: {key}: {ours!r}, but {theirs!r} in {one.folder / CARD}; "
                "train both with the same settings"
            )
