"""Statements about training again, against independent code, properties and answers by hand."""

from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats

from ferbench.evaluation.statistics.procedure import (
    FEWEST,
    MEASURED,
    Training,
    draws,
    fit_error,
    p_value,
    rate_interval,
    too_small,
)
from ferbench.evaluation.statistics.ranks import groups, ranks, verdict
from ferbench.evaluation.statistics.spread import by_subject, spread
from ferbench.evaluation.statistics.subjects import bootstrap, interval

Array = NDArray[np.float64]
NO_EFFECT = Training(deviation=0.0, shared=0.25, initialisation=0.5)
Study = tuple[Array, NDArray[np.str_], NDArray[np.intp]]


def study(
    seed: int = 0,
    systems: int = 2,
    repeats: int = 1,
    seeds: int = 3,
    people: int = 20,
    each: int = 3,
    of_fold: float = 0.0,
    of_seed: float = 0.0,
    of_subject: float = 0.0,
) -> Study:
    """Errors at about 30 %, with uniform effects of these standard deviations."""
    rng = np.random.default_rng(seed)
    k = 5
    dealt = np.stack([rng.permutation(np.arange(people) % k) for _ in range(repeats)])
    person = np.repeat(np.arange(people), each)
    folds = dealt[:, person] + k * np.arange(repeats)[:, None]

    def uniform(deviation: float, *size: int) -> Array:
        return deviation * np.sqrt(12) * (rng.random(size) - 0.5)

    chance = 0.3 + uniform(of_subject, systems, people)[:, None, None, person]
    chance = chance + uniform(of_fold, systems, repeats * k)[:, folds][:, :, None]
    fit = uniform(of_seed, systems, seeds, repeats * k)
    chance = chance + np.moveaxis(fit[..., folds], 1, 2)
    errors = (rng.random((systems, repeats, seeds, len(person))) < chance).astype(float)
    return errors, np.array([f"S{number:03}" for number in person]), folds


# ---- draws


def test_without_a_training_effect_draws_are_students_t() -> None:
    errors, subjects, folds = study(people=10, each=1, seeds=1)
    drawn = draws(errors, subjects, folds, samples=40_000, training=NO_EFFECT)
    wrong = errors[0, 0, 0]
    theirs = stats.t.interval(0.95, 9, wrong.mean(), stats.sem(wrong))
    assert interval(drawn[0]) == pytest.approx(np.array(theirs), abs=0.03)
    # where subjects are many, the bootstrap's own
    many = study(people=2000, each=1)
    flat = bootstrap(many[0].mean(axis=(1, 2)), many[1], samples=4000)
    found = draws(*many, samples=4000, training=NO_EFFECT)
    assert found.std(axis=1) == pytest.approx(flat.std(axis=1), rel=0.03)


def test_the_effect_of_fits_by_hand() -> None:
    # 20 subjects with 3 sequences each, 1 x 5 folds, half of them wrong: 0.25 / 0.1875 as large
    errors, subjects, folds = study()
    errors[:] = 0
    errors[..., ::2] = 1  # in every seed: no spread between seeds
    within = 1 / 5 - 1 / 20
    shares = 0.25 + (0.375 + 0.375 / 3) * within
    assert fit_error(by_subject(errors, subjects, folds)) == pytest.approx(
        0.025 * np.sqrt(0.25 / 0.1875 * shares)
    )
    drawn = draws(errors, subjects, folds, samples=20_000)
    # both systems err alike: what differs is training alone
    expected = 0.025 * np.sqrt(2 * 0.25 / 0.1875 * shares)
    assert (drawn[0] - drawn[1]).std() == pytest.approx(expected, rel=0.02)


