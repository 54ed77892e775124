"""What the printed error rates and their ± can be, for a given number of sequences."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from math import ceil, comb, hypot, sqrt
from statistics import fmean

import numpy as np
from scipy import stats

from ferbench.evaluation.statistics import detectable_from_correlation
from ferbench.paper.published import SEQUENCES, SUBJECTS_BY_SEQUENCES
from ferbench.paper.statements import FOLDS, PRINTED, SUBJECTS, Printed

ROUNDING = 0.0005
"""Half a unit of the last digit printed, a share."""
CORRELATION = 0.6
"""Assumed between two systems' correctness on a sequence."""
UNEVEN = 20
"""How far apart in size folds are tried, in sequences."""


def sequences_of(subjects: int) -> tuple[float, int, int]:
    """Mean and central 95 % range of the sequences that so many subjects of CK+ have.

    Exact, over all ways to draw the subjects without replacement.
    """
    ways = {(0, 0): 1}  # by (subjects, sequences)
    for number, available in SUBJECTS_BY_SEQUENCES.items():
        step: dict[tuple[int, int], int] = {}
        for (drawn, total), way in ways.items():
            for more in range(min(available, subjects - drawn) + 1):
                key = drawn + more, total + number * more
                step[key] = step.get(key, 0) + way * comb(available, more)
        ways = step
    totals = sorted(total for drawn, total in ways if drawn == subjects)
    share = np.array([ways[subjects, total] for total in totals], dtype=float)
    share /= share.sum()
    low, high = np.searchsorted(share.cumsum(), [0.025, 0.975])
    return float(share @ totals), totals[low], totals[high]


def smallest_spread(sequences: int, folds: int = FOLDS, ddof: int = 1) -> float:
    """Smallest standard deviation but 0 of the error rates of equal folds, a share.

    That of folds equal but for one error in one of them: rates (1, 0, ..., 0) * folds / sequences.
    """
    return float(np.std([folds / sequences] + [0] * (folds - 1), ddof=ddof))


def attainable(rate: float, sequences: int) -> bool:
    """Whether a whole number of errors among so many sequences prints as this rate."""
    return abs(round(rate * sequences) / sequences - rate) <= ROUNDING + 1e-12


