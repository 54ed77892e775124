"""How much errors spread by training set, by seed and by subject: components of variance.

Each is estimated from products of deviations that have one source in common and no other, so that
the chance of single decisions is in none of them: two subjects decided by the same fit share the
fit; two sequences of one subject share the subject. Moment estimators for unequal groups (Searle,
Casella & McCulloch 1992, Variance Components, chapter 5); unbiased, so one may come out below 0.
"""

from itertools import combinations
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ferbench.io.arrays import Doubles


class Deviations(NamedTuple):
    """Standard deviations of one system's true error rates, shares; None: cannot be estimated.

    0.0 where the estimated variance is not above 0: the spread is too small for this study to see.
    """

    split: float | None
    """Between training sets of the folds, without the seed where there are several, with the seed
    where there is one. None for one repeat: then every fold has a training set and people of its
    own, and what folds differ by is mostly the people."""
    initialisation: float | None
    """Between seeds on the same fold. None for one seed; it is then in `split`."""
    subjects: float | None
    """Between subjects that the same fit decides. None if no fold has two subjects, or no subject
    two sequences."""


class Sums(NamedTuple):
    """A study, added up by subject in the order of their names."""

    errors: Doubles  # (systems, repeats, seeds, subjects) sequences decided wrongly
    squares: Doubles  # (systems, repeats, subjects) squares of a sequence's mean over seeds, summed
    counts: Doubles  # (subjects,) sequences
    tested: Doubles
    """(repeats, folds, subjects), 1 where the subject is in the fold's test part, else 0; of all
    repeats' folds, in the order of their numbers."""


def spread(errors: Doubles, subjects: NDArray[Any], folds: NDArray[np.intp]) -> list[Deviations]:
    """The spread of every system; for arrays and ValueError see `by_subject`."""
    study = by_subject(errors, subjects, folds)
    seeds = errors.shape[2]
    initial, people = seed_variance(study), _subject_variance(study)
    split = _fold_variance(study)
    if split is not None and initial is not None:
        split -= initial / seeds
    of_each = [_deviations(one, len(errors)) for one in (split, initial, people)]
    return [Deviations(*one) for one in zip(*of_each, strict=True)]


def by_subject(errors: Doubles, subjects: NDArray[Any], folds: NDArray[np.intp]) -> Sums:
    """Add a study up.

    Args:
        errors: (systems, repeats, seeds, sequences), 1 where the fit decided wrongly, else 0.
        subjects: (sequences,) names.
        folds: (repeats, sequences), the fold in whose test part the sequence was.

    Raises:
        ValueError: The arrays do not fit together, there is but one subject, or a subject is in
            the test parts of two folds of a repeat.
    """
    _, repeats, seeds, sequences = errors.shape
    if len(subjects) != sequences or folds.shape != (repeats, sequences) or not seeds:
        raise ValueError(f"errors {errors.shape}, subjects {subjects.shape}, folds {folds.shape}")
    names, first, of = np.unique(subjects, return_index=True, return_inverse=True)
    if len(names) < 2:
        raise ValueError("one subject has no spread")
    if (folds != folds[:, first][:, of]).any():
        raise ValueError("a subject is in the test parts of two folds of one repeat")
    belongs = (of[:, None] == np.arange(len(names))).astype(np.float64)
    parts = [folds[repeat, first] == np.unique(folds)[:, None] for repeat in range(repeats)]
    return Sums(
        errors=errors @ belongs,
        squares=errors.mean(axis=2) ** 2 @ belongs,
        counts=belongs.sum(axis=0),
        tested=np.stack(parts).astype(np.float64),
    )


def seed_variance(study: Sums) -> Doubles | None:
    """Variance between seeds on the same fold, (systems,), of shares; None for one seed.

    A seed's deviations from the mean of the fold's seeds, of two different subjects, multiplied.
    None too where no fold has two subjects.
    """
    seeds = study.errors.shape[2]
    pairs = _pairs(study.counts, study.tested).sum()
    if seeds == 1 or not pairs:
        return None
    own = study.errors - study.errors.mean(axis=2, keepdims=True)
    products = _pairs(own, study.tested[:, None]).sum(axis=(1, 2, 3))
    found: Doubles = products / ((seeds - 1) * pairs)
    return found


def _fold_variance(study: Sums) -> Doubles | None:
    """Variance between folds of what their seeds have in mean, (systems,); None for one repeat.

    From the difference of two repeats on the same subject, in which the subject is no more. Two
    subjects share of it what the folds that test both contribute, none, one or two of them; least
    squares over pairs of subjects.
    """
    means = study.errors.mean(axis=2)
    together = np.einsum("rkx,rky->rxy", study.tested, study.tested)
    weights = np.outer(study.counts, study.counts)
    np.fill_diagonal(weights, 0)
    above, below = np.zeros(len(means)), 0.0
    for one, other in combinations(range(means.shape[1]), 2):
        times = (together[one] + together[other]) * (weights > 0)
        difference = means[:, one] - means[:, other]
        above += np.einsum("sx,xy,sy->s", difference, times, difference)
        below += float((times**2 * weights).sum())
    return above / below if below else None


def _subject_variance(study: Sums) -> Doubles | None:
    """Variance between subjects of one fit, (systems,).

    Two sequences of one subject, minus two of different subjects in the test part of the same fold:
    what the fit does to all is in both.
    """
    counts, repeats = study.counts, study.errors.shape[1]
    within = float((counts * (counts - 1)).sum()) * repeats
    between = float(_pairs(counts, study.tested).sum())
    if not within or not between:
        return None
    totals = study.errors.mean(axis=2)
    mean = totals.sum(axis=2, keepdims=True) / counts.sum()
    own = totals - mean * counts
    squares = study.squares - 2 * mean * totals + mean**2 * counts
    same = (own**2 - squares).sum(axis=(1, 2)) / within
    different = _pairs(own, study.tested).sum(axis=(1, 2)) / between
    found: Doubles = same - different
    return found


def _pairs(values: Doubles, tested: Doubles) -> Doubles:
    """Sum of x y over all x and y of two different subjects of a fold, (..., folds).

    `values` are (..., subjects), `tested` (..., folds, subjects).
    """
    sums = (tested @ values[..., None])[..., 0]
    squares = (tested @ (values**2)[..., None])[..., 0]
    return np.asarray(sums**2 - squares)


def _deviations(variance: Doubles | None, systems: int) -> list[float | None]:
    if variance is None:
        return [None] * systems
    return [float(one) for one in np.sqrt(np.maximum(variance, 0))]
