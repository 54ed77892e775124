"""Figures of how sure the comparison is, when a system decides, and what its posteriors are worth.

They are registered with those of `ferbench.reporting.figures`.
"""

from itertools import cycle
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from ferbench.evaluation.metrics import BINS, Bins, error_by_share
from ferbench.evaluation.metrics import reliability as bins_of
from ferbench.evaluation.references import MAJORITY
from ferbench.evaluation.statistics import ALPHA, Pair
from ferbench.evaluation.study import Study
from ferbench.reporting.drawing import (
    AMBER,
    BLACK,
    BLUE,
    GREEN,
    ORANGE,
    PURPLE,
    SKY,
    figure,
    panels,
)
from ferbench.results.predictions import SHARES

LOOKS = tuple(
    zip(
        (BLACK, BLUE, ORANGE, GREEN, PURPLE, SKY, AMBER),
        ("o", "s", "^", "D", "v", "P", "X"),
        ("-", "--", "-.", ":", (0, (5, 1)), (0, (3, 1, 1, 1)), (0, (1, 1))),
        strict=True,
    )
)
"""Colour, marker and line of each further system; seven, and then from the first again."""


@figure
def pairs(study: Study) -> Figure:
    """Difference of each two systems in points, its interval; framed where they are told apart."""
    rows = study.compared
    columns = list(dict.fromkeys([*rows, *(pair.right for pair in study.against)]))
    size = (2.2 + 1.15 * len(columns), 1.6 + 0.75 * max(len(rows), 1))
    drawn = Figure(figsize=size, layout="constrained")
    axes = drawn.add_subplot()
    every = [*study.pairs, *study.against]
    most = max((abs(pair.difference) for pair in every), default=0) or 1
    for pair in every:
        _cell(axes, rows.index(pair.left), columns.index(pair.right), pair, 1, most)
        if pair.right in rows:
            _cell(axes, rows.index(pair.right), columns.index(pair.left), pair, -1, most)
    axes.set(xlim=(0, len(columns)), ylim=(max(len(rows), 1), 0))
    axes.set_xticks(np.arange(len(columns)) + 0.5, columns, rotation=20, ha="left")
    axes.set_yticks(np.arange(len(rows)) + 0.5, rows)
    axes.tick_params(length=0, top=True, labeltop=True, bottom=False, labelbottom=False)
    axes.spines[:].set_visible(False)
    if rows and len(columns) > len(rows):
        axes.axvline(len(rows), color=BLACK, linewidth=1)
    said = (
        "error of the row minus that of the column, points; 95 % interval over subjects\n"
        f"bold and framed: told apart on {study.people} subjects (sign-flip, Holm)"
    )
    axes.set_xlabel(said)
    return drawn


def _cell(axes: Axes, row: int, column: int, pair: Pair, sign: int, most: float) -> None:
    tint = LinearSegmentedColormap.from_list("tint", [SKY, "white", AMBER])
    difference = sign * pair.difference
    low, high = sorted(sign * end for end in pair.interval)
    apart = pair.adjusted <= ALPHA
    shade = tint(0.5 + 0.5 * difference / most)
    axes.add_patch(Rectangle((column, row), 1, 1, facecolor=shade, edgecolor="white", linewidth=2))
    if apart:
        inner = Rectangle((column + 0.05, row + 0.06), 0.9, 0.88, fill=False, linewidth=1.6)
        axes.add_patch(inner)
    weight = "bold" if apart else "normal"
    place: Any = {"ha": "center", "va": "center", "color": BLACK}
    axes.text(column + 0.5, row + 0.38, f"{100 * difference:+.1f}", fontweight=weight, **place)
    ends = f"{100 * low:+.1f} to {100 * high:+.1f}"
    axes.text(column + 0.5, row + 0.7, ends, fontsize=7, **place)


@figure
def time(study: Study) -> Figure:
    """Error rate by the share of each sequence's frames that was read, mean over folds."""
    drawn = Figure(figsize=(7.5, 4.6), layout="constrained")
    axes = drawn.add_subplot()
    shares = 100 * np.array(SHARES)
    for (name, of_one), look in zip(study.fits.items(), cycle(LOOKS), strict=False):
        colour, marker, line = look
        style: Any = {"color": colour, "marker": marker, "linestyle": line, "zorder": 3}
        errors = 100 * np.mean([error_by_share(fit.truncated) for fit in of_one], axis=0)
        label = f"{name} (reference)" if of_one[0].card.reference else name
        axes.plot(shares, errors, **style, label=label, markersize=5, linewidth=1.4, clip_on=False)
    axes.set(xlim=(0, 102), ylim=(0, None))
    axes.set_xticks(shares)
    axes.grid(visible=True, color="0.92")
    axes.set_xlabel("frames read, % of the sequence from its first on (rounded up)")
    axes.set_ylabel("error rate, %, mean over folds")
    ahead = [name for name, of_one in study.fits.items() if not of_one[0].card.causal]
    said = "every beginning was read alone, and nothing after it"
    if ahead:
        said += f";\n{', '.join(ahead)}, which looks ahead, was run again on each beginning"
    axes.set_title(said, fontsize=10, loc="left")
    drawn.legend(loc="outside right upper", frameon=False)
    return drawn


@figure
def reliability(study: Study) -> Figure:
    """Accuracy by confidence, one panel a system, all test parts; grey: how many sequences."""
    shown = {name: parts for name, parts in study.parts.items() if name != MAJORITY}
    drawn, axes_of = panels(shown, side=2.9, shared=True)
    for (name, parts), axes in zip(shown.items(), axes_of, strict=True):
        bins = bins_of(parts)
        _reliability(axes, bins)
        shown_as = f"ensemble, {name}" if name in study.ensembles else name
        axes.set_title(f"{shown_as}\nECE {100 * bins.error:.1f} %", fontsize=10)
        axes.tick_params(labelbottom=True, labelleft=True)
    drawn.supylabel("share decided rightly; grey: decisions in the bin", fontsize=10)
    said = f"by confidence (posterior of the class decided for), {BINS} bins, all test parts"
    drawn.suptitle(said, fontsize=10)
    return drawn


def _reliability(axes: Axes, bins: Bins) -> None:
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
