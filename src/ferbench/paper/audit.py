"""The audit of the paper's numbers as Markdown: every number is computed when it is written."""

from collections.abc import Mapping

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from ferbench.markup.markdown import percent, spread, to_markdown
from ferbench.paper.counts import counts
from ferbench.paper.difference import difference
from ferbench.paper.published import HEADS, LABELLED, PUBLISHED, SEQUENCES, SUBJECTS_BY_SEQUENCES
from ferbench.paper.spreads import spreads
from ferbench.paper.statements import (
    CELLS,
    CONVOLVED,
    FEATURED_MAP,
    IMAGE,
    KERNEL,
    LEAVES_OPEN,
    PRINTED,
    SAYS,
    WINDOW,
)

Integers = NDArray[np.int64]


def audit() -> str:
    """The whole section: headings from ## on, paragraphs, lists and tables."""
    blocks = [
        "## Audit of the printed numbers",
        "The numbers that Sharma & Jain print in *Characterization of Facial Expression using Deep "
        "Neural Networks*, and what these numbers can and cannot support. This is arithmetic on "
        "printed numbers. It does not say how good the systems were.",
        "### What the paper says",
        _list(SAYS),
        _results(),
        "### What it leaves open",
        _list(LEAVES_OPEN),
        "### Its worked examples",
        *_examples(),
        "### Its parameter counts",
        *counts(),
        "### What its ± can be",
        *spreads(),
        "### What its difference can be",
        *difference(),
        "### Published results on Cohn-Kanade",
        *_context(),
    ]
    return "\n\n".join(blocks) + "\n"


def convolve(image: Integers, kernel: Integers) -> Integers:
    """Sum of products of the kernel with every window of its shape; the kernel is not turned.

    (rows, columns) and (r, c) to (rows - r + 1, columns - c + 1).
    """
    return np.asarray((sliding_window_view(image, kernel.shape) * kernel).sum(axis=(2, 3)))


def pool(featured_map: Integers, window: int) -> Integers:
    """Largest of each square window; windows lie side by side, (n, m) to (n, m) // window."""
    windows = sliding_window_view(featured_map, (window, window))[::window, ::window]
    return np.asarray(windows.max(axis=(2, 3)))


def _list(statements: Mapping[str, str]) -> str:
    return "\n".join(f"- {about}: {text}" for about, text in statements.items())


def _results() -> str:
    heads = ["", "cells a layer", "parameters, printed", "mean error rate, printed, %"]
    rows = []
    for name, title in (("bilstm", "bidirectional LSTM"), ("lstm", "unidirectional LSTM")):
        parameters, error, std = PRINTED[name]
        rows.append([title, str(CELLS[name]), f"{parameters:,}", spread(error, std, 1)])
    return to_markdown([heads, *rows, ["CNN, RNN, CNN-LSTM", "—", "—", "—"]], left=1)


def _examples() -> list[str]:
    result = convolve(IMAGE, KERNEL)
    right = "correct" if np.array_equal(result, CONVOLVED) else "**wrong**"
    return [
        f"Convolution: the image {_rows(IMAGE)} (row by row) and the kernel {_rows(KERNEL)} give "
        f"{_rows(result)}. The paper's result is {right}. Its figure shows only four rows of the "
        "image; the fifth is the one that is usual in this example.",
        f"Pooling: the map {_rows(FEATURED_MAP)} under {WINDOW} x {WINDOW} max pooling with stride "
        f"{WINDOW} gives {_rows(pool(FEATURED_MAP, WINDOW))}.",
    ]


def _rows(matrix: Integers) -> str:
    """Rows of one-digit numbers, as code."""
    return "`" + " / ".join("".join(map(str, row)) for row in matrix) + "`"


def _context() -> list[str]:
    everything = sum(LABELLED.values())
    classes = ", ".join(f"{name} {number}" for name, number in LABELLED.items())
    subjects = ", ".join(f"{many} with {number}" for number, many in SUBJECTS_BY_SEQUENCES.items())
    majority = 1 - max(LABELLED.values()) / SEQUENCES
    return [
        "Protocols, classes and sequences differ from row to row. The table is context, not a "
        "ranking.",
        to_markdown([HEADS, *PUBLISHED], left=6),
        f"Verified: read in the work itself. Secondary source: read in another work that reports "
        f"it. One error among {everything} sequences is an accuracy of "
        f"{percent(1 - 1 / everything, 2)} %.",
        f"CK+ has {everything} labelled sequences ({classes}; verified). Without contempt there "
        f"are {SEQUENCES}, of {sum(SUBJECTS_BY_SEQUENCES.values())} subjects. By number of "
        f"sequences these are {subjects}. Always naming the most frequent class is wrong for "
        f"{percent(majority, 1)} % of the sequences.",
    ]
