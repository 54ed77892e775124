"""A bounded search for networks that have as many parameters as the paper prints."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from ferbench.paper.families import COMMON, FAMILIES, Shape, count
from ferbench.paper.statements import CELLS, INPUTS, OUTPUTS, PRINTED


@dataclass(frozen=True)
class Target:
    """A network as the paper states it, in one reading."""

    name: str
    cells: int
    """Of a direction."""
    directions: int
    printed: int
    """Parameters."""


LSTM = Target(f"LSTM-{CELLS['lstm']}", CELLS["lstm"], 1, PRINTED["lstm"].parameters)
BILSTMS = tuple(
    Target(f"BiLSTM {cells}+{cells}", cells, 2, PRINTED["bilstm"].parameters)
    for cells in (CELLS["bilstm"], CELLS["bilstm"] // 2)  # of a direction, or in all
)


@dataclass(frozen=True)
class Hit:
    """A network that has the printed number of parameters."""

    network: str
    """A target's name."""
    choices: Shape
    """Keyword arguments of `count`, and as `stated` what the stated number of cells is of."""

    @property
    def as_stated(self) -> bool:
        """Whether it has the inputs and outputs the paper states."""
        return (self.choices["inputs"], self.choices["outputs"]) == (INPUTS, OUTPUTS)

    def __str__(self) -> str:
        said = (f"{key.replace('_', ' ')} {value}" for key, value in self.choices.items())
        return f"{self.network}: {', '.join(said)}"


@dataclass(frozen=True)
class Tally:
    """What the search found in one family."""

    family: str
    tried: int
    """Networks counted, each of the two or three targets by itself."""
    hits: tuple[Hit, ...]
    both: tuple[tuple[Hit, Hit], ...]
    """LSTM and BiLSTM by the same choices."""
    nearly: tuple[tuple[Hit, Hit], ...]
    """By the same choices but for a width (projection, feed-forward layer) of each one's own."""


def search(progress: Callable[[str], None] = lambda line: None) -> list[Tally]:
    """Try every family, about 200 million networks in seconds; `progress` gets a line for each."""
    tallies: list[Tally] = []
    for family in FAMILIES:
        tallies.append(_try(family.__doc__ or "", list(family())))
        tried = sum(tally.tried for tally in tallies)
        progress(f"{tried:,} networks counted, {len(tallies)} of {len(FAMILIES)} families")
    return tallies


def _try(family: str, shapes: list[Shape]) -> Tally:
    tried = 0
    hits: list[Hit] = []
    both: list[tuple[Hit, Hit]] = []
    nearly: list[tuple[Hit, Hit]] = []
    for shape in shapes:
        size, unidirectional = _hits(LSTM, shape)
        if not shape.get("summed"):  # with one direction there is nothing to add up
            tried += size
            hits += unidirectional
        for target in BILSTMS:
            size, bidirectional = _hits(target, shape)
            tried += size
            hits += bidirectional
            for pair in product(unidirectional, bidirectional):
                differ = {
                    key for key in pair[1].choices if pair[0].choices[key] != pair[1].choices[key]
                }
                if differ <= {"links"}:
                    both.append(pair)
                elif differ <= {"links", "projection", "before", "after"}:
                    nearly.append(pair)
    return Tally(family, tried, tuple(hits), tuple(both), tuple(nearly))


def _hits(target: Target, shape: Shape) -> tuple[int, list[Hit]]:
    """How many members of a grid were counted, and those that have the printed count."""
    cells = _cells(target, shape)
    if cells is None:
        return 0, []
    choices = COMMON | {key: value for key, value in shape.items() if key != "stated"}
    free = {key: value for key, value in choices.items() if isinstance(value, range)}
    grids = dict(zip(free, np.ix_(*map(_numbers, free.values())), strict=True))
    counts = count(cells, target.directions, **(choices | grids))
    found = np.argwhere(counts == target.printed)
    members = (
        {key: values[at] for at, (key, values) in zip(index, free.items(), strict=True)}
        for index in found.tolist()
    )
    return counts.size, [Hit(target.name, COMMON | shape | member) for member in members]


def _cells(target: Target, shape: Shape) -> int | None:
    """Cells of a layer and direction; None where they do not divide into blocks or layers."""
    stated, block, layers = (shape.get(key) for key in ("stated", "block", "layers"))
    if stated == "blocks":
        return target.cells * (block or 1)
    parts = layers if stated == "cells of all layers" else block
    cells, rest = divmod(target.cells, parts or 1)
    if rest:
        return None
    return cells if stated == "cells of all layers" else target.cells


def _numbers(values: range) -> NDArray[np.int32]:
    return np.array(values, dtype=np.int32)  # large enough, and half the memory
