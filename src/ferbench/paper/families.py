"""Families of recurrent networks, and one closed form of how many parameters each member has."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

Numbers = int | NDArray[np.signedinteger]
Shape = dict[str, Any]

COMMON: Shape = {
    "inputs": range(1, 201),
    "outputs": range(6, 8),
    "biases": range(3),
    "output_biases": range(3),
    "skip": range(2),
    "feedback": range(2),
    "links": range(2),
}
"""The choices every member of a family has; a key of `count` and its values."""


def count(
    cells: int,
    directions: int,
    *,
    inputs: Numbers,
    outputs: Numbers,
    biases: Numbers,
    output_biases: Numbers,
    skip: Numbers = 0,
    feedback: Numbers = 0,
    links: Numbers = 0,
    gates: int = 3,
    peepholes: int = 0,
    block: int = 1,
    shared: bool = False,
    layers: int = 1,
    dense: bool = False,
    summed: bool = False,
    projection: Numbers | None = None,
    before: Numbers | None = None,
    after: Numbers | None = None,
) -> NDArray[np.signedinteger]:
    """Parameters of a recurrent network; choices may be arrays, which are broadcast.

    Args:
        cells: of each layer and direction.
        directions: 1 or 2.
        inputs, outputs: of the network.
        biases, output_biases: of each unit of a hidden layer, of each output.
        skip: 1 for weights from the inputs straight to the outputs.
        feedback: 1 for weights from the outputs to every recurrent unit.
        links: 1 if each direction also reads the other's last output (two directions only).
        gates: of each block; a block has a unit for each gate and one for each cell.
        peepholes: gates that read the states of their block's cells, a weight each.
        block: cells to a block.
        shared: a gate has one peephole, not one from each of its block's cells.
        layers: recurrent layers, each of `cells`.
        dense: the first layer's inputs go to every layer, and every layer to the readout.
        summed: the directions' outputs are added up, not put side by side.
        projection: width of a linear layer without bias between cells and what they feed.
        before, after: width of a feed-forward layer before or after the recurrent ones.
    """
    units = cells // block * gates + cells
    seen: Numbers = cells if projection is None else projection
    recurrent = seen * (1 + links) if directions == 2 else seen
    joined = seen if summed else seen * directions
    source: Numbers = inputs if before is None else before
    total: Numbers = 0 if before is None else before * (inputs + biases)
    first = source
    for _ in range(layers):
        fan_in = source + recurrent + biases + feedback * outputs
        layer = units * fan_in + peepholes * (cells // block if shared else cells)
        total = total + directions * (layer + (0 if projection is None else cells * projection))
        source = joined + first if dense else joined
    read = joined * layers if dense else joined
    if after is not None:
        total, read = total + after * (read + biases), after
    return np.asarray(total + outputs * (read + output_biases + skip * inputs))


KINDS = ((0, 0), (1, 0), (2, 0), (2, 2), (3, 0), (3, 3))
"""Gates and how many of them have peepholes: Elman; one gate; two, as coupled or GRU; LSTM."""


def blocks() -> Iterator[Shape]:
    """one layer of 1 to 10 cells a block, 2 or 3 gates, any with peepholes, own or shared"""
    for block in range(1, 11):
        for gates in (2, 3):
            for peepholes in range(gates + 1):
                for shared in (False, True) if block > 1 and peepholes else (False,):
                    for reading in ("cells", "blocks") if block > 1 else ("cells",):
                        yield {
                            "block": block,
                            "gates": gates,
                            "peepholes": peepholes,
                            "shared": shared,
                            "stated": reading,
                        }


def cells() -> Iterator[Shape]:
    """one layer of other cells: Elman's, or of 1, 4 or 5 gates"""
    yield from ({"gates": gates} for gates in (0, 1, 4, 5))


def stacked() -> Iterator[Shape]:
    """2 to 4 layers of 0 to 3 gates, each of the stated cells or of an equal share of them"""
    for layers in (2, 3, 4):
        for gates, peepholes in KINDS:
            for dense in (False, True):
                for summed in (False, True):
                    for stated in ("cells of a layer", "cells of all layers"):
                        yield {
                            "layers": layers,
                            "gates": gates,
                            "peepholes": peepholes,
                            "dense": dense,
                            "summed": summed,
                            "stated": stated,
                        }


def projected() -> Iterator[Shape]:
    """one layer of 2 or 3 gates, its cells projected on 1 to 119 numbers"""
    for gates, peepholes in KINDS[2:]:
        yield {"gates": gates, "peepholes": peepholes, "projection": range(1, 120)}


def feed_forward() -> Iterator[Shape]:
    """a feed-forward layer of 1 to 200 units before or after one layer of 0 to 3 gates"""
    for place in ("before", "after"):
        for gates, peepholes in KINDS:
            yield {"gates": gates, "peepholes": peepholes, place: range(1, 201)}


FAMILIES = (blocks, cells, stacked, projected, feed_forward)

BOUNDS = (
    f"Every family with {COMMON['inputs'][0]} to {COMMON['inputs'][-1]} inputs, "
    f"{COMMON['outputs'][0]} or {COMMON['outputs'][-1]} outputs, {COMMON['biases'][0]} to "
    f"{COMMON['biases'][-1]} bias vectors at hidden layers and {COMMON['output_biases'][0]} to "
    f"{COMMON['output_biases'][-1]} at the outputs; each with and without a skip from the inputs "
    "to the outputs, feedback from the outputs to all recurrent units and, in two directions, "
    "weights from each direction to the other. The 80 cells are read as those of a direction and "
    "as those of both. A cell of n gates has n + 1 weight matrices: Elman's has 1, a GRU's as many "
    "as one of 2 gates. Blocks are tried with the stated number of cells and with the stated "
    "number of blocks; in the other families a block is one cell, and those of 2 or 3 gates have "
    "peepholes at all gates or at none. Stacked layers put the directions side by side or add them "
    "up, with and without skips from the first layer's inputs to all layers and from all layers to "
    "the outputs. Extra layers have as many bias vectors as hidden ones, projections none. "
    "Nothing outside these bounds was tried."
)
"""What was tried, for people."""
