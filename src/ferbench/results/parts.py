"""A fold's train, validation and test parts, as `split` writes them."""

from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, Field, NonNegativeInt

from ferbench.io.files import existing, read_json, validated, write_json
from ferbench.results.data import Stored
from ferbench.results.layout import FOLD

TRAIN, VALIDATION, TEST = "train", "validation", "test"
PARTS = (TRAIN, VALIDATION, TEST)
PREDICTED = (VALIDATION, TEST)  # those that a fit predicts


class Assigned(Stored, frozen=True):
    """A sequence of a part."""

    frames: list[int] | None = None
    """Those of the part, counted from 0, where frames were divided, not subjects; None for all."""


class Part(BaseModel, frozen=True):
    """One part of a fold."""

    subjects: list[str] = []
    counts: dict[str, int] = {}  # sequences of each class
    sequences: Annotated[list[Assigned], Field(min_length=1)]


class Fold(BaseModel, frozen=True):
    """The content of fold-<id>.json."""

    fold: NonNegativeInt
    repeat: NonNegativeInt = 0
    leaking: bool
    labels_shuffled: bool
    shared_subjects: dict[str, list[str]] = {}  # by every two parts, "train and test"
    parts: dict[str, Part]  # by name, in the order of PARTS


def read_fold(folder: Path, fold: int) -> Fold:
    """A fold of `folder`; ValueError naming the file and the key that is wrong."""
    path = existing(folder / FOLD.format(fold=fold), "ferbench split")
    found = validated(Fold, read_json(path), path)
    if missing := [name for name in PARTS if name not in found.parts]:
        raise ValueError(f"{path}: parts.{missing[0]} is missing; make it again")
    if found.fold != fold:
        raise ValueError(f"{path}: is of fold {found.fold}; make it again")
    return found


def write_fold(folder: Path, fold: Fold) -> None:
    """Write fold-<id>.json."""
    content: dict[str, Any] = fold.model_dump(exclude_none=True)
    write_json(folder / FOLD.format(fold=fold.fold), content, indent=1)
