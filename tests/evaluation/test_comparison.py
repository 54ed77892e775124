"""What an evaluation holds, against answers worked out by hand."""

from pathlib import Path

import numpy as np
import pytest

from comparison import evaluated
from ferbench.evaluation.comparison import Evaluation
from ferbench.evaluation.ensemble import EQUAL, LEARNED, combine
from ferbench.evaluation.statistics.subjects import detectable
from ferbench.results.fits import read_all
from fits_factory import write_fit, write_slips, write_study

RIGHT, WRONG = ("anger", "anger"), ("anger", "fear")


def eight(folder: Path, **slips: int) -> Evaluation:
    """Of one fold of eight people; who errs on the first so many."""
    write_slips(folder, **slips)
    return evaluated(folder, list(slips), [0])


def test_errors_are_pooled_and_references_stand_last(tmp_path: Path) -> None:
    evaluation = eight(tmp_path, rnn=2, lstm=0, mlp=8)
    comparison = evaluation.comparison
    assert list(comparison.architectures) == ["lstm", "rnn", "mlp"]
    assert list(comparison.systems) == ["lstm", "rnn"]
    assert comparison.architectures["rnn"].pooled.error_rate == 2 / 8
    assert comparison.architectures["mlp"].pooled.interval == (1, 1)
    # everybody is anger, which the majority says; so does the logistic regression where it errs
    assert comparison.baselines["majority"].pooled.error_rate == 0
    assert comparison.baselines["majority"].pooled.calibration_error is None
    assert (comparison.subjects, comparison.folds, comparison.k) == (8, [0], 5)
    # the power is that of the compared alone
    errors = np.array([[0] * 8, [1, 1] + [0] * 6], dtype=float)
    assert comparison.detectable.difference == pytest.approx(detectable(errors, np.arange(8)))
    assert comparison.detectable.pairs == 1


def test_all_that_figures_show_is_computed(tmp_path: Path) -> None:
    write_study(tmp_path, ["bilstm", "lstm", "mlp"], [0, 1])
    evaluation = evaluated(tmp_path, ["bilstm", "lstm", "mlp"], [0, 1])
    comparison = evaluation.comparison
    rows = {**comparison.architectures, **comparison.baselines, **comparison.ensembles}
    assert list(evaluation.confusion) == list(rows)
    for name, by_fold in evaluation.confusion.items():
        assert list(by_fold) == [0, 1]
        assert np.sum(list(by_fold.values()), axis=0).tolist() == rows[name].confusion
    assert list(evaluation.reliability) == [name for name in rows if name != "majority"]
    for name, bins in evaluation.reliability.items():
        assert bins.error == rows[name].pooled.calibration_error
    assert list(evaluation.curves) == ["bilstm", "lstm", "mlp"]


def test_comparisons_with_a_reference_are_a_family_of_their_own(tmp_path: Path) -> None:
    evaluation = eight(tmp_path, rnn=2, lstm=0, bilstm=8, mlp=8)
    pairs = {(pair.left, pair.right): pair for pair in evaluation.pairs}
    assert list(pairs) == [("bilstm", "lstm"), ("bilstm", "rnn"), ("lstm", "rnn")]
    # eight, six and two people differ, all in one direction: p is 2 / 2 ** n; Holm times 3, 2, 1
    assert pairs["bilstm", "lstm"].adjusted == pytest.approx(3 * 2 / 2**8)
    assert pairs["bilstm", "rnn"].adjusted == pytest.approx(2 * 2 / 2**6)
    assert pairs["lstm", "rnn"].adjusted == pytest.approx(1 / 2)
    against = {(pair.left, pair.right): pair for pair in evaluation.against}
    assert {right for _, right in against} == {"mlp", "logistic_regression"}
    assert against["bilstm", "mlp"].adjusted == 1
    assert against["lstm", "mlp"].adjusted == pytest.approx(3 * 2 / 2**8)
    assert against["rnn", "mlp"].adjusted == pytest.approx(2 * 2 / 2**6)


