"""What is said of training again follows from every decision of the study."""

from pathlib import Path

import numpy as np
import pytest

from comparison import evaluated
from ferbench.config.schema import Compare
from ferbench.evaluation.again import Study, of_systems, study
from ferbench.evaluation.errors import TestParts
from ferbench.evaluation.statistics.pairs import compare_pairs
from ferbench.results.predictions import PartPredictions, Predictions
from fits_factory import write_fit, write_study

PARAMS = Compare(decimals=1, bootstrap=400, seed=1)
NOTHING = np.empty(0, np.intp)
NONE = Predictions(np.empty(0, np.str_), NOTHING, NOTHING, np.empty((0, 2)))


def part(wrong: dict[str, bool]) -> PartPredictions:
    """Decisions about sequences; the subject of "a1" is "a"."""
    ids, decided = np.array(list(wrong)), np.array(list(wrong.values())).astype(np.intp)
    label = np.zeros(len(ids), np.intp)
    posteriors = np.eye(2)[decided]
    subjects = np.array([name[0] for name in ids])
    return PartPredictions(["x", "y"], Predictions(ids, label, decided, posteriors), NONE, subjects)


def known(parts: TestParts, subjects: str = "aabb", k: int = 2) -> Study | None:
    return study(parts, np.array(list(subjects)), PARAMS, k)


def test_decisions_lie_by_repeat_seed_and_sequence() -> None:
    first = {
        0: [part({"a1": True, "a2": False}), part({"a1": False, "a2": False})],
        1: [part({"b2": True, "b1": False}), part({"b1": True, "b2": True})],
        3: [part({"a1": True, "a2": True}), part({"a1": False, "a2": True})],
        2: [part({"b1": False, "b2": False}), part({"b1": True, "b2": False})],
    }
    baseline = {fold: [of_fold[0]] for fold, of_fold in first.items()}
    found = known({"lstm": first, "logistic_regression": baseline})
    assert found is not None
    expected = [[[1, 0, 0, 1], [0, 0, 1, 1]], [[1, 1, 0, 0], [0, 1, 1, 0]]]
    assert found.errors["lstm"].tolist() == expected
    assert found.folds.tolist() == [[0, 0, 1, 1], [3, 3, 2, 2]]
    for repeat, of_repeat in enumerate(found.errors["logistic_regression"].tolist()):
        assert of_repeat == [expected[repeat][0]] * 2  # one decision, whatever the seed
    assert found.drawn["lstm"].shape == (400,)


@pytest.mark.parametrize(
    ("parts", "subjects"),
    [
        ({0: [part({"a1": True})], 1: [part({"a2": False})]}, "aa"),
        ({0: [part({"a1": True, "b1": True})], 1: [part({"a2": False})]}, "aab"),
        ({0: [part({"a1": True})], 1: [part({"b1": True})], 2: [part({"a1": True})]}, "ab"),
    ],
    ids=["one subject", "a leak", "a repeat that lacks a fold"],
)
def test_nothing_is_said_where_nothing_can_be(
    parts: dict[int, list[PartPredictions]], subjects: str
) -> None:
    assert known({"lstm": parts}, subjects) is None
    assert of_systems(None, ["lstm"], []) == {}


def test_groups_are_those_that_the_pairs_do_not_tell_apart(tmp_path: Path) -> None:
    names = ["rnn", "lstm", "bilstm", "cnn", "mlp"]
    write_study(tmp_path, names)
    evaluation = evaluated(tmp_path, names, [0, 1, 2, 3, 4])
    rows = evaluation.comparison.architectures
    again = {name: row.again for name, row in rows.items() if row.again}
    assert list(again) == list(rows)
    assert evaluation.pairs
    for pair in evaluation.pairs:
        left, right = (again[name].group or "" for name in (pair.left, pair.right))
        assert pair.apart != bool(set(left) & set(right))
    systems = len(evaluation.comparison.systems)
    for name, row in again.items():
        low, high = row.interval
        assert low < rows[name].pooled.error_rate < high
        if name == "mlp":  # a reference is not ranked
            assert (row.rank, row.group) == (None, None)
        else:
            assert row.rank is not None
            assert 1 <= row.rank[0] <= row.rank[1] <= systems


def test_training_again_is_less_certain_than_these_fits(tmp_path: Path) -> None:
    write_study(tmp_path, ["rnn", "cnn"])
    (pair,) = evaluated(tmp_path, ["rnn", "cnn"], [0, 1, 2, 3, 4]).pairs
    assert pair.again is not None
    (low, high), (lower, higher) = pair.interval, pair.again.interval
    assert lower < low < high < higher


def test_seeds_of_a_fold_are_one_study(tmp_path: Path) -> None:
    right, wrong = ("anger", "anger"), ("anger", "fear")
    for name, others in (("rnn", [wrong, right]), ("lstm", [right, right])):
        for fold in (0, 1):
            people = [f"S{fold}1", f"S{fold}2"]
            write_fit(tmp_path, name, fold, decisions=[right] * 2, others=[others], subjects=people)
    comparison = evaluated(tmp_path, ["rnn", "lstm"], [0, 1]).comparison
    assert comparison.seeds == [1, 2]
    rnn = comparison.architectures["rnn"]
    assert rnn.metrics["error_rate"].folds == {0: [0, 0.5], 1: [0, 0.5]}
    assert rnn.metrics["error_rate"].mean == rnn.pooled.error_rate == 0.25
    assert rnn.again is not None
    assert rnn.again.spread.initialisation is not None
    assert comparison.architectures["lstm"].pooled.error_rate == 0
    assert comparison.tests == 8
    assert list(comparison.ensembles)[2:] == ["lstm, 2 seeds", "rnn, 2 seeds"]


def test_pairs_without_draws_speak_of_these_fits_alone() -> None:
    errors = np.array([[0.0, 1.0, 1.0], [0.0, 0.0, 0.0]])
    (pair,) = compare_pairs("ab", errors, np.arange(3), np.array([[0.5], [0.0]]), k=2, seed=1)
    assert pair.again is None
    assert pair.apart == (pair.adjusted <= 0.05)
