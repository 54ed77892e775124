"""Alignment against OpenCV, and what it must not depend on."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ferbench.config.schema import Crop
from ferbench.faces.alignment import STABLE, align, similarity, template
from releases import landmarks

PARAMS = Crop(size=48, eye_distance=0.46, eye_height=0.36)


def points(seed=0):
    return np.random.default_rng(seed).normal(0, 30, (8, 2))


def moved(face, transform):
    turned: np.ndarray = face @ transform[:, :2].T + transform[:, 2]
    return turned.astype(np.float64)


@given(st.floats(-np.pi, np.pi), st.floats(0.1, 10), st.floats(-200, 200), st.integers(0, 99))
def test_a_similarity_is_found_again(angle, scale, shift, seed):
    true = np.array([[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0]]) * scale
    true[:, 2] = shift, -shift
    moving = points(seed)
    found = similarity(moving, moving @ true[:, :2].T + true[:, 2])
    np.testing.assert_allclose(found, true, atol=1e-9 * (1 + abs(shift) + scale))


def test_least_squares_as_opencv_has_it():
    """Its robust estimators refine by least squares on the inliers; here every point is one."""
    moving = points()
    fixed = moving * 1.3 + [5, -2] + np.random.default_rng(1).normal(0, 0.3, (8, 2))
    expected, inliers = cv2.estimateAffinePartial2D(
        moving, fixed, method=cv2.RANSAC, ransacReprojThreshold=1e3, refineIters=100
    )
    assert inliers.all()
    np.testing.assert_allclose(similarity(moving, fixed), expected, atol=1e-6)


def test_points_in_one_place_are_refused():
    with pytest.raises(ValueError, match="one place"):
        similarity(np.ones((8, 2)), points())


def test_eyes_come_to_their_place():
    corners = template(PARAMS)[[4, 7]]
    np.testing.assert_allclose(corners[1] - corners[0], [0.46 * 48, 0])
    np.testing.assert_allclose(corners.mean(0), [23.5, 0.36 * 48 - 0.5])


def test_crop_and_landmarks_move_together():
    """A bright spot at a landmark stays at that landmark."""
    rng = np.random.default_rng(0)
    face = landmarks(rng) * 4
    face[60] = 140, 120
    image = np.zeros((240, 320), np.uint8)
    image[116:125, 136:145] = 255
    turn = cv2.getRotationMatrix2D((160, 120), 10, 0.8)
    turned = cv2.warpAffine(image, turn, (320, 240)).astype(np.uint8)
    crop, aligned = align(turned, moved(face, turn), PARAMS)
    assert (crop.shape, crop.dtype) == ((48, 48), np.uint8)
    assert (aligned.shape, aligned.dtype) == ((68, 2), np.float32)
    rows, columns = np.indices(crop.shape)
    centre = [np.average(axis, weights=crop) for axis in (columns, rows)]
    np.testing.assert_allclose(centre, aligned[60], atol=0.1)


def test_pose_does_not_matter():
    face = landmarks(np.random.default_rng(0)) * 4
    image = np.zeros((240, 320), np.uint8)
    turn = cv2.getRotationMatrix2D((100, 80), -25, 1.4)
    _, straight = align(image, face, PARAMS)
    _, turned = align(image, moved(face, turn), PARAMS)
    np.testing.assert_allclose(straight, turned, atol=1e-3)
    np.testing.assert_allclose(straight[STABLE], template(PARAMS), atol=1e-3)
