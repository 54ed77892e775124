"""A confusion matrix as SVG, written by hand: a drawing library takes longer than all the rest."""

from collections.abc import Sequence
from xml.sax.saxutils import escape

import numpy as np
from numpy.typing import NDArray

CELL, MARGIN = 56, 110
"""Pixels: a cell's side, and the room for names and titles on the left and above."""


def confusion_svg(counts: NDArray[np.intp], classes: Sequence[str], title: str) -> str:
    """Test sequences by label (row) and decision (column); shares of the row as shades of grey.

    Args:
        counts: (classes, classes).
        classes: their names.
        title: what stands above.
    """
    side = CELL * len(classes)
    width, height = MARGIN + side + 16, MARGIN + side + 16
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="12">',
        f'<rect width="{width}" height="{height}" fill="white"/>',
        _text(width / 2, 22, title, 'font-weight="bold" text-anchor="middle"'),
        _text(MARGIN + side / 2, 46, "decision", 'text-anchor="middle"'),
        _text(8, MARGIN - 8, "label"),
    ]
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    for row, name in enumerate(classes):
        middle = MARGIN + CELL * (row + 0.5)
        parts.append(_text(MARGIN - 8, middle + 4, name[:14], 'text-anchor="end"'))
        parts.append(_text(middle, MARGIN - 8, name[:8], 'text-anchor="middle"'))
        for column, count in enumerate(counts[row].tolist()):
            left, share = MARGIN + CELL * column, float(shares[row, column])
            grey = round(255 - 200 * share)
            parts.append(
                f'<rect x="{left}" y="{MARGIN + CELL * row}" width="{CELL}" height="{CELL}" '
                f'fill="rgb({grey},{grey},{grey})" stroke="#888"/>'
            )
            ink = f'text-anchor="middle" fill="{"white" if share > 0.5 else "black"}"'
            parts.append(_text(left + CELL / 2, middle + 4, str(count), ink))
    return "\n".join([*parts, "</svg>\n"])


def _text(x: float, y: float, text: str, how: str = "") -> str:
    return f'<text x="{x:g}" y="{y:g}" {how}>{escape(text)}</text>'
