"""The audit of the paper's numbers as Markdown: every number is computed when it is written."""

from collections.abc import Sequence

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from ferbench.markup.markdown import align as table
from ferbench.paper.counts import counts
from ferbench.paper.errors import difference, spreads
from ferbench.paper.published import LABELLED, PUBLISHED, SEQUENCES, SUBJECTS_BY_SEQUENCES
from ferbench.paper.search import Tally
from ferbench.paper.statements import CELLS, CLAIMS, CONVOLUTION, OPEN, POOLING, PRINTED


def audit(found: Sequence[Tally] | None = None) -> str:
    """The whole section, headings from ## on, paragraphs, lists and tables.

    With `found`, what `search.search` came to stands in it too.
    """
    blocks = [
        "## Audit of the printed numbers",
        "What Sharma & Jain, *Characterization of Facial Expression using Deep Neural Networks*, "
        "print, and what it can and cannot support. This is arithmetic on printed numbers; it does "
        "not say how good the systems were.",
        "### What the paper says",
        "\n".join(f"- {one.about}: {one.text}" for one in CLAIMS),
        _results(),
        "### What it leaves open",
        "\n".join(f"- {one.about}: {one.text}" for one in OPEN),
        "### Its worked examples",
        *_examples(),
        "### Its parameter counts",
        *counts(found),
        "### What its ± can be",
        *spreads(),
        "### What its difference can be",
        *difference(),
        "### Published results on Cohn-Kanade",
        *_context(),
    ]
    return "\n\n".join(blocks) + "\n"


def convolve(image: NDArray[np.int64], kernel: NDArray[np.int64]) -> NDArray[np.int64]:
    """Sum of products of the kernel with every window of its shape; the kernel is not turned.

    (rows, columns) and (r, c) to (rows - r + 1, columns - c + 1).
    """
    windows = sliding_window_view(image, kernel.shape)
    return np.asarray((windows * kernel).sum(axis=(2, 3)))


def pool(featured_map: NDArray[np.int64], window: int) -> NDArray[np.int64]:
    """Largest of each square window; windows lie side by side, (n, m) to (n, m) // window."""
    windows = sliding_window_view(featured_map, (window, window))[::window, ::window]
    return np.asarray(windows.max(axis=(2, 3)))


def _results() -> str:
    heads = ["", "cells a layer", "parameters, printed", "mean error rate, printed, %"]
    titles = {"bilstm": "bidirectional LSTM", "lstm": "unidirectional LSTM"}
    rows = [
        [
            title,
            str(CELLS[name]),
            f"{PRINTED[name].parameters:,}",
            f"{100 * PRINTED[name].error_rate:.1f} ± {100 * PRINTED[name].spread:.1f}",
        ]
        for name, title in titles.items()
    ]
    return table([heads, *rows, ["CNN, RNN, CNN-LSTM", "—", "—", "—"]], left=1)


def _examples() -> list[str]:
    result = convolve(CONVOLUTION.image, CONVOLUTION.kernel)
    right = "correct" if np.array_equal(result, CONVOLUTION.result) else "**wrong**"
    side = POOLING.window
    return [
        f"Convolution: the rows {_rows(CONVOLUTION.image)} with the kernel "
        f"{_rows(CONVOLUTION.kernel)} give {_rows(result)}; the paper's result is {right}. Its "
        "image shows four rows; the fifth is the customary one.",
        f"Pooling: the map {_rows(POOLING.featured_map)} under {side} x {side} max pooling, stride "
        f"{side}, gives {_rows(pool(POOLING.featured_map, side))}.",
    ]


def _rows(matrix: NDArray[np.int64]) -> str:
    """Rows of one-digit numbers, as code."""
    return "`" + " / ".join("".join(map(str, row)) for row in matrix) + "`"


def _context() -> list[str]:
    heads = ["method", "year", "input", "protocol", "accuracy, %", "source"]
    rows = [
        [
            one.method,
            one.year or "—",
            one.input,
            one.protocol or "—",
            "; ".join(map(str, one.accuracy)),
            one.source,
        ]
        for one in PUBLISHED
    ]
    everything = sum(LABELLED.values())
    classes = ", ".join(f"{name} {number}" for name, number in LABELLED.items())
    subjects = ", ".join(map(str, SUBJECTS_BY_SEQUENCES.values()))
    majority = 1 - max(LABELLED.values()) / SEQUENCES
    return [
        "Protocols, classes and sequences differ from row to row: this is context, not a ranking.",
        table([heads, *rows], left=6),
        f"Verified: read in the work itself; secondary source: in another that reports it. One "
        f"error among {everything} sequences is {100 * (1 - 1 / everything):.2f} %.",
        f"CK+ has {everything} labelled sequences ({classes}; verified). Without contempt they are "
        f"{SEQUENCES}, of {sum(SUBJECTS_BY_SEQUENCES.values())} subjects: {subjects} of them have "
        f"{min(SUBJECTS_BY_SEQUENCES)} to {max(SUBJECTS_BY_SEQUENCES)} sequences, and always "
        f"naming the most frequent class errs in {100 * majority:.1f} %.",
    ]
