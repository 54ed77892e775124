"""How figures look, and how they are written.

Colours are of Okabe & Ito (2008), https://jfly.uni-koeln.de/color/, and never the only difference:
lines differ in style too, and shades run from light to dark, so that all reads in grey.
"""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ferbench.results.stamps import STAMPS

BLACK, BLUE, ORANGE = "#000000", "#0072B2", "#D55E00"
SKY, GREEN, PURPLE, AMBER, YELLOW = "#56B4E9", "#009E73", "#CC79A7", "#E69F00", "#F0E442"
COLUMNS = 3  # panels side by side

STYLE: Any = {
    "svg.hashsalt": "ferbench",  # ids in the file come from it, and not from chance
    "svg.fonttype": "path",  # no font needed where the figure is read
    "font.family": "DejaVu Sans",  # comes with matplotlib
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
}


@contextmanager
def styled() -> Iterator[None]:
    """STYLE for what is drawn inside, whatever the user's own matplotlibrc says."""
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(STYLE)
        yield


def stamp(drawn: Figure, stamps: Collection[str], dataset: str) -> None:
    """Write below a figure what its data are, and why that matters."""
    text = "\n".join([*(f"{one}: {STAMPS[one]}" for one in stamps), dataset])
    weight = "bold" if stamps else "normal"
    drawn.supxlabel(text, x=0.995, ha="right", fontsize=9, fontweight=weight)


def save(drawn: Figure, path: Path) -> None:
    """Write SVG; the same figure gives the same bytes."""
    with styled():
        drawn.savefig(path, format="svg", metadata={"Date": None})


def panels(
    names: Collection[str], side: float, *, shared: bool = False
) -> tuple[Figure, list[Axes]]:
    """One square panel of `side` inches a name, row by row."""
    columns = min(COLUMNS, len(names))
    rows = -(-len(names) // columns)
    drawn = Figure(figsize=(columns * side + 0.9, rows * side + 0.6), layout="constrained")
    grid = drawn.subplots(rows, columns, squeeze=False, sharex=shared, sharey=shared)
    every = list(grid.flat)
    for unused in every[len(names) :]:
        unused.set_axis_off()
    return drawn, every[: len(names)]


def beside(axes: Axes, x: float, row: float, text: str, **look: Any) -> None:
    """Write at a row; `x` is a share of the width of the axes."""
    axes.text(x, row, text, transform=axes.get_yaxis_transform(), va="center", **look)
