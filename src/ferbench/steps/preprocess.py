"""From a release to aligned crops and landmarks, stored one sequence after another."""

from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from ferbench.config.schema import Params, Preprocess
from ferbench.data import formats
from ferbench.faces.alignment import TEMPLATE
from ferbench.faces.sequence import aligned, start_thread
from ferbench.io.arrays import appending
from ferbench.io.errors import BadFileError
from ferbench.io.files import publish
from ferbench.results.data import (
    Preprocessing,
    Stored,
    Summary,
    stored_shape,
    write_sequences,
    write_summary,
)
from ferbench.results.layout import FRAMES, LANDMARKS, PREPROCESS

PROGRESS = 50  # sequences after which a line is printed


def preprocess(params: Params, *, release: Path, to: Path, workers: int = 1) -> None:
    """Align every labelled sequence of a release and store it.

    Args:
        params: the reader's name, what is kept, what a problem does, a face's place in its crop.
        release: folder of the data set, zipped or extracted.
        to: folder to write crops, landmarks, the table of the sequences and their summary into.
        workers: threads at once.

    Raises:
        FileNotFoundError: the release or a part of it is missing.
        ValueError: sequences that cannot be used (all are named), a class that has none, or fewer
            subjects than asked for.
    """
    settings = params.preprocess
    found = formats.find(params.dataset.name).read(release)
    kept, skipped = _select(found.sequences, settings)
    with publish(to, *PREPROCESS) as folder:
        stored, mesh, faceless, unusable = _store(kept, settings, workers, folder)
        problems = [*found.problems, *unusable]
        warnings = [*found.warnings, *_fewer(stored, settings)]
        _report(warnings, problems, skipped, settings)
        labels = Counter(one.label for one in stored)
        if missing := [name for name in settings.classes if name not in labels]:
            raise ValueError(
                f"preprocess.classes: {release} has no sequence of {', '.join(missing)}; "
                "take the class off the list or complete the release"
            )
        write_sequences(folder, stored)
        summary = Summary(
            dataset=params.dataset.name,
            synthetic=found.synthetic,
            classes=settings.classes,
            subjects=len({one.subject for one in stored}),
            sequences=len(stored),
            frames=sum(one.length for one in stored),
            frames_with_mesh_landmarks=mesh,
            frames_without_a_face=faceless,
            counts={name: labels[name] for name in settings.classes},
            preprocessing=Preprocessing(
                size=settings.size,
                eye_distance=settings.eye_distance,
                eye_height=settings.eye_height,
                template=TEMPLATE.tolist(),
            ),
            labelled=sum(one.label is not None for one in found.sequences),
            skipped=dict(sorted(skipped.items())),
            unusable=problems,
            warnings=warnings,
        )
        write_summary(folder, summary)


def _store(
    sequences: Sequence[formats.Sequence], settings: Preprocess, workers: int, folder: Path
) -> tuple[list[Stored], int, int, list[str]]:
    """Align the sequences and write their arrays.

    Returns what was stored, how many of its frames have the mesh's landmarks, how many others were
    dropped because they have no face, and what is wrong with the sequences that were not stored.
    """
    stored, mesh, faceless, problems = list[Stored](), 0, 0, list[str]()
    with (
        appending(folder / FRAMES, np.uint8, stored_shape(FRAMES, settings.size)) as add_crops,
        appending(folder / LANDMARKS, np.float32, stored_shape(LANDMARKS, 0)) as add_points,
        _threads(workers) as pool,
    ):
        waiting = deque(pool.submit(aligned, sequence, settings) for sequence in sequences)
        first = 0
        for number, sequence in enumerate(sequences, 1):
            try:
                one = waiting.popleft().result()
            except BadFileError as error:
                problems += error.args
            else:
                known = {"id": sequence.id, "subject": sequence.subject, "label": sequence.label}
                stored.append(Stored(**known, first=first, length=len(one.crops)))
                first += len(one.crops)
                mesh += one.mesh
                faceless += one.faceless
                add_crops(one.crops)
                add_points(one.points)
            if number % PROGRESS == 0 or number == len(sequences):
                print(f"{number} of {len(sequences)} sequences", flush=True)
    return stored, mesh, faceless, problems


def _select(
    sequences: list[formats.Sequence], settings: Preprocess
) -> tuple[list[formats.Sequence], Counter[str]]:
    """The sequences that are wanted, and how many others there are, by reason."""
    shown = sorted({one.subject for one in sequences if one.label in settings.classes})
    if settings.subjects != "all" and settings.subjects > len(shown):
        raise ValueError(
            f"preprocess.subjects: {settings.subjects}, but only {len(shown)} show a class"
        )
    chosen = set(shown if settings.subjects == "all" else shown[: settings.subjects])
    kept, skipped = [], Counter[str]()
    for one in sequences:
        if one.label is None:
            skipped["no label"] += 1
        elif one.label not in settings.classes:
            skipped[f"class {one.label}"] += 1
        elif one.subject not in chosen:
            skipped[f"not of the first {settings.subjects} subjects"] += 1
        else:
            kept.append(one)
    return kept, skipped


@contextmanager
def _threads(workers: int) -> Iterator[ThreadPoolExecutor]:
    """Threads that drop what is waiting when the run is interrupted."""
    pool = ThreadPoolExecutor(workers, initializer=start_thread)
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


def _fewer(stored: Iterable[Stored], settings: Preprocess) -> list[str]:
    """The cohort is chosen by name, before it is known whose sequences can be used."""
    found = len({one.subject for one in stored})
    if settings.subjects == "all" or found == settings.subjects:
        return []
    return [f"preprocess.subjects: {settings.subjects}, but only {found} have a usable sequence"]


def _report(
    warnings: list[str], problems: list[str], skipped: Counter[str], settings: Preprocess
) -> None:
    """Print what is not used; problems are raised instead if preprocess.on_problem says so."""
    for reason, number in sorted(skipped.items()):
        print(f"skipped, {reason}: {number}")
    for warning in warnings:
        print(f"warning: {warning}")
    count = f"{len(problems)} problem{'s' * (len(problems) != 1)}:"
    lines = "\n  ".join([count, *problems])
    if problems and settings.on_problem == "stop":
        raise ValueError(f"{lines}\npreprocess.on_problem: skip goes on without these sequences")
    if problems:
        print(f"left out, {lines}")
