"""The face of a video without landmarks: found by the mesh, followed, and aligned."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ferbench.config.schema import Crop
from ferbench.faces.alignment import align
from ferbench.faces.mesh import Face, FaceMesh


class AlignedFace(NamedTuple):
    """One frame's face."""

    crop: NDArray[np.uint8]
    """(size, size)"""
    points: NDArray[np.float32]
    """(68, 2), pixels of the crop."""
    landmarks: NDArray[np.float64]
    """(68, 2), pixels of the frame."""


class Follower:
    """Finds one person's face in the frames of one sequence: the largest, then the same one."""

    def __init__(self, mesh: FaceMesh, crop: Crop):
        self._mesh, self._crop = mesh, crop
        self._last: Face | None = None

    def __call__(self, image: NDArray[np.uint8]) -> AlignedFace | None:
        """The face of the next frame, (height, width) grey; None where there is none to be used.

        A face that leaves the picture, or is too small to show anything, counts as none.
        """
        face = self._mesh(image, self._last)
        if not face.found:
            return None
        try:
            found = AlignedFace(*align(image, face.landmarks, self._crop), face.landmarks)
        except ValueError:
            return None
        self._last = face
        return found
