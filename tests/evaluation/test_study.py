"""What a study measures, against answers worked out by hand."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from comparison import settings
from ferbench.evaluation.references import read_baselines
from ferbench.evaluation.statistics import detectable
from ferbench.evaluation.study import EQUAL, LEARNED, Study, measure
from ferbench.reporting.pair_tables import to_markdown
from ferbench.results.fits import read_all
from fits_factory import write_baselines, write_fit, write_study

RIGHT, WRONG = ("anger", "anger"), ("anger", "fear")


def studied(folder: Path, names: Sequence[str], folds: Sequence[int]) -> Study:
    write_baselines(folder / "baseline", folder)
    fits = read_all(folder, names, folds)
    return measure(fits, read_baselines(folder / "baseline", fits), settings(), k=5)


def eight(folder: Path, **slips: int) -> Study:
    """One fold of eight people with a sequence each; who errs on the first so many."""
    people = [f"S{number:03}" for number in range(8)]
    for name, wrong in slips.items():
        decisions = [WRONG] * wrong + [RIGHT] * (8 - wrong)
        write_fit(folder, name, 0, decisions=decisions, subjects=people)
    return studied(folder, list(slips), [0])


def test_errors_by_sequence_in_the_order_of_ids(tmp_path: Path) -> None:
    study = eight(tmp_path, rnn=2, lstm=0, mlp=8)
    assert list(study.fits) == ["lstm", "rnn", "mlp"]
    assert study.compared == ["lstm", "rnn"]
    assert study.errors["rnn"].tolist() == [1, 1, 0, 0, 0, 0, 0, 0]
    assert study.subjects.tolist() == [f"S{number:03}" for number in range(8)]
    # everybody is anger, which the majority says; so does the logistic regression where it errs
    assert study.errors["majority"].tolist() == [0] * 8
    assert study.intervals["mlp"] == (1, 1)
    assert (study.people, study.folds, study.k) == (8, [0], 5)


def test_comparisons_with_a_reference_are_a_family_of_their_own(tmp_path: Path) -> None:
    study = eight(tmp_path, rnn=2, lstm=0, bilstm=8, mlp=8)
    pairs = {(pair.left, pair.right): pair for pair in study.pairs}
    assert list(pairs) == [("bilstm", "lstm"), ("bilstm", "rnn"), ("lstm", "rnn")]
    # eight, six and two people differ, all in one direction: p is 2 / 2 ** n; Holm times 3, 2, 1
    assert pairs["bilstm", "lstm"].adjusted == pytest.approx(3 * 2 / 2**8)
    assert pairs["bilstm", "rnn"].adjusted == pytest.approx(2 * 2 / 2**6)
    assert pairs["lstm", "rnn"].adjusted == pytest.approx(1 / 2)
    against = {(pair.left, pair.right): pair for pair in study.against}
    assert {right for _, right in against} == {"mlp", "logistic_regression"}
    assert against["bilstm", "mlp"].adjusted == 1
    assert against["lstm", "mlp"].adjusted == pytest.approx(3 * 2 / 2**8)
    assert against["rnn", "mlp"].adjusted == pytest.approx(2 * 2 / 2**6)


def test_power_is_that_of_the_compared_alone(tmp_path: Path) -> None:
    study = eight(tmp_path, rnn=2, lstm=0, mlp=4)
    errors = np.array([[0] * 8, [1, 1] + [0] * 6], dtype=float)
    assert study.detectable == pytest.approx(detectable(errors, study.subjects, comparisons=1))


def test_ensembles_are_of_the_compared_fold_by_fold(tmp_path: Path) -> None:
    write_study(tmp_path, ["rnn", "lstm", "mlp"], [0, 1])
    study = studied(tmp_path, ["rnn", "lstm", "mlp"], [0, 1])
    assert study.weights[EQUAL] == [[0.5, 0.5]] * 2
    assert [sum(weights) for weights in study.weights[LEARNED]] == pytest.approx([1, 1])
    for fold, part in enumerate(study.ensembles[EQUAL]):
        posteriors = [study.fits[name][fold].test.sequences.posteriors for name in study.compared]
        np.testing.assert_allclose(part.sequences.posteriors, np.mean(posteriors, axis=0))


def test_weights_are_learned_on_the_validation_part(tmp_path: Path) -> None:
    # the factory's validation part is the first sequence: rnn is right there, and wrong elsewhere
    for name, decisions in {"rnn": [RIGHT, WRONG, WRONG], "lstm": [WRONG, RIGHT, RIGHT]}.items():
        write_fit(tmp_path, name, 0, decisions=decisions, subjects=["S000", "S001", "S002"])
    study = studied(tmp_path, ["rnn", "lstm"], [0])
    assert study.compared == ["lstm", "rnn"]
    np.testing.assert_allclose(study.weights[LEARNED], [[0, 1]], atol=1e-6)
    assert study.errors[LEARNED].tolist() == [0, 1, 1]


def test_the_sentences_follow_the_adjusted_p(tmp_path: Path) -> None:
    text = to_markdown(eight(tmp_path, rnn=2, lstm=0, bilstm=8))
    assert "- lstm makes fewer errors than bilstm on 8 subjects (these fits: 100.0 points" in text
    assert "- bilstm and rnn cannot be told apart on 8 subjects." in text  # 0.0625, by Holm
    assert "- lstm and rnn cannot be told apart on 8 subjects." in text
    row = next(line for line in text.splitlines() if line.startswith("| bilstm | lstm "))
    assert [cell.strip() for cell in row.strip("|").split("|")] == [
        *("bilstm", "lstm", "+100.0", "[+100.0, +100.0]", "0.023"),
        *("—", "—", "—", "—", "8 : 0, p 0.008"),
    ]
