"""What `baseline` writes: decisions about a fold's test part without a network."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ferbench.io.files import existing, numbers, read_rows, write_table
from ferbench.results.fits import Fit, Fits
from ferbench.results.layout import DECISIONS
from ferbench.results.predictions import PartPredictions, Predictions, indices

MAJORITY, LOGISTIC_REGRESSION = "majority", "logistic_regression"
BASELINES = (MAJORITY, LOGISTIC_REGRESSION)
"""Columns of decisions; posteriors stand there for the last alone."""
COLUMNS = ("sequence", "subject", "label", *BASELINES)  # before those of the posteriors


class Decided(NamedTuple):
    """What the baselines say of one test sequence."""

    id: str
    subject: str
    label: str
    majority: str  # class that is the most frequent in the train part
    posteriors: NDArray[np.float64]  # (classes,) of the logistic regression


def write_baselines(
    folder: Path, fold: int, decided: Iterable[Decided], classes: Sequence[str]
) -> None:
    """Write fold-<id>.csv, a row a test sequence."""

    def row(one: Decided) -> list[object]:
        best = classes[int(one.posteriors.argmax())]
        return [*one[:4], best, *(f"{value:.9g}" for value in one.posteriors)]

    path = folder / DECISIONS.format(fold=fold)
    write_table(path, (*COLUMNS, *classes), map(row, decided))


def read_baselines(folder: Path, fits: Fits) -> dict[str, dict[int, list[PartPredictions]]]:
    """Test parts of the baselines from `folder`, by name and fold of `fits`; one part a fold.

    They have no frames. The majority's posteriors are 1 for the class it names. ValueError if a
    file is missing, or of other test sequences than the fits'.
    """
    found: dict[str, dict[int, list[PartPredictions]]] = {name: {} for name in reversed(BASELINES)}
    for fold, (fit, *_) in next(iter(fits.values())).items():
        path = existing(folder / DECISIONS.format(fold=fold), "ferbench baseline")
        for name, part in _read(path, fit).items():
            found[name][fold] = [part]
    return found


def _read(path: Path, fit: Fit) -> dict[str, PartPredictions]:
    classes = fit.card.classes
    rows = read_rows(path, [*COLUMNS, *classes])
    label, *decided = (indices(path, classes, (row[at] for row in rows)) for at in (2, 3, 4))
    sequence, subjects = (np.array([row[column] for row in rows]) for column in (0, 1))
    tested = dict(zip(sequence.tolist(), label.tolist(), strict=True))
    if tested != fit.tested or len(rows) > len(tested):
        raise ValueError(
            f"{path}: other test sequences than in {fit.folder}; run `ferbench baseline` again"
        )
    certain: NDArray[np.float64] = np.eye(len(classes))[decided[0]]
    given = (certain, numbers(path, [row[5:] for row in rows], len(classes)))
    none: NDArray[np.intp] = np.empty(0, dtype=np.intp)
    no_frames = Predictions(np.empty(0, np.str_), none, none, np.empty((0, len(classes))))
    return {
        name: PartPredictions(
            classes, Predictions(sequence, label, predicted, posterior), no_frames, subjects
        )
        for name, predicted, posterior in zip(BASELINES, decided, given, strict=True)
    }
