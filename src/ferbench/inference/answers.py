"""What a model says of videos, as files."""

import csv
import json
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ferbench.models.predictor import row
from ferbench.results.fits import Card


class Prediction(NamedTuple):
    """What a model says of one video."""

    video: str
    dropped: int
    """Frames without a face."""
    numbers: list[int]
    """Of the frames with a face, from 1."""
    frames: NDArray[np.float32]
    """(time, classes) posteriors of these."""
    sequence: NDArray[np.float32]
    """(classes,) posteriors of the video."""


def _csv(paths: Sequence[Path], card: Card, done: Iterable[Prediction]) -> None:
    classes, stamps = card.classes, "; ".join(card.stamps)
    with (
        paths[0].open("w", newline="", encoding="utf-8") as frame_file,
        paths[1].open("w", newline="", encoding="utf-8") as sequence_file,
    ):
        of_frames = csv.writer(frame_file, lineterminator="\n")
        of_sequences = csv.writer(sequence_file, lineterminator="\n")
        of_frames.writerow(["video", "frame", "predicted", *classes, "stamps"])
        of_sequences.writerow(["video", "frames", "dropped", "predicted", *classes, "stamps"])
        for video, dropped, numbers, frames, sequence in done:
            known = [video, len(numbers), dropped]
            of_sequences.writerow([*known, *row(sequence, classes), stamps])
            for number, frame in zip(numbers, frames, strict=True):
                of_frames.writerow([video, number, *row(frame, classes), stamps])


def _json(paths: Sequence[Path], card: Card, done: Iterable[Prediction]) -> None:
    classes = card.classes

    def said(posterior: NDArray[np.float32]) -> dict[str, Any]:
        predicted, *values = row(posterior, classes)
        shares = dict(zip(classes, map(float, values), strict=True))
        return {"predicted": predicted, "posteriors": shares}

    videos = [
        {"video": video, "frames": len(numbers), "dropped": dropped, **said(sequence)}
        | {"by_frame": [{"frame": n, **said(f)} for n, f in zip(numbers, frames, strict=True)]}
        for video, dropped, numbers, frames, sequence in done
    ]
    content = {"stamps": card.stamps, "classes": classes, "videos": videos}
    text = json.dumps(content, indent=2, ensure_ascii=False) + "\n"
    paths[0].write_text(text, encoding="utf-8")


class Table(NamedTuple):
    """A format of the answers."""

    names: tuple[str, ...]
    """Of its files."""
    write: Callable[[Sequence[Path], Card, Sequence[Prediction]], None]


TABLES = {
    "csv": Table(("frame_predictions.csv", "sequence_predictions.csv"), _csv),
    "json": Table(("predictions.json",), _json),
}
