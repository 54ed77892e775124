"""Draw docs/contact_sheet.png: people by expressions, each neutral once and then at its apex.

python tools/contact_sheet.py params.yaml docs/contact_sheet.png [PEOPLE]
"""

import argparse
from pathlib import Path

import ferbench.determinism

import cv2
import numpy as np
from numpy.typing import NDArray

from ferbench.config.params import load
from ferbench.synthetic.sequence import Animation, person

CELL = (132, 150)  # width, height, pixels
MARGIN = 22  # above, for the captions

Picture = NDArray[np.uint8]


def cell(animation: Animation, k: int) -> Picture:
    """One frame, cut to the head around its landmarks."""
    frame, points = animation.frame(k), animation.landmarks[k]
    reach = 0.88 * np.ptp(points[:, 1])
    middle = (points.min(0) + points.max(0)) / 2 - [0, 0.18 * reach]
    scale = CELL[1] / (2 * reach)
    to_cell = np.array([[scale, 0, CELL[0] / 2], [0, scale, CELL[1] / 2]])
    to_cell[:, 2] -= scale * middle
    small = cv2.GaussianBlur(frame, (0, 0), 0.4 / scale)
    cut = cv2.warpAffine(small, to_cell, CELL, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(cut, np.uint8)


def main(parameters: Path, target: Path, people: int) -> None:
    """Draw the sheet."""
    params = load(parameters).synthesize
    labels = sorted(person(params, 1).order)
    rows = []
    for subject in range(1, people + 1):
        animations = {
            t.performance.label: t for t in (Animation(params, subject, q + 1) for q in range(6))
        }
        neutral = cell(animations[labels[0]], 0)
        rows.append(
            np.hstack([neutral, *(cell(animations[w], len(animations[w]) - 1) for w in labels)])
        )
    sheet = np.vstack([np.full((MARGIN, rows[0].shape[1]), 255, np.uint8), *rows])
    for column, caption in enumerate(["SYNTHETIC: neutral", *labels]):
        place = (column * CELL[0] + 6, MARGIN - 7)
        cv2.putText(sheet, caption, place, cv2.FONT_HERSHEY_SIMPLEX, 0.42, 0, 1, cv2.LINE_AA)
    cv2.imwrite(str(target), sheet, [cv2.IMWRITE_PNG_COMPRESSION, 9])


if __name__ == "__main__":
    ferbench.determinism.notice()
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("params", type=Path)
    parser.add_argument("sheet", type=Path, help="PNG to write")
    parser.add_argument("people", type=int, nargs="?", default=10, help="(default: %(default)s)")
    given = parser.parse_args()
    main(given.params, given.sheet, given.people)
