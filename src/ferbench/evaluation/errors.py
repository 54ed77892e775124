"""The errors of everything that decides, sequence by sequence: what statistics are made from."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ferbench.config.schema import Compare
from ferbench.evaluation.statistics.subjects import bootstrap, interval
from ferbench.results.predictions import PartPredictions

TestParts = Mapping[str, Mapping[int, Sequence[PartPredictions]]]
"""Test parts by the name of what decided and by fold; one for each seed."""


class Errors(NamedTuple):
    """Errors over all n test sequences, whatever their fold, sorted by id."""

    subjects: NDArray[np.str_]  # (n,) whose sequence it is
    rates: dict[str, NDArray[np.float64]]
    """By name, (n,): share of the tests of the sequence in which it was decided wrongly."""
    intervals: dict[str, tuple[float, float]]  # 95 % of the mean of `rates`, over subjects


def flat(of_one: Mapping[int, Sequence[PartPredictions]]) -> list[PartPredictions]:
    """All test parts, fold by fold."""
    return [part for of_fold in of_one.values() for part in of_fold]


def errors_by_sequence(parts: TestParts, params: Compare) -> Errors:
    """Of everything in `parts`; a sequence tested several times has the mean of its errors."""
    subject: dict[str, str] = {}
    rates = {}
    for name, of_one in parts.items():
        wrong: dict[str, list[bool]] = defaultdict(list)
        for part in flat(of_one):
            rows = part.sequences
            ids = rows.sequence.tolist()
            subject.update(zip(ids, part.subjects.tolist(), strict=True))
            for sequence, slip in zip(ids, (rows.predicted != rows.label).tolist(), strict=True):
                wrong[sequence].append(slip)
        rates[name] = np.array([np.mean(wrong[sequence]) for sequence in sorted(wrong)])
    subjects = np.array([subject[sequence] for sequence in sorted(subject)])
    every = np.stack(list(rates.values()))
    drawn = interval(bootstrap(every, subjects, samples=params.bootstrap, seed=params.seed))
    return Errors(subjects, rates, dict(zip(rates, map(tuple, drawn.tolist()), strict=True)))
