"""The errors of everything that decides, sequence by sequence: what statistics are made from."""

from collections import defaultdict
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ferbench.config.schema import Compare
from ferbench.evaluation.statistics import bootstrap, interval
from ferbench.evaluation.tested import Parts

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Errors:
    """Errors over all n test sequences, whatever their fold, sorted by id."""

    subjects: NDArray[np.str_]
    """(n,) whose sequence it is."""
    rates: dict[str, Array]
    """By name, (n,): share of the tests of the sequence in which it was decided wrongly."""
    intervals: dict[str, tuple[float, float]]
    """95 % of the mean of `rates`, over subjects."""

    @property
    def people(self) -> int:
        """Subjects that were tested."""
        return len(np.unique(self.subjects))


def errors_by_sequence(parts: Parts, params: Compare) -> Errors:
    """Of everything in `parts`; a sequence tested in several repeats has the mean of its errors."""
    subject: dict[str, str] = {}
    rates: dict[str, Array] = {}
    for name, of_one in parts.items():
        wrong: dict[str, list[bool]] = defaultdict(list)
        for part in of_one:
            rows = part.sequences
            ids = rows.sequence.tolist()
            subject.update(zip(ids, part.subjects.tolist(), strict=True))
            for sequence, slip in zip(ids, (rows.predicted != rows.label).tolist(), strict=True):
                wrong[sequence].append(slip)
        rates[name] = np.array([np.mean(wrong[sequence]) for sequence in sorted(wrong)])
    subjects = np.array([subject[sequence] for sequence in sorted(subject)])
    every = np.stack(list(rates.values()))
    drawn = interval(bootstrap(every, subjects, samples=params.bootstrap, seed=params.seed))
    ends = {name: (float(low), float(high)) for name, (low, high) in zip(rates, drawn, strict=True)}
    return Errors(subjects, rates, ends)
