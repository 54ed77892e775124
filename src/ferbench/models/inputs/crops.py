"""The pixels of aligned faces, without light and skin tone."""

import numpy as np
from numpy.typing import NDArray

from ferbench.results.layout import FRAMES

ARRAY = FRAMES
VARIANTS: tuple[str, ...] = ()
DESCRIBED = "standardised crops"


def shape(size: int) -> tuple[int, int]:
    """(size, size)"""
    return size, size


def describe(frames: NDArray[np.uint8], variant: str | None, reference: str) -> NDArray[np.float32]:
    """One whole sequence's crops, (time, size, size) uint8 to float32.

    Each crop is brought to mean 0 and standard deviation 1, which takes out light and skin tone;
    a crop of one grey becomes 0. As with features, `first_frame` subtracts that frame, and leaves
    what has moved since.
    """
    grey = frames.astype(np.float32)
    mean = grey.mean(axis=(1, 2), keepdims=True)
    scale = grey.std(axis=(1, 2), keepdims=True)
    standard: NDArray[np.float32] = (grey - mean) / np.maximum(scale, np.float32(1))
    return standard - standard[0] if reference == "first_frame" else standard


def fit(sequences: list[NDArray[np.float32]], variant: str | None) -> None:
    """Nothing is fitted."""


def fitted(variant: str | None) -> None:
    """Nothing is fitted."""
