"""Intervals and tests over subjects. They are about these fits on new subjects, not about training
again."""

from itertools import combinations
from math import comb
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import bdtr, ndtri

from ferbench.io.arrays import Doubles

ENUMERATED = 16  # most subjects for which all 2 ** n sign patterns are enumerated
REPEATS = 50  # most repeats for which shares are recognised as counts


def bootstrap(
    errors: Doubles, subjects: NDArray[Any], *, samples: int = 10_000, seed: int = 0
) -> Doubles:
    """Error rates when subjects are drawn with replacement, (systems, samples).

    A subject that is drawn brings all its sequences (the cluster bootstrap; Davison & Hinkley 1997,
    section 3.8). The draws are the same for every system, so rows may be subtracted. A 95 %
    interval takes 5,000 samples or more.
    """
    sums, counts = _sums(errors, subjects)
    people = len(counts)
    alike = np.full(people, 1 / people)
    drawn = np.random.default_rng(seed).multinomial(people, alike, size=samples)
    rates: Doubles = (sums @ drawn.T) / (drawn @ counts)
    return rates


def interval(samples: Doubles) -> Doubles:
    """Percentile 95 % interval over the last axis, (..., 2); for a difference, of paired rows."""
    low, high = np.percentile(samples, [2.5, 97.5], axis=-1)
    ends: Doubles = np.stack([low, high], axis=-1)
    return ends


def differences_by_subject(left: Doubles, right: Doubles, subjects: NDArray[Any]) -> Doubles:
    """Each subject's summed difference in errors, (subjects,), in the order of their names."""
    of_each: Doubles = _sums((left - right)[None], subjects)[0][0]
    return of_each


def sign_flip(differences: Doubles, *, samples: int = 100_000, seed: int = 0) -> float:
    """Two-sided p of the null hypothesis that a subject's difference has either sign equally often.

    Fisher's randomisation test of paired data, with the subject as the unit: the share of all sign
    patterns whose sum is at least as far from 0 as the one observed. Exact where differences are
    multiples of 1/r (r repeats), because subjects of equal size then add up to a binomial, and for
    up to ENUMERATED subjects. Otherwise (1 + hits) / (1 + samples) (Phipson & Smyth 2010).

    `differences` are those of `differences_by_subject`; zeros change nothing. `samples` and `seed`
    are of random sign patterns, where not all are enumerated.
    """
    moved = differences[np.abs(differences) > 1e-9]
    # with r repeats, r times a difference is a whole number; then the exact p is cheap
    for repeats in range(1, REPEATS + 1):
        whole = np.rint(moved * repeats)
        if np.allclose(moved * repeats, whole, rtol=0, atol=1e-6):
            return _convolved(whole.astype(np.int64))
    # the observed pattern itself must count as "as far", in spite of rounding
    reach = np.abs(moved.sum()) - 1e-12 * np.abs(moved).sum()
    if len(moved) <= ENUMERATED:
        bits = np.arange(2 ** len(moved))[:, None] >> np.arange(len(moved)) & 1
        return float(np.mean(np.abs((2 * bits - 1) @ moved) >= reach))
    signs = 2 * np.random.default_rng(seed).integers(0, 2, (samples, len(moved))) - 1
    hits = int((np.abs(signs @ moved) >= reach).sum())
    return (1 + hits) / (1 + samples)


def _convolved(moved: NDArray[np.int64]) -> float:
    """The exact p of whole numbers: n subjects of size s add up to s * (2 Bin(n, 1/2) - n)."""
    chances: Doubles = np.ones(1)
    sizes, counts = np.unique(np.abs(moved), return_counts=True)
    # Python's whole numbers, because 2 ** 64 is 0 in NumPy's
    for size, people in zip(sizes.tolist(), counts.tolist(), strict=True):
        spread = np.zeros(2 * size * people + 1)
        spread[:: 2 * size] = [comb(people, heads) / 2**people for heads in range(people + 1)]
        chances = np.convolve(chances, spread)
    reach = np.abs(moved).sum()
    sums = np.arange(-reach, reach + 1)
    return min(1.0, float(chances[np.abs(sums) >= abs(moved.sum())].sum()))


class Discordant(NamedTuple):
    """McNemar's test of one repeat."""

    left_only: int  # sequences that only the left system decides wrongly
    right_only: int
    p: float


def mcnemar(left: Doubles, right: Doubles) -> Discordant:
    """Exact McNemar test: 2 P(Bin(b + c, 1/2) <= min(b, c)), at most 1.

    It assumes that the sequences of a subject are independent. `left` and `right` are (sequences,),
    1 where it is decided wrongly, else 0; ValueError for other shares, as several repeats give.
    """
    if not np.isin([left, right], (0, 1)).all():
        raise ValueError("McNemar's test needs errors of 0 or 1, which one repeat gives")
    one, other = int((left > right).sum()), int((right > left).sum())
    if one + other == 0:
        return Discordant(0, 0, 1.0)
    return Discordant(one, other, min(1.0, 2 * float(bdtr(min(one, other), one + other, 0.5))))


def detectable(errors: Doubles, subjects: NDArray[Any], *, comparisons: int = 1) -> float:
    """Smallest difference in error rate, a share, that these subjects show with 80 % power.

    (z(1 - 0.05 / (2 m)) + z(0.8)) s, of all pairs the largest: then no pair has less power. s is
    the standard error of the paired difference over subjects, sqrt(S / (S - 1) sum e^2) / N, with
    e a subject's summed difference minus its sequences times the mean difference (the linearised
    ratio; Cochran 1977, section 6.3). Spread is taken to be the same at that difference.

    Args:
        errors: (systems, sequences) shares, two systems or more.
        subjects: (sequences,), two subjects or more.
        comparisons: m, tests in the family. Holm's first step tests at 0.05 / m, later ones at
            larger levels, so that m = all pairs is the worst case.
    """
    sums, counts = _sums(errors, subjects)
    worst = 0.0
    for left, right in combinations(sums, 2):
        difference = left - right
        rest = difference - counts * difference.sum() / counts.sum()
        spread = np.sqrt(len(counts) / (len(counts) - 1) * (rest**2).sum()) / counts.sum()
        worst = max(worst, float(spread))
    return _power(comparisons) * worst


def detectable_from_correlation(
    error: float, correlation: float, sequences: int, *, comparisons: int = 1
) -> float:
    """The same before there are data: two systems of equal error, independent sequences.

    (z + z) sqrt(2 e (1 - e) (1 - c) / n), the variance of a difference of two correlated
    proportions; c is the correlation of being wrong, over n sequences.
    """
    variance = 2 * error * (1 - error) * (1 - correlation) / sequences
    return _power(comparisons) * float(np.sqrt(variance))


def _power(comparisons: int) -> float:
    return float(ndtri(1 - 0.05 / (2 * comparisons)) + ndtri(0.8))


def _sums(values: Doubles, subjects: NDArray[Any]) -> tuple[Doubles, Doubles]:
    """Sums of each row by subject, (rows, subjects), and the subjects' sequences, (subjects,)."""
    _, first, counts = np.unique(np.sort(subjects), return_index=True, return_counts=True)
    order = np.argsort(subjects, kind="stable")
    return np.add.reduceat(values[:, order], first, axis=1), counts.astype(np.float64)
