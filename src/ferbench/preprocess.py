"""From a release to aligned crops and landmarks: one pass, one sequence in memory at a time."""

import csv
import json
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import BinaryIO

import cv2
import numpy as np
from numpy.typing import NDArray

from ferbench import datasets
from ferbench.alignment import TEMPLATE, align
from ferbench.files import publish
from ferbench.schema import Dataset, Preprocess

Aligned = tuple[NDArray[np.uint8], NDArray[np.float32]]


def preprocess(
    dataset: Dataset,
    params: Preprocess,
    *,
    release: Path,
    frames: Path,
    landmarks: Path,
    sequences: Path,
    summary: Path,
    workers: int = 1,
) -> None:
    """Align every labelled sequence of a release and store it.

    Args:
        dataset: names the reader.
        params: the classes to keep and the place of a face in its crop.
        release: folder to read.
        frames: .npy to write, (frames, size, size) uint8; all sequences one after another.
        landmarks: .npy to write, (frames, 68, 2) float32, in crop pixels.
        sequences: CSV to write: id, subject, label, first (row of its first frame), length.
        summary: JSON to write: what the data are, how many, and how they were aligned.
        workers: threads that decode and align.

    Raises:
        FileNotFoundError: the release or a part of it is missing.
        ValueError: sequences that cannot be used (all of them are named), or a class with none.
    """
    cv2.setNumThreads(1)
    found = datasets.find(dataset.name).read(release)
    kept, skipped = _select(found.sequences, params.classes)
    total = sum(sequence.length for sequence in kept)
    shapes = {frames: (total, params.size, params.size), landmarks: (total, 68, 2)}
    problems = list(found.problems)
    with publish(frames, landmarks, sequences, summary) as (crops_to, points_to, table_to, main):
        with (
            crops_to.open("wb") as crops,
            points_to.open("wb") as points,
            ThreadPoolExecutor(workers) as pool,
        ):
            _header(crops, np.uint8, shapes[frames])
            _header(points, np.float32, shapes[landmarks])
            for number, sequence in enumerate(kept, 1):
                for crop, point in _aligned(sequence, params, pool, problems):
                    crops.write(crop.tobytes())
                    points.write(point.tobytes())
                if number % 50 == 0 or number == len(kept):
                    print(f"{number} of {len(kept)} sequences", flush=True)
        if problems:
            raise ValueError("\n  ".join([f"{len(problems)} bad sequences:", *problems]))
        _check_classes(kept, params.classes, release)
        _write_table(kept, table_to)
        main.write_text(_summary(dataset.name, found.synthetic, kept, skipped, params))


def _select(
    sequences: list[datasets.Sequence], classes: list[str]
) -> tuple[list[datasets.Sequence], Counter[str]]:
    """The sequences whose class is wanted, and how many others there are, by reason."""
    kept = [sequence for sequence in sequences if sequence.label in classes]
    skipped = Counter(
        "no label" if sequence.label is None else f"class {sequence.label}"
        for sequence in sequences
        if sequence.label not in classes
    )
    return kept, skipped


def _aligned(
    sequence: datasets.Sequence,
    params: Preprocess,
    pool: ThreadPoolExecutor,
    problems: list[str],
) -> Iterator[Aligned]:
    """The sequence's frames in order; what is wrong with it goes to `problems`, its first only."""

    def one(index: int) -> Aligned:
        try:
            return align(*sequence.frame(index), params)
        except datasets.BadFileError:
            raise
        except ValueError as error:
            raise datasets.BadFileError(f"{sequence.id}, frame {index}: {error}") from error

    try:
        yield from pool.map(one, range(sequence.length))
    except datasets.BadFileError as error:
        problems.append(str(error))


def _header(file: BinaryIO, dtype: type[np.generic], shape: tuple[int, ...]) -> None:
    """Start a .npy whose rows are appended as they come: nothing is held in memory."""
    np.lib.format.write_array_header_1_0(
        file,
        {"descr": np.lib.format.dtype_to_descr(np.dtype(dtype)), "fortran_order": False}
        | {"shape": shape},
    )


def _check_classes(kept: list[datasets.Sequence], classes: list[str], release: Path) -> None:
    present = {sequence.label for sequence in kept}
    if missing := [name for name in classes if name not in present]:
        raise ValueError(
            f"preprocess.classes: {release} has no sequence of {', '.join(missing)}; "
            "take the class off the list or complete the release"
        )


def _write_table(kept: list[datasets.Sequence], path: Path) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(["id", "subject", "label", "first", "length"])
        first = 0
        for sequence in kept:
            table.writerow([sequence.id, sequence.subject, sequence.label, first, sequence.length])
            first += sequence.length


def _summary(
    dataset: str,
    synthetic: bool,
    kept: list[datasets.Sequence],
    skipped: Counter[str],
    params: Preprocess,
) -> str:
    counts = Counter(sequence.label for sequence in kept)
    content = {
        "dataset": dataset,
        "synthetic": synthetic,
        "classes": params.classes,
        "subjects": len({sequence.subject for sequence in kept}),
        "sequences": len(kept),
        "frames": sum(sequence.length for sequence in kept),
        "counts": {name: counts[name] for name in params.classes},
        "skipped": dict(sorted(skipped.items())),
        "preprocessing": {
            "size": params.size,
            "eye_distance": params.eye_distance,
            "eye_height": params.eye_height,
            "template": TEMPLATE.tolist(),
        },
    }
    return json.dumps(content, indent=2) + "\n"
