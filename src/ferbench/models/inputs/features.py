"""Thirty numbers a frame, from its 68 aligned iBUG landmarks (counted from 0).

`geometric` measures distances, angles and heights; `pca` projects the points themselves. Both may
be taken from the sequence's first frame, which in Cohn-Kanade is neutral; either is then scaled
by what the training part shows. Landmarks are (frames, 68, 2) throughout, in any unit of length.
"""

import numpy as np
from numpy.typing import NDArray

from ferbench.io.arrays import Doubles
from ferbench.models.inputs import Projection
from ferbench.results.layout import LANDMARKS

COUNT = 30
DISTANCES = (
    ((21, 39), (22, 42), (19, 37), (24, 44), (17, 36), (26, 45), (21, 22))  # brows
    + ((31, 35), (33, 51), (31, 39), (35, 42))  # nose
    + ((48, 54), (51, 57), (62, 66), (51, 62), (57, 66))  # mouth
    + ((36, 48), (45, 54), (57, 8), (33, 8))  # cheeks and jaw
)
ANGLES = ((19, 17, 21), (24, 26, 22), (48, 51, 57), (54, 51, 57))
"""At the first point, between the directions to the other two: brows, corners of the mouth."""
EYE_OPENINGS = (((37, 41), (38, 40)), ((44, 46), (43, 47)))
LOWER_LIDS = ((40, 41, 36, 39), (46, 47, 42, 45))
"""The middle of the first two, off the line through the others."""


def geometric(landmarks: NDArray[np.floating]) -> Doubles:
    """(frames, 30): distances, angles (radians), eye openings and heights of lids and lip corners.

    Lengths are in units of the distance between the outer corners of the eyes, 36 and 45. Each
    measure stands with its mirror image, so that a mirrored face gives the same set of numbers.
    """
    points = landmarks.astype(np.float64)
    points = points / np.linalg.norm(points[:, 36] - points[:, 45], axis=1)[:, None, None]
    columns = [_distance(points, *pair) for pair in DISTANCES]
    columns += [_angle(points, *corner) for corner in ANGLES]
    columns += [
        (_distance(points, *inner) + _distance(points, *outer)) / 2 for inner, outer in EYE_OPENINGS
    ]
    columns += [_height(points, *lid) for lid in LOWER_LIDS]
    middle = (points[:, 51, 1] + points[:, 57, 1]) / 2
    columns += [points[:, corner, 1] - middle for corner in (48, 54)]  # of the mouth
    return np.stack(columns, axis=1)


def positions(landmarks: NDArray[np.floating]) -> Doubles:
    """(frames, 102): x and y of the 51 points inside the face, 17 to 67, in eye distances."""
    points = landmarks.astype(np.float64)
    unit = np.linalg.norm(points[:, 36] - points[:, 45], axis=1)
    inner: Doubles = points[:, 17:].reshape(len(points), -1) / unit[:, None]
    return inner


DESCRIPTORS = {"geometric": geometric, "pca": positions}
ARRAY = LANDMARKS
VARIANTS = tuple(DESCRIPTORS)
DESCRIBED = "raw descriptors"


def shape(size: int) -> tuple[int]:
    """(30,), whatever the size of a crop."""
    return (COUNT,)


def describe(frames: NDArray[np.floating], variant: str, reference: str) -> Doubles:
    """One sequence's raw descriptors, (time, 30) or (time, 102), before they are scaled.

    `frames` are landmarks, (time, 68, 2); `first_frame` subtracts that frame's values.
    """
    values = DESCRIPTORS[variant](frames)
    return values - values[0] if reference == "first_frame" else values


def fit(sequences: list[Doubles], variant: str) -> Projection:
    """Unit variance for each number over the training sequences, each of which weighs the same.

    `pca` first rotates to the 30 directions of largest variance (eigenvectors of the covariance;
    the largest loading of each is made positive, so that the sign is not left to chance).
    """
    frames = np.concatenate(sequences)
    weights = np.concatenate([np.full(len(raw), 1 / len(raw)) for raw in sequences])
    mean = np.average(frames, axis=0, weights=weights)
    covariance = np.cov(frames.T, aweights=weights, ddof=0)
    if variant == "geometric":
        return Projection(mean, np.diag(1 / _nonzero(np.sqrt(np.diag(covariance)))), 1.0)
    variances, vectors = np.linalg.eigh(covariance)
    kept, directions = variances[::-1][:COUNT], vectors[:, ::-1][:, :COUNT].T
    largest = np.abs(directions).argmax(axis=1)
    directions = directions * np.sign(directions[np.arange(COUNT), largest])[:, None]
    scale = _nonzero(np.sqrt(kept.clip(min=0)))
    return Projection(mean, directions / scale[:, None], float(kept.sum() / variances.sum()))


def fitted(variant: str) -> tuple[int, int]:
    """(30, 30) or (30, 102)"""
    return COUNT, DESCRIPTORS[variant](np.arange(68.0 * 2).reshape(1, 68, 2)).shape[1]


def _nonzero(scale: Doubles) -> Doubles:
    """A number that never changes is left as it is, not divided by (nearly) nothing."""
    return np.where(scale > 1e-9, scale, 1.0)


def _distance(points: Doubles, one: int, other: int) -> Doubles:
    distance: Doubles = np.linalg.norm(points[:, one] - points[:, other], axis=1)
    return distance


def _angle(points: Doubles, at: int, one: int, other: int) -> Doubles:
    first, second = points[:, one] - points[:, at], points[:, other] - points[:, at]
    area = first[:, 0] * second[:, 1] - first[:, 1] * second[:, 0]
    angle: Doubles = np.arctan2(np.abs(area), (first * second).sum(axis=1))
    return angle


def _height(points: Doubles, one: int, other: int, start: int, end: int) -> Doubles:
    """Signed distance of the middle of two points from a line; positive is down."""
    line = points[:, end] - points[:, start]
    offset = (points[:, one] + points[:, other]) / 2 - points[:, start]
    area = line[:, 0] * offset[:, 1] - line[:, 1] * offset[:, 0]
    height: Doubles = area / np.maximum(np.linalg.norm(line, axis=1), 1e-9)
    return height
