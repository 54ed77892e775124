"""The CSV files of a fit, read back: decisions and posteriors of its validation and test parts."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

PARTS = ("validation", "test")
SHARES = tuple(tenths / 10 for tenths in range(1, 11))
"""How much of a sequence `Truncated` are about."""


@dataclass(frozen=True, eq=False)
class Predictions:
    """Decisions about n sequences, or n frames."""

    sequence: NDArray[np.str_]
    """(n,) ids; the same for all frames of a sequence."""
    label: NDArray[np.intp]
    """(n,) true class, an index of the fit's classes."""
    predicted: NDArray[np.intp]
    """(n,) class decided for, an index of the fit's classes."""
    posteriors: NDArray[np.float64]
    """(n, classes) shares of 1."""


@dataclass(frozen=True, eq=False)
class Part:
    """All decisions of one fit about one part of its fold."""

    classes: list[str]
    sequences: Predictions
    frames: Predictions
    subjects: NDArray[np.str_]
    """(n,) whose sequences they are."""


@dataclass(frozen=True, eq=False)
class Truncated:
    """Decisions about the beginnings of n test sequences, for which nothing later was read."""

    sequence: NDArray[np.str_]
    """(n,) ids."""
    label: NDArray[np.intp]
    """(n,) true class, an index of the fit's classes."""
    frames: NDArray[np.intp]
    """(n, 10) how many frames were read: shares SHARES of all, rounded up."""
    predicted: NDArray[np.intp]
    """(n, 10) class decided for, an index of the fit's classes."""
    posteriors: NDArray[np.float64]
    """(n, 10, classes) shares of 1."""


def read_parts(sequences: Path, frames: Path, classes: list[str]) -> dict[str, Part]:
    """The validation and the test part of a fit; ValueError naming the file that is wrong."""
    of_sequences, subjects = _predictions(sequences, classes, "subject", ("frames",))
    of_frames, _ = _predictions(frames, classes, "frame", ())
    parts = {
        name: Part(classes, of_sequences[name], of_frames[name], np.array(subjects[name]))
        for name in PARTS
    }
    for name, part in parts.items():
        whole, pieces = (_labels(rows) for rows in (part.sequences, part.frames))
        if len(part.sequences.sequence) > len({sequence for sequence, _ in whole}):
            raise ValueError(f"{sequences}: a sequence stands twice in the {name} part")
        if whole != pieces:
            raise ValueError(f"{frames}: other sequences or labels than in {sequences.name}")
    return parts


def read_truncated(path: Path, classes: list[str], test: Part) -> Truncated:
    """The decisions of a fit about beginnings; ValueError if they are not of its test part."""
    columns = ["sequence", "subject", "label", "share", "frames", "predicted", *classes]
    rows = read_rows(path, columns)
    expected = [
        (sequence, classes[label], share)
        for sequence, label in zip(test.sequences.sequence, test.sequences.label, strict=True)
        for share in SHARES
    ]
    values = numbers(path, [row[3:5] + row[6:] for row in rows], 2 + len(classes))
    found = [(row[0], row[2], share) for row, share in zip(rows, values[:, 0], strict=True)]
    if found != expected:
        raise ValueError(f"{path}: not ten shares of each test sequence; train this fit again")
    if unknown := {row[5] for row in rows} - set(classes):
        raise ValueError(f"{path}: {min(unknown)!r} is none of the fit's classes")
    shape = (len(test.sequences.sequence), len(SHARES))
    return Truncated(
        sequence=test.sequences.sequence,
        label=test.sequences.label,
        frames=values[:, 1].astype(np.intp).reshape(shape),
        predicted=np.array([classes.index(row[5]) for row in rows], np.intp).reshape(shape),
        posteriors=values[:, 2:].reshape(*shape, len(classes)),
    )


def _labels(rows: Predictions) -> set[tuple[str, int]]:
    return set(zip(rows.sequence.tolist(), rows.label.tolist(), strict=True))


def _predictions(
    path: Path, classes: list[str], known_as: str, after: tuple[str, ...]
) -> tuple[dict[str, Predictions], dict[str, list[str]]]:
    """The rows of each part, and their column `known_as`; columns `after` are not read."""
    columns = ["part", "sequence", known_as, "label", "predicted", *after, *classes]
    label = columns.index("label")
    rows = read_rows(path, columns)
    known = {name: index for index, name in enumerate(classes)}
    for line, row in enumerate(rows, start=2):
        for name in row[label : label + 2]:
            if name not in known:
                raise ValueError(f"{path}: line {line}: {name!r} is none of the fit's classes")

    found, named = {}, {}
    for part in PARTS:
        chosen = [row for row in rows if row[0] == part]
        if not chosen:
            raise ValueError(f"{path}: no rows of the {part} part; train this fit again")
        named[part] = [row[2] for row in chosen]
        found[part] = Predictions(
            sequence=np.array([row[1] for row in chosen]),
            label=np.array([known[row[label]] for row in chosen], dtype=np.intp),
            predicted=np.array([known[row[label + 1]] for row in chosen], dtype=np.intp),
            posteriors=numbers(path, [row[-len(classes) :] for row in chosen], len(classes)),
        )
    return found, named


def read_rows(path: Path, columns: list[str]) -> list[list[str]]:
    """The rows of a table; ValueError if its columns are others."""
    header, *rows = read_table(path)
    if header != columns:
        raise ValueError(f"{path}: columns {','.join(header)}, expected {','.join(columns)}")
    return rows


def read_table(path: Path) -> list[list[str]]:
    """The header and the rows; ValueError if the file is missing or a row is not as long."""
    with existing(path).open(newline="", encoding="utf-8") as file:
        header, *rows = list(csv.reader(file)) or [[]]
    for line, row in enumerate(rows, start=2):
        if len(row) != len(header):
            raise ValueError(f"{path}: line {line}: {len(row)} values, expected {len(header)}")
    return [header, *rows]


def numbers(path: Path, rows: Sequence[Sequence[str]], width: int) -> NDArray[np.float64]:
    """`rows` as (rows, width); ValueError naming the file where a value is no number."""
    try:
        return np.array(rows, dtype=np.float64).reshape(len(rows), width)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None


def existing(path: Path) -> Path:
    """`path`; ValueError if no file is there."""
    if not path.is_file():
        raise ValueError(f"{path}: no such file; finish this fit with `ferbench train`")
    return path
