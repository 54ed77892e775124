"""Tests and intervals against SciPy, baycomp, enumeration and answers by hand."""

from collections.abc import Callable
from itertools import combinations, product
from time import perf_counter

import baycomp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats

from ferbench.evaluation.statistics.folds import correlated_t, fold_interval, nadeau_bengio
from ferbench.evaluation.statistics.pairs import Pair, compare_pairs, holm
from ferbench.evaluation.statistics.subjects import (
    bootstrap,
    detectable,
    detectable_from_correlation,
    differences_by_subject,
    interval,
    mcnemar,
    sign_flip,
)

Array = NDArray[np.float64]

WHOLE = st.lists(st.integers(-6, 6), min_size=1, max_size=10)
SHARES = st.lists(st.floats(0, 1), min_size=2, max_size=12)
P = st.lists(st.floats(0, 1), min_size=1, max_size=7)


def study(seed: int, systems: int = 3, people: int = 12, repeats: int = 1) -> tuple[Array, Array]:
    """Errors (systems, sequences) and the subjects' names, unequally many sequences each."""
    rng = np.random.default_rng(seed)
    subjects = np.repeat([f"S{number:03}" for number in range(people)], 1 + np.arange(people) % 4)
    rng.shuffle(subjects)
    decided = rng.random((repeats, systems, len(subjects)))
    return (decided < rng.random((systems, 1))).mean(axis=0), subjects


# ---- over subjects


def test_bootstrap_draws_subjects_with_all_their_sequences() -> None:
    errors = np.array([[1.0, 1, 0, 0, 0], [0, 0, 1, 1, 1]])  # of a: all wrong, of b: none
    drawn = bootstrap(errors, np.array(["a", "a", "b", "b", "b"]), samples=20_000, seed=1)
    # twice a, twice b, or one of each: 2 of 5
    rates, counts = np.unique(drawn[0], return_counts=True)
    assert rates.tolist() == [0, 0.4, 1]
    assert counts / 20_000 == pytest.approx([1 / 4, 1 / 2, 1 / 4], abs=0.015)
    assert drawn.sum(axis=0) == pytest.approx(1)  # the same draws for both systems
    same, other = (bootstrap(errors, np.array([*"aabbb"]), samples=20_000, seed=n) for n in (1, 2))
    assert (same == drawn).all()
    assert (other != drawn).any()


def test_bootstrap_agrees_with_scipy_where_subjects_have_one_sequence() -> None:
    wrong = np.random.default_rng(3).random(60) < 0.3
    theirs = stats.bootstrap(
        (wrong.astype(float),), np.mean, n_resamples=20_000, method="percentile", rng=4
    ).confidence_interval
    ours = interval(bootstrap(wrong[None].astype(float), np.arange(60), samples=20_000, seed=5))
    assert ours[0] == pytest.approx([theirs.low, theirs.high], abs=0.018)  # one sequence


def test_an_interval_grows_when_the_sequences_of_a_subject_err_together() -> None:
    wrong = np.repeat(np.arange(20) % 4 == 0, 6)[None].astype(float)
    clustered = interval(bootstrap(wrong, np.repeat(np.arange(20), 6), seed=1))[0]
    apart = interval(bootstrap(wrong, np.arange(120), seed=1))[0]
    assert np.ptp(clustered) == pytest.approx(6**0.5 * np.ptp(apart), rel=0.15)


@given(st.integers(0, 10**6))
@settings(max_examples=20)
def test_order_of_sequences_and_names_of_subjects_do_not_matter(seed: int) -> None:
    errors, subjects = study(seed)
    order = np.random.default_rng(seed).permutation(len(subjects))
    numbers = np.array([100 + int(name[1:]) for name in subjects])
    for moved in (errors[:, order], subjects[order]), (errors, numbers):
        assert bootstrap(*moved, samples=50) == pytest.approx(
            bootstrap(errors, subjects, samples=50)
        )
        one, other = (differences_by_subject(e[0], e[1], s) for e, s in (moved, (errors, subjects)))
        assert one == pytest.approx(other)


def every_sign(differences: Array) -> float:
    """The sign-flip p by its definition."""
    signs = np.array(list(product((-1, 1), repeat=len(differences))))
    return float(np.mean(np.abs(signs @ differences) >= abs(differences.sum()) - 1e-9))


@given(WHOLE, st.sampled_from([1, 2, 3, 7]))
def test_sign_flip_of_counts_is_exact(counts: list[int], repeats: int) -> None:
    differences = np.array(counts) / repeats
    assert sign_flip(differences) == pytest.approx(every_sign(differences), abs=1e-12)


