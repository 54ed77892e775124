"""A causal model on frames that come one by one: `ferbench predict --stream`."""

import csv
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ferbench import determinism
from ferbench.data.video import frames, video
from ferbench.faces.mesh import FaceMesh
from ferbench.faces.sequence import Follower
from ferbench.inference.model import Model
from ferbench.inference.stream import Stream
from ferbench.results.predictions import cells


def live(folder: Path, source: str, seed: int | None = None) -> None:
    """Print the answer to every frame at once: CSV on standard output, a row a frame.

    It ends well when the source does, when it is interrupted, or when its output is no longer read.

    `source` is the number of a camera, the path of a video, a pipe or a folder of pictures, or `-`
    for standard input. The model is the fit of `seed`, or the ensemble of all seeds. ValueError if
    the model cannot be used on a stream, or the source not read.
    """
    determinism.settle(1)
    model = Model.read(folder, seed)
    running = Stream(model)
    # A decoder that waits for a pipe hears no handler of Python's; there is nothing to clear away.
    for number in (signal.SIGINT, signal.SIGTERM):
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)
    try:
        _answer(running, model, source)
    except BrokenPipeError:
        # What is still to be flushed at exit has nowhere to go either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _answer(running: Stream, model: Model, source: str) -> None:
    classes, stamps = model.card.classes, "; ".join(model.card.stamps)
    table = csv.writer(sys.stdout, lineterminator="\n")
    so_far = ["so_far", *(f"so_far_{name}" for name in classes)]
    table.writerow(["frame", "predicted", *classes, *so_far, "stamps"])
    sys.stdout.flush()
    follow = Follower(FaceMesh(), model.crop)
    for number, image in enumerate(_images(source), 1):
        answer = [""] * 2 * (1 + len(classes))
        if face := follow(image):
            of_frame, of_sequence = running.push(model.row(face))
            answer = [*cells(of_frame, classes), *cells(of_sequence, classes)]
        table.writerow([number, *answer, stamps])
        sys.stdout.flush()


def _images(source: str) -> Iterator[NDArray[np.uint8]]:
    if source == "-":
        return video("/dev/stdin")
    if source.isdecimal() and not Path(source).exists():
        return video(int(source))
    return frames(Path(source))
