"""What a model says of videos, as files."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ferbench.io.files import write_json, write_table
from ferbench.results.card import Card
from ferbench.results.layout import FRAME_PREDICTIONS, SEQUENCE_PREDICTIONS
from ferbench.results.predictions import cells

PREDICTIONS = "predictions.json"


class Prediction(NamedTuple):
    """What a model says of one video."""

    video: str
    dropped: int  # frames without a face
    numbers: list[int]  # of the frames with a face, from 1
    frames: NDArray[np.float32]  # (time, classes) posteriors of these
    sequence: NDArray[np.float32]  # (classes,) posteriors of the video


def _csv(folder: Path, card: Card, predictions: Sequence[Prediction]) -> None:
    classes, stamps = card.classes, "; ".join(card.stamps)
    write_table(
        folder / FRAME_PREDICTIONS,
        ["video", "frame", "predicted", *classes, "stamps"],
        (
            [one.video, number, *cells(frame, classes), stamps]
            for one in predictions
            for number, frame in zip(one.numbers, one.frames, strict=True)
        ),
    )
    write_table(
        folder / SEQUENCE_PREDICTIONS,
        ["video", "frames", "dropped", "predicted", *classes, "stamps"],
        (
            [one.video, len(one.numbers), one.dropped, *cells(one.sequence, classes), stamps]
            for one in predictions
        ),
    )


def _json(folder: Path, card: Card, predictions: Sequence[Prediction]) -> None:
    classes = card.classes

    def answer(posterior: NDArray[np.float32]) -> dict[str, Any]:
        predicted, *values = cells(posterior, classes)
        shares = dict(zip(classes, map(float, values), strict=True))
        return {"predicted": predicted, "posteriors": shares}

    videos = [
        {"video": video, "frames": len(numbers), "dropped": dropped, **answer(sequence)}
        | {"by_frame": [{"frame": n, **answer(f)} for n, f in zip(numbers, frames, strict=True)]}
        for video, dropped, numbers, frames, sequence in predictions
    ]
    content = {"stamps": card.stamps, "classes": classes, "videos": videos}
    write_json(folder / PREDICTIONS, content)


TABLES = {"csv": ((FRAME_PREDICTIONS, SEQUENCE_PREDICTIONS), _csv), "json": ((PREDICTIONS,), _json)}
"""Of each format the names of its files, and what writes them into a folder."""
