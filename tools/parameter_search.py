"""Does any of 228 million recurrent networks have as many parameters as the paper prints?

    python tools/parameter_search.py

Takes seconds. What it prints stands in src/ferbench/assets/parameter_search.md, which `ferbench
audit` shows. A test compares them.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain, product
from types import SimpleNamespace
from typing import Any

import ferbench.determinism

import numpy as np

from ferbench.markup.markdown import to_markdown
from ferbench.paper.counts import BILSTMS, LSTM, Network
from ferbench.paper.statements import INPUTS, OUTPUTS

Shape = dict[str, Any]
"""Choices of a network, by name."""
COMMON: Shape = {
    **{"inputs": range(1, 201), "outputs": range(6, 8)},
    **{"biases": range(3), "output_biases": range(3)},  # of each hidden unit, of each output
    "skip": range(2),  # weights from the inputs straight to the outputs
    "feedback": range(2),  # weights from the outputs to every recurrent unit
    "links": range(2),  # weights from each direction's last output to the other direction
}
PLAIN: Shape = {
    "gates": 3,  # of each block; a block has a unit for each gate and one for each cell
    "peepholes": 0,  # gates that read the states of their block's cells
    "block": 1,  # cells to a block
    "stated": "cells",  # what the stated number is of: cells, blocks, or cells of all layers
    "shared": False,  # a gate has one peephole, not one from each of its block's cells
    "layers": 1,  # recurrent
    "dense": False,  # the first layer's inputs go to all layers, and all layers to the outputs
    "summed": False,  # the outputs of the two directions are added up, not put side by side
    "projection": None,  # width of a linear layer without bias between cells and what they feed
    **{"before": None, "after": None},  # widths of feed-forward layers around the recurrent ones
}
AS_STATED = {"inputs": INPUTS, "outputs": OUTPUTS}.items()
WIDTHS = ({"projection"}, {"before"}, {"after"})


def grid(kinds: Sequence[Shape], **choices: Iterable[Any]) -> list[Shape]:
    """Every kind with every combination of the choices."""
    every = [dict(zip(choices, one, strict=True)) for one in product(*choices.values())]
    return [kind | more for kind in kinds for more in every]


PAIRS = ((0, 0), (1, 0), (2, 0), (2, 2), (3, 0), (3, 3))  # Elman's cell first, the LSTM's last
KINDS = [{"gates": gates, "peepholes": peepholes} for gates, peepholes in PAIRS]
ANY = [{"gates": gates, "peepholes": some} for gates in (2, 3) for some in range(gates + 1)]
SHARED = [kind | {"shared": True} for kind in ANY if kind["peepholes"]]
FAMILIES = {
    "one layer, blocks of 1 to 10 cells, 2 or 3 gates, any number of them with peepholes": (
        ANY + grid(ANY + SHARED, block=range(2, 11), stated=("cells", "blocks"))
    ),
    "one layer, 0, 1, 4 or 5 gates": grid([{}], gates=(0, 1, 4, 5)),
    "2 to 4 layers, 0 to 3 gates": grid(
        grid(KINDS, layers=(2, 3, 4), stated=("cells", "cells of all layers")),
        **{"dense": (False, True), "summed": (False, True)},
    ),
    "one layer, 2 or 3 gates, its cells projected to 1 to 119 numbers": (
        grid(KINDS[2:], projection=[range(1, 120)])
    ),
    "one layer, 0 to 3 gates, and a feed-forward layer of 1 to 200 units before or after it": (
        grid(KINDS, before=[range(1, 201)]) + grid(KINDS, after=[range(1, 201)])
    ),
}


def count(cells: int, directions: int, **choices: Any) -> Any:
    """Parameters of a network; None if its cells cannot be so divided.

    Choices are those of COMMON (0 unless given) and PLAIN. Arrays of them are broadcast.
    """
    c = SimpleNamespace(**(dict.fromkeys(COMMON, 0) | PLAIN | choices))
    if cells % {"cells": c.block, "blocks": 1, "cells of all layers": c.layers}[c.stated]:
        return None
    cells *= c.block if c.stated == "blocks" else 1
    cells //= c.layers if c.stated == "cells of all layers" else 1
    seen = cells if c.projection is None else c.projection
    recurrent = seen * (1 + c.links) if directions == 2 else seen
    joined = seen if c.summed else seen * directions
    first = source = c.inputs if c.before is None else c.before
    total = 0 if c.before is None else c.before * (c.inputs + c.biases)
    for _ in range(c.layers):
        units = cells // c.block * c.gates + cells
        layer = units * (source + recurrent + c.biases + c.feedback * c.outputs)
        layer = layer + c.peepholes * (cells // c.block if c.shared else cells)
        layer = layer + (0 if c.projection is None else cells * c.projection)
        total, source = total + directions * layer, joined + first if c.dense else joined
    read = joined * c.layers if c.dense else joined
    if c.after is not None:
        total, read = total + c.after * (read + c.biases), c.after
    return total + c.outputs * (read + c.output_biases + c.skip * c.inputs)


def search(shapes: Iterable[Shape], target: Network) -> tuple[int, list[Shape]]:
    """How many members of a family were counted, and those that have the target's count."""
    tried, hits = 0, []
    for shape in shapes:
        if shape.get("summed") and target.directions == 1:
            continue  # there is nothing to add up
        free = {key: some for key, some in (COMMON | shape).items() if isinstance(some, range)}
        numbers = (np.array(some, dtype=np.int32) for some in free.values())  # half the memory
        arrays = dict(zip(free, np.ix_(*numbers), strict=True))
        counts = count(target.cells, target.directions, **(shape | arrays))
        if counts is not None:
            tried += counts.size
            for index in np.argwhere(counts == target.printed).tolist():
                found = {key: free[key][at] for key, at in zip(free, index, strict=True)}
                hits.append({"network": target.name} | COMMON | shape | found)
    return tried, hits


def differing(one: Shape, other: Shape) -> set[str]:
    """Choices that differ, but for those that only two directions have."""
    left, right = PLAIN | one, PLAIN | other
    return {key for key in left if left[key] != right[key]} - {"network", "links", "summed"}


def report(families: Mapping[str, Iterable[Shape]], lstm: Network, *others: Network) -> str:
    """What was found, as Markdown."""
    rows = []
    nearly = ["Both printed counts, by choices that differ in one width only:\n"]
    stated = [f"One printed count, with the stated {INPUTS} inputs and {OUTPUTS} outputs:\n"]
    for family, shapes in families.items():
        tried, found = zip(*(search(shapes, target) for target in (lstm, *others)), strict=True)
        pairs = [(*pair, differing(*pair)) for pair in product(found[0], chain(*found[1:]))]
        both = sum(not keys for *_, keys in pairs)
        nearly += [f"{_said(one)}; {_said(other)}" for one, other, keys in pairs if keys in WIDTHS]
        stated += [_said(hit) for hit in chain(*found) if hit.items() >= AS_STATED]
        rows.append([family, *(f"{n:,}" for n in (sum(tried), *map(len, found), both))])
    heads = ["family", "counted", lstm.name, *(other.name for other in others), "both"]
    return "\n\n".join(
        [to_markdown([heads, *rows], left=1), "\n- ".join(nearly), "\n- ".join(stated)]
    )


def _said(hit: Shape) -> str:
    name, *choices = (f"{key.replace('_', ' ')} {value}" for key, value in hit.items())
    return f"{name.removeprefix('network ')}: {', '.join(choices)}"


if __name__ == "__main__":
    ferbench.determinism.notice()
    print(report(FAMILIES, LSTM, *BILSTMS))
