"""Dataset formats: one module each, found by `dataset.name` in params.yaml.

A module offers `read(path)`, which lists what a release holds as a `Release`; frames are decoded
only when they are asked for, so a release of any size can be listed.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import import_module
from types import ModuleType

import numpy as np
from numpy.typing import NDArray

Frame = tuple[NDArray[np.uint8], NDArray[np.float64]]
"""A grey image (height, width), 0 to 255, and its 68 iBUG landmarks (68, 2), x and y in pixels."""


class BadFileError(ValueError):
    """A file of a release that cannot be used; the message names it and says why."""


@dataclass(frozen=True)
class Sequence:
    """One recording, from neutral to apex."""

    id: str
    subject: str
    label: str | None
    """The name of its class; None where the release gives none."""
    length: int
    """Frames."""
    frame: Callable[[int], Frame]
    """Decodes one frame, counted from 0; raises BadFileError. Safe to call from several threads."""


@dataclass(frozen=True)
class Release:
    """What a path holds."""

    sequences: list[Sequence]
    """In the order of their ids."""
    synthetic: bool
    """Whether it carries the SYNTHETIC marker."""
    problems: list[str] = field(default_factory=list)
    """What could not be listed: one line a file."""


def find(name: str) -> ModuleType:
    """The module of the dataset format called `name`; ValueError if there is none."""
    try:
        return import_module(f"{__name__}.{name}")
    except ModuleNotFoundError as error:
        raise ValueError(
            f"dataset.name: no format {name!r}: expected src/ferbench/datasets/{name}.py"
        ) from error
