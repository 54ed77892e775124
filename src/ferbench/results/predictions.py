"""The CSV files of a fit: decisions and posteriors of its validation and test parts."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ferbench.io.files import existing, numbers, read_rows, write_table
from ferbench.results.layout import FRAME_PREDICTIONS, SEQUENCE_PREDICTIONS, TRUNCATED_PREDICTIONS
from ferbench.results.parts import PREDICTED

MAKER = "ferbench train"
OF_SEQUENCES = ("part", "sequence", "subject", "label", "predicted", "frames")
OF_FRAMES = ("part", "sequence", "frame", "label", "predicted")
OF_BEGINNINGS = ("sequence", "subject", "label", "share", "frames", "predicted")
"""Columns before those of the classes' posteriors."""
TENTHS = range(1, 11)
SHARES = tuple(tenths / 10 for tenths in TENTHS)  # how much of a sequence `Truncated` are about
Posteriors = NDArray[np.floating]


@dataclass(frozen=True, eq=False)
class Predictions:
    """Decisions about n sequences, or n frames."""

    sequence: NDArray[np.str_]  # (n,) ids; the same for all frames of a sequence
    label: NDArray[np.intp]  # (n,) true class, an index of the fit's classes
    predicted: NDArray[np.intp]  # (n,) class decided for, an index of the fit's classes
    posteriors: NDArray[np.float64]  # (n, classes) shares of 1


@dataclass(frozen=True, eq=False)
class PartPredictions:
    """All decisions of one fit about one part of its fold."""

    classes: list[str]
    sequences: Predictions
    frames: Predictions
    subjects: NDArray[np.str_]  # (n,) whose sequences they are

    @property
    def confusion(self) -> NDArray[np.intp]:
        """Sequences by label (row) and decision (column), (classes, classes)."""
        counts = np.zeros((len(self.classes), len(self.classes)), np.intp)
        np.add.at(counts, (self.sequences.label, self.sequences.predicted), 1)
        return counts


@dataclass(frozen=True, eq=False)
class Truncated:
    """Decisions about the beginnings of n test sequences, for which nothing later was read."""

    label: NDArray[np.intp]  # (n,) true class, an index of the fit's classes
    predicted: NDArray[np.intp]
    """(n, 10) class decided for on shares SHARES of the frames, an index of the fit's classes."""


class Predicted(NamedTuple):
    """What a fit says of one sequence, to be written."""

    id: str
    subject: str
    label: int  # true class, an index of the fit's classes
    frames: Posteriors  # (time, classes)
    sequence: Posteriors  # (classes,)
    beginnings: Sequence[tuple[int, Posteriors]]
    """For each of TENTHS the frames that were read, and the posteriors, (classes,)."""


def row(posterior: Posteriors, classes: Sequence[str]) -> list[str]:
    """The predicted class and the posteriors, with as many digits as a float32 has."""
    return [classes[int(posterior.argmax())], *(f"{value:.9g}" for value in posterior.tolist())]


def write_predictions(
    folder: Path, parts: Mapping[str, Sequence[Predicted]], classes: Sequence[str]
) -> None:
    """Posteriors of the parts PREDICTED, a row a frame and a row a sequence."""
    every = [(name, one) for name in PREDICTED for one in parts[name]]
    write_table(
        folder / FRAME_PREDICTIONS,
        (*OF_FRAMES, *classes),
        (
            [name, one.id, number, classes[one.label], *row(posterior, classes)]
            for name, one in every
            for number, posterior in enumerate(one.frames)
        ),
    )
    write_table(
        folder / SEQUENCE_PREDICTIONS,
        (*OF_SEQUENCES, *classes),
        (
            [name, one.id, one.subject, classes[one.label], decision, len(one.frames), *posteriors]
            for name, one in every
            for decision, *posteriors in [row(one.sequence, classes)]
        ),
    )


