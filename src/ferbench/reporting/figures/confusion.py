"""Decisions by class, one panel an architecture: counts over all folds, shaded by row share."""

from collections.abc import Sequence
from io import StringIO
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import QuadMesh
from matplotlib.figure import Figure
from numpy.typing import NDArray

from ferbench.reporting.style import BLACK, panels, styled

if TYPE_CHECKING:  # `track` draws matrices, and evaluates nothing
    from ferbench.evaluation.comparison import Evaluation

TITLE = "Confusion"
ALT = "Labels by decisions, one matrix per architecture."
CAPTION = (
    "Which class is taken for which. One matrix per architecture: the label in the row, the "
    "decision in the column, counts over all test parts. The darker a cell, the larger the share "
    "of the label's sequences. The diagonal holds the right decisions, all other cells the errors."
)
ORDER = 5


def draw(evaluation: "Evaluation") -> Figure:
    """One panel per architecture."""
    classes = evaluation.comparison.classes
    networks = evaluation.comparison.architectures
    drawn, axes_of = panels(networks, side=0.9 + 0.42 * len(classes))
    mesh = None
    for (name, network), axes in zip(networks.items(), axes_of, strict=True):
        mesh = _draw_matrix(axes, np.array(network.confusion), classes, name)
    drawn.suptitle("label (row) by decision (column), counts over all test parts", fontsize=10)
    if mesh is not None:
        drawn.colorbar(mesh, ax=axes_of, shrink=0.6, label="share of the label's sequences (row)")
    return drawn


def svg(counts: NDArray[np.intp], classes: Sequence[str], title: str) -> str:
    """One matrix of `counts`, (classes, classes) sequences by label (row) and decision, as SVG."""
    side, names = 0.42 * len(classes), 0.5 + 0.09 * max(map(len, classes))
    width, height = names + side + 0.2, names + side + 0.4
    with styled():
        # no constrained layout: finding one takes longer than all the rest
        drawn = Figure(figsize=(width, height))
        axes = drawn.add_axes((names / width, names / height, side / width, side / height))
        _draw_matrix(axes, counts, classes, title)
        axes.set(xlabel="decision", ylabel="label")
        text = StringIO()
        drawn.savefig(text, format="svg", metadata={"Date": None})
    return text.getvalue()


def _draw_matrix(
    axes: Axes, counts: NDArray[np.intp], classes: Sequence[str], title: str
) -> QuadMesh:
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    mesh = axes.pcolormesh(shares, cmap="Blues", vmin=0, vmax=1, edgecolors="0.85", linewidth=0.5)
    for (row, column), count in np.ndenumerate(counts):
        shade = "white" if shares[row, column] > 0.55 else BLACK
        if count:
            axes.text(column + 0.5, row + 0.5, str(count), ha="center", va="center", color=shade)
    axes.set(title=title, aspect="equal")
    axes.invert_yaxis()
    places = np.arange(len(classes)) + 0.5
    axes.set_xticks(places, classes, rotation=45, ha="right", rotation_mode="anchor")
    axes.set_yticks(places, classes)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    return mesh