@given(st.lists(st.floats(-3, 3), min_size=1, max_size=9))
def test_sign_flip_of_other_numbers_is_enumerated(values: list[float]) -> None:
    differences = np.round(np.array(values), 4) + 0.00003
    assert sign_flip(differences) == pytest.approx(every_sign(differences))


def test_sign_flip_agrees_with_scipy() -> None:
    some = np.random.default_rng(0).normal(0.4, 1, 12)
    theirs = stats.permutation_test(
        (some, np.zeros(12)), lambda x, y: np.sum(x - y), permutation_type="samples"
    )
    assert sign_flip(some) == pytest.approx(theirs.pvalue)


def test_sign_flip_of_many_subjects() -> None:
    # 106 subjects of size 1 are a sign test
    ones = np.r_[np.ones(62), -np.ones(44)]
    assert sign_flip(ones) == pytest.approx(stats.binomtest(62, 106).pvalue)
    some = np.random.default_rng(2).normal(0.25, 1, 40)
    normal = 2 * stats.norm.sf(abs(some.sum()) / np.sqrt((some**2).sum()))
    assert sign_flip(some, seed=1) == pytest.approx(normal, abs=0.01)
    assert sign_flip(some, seed=1) == sign_flip(some, seed=1)
    assert sign_flip(np.full(40, np.pi), samples=99) == 1 / 100  # never 0
    assert sign_flip(np.zeros(30)) == sign_flip(np.array([2.0, -2, 0])) == 1
    # hundreds of subjects do not overflow or vanish
    assert 0 < sign_flip(np.full(1000, 1.0)) < 1e-290


def test_mcnemar_is_the_binomial_test_of_discordant_sequences() -> None:
    left = np.array([1.0] * 9 + [0] * 2 + [1, 0] * 20)
    right = np.array([0.0] * 9 + [1] * 2 + [1, 0] * 20)
    assert mcnemar(left, right) == (9, 2, pytest.approx(stats.binomtest(2, 11).pvalue))
    assert mcnemar(right, left) == (2, 9, mcnemar(left, right).p)
    assert mcnemar(left, left) == (0, 0, 1)
    assert mcnemar(left[:6], right[:6]).p == pytest.approx(2 / 64)  # six are the fewest below 5 %
    assert mcnemar(np.array([1.0, 0]), np.array([0.0, 1])).p == 1
    with pytest.raises(ValueError, match="one repeat"):
        mcnemar(np.array([0.5, 1]), np.array([0.0, 1]))


def test_detectable_is_the_textbook_form_for_independent_sequences() -> None:
    # of 300, both wrong in 39, only one in 21 each: error 0.2, correlation (0.13 - 0.04) / 0.16
    left = np.r_[np.ones(60), np.zeros(240)]
    right = np.r_[np.ones(39), np.zeros(21), np.ones(21), np.zeros(219)]
    found = detectable(np.stack([left, right]), np.arange(300))
    assert found == pytest.approx(detectable_from_correlation(0.2, 0.5625, 300), rel=0.005)
    # ten comparisons: z(0.9975) in place of z(0.975)
    ten = detectable(np.stack([left, right]), np.arange(300), comparisons=10)
    assert ten / found == pytest.approx((2.8070 + 0.8416) / (1.9600 + 0.8416), abs=1e-4)


def test_detectable_by_hand() -> None:
    # differences 1, 0, 0, 0: variance (ddof = 1) 1/4, standard error of their mean 1/4
    found = detectable(np.array([[1.0, 0, 1, 1], [0, 0, 1, 1]]), np.arange(4))
    assert found == pytest.approx(2.8016 / 4, abs=1e-4)


def test_detectable_is_of_subjects_and_of_the_widest_pair() -> None:
    errors, subjects = study(4, systems=2, people=40)
    both = np.concatenate([errors, 1 - errors[:1]])
    pairs = [detectable(both[[i, j]], subjects) for i, j in ((0, 1), (0, 2), (1, 2))]
    assert detectable(both, subjects) == max(pairs)
    drawn = bootstrap(errors, subjects, samples=20_000, seed=1)
    spread = (drawn[0] - drawn[1]).std()
    assert detectable(errors, subjects) == pytest.approx(2.8016 * spread, rel=0.04)
    assert detectable(errors[[0, 0]], subjects) == 0


# ---- over folds


@pytest.mark.parametrize(
    ("repeats", "k", "critical"), [(1, 5, 1.862), (5, 5, 1.111), (10, 5, 1.044), (10, 10, 0.691)]
)
def test_critical_values_of_nadeau_and_bengio(repeats: int, k: int, critical: float) -> None:
    """Mean over standard deviation at which p is 0.05; from tables of Student's t."""
    folds = np.random.default_rng(0).normal(size=repeats * k)
    folds = (folds - folds.mean()) / folds.std(ddof=1)
    assert nadeau_bengio(folds + critical + 0.0006, k=k).p < 0.05
    assert nadeau_bengio(folds + critical - 0.0006, k=k).p > 0.05


