"""A trained model on footage: decisions, posteriors and a picture of every video."""

import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import numpy as np

from ferbench import determinism
from ferbench.data.video import frames
from ferbench.faces.follower import Follower
from ferbench.faces.mesh import FaceMesh
from ferbench.faces.sequence import SHORTEST
from ferbench.inference.answers import TABLES, Prediction
from ferbench.inference.filmstrip import Shot, Strip, draw
from ferbench.inference.model import Model
from ferbench.io.archives import printable
from ferbench.io.files import publish
from ferbench.results.fits import STAMPS

PROGRESS = 500
"""Frames of a video after which a word is said of it."""


def predict(folder: Path, videos: Sequence[Path], *, to: Path, table: str) -> None:
    """Decide for the class of each video, and write what was seen in it.

    Args:
        folder: of the model, see `ferbench.inference.model`.
        videos: video files, or folders of pictures.
        to: folder to write into: a picture a video, and the tables.
        table: a key of `ferbench.inference.answers.TABLES`.

    Raises:
        ValueError: the model cannot be used, and nothing is written; or, after all others are
            written, some videos cannot be used (all of them are named).
    """
    determinism.settle(1)
    for video in videos:
        if video.is_dir() and to.resolve().is_relative_to(video.resolve()):
            raise ValueError(f"{to}: lies in {video}, which is read; write to another folder")
    model = Model.read(folder)
    for stamp in model.card.stamps:
        print(f"{stamp}: {STAMPS[stamp]}")
    mesh, done, problems = FaceMesh(), list[Prediction](), list[str]()
    with publish(*(to / name for name in TABLES[table].names)) as tables, ExitStack() as pictures:
        for video, picture in zip(videos, _pictures(to, videos), strict=True):
            try:
                prediction, shots = _watch(model, mesh, video)
            except (OSError, ValueError) as error:
                problems.append(str(error))
                continue
            said = _decision(model, prediction)
            (drawn,) = pictures.enter_context(publish(picture))
            _draw(drawn, model, prediction, shots, said)
            count = f"{len(prediction.numbers)} frames, {prediction.dropped} without a face"
            print(f"{prediction.video}: {said} ({count}), {picture}", flush=True)
            done.append(prediction)
        if done:
            TABLES[table].write(tables, model.card, done)
        else:
            raise ValueError(_refusal(problems, videos))
    if problems:
        raise ValueError(_refusal(problems, videos))


def _watch(model: Model, mesh: FaceMesh, video: Path) -> tuple[Prediction, list[Shot]]:
    """Frames pass by one at a time; only crops or points, and the shots, are kept of them."""
    name = printable(str(video))
    if not video.exists():
        raise ValueError(f"{name}: no such file or folder")
    strip, numbers, crops, points, count = Strip(), list[int](), [], [], 0
    follow = Follower(mesh, model.crop)
    for count, image in enumerate(frames(video), 1):
        if count % PROGRESS == 0:
            print(f"{name}: {count} frames", file=sys.stderr, flush=True)
        face = follow(image)
        if face is None:
            continue
        strip.add(count, image, face.landmarks)
        numbers.append(count)
        points.append(face.points)
        if not model.points_only:
            crops.append(face.crop)
    if len(numbers) < SHORTEST:
        found = f"a face in {len(numbers)} of {count} frames" if numbers else "no face in it"
        raise ValueError(f"{name}: {found}; a sequence needs at least {SHORTEST}")
    side = model.crop.size
    stacked = np.array(crops, np.uint8).reshape(-1, side, side)
    values = model.describe(stacked, np.stack(points))
    return Prediction(name, count - len(numbers), numbers, *model.posteriors(values)), strip.shots


def _pictures(to: Path, videos: Iterable[Path]) -> Iterator[Path]:
    """Named after the videos; those of one name are numbered."""
    taken: set[str] = set()
    for video in videos:
        # Names of files have at most 255 bytes.
        stem = (video.resolve().name if video.is_dir() else video.stem)[:50] or "video"
        name, number = stem, 1
        while name.casefold() in taken:
            number += 1
            name = f"{stem}-{number}"
        taken.add(name.casefold())
        yield to / f"{name}.prediction.png"


def _decision(model: Model, prediction: Prediction) -> str:
    best = int(prediction.sequence.argmax())
    return f"{model.card.classes[best]} {prediction.sequence[best]:.3f}"


def _draw(
    path: Path, model: Model, prediction: Prediction, shots: Sequence[Shot], said: str
) -> None:
    draw(
        path,
        title=f"{Path(prediction.video).name}: {said} ({model.card.architecture})",
        stamps=model.card.stamps,
        classes=model.card.classes,
        shots=shots,
        numbers=prediction.numbers,
        frames=prediction.frames,
        sequence=prediction.sequence,
    )


def _refusal(problems: Sequence[str], videos: Sequence[Path]) -> str:
    said = f"{len(problems)} of {len(videos)} videos cannot be used:"
    return "\n  ".join([said, *problems])
