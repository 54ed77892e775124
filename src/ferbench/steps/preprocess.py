"""From a release to aligned crops and landmarks, stored one sequence after another."""

import csv
import json
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ferbench.config.schema import Dataset, Preprocess
from ferbench.data import formats
from ferbench.faces.alignment import TEMPLATE
from ferbench.faces.sequence import Aligned, aligned, start_thread
from ferbench.io.errors import BadFileError
from ferbench.io.files import publish


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
        params: what is kept, what a problem does, and the place of a face in its crop.
        release: folder to read.
        frames: .npy to write, (frames, size, size) uint8; all sequences one after another.
        landmarks: .npy to write, (frames, 68, 2) float32, in crop pixels.
        sequences: CSV to write: id, subject, label, first (row of its first frame), length.
        summary: JSON to write: what the data are, how many, what was left out and why, and how
            faces were aligned.
        workers: threads that decode and align.

    Raises:
        FileNotFoundError: the release or a part of it is missing.
        ValueError: sequences that cannot be used (all are named), a class that has none, or fewer
            subjects than asked for.
    """
    found = formats.find(dataset.name).read(release)
    kept, skipped = _select(found.sequences, params)
    problems = list(found.problems)
    rows: list[dict[str, Any]] = []
    counts: Counter[str] = Counter()
    shape = (params.size, params.size)
    with publish(frames, landmarks, sequences, summary) as (crops_to, points_to, table_to, main):
        with (
            _appending(crops_to, np.uint8, shape) as add_crops,
            _appending(points_to, np.float32, (68, 2)) as add_points,
            _threads(workers) as pool,
        ):
            results = pool.map(partial(_result, params=params), kept)
            for number, (sequence, result) in enumerate(zip(kept, results, strict=True), 1):
                if isinstance(result, BadFileError):
                    problems += result.args
                else:
                    known = {"id": sequence.id, "subject": sequence.subject}
                    place = {"first": counts["frames"], "length": len(result.crops)}
                    rows.append(known | {"label": sequence.label} | place)
                    counts.update(frames=len(result.crops), mesh=result.mesh)
                    counts["faceless"] += result.faceless
                    add_crops(result.crops)
                    add_points(result.points)
                if number % 50 == 0 or number == len(kept):
                    print(f"{number} of {len(kept)} sequences", flush=True)
        warnings = [*found.warnings, *_fewer(rows, params)]
        _report(warnings, problems, skipped, params)
        _check_classes(rows, params.classes, release)
        _write_table(rows, table_to)
        content = {"dataset": dataset.name, "synthetic": found.synthetic}
        content |= _summary(rows, counts, params)
        content["labelled"] = sum(sequence.label is not None for sequence in found.sequences)
        content["skipped"] = dict(sorted(skipped.items()))
        content |= {"unusable": problems, "warnings": warnings}
        main.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _select(
    sequences: list[formats.Sequence], params: Preprocess
) -> tuple[list[formats.Sequence], Counter[str]]:
    """The sequences that are wanted, and how many others there are, by reason."""
    shown = sorted({one.subject for one in sequences if one.label in params.classes})
    if params.subjects != "all" and params.subjects > len(shown):
        raise ValueError(
            f"preprocess.subjects: {params.subjects}, but only {len(shown)} show one of the classes"
        )
    chosen = set(shown if params.subjects == "all" else shown[: params.subjects])
    kept, skipped = [], Counter[str]()
    for one in sequences:
        if one.label is None:
            skipped["no label"] += 1
        elif one.label not in params.classes:
            skipped[f"class {one.label}"] += 1
        elif one.subject not in chosen:
            skipped[f"not of the first {params.subjects} subjects"] += 1
        else:
            kept.append(one)
    return kept, skipped


def _result(sequence: formats.Sequence, params: Preprocess) -> "Aligned | BadFileError":
    try:
        return aligned(sequence, params)
    except BadFileError as error:
        return error


@contextmanager
def _threads(workers: int) -> Iterator[ThreadPoolExecutor]:
    """Threads that drop what is waiting when the run is interrupted."""
    pool = ThreadPoolExecutor(workers, initializer=start_thread)
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


@contextmanager
def _appending(
    path: Path, dtype: type[np.generic], shape: tuple[int, ...]
) -> Iterator[Callable[[NDArray[Any]], None]]:
    """Append rows to a .npy: they are not held in memory, and its header is completed last."""
    rows = 0
    with path.open("wb") as file:

        def header() -> None:  # numpy leaves room in it for any number of rows
            kind = {"descr": np.lib.format.dtype_to_descr(np.dtype(dtype)), "fortran_order": False}
            file.seek(0)
            np.lib.format.write_array_header_1_0(file, kind | {"shape": (rows, *shape)})

        def append(values: NDArray[Any]) -> None:
            nonlocal rows
            rows += len(values)
            file.write(values.tobytes())

        header()
        yield append
        header()


def _fewer(rows: list[dict[str, Any]], params: Preprocess) -> list[str]:
    """The cohort is chosen by name, before it is known whose sequences can be used."""
    found = len({row["subject"] for row in rows})
    if params.subjects == "all" or found == params.subjects:
        return []
    return [f"preprocess.subjects: {params.subjects}, of whom {found} have a sequence to be used"]


def _report(
    warnings: list[str], problems: list[str], skipped: Counter[str], params: Preprocess
) -> None:
    """Print what is not used; problems are raised instead if preprocess.on_problem says so."""
    for reason, number in sorted(skipped.items()):
        print(f"skipped, {reason}: {number}")
    for warning in warnings:
        print(f"warning: {warning}")
    count = f"{len(problems)} problem{'s' * (len(problems) != 1)}"
    lines = "\n  ".join([f"{count}:", *problems])
    if problems and params.on_problem == "stop":
        raise ValueError(f"{lines}\npreprocess.on_problem: skip goes on without these sequences")
    if problems:
        print(f"left out, {lines}")


def _check_classes(rows: list[dict[str, Any]], classes: list[str], release: Path) -> None:
    present = {row["label"] for row in rows}
    if missing := [name for name in classes if name not in present]:
        raise ValueError(
            f"preprocess.classes: {release} has no sequence of {', '.join(missing)}; "
            "take the class off the list or complete the release"
        )


def _write_table(rows: list[dict[str, Any]], path: Path) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        table.writeheader()
        table.writerows(rows)


def _summary(
    rows: list[dict[str, Any]], counts: Counter[str], params: Preprocess
) -> dict[str, Any]:
    """What is stored, and how it was made."""
    labels = Counter(row["label"] for row in rows)
    return {
        "classes": params.classes,
        "subjects": len({row["subject"] for row in rows}),
        "sequences": len(rows),
        "frames": counts["frames"],
        "frames_with_mesh_landmarks": counts["mesh"],
        "frames_without_a_face": counts["faceless"],
        "counts": {name: labels[name] for name in params.classes},
        "preprocessing": {
            "size": params.size,
            "eye_distance": params.eye_distance,
            "eye_height": params.eye_height,
            "template": TEMPLATE.tolist(),
        },
    }
