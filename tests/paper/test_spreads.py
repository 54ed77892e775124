"""What the printed ± can be: against other ways to the same numbers."""

from itertools import combinations_with_replacement, product
from statistics import fmean, pstdev, stdev

import numpy as np
import pytest

from ferbench.paper.spreads import attainable, sequences_of, sizes, smallest_spread, uneven_folds
from ferbench.paper.statements import PRINTED, Printed


def test_sequences_of_subjects_by_another_way() -> None:
    mean, low, high = sequences_of(30)
    assert mean == pytest.approx(30 * 309 / 106)
    numbers = np.repeat([1, 2, 3, 4, 5, 6], [10, 23, 47, 19, 6, 1])
    rng = np.random.default_rng(0)
    totals = [rng.choice(numbers, 30, replace=False).sum() for _ in range(20_000)]
    assert np.abs(np.percentile(totals, [2.5, 97.5]) - [low, high]).max() <= 1
    assert (low, high) == (78, 97)
    assert sizes() == (87, 180, 309)


def test_spreads() -> None:
    assert smallest_spread(87) == pytest.approx(0.0257, abs=5e-5)
    assert smallest_spread(309) == pytest.approx(0.0072, abs=5e-5)
    # equal folds of 20: errors 3 3 3 3 4
    assert smallest_spread(100) == pytest.approx(np.std([0.15] * 4 + [0.2], ddof=1))
    assert attainable(0.146, 309)  # 45 / 309 = 14.56 %
    assert not attainable(0.132, 309)  # 40 / 309 = 12.9 %, 41 / 309 = 13.3 %
    assert not any(attainable(rate, 87) for rate in (0.132, 0.146))  # 12.6, 13.8, 14.9 %


@pytest.mark.parametrize("name", ["lstm", "bilstm"])
def test_uneven_folds_are_a_certificate(name: str) -> None:
    printed = PRINTED[name]
    assert uneven_folds(printed, 87) == ()
    folds = uneven_folds(printed, 309)
    assert sum(folds) == 309
    rates = np.array([*product(*([n / size for n in range(3, 15)] for size in folds))])
    right = np.abs(rates.mean(axis=-1) - printed.error_rate) <= 0.0005
    spread = [np.abs(rates.std(axis=-1, ddof=n) - printed.spread) <= 0.0005 for n in (0, 1)]
    assert (right & (spread[0] | spread[1])).any()


@pytest.mark.parametrize(
    ("rate", "spread"), [(0.4, 0.137), (0.467, 0.282), (0.2, 0.183), (0.25, 0.1)]
)
def test_uneven_folds_are_the_most_even(rate: float, spread: float) -> None:
    apart = []  # of all five folds of 14 sequences that give it, with every number of errors
    for folds in combinations_with_replacement(range(1, 11), 5):
        if sum(folds) == 14:
            for errors in product(*(range(size + 1) for size in folds)):
                rates = [wrong / size for wrong, size in zip(errors, folds, strict=True)]
                near = abs(fmean(rates) - rate) <= 0.0005
                spreads = pstdev(rates), stdev(rates)
                if near and min(abs(one - spread) for one in spreads) <= 0.0005:
                    apart.append(max(folds) - min(folds))
    found = uneven_folds(Printed(0, rate, spread), 14)
    assert (found[-1] - found[0] if found else None) == min(apart, default=None)
