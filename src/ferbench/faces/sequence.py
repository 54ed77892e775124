"""The frames of one sequence, aligned: by its own landmarks, or by those of the face mesh."""

from threading import local
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ferbench.config.schema import Crop, Preprocess
from ferbench.data.formats import Sequence
from ferbench.faces.alignment import align
from ferbench.faces.mesh import Face, FaceMesh
from ferbench.io.errors import BadFileError

SHORTEST = 2  # frames; one alone shows no change
_of_thread = local()


class AlignedFace(NamedTuple):
    """One frame's face."""

    crop: NDArray[np.uint8]  # (size, size)
    points: NDArray[np.float32]  # (68, 2), pixels of the crop
    landmarks: NDArray[np.float64]  # (68, 2), pixels of the frame


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


class Aligned(NamedTuple):
    """A sequence ready to be stored."""

    crops: NDArray[np.uint8]  # (frames, size, size)
    points: NDArray[np.float32]  # (frames, 68, 2), pixels of the crops
    mesh: int  # frames whose landmarks are those of the face mesh: all of a sequence, or none
    faceless: int  # frames that were dropped because the mesh found no face in them


def start_thread() -> None:
    """Give the thread a face mesh; a network serves one thread at a time."""
    _of_thread.mesh = FaceMesh()


def aligned(sequence: Sequence, params: Preprocess) -> Aligned:
    """Decode and align every frame; only in a thread that `start_thread` prepared.

    Landmarks of a release and of the mesh lie in slightly different places, which would look like
    movement: where some frames of a sequence lack landmarks, all get those of the mesh.
    BadFileError for frames that cannot be read or aligned, too few of them, or too few faces.
    """
    try:
        return _align(sequence, params, mesh=False)
    except _NoLandmarksError:
        return _align(sequence, params, mesh=True)


class _NoLandmarksError(Exception):
    """A frame of the release has no landmarks."""


def _align(sequence: Sequence, params: Preprocess, *, mesh: bool) -> Aligned:
    crops, shapes, faceless = [], [], 0
    follow = Follower(_of_thread.mesh, params)
    for number, frame in enumerate(sequence.frames(), 1):
        if mesh:
            face = follow(frame.image)
            if face is None:
                faceless += 1
                continue
            crop, points = face.crop, face.points
        elif frame.landmarks is None:
            raise _NoLandmarksError
        else:
            try:
                crop, points = align(frame.image, frame.landmarks, params)
            except ValueError as error:
                raise BadFileError(f"{sequence.id}, frame {number}: {error}") from error
        crops.append(crop)
        shapes.append(points)
    kept = len(crops)
    if faceless > params.faceless * (kept + faceless):
        raise BadFileError(
            f"{sequence.id}: no face in {faceless} of {kept + faceless} frames; "
            f"preprocess.faceless allows a share of {params.faceless}"
        )
    if kept < SHORTEST:
        raise BadFileError(f"{sequence.id}: {kept} frame; a sequence needs at least {SHORTEST}")
    return Aligned(np.stack(crops), np.stack(shapes), kept if mesh else 0, faceless)
