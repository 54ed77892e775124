"""Error rate of each fold (points, in the order of the folds) and its mean, by architecture."""

from collections.abc import Sequence
from itertools import groupby
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ferbench.evaluation.comparison import Evaluation
from ferbench.reporting.style import BLACK, BLUE, ORANGE, beside
from ferbench.results.baselines import MAJORITY
from ferbench.results.comparison import Network, Row

TITLE = "Comparison"
ALT = "Error rate of each fold and its mean, by architecture."
CAPTION = (
    "Errors on people whom the networks have not seen. One row per architecture, grouped by what "
    "it reads. A circle is the error rate of one fit on its fold's test part: folds from top to "
    "bottom, the seeds of a fold in a line. The bar is their mean, which is also written on the "
    "right. The black line below is the 95 % interval of the error rate when the architecture is "
    "trained again with other seeds and on other people. Whether a test can tell two architectures "
    "apart is said under Differences."
)
ORDER = 1
SECTION = "comparison"


def draw(evaluation: Evaluation) -> Figure:
    """A row an architecture, under its kind of input."""
    networks = evaluation.comparison.architectures
    drawn = Figure(figsize=(7.5, 3.0 + 0.75 * len(networks)), layout="constrained")
    axes = drawn.add_subplot()
    row, ticks = 0.0, {}
    for kind, group in groupby(networks.items(), key=lambda item: _kind(item[1])):
        if row:
            axes.axhline(row - 0.5, color="0.7", linewidth=0.8)
        beside(axes, 0.01, row, kind, ha="left", style="italic")
        for name, network in group:
            row += 1
            ticks[row] = name
            _draw_row(axes, row, network, evaluation.comparison.seeds)
        row += 1.1
    for name, baseline in evaluation.comparison.baselines.items():
        if name != MAJORITY:  # it is where the line of chance is
            ticks[row] = f"{name}\n(reference)"
            _draw_row(axes, row, baseline, [0])
            row += 1.1
    chance = 100 * evaluation.comparison.chance.majority
    axes.axvline(chance, color="0.5", linestyle=":", linewidth=1.2)
    beside(axes, 1.02, row - 0.5, f"dotted: chance, {chance:.1f} %", ha="left", fontsize=8)
    axes.set_yticks(list(ticks), list(ticks.values()))
    axes.set_ylim(row - 0.4, -0.4)
    axes.set_xlim(0, 1.04 * max(axes.get_xlim()[1], chance))
    axes.tick_params(axis="y", length=0)
    axes.xaxis.grid(visible=True, color="0.9")
    axes.set_axisbelow(True)
    axes.set_xlabel("error rate on the test part, % of its sequences")
    folds = ", ".join(map(str, evaluation.comparison.folds))
    beside(axes, 1.02, 0, "mean", ha="left", style="italic")
    seeds = len(evaluation.comparison.seeds)
    of_seeds = f", {seeds} seeds in a line" if seeds > 1 else ""
    meaning = (
        "bar: mean; black line: 95 % interval, trained again\n"
        f"circles: fits of folds {folds}, from top to bottom{of_seeds}"
    )
    if any(network.diverged for network in networks.values()):
        meaning += "; crosses: diverged"
    axes.set_title(meaning, fontsize=10, loc="left")
    return drawn


def _kind(network: Network) -> str:
    return f"{'reference, ' if network.reference else ''}input: {network.input}"


def _draw_row(axes: Axes, row: float, system: Row, seeds: Sequence[int]) -> None:
    errors = system.metrics["error_rate"]
    again, diverged = None, dict[int, list[int]]()
    if isinstance(system, Network):
        again, diverged = system.again, system.diverged
    mean = 100 * errors.mean
    folds = len(errors.folds)
    heights = row + np.linspace(-0.28, 0.28, folds) if folds > 1 else np.array([row])
    axes.plot([mean, mean], [row - 0.36, row + 0.36], color=ORANGE, linewidth=3.5, zorder=2)
    if again:
        low, high = (100 * end for end in again.interval)
        axes.plot([low, high], [row + 0.42] * 2, color=BLACK, linewidth=1.6, zorder=2)
    for (fold, rates), height in zip(errors.folds.items(), heights, strict=True):
        lost = diverged.get(fold, [])
        for seed, rate in zip(seeds, rates, strict=True):
            face, marker = (BLUE, "X") if seed in lost else ("none", "o")
            look: Any = {"color": face, "markeredgecolor": BLUE, "markersize": 5}
            axes.plot(100 * rate, height, marker, **look, zorder=3, clip_on=False)
    beside(axes, 1.02, row, f"{mean:.1f} %", ha="left")
