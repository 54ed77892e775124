"""Error rate by the share of each sequence's frames that was read, mean over folds."""

from itertools import cycle
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from ferbench.evaluation.comparison import Evaluation
from ferbench.reporting.style import AMBER, BLACK, BLUE, GREEN, ORANGE, PURPLE, SKY

TITLE = "Error against time"
ALT = "Error rate by the share of each sequence that was read, by architecture."
CAPTION = (
    "The error rate after the first 10, 20, … 100 % of each sequence's frames; every network was "
    "run on the truncated input. The lower a line is on the left, the earlier the system "
    "recognises the expression; where a line is flat, waiting gains nothing. A bidirectional "
    "network has to wait for the end of its input. Its line says what it would reach if a sequence "
    "ended there; it does not show real-time use."
)
ORDER = 3

LOOKS = tuple(
    zip(
        (BLACK, BLUE, ORANGE, GREEN, PURPLE, SKY, AMBER),
        ("o", "s", "^", "D", "v", "P", "X"),
        ("-", "--", "-.", ":", (0, (5, 1)), (0, (3, 1, 1, 1)), (0, (1, 1))),
        strict=True,
    )
)
"""Colour, marker and line of each further system; seven, and then from the first again."""


def draw(evaluation: Evaluation) -> Figure:
    """A line an architecture."""
    drawn = Figure(figsize=(7.5, 4.6), layout="constrained")
    axes = drawn.add_subplot()
    networks = evaluation.comparison.architectures
    shares = 100 * np.array(list(next(iter(networks.values())).time))
    for (name, network), look in zip(networks.items(), cycle(LOOKS), strict=False):
        colour, marker, line = look
        style: Any = {"color": colour, "marker": marker, "linestyle": line, "zorder": 3}
        errors = 100 * np.array([errors.mean for errors in network.time.values()])
        label = f"{name} (reference)" if network.reference else name
        axes.plot(shares, errors, **style, label=label, markersize=5, linewidth=1.4, clip_on=False)
    axes.set(xlim=(0, 102), ylim=(0, None))
    axes.set_xticks(shares)
    axes.grid(visible=True, color="0.92")
    axes.set_xlabel("frames read, % of the sequence from its first on (rounded up)")
    axes.set_ylabel("error rate, %, mean over folds")
    title = "every beginning was read alone, and nothing after it"
    if ahead := ", ".join(evaluation.looking_ahead):
        title += f";\n{ahead}, which looks ahead, was run again on each beginning"
    axes.set_title(title, fontsize=10, loc="left")
    drawn.legend(loc="outside right upper", frameon=False)
    return drawn
