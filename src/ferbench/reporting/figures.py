"""Figures of the comparison: plain functions, each registered once."""

from collections.abc import Sequence
from itertools import groupby
from statistics import fmean
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, StrMethodFormatter
from numpy.typing import NDArray

from ferbench.evaluation.metrics import confusion as confusion_counts
from ferbench.evaluation.metrics import error_rate
from ferbench.evaluation.study import Study
from ferbench.reporting import figures_of_sureness
from ferbench.reporting.drawing import BLACK, BLUE, FIGURES, ORANGE, beside, figure, panels
from ferbench.results.fits import Fit

# Who imports FIGURES finds those of the other module registered too.
__all__ = ["FIGURES", "confusion", "curves", "errors", "figures_of_sureness"]


@figure
def errors(study: Study) -> Figure:
    """Error rate of each fold (points, in the order of the folds) and its mean, by architecture."""
    fits = study.fits
    drawn = Figure(figsize=(7.5, 1.5 + 0.62 * len(fits)), layout="constrained")
    axes = drawn.add_subplot()
    row, ticks = 0.0, {}
    for kind, group in groupby(fits.items(), key=lambda item: _kind(item[1][0])):
        if row:
            axes.axhline(row - 0.5, color="0.7", linewidth=0.8)
        beside(axes, 0.01, row, kind, ha="left", style="italic")
        for name, of_one in group:
            row += 0.85
            ticks[row] = name
            _error_row(axes, row, of_one)
        row += 1
    axes.set_yticks(list(ticks), list(ticks.values()))
    axes.set_ylim(row - 0.4, -0.4)
    axes.set_xlim(0, 1.04 * max(axes.get_xlim()[1], 1))
    axes.tick_params(axis="y", length=0)
    axes.xaxis.grid(visible=True, color="0.9")
    axes.set_axisbelow(True)
    axes.set_xlabel("error rate on the test part, % of its sequences")
    folds = ", ".join(map(str, study.folds))
    beside(axes, 1.02, 0, "mean", ha="left", style="italic")
    meaning = f"bar: mean over folds; circles: folds {folds}, from top to bottom"
    if any(fit.card.diverged for of_one in fits.values() for fit in of_one):
        meaning += "; crosses: diverged"
    axes.set_title(meaning, fontsize=10, loc="left")
    return drawn


def _kind(fit: Fit) -> str:
    return f"{'reference, ' if fit.card.reference else ''}input: {fit.card.input}"


def _error_row(axes: Axes, row: float, fits: Sequence[Fit]) -> None:
    rates = [100 * error_rate(fit.test) for fit in fits]
    heights = row + np.linspace(-0.28, 0.28, len(rates)) if len(rates) > 1 else np.array([row])
    mean = fmean(rates)
    axes.plot([mean, mean], [row - 0.36, row + 0.36], color=ORANGE, linewidth=3.5, zorder=2)
    for fit, rate, height in zip(fits, rates, heights, strict=True):
        face, marker = (BLUE, "X") if fit.card.diverged else ("white", "o")
        look: Any = {"color": face, "markeredgecolor": BLUE, "markersize": 6}
        axes.plot(rate, height, marker, **look, zorder=3, clip_on=False)
    beside(axes, 1.02, row, f"{mean:.1f} %", ha="left")


@figure
def confusion(study: Study) -> Figure:
    """Decisions by class, one panel an architecture: counts over all folds, shaded by row share."""
    classes = study.card.classes
    drawn, axes_of = panels(study.fits, side=0.9 + 0.42 * len(classes))
    mesh = None
    for (name, of_one), axes in zip(study.fits.items(), axes_of, strict=True):
        counts = confusion_counts([fit.test for fit in of_one])
        shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
        mesh = axes.pcolormesh(
            shares, cmap="Blues", vmin=0, vmax=1, edgecolors="0.85", linewidth=0.5
        )
        for (row, column), count in np.ndenumerate(counts):
            shade = "white" if shares[row, column] > 0.55 else BLACK
            if count:
                axes.text(
                    column + 0.5, row + 0.5, str(count), ha="center", va="center", color=shade
                )
        axes.set(title=name, aspect="equal")
        axes.invert_yaxis()
        places = np.arange(len(classes)) + 0.5
        axes.set_xticks(places, classes, rotation=45, ha="right", rotation_mode="anchor")
        axes.set_yticks(places, classes)
        axes.tick_params(length=0)
        axes.spines[:].set_visible(False)
    drawn.suptitle("label (row) by decision (column), counts over all test parts", fontsize=10)
    if mesh is not None:
        drawn.colorbar(mesh, ax=axes_of, shrink=0.6, label="share of the label's sequences (row)")
    return drawn


@figure
def curves(study: Study) -> Figure:
    """Losses by epoch, one panel an architecture, one line a fold, the kept epoch marked."""
    drawn, axes_of = panels(study.fits, side=3.0, shared=True)
    for (name, of_one), axes in zip(study.fits.items(), axes_of, strict=True):
        for fit in of_one:
            _curves(axes, fit)
        diverged = [str(fit.card.fold) for fit in of_one if fit.card.diverged]
        said = f"\nfold {', '.join(diverged)} diverged" if diverged else ""
        axes.set_title(f"{name}{said}")
        axes.set_yscale("log")
        axes.yaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.grid(visible=True, color="0.92")
        axes.set_xlabel("epoch")
        axes.tick_params(labelbottom=True, labelleft=True)
    drawn.supylabel("mean cross-entropy of a sequence, nats (one line a fold)", fontsize=10)
    train = axes_of[0].plot([], [], color=ORANGE, linestyle="--", linewidth=1, label="train")
    validation = axes_of[0].plot([], [], color=BLUE, linewidth=1.2, label="validation")
    kept = axes_of[0].plot(
        [], [], "o", color=BLACK, markersize=5, label="epoch whose weights are kept"
    )
    drawn.legend(handles=[*train, *validation, *kept], loc="outside upper center", ncols=3)
    return drawn


def _curves(axes: Axes, fit: Fit) -> None:
    train, validation = (_drawable(fit.history[name]) for name in ("train_loss", "validation_loss"))
    epochs = np.arange(1, len(train) + 1)
    axes.plot(epochs, train, color=ORANGE, linestyle="--", linewidth=0.9)
    axes.plot(epochs, validation, color=BLUE, linewidth=1.1)
    kept = fit.card.stopping_epoch
    if kept:
        axes.plot(kept, validation[kept - 1], "o", color=BLACK, markersize=4, zorder=3)


def _drawable(losses: NDArray[np.float64]) -> NDArray[np.float64]:
    """Losses on a logarithmic axis; a gap where one is not finite or not positive."""
    return np.where(np.isfinite(losses) & (losses > 0), losses, np.nan)