def test_nadeau_bengio_by_hand() -> None:
    # mean 0.06, s^2 = 0.001; t = 0.06 / sqrt((1/5 + 1/4) 0.001)
    folds = np.array([0.02, 0.04, 0.06, 0.08, 0.10])
    t, df, p = nadeau_bengio(folds, k=5)
    assert (t, df) == (pytest.approx(0.06 / np.sqrt(0.00045)), 4)
    assert p == pytest.approx(2 * stats.t.sf(t, 4))
    assert nadeau_bengio(-folds, k=5) == (-t, 4, pytest.approx(p))


def test_nadeau_bengio_is_a_t_test_where_folds_share_nothing() -> None:
    folds = np.random.default_rng(1).normal(size=8)
    theirs = stats.ttest_1samp(folds, 0)
    ours = nadeau_bengio(folds, k=10**9)
    assert (ours.t, ours.p) == (pytest.approx(theirs.statistic), pytest.approx(theirs.pvalue))


@given(
    st.lists(st.floats(-0.3, 0.3), min_size=5, max_size=5),
    st.sampled_from([1, 2, 3]),
    st.sampled_from([0.0, 0.01, 0.05]),
)
def test_correlated_t_agrees_with_baycomp(values: list[float], runs: int, rope: float) -> None:
    folds = np.round(np.tile(values, runs), 3)
    folds[0] += 0.01 * (np.ptp(folds) == 0)
    # baycomp's left is better where it scores more, ours where it errs less
    left, *equal, right = baycomp.CorrelatedTTest.probs(-folds, 0 * folds, rope=rope, runs=runs)
    ours = correlated_t(folds, k=5, rope=rope)
    assert ours == pytest.approx((left, sum(equal), right), abs=1e-9)


@given(SHARES, SHARES)
def test_folds_are_symmetric(one: list[float], other: list[float]) -> None:
    n = min(len(one), len(other))
    folds = np.array(one[:n]) - np.array(other[:n])
    there, back = nadeau_bengio(folds, k=5), nadeau_bengio(-folds, k=5)
    assert (there.t, there.p) == (-back.t, back.p)
    mine, theirs = correlated_t(folds, k=5), correlated_t(-folds, k=5)
    assert (mine.left, mine.right) == (theirs.right, theirs.left)
    assert sum(mine) == pytest.approx(1)
    assert fold_interval(folds, k=5) == pytest.approx(-fold_interval(-folds, k=5)[::-1])


def test_one_interval_of_two_schools() -> None:
    folds = np.random.default_rng(2).normal(0.03, 0.05, 10)
    low, high = fold_interval(folds, k=5)
    for end in (low, high):
        assert nadeau_bengio(folds - end, k=5).p == pytest.approx(0.05)
    assert correlated_t(folds - low, k=5, rope=0).left == pytest.approx(0.025)
    assert correlated_t(folds - high, k=5, rope=0).right == pytest.approx(0.025)


def test_folds_that_all_say_the_same() -> None:
    zero, less = np.zeros(5), np.full(5, 0.3) - np.full(5, 0.4)
    assert nadeau_bengio(zero, k=5) == (0, 4, 1)
    assert nadeau_bengio(less, k=5) == (-np.inf, 4, 0)
    assert correlated_t(zero, k=5) == (0, 1, 0)
    assert correlated_t(less, k=5) == (1, 0, 0)
    assert correlated_t(-less, k=5) == (0, 0, 1)
    assert correlated_t(np.full(5, 0.01), k=5) == (0, 1, 0)
    # (0.1 + 0.2) - 0.3 is not 0 in floats
    assert nadeau_bengio(np.full(5, 0.1 + 0.2 - 0.3), k=5).p == 1


@pytest.mark.parametrize("test", [nadeau_bengio, correlated_t, fold_interval])
def test_one_fold_has_no_spread(test: Callable[..., object]) -> None:
    with pytest.raises(ValueError, match="at least two"):
        test(np.array([0.1]), k=5)


# ---- all pairs


def test_holm_by_hand() -> None:
    assert holm(np.array([0.01, 0.04, 0.03, 0.005])) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm(np.array([0.5, 0.6])).tolist() == [1, 1]
    assert holm(np.array([])).tolist() == []


@given(P)
@settings(max_examples=50)
def test_holm_closes_bonferroni(p: list[float]) -> None:
    """A pair is rejected where Bonferroni rejects every set that holds it (Marcus 1976)."""
    every = [chosen for size in range(len(p)) for chosen in combinations(range(len(p)), size + 1)]
    bonferroni = {chosen: min(1, len(chosen) * min(p[i] for i in chosen)) for chosen in every}
    closed = [max(bonferroni[chosen] for chosen in every if i in chosen) for i in range(len(p))]
    assert holm(np.array(p)) == pytest.approx(closed)