def test_seeds_that_spread_more_than_supposed_widen_all_intervals() -> None:
    widths = []
    for of_seed in (0.0, 0.1, 0.15):
        errors, subjects, folds = study(people=60, seeds=5, of_seed=of_seed)
        widths.append(np.ptp(interval(draws(errors, subjects, folds, samples=2000)), axis=1))
        found = fit_error(by_subject(errors, subjects, folds))
        if of_seed:
            # in proportion: the seed's part is 0.375 of the whole
            rates = errors.mean(axis=(1, 2, 3))
            parts = 0.25 + (0.375 + 0.375 / 5) * (1 / 5 - 1 / 60)
            pooled = of_seed / np.sqrt(0.375) * np.sqrt(parts)
            share = rates * (1 - rates) / (rates * (1 - rates)).mean()
            assert found == pytest.approx(pooled * np.sqrt(share), rel=0.25)
    assert (np.diff(np.array(widths), axis=0) > 0).all()


@given(st.integers(0, 10**6), st.sampled_from([1, 2]), st.sampled_from([1, 3]))
@settings(max_examples=20, deadline=None)
def test_order_and_names_do_not_matter(seed: int, repeats: int, seeds: int) -> None:
    errors, subjects, folds = study(seed, repeats=repeats, seeds=seeds)
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(subjects))
    numbers = np.array([int(name[1:]) for name in subjects])
    said, of_each = draws(errors, subjects, folds, samples=50), spread(errors, subjects, folds)
    for moved in (
        (errors[..., order], subjects[order], folds[:, order]),
        (errors, numbers, folds * 3 + 7),
        (errors[:, :, rng.permutation(seeds)], subjects, folds),
    ):
        assert draws(*moved, samples=50) == pytest.approx(said)
        for one, other in zip(spread(*moved), of_each, strict=True):
            assert list(one) == pytest.approx(list(other), abs=1e-9)


def test_the_same_seed_gives_the_same_draws() -> None:
    given_study = study()
    one, same, other = (draws(*given_study, samples=40, seed=seed) for seed in (1, 1, 2))
    assert (one == same).all()
    assert (one != other).any()


def test_no_errors_at_all_are_not_known_to_be_equal() -> None:
    errors, subjects, folds = study(people=8, each=2)
    drawn = draws(0 * errors, subjects, folds)
    low, high = interval(drawn[0] - drawn[1])
    # half of sqrt(8 * 16) decisions, of each of two systems
    assert (high - low) / 2 == pytest.approx(1.96 * np.sqrt(2) / (2 * np.sqrt(128)), rel=0.05)
    assert verdict((low, high), 1.0) == "unclear"
    assert rate_interval(drawn[0], 0.0, 8) == pytest.approx([0, 0.3694], abs=1e-4)


def test_what_does_not_fit_together() -> None:
    errors, subjects, folds = study()
    for wrong in (
        (errors, subjects[1:], folds),
        (errors, subjects, folds[:, 1:]),
        (errors[:, :, :0], subjects, folds),
    ):
        with pytest.raises(ValueError, match=r"errors \(2, 1, "):
            draws(*wrong)
    with pytest.raises(ValueError, match="one subject"):
        draws(errors, np.full(len(subjects), "S"), 0 * folds)
    with pytest.raises(ValueError, match="two folds of one repeat"):
        draws(errors, subjects, np.arange(folds.size)[None] % 5)


# ---- p and intervals of a rate


@given(st.integers(0, 10**6))
@settings(max_examples=30, deadline=None)
def test_p_and_interval_say_the_same_in_either_direction(seed: int) -> None:
    rng = np.random.default_rng(seed)
    left, right = rng.normal(rng.normal(0, 2), 1, 2000), rng.normal(0, 0.1, 2000)
    low, high = interval(left - right)
    p = p_value(left, right)
    assert 2 / 2001 <= p <= 1
    assert p == p_value(right, left)
    if not 0.045 < p < 0.055:
        assert (p < 0.05) == (low > 0 or high < 0)


