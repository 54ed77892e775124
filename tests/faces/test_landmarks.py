"""The face mesh, and that the synthetic faces are faces to it."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from skimage import data

from ferbench.config.params import load
from ferbench.config.schema import Synthesize
from ferbench.faces.mesh import CHECKSUMS, FOUND, IBUG, Face, FaceMesh
from ferbench.synthetic.expressions import PROTOTYPES
from ferbench.synthetic.sequence import Animation

DEFAULT = load(Path(__file__).parents[2] / "params.yaml").synthesize
Array = NDArray[np.float64]
PHOTOGRAPH = cv2.cvtColor(data.astronaut(), cv2.COLOR_RGB2GRAY)
FACE = PHOTOGRAPH[:256, 96:352]


def compare(params: Synthesize, frames: list[tuple[int, int, float]]) -> tuple[Array, Array]:
    """Scores (frames,) and distances (frames, 68) from our landmarks to the mesh's.

    Distances are in units of that between the outer corners of the eyes, 36 and 45. Frames are
    (subject, sequence, when), `when` from 0, neutral, to 1, the apex.
    """
    mesh = FaceMesh()
    scores, distances = [], []
    for subject, sequence, when in frames:
        animation = Animation(params, subject, sequence)
        k = round(when * (len(animation) - 1))
        face, ours = mesh(animation.frame(k)), animation.landmarks[k]
        unit = np.linalg.norm(ours[36] - ours[45])
        scores.append(min(face.score, face.presence))
        distances.append(np.linalg.norm(face.landmarks - ours, axis=1) / unit)
    return np.array(scores), np.array(distances)


def test_a_few_synthetic_faces_are_found_where_they_are() -> None:
    scores, distances = compare(DEFAULT, [(1, 1, 0), (2, 2, 1), (3, 3, 1), (4, 4, 0.5)])
    assert (scores >= FOUND).all()
    assert np.median(distances) <= 0.05


@pytest.mark.heavy
def test_synthetic_faces_are_faces() -> None:
    people = range(1, DEFAULT.people.count + 1)
    numbers = range(1, len(PROTOTYPES) + 1)
    frames = [(subject, number, 1.0) for subject in people for number in numbers]
    frames += [(subject, 1 + subject % len(PROTOTYPES), 0.0) for subject in people]
    scores, distances = compare(DEFAULT, frames)
    found = np.mean(scores >= FOUND)
    print(f"{len(frames)} frames: {found:.1%} found, median distance {np.median(distances):.2%}")
    assert len(frames) >= 200
    assert found >= 0.99
    assert np.median(distances) <= 0.05


def test_a_shifted_frame_shifts_the_mesh() -> None:
    frame = Animation(DEFAULT, 1, 1).frame(0)
    mesh = FaceMesh()
    there, here = mesh(np.roll(frame, (16, -24), (0, 1))), mesh(frame)
    moved = there.landmarks - here.landmarks
    assert np.median(moved, axis=0) == pytest.approx([-24, 16], abs=2)


def test_a_photograph() -> None:
    """NASA's portrait of Eileen Collins, public domain, as scikit-image ships it.

    Measured by hand at 14 to 16 times its size, pixel centres at whole numbers.
    """
    corners = {36: (193.5, 100.5), 39: (213, 103.3), 42: (235.7, 104.6), 45: (258.5, 104)}
    corners |= {48: (202.3, 138.8), 54: (244.8, 140)}
    face = FaceMesh()(PHOTOGRAPH)
    assert face.found
    hand = np.array(list(corners.values()))
    apart = np.array([hand - face.landmarks[list(corners)]]).reshape(3, 2, 2)
    eyes = hand[:4].reshape(2, 2, 2).mean(axis=1)
    unit = np.linalg.norm(eyes[1] - eyes[0])  # between the middles of the eyes
    middles = np.linalg.norm(apart.mean(axis=1), axis=1) / unit
    print(f"right eye, left eye, mouth: {middles.round(3)} of the inter-ocular distance")
    assert (middles <= 0.05).all()
    assert np.linalg.norm(apart, axis=2).mean() / unit <= 0.05


def test_the_largest_face_is_taken() -> None:
    frame = np.full((512, 640), 128, np.uint8)
    frame[:160, :160] = cv2.resize(FACE, (160, 160))
    frame[150:470, 280:600] = cv2.resize(FACE, (320, 320))
    for large in (frame, np.ascontiguousarray(frame[:, ::-1])):
        face = FaceMesh()(large)
        assert face.found
        assert np.linalg.norm(face.landmarks[36] - face.landmarks[45]) > 60


@pytest.mark.parametrize("place", [(0, 0), (600, 900), (300, 1400)])
def test_a_small_face_in_a_large_frame(place: tuple[int, int]) -> None:
    """Eyes 62 pixels apart, 4.8 % of the width."""
    frame = np.full((960, 1280), 128, np.uint8)
    y, x = (min(at, size - 256) for at, size in zip(place, frame.shape, strict=True))
    frame[y : y + 256, x : x + 256] = FACE
    face = FaceMesh()(frame)
    assert face.found
    assert np.abs(face.landmarks[36] - [x + 193.5 - 96, y + 100.5]).max() < 6


def test_upright_frames_are_read_too() -> None:
    frame = Animation(DEFAULT, 2, 1).frame(0)
    narrow = np.ascontiguousarray(frame[:, 140:500])
    face = FaceMesh()(narrow)
    assert face.score >= FOUND
    assert np.abs(face.landmarks - (FaceMesh()(frame).landmarks - [140, 0])).mean() < 5


def test_68_different_points_are_chosen() -> None:
    assert len(set(IBUG.tolist())) == 68
    assert Face(1.0, 1.0, np.zeros((468, 2))).landmarks.shape == (68, 2)


def test_a_network_that_is_not_the_one_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(CHECKSUMS, "face_landmark", "0" * 64)
    with pytest.raises(ValueError, match=r"face_landmark\.tflite: damaged"):
        FaceMesh()


def test_the_notice_has_the_checksums() -> None:
    notice = (Path(__file__).parents[2] / "NOTICE").read_text()
    for name, checksum in CHECKSUMS.items():
        assert f"{checksum}  {name}.tflite" in notice
