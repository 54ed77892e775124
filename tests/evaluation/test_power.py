"""What a planned study can find: held against simulated studies, and against itself."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ferbench.evaluation.statistics.power import (
    POWER,
    Size,
    detectable,
    power,
    standard_error,
    subjects_needed,
)

sizes = st.builds(
    Size, st.integers(5, 500), st.floats(1, 20), st.integers(1, 10), st.integers(1, 3), st.just(5)
)
errors = st.floats(0.02, 0.9)


@pytest.mark.parametrize(
    ("subjects", "sequences", "found"),
    [
        (8, 6, (0.208, 0.226, 0.275)),
        (15, 6, (0.364, 0.451, 0.523)),
        (30, 6, (0.544, 0.704, 0.781)),
        (106, 309 / 106, (0.746, 0.855, 0.902)),
    ],
)
def test_power_is_about_that_of_simulated_studies(subjects, sequences, found):
    """Of 8 points at 25 % error with 1, 3 and 5 seeds, as tools/calibrate.py measured it."""
    for seeds, share in zip((1, 3, 5), found, strict=True):
        planned = power(0.08, Size(subjects, sequences, seeds), 0.25)
        assert planned == pytest.approx(share, abs=0.07)


@given(sizes, errors)
def test_what_is_detectable_is_found_with_the_power_that_it_says(size, error):
    least = detectable(size, error)
    assert power(least, size, error) == pytest.approx(POWER, abs=0.01)
    assert detectable(size, error, comparisons=10) > least


@given(sizes, errors)
def test_more_of_anything_finds_smaller_differences(size, error):
    for larger in (
        size._replace(subjects=size.subjects + 1),
        size._replace(seeds=size.seeds + 1),
        size._replace(repeats=size.repeats + 1),
    ):
        assert standard_error(larger, error) <= standard_error(size, error) * 1.001


@given(sizes, st.floats(0.03, 0.3))
def test_the_fewest_subjects_are_enough_and_one_fewer_is_not(size, difference):
    needed = subjects_needed(difference, size, 0.25)
    assert needed is None or detectable(size._replace(subjects=needed), 0.25) <= difference
    if needed is not None and needed > size.k:
        assert detectable(size._replace(subjects=needed - 1), 0.25) > difference


def test_what_all_fits_share_cannot_be_outnumbered():
    assert subjects_needed(0.01, Size(30, 6, 5), 0.25) is None
