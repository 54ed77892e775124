"""Every face in the same place: similarity alignment by landmarks that expressions hardly move."""

import cv2
import numpy as np
from numpy.typing import NDArray

from ferbench.config.schema import Crop

STABLE = [27, 28, 29, 30, 36, 39, 42, 45]
"""Bridge of the nose and corners of the eyes, of the 68 iBUG points counted from 0."""

TEMPLATE = np.array([
    [0.0, -0.0113], [0.0, 0.1502], [0.0, 0.3006], [0.0, 0.4036],
    [-0.5, 0.0], [-0.1859, 0.0153], [0.1859, 0.0153], [0.5, 0.0],
])  # fmt: skip
"""Where `STABLE` lie on the mean neutral MakeHuman head (CC0), seen from the front: x to the right,
y down, from the middle of the outer corners of the eyes, in units of their distance. Being data of
the package, it makes alignment fit nothing."""

MARGIN = 0.1  # how far a chin or a jaw may lie outside the image, as a share of its longer side
SMALLEST = 8  # least distance of the outer corners of the eyes, pixels of the image
OVERSAMPLING = 4  # crops are cut this much larger and averaged, so that fine texture does not alias


def template(params: Crop) -> NDArray[np.float64]:
    """Where the stable points go in a crop: (8, 2), pixels, pixel centres at whole numbers."""
    unit = params.eye_distance * params.size
    middle = np.array([(params.size - 1) / 2, params.eye_height * params.size - 0.5])
    points: NDArray[np.float64] = TEMPLATE * unit + middle
    return points


def similarity(points: NDArray[np.float64], target: NDArray[np.float64]) -> NDArray[np.float64]:
    """The rotation, scaling and shift that takes `points` nearest to `target`, both (n, 2).

    Least squares in closed form: with points as complex numbers about their mean, the best factor
    is <points, target> / <points, points> (Umeyama 1991 without reflection, in the plane).
    Returns (2, 3); raises ValueError where all points are one.
    """
    moving, fixed = (values[:, 0] + 1j * values[:, 1] for values in (points, target))
    centred = moving - moving.mean()
    power = np.vdot(centred, centred).real
    if power == 0:
        raise ValueError("landmarks that all lie in one place")
    factor = np.vdot(centred, fixed - fixed.mean()) / power
    shift = fixed.mean() - factor * moving.mean()
    return np.array(
        [[factor.real, -factor.imag, shift.real], [factor.imag, factor.real, shift.imag]]
    )


def check(image: NDArray[np.uint8], landmarks: NDArray[np.float64]) -> None:
    """Raise ValueError for landmarks that cannot be those of a face in the image.

    That is where eyes and nose are not inside the image, others are far from it, or the face is
    so small that it shows no expression.
    """
    height, width = image.shape
    margin = MARGIN * max(height, width)
    stable = landmarks[STABLE]
    if (stable < 0).any() or (stable > [width - 1, height - 1]).any():
        raise ValueError("landmarks of eyes or nose that lie outside the image")
    if (landmarks < -margin).any() or (landmarks > [width + margin, height + margin]).any():
        raise ValueError("landmarks that lie far outside the image")
    if np.linalg.norm(landmarks[36] - landmarks[45]) < SMALLEST:
        raise ValueError(f"outer corners of the eyes less than {SMALLEST} pixels apart")


def align(
    image: NDArray[np.uint8], landmarks: NDArray[np.float64], params: Crop
) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """A frame's crop, (size, size) uint8, and its 68 landmarks in the crop's pixels, float32.

    `image` is (height, width) grey, `landmarks` (68, 2) of its pixels; ValueError as of `check`.
    """
    check(image, landmarks)
    to_crop = similarity(landmarks[STABLE], template(params))
    aligned = landmarks @ to_crop[:, :2].T + to_crop[:, 2]
    larger = to_crop * OVERSAMPLING
    larger[:, 2] += (OVERSAMPLING - 1) / 2
    side = params.size * OVERSAMPLING
    cut = cv2.warpAffine(
        image, larger, (side, side), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    crop = cv2.resize(cut, (params.size, params.size), interpolation=cv2.INTER_AREA)
    return crop.astype(np.uint8, copy=False), aligned.astype(np.float32)
