"""Losses by epoch, one panel an architecture, one line a fit, the kept epoch marked."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, StrMethodFormatter

from ferbench.evaluation.comparison import Curve, Evaluation
from ferbench.reporting.style import BLACK, BLUE, ORANGE, panels

TITLE = "Learning curves"
ALT = "Losses by epoch, one panel per architecture."
CAPTION = (
    "Losses by epoch, one line per fit: dashed on the train part, solid on the validation part. "
    "The dot is the epoch whose weights were kept, the one with the lowest validation loss. No "
    "test part is in this figure: none was looked at before training had ended."
)
ORDER = 6


def draw(evaluation: Evaluation) -> Figure:
    """One panel per architecture."""
    drawn, axes_of = panels(evaluation.curves, side=3.0, shared=True)
    for (name, curves), axes in zip(evaluation.curves.items(), axes_of, strict=True):
        for curve in curves:
            _draw_curve(axes, curve)
        lost = evaluation.comparison.architectures[name].diverged
        diverged = ", ".join(f"{fold} (seed {seed})" for fold in lost for seed in lost[fold])
        note = f"\nfold {diverged} diverged" if diverged else ""
        axes.set_title(f"{name}{note}")
        axes.set_yscale("log")
        axes.yaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.grid(visible=True, color="0.92")
        axes.set_xlabel("epoch")
        axes.tick_params(labelbottom=True, labelleft=True)
    drawn.supylabel("mean cross-entropy of a sequence, nats (one line a fit)", fontsize=10)
    train = axes_of[0].plot([], [], color=ORANGE, linestyle="--", linewidth=1, label="train")
    validation = axes_of[0].plot([], [], color=BLUE, linewidth=1.2, label="validation")
    label = "epoch whose weights are kept"
    kept = axes_of[0].plot([], [], "o", color=BLACK, markersize=5, label=label)
    drawn.legend(handles=[*train, *validation, *kept], loc="outside upper center", ncols=3)
    return drawn


def _draw_curve(axes: Axes, curve: Curve) -> None:
    """Losses on a logarithmic axis; a gap where one is not finite or not positive."""
    train, validation = (
        np.where(np.isfinite(losses) & (losses > 0), losses, np.nan)
        for losses in (curve.losses["train_loss"], curve.losses["validation_loss"])
    )
    axes.plot(np.arange(1, len(train) + 1), train, color=ORANGE, linestyle="--", linewidth=0.9)
    axes.plot(np.arange(1, len(train) + 1), validation, color=BLUE, linewidth=1.1)
    if curve.kept:
        axes.plot(curve.kept, validation[curve.kept - 1], "o", color=BLACK, markersize=4, zorder=3)
