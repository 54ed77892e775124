"""Landmarks for pictures that come without: MediaPipe's face detector and mesh, run by OpenCV.

The two networks (Apache-2.0, `assets/mediapipe.LICENSE`) are those of mediapipe 0.10.21; how their
outputs are decoded follows MediaPipe's graphs `face_detection_short_range` and `face_landmark`.
"""

import math
from itertools import product
from pathlib import Path
from threading import Lock
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from ferbench.io.files import sha256

Points = NDArray[np.float64]
CHECKSUMS = {
    "face_detection_short_range": (
        "bbff11cebd1eb27a1e004cae0b0e63ec8c551cbf34a4451148b4908b8db3eca8"
    ),
    "face_landmark": "1055cb9d4a9ca8b8c688902a3a5194311138ba256bcc94e336d8373a5f30c814",
}
"""SHA-256 of the networks' files."""
LOADING = Lock()  # OpenCV's reader is not safe in several threads: it may then know no operator
DETECTOR_SIDE, MESH_SIDE = 128, 192  # of the networks' inputs, pixels
CROP = 1.5  # side of the mesh's crop, in sides of the detected box
FOUND = 0.5  # least score of a face, of either network (MediaPipe's own)
OVERLAP = 0.3  # intersection over union from which two boxes are of one face (MediaPipe's own)

# The point of the 468 nearest to each of the 68 iBUG points.
IBUG = np.array(
    [127, 234, 132, 58, 172, 136, 149, 148, 152, 377, 378, 365, 397, 288, 361, 454, 356]  # jaw
    + [70, 63, 105, 66, 107, 336, 296, 334, 293, 300]  # brows
    + [168, 197, 5, 4, 98, 97, 2, 326, 327]  # nose
    + [33, 160, 158, 133, 153, 144, 362, 385, 387, 263, 373, 380]  # eyes
    + [61, 39, 37, 0, 267, 269, 291, 405, 314, 17, 84, 181]  # outer lips
    + [78, 82, 13, 312, 308, 317, 14, 87]  # inner lips
)


class Face(NamedTuple):
    """The largest face of a frame, or where one would most likely be."""

    score: float  # the detector's, 0 to 1
    presence: float  # the mesh's, 0 to 1
    mesh: Points  # (468, 2) x right and y down, pixels of the frame

    @property
    def found(self) -> bool:
        """Whether both networks take it for a face."""
        return self.score >= FOUND and self.presence >= FOUND

    @property
    def landmarks(self) -> Points:
        """(68, 2) iBUG points, pixels."""
        return np.asarray(self.mesh[IBUG], np.float64)


NOBODY = Face(0.0, 0.0, np.zeros((468, 2)))


class Box(NamedTuple):
    """A detected face."""

    score: float
    centre: Points  # (2,) pixels
    side: float  # pixels
    roll: float  # of the eyes, degrees


