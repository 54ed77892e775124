"""Pictures and videos, decoded to grey frames."""

import os
import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from ferbench.io.archives import on_disk, printable
from ferbench.io.errors import BadFileError

Image = NDArray[np.uint8]
PICTURES = {".bmp", ".jpeg", ".jpg", ".pgm", ".png", ".tif", ".tiff", ".webp"}
"""What counts as a frame in a folder of pictures."""
LARGEST_SIDE = 2**14  # pixels; looking for a face needs memory for a square of the longer side

os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")  # what is wrong with a file, we say


def decode(name: str, content: bytes) -> Image:
    """A picture as (height, width) grey; BadFileError, naming `name`, if it cannot be decoded."""
    values = np.frombuffer(content, np.uint8)
    try:
        image = cv2.imdecode(values, cv2.IMREAD_GRAYSCALE) if values.size else None
    except cv2.error as error:
        raise BadFileError(f"{name}: not an image that can be decoded ({error.err})") from None
    if image is None:
        raise BadFileError(f"{name}: not an image that can be decoded")
    if max(image.shape) > LARGEST_SIDE:
        height, width = image.shape
        raise BadFileError(f"{name}: {width} x {height} pixels; no side may exceed {LARGEST_SIDE}")
    return image.astype(np.uint8, copy=False)


def frames(path: Path, start: int = 1, end: int | None = None) -> Iterator[Image]:
    """The frames of a video file, or of a folder of pictures in the order of their numbers.

    `start` and `end` are the first and the last frame, counted from 1; None is the last there is.
    BadFileError if nothing can be decoded, a picture is broken, or there is no frame `end`.
    """
    count = 0
    for image in islice(_pictures(path) if path.is_dir() else video(str(path)), end):
        count += 1
        if count >= start:
            yield image
    if not count:
        kinds = f"; pictures are {', '.join(sorted(PICTURES))}" if path.is_dir() else ""
        raise BadFileError(f"{printable(str(path))}: no frames{kinds}")
    if count < (end or start):
        raise BadFileError(f"{printable(str(path))}: has {count} frames, asked for {end or start}")


def video(source: str | int) -> Iterator[Image]:
    """The frames of a video file, a pipe, or a camera by its number; BadFileError if it is none."""
    shown = printable(str(source))
    try:
        str(source).encode()
    except UnicodeEncodeError:  # OpenCV would crash
        raise BadFileError(f"{shown}: not a video that can be read under this name") from None
    capture = cv2.VideoCapture(source, cv2.CAP_ANY if isinstance(source, int) else cv2.CAP_FFMPEG)
    try:
        if not capture.isOpened():
            raise BadFileError(f"{shown}: not a video that can be decoded")
        claimed, rate = (capture.get(key) for key in (cv2.CAP_PROP_FRAME_COUNT, cv2.CAP_PROP_FPS))
        count, last = 0, 0.0
        while (read := capture.read())[0]:
            yield cv2.cvtColor(read[1], cv2.COLOR_BGR2GRAY).astype(np.uint8, copy=False)
            count, last = count + 1, capture.get(cv2.CAP_PROP_POS_MSEC) / 1000
        # Some containers do not count their frames, and OpenCV guesses from their duration: what
        # was cut off lacks both many frames and the end.
        if count < 0.9 * claimed and last * rate < 0.9 * claimed:
            raise BadFileError(f"{shown}: ends after {count} of {claimed:.0f} frames")
    finally:
        capture.release()


def _pictures(folder: Path) -> Iterator[Image]:
    found = [
        path
        for path in folder.iterdir()
        if path.suffix.lower() in PICTURES and not path.name.startswith(".")
    ]
    for path in sorted(found, key=_natural):
        file = on_disk(path)
        yield decode(file.name, file.read())


def _natural(path: Path) -> list[tuple[int, str]]:
    """Frame 2 before frame 10."""
    parts = re.split(r"([0-9]+)", path.name)
    return [(int(part), "") if part.isdigit() else (-1, part) for part in parts]