def test_p_by_hand() -> None:
    left = np.r_[np.full(3, -1.0), np.ones(96)]
    assert p_value(left, np.zeros(99)) == 2 * 4 / 100
    assert p_value(left, left) == 1
    assert p_value(np.ones(99), np.zeros(99)) == 2 / 100


def test_equal_systems_are_not_told_apart() -> None:
    errors, subjects, folds = study()
    errors[1] = errors[0]
    drawn = draws(errors, subjects, folds)
    assert p_value(drawn[0], drawn[1]) > 0.95
    low, high = interval(drawn[0] - drawn[1])
    assert low == pytest.approx(-high, rel=0.06)


def test_an_error_rate_without_a_training_effect_is_jeffreys() -> None:
    errors, subjects, folds = study(people=400, each=1, seeds=1)
    drawn = draws(errors, subjects, folds, samples=20_000, training=NO_EFFECT)
    wrong = int(errors[0].sum())
    theirs = stats.beta.ppf([0.025, 0.975], wrong + 0.5, 400 - wrong + 0.5)
    found = rate_interval(drawn[0], wrong / 400, 400)
    assert found == pytest.approx(theirs, abs=0.003)


def test_an_error_rate_of_0_or_1_is_clopper_and_pearson() -> None:
    for wrong in (0, 12):
        theirs = stats.binomtest(wrong, 12).proportion_ci()
        found = rate_interval(np.full(9, wrong / 12), wrong / 12, 12)
        assert found == pytest.approx([theirs.low, theirs.high])


def test_small_studies() -> None:
    assert [too_small(people) for people in (FEWEST - 1, FEWEST)] == [True, False]
    assert MEASURED.deviation == 0.025


# ---- spread


def test_spread_finds_what_was_put_in() -> None:
    """The mean over many systems, because one system's ten folds say little of the split."""
    errors, subjects, folds = study(
        systems=40, repeats=2, people=150, each=4, of_fold=0.08, of_seed=0.1, of_subject=0.12
    )
    found = np.array(spread(errors, subjects, folds), dtype=float)
    assert np.sqrt((found**2).mean(axis=0)) == pytest.approx([0.08, 0.1, 0.12], rel=0.12)


def test_one_seed_and_one_repeat_hide_a_source() -> None:
    errors, subjects, folds = study(systems=1, repeats=2, seeds=1)
    assert [one is None for one in spread(errors, subjects, folds)[0]] == [False, True, False]
    errors, subjects, folds = study(systems=1)
    assert [one is None for one in spread(errors, subjects, folds)[0]] == [True, False, False]
    # no subject has two sequences; no fold has two subjects
    assert spread(*study(systems=1, each=1))[0].subjects is None
    assert spread(*study(systems=1, people=5))[0] == (None, None, None)
    # one seed: the seed's part is in the split's
    found = np.array(
        spread(*study(systems=60, repeats=2, seeds=1, people=150, of_fold=0.08, of_seed=0.06))
    )[:, 0].astype(float)
    assert np.sqrt((found**2).mean()) == pytest.approx(0.1, rel=0.15)


def by_loops(
    errors: Array, subjects: NDArray[np.str_], folds: NDArray[np.intp]
) -> tuple[float, float, float]:
    """The three variances by their definitions, pair by pair, for one system."""
    _, repeats, seeds, sequences = errors.shape
    pairs = [(i, j) for i, j in product(range(sequences), repeat=2) if subjects[i] != subjects[j]]
    own = errors[0] - errors[0].mean(axis=1, keepdims=True)
    products, count = 0.0, 0
    for repeat, (i, j) in product(range(repeats), pairs):
        if folds[repeat, i] == folds[repeat, j]:
            products += float((own[repeat, :, i] * own[repeat, :, j]).sum())
            count += seeds - 1
    initial = products / count
    means = errors[0].mean(axis=1)
    above, below = 0.0, 0.0
    for one, other in combinations(range(repeats), 2):
        difference = means[one] - means[other]
        for i, j in pairs:
            times = sum(folds[r, i] == folds[r, j] for r in (one, other))
            above += times * difference[i] * difference[j]
            below += times**2
    deviations = means - means.mean(axis=1, keepdims=True)
    same, different = [], []
    for repeat, (i, j) in product(range(repeats), product(range(sequences), repeat=2)):
        value = deviations[repeat, i] * deviations[repeat, j]
        if i != j and subjects[i] == subjects[j]:
            same.append(value)
        elif subjects[i] != subjects[j] and folds[repeat, i] == folds[repeat, j]:
            different.append(value)
    return above / below - initial / seeds, initial, float(np.mean(same) - np.mean(different))