def test_ensembles_are_of_the_systems_fold_by_fold(tmp_path: Path) -> None:
    write_study(tmp_path, ["rnn", "lstm", "mlp"], [0, 1])
    ensembles = evaluated(tmp_path, ["rnn", "lstm", "mlp"], [0, 1]).comparison.ensembles
    assert ensembles[EQUAL].weights == {name: {0: 0.5, 1: 0.5} for name in ("lstm", "rnn")}
    learned = ensembles[LEARNED].weights
    assert list(learned) == ["lstm", "rnn"]
    for fold in (0, 1):
        assert learned["lstm"][fold] + learned["rnn"][fold] == pytest.approx(1)
    fits = read_all(tmp_path, ["rnn", "lstm"], [0, 1])
    for fold, (part,) in combine(fits)[EQUAL].parts.items():
        posteriors = [of_one[fold][0].test.sequences.posteriors for of_one in fits.values()]
        np.testing.assert_allclose(part.sequences.posteriors, np.mean(posteriors, axis=0))
    assert combine({"rnn": fits["rnn"]}) == {}


def test_weights_are_learned_on_the_validation_part(tmp_path: Path) -> None:
    # the factory's validation part is the first sequence: rnn is right there, and wrong elsewhere
    for name, decisions in {"rnn": [RIGHT, WRONG, WRONG], "lstm": [WRONG, RIGHT, RIGHT]}.items():
        write_fit(tmp_path, name, 0, decisions=decisions, subjects=["S000", "S001", "S002"])
    learned = evaluated(tmp_path, ["rnn", "lstm"], [0]).comparison.ensembles[LEARNED]
    weights = {name: by_fold[0] for name, by_fold in learned.weights.items()}
    assert weights == pytest.approx({"lstm": 0, "rnn": 1}, abs=1e-6)
    assert learned.pooled.error_rate == pytest.approx(2 / 3)


def test_seeds_of_a_system_decide_together(tmp_path: Path) -> None:
    # of two people the first fit is right on one, the second on both; where they disagree both
    # classes have the same mean, and the first of the classes, anger, is decided for
    fear = ("fear", "fear")
    first, second, people = [RIGHT, ("fear", "anger")], [RIGHT, fear], ["S000", "S001"]
    write_fit(tmp_path, "lstm", 0, decisions=first, others=[second], subjects=people)
    write_fit(tmp_path, "rnn", 0, decisions=second, others=[second], subjects=people)
    evaluation = evaluated(tmp_path, ["lstm", "rnn"], [0])
    comparison = evaluation.comparison
    assert comparison.seeds == [1, 2]
    assert comparison.tests == 4
    assert comparison.architectures["lstm"].metrics["error_rate"].folds == {0: [0.5, 0]}
    assert comparison.architectures["lstm"].pooled.error_rate == 1 / 4
    assert list(comparison.ensembles) == [EQUAL, LEARNED, "lstm, 2 seeds", "rnn, 2 seeds"]
    together = comparison.ensembles["lstm, 2 seeds"]
    assert together.weights == {"seed 1": {0: 0.5}, "seed 2": {0: 0.5}}
    assert together.metrics["error_rate"].folds == {0: [0.5]}
    assert comparison.ensembles["rnn, 2 seeds"].pooled.error_rate == 0
    fits = read_all(tmp_path, ["lstm", "rnn"], [0])
    (part,) = combine(fits)["lstm, 2 seeds"].parts[0]
    both = [fit.test.sequences.posteriors for fit in fits["lstm"][0]]
    np.testing.assert_allclose(part.sequences.posteriors, np.mean(both, axis=0))


def test_systems_decide_together_by_fits_of_one_seed(tmp_path: Path) -> None:
    # the factory's validation part is the first sequence, and a fit that is right there has all the
    # weight: of seed 1 that is the rnn, of seed 2 the lstm
    people = ["S000", "S001", "S002"]
    good, bad = [RIGHT, WRONG, WRONG], [WRONG, RIGHT, RIGHT]
    write_fit(tmp_path, "rnn", 0, decisions=good, others=[bad], subjects=people)
    write_fit(tmp_path, "lstm", 0, decisions=bad, others=[good], subjects=people)
    fits = read_all(tmp_path, ["rnn", "lstm"], [0])
    made = combine(fits)
    for number, part in enumerate(made[EQUAL].parts[0]):
        of_seed = [fits[name][0][number].test.sequences.posteriors for name in fits]
        np.testing.assert_allclose(part.sequences.posteriors, np.mean(of_seed, axis=0))
    better = [fits["rnn"][0][0], fits["lstm"][0][1]]
    for fit, part in zip(better, made[LEARNED].parts[0], strict=True):
        np.testing.assert_array_equal(part.sequences.predicted, fit.test.sequences.predicted)
    assert made[LEARNED].weights["rnn"][0] == pytest.approx(0.5, abs=1e-6)  # mean over seeds
