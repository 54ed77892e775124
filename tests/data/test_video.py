"""Pictures and videos: which frames come, in which order, and what is said of those that do not."""

import os
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ferbench.data.video import LARGEST_SIDE, decode, frames, video
from ferbench.io.errors import BadFileError
from releases import png, write_pictures, write_video

COUNT = 12
IMAGES = [np.full((48, 64), 20 * k, np.uint8) for k in range(COUNT)]
COMMON = [("a.avi", "MJPG"), ("a.mp4", "mp4v")]


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    """The same lossless frames as a video and as a folder of pictures."""
    root = tmp_path_factory.mktemp("footage")
    return write_video(root / "a.mkv", IMAGES, "FFV1"), write_pictures(root / "a", IMAGES)


def test_a_video_and_pictures_of_the_same_frames_are_the_same(both):
    for path in both:
        np.testing.assert_array_equal(np.stack(list(frames(path))), np.stack(IMAGES))


@pytest.mark.parametrize("which", [0, 1])
@given(start=st.integers(1, COUNT), length=st.integers(1, COUNT), ended=st.booleans())
def test_first_and_last_are_counted_from_one_and_included(both, which, start, length, ended):
    end = min(start + length - 1, COUNT) if ended else None
    got = [int(image[0, 0]) // 20 + 1 for image in frames(both[which], start, end)]
    assert got == list(range(start, (end or COUNT) + 1))


@pytest.mark.parametrize("which", [0, 1])
@pytest.mark.parametrize(("start", "end"), [(1, COUNT + 1), (COUNT + 1, None), (5, 99)])
def test_frames_that_are_not_there_are_told(both, which, start, end):
    with pytest.raises(BadFileError) as told:
        list(frames(both[which], start, end))
    assert str(told.value) == f"{both[which]}: has {COUNT} frames, asked for {end or start}"


def names_in_order(tmp_path, names):
    for value, name in enumerate(names):
        (tmp_path / name).write_bytes(png(np.full((4, 4), value, np.uint8)))
    return [int(image[0, 0]) for image in frames(tmp_path)]


@pytest.mark.parametrize("names", [
    ["frame_2.png", "frame_10.png", "frame_100.png"], ["2.png", "10.png"], ["1.png", "a.png"],
    ["a1b2.png", "a1b10.png", "a2b1.png"], ["frame_0002.png", "frame_10.png", "frame_0011.png"],
], ids=str)  # fmt: skip
def test_pictures_are_in_the_order_of_their_numbers(tmp_path, names):
    assert names_in_order(tmp_path, names) == list(range(len(names)))


def test_what_is_no_picture_or_hidden_is_passed_over(tmp_path):
    (tmp_path / "notes.txt").write_text("not read")
    (tmp_path / "._1.png").write_bytes(b"not read")
    (tmp_path / "Thumbs.db").write_bytes(b"not read")
    (tmp_path / "2.PNG").write_bytes(png(IMAGES[1]))
    (tmp_path / "1.bmp").write_bytes(cv2.imencode(".bmp", IMAGES[0])[1].tobytes())
    np.testing.assert_array_equal(np.stack(list(frames(tmp_path))), np.stack(IMAGES[:2]))


def test_colours_become_grey(tmp_path):
    colours = np.zeros((8, 8, 3), np.uint8) + np.array([10, 100, 200], np.uint8)
    image = decode("name", png(colours))
    assert (image.shape, image.dtype) == ((8, 8), np.uint8)
    assert np.abs(image - (0.114 * 10 + 0.587 * 100 + 0.299 * 200)).max() <= 1


@given(st.binary(max_size=200))
def test_any_bytes_are_a_picture_or_a_named_problem(content):
    try:
        image = decode("name", content)
    except BadFileError as error:
        image, problem = None, str(error)
    assert image.ndim == 2 if image is not None else problem.startswith("name: not an image that")


@pytest.mark.parametrize("extension", [".bmp", ".jpg", ".pgm", ".png", ".tiff", ".webp"])
def test_a_picture_that_was_cut_off_is_told_wherever_that_was(extension):
    noise = np.random.default_rng(0).integers(0, 256, (48, 64), np.uint8)
    content = cv2.imencode(extension, noise)[1].tobytes()
    assert decode("whole", content).shape == (48, 64)
    for cut in np.linspace(0, len(content) - 8, 40).astype(int):
        with pytest.raises(BadFileError, match="half: not an image"):
            decode("half", content[:cut])


@pytest.mark.parametrize("shape", [(1, LARGEST_SIDE + 1), (LARGEST_SIDE + 1, 1)])
def test_a_picture_with_a_huge_side_is_told(shape):
    decode("name", png(np.zeros([min(side, LARGEST_SIDE) for side in shape], np.uint8)))
    with pytest.raises(BadFileError, match=f"name: {shape[1]} x {shape[0]} pixels; no side"):
        decode("name", png(np.zeros(shape, np.uint8)))


@pytest.mark.parametrize(("name", "code"), COMMON)
def test_common_videos_come_back_nearly_as_they_were(tmp_path, name, code):
    images = list(frames(write_video(tmp_path / name, IMAGES, code)))
    assert np.abs(np.stack(images) - np.stack(IMAGES).astype(int)).max() <= 6


@pytest.mark.parametrize("share", [0.1, 0.3, 0.5, 0.7])
@pytest.mark.parametrize(("name", "code"), [*COMMON, ("a.mkv", "FFV1")])
def test_a_video_that_was_cut_off_is_told(tmp_path, name, code, share):
    rng = np.random.default_rng(0)
    noise = [rng.integers(0, 256, (48, 64), np.uint8) for _ in range(COUNT)]
    path = write_video(tmp_path / name, noise, code)
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    with pytest.raises(BadFileError, match=rf"^{path}: (ends after|not a video|no frames)"):
        list(frames(path))


def test_a_video_that_is_left_early_is_closed(both):
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(5):
        next(frames(both[0]))
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_a_camera_that_is_not_there():
    with pytest.raises(BadFileError, match="99: not a video that can be decoded"):
        next(video(99))


def test_messages_name_files_whose_names_are_not_utf_8(tmp_path):
    folder = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9"))
    folder.mkdir()
    with pytest.raises(BadFileError, match=r"/caf\\xe9: no frames; pictures are \.bmp"):
        list(frames(folder))
    (folder / "text").write_text("no video")
    said = r"/caf\\xe9/text: not a video that can be read under this name"
    with pytest.raises(BadFileError, match=said):
        list(frames(folder / "text"))
