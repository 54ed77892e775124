"""One person's face, found and followed through a sequence."""

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from skimage import data

from ferbench.config.schema import Crop
from ferbench.faces.mesh import FaceMesh
from ferbench.faces.sequence import Follower

CROP = Crop(size=48, eye_distance=0.46, eye_height=0.36)
PHOTOGRAPH = cv2.cvtColor(data.astronaut(), cv2.COLOR_RGB2GRAY)[:256, 96:352]
WIDTH = 960


def frame(left: int, right: int) -> NDArray[np.uint8]:
    """Two copies of a face, of these sides; none where a side is 0."""
    picture = np.full((400, WIDTH), 128, np.uint8)
    for side, x in ((left, 0), (right, WIDTH - right)):
        if side:
            picture[:side, x : x + side] = cv2.resize(PHOTOGRAPH, (side, side))
    return picture


def middle(follow: Follower, picture: NDArray[np.uint8]) -> float | None:
    found = follow(picture)
    return float(found.landmarks[:, 0].mean()) if found else None


def test_the_largest_face_of_the_first_frame_is_followed() -> None:
    follow = Follower(FaceMesh(), CROP)
    sizes = [(380, 330), (340, 370), (300, 390), (320, 380)]
    where = [middle(follow, frame(*size)) for size in sizes]
    assert all(x is not None and x < WIDTH / 2 for x in where)


def test_another_person_does_not_stand_in() -> None:
    follow = Follower(FaceMesh(), CROP)
    assert middle(follow, frame(380, 330)) == pytest.approx(190, abs=60)
    assert middle(follow, frame(0, 330)) is None
    assert middle(follow, frame(380, 330)) == pytest.approx(190, abs=60)


def test_no_face_is_none() -> None:
    assert Follower(FaceMesh(), CROP)(np.full((300, 300), 128, np.uint8)) is None