def write_truncated(folder: Path, test: Iterable[Predicted], classes: Sequence[str]) -> None:
    """Posteriors of the beginnings of the test part's sequences, a row a beginning."""
    write_table(
        folder / TRUNCATED_PREDICTIONS,
        (*OF_BEGINNINGS, *classes),
        (
            [one.id, one.subject, classes[one.label], share, frames, *row(posterior, classes)]
            for one in test
            for share, (frames, posterior) in zip(SHARES, one.beginnings, strict=True)
        ),
    )


def read_parts(folder: Path, classes: list[str]) -> dict[str, PartPredictions]:
    """The parts PREDICTED of a fit; ValueError naming the file that is wrong."""
    sequences, frames = folder / SEQUENCE_PREDICTIONS, folder / FRAME_PREDICTIONS
    of_sequences = _predictions(sequences, classes, OF_SEQUENCES)
    of_frames = _predictions(frames, classes, OF_FRAMES)
    parts = {}
    for name in PREDICTED:
        (whole, subjects), (pieces, _) = of_sequences[name], of_frames[name]
        known = _labels(whole)
        if len(whole.sequence) > len({sequence for sequence, _ in known}):
            raise ValueError(f"{sequences}: a sequence stands twice in the {name} part")
        if known != _labels(pieces):
            raise ValueError(f"{frames}: other sequences or labels than in {sequences.name}")
        parts[name] = PartPredictions(classes, whole, pieces, subjects)
    return parts


def read_truncated(folder: Path, classes: list[str], test: PartPredictions) -> Truncated:
    """The decisions of a fit about beginnings; ValueError if they are not of its test part."""
    path = existing(folder / TRUNCATED_PREDICTIONS, MAKER)
    rows = read_rows(path, [*OF_BEGINNINGS, *classes])
    expected = [
        (sequence, classes[label], share)
        for sequence, label in zip(test.sequences.sequence, test.sequences.label, strict=True)
        for share in SHARES
    ]
    values = numbers(path, [row[3:5] + row[6:] for row in rows], 2 + len(classes))
    found = [(row[0], row[2], share) for row, share in zip(rows, values[:, 0], strict=True)]
    if found != expected:
        raise ValueError(f"{path}: not ten shares of each test sequence; train this fit again")
    predicted = indices(path, classes, (row[5] for row in rows))
    return Truncated(test.sequences.label, predicted.reshape(-1, len(SHARES)))


def indices(path: Path, classes: Sequence[str], names: Iterable[str]) -> NDArray[np.intp]:
    """Places of names among the classes; ValueError naming the first that is not one of them."""
    known = {name: index for index, name in enumerate(classes)}
    found = list(names)
    for line, name in enumerate(found, start=2):
        if name not in known:
            raise ValueError(f"{path}: line {line}: {name!r} is none of the fit's classes")
    return np.array([known[name] for name in found], dtype=np.intp)


def _labels(rows: Predictions) -> set[tuple[str, int]]:
    return set(zip(rows.sequence.tolist(), rows.label.tolist(), strict=True))


def _predictions(
    path: Path, classes: list[str], columns: Sequence[str]
) -> dict[str, tuple[Predictions, NDArray[np.str_]]]:
    """The rows of each part, and their third column."""
    rows = read_rows(existing(path, MAKER), [*columns, *classes])
    places = [columns.index(name) for name in ("label", "predicted")]
    label, predicted = (indices(path, classes, (row[at] for row in rows)) for at in places)
    posteriors = numbers(path, [row[len(columns) :] for row in rows], len(classes))
    part, sequence, third = (np.array([row[at] for row in rows]) for at in range(3))
    found = {}
    for name in PREDICTED:
        mine = np.flatnonzero(part == name)
        if not mine.size:
            raise ValueError(f"{path}: no rows of the {name} part; train this fit again")
        rows_of_part = Predictions(sequence[mine], label[mine], predicted[mine], posteriors[mine])
        found[name] = rows_of_part, third[mine]
    return found