def uneven_folds(printed: Printed, sequences: int, uneven: int = UNEVEN) -> tuple[int, ...] | None:
    """Sizes of folds, as even as can be, over which mean ± standard deviation print as the paper's.

    Whole numbers of errors, either ddof. None if there are none whose largest has at most `uneven`
    sequences more than the smallest.
    """
    for apart in range(uneven + 1):
        for smallest in range(max(1, sequences // FOLDS - apart), sequences // FOLDS + 1):
            for between in _sizes(sequences - 2 * smallest - apart, smallest, smallest + apart):
                sizes = (smallest, *between, smallest + apart)
                if _gives(printed, sizes):
                    return sizes
    return None


def _sizes(total: int, low: int, high: int, parts: int = FOLDS - 2) -> Iterator[tuple[int, ...]]:
    """All non-decreasing sizes from low to high with this total."""
    if parts == 1:
        if low <= total <= high:
            yield (total,)
        return
    for size in range(low, min(high, total // parts) + 1):
        yield from ((size, *more) for more in _sizes(total - size, size, high, parts - 1))


def _gives(printed: Printed, sizes: tuple[int, ...]) -> bool:
    # of n numbers none is further from their mean than sqrt(n - 1) standard deviations (ddof = 0)
    reach = ROUNDING + sqrt(len(sizes) - 1) * (printed.spread + ROUNDING)
    low, high = printed.error_rate - reach, printed.error_rate + reach
    rates = [
        [errors / size for errors in range(ceil(low * size), int(high * size) + 1)]
        for size in sizes
    ]
    tried = np.array(list(product(*rates)))
    if not tried.size:
        return False
    right = np.abs(tried.mean(axis=1) - printed.error_rate) <= ROUNDING
    spreads = (tried.std(axis=1, ddof=ddof) for ddof in (0, 1))
    return any((right & (np.abs(std - printed.spread) <= ROUNDING)).any() for std in spreads)


def mcnemar_needs(gap: float, level: float = 0.05) -> tuple[int, int]:
    """Discordant sequences, all for one system, that exact McNemar needs, and so sequences in all.

    p = 2 * 0.5^n for n one-sided discordant pairs; a gap then is n / sequences.
    """
    pairs = 1
    while stats.binomtest(0, pairs).pvalue > level:
        pairs += 1
    return pairs, ceil(round(pairs / gap, 9))


def welch(left: Printed, right: Printed, runs: int = FOLDS) -> tuple[float, float]:
    """Welch's t and its two-sided p, if ± is the standard deviation of so many independent runs."""
    result = stats.ttest_ind_from_stats(
        left.error_rate, left.spread, runs, right.error_rate, right.spread, runs, equal_var=False
    )
    return float(result.statistic), float(result.pvalue)


def z_test(left: Printed, right: Printed) -> tuple[float, float]:
    """z and its two-sided p, if ± is a standard error and the two are independent."""
    z = (left.error_rate - right.error_rate) / hypot(left.spread, right.spread)
    return z, float(2 * stats.norm.sf(abs(z)))


def binomial_interval(rate: float, sequences: int) -> tuple[int, float, float]:
    """Errors nearest to the rate, and their exact (Clopper & Pearson 1934) 95 % interval, shares.

    Takes sequences as independent, which those of one subject are not.
    """
    errors = round(rate * sequences)
    interval = stats.binomtest(errors, sequences).proportion_ci(0.95, method="exact")
    return errors, float(interval.low), float(interval.high)


def detectable(sequences: int) -> float:
    """Smallest true difference of two paired error rates that is found with 80 % power, a share.

    Both err as often as the two printed rates do on average; sequences are taken as independent.
    """
    rates = [printed.error_rate for printed in PRINTED.values()]
    return detectable_from_correlation(fmean(rates), CORRELATION, sequences)


def sequences_to_detect(gap: float) -> int:
    """Sequences on which `detectable`, a 1 / sqrt(n) of that on one, is as small as the gap."""
    return ceil((detectable(1) / gap) ** 2)


@dataclass(frozen=True)
class ErrorRow:
    """What the printed errors come to for one number of sequences; shares, not per cent."""

    sequences: int
    one: float
    """One sequence, as a share of a fold."""
    smallest_spread: float
    """Standard deviation over equal folds, but for 0 (ddof = 1)."""
    smallest_error: float
    """Its standard error: divided by the square root of the number of folds."""
    gap: float
    """The difference of the two printed rates, in sequences."""
    detectable: float
    attainable: dict[str, bool]
    """By architecture: whether its printed rate is that of a whole number of errors."""
    folds: dict[str, tuple[int, ...] | None]
    """By architecture: sizes of folds that give its ±, see `uneven_folds`."""


def error_rows(sizes: tuple[int, ...] | None = None) -> list[ErrorRow]:
    """For as many sequences as 30 people of CK+ have, six for each of them, and all of CK+."""
    sizes = sizes or (round(sequences_of(SUBJECTS)[0]), 6 * SUBJECTS, SEQUENCES)
    gap = PRINTED["lstm"].error_rate - PRINTED["bilstm"].error_rate
    return [
        ErrorRow(
            sequences=number,
            one=FOLDS / number,
            smallest_spread=smallest_spread(number),
            smallest_error=smallest_spread(number) / sqrt(FOLDS),
            gap=gap * number,
            detectable=detectable(number),
            attainable={name: attainable(p.error_rate, number) for name, p in PRINTED.items()},
            folds={name: uneven_folds(p, number) for name, p in PRINTED.items()},
        )
        for number in sizes
    ]
