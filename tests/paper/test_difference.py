"""What the difference of the printed errors can be: against scipy, and by definition."""

from math import comb, sqrt

import pytest
from scipy import stats

from ferbench.paper import difference
from ferbench.paper.statements import PRINTED


def test_the_difference_against_scipy_and_closed_forms() -> None:
    lstm, bilstm = PRINTED["lstm"], PRINTED["bilstm"]
    t, p = difference.welch(lstm, bilstm)
    variances = [0.7**2 / 5, 0.8**2 / 5]
    assert t == pytest.approx(1.4 / sqrt(sum(variances)))
    df = sum(variances) ** 2 / sum(one**2 / 4 for one in variances)
    assert p == pytest.approx(2 * stats.t.sf(t, df))
    assert (round(t, 2), round(p, 3)) == (2.94, 0.019)
    z, p = difference.z_test(lstm, bilstm)
    assert (round(z, 2), round(p, 2)) == (1.32, 0.19)
    # 2 * 0.5^5 = .0625, 2 * 0.5^6 = .031
    assert difference.mcnemar_needs(0.014) == (6, 429)
    assert difference.mcnemar_needs(0.05) == (6, 120)
    assert difference.sequences_to_detect(0.014) == 3_835
    assert difference.detectable(3_835) <= 0.014 < difference.detectable(3_834)
    assert pytest.approx(0.014) == difference.GAP
    found = [round(100 * difference.detectable(number), 1) for number in (87, 180, 309)]
    assert found == [9.3, 6.5, 4.9]


def test_exact_intervals_by_their_definition() -> None:
    for rate, expected in ((0.132, (41, 9.7, 17.6)), (0.146, (45, 10.8, 19.0))):
        errors, (low, high) = difference.binomial_interval(rate, 309)
        assert (errors, round(100 * low, 1), round(100 * high, 1)) == expected
        # each end leaves 2.5 % in the tail beyond the observed number
        few, many = range(errors + 1), range(errors, 310)
        for end, tail in ((high, few), (low, many)):
            left = sum(comb(309, n) * end**n * (1 - end) ** (309 - n) for n in tail)
            assert left == pytest.approx(0.025, abs=1e-6)
