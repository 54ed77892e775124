"""What `preprocess` says of its data: sequences.csv, a row a sequence, and summary.json."""

from pathlib import Path

from pydantic import BaseModel, NonNegativeInt, PositiveInt

from ferbench.io.files import existing, read_json, read_rows, validated, write_json, write_table
from ferbench.results.layout import FRAMES, LANDMARKS, SEQUENCES, SUMMARY


class Stored(BaseModel, frozen=True):
    """Where a sequence lies in the arrays of `preprocess`."""

    id: str
    subject: str
    label: str
    first: NonNegativeInt  # row of its first frame
    length: PositiveInt  # frames


class Preprocessing(BaseModel, frozen=True, extra="allow"):
    """How faces were aligned, as `preprocess` was told."""

    size: PositiveInt  # side of a crop, pixels
    eye_distance: float = 0.46
    eye_height: float = 0.36
    template: list[tuple[float, float]] = []  # where the stable landmarks lie


class Summary(BaseModel, frozen=True):
    """The content of summary.json."""

    dataset: str
    synthetic: bool
    classes: list[str]  # in the order of the networks' outputs
    subjects: NonNegativeInt
    sequences: NonNegativeInt
    frames: NonNegativeInt = 0
    frames_with_mesh_landmarks: NonNegativeInt
    frames_without_a_face: NonNegativeInt  # dropped
    counts: dict[str, int] = {}  # sequences of each class
    preprocessing: Preprocessing
    labelled: NonNegativeInt = 0  # sequences of the release that have a label
    skipped: dict[str, int]  # sequences that were not asked for, by reason
    unusable: list[str]  # problems for which sequences were left out
    warnings: list[str] = []


def stored_shape(array: str, size: int) -> tuple[int, int]:
    """Of one frame in FRAMES or LANDMARKS, of crops of `size` pixels a side."""
    return {FRAMES: (size, size), LANDMARKS: (68, 2)}[array]


def read_sequences(folder: Path) -> list[Stored]:
    """The rows of sequences.csv; ValueError naming what is wrong."""
    path = existing(folder / SEQUENCES, "ferbench preprocess")
    columns = list(Stored.model_fields)
    rows = (dict(zip(columns, row, strict=True)) for row in read_rows(path, columns))
    return [validated(Stored, row, path) for row in rows]


def write_sequences(folder: Path, sequences: list[Stored]) -> None:
    """Write sequences.csv."""
    rows = (one.model_dump().values() for one in sequences)
    write_table(folder / SEQUENCES, Stored.model_fields, rows)


def read_summary(folder: Path) -> Summary:
    """What summary.json says; ValueError naming the key that is wrong."""
    path = existing(folder / SUMMARY, "ferbench preprocess")
    return validated(Summary, read_json(path), path)


def write_summary(folder: Path, summary: Summary) -> None:
    """Write summary.json."""
    write_json(folder / SUMMARY, summary.model_dump(mode="json"))
