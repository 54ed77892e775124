"""What stands beside the systems under comparison, read back: the decisions of `baseline`."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ferbench.results.fits import Fit
from ferbench.results.predictions import Part, Predictions, numbers, read_rows

MAJORITY = "majority"
BASELINES = (MAJORITY, "logistic_regression")
"""Columns of decisions in a file of `baseline`; posteriors stand there for the last alone."""


def read_baselines(folder: Path, fits: Mapping[str, Sequence[Fit]]) -> dict[str, list[Part]]:
    """Test parts of the baselines, by name, for the folds of `fits`, from `folder`/fold-<id>.csv.

    They have no frames. The majority's posteriors are 1 for the class it names. ValueError if a
    file is missing, or of other test sequences than the fits'.
    """
    found: dict[str, list[Part]] = {name: [] for name in reversed(BASELINES)}
    for fit in next(iter(fits.values())):
        for name, part in _read(folder / f"fold-{fit.card.fold}.csv", fit).items():
            found[name].append(part)
    return found


def _read(path: Path, fit: Fit) -> dict[str, Part]:
    classes = fit.card.classes
    columns = ["sequence", "subject", "label", *BASELINES, *classes]
    if not path.is_file():
        raise ValueError(f"{path}: no such file; make it with `ferbench baseline`")
    rows = read_rows(path, columns)
    if unknown := {name for row in rows for name in row[2:5]} - set(classes):
        raise ValueError(f"{path}: {min(unknown)!r} is none of the fits' classes")
    index = {name: number for number, name in enumerate(classes)}
    tested = {row[0]: index[row[2]] for row in rows}
    if tested != fit.tested or len(rows) > len(tested):
        raise ValueError(
            f"{path}: other test sequences than in {fit.folder}; run `ferbench baseline` again"
        )
    label, *decided = (
        np.array([index[row[column]] for row in rows], dtype=np.intp) for column in (2, 3, 4)
    )
    certain: NDArray[np.float64] = np.eye(len(classes))[decided[0]]
    given = (certain, numbers(path, [row[5:] for row in rows], len(classes)))
    sequence, subjects = (np.array([row[column] for row in rows]) for column in (0, 1))
    return {
        name: Part(
            classes,
            Predictions(sequence, label, predicted, posterior),
            _no_frames(len(classes)),
            subjects,
        )
        for name, predicted, posterior in zip(BASELINES, decided, given, strict=True)
    }


def _no_frames(classes: int) -> Predictions:
    none: NDArray[np.intp] = np.empty(0, dtype=np.intp)
    return Predictions(np.empty(0, dtype=np.str_), none, none, np.empty((0, classes)))
