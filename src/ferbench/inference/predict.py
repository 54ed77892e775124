"""A trained model on videos: decisions, posteriors and a picture of every video."""

import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import numpy as np

from ferbench import determinism
from ferbench.data.video import frames
from ferbench.faces.mesh import FaceMesh
from ferbench.faces.sequence import SHORTEST, Follower
from ferbench.inference.answers import TABLES, Prediction
from ferbench.inference.filmstrip import Strip, Thumbnail, draw
from ferbench.inference.model import Model
from ferbench.io.archives import printable
from ferbench.io.files import publish
from ferbench.results.stamps import STAMPS

PROGRESS = 500  # frames of a video after which its progress is printed


def predict(
    folder: Path, videos: Sequence[Path], *, to: Path, table: str, seed: int | None = None
) -> None:
    """Decide for the class of each video, and write what was seen in it.

    `videos` are files, or folders of pictures; a picture of each and the tables, in the format
    `table` of `ferbench.inference.answers.TABLES`, are written into `to`.
    The model is the fit of `seed`, or the ensemble of all seeds.
    ValueError if the model cannot be used, and nothing is written; or, after all others are
    written, if some videos cannot be used (all of them are named).
    """
    determinism.settle(1)
    for video in videos:
        if video.is_dir() and to.resolve().is_relative_to(video.resolve()):
            raise ValueError(f"{to}: lies in {video}, which is read; write to another folder")
    model = Model.read(folder, seed)
    for stamp in model.card.stamps:
        print(f"{stamp}: {STAMPS[stamp]}")
    mesh, done, problems = FaceMesh(), list[Prediction](), list[str]()
    names, write = TABLES[table]
    with publish(to, *names) as tables, ExitStack() as pictures:
        for video, picture in zip(videos, _pictures(videos), strict=True):
            try:
                prediction, thumbnails = _watch(model, mesh, video)
            except (OSError, ValueError) as error:
                problems.append(str(error))
                continue
            best = int(prediction.sequence.argmax())
            decision = f"{model.card.classes[best]} {prediction.sequence[best]:.3f}"
            drawn = pictures.enter_context(publish(to, picture))
            title = f"{Path(prediction.video).name}: {decision} ({model.card.architecture})"
            draw(drawn / picture, title, model.card, prediction, thumbnails)
            count = f"{len(prediction.numbers)} frames, {prediction.dropped} without a face"
            print(f"{prediction.video}: {decision} ({count}), {to / picture}", flush=True)
            done.append(prediction)
        if not done:
            raise ValueError(_refusal(problems, videos))
        write(tables, model.card, done)
    if problems:
        raise ValueError(_refusal(problems, videos))


def _watch(model: Model, mesh: FaceMesh, video: Path) -> tuple[Prediction, list[Thumbnail]]:
    """Frames are read one at a time; only what the model reads and the thumbnails are kept."""
    name = printable(str(video))
    if not video.exists():
        raise ValueError(f"{name}: no such file or folder")
    strip, numbers, rows, count = Strip(), list[int](), [], 0
    follow = Follower(mesh, model.crop)
    for count, image in enumerate(frames(video), 1):
        if count % PROGRESS == 0:
            print(f"{name}: {count} frames", file=sys.stderr, flush=True)
        face = follow(image)
        if face is None:
            continue
        strip.add(count, image, face.landmarks)
        numbers.append(count)
        rows.append(model.row(face))
    if len(numbers) < SHORTEST:
        found = f"a face in {len(numbers)} of {count} frames" if numbers else "no face in it"
        raise ValueError(f"{name}: {found}; a sequence needs at least {SHORTEST}")
    posteriors = model.posteriors(model.describe(np.stack(rows)))
    return Prediction(name, count - len(numbers), numbers, *posteriors), strip.thumbnails


def _pictures(videos: Iterable[Path]) -> Iterator[str]:
    """Names of the pictures, after the videos; those of one name are numbered."""
    taken: set[str] = set()
    for video in videos:
        # Names of files have at most 255 bytes.
        stem = (video.resolve().name if video.is_dir() else video.stem)[:50] or "video"
        name, number = stem, 1
        while name.casefold() in taken:
            number += 1
            name = f"{stem}-{number}"
        taken.add(name.casefold())
        yield f"{name}.prediction.png"


def _refusal(problems: Sequence[str], videos: Sequence[Path]) -> str:
    counted = f"{len(problems)} of {len(videos)} videos cannot be used:"
    return "\n  ".join([counted, *problems])