class FaceMesh:
    """Finds the largest face of a frame and its 468 points; about 10 ms a frame on one core.

    The outer corners of its eyes have to be 5 % of the frame's longer side apart, or more. An
    instance serves one thread at a time.
    """

    def __init__(self) -> None:
        self._detector = _network("face_detection_short_range")
        self._mesher = _network("face_landmark")
        self._mesh_outputs = self._mesher.getUnconnectedOutLayersNames()
        self._anchors = np.concatenate([_grid(16, 2), _grid(8, 6)])

    def __call__(self, frame: NDArray[np.uint8], last: Face | None = None) -> Face:
        """The largest face in an 8-bit grey frame (height, width); ask it whether it is `found`.

        With the `last` one of a video, the nearest to it instead; one that is further away than its
        own size is another person's, and not found.
        """
        height, width = frame.shape
        side = max(height, width)
        offset = np.array([(side - width) // 2, (side - height) // 2])
        square = np.zeros((side, side), np.uint8)
        square[offset[1] : offset[1] + height, offset[0] : offset[0] + width] = frame
        near = None if last is None else last.landmarks.mean(axis=0) + offset
        face = self._choose(square, self._detect(square), near)
        if not face.found:
            face = self._choose(square, self._look_closer(square), near, face)
        return face._replace(mesh=face.mesh - offset)

    def _choose(
        self, square: NDArray[np.uint8], boxes: list[Box], near: Points | None, face: Face = NOBODY
    ) -> Face:
        """The first of `boxes`, in order, in which the mesh finds a face too; else any, or `face`.

        The order is by size, or by distance from `near`.
        """

        def rank(box: Box) -> float:
            return -box.side if near is None else float(np.linalg.norm(box.centre - near))

        # A distance within a face's own size; where there is none to keep, ranks are negative.
        for box in sorted((box for box in boxes if rank(box) <= box.side), key=rank):
            face = Face(box.score, *self._locate(square, box))
            if face.found:
                break
        return face

    def _look_closer(self, square: NDArray[np.uint8]) -> list[Box]:
        """What is detected in nine overlapping windows half as wide, as far as it is sure."""
        half, step = len(square) // 2, len(square) // 4
        if half < DETECTOR_SIDE // 2:
            return []  # nothing more to be seen
        return [
            box._replace(centre=box.centre + (x, y))
            for x, y in product((0, step, 2 * step), repeat=2)
            for box in self._detect(square[y : y + half, x : x + half])
            if box.score >= FOUND
        ]

    def _detect(self, square: NDArray[np.uint8]) -> list[Box]:
        """All boxes that are sure and of different faces, or the surest if there is none."""
        small = cv2.resize(square, (DETECTOR_SIDE, DETECTOR_SIDE), interpolation=cv2.INTER_AREA)
        self._detector.setInput(_planes(small / np.float32(127.5) - 1))
        boxes, logits = self._detector.forward(["regressors", "classificators"])
        scores = 1 / (1 + np.exp(-np.clip(logits.ravel().astype(np.float64), -80, 80)))
        values = boxes.reshape(-1, 16) / DETECTOR_SIDE
        centres = self._anchors + values[:, :2]
        corners = np.concatenate([centres - values[:, 2:4] / 2, values[:, 2:4]], 1)
        sure = cv2.dnn.NMSBoxes(corners.tolist(), scores.tolist(), FOUND, OVERLAP)
        return [
            self._box(float(scores[i]), centres[i], values[i], len(square))
            for i in (sure if len(sure) else [int(scores.argmax())])
        ]

    def _box(self, score: float, centre: Points, values: Points, side: int) -> Box:
        along = values[6:8] - values[4:6]  # from the right eye to the left
        # Not numpy's of float32: it is the C library's, which rounds differently from release 2.41.
        roll = math.degrees(math.atan2(along[1], along[0]))
        width = max(float(values[2:4].max()), 1 / DETECTOR_SIDE)
        return Box(score, centre * side, width * side, roll)

    def _locate(self, square: NDArray[np.uint8], box: Box) -> tuple[float, Points]:
        """Presence, and the (468, 2) mesh in pixels of `square`, from an upright crop of it."""
        scale = MESH_SIDE / (CROP * box.side)
        centre = float(box.centre[0]), float(box.centre[1])
        to_crop = cv2.getRotationMatrix2D(centre, box.roll, scale)
        to_crop[:, 2] = to_crop[:, 2] + MESH_SIDE / 2 - box.centre
        crop = cv2.warpAffine(square, to_crop, (MESH_SIDE, MESH_SIDE))
        self._mesher.setInput(_planes(crop / np.float32(255)))
        outputs = self._mesher.forward(self._mesh_outputs)
        points = next(out for out in outputs if out.size == 468 * 3).reshape(468, 3)[:, :2]
        logit = next(out for out in outputs if out.size == 1).item()
        presence = 1 / (1 + np.exp(-np.clip(logit, -80, 80)))
        back = cv2.invertAffineTransform(to_crop)
        return float(presence), np.asarray(points @ back[:, :2].T + back[:, 2], np.float64)


def _network(name: str) -> cv2.dnn.Net:
    path = Path(__file__).parents[1] / "assets" / f"{name}.tflite"
    if sha256(path) != CHECKSUMS[name]:
        raise ValueError(f"{path}: damaged, or another version; install ferbench again")
    # The default engine lists one output of a network that has several.
    with LOADING:
        return cv2.dnn.readNetFromTFLite(str(path), cv2.dnn.ENGINE_CLASSIC)


def _grid(cells: int, anchors: int) -> Points:
    """Centres of a square grid's cells, row by row, each repeated for its anchors."""
    row, column = np.divmod(np.arange(cells * cells), cells)
    return np.repeat((np.stack([column, row], 1) + 0.5) / cells, anchors, axis=0)


def _planes(grey: NDArray[np.float32]) -> NDArray[np.float32]:
    """A grey picture as the networks' (1, 3, side, side) input."""
    return np.ascontiguousarray(np.broadcast_to(grey, (1, 3, *grey.shape)))
