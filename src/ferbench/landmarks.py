"""Landmarks for footage that comes without: MediaPipe's face detector and mesh, run by OpenCV.

The two networks (Apache-2.0, `assets/mediapipe.LICENSE`) are those of mediapipe 0.10.21; how their
outputs are decoded follows MediaPipe's graphs `face_detection_short_range` and `face_landmark`.
"""

from importlib.resources import files
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]

DETECTOR_SIDE, MESH_SIDE = 128, 192  # of the networks' inputs, pixels
CROP = 1.5  # side of the mesh's crop, in sides of the detected box

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
    """The best face of a frame."""

    score: float
    """The detector's, 0 to 1; MediaPipe's own threshold is 0.5."""
    mesh: Points
    """(468, 2) x right and y down, pixels of the frame."""

    @property
    def landmarks(self) -> Points:
        """(68, 2) iBUG points, pixels."""
        return np.asarray(self.mesh[IBUG], np.float64)


class FaceMesh:
    """Finds the best face of a frame and its 468 points; about 10 ms a frame on one core."""

    def __init__(self) -> None:
        self._detector = _network("face_detection_short_range")
        self._mesher = _network("face_landmark")
        self._mesh_outputs = self._mesher.getUnconnectedOutLayersNames()
        self._anchors = np.concatenate([_grid(16, 2), _grid(8, 6)])

    def __call__(self, frame: NDArray[np.uint8]) -> Face:
        """The best face in an 8-bit grey frame (height, width); judge it by its score."""
        height, width = frame.shape
        side = max(height, width)
        offset = np.array([(side - width) // 2, (side - height) // 2])
        square = np.zeros((side, side), np.uint8)
        square[offset[1] : offset[1] + height, offset[0] : offset[0] + width] = frame
        score, centre, size, roll = self._detect(square)
        return Face(score, self._locate(square, centre, size * CROP, roll) - offset)

    def _detect(self, square: NDArray[np.uint8]) -> tuple[float, Points, float, float]:
        """Score, centre and side (pixels) of the best box, and roll of the eyes (degrees)."""
        small = cv2.resize(square, (DETECTOR_SIDE, DETECTOR_SIDE), interpolation=cv2.INTER_AREA)
        self._detector.setInput(_planes(small / np.float32(127.5) - 1))
        boxes, logits = self._detector.forward(["regressors", "classificators"])
        best = int(logits.argmax())
        values = boxes.reshape(-1, 16)[best] / DETECTOR_SIDE
        eyes = values[4:8].reshape(2, 2)
        along = eyes[1] - eyes[0]
        score = 1 / (1 + np.exp(-float(np.clip(logits.ravel()[best], -80, 80))))
        centre = (self._anchors[best] + values[:2]) * len(square)
        roll = float(np.degrees(np.arctan2(along[1], along[0])))
        return score, centre, float(values[2:4].max()) * len(square), roll

    def _locate(
        self, square: NDArray[np.uint8], centre: Points, side: float, roll: float
    ) -> Points:
        """The (468, 2) mesh in pixels of `square`, from an upright crop around `centre`."""
        to_crop = cv2.getRotationMatrix2D((centre[0], centre[1]), roll, MESH_SIDE / side)
        to_crop[:, 2] = to_crop[:, 2] + MESH_SIDE / 2 - centre
        crop = cv2.warpAffine(square, to_crop, (MESH_SIDE, MESH_SIDE))
        self._mesher.setInput(_planes(crop / np.float32(255)))
        outputs = self._mesher.forward(self._mesh_outputs)
        points = next(out for out in outputs if out.size == 468 * 3).reshape(468, 3)[:, :2]
        back = cv2.invertAffineTransform(to_crop)
        return np.asarray(points @ back[:, :2].T + back[:, 2], np.float64)


def _network(name: str) -> cv2.dnn.Net:
    # The default engine lists one output of a network that has several.
    model = files("ferbench") / "assets" / f"{name}.tflite"
    return cv2.dnn.readNetFromTFLite(str(model), cv2.dnn.ENGINE_CLASSIC)


def _grid(cells: int, anchors: int) -> Points:
    """Centres of a square grid's cells, row by row, each repeated for its anchors."""
    row, column = np.divmod(np.arange(cells * cells), cells)
    return np.repeat((np.stack([column, row], 1) + 0.5) / cells, anchors, axis=0)


def _planes(grey: NDArray[np.float32]) -> NDArray[np.float32]:
    """A grey picture as the networks' (1, 3, side, side) input."""
    return np.ascontiguousarray(np.broadcast_to(grey, (1, 3, *grey.shape)))