NAMES = ("rnn", "lstm", "bilstm")


def by_fold(errors: Array, k: int = 5) -> Array:
    return np.stack([errors[:, number::k].mean(axis=1) for number in range(k)], axis=1)


@given(st.integers(0, 10**6), st.sampled_from([1, 2, 3]))
@settings(max_examples=25)
def test_a_pair_exchanged_says_the_same(seed: int, repeats: int) -> None:
    errors, subjects = study(seed, systems=2, repeats=repeats)
    folds = by_fold(errors)
    (there,) = compare_pairs(NAMES[:2], errors, subjects, folds, k=5, seed=1, samples=200)
    turned = (NAMES[1::-1], errors[::-1], subjects, folds[::-1])
    (back,) = compare_pairs(*turned, k=5, seed=1, samples=200)
    assert (back.left, back.right) == (there.right, there.left)
    assert back.difference == pytest.approx(-there.difference)
    assert back.interval == pytest.approx([-end for end in there.interval[::-1]])
    assert (back.p, back.adjusted) == (pytest.approx(there.p), pytest.approx(there.adjusted))
    assert there.nadeau_bengio is not None
    assert back.nadeau_bengio is not None
    assert back.nadeau_bengio[::2] == (-there.nadeau_bengio.t, there.nadeau_bengio.p)
    assert there.posterior is not None
    assert back.posterior is not None
    assert back.posterior[::-1] == pytest.approx(there.posterior)
    assert back.apart == there.apart
    if there.mcnemar is None or back.mcnemar is None:
        assert repeats > 1
    else:
        assert back.mcnemar == (there.mcnemar.right_only, there.mcnemar.left_only, there.mcnemar.p)


def test_pairs_hold_what_the_functions_say() -> None:
    errors, subjects = study(7)
    folds = by_fold(errors)
    pairs = compare_pairs(NAMES, errors, subjects, folds, k=5, seed=3)
    assert [(pair.left, pair.right) for pair in pairs] == list(combinations(NAMES, 2))
    drawn = bootstrap(errors, subjects, seed=3)
    last = pairs[2]
    assert last.difference == pytest.approx(errors[1].mean() - errors[2].mean())
    assert last.interval == tuple(interval(drawn[1] - drawn[2]))
    assert last.p == sign_flip(differences_by_subject(errors[1], errors[2], subjects))
    assert [pair.adjusted for pair in pairs] == holm(np.array([pair.p for pair in pairs])).tolist()
    assert last.nadeau_bengio == nadeau_bengio(folds[1] - folds[2], k=5)
    assert last.posterior == correlated_t(folds[1] - folds[2], k=5)
    assert last.mcnemar == mcnemar(errors[1], errors[2])
    assert compare_pairs(NAMES, errors, subjects, folds, k=5, seed=3) == pairs
    assert compare_pairs(NAMES[:1], errors[:1], subjects, folds[:1], k=5, seed=3) == []


def test_what_one_fold_and_several_repeats_cannot_say() -> None:
    errors, subjects = study(8, systems=2, repeats=2)
    (pair,) = compare_pairs(NAMES[:2], errors, subjects, errors[:, :1], k=5, seed=1)
    assert (pair.nadeau_bengio, pair.posterior, pair.mcnemar) == (None, None, None)
    with pytest.raises(ValueError, match=r"3 names, errors \(2, "):
        compare_pairs(NAMES, errors, subjects, errors[:, :1], k=5, seed=1)
    # repeats that happen to agree everywhere
    errors, subjects = study(7, systems=2)
    once, twice = (np.hstack([by_fold(errors)] * n) for n in (1, 2))
    (one,) = compare_pairs(NAMES[:2], errors, subjects, once, k=5, seed=3, samples=200)
    (both,) = compare_pairs(NAMES[:2], errors, subjects, twice, k=5, seed=3, samples=200)
    assert one.mcnemar is not None
    assert both.mcnemar is None


def test_ten_thousand_draws_take_no_time() -> None:
    errors, subjects = study(1, systems=5, people=120)
    start = perf_counter()
    bootstrap(errors, subjects)
    assert perf_counter() - start < 3  # about 0.1 s where nothing else runs


@pytest.mark.parametrize(("adjusted", "apart"), [(0.012, True), (0.05, True), (0.0501, False)])
def test_the_adjusted_p_alone_tells_two_systems_apart(adjusted: float, apart: bool) -> None:
    pair = Pair("rnn", "lstm", 0.033, (0.01, 0.056), 0.004, adjusted, None, None, None)
    assert pair.apart == apart
