"""The CSV files of fits: decisions and posteriors of the validation and test parts, by seed."""

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
OF_SEQUENCES = ("seed", "part", "sequence", "subject", "label", "predicted", "frames")
OF_FRAMES = ("seed", "part", "sequence", "frame", "label", "predicted")
OF_BEGINNINGS = ("seed", "sequence", "subject", "label", "share", "frames", "predicted")
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


def summed(parts: Iterable[PartPredictions]) -> NDArray[np.intp]:
    """The confusion of all parts, (classes, classes)."""
    counts: NDArray[np.intp] = np.sum([part.confusion for part in parts], axis=0)
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


def cells(posterior: Posteriors, classes: Sequence[str]) -> list[str]:
    """The predicted class and the posteriors, with as many digits as a float32 has."""
    return [classes[int(posterior.argmax())], *(f"{value:.9g}" for value in posterior.tolist())]


def write_predictions(
    folder: Path, fits: Mapping[int, Mapping[str, Sequence[Predicted]]], classes: Sequence[str]
) -> None:
    """By seed, posteriors of the parts PREDICTED, a row a frame and a row a sequence."""
    every = [
        (seed, name, one)
        for seed, parts in fits.items()
        for name in PREDICTED
        for one in parts[name]
    ]
    write_table(
        folder / FRAME_PREDICTIONS,
        (*OF_FRAMES, *classes),
        (
            [seed, name, one.id, number, classes[one.label], *cells(posterior, classes)]
            for seed, name, one in every
            for number, posterior in enumerate(one.frames)
        ),
    )
    write_table(
        folder / SEQUENCE_PREDICTIONS,
        (*OF_SEQUENCES, *classes),
        (
            [seed, name, *(one.id, one.subject, classes[one.label], decision), len(one.frames)]
            + posteriors
            for seed, name, one in every
            for decision, *posteriors in [cells(one.sequence, classes)]
        ),
    )


def write_truncated(
    folder: Path, tests: Mapping[int, Iterable[Predicted]], classes: Sequence[str]
) -> None:
    """By seed, posteriors of the beginnings of the test part's sequences, a row a beginning."""
    write_table(
        folder / TRUNCATED_PREDICTIONS,
        (*OF_BEGINNINGS, *classes),
        (
            [seed, one.id, one.subject, classes[one.label], share, frames]
            + cells(posterior, classes)
            for seed, test in tests.items()
            for one in test
            for share, (frames, posterior) in zip(SHARES, one.beginnings, strict=True)
        ),
    )


def read_parts(
    folder: Path, classes: list[str], seeds: Iterable[int]
) -> dict[int, dict[str, PartPredictions]]:
    """By seed, the parts PREDICTED; ValueError naming the file that is wrong."""
    sequences, frames = folder / SEQUENCE_PREDICTIONS, folder / FRAME_PREDICTIONS
    asked = [(seed, name) for seed in seeds for name in PREDICTED]
    of_sequences = _predictions(sequences, classes, OF_SEQUENCES, asked)
    of_frames = _predictions(frames, classes, OF_FRAMES, asked)
    found: dict[int, dict[str, PartPredictions]] = {}
    for seed, name in asked:
        (whole, subjects), (pieces, _) = of_sequences[seed, name], of_frames[seed, name]
        known = _labels(whole)
        if len(whole.sequence) > len({sequence for sequence, _ in known}):
            raise ValueError(f"{sequences}: a sequence stands twice in the {name} part")
        if known != _labels(pieces):
            raise ValueError(f"{frames}: other sequences or labels than in {sequences.name}")
        found.setdefault(seed, {})[name] = PartPredictions(classes, whole, pieces, subjects)
    return found


def read_truncated(
    folder: Path, classes: list[str], tests: Mapping[int, PartPredictions]
) -> dict[int, Truncated]:
    """By seed, the decisions about beginnings; ValueError if they are not of these test parts."""
    path = existing(folder / TRUNCATED_PREDICTIONS, MAKER)
    rows = read_rows(path, [*OF_BEGINNINGS, *classes])
    expected = [
        (str(seed), sequence, classes[label], share)
        for seed, test in tests.items()
        for sequence, label in zip(test.sequences.sequence, test.sequences.label, strict=True)
        for share in SHARES
    ]
    values = numbers(path, [row[4:6] + row[7:] for row in rows], 2 + len(classes))
    shares = values[:, 0].tolist()
    found = [(row[0], row[1], row[3], share) for row, share in zip(rows, shares, strict=True)]
    if found != expected:
        raise ValueError(f"{path}: not ten shares of each test sequence; train this fit again")
    predicted = indices(path, classes, (row[6] for row in rows)).reshape(-1, len(SHARES))
    ends = np.cumsum([len(test.sequences.label) for test in tests.values()])[:-1]
    return {
        seed: Truncated(test.sequences.label, of_seed)
        for (seed, test), of_seed in zip(tests.items(), np.split(predicted, ends), strict=True)
    }


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
    path: Path, classes: list[str], columns: Sequence[str], asked: Sequence[tuple[int, str]]
) -> dict[tuple[int, str], tuple[Predictions, NDArray[np.str_]]]:
    """The rows of each seed and part, and their fourth column."""
    rows = read_rows(existing(path, MAKER), [*columns, *classes])
    places = [columns.index(name) for name in ("label", "predicted")]
    label, predicted = (indices(path, classes, (row[at] for row in rows)) for at in places)
    posteriors = numbers(path, [row[len(columns) :] for row in rows], len(classes))
    seed, part, sequence, fourth = (np.array([row[at] for row in rows]) for at in range(4))
    found = {}
    for key in asked:
        mine = np.flatnonzero((seed == str(key[0])) & (part == key[1]))
        if not mine.size:
            why = f"no rows of the {key[1]} part, seed {key[0]}"
            raise ValueError(f"{path}: {why}; train this fit again")
        rows_of_part = Predictions(sequence[mine], label[mine], predicted[mine], posteriors[mine])
        found[key] = rows_of_part, fourth[mine]
    if (rest := len(rows) - sum(len(ids) for _, ids in found.values())) > 0:
        raise ValueError(f"{path}: {rest} rows of other seeds or parts; train this fit again")
    return found
