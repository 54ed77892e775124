"""Finished fits, read back whole."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ferbench.io.arrays import Doubles
from ferbench.io.files import existing
from ferbench.results import layout
from ferbench.results.card import Card, Trained, read_card
from ferbench.results.history import read_history
from ferbench.results.layout import CARD, FIT, SEQUENCE_PREDICTIONS
from ferbench.results.predictions import PartPredictions, Truncated, read_parts, read_truncated


@dataclass(frozen=True, eq=False)
class Fit:
    """One architecture trained on one fold with one seed."""

    folder: Path
    card: Card
    seed: int
    history: dict[str, Doubles]
    """By name, (epochs,): losses in nats, errors as shares of 1; not finite where it diverged."""
    validation: PartPredictions
    test: PartPredictions
    truncated: Truncated

    @property
    def trained(self) -> Trained:
        """How its training went."""
        return self.card.seeds[self.seed]

    @property
    def tested(self) -> dict[str, int]:
        """The sequences of the test part by id, each with the index of its true class."""
        rows = self.test.sequences
        return dict(zip(rows.sequence.tolist(), rows.label.tolist(), strict=True))

    @property
    def files(self) -> list[Path]:
        """All files of its job; ValueError if one is missing."""
        return [existing(self.folder / name, "ferbench train") for name in layout.TRAIN]


OfFolds = Mapping[int, Sequence[Fit]]
"""The fits of an architecture by fold, each with every seed."""
Fits = Mapping[str, OfFolds]  # by architecture


def every(of_folds: OfFolds) -> Iterator[Fit]:
    """The fits of an architecture, fold by fold."""
    for of_fold in of_folds.values():
        yield from of_fold


def read_job(folder: Path) -> list[Fit]:
    """The fits in a folder that `train` wrote, one for each seed, in the order of the card.

    ValueError naming the file that is missing or wrong.
    """
    card = read_card(folder)
    history = read_history(folder, card)
    parts = read_parts(folder, card.classes, card.seeds)
    tests = {seed: of_seed["test"] for seed, of_seed in parts.items()}
    truncated = read_truncated(folder, card.classes, tests)
    return [
        Fit(folder, card, seed, history[seed], **parts[seed], truncated=truncated[seed])
        for seed in card.seeds
    ]


def read_all(
    folder: Path, architectures: Sequence[str], folds: Sequence[int]
) -> dict[str, dict[int, list[Fit]]]:
    """Exactly `architectures` x `folds` of `folder`, grouped by input.

    Architectures that read features come first, then those of other inputs by name,
    architectures by name (the order of a mapping is no parameter: DVC does not see it), folds as
    given. ValueError for a fit that is missing, lies in a wrong folder, or cannot be compared with
    the others.
    """
    fits: dict[str, dict[int, list[Fit]]] = {}
    for architecture in architectures:
        fits[architecture] = {}
        for fold in folds:
            job = read_job(folder / FIT.format(architecture=architecture, fold=fold))
            card = job[0].card
            if (card.architecture, card.fold) != (architecture, fold):
                raise ValueError(
                    f"{job[0].folder / CARD}: is of {card.architecture}, fold {card.fold}, not of "
                    "its folder; train it again"
                )
            fits[architecture][fold] = job
    _comparable(fits)

    def place(name: str) -> tuple[bool, str, str]:
        kind = next(every(fits[name])).card.input
        return kind != "features", kind, name

    return {name: fits[name] for name in sorted(fits, key=place)}


def _comparable(fits: Fits) -> None:
    """Raise ValueError unless data and protocol are shared and a fold tests the same sequences."""
    first, of_fold = next(every(next(iter(fits.values())))), dict[int, Fit]()
    for of_folds in fits.values():
        own = next(every(of_folds))
        for fit in every(of_folds):
            _same(first, fit, ("dataset", "stamps", "classes", "data", "preprocessing"))
            _same(own, fit, ("input", "hyperparameters", "train", "parameters"))
            if list(fit.card.seeds) != list(first.card.seeds):
                raise ValueError(
                    f"{fit.folder / CARD}: seeds: {list(fit.card.seeds)}, but "
                    f"{list(first.card.seeds)} in {first.folder / CARD}; train both with the same"
                )
            other = of_fold.setdefault(fit.card.fold, fit)
            if fit.tested != other.tested:
                raise ValueError(
                    f"{fit.folder / SEQUENCE_PREDICTIONS}: other test sequences than in "
                    f"{other.folder / SEQUENCE_PREDICTIONS}; train both on one fold"
                )


def _same(one: Fit, other: Fit, keys: Sequence[str]) -> None:
    for key in keys:
        ours, theirs = getattr(other.card, key), getattr(one.card, key)
        if ours != theirs:
            raise ValueError(
                f"{other.folder / CARD}: {key}: {ours!r}, but {theirs!r} in {one.folder / CARD}; "
                "train both with the same settings"
            )
