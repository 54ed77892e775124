"""Accuracy by confidence, one panel a system, all test parts; grey: how many sequences."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ferbench.evaluation.comparison import Evaluation
from ferbench.evaluation.metrics import BINS, Bins
from ferbench.reporting.style import BLACK, BLUE, panels

TITLE = "Calibration"
ALT = "Share of right decisions by the posterior of the decided class."
CAPTION = (
    "How far a posterior can be trusted. Decisions are binned by the posterior of the decided "
    "class; the line shows the share of each bin that is right. On the diagonal, decisions with a "
    "posterior of 80 % are right in 80 % of cases; below it, the system is overconfident. ECE "
    "(expected calibration error) is the mean distance from the diagonal, each bin weighted by its "
    "decisions. Grey bars, with their numbers, are the decisions in a bin: the points of small "
    "bins scatter. Ensembles of all systems have a panel each, last."
)
ORDER = 4


def draw(evaluation: Evaluation) -> Figure:
    """A panel for everything that has posteriors."""
    drawn, axes_of = panels(evaluation.reliability, side=2.9, shared=True)
    for (name, bins), axes in zip(evaluation.reliability.items(), axes_of, strict=True):
        _draw_bins(axes, bins)
        title = f"ensemble, {name}" if name in evaluation.comparison.ensembles else name
        axes.set_title(f"{title}\nECE {100 * bins.error:.1f} %", fontsize=10)
        axes.tick_params(labelbottom=True, labelleft=True)
    drawn.supylabel("share decided rightly; grey: decisions in the bin", fontsize=10)
    title = f"by confidence (posterior of the class decided for), {BINS} bins, all test parts"
    drawn.suptitle(title, fontsize=10)
    return drawn


def _draw_bins(axes: Axes, bins: Bins) -> None:
    middles = (np.arange(BINS) + 0.5) / BINS
    heights = 0.35 * bins.counts / bins.counts.max()
    axes.bar(middles, heights, width=0.9 / BINS, color="0.85", zorder=1)
    for middle, height, count in zip(middles, heights, bins.counts, strict=True):
        if count:
            where: Any = {"ha": "center", "va": "bottom", "fontsize": 6, "color": "0.35"}
            axes.text(middle, height + 0.01, str(count), **where)
    axes.plot([0, 1], [0, 1], color=BLACK, linestyle=":", linewidth=1)
    some = bins.counts > 0
    style: Any = {"color": BLUE, "marker": "o", "markersize": 4, "linewidth": 1.2, "zorder": 3}
    axes.plot(bins.confidence[some], bins.accuracy[some], **style, clip_on=False)
    axes.set(xlim=(0, 1), ylim=(0, 1.02), aspect="equal")
    axes.grid(visible=True, color="0.94")
    axes.set_axisbelow(True)
