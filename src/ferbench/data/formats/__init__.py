"""Dataset formats: one module each, found by `dataset.name` in params.yaml.

A module offers `read(path)`, which lists what a release holds as a `Release`; frames are decoded
only when they are asked for, so a release of any size can be listed.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from types import ModuleType
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ferbench.io.plugins import plugin

MARKER = "SYNTHETIC.txt"  # a file of this name says that what lies beside it is rendered


class Frame(NamedTuple):
    """One picture of a sequence."""

    image: NDArray[np.uint8]  # grey, (height, width), 0 to 255
    landmarks: NDArray[np.float64] | None  # (68, 2) iBUG points, x and y in pixels


@dataclass(frozen=True)
class Sequence:
    """One recording, from neutral to apex."""

    id: str
    subject: str
    label: str | None  # the name of its class; None where the release gives none
    frames: Callable[[], Iterator[Frame]]
    """Decodes them from the first at each call, in any thread; raises BadFileError."""


@dataclass(frozen=True)
class Release:
    """What a path holds."""

    sequences: list[Sequence]  # in a fixed order
    synthetic: bool  # whether it carries the SYNTHETIC marker
    problems: list[str] = field(default_factory=list)
    """Sequences that could not be listed: one line each, with the file and what is wrong."""
    warnings: list[str] = field(default_factory=list)
    """In what the release differs from what is known of it; nothing stops for that."""


def find(name: str) -> ModuleType:
    """The module of the dataset format called `name`; ValueError if there is none."""
    try:
        return plugin(__name__, name, "format")
    except ValueError as error:
        raise ValueError(f"dataset.name: {error}") from error
