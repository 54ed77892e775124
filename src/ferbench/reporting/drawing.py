"""How figures look, where they are registered, and how they are written.

Colours are of Okabe & Ito (2008), https://jfly.uni-koeln.de/color/, and never the only difference:
lines differ in style too, and shades run from light to dark, so that all reads in grey.
"""

from collections.abc import Callable, Collection
from pathlib import Path
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ferbench.results.fits import STAMPS

if TYPE_CHECKING:  # who wants a colour need not load what is drawn
    from ferbench.evaluation.study import Study

BLACK, BLUE, ORANGE = "#000000", "#0072B2", "#D55E00"
SKY, GREEN, PURPLE, AMBER, YELLOW = "#56B4E9", "#009E73", "#CC79A7", "#E69F00", "#F0E442"
COLUMNS = 3
"""Panels side by side."""

STYLE: Any = {
    "svg.hashsalt": "ferbench",  # ids in the file come from it, and not from chance
    "svg.fonttype": "path",  # no font needed where the figure is read
    "font.family": "DejaVu Sans",  # comes with matplotlib
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
}

FIGURES: dict[str, Callable[["Study"], Figure]] = {}
"""By name."""


def figure(draw: Callable[["Study"], Figure]) -> Callable[["Study"], Figure]:
    """Register a figure under its function's name; ValueError if the name is taken.

    It is drawn in STYLE and stamped with what its fits say about themselves.
    """
    name = draw.__name__
    if name in FIGURES:
        raise ValueError(f"figure {name!r} is registered twice")

    def styled(study: "Study") -> Figure:
        with mpl.rc_context():
            mpl.rcdefaults()  # nobody's own matplotlibrc
            mpl.rcParams.update(STYLE)
            drawn = draw(study)
            card = study.card
            why = [f"{stamp}: {STAMPS[stamp]}" for stamp in card.stamps]
            stamp = "\n".join([*why, card.dataset])
            weight = "bold" if card.stamps else "normal"
            drawn.supxlabel(stamp, x=0.995, ha="right", fontsize=9, fontweight=weight)
        return drawn

    FIGURES[name] = styled
    return draw


def save(drawn: Figure, path: Path) -> None:
    """Write SVG; the same figure gives the same bytes."""
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(STYLE)
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
