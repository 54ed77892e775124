"""The Cohn-Kanade release (CK+), as its four archives or as what was extracted from them.

Files are known by their own names (`S005_001_00000011.png`, `…_landmarks.txt`, `…_emotion.txt`),
never by the folders around them, which differ between copies, and are joined by their stems.
"""

import os
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from functools import cache, partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ferbench.data.formats import MARKER, Frame, Release, Sequence
from ferbench.data.video import decode
from ferbench.io.archives import File, in_archive, in_folder
from ferbench.io.errors import BadFileError

EMOTIONS = ("neutral", "anger", "contempt", "disgust", "fear", "happiness", "sadness", "surprise")
"""In the order of the release's codes, 0 to 7."""

SIX = tuple(emotion for emotion in EMOTIONS if emotion not in ("neutral", "contempt"))
PUBLISHED = {
    "sequences": 593,
    "subjects": 123,
    "labelled sequences": 327,
    "sequences of the six emotions": 309,
    "subjects who show one of the six": 106,
}
"""Of CK+: Lucey et al. 2010; the last two follow from its labels."""

HOW_TO_GET = (
    "request Cohn-Kanade (CK+) from its authors at the University of Pittsburgh, put the archives "
    "in one folder and set dataset.path to it, or run the synthetic default with "
    "dataset.path: results/synthesize"
)


class Kind(NamedTuple):
    """One kind of file of the release."""

    archives: tuple[str, ...]  # names under which its archive is known
    suffix: str  # how its file names end, after subject, sequence and frame


IMAGES = Kind(("extended-cohn-kanade-images.zip", "cohn-kanade-images.zip"), ".png")
EMOTION = Kind(("Emotion_labels.zip", "Emotion.zip"), "_emotion.txt")
LANDMARKS = Kind(("Landmarks.zip",), "_landmarks.txt")
Key = tuple[str, str, int]  # subject, sequence, frame: `S005_001_00000011` is ("S005", "001", 11)
Files = dict[Key, list[File]]  # all files of one kind; a good release has one for a key


def read(path: Path) -> Release:
    """List the sequences below `path`; landmarks may be missing, for some frames or altogether.

    FileNotFoundError if `path`, the images or the emotion labels are missing; BadFileError if an
    archive cannot be read.
    """
    if not path.is_dir():
        raise FileNotFoundError(f"dataset.path: no folder {path}: {HOW_TO_GET}")
    tree = cache(lambda: in_folder(path))
    warnings: list[str] = []
    found = [_find(path, kind, tree, warnings) for kind in (IMAGES, EMOTION, LANDMARKS)]
    images, emotions, landmarks = (files for files, _ in found)
    marked = (path / MARKER).exists() or any(mark for _, mark in found)
    for kind, needed in ((IMAGES, images), (EMOTION, emotions)):
        if not needed:
            where = f"no {kind.archives[0]} and no *{kind.suffix}, or none in the archive"
            raise FileNotFoundError(f"{path}: {where}: {HOW_TO_GET}")
    labels: dict[tuple[str, str], list[File]] = defaultdict(list)
    for (subject, number, _), files in sorted(emotions.items()):
        labels[subject, number] += files
    keys: dict[tuple[str, str], list[Key]] = defaultdict(list)
    for key in sorted(images):
        keys[key[:2]].append(key)
    sequences, problems = [], []
    for (subject, number), of_one in keys.items():
        try:
            pairs = [
                (_only(images[key]), _only(landmarks[key]) if key in landmarks else None)
                for key in of_one
            ]
            label = _label(labels[subject, number])
        except BadFileError as error:
            problems.append(str(error))
            continue
        frames = partial(_frames, pairs)
        sequences.append(Sequence(f"{subject}_{number}", subject, label, frames))
    warnings += _without_picture(images, emotions, "label")
    warnings += _without_picture(images, landmarks, "landmark file")
    if not marked:
        warnings += _compare(sequences, len(keys), {key[0] for key in keys})
    return Release(sequences, marked, problems, warnings)


def _find(
    path: Path, kind: Kind, tree: Callable[[], list[File]], warnings: list[str]
) -> tuple[Files, bool]:
    """All files of one kind, from its archive if there is one, and whether SYNTHETIC is marked.

    Files of other names are passed over; a warning counts those that end as the kind's do.
    """
    pattern = re.compile(rf"(S[0-9]+)_([0-9]+)_([0-9]+){re.escape(kind.suffix)}")
    archive = next((path / name for name in kind.archives if os.path.lexists(path / name)), None)
    files: Files = defaultdict(list)
    marked, others = False, []
    for file in in_archive(archive) if archive else tree():
        base = re.split(r"[/\\]", file.name)[-1]  # some archives are made the Windows way
        marked |= base == MARKER
        if found := pattern.fullmatch(base):
            files[found[1], found[2], int(found[3])].append(file)
        elif base.endswith(kind.suffix) and not base.startswith("."):
            others.append(file.name)
    if others:
        example = f"S005_001_00000011{kind.suffix}"
        warnings.append(
            f"{len(others)} *{kind.suffix} are not named as {example} and are not read; "
            f"the first is {others[0]}"
        )
    return files, marked


def _without_picture(images: Files, others: Files, what: str) -> list[str]:
    """CK+ itself has a landmark file too many; in a copy, a picture may be missing."""
    lone = sorted(key for key in others if key not in images)
    if not lone:
        return []
    first = others[lone[0]][0].name
    return [f"{what}s without a picture of that name: {len(lone)}; the first is {first}"]


def _only(files: list[File], what: str = "file of that name") -> File:
    """The one file of a list that is not empty."""
    if len(files) > 1:
        raise BadFileError(f"{files[1].name}: a second {what}; the first is {files[0].name}")
    return files[0]


def _label(files: list[File]) -> str | None:
    """The emotion a sequence's label file names; None where it has none."""
    if not files:
        return None
    file = _only(files, "label")
    text = file.read().decode("ascii", "replace").strip()
    try:
        code = float(text)
    except ValueError:
        code = -1
    if code not in range(len(EMOTIONS)):
        raise BadFileError(f"{file.name}: expected a code from 0 to 7, found {text[:40]!r}")
    return EMOTIONS[int(code)]


def _frames(files: list[tuple[File, File | None]]) -> Iterator[Frame]:
    """Every frame that is whole, then all that are not in one error."""
    problems: list[str] = []
    for image, landmarks in files:
        try:
            decoded = decode(image.name, image.read())
            points = parse_landmarks(landmarks.name, landmarks.read()) if landmarks else None
        except BadFileError as error:
            problems += error.args
        else:
            yield Frame(decoded, points)
    if problems:
        raise BadFileError(*problems)


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


def _compare(sequences: list[Sequence], listed: int, subjects: set[str]) -> list[str]:
    """In what a release differs from CK+ as published."""
    counts = Counter(sequence.label for sequence in sequences)
    found = {
        "sequences": listed,
        "subjects": len(subjects),
        "labelled sequences": counts.total() - counts[None],
        "sequences of the six emotions": sum(counts[emotion] for emotion in SIX),
        "subjects who show one of the six": len({s.subject for s in sequences if s.label in SIX}),
    }
    return [
        f"{found[what]} {what}; CK+ is published with {number}"
        for what, number in PUBLISHED.items()
        if found[what] != number
    ]
