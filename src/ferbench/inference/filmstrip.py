"""The picture of a prediction: faces of the video above the posteriors through time."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import cv2
import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from ferbench.inference.answers import Prediction
from ferbench.reporting.style import AMBER, BLACK, BLUE, GREEN, ORANGE, PURPLE, SKY, STYLE, YELLOW
from ferbench.results.card import Card
from ferbench.results.stamps import STAMPS

THUMBNAILS = 8
SIDE = 160  # of a thumbnail, pixels
AROUND = 1.5  # side of a thumbnail, in those of the face
COLOURS = (BLUE, AMBER, SKY, ORANGE, GREEN, YELLOW, PURPLE, "#999999")
HATCHES = ("", "///", "...", "\\\\\\", "xxx", "---", "ooo")
"""In classes' order, of other lengths: nine classes and more still look different."""


class Thumbnail(NamedTuple):
    """A face in small."""

    number: int  # of the frame, from 1
    image: NDArray[np.uint8]  # (SIDE, SIDE) grey
    points: NDArray[np.float64]  # (68, 2) pixels of it


class Strip:
    """Evenly spaced frames of a video whose length is not known before; few are held at a time."""

    def __init__(self) -> None:
        self._kept: list[Thumbnail] = []
        self._seen, self._stride = 0, 1

    def add(self, number: int, image: NDArray[np.uint8], landmarks: NDArray[np.float64]) -> None:
        """Offer the next frame, (height, width), with its landmarks, (68, 2)."""
        if self._seen % self._stride == 0:
            if len(self._kept) == 2 * THUMBNAILS:
                del self._kept[1::2]
                self._stride *= 2
            if self._seen % self._stride == 0:
                self._kept.append(_thumbnail(number, image, landmarks))
        self._seen += 1

    @property
    def thumbnails(self) -> list[Thumbnail]:
        """At most THUMBNAILS."""
        chosen = np.linspace(0, len(self._kept) - 1, min(THUMBNAILS, len(self._kept)))
        return [self._kept[index] for index in chosen.round().astype(int)]


def _thumbnail(number: int, image: NDArray[np.uint8], landmarks: NDArray[np.float64]) -> Thumbnail:
    low, high = landmarks.min(axis=0), landmarks.max(axis=0)
    scale = SIDE / (AROUND * float((high - low).max()))
    shift = SIDE / 2 - scale * (low + high) / 2
    to_thumbnail = np.array([[scale, 0, shift[0]], [0, scale, shift[1]]])
    small = cv2.warpAffine(image, to_thumbnail, (SIDE, SIDE), flags=cv2.INTER_AREA)
    return Thumbnail(number, small.astype(np.uint8, copy=False), landmarks * scale + shift)


def draw(
    path: Path, title: str, card: Card, prediction: Prediction, thumbnails: Sequence[Thumbnail]
) -> None:
    """Write a PNG: thumbnails of some frames over what the model of `card` says of all.

    The same prediction gives the same bytes.
    """
    classes, sequence = card.classes, prediction.sequence
    with mpl.rc_context():
        mpl.rcdefaults()  # whatever the user's matplotlibrc says
        # A file's name may have dollars in it.
        mpl.rcParams.update(STYLE | {"text.parse_math": False, "hatch.linewidth": 0.5})
        drawn = Figure(figsize=(11, 5.4), layout="constrained")
        drawn.suptitle(title, fontsize=13, fontweight="bold")
        grid = drawn.add_gridspec(2, THUMBNAILS, height_ratios=(1, 2.2))
        for place, thumbnail in enumerate(thumbnails):
            axes = drawn.add_subplot(grid[0, place])
            axes.imshow(thumbnail.image, cmap="gray", vmin=0, vmax=255)
            axes.plot(*thumbnail.points.T, ".", color="#F0E442", markersize=2)
            axes.set(xlim=(0, SIDE - 1), ylim=(SIDE - 1, 0), xticks=[], yticks=[])
            axes.spines[:].set_visible(False)
            axes.set_title(f"frame {thumbnail.number}", fontsize=9)
        below = drawn.add_subplot(grid[1, :])
        _stack(below, prediction, [one.number for one in thumbnails])
        handles = below.collections[: len(classes)]
        labels = [f"{name}  {share:.2f}" for name, share in zip(classes, sequence, strict=True)]
        drawn.legend(
            handles[::-1],
            labels[::-1],
            loc="outside right center",
            title="mean posterior",
            handlelength=2.5,
            handleheight=1.5,
            frameon=False,
        )
        why = "\n".join(f"{stamp}: {STAMPS[stamp]}" for stamp in card.stamps)
        drawn.supxlabel(why, x=0.995, ha="right", fontsize=9, fontweight="bold")
        drawn.savefig(path, format="png", dpi=120, metadata={"Software": None})


def _stack(axes: Axes, prediction: Prediction, marked: Sequence[int]) -> None:
    """Each frame is a bar as wide as the frame, so that one without a face leaves a gap."""
    numbers, frames = prediction.numbers, prediction.frames
    first, last = numbers[0], numbers[-1]
    shares = np.zeros((last - first + 1, frames.shape[1]))
    shares[np.array(numbers) - first] = frames
    edges = np.repeat(np.arange(first - 0.5, last + 1), 2)[1:-1]
    kinds = [(COLOURS[k % len(COLOURS)], HATCHES[k % len(HATCHES)]) for k in range(len(shares.T))]
    areas = axes.stackplot(edges, np.repeat(shares, 2, axis=0).T)
    for area, (colour, hatch) in zip(areas, kinds, strict=True):
        area.set(facecolor=colour, hatch=hatch, edgecolor=BLACK, linewidth=0)
    axes.plot(marked, [1.02] * len(marked), "v", color=BLACK, markersize=5, clip_on=False)
    axes.set(xlim=(edges[0], edges[-1]), ylim=(0, 1), xlabel="frame", ylabel="posterior")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
