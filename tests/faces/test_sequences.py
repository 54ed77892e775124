"""One sequence, aligned: by its own landmarks, or all of it by those of the mesh."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from ferbench.data.formats import Frame, Sequence
from ferbench.faces.alignment import align
from ferbench.faces.mesh import FaceMesh
from ferbench.faces.sequence import aligned, start_thread
from ferbench.io.errors import BadFileError
from releases import PARAMS, faces

WALL = np.full((490, 640), 120, np.uint8)


def made(*frames):
    return Sequence("some", "S001", "anger", lambda: iter(frames))


def run(sequence, **changes):
    with ThreadPoolExecutor(1, initializer=start_thread) as pool:
        return pool.submit(aligned, sequence, PARAMS.model_copy(update=changes)).result()


@pytest.fixture(scope="module")
def found():
    """Faces with the landmarks of the mesh, moved a little: they are not the mesh's any more."""
    mesh = FaceMesh()
    return [Frame(image, mesh(image).landmarks + 3) for image in faces(3)]


def test_own_landmarks_are_used_as_they_are(found):
    result = run(made(*found))
    for k, frame in enumerate(found):
        crop, points = align(frame.image, frame.landmarks, PARAMS)
        np.testing.assert_array_equal(result.crops[k], crop)
        np.testing.assert_array_equal(result.points[k], points)
    assert (result.mesh, result.faceless) == (0, 0)
    assert (result.crops.dtype, result.points.dtype) == (np.uint8, np.float32)


@pytest.mark.parametrize("lacking", [(0,), (1,), (2,), (0, 2), (0, 1, 2)])
def test_where_some_lack_landmarks_all_get_those_of_the_mesh(found, lacking):
    mixed = [Frame(f.image, None) if k in lacking else f for k, f in enumerate(found)]
    result, bare = run(made(*mixed)), run(made(*[Frame(f.image, None) for f in found]))
    assert (result.mesh, result.faceless) == (3, 0)
    np.testing.assert_array_equal(result.crops, bare.crops)
    np.testing.assert_array_equal(result.points, bare.points)


def bare(*images):
    return made(*(Frame(image, None) for image in images))


@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_frame_without_a_face_is_dropped_and_counted(place):
    images = list(faces())
    images.insert(place, WALL)
    result, without = run(bare(*images), faceless=1 / 3), run(bare(*faces()))
    assert (result.mesh, result.faceless) == (2, 1)
    np.testing.assert_array_equal(result.crops, without.crops)


def test_one_more_than_the_share_is_refused():
    two = *faces(), WALL
    said = r"^some: no face in 1 of 3 frames; preprocess\.faceless"
    for share in (0.33, 0):
        with pytest.raises(BadFileError, match=said):
            run(bare(*two), faceless=share)


def test_what_is_left_must_be_a_sequence():
    with pytest.raises(BadFileError, match=r"^some: 1 frame; a sequence needs at least 2$"):
        run(bare(*faces(1), WALL), faceless=0.5)
    with pytest.raises(BadFileError, match=r"^some: 0 frame"):
        run(made())


def test_landmarks_that_cannot_be_a_face_name_sequence_and_frame(found):
    bad = Frame(found[1].image, found[1].landmarks + 1000)
    with pytest.raises(BadFileError, match=r"^some, frame 2: landmarks .* outside the image"):
        run(made(found[0], bad, found[2]))


def test_a_reader_that_fails_on_the_way_fails_the_sequence(found):
    def frames():
        yield found[0]
        yield found[1]
        raise BadFileError("file: broken")

    with pytest.raises(BadFileError, match="file: broken"):
        run(Sequence("some", "S001", "anger", frames))
