"""Everything that is compared, measured once: what tables and figures are made from."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ferbench.config.schema import Compare
from ferbench.evaluation.ensemble import equal_weights, learned_weights, mix
from ferbench.evaluation.metrics import error_rate
from ferbench.evaluation.references import MAJORITY
from ferbench.evaluation.statistics import (
    Pair,
    bootstrap,
    compare_pairs,
    detectable,
    holm,
    interval,
)
from ferbench.results.fits import Card, Fit
from ferbench.results.predictions import Part

Array = NDArray[np.float64]
Parts = Mapping[str, Sequence[Part]]
"""Test parts in the order of the folds, by name."""

EQUAL, LEARNED = "equal weights", "learned weights"
"""Names of the ensembles."""


@dataclass(frozen=True, eq=False)
class Study:
    """Systems, references and ensembles on the same folds, and how sure their errors are."""

    fits: Mapping[str, Sequence[Fit]]
    """By architecture, in the order of the folds: the compared, grouped by input, then references.
    """
    baselines: Parts
    """References that are no architectures."""
    ensembles: Parts
    """Of the compared; none for a single one."""
    weights: Mapping[str, Sequence[Sequence[float]]]
    """Of the compared, for every fold, by ensemble."""
    subjects: NDArray[np.str_]
    """(sequences,) whose each test sequence is."""
    errors: Mapping[str, Array]
    """(sequences,) share of the times that it was tested in which it was decided wrongly, by name.
    """
    intervals: Mapping[str, tuple[float, float]]
    """95 % of the mean of `errors`, over subjects."""
    pairs: Sequence[Pair]
    """All pairs of the compared."""
    against: Sequence[Pair]
    """Each of the compared and a reference, adjusted for the comparisons with that reference."""
    detectable: float | None
    """Smallest difference between two of the compared that shows with 80 % power, a share."""
    k: int
    """Folds of one repeat."""

    @property
    def card(self) -> Card:
        """Of any fit: what all have in common."""
        return next(iter(self.fits.values()))[0].card

    @property
    def folds(self) -> list[int]:
        """Ids."""
        return [fit.card.fold for fit in next(iter(self.fits.values()))]

    @property
    def compared(self) -> list[str]:
        """Names of the systems under comparison."""
        return [name for name, of_one in self.fits.items() if not of_one[0].card.reference]

    @property
    def people(self) -> int:
        """Subjects that were tested."""
        return len(np.unique(self.subjects))

    @property
    def parts(self) -> dict[str, Sequence[Part]]:
        """Of everything."""
        return {**_tests(self.fits), **self.baselines, **self.ensembles}


def measure(fits: Mapping[str, Sequence[Fit]], baselines: Parts, params: Compare, k: int) -> Study:
    """Compare the fits, of the same folds, by their test parts.

    Args:
        fits: by architecture, what `ferbench.results.fits.read_all` returns.
        baselines: what `ferbench.evaluation.references.read_baselines` returns, or nothing.
        params: draws and their seed.
        k: folds of one repeat.
    """
    ordered = dict(sorted(fits.items(), key=lambda item: item[1][0].card.reference))
    compared = {name: of_one for name, of_one in ordered.items() if not of_one[0].card.reference}
    ensembles, weights = _ensembles(compared)
    parts: dict[str, Sequence[Part]] = {**_tests(ordered), **baselines, **ensembles}
    subjects, errors = _by_sequence(parts)
    every = np.stack(list(errors.values()))
    drawn = interval(bootstrap(every, subjects, samples=params.bootstrap, seed=params.seed))

    def pairs(names: Sequence[str]) -> list[Pair]:
        return _pairs({name: parts[name] for name in names}, errors, subjects, params, k)

    all_pairs = pairs(list(compared)) if len(compared) > 1 else []
    references = [name for name in parts if name in ordered.keys() - compared.keys()]
    references += [name for name in baselines if name != MAJORITY]
    return Study(
        fits=ordered,
        baselines=baselines,
        ensembles=ensembles,
        weights=weights,
        subjects=subjects,
        errors=errors,
        intervals={
            name: (float(ends[0]), float(ends[1])) for name, ends in zip(errors, drawn, strict=True)
        },
        pairs=all_pairs,
        against=[
            pair
            for reference in references
            for pair in _adjusted([pairs([name, reference])[0] for name in compared])
        ],
        detectable=_power([errors[name] for name in compared], subjects, len(all_pairs)),
        k=k,
    )


def _pairs(
    parts: Parts, errors: Mapping[str, Array], subjects: NDArray[np.str_], params: Compare, k: int
) -> list[Pair]:
    """All pairs of the systems in `parts`."""
    return compare_pairs(
        list(parts),
        np.stack([errors[name] for name in parts]),
        subjects,
        np.array([[error_rate(part) for part in of_one] for of_one in parts.values()]),
        k=k,
        seed=params.seed,
        samples=params.bootstrap,
    )


def _power(errors: Sequence[Array], subjects: NDArray[np.str_], pairs: int) -> float | None:
    """None without a pair, or without two subjects."""
    if not pairs or len(np.unique(subjects)) < 2:
        return None
    return detectable(np.stack(errors), subjects, comparisons=pairs)


def _tests(fits: Mapping[str, Sequence[Fit]]) -> dict[str, Sequence[Part]]:
    return {name: [fit.test for fit in of_one] for name, of_one in fits.items()}


def _adjusted(pairs: Sequence[Pair]) -> list[Pair]:
    adjusted = holm(np.array([pair.p for pair in pairs]))
    return [replace(pair, adjusted=float(p)) for pair, p in zip(pairs, adjusted, strict=True)]


def _ensembles(
    fits: Mapping[str, Sequence[Fit]],
) -> tuple[dict[str, list[Part]], dict[str, list[list[float]]]]:
    """Of all the fits of a fold: parts and weights, by ensemble."""
    if len(fits) < 2:
        return {}, {}
    by_fold = list(zip(*fits.values(), strict=True))
    weights = {
        EQUAL: [equal_weights(len(fits)) for _ in by_fold],
        LEARNED: [learned_weights([fit.validation for fit in of_fold]) for of_fold in by_fold],
    }
    parts = {
        name: [
            mix([fit.test for fit in of_fold], of_systems)
            for of_fold, of_systems in zip(by_fold, values, strict=True)
        ]
        for name, values in weights.items()
    }
    return parts, {name: [w.tolist() for w in values] for name, values in weights.items()}


def _by_sequence(parts: Parts) -> tuple[NDArray[np.str_], dict[str, Array]]:
    """Subjects, (sequences,), and errors of everything, each (sequences,), by sorted id.

    A sequence tested in several repeats has the mean of its errors.
    """
    subject: dict[str, str] = {}
    errors: dict[str, Array] = {}
    for name, of_one in parts.items():
        wrong: dict[str, list[bool]] = defaultdict(list)
        for part in of_one:
            rows = part.sequences
            ids = rows.sequence.tolist()
            subject.update(zip(ids, part.subjects.tolist(), strict=True))
            for sequence, slip in zip(ids, (rows.predicted != rows.label).tolist(), strict=True):
                wrong[sequence].append(slip)
        errors[name] = np.array([np.mean(wrong[sequence]) for sequence in sorted(wrong)])
    return np.array([subject[sequence] for sequence in sorted(subject)]), errors
