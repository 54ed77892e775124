"""The Cohn-Kanade release (CK+), as its four archives or as what was extracted from them.

Files are known by their own names (`S005_001_00000011.png`, `…_landmarks.txt`, `…_emotion.txt`),
never by the folders around them, which differ between copies, and are joined by their stems.
"""

import lzma
import re
import zipfile
import zlib
from collections import defaultdict
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from ferbench.datasets import BadFileError, Frame, Release, Sequence

EMOTIONS = (
    "neutral",
    "anger",
    "contempt",
    "disgust",
    "fear",
    "happiness",
    "sadness",
    "surprise",
)
"""In the order of the release's codes, 0 to 7."""

MARKER = "SYNTHETIC.txt"
HOW_TO_GET = (
    "request Cohn-Kanade (CK+) from its authors at the University of Pittsburgh, put the archives "
    "in one folder and set dataset.path to it, or run the synthetic default with "
    "dataset.path: results/synthesize"
)


UNREADABLE = (
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError),
    *(OSError, EOFError, RuntimeError, NotImplementedError),
)
"""What reading a damaged, encrypted or strangely packed file raises."""


class Kind(NamedTuple):
    """One kind of file of the release."""

    archives: tuple[str, ...]
    """Names under which its archive is known."""
    suffix: str
    """How its file names end, after subject, sequence and frame."""


IMAGES = Kind(("extended-cohn-kanade-images.zip", "cohn-kanade-images.zip"), ".png")
EMOTION = Kind(("Emotion_labels.zip",), "_emotion.txt")
LANDMARKS = Kind(("Landmarks.zip",), "_landmarks.txt")

Key = tuple[str, str, int]
"""Subject, sequence and frame number: `S005_001_00000011` is ("S005", "001", 11)."""


class File(NamedTuple):
    """One file of a release, in an archive or in a folder."""

    name: str
    read: Callable[[], bytes]


def read(path: Path) -> Release:
    """List the sequences below `path`.

    Raises:
        FileNotFoundError: `path`, the images, the emotion labels or the landmarks are missing.
        BadFileError: an archive cannot be read.
    """
    if not path.is_dir():
        raise FileNotFoundError(f"dataset.path: no folder {path}: {HOW_TO_GET}")
    (images, marked), (emotions, _), (landmarks, _) = (
        _find(path, kind) for kind in (IMAGES, EMOTION, LANDMARKS)
    )
    labels: dict[tuple[str, str], list[File]] = defaultdict(list)
    for (subject, number, _), file in sorted(emotions.items()):
        labels[subject, number].append(file)
    numbers: dict[tuple[str, str], list[int]] = defaultdict(list)
    for subject, number, frame in sorted(images):
        numbers[subject, number].append(frame)
    sequences, problems = [], []
    for (subject, number), frames in numbers.items():
        keys = [(subject, number, frame) for frame in frames]
        try:
            files = [(images[key], _landmarks_of(images[key], landmarks.get(key))) for key in keys]
            label = _label(labels[subject, number])
        except BadFileError as error:
            problems.append(str(error))
            continue
        sequences.append(
            Sequence(f"{subject}_{number}", subject, label, len(files), partial(_frame, files))
        )
    return Release(sequences, synthetic=marked, problems=problems)


def _find(path: Path, kind: Kind) -> tuple[dict[Key, File], bool]:
    """All files of one kind, from its archive if there is one, and whether SYNTHETIC is marked."""
    pattern = re.compile(rf"(S\d+)_(\d+)_(\d+){re.escape(kind.suffix)}")
    archive = next((path / name for name in kind.archives if (path / name).exists()), None)
    files, marked = {}, False
    for file in _members(archive) if archive else _tree(path):
        base = file.name.rsplit("/", 1)[-1]
        marked |= base == MARKER
        if found := pattern.fullmatch(base):
            files[found[1], found[2], int(found[3])] = file
    if not files:
        missing = f"{archive}: holds" if archive else f"{path}: no {kind.archives[0]} and"
        raise FileNotFoundError(f"{missing} no *{kind.suffix}: {HOW_TO_GET}")
    return files, marked


def _members(archive: Path) -> list[File]:
    try:
        opened = zipfile.ZipFile(archive)
    except (zipfile.BadZipFile, OSError) as error:
        raise BadFileError(f"{archive}: cannot be read as a zip archive ({error})") from error
    return [
        File(f"{archive}/{name}", partial(opened.read, name)) for name in sorted(opened.namelist())
    ]


def _tree(path: Path) -> list[File]:
    return [File(str(file), file.read_bytes) for file in sorted(path.rglob("*")) if file.is_file()]


def _content(file: File) -> bytes:
    try:
        return file.read()
    except UNREADABLE as error:
        raise BadFileError(f"{file.name}: cannot be read ({error})") from error


def _landmarks_of(image: File, landmarks: File | None) -> File:
    if landmarks is None:
        raise BadFileError(f"{image.name}: no landmarks for this frame")
    return landmarks


def _label(files: list[File]) -> str | None:
    """The emotion a sequence's label file names; None where it has no file."""
    if len(files) > 1:
        raise BadFileError(f"{files[1].name}: a second label; the first is {files[0].name}")
    if not files:
        return None
    text = _content(files[0]).decode("ascii", "replace").strip()
    try:
        code = float(text)
    except ValueError:
        raise BadFileError(
            f"{files[0].name}: expected a code from 0 to 7, found {text!r}"
        ) from None
    if code not in range(len(EMOTIONS)):
        raise BadFileError(f"{files[0].name}: expected a code from 0 to 7, found {text!r}")
    return EMOTIONS[int(code)]


def _frame(files: list[tuple[File, File]], index: int) -> Frame:
    image, landmarks = files[index]
    content = np.frombuffer(_content(image), np.uint8)
    grey = cv2.imdecode(content, cv2.IMREAD_GRAYSCALE) if content.size else None
    if grey is None:
        raise BadFileError(f"{image.name}: not an image that can be decoded")
    return grey.astype(np.uint8, copy=False), parse_landmarks(landmarks.name, _content(landmarks))


def parse_landmarks(name: str, content: bytes) -> NDArray[np.float64]:
    """(68, 2) pixels from one `x y` pair a line; BadFileError, naming `name`, for anything else."""
    lines = content.decode("ascii", "replace").split("\n")
    rows = [line.split() for line in lines if line.strip()]
    try:
        points = np.array([[float(x), float(y)] for x, y in rows])
    except ValueError:
        raise BadFileError(f"{name}: expected two numbers on every line") from None
    if points.shape != (68, 2):
        raise BadFileError(f"{name}: expected 68 landmarks, found {len(rows)}")
    if not np.isfinite(points).all():
        raise BadFileError(f"{name}: landmarks that are not finite")
    return points
