"""The face in each frame of footage, found by the mesh and aligned as in training."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ferbench.alignment import align
from ferbench.landmarks import FaceMesh
from ferbench.schema import Crop


class Aligned(NamedTuple):
    """One frame's face."""

    crop: NDArray[np.uint8]
    """(size, size)"""
    points: NDArray[np.float32]
    """(68, 2), pixels of the crop."""
    landmarks: NDArray[np.float64]
    """(68, 2), pixels of the frame."""


def faces(
    images: Iterable[NDArray[np.uint8]], mesh: FaceMesh, crop: Crop
) -> Iterator[tuple[NDArray[np.uint8], Aligned | None]]:
    """Each frame, (height, width) grey, with its face; None where there is none that can be used.

    A face that leaves the picture, or is too small to show anything, counts as none.
    """
    for image in images:
        yield image, _aligned(image, mesh, crop)


def _aligned(image: NDArray[np.uint8], mesh: FaceMesh, crop: Crop) -> Aligned | None:
    face = mesh(image)
    if not face.found:
        return None
    try:
        return Aligned(*align(image, face.landmarks, crop), face.landmarks)
    except ValueError:
        return None
