"""Difference of each two systems in points, its interval; framed where they are told apart."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from ferbench.evaluation.comparison import Evaluation
from ferbench.evaluation.statistics.pairs import Pair
from ferbench.reporting.style import AMBER, BLACK, SKY

TITLE = "Differences"
ALT = "Difference of the error rates of each two systems, with its interval."
CAPTION = (
    "Which architectures can be told apart, trained again with other seeds and on other people. "
    "Each cell is row minus column: the difference in error rate, in points, and its 95 % "
    "interval. Blue: the row makes fewer errors; amber: it makes more; the deeper, the larger the "
    "difference. Bold and framed are the pairs that the test tells apart. It is adjusted over all "
    "pairs to the left of the line; to the right of it, where columns are references, over the "
    "comparisons with that reference. The test does not tell the other pairs apart, not even where "
    "an interval excludes 0."
)
ORDER = 2
SECTION = "pairs"


def draw(evaluation: Evaluation) -> Figure:
    """A row a system, a column a system or reference."""
    rows = list(evaluation.comparison.systems)
    columns = list(dict.fromkeys([*rows, *(pair.right for pair in evaluation.against)]))
    size = (2.2 + 1.15 * len(columns), 1.6 + 0.75 * max(len(rows), 1))
    drawn = Figure(figsize=size, layout="constrained")
    axes = drawn.add_subplot()
    every = [*evaluation.pairs, *evaluation.against]
    most = max((abs(pair.difference) for pair in every), default=0) or 1
    for pair in every:
        _draw_cell(axes, rows.index(pair.left), columns.index(pair.right), pair, 1, most)
        if pair.right in rows:
            _draw_cell(axes, rows.index(pair.right), columns.index(pair.left), pair, -1, most)
    axes.set(xlim=(0, len(columns)), ylim=(max(len(rows), 1), 0))
    axes.set_xticks(np.arange(len(columns)) + 0.5, columns, rotation=20, ha="left")
    axes.set_yticks(np.arange(len(rows)) + 0.5, rows)
    axes.tick_params(length=0, top=True, labeltop=True, bottom=False, labelbottom=False)
    axes.spines[:].set_visible(False)
    about = "trained again" if every and every[0].again else "these fits on new subjects"
    if rows and len(columns) > len(rows):
        axes.axvline(len(rows), color=BLACK, linewidth=1)
    axes.set_xlabel(
        f"error of the row minus that of the column, points; 95 % interval, {about}\n"
        f"bold and framed: told apart with {evaluation.comparison.subjects} subjects (Holm)"
    )
    return drawn


def _draw_cell(axes: Axes, row: int, column: int, pair: Pair, sign: int, most: float) -> None:
    tint = LinearSegmentedColormap.from_list("tint", [SKY, "white", AMBER])
    difference = sign * pair.difference
    low, high = sorted(sign * end for end in (pair.again or pair).interval)
    shade = tint(0.5 + 0.5 * difference / most)
    axes.add_patch(Rectangle((column, row), 1, 1, facecolor=shade, edgecolor="white", linewidth=2))
    if pair.apart:
        inner = Rectangle((column + 0.05, row + 0.06), 0.9, 0.88, fill=False, linewidth=1.6)
        axes.add_patch(inner)
    weight = "bold" if pair.apart else "normal"
    place: Any = {"ha": "center", "va": "center", "color": BLACK}
    axes.text(column + 0.5, row + 0.38, f"{100 * difference:+.1f}", fontweight=weight, **place)
    ends = f"{100 * low:+.1f} to {100 * high:+.1f}"
    axes.text(column + 0.5, row + 0.7, ends, fontsize=7, **place)
