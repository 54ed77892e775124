"""What may be said of architectures trained again, with other seeds and on other people."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import count
from string import ascii_letters
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ferbench.config.schema import Compare
from ferbench.evaluation.errors import TestParts, flat
from ferbench.evaluation.statistics.pairs import Pair
from ferbench.evaluation.statistics.procedure import draws, rate_interval
from ferbench.evaluation.statistics.ranks import groups, ranks
from ferbench.evaluation.statistics.spread import spread
from ferbench.io.arrays import Doubles
from ferbench.results.comparison import Again, Sources


class Study(NamedTuple):
    """Every decision of a whole study; every sequence is tested once in each repeat."""

    errors: dict[str, Doubles]
    """By name, (repeats, seeds, sequences): 1 where the fit decided wrongly, else 0."""
    subjects: NDArray[np.str_]  # (sequences,) whose sequence it is, sequences sorted by id
    folds: NDArray[np.intp]  # (repeats, sequences): the fold in whose test part it was
    drawn: dict[str, Doubles]
    """By name, (samples,) error rates that `ferbench.evaluation.statistics.procedure` draws."""


def study(parts: TestParts, subjects: NDArray[np.str_], params: Compare, k: int) -> Study | None:
    """The study of test parts, of which each name has all folds; k folds are one repeat.

    None where nothing can be said: one subject, subjects in the test parts of two folds of a
    repeat, or repeats that lack folds.
    """
    tested = (part.sequences.sequence for of_one in parts.values() for part in flat(of_one))
    ids = sorted({sequence for of_part in tested for sequence in of_part.tolist()})
    place = {sequence: index for index, sequence in enumerate(ids)}
    some = next(iter(parts.values()))
    repeats = {repeat: row for row, repeat in enumerate(sorted({fold // k for fold in some}))}
    seeds = max(len(of_fold) for of_one in parts.values() for of_fold in of_one.values())
    folds = np.full((len(repeats), len(ids)), -1)
    errors = {name: np.zeros((len(repeats), seeds, len(ids))) for name in parts}
    for name, of_one in parts.items():
        for fold, of_fold in of_one.items():
            row = repeats[fold // k]
            for seed in range(seeds):
                rows = of_fold[min(seed, len(of_fold) - 1)].sequences  # a baseline has no seed
                at = [place[sequence] for sequence in rows.sequence.tolist()]
                errors[name][row, seed, at] = rows.predicted != rows.label
                folds[row, at] = fold
    people, first, of = np.unique(subjects, return_index=True, return_inverse=True)
    if len(people) < 2 or (folds < 0).any() or (folds != folds[:, first][:, of]).any():
        return None
    every = np.stack(list(errors.values()))
    drawn = draws(every, subjects, folds, samples=params.bootstrap, seed=params.seed)
    return Study(errors, subjects, folds, dict(zip(errors, drawn, strict=True)))


def of_systems(
    known: Study | None, systems: Sequence[str], pairs: Iterable[Pair]
) -> Mapping[str, Again]:
    """Of each name in the study the interval of its error rate and where its errors spread from.

    The systems under comparison have a rank too, and the letters of the groups whose members are
    not told apart by `pairs`. Empty without a study.
    """
    if known is None:
        return {}
    people = len(np.unique(known.subjects))
    numbers = {name: number for number, name in enumerate(systems)}
    apart = [(numbers[pair.left], numbers[pair.right]) for pair in pairs if pair.apart]
    letters = [""] * len(systems)
    for letter, group in zip(_letters(), groups(len(systems), apart), strict=False):
        for member in group:
            letters[member] += letter
    placed = ranks(np.stack([known.drawn[name] for name in systems])).tolist() if systems else []
    every = np.stack(list(known.errors.values()))
    from_where = spread(every, known.subjects, known.folds)
    found = {}
    for number, name in enumerate(known.errors):
        rate = float(known.errors[name].mean())
        ends = rate_interval(known.drawn[name], rate, people)
        mine = numbers.get(name)
        found[name] = Again(
            interval=(float(ends[0]), float(ends[1])),
            rank=None if mine is None else tuple(placed[mine]),
            group=None if mine is None else letters[mine],
            spread=Sources(**from_where[number]._asdict()),
        )
    return found


def _letters() -> Iterator[str]:
    """a to z, A to Z, then those with marks: as many as there are groups."""
    yield from ascii_letters
    yield from map(chr, count(0x100))
