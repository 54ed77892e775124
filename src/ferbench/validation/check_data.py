"""What a release holds, and what is broken in it: known before a run is started."""

import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median
from typing import NamedTuple

from ferbench.data import formats
from ferbench.faces.alignment import check
from ferbench.faces.sequence import SHORTEST
from ferbench.io.archives import printable
from ferbench.io.errors import BadFileError


class Contents(NamedTuple):
    """What one sequence holds."""

    sizes: Counter[str]  # frames by width and height
    landmarks: int  # frames that have landmarks
    problems: list[str]


def check_data(path: Path, dataset: str, workers: int = 1) -> bool:
    """Decode every frame of a release and print what it holds; returns whether all can be used.

    Faces are not detected: whether a sequence without landmarks shows one, only the run finds out.
    Sequences without a label are examined too, though a run skips them.

    Args:
        path: the release.
        dataset: its format, a module of `ferbench.data.formats`.
        workers: threads.

    Raises:
        FileNotFoundError: there is no such release, or a part of it is missing.
        ValueError: no such format, or an archive that cannot be read.
    """
    release = formats.find(dataset).read(path)
    contents = []
    with ThreadPoolExecutor(workers) as pool:
        for number, found in enumerate(pool.map(examine, release.sequences), 1):
            contents.append(found)
            if number % 100 == 0:
                print(f"{number} of {len(release.sequences)} sequences", file=sys.stderr)
    problems = [*release.problems, *(problem for one in contents for problem in one.problems)]
    if not any(sequence.label for sequence in release.sequences):
        problems.append(f"{printable(str(path))}: no sequence with a label")
    print(f"{printable(str(path))}: {dataset}{', SYNTHETIC' * release.synthetic}\n")
    print("\n".join(_totals(release, contents)), end="\n\n")
    print("\n".join(_classes(release.sequences, contents)), end="\n\n")
    for warning in release.warnings:
        print(f"warning: {warning}")
    count = f"{len(problems) or 'no'} problem{'s' * (len(problems) != 1)}"
    print("\n  ".join([count, *problems]))
    return not problems


def examine(sequence: formats.Sequence) -> Contents:
    """Decode a sequence's frames; problems are what a run would refuse, without detecting faces."""
    sizes: Counter[str] = Counter()
    landmarks, problems = 0, []
    try:
        for number, frame in enumerate(sequence.frames(), 1):
            height, width = frame.image.shape
            sizes[f"{width} x {height}"] += 1
            if frame.landmarks is not None:
                landmarks += 1
                try:
                    check(frame.image, frame.landmarks)
                except ValueError as error:
                    problems.append(f"{sequence.id}, frame {number}: {error}")
    except BadFileError as error:
        problems += error.args
    if not problems and sizes.total() < SHORTEST:
        problems.append(
            f"{sequence.id}: {sizes.total()} frame; a sequence needs at least {SHORTEST}"
        )
    return Contents(sizes, landmarks, problems)


def _totals(release: formats.Release, contents: list[Contents]) -> Iterator[str]:
    listed = release.sequences
    labelled = sum(one.label is not None for one in listed)
    lengths = [one.sizes.total() for one in contents]
    sizes: Counter[str] = sum((one.sizes for one in contents), Counter())
    without = sum(lengths) - sum(one.landmarks for one in contents)
    yield f"sequences  {len(listed):,}, {labelled:,} with a label"
    yield f"subjects   {len({one.subject for one in listed}):,}"
    if lengths:
        spread = f"{min(lengths)} to {max(lengths)} a sequence, {median(lengths):g} in the middle"
        yield f"frames     {sum(lengths):,}; {spread}"
    yield f"sizes      {'; '.join(f'{n:,} of {size}' for size, n in sizes.most_common())}"
    yield f"landmarks  frames without: {without:,}"
    if without:
        yield "           every frame of a sequence with such a frame gets those of the face mesh"


def _classes(sequences: list[formats.Sequence], contents: list[Contents]) -> Iterator[str]:
    """A row for each class, by name, and one for sequences without a label."""
    yield f"{'class':<16}{'sequences':>10}{'subjects':>10}{'frames':>10}"
    labels = {one.label for one in sequences}
    for label in [*sorted(labels - {None}, key=str), *({None} & labels)]:
        mine = [i for i, one in enumerate(sequences) if one.label == label]
        subjects = len({sequences[i].subject for i in mine})
        frames = sum(contents[i].sizes.total() for i in mine)
        yield f"{label or 'no label':<16}{len(mine):>10,}{subjects:>10,}{frames:>10,}"