def test_spread_by_its_definition() -> None:
    for seed in range(4):
        errors, subjects, folds = study(
            seed, 1, repeats=2, people=12, of_fold=0.15, of_seed=0.15, of_subject=0.15
        )
        kept = np.random.default_rng(seed).random(len(subjects)) < 0.8  # unequal numbers
        some = errors[..., kept], subjects[kept], folds[:, kept]
        expected = np.sqrt(np.maximum(0, by_loops(*some)))
        assert np.array(spread(*some)[0], dtype=float) == pytest.approx(expected)


# ---- ranks, groups and verdicts


def test_ranks_by_hand() -> None:
    drawn = np.array([[0.1, 0.1, 0.4], [0.2, 0.3, 0.3], [0.3, 0.2, 0.2]])
    assert ranks(drawn).tolist() == [[1, 3], [2, 3], [1, 3]]
    assert ranks(np.repeat([[0.1], [0.2], [0.1]], 9, axis=1)).tolist() == [[1, 2], [3, 3], [1, 2]]


@given(st.integers(0, 10**6), st.integers(1, 6))
@settings(max_examples=25)
def test_ranks_are_within_the_table_and_follow_their_systems(seed: int, systems: int) -> None:
    rng = np.random.default_rng(seed)
    drawn = rng.normal(rng.normal(size=(systems, 1)), 1, (systems, 99))
    found = ranks(drawn)
    assert ((found >= 1) & (found <= systems)).all()
    assert (found[:, 0] <= found[:, 1]).all()
    order = rng.permutation(systems)
    assert (ranks(drawn[order]) == found[order]).all()


def test_groups_by_hand() -> None:
    assert groups(3, []) == [(0, 1, 2)]
    assert groups(4, [(0, 3), (0, 2), (1, 3)]) == [(0, 1), (1, 2), (2, 3)]
    assert groups(3, combinations(range(3), 2)) == [(0,), (1,), (2,)]
    assert groups(0, []) == []


@given(st.integers(1, 6), st.integers(0, 2**15 - 1))
def test_groups_are_all_largest_sets_that_cannot_be_told_apart(systems: int, bits: int) -> None:
    every = list(combinations(range(systems), 2))
    apart = {pair for number, pair in enumerate(every) if bits >> number & 1}
    alike = [
        set(some)
        for size in range(1, systems + 1)
        for some in combinations(range(systems), size)
        if not apart & set(combinations(some, 2))
    ]
    largest = sorted(tuple(sorted(one)) for one in alike if not any(one < two for two in alike))
    assert groups(systems, sorted(apart)) == largest


@pytest.mark.parametrize(
    ("ends", "adjusted", "said"),
    [
        ((-0.08, -0.01), 0.04, "better"),
        ((0.01, 0.08), 0.05, "worse"),
        ((0.01, 0.08), 0.06, "unclear"),
        ((-0.019, 0.019), 0.9, "equal"),
        ((-0.019, 0.021), 0.9, "unclear"),
        ((-0.015, -0.005), 0.01, "better"),
    ],
)
def test_verdicts(ends: tuple[float, float], adjusted: float, said: str) -> None:
    assert verdict(ends, adjusted) == said
    turned = {"better": "worse", "worse": "better"}
    assert verdict((-ends[1], -ends[0]), adjusted) == turned.get(said, said)
