"""Metrics against answers worked out by hand, and against their definitions on any input."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ferbench.evaluation import metrics
from ferbench.results.predictions import PartPredictions, Predictions, Truncated

CLASSES = ["anger", "fear", "sadness"]
Pair = tuple[int, int]  # label and decision
Pairs = Sequence[Pair]
DECISIONS = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=1, max_size=40)


def predictions(decisions: Pairs) -> Predictions:
    label, predicted = np.array(decisions, dtype=np.intp).T
    names = np.array([f"S001_{number:03}" for number in range(len(decisions))])
    return Predictions(names, label, predicted, np.eye(3)[predicted])


def part(sequences: Pairs, frames: Pairs = ((0, 0),)) -> PartPredictions:
    subjects = np.array([f"S{number:03}" for number in range(len(sequences))])
    return PartPredictions(CLASSES, predictions(sequences), predictions(frames), subjects)


def test_the_table_has_these_columns_in_this_order() -> None:
    shown = [name for name, registered in metrics.METRICS.items() if registered.column]
    assert shown == ["error_rate", "macro_error_rate", "frame_error_rate", "macro_f1"]


def test_known_answers() -> None:
    # labels 0 0 1 2, decisions 0 1 1 1: two of four wrong; of six frames one is
    some = part([(0, 0), (0, 1), (1, 1), (2, 1)], [(0, 0)] * 5 + [(1, 0)])
    assert metrics.error_rate(some) == pytest.approx(1 / 2)
    assert metrics.frame_error_rate(some) == pytest.approx(1 / 6)
    # F1 of class 0: 2/(2+0+1), of 1: 2/(2+2+0), of 2: 0
    assert metrics.macro_f1(some) == pytest.approx((2 / 3 + 1 / 2 + 0) / 3)
    assert metrics.macro_f1(part([(0, 0), (1, 1)])) == 1  # class 2 does not occur
    # errors of class 0: 1/2, of 1: 0, of 2: 1
    assert metrics.macro_error_rate(some) == pytest.approx((1 / 2 + 0 + 1) / 3)


@given(DECISIONS, DECISIONS)
def test_definitions(sequences: list[Pair], frames: list[Pair]) -> None:
    some = part(sequences, frames)
    wrong = sum(label != predicted for label, predicted in sequences)
    assert metrics.error_rate(some) == pytest.approx(wrong / len(sequences))
    wrong = sum(label != predicted for label, predicted in frames)
    assert metrics.frame_error_rate(some) == pytest.approx(wrong / len(frames))
    scores = []
    for one in {index for pair in sequences for index in pair}:
        hits = sequences.count((one, one))
        rest = sum((label == one) != (predicted == one) for label, predicted in sequences)
        scores.append(2 * hits / (2 * hits + rest))
    assert metrics.macro_f1(some) == pytest.approx(np.mean(scores))
    of_class: dict[int, list[bool]] = {}
    for label, predicted in sequences:
        of_class.setdefault(label, []).append(label != predicted)
    expected = np.mean([*map(np.mean, of_class.values())])
    assert metrics.macro_error_rate(some) == pytest.approx(expected)


@given(DECISIONS, st.permutations(range(3)))
def test_names_of_classes_do_not_matter(decisions: list[Pair], new: list[int]) -> None:
    renamed = part([(new[label], new[predicted]) for label, predicted in decisions])
    for registered in metrics.METRICS.values():
        measured = registered.measure(part(decisions))
        assert registered.measure(renamed) == pytest.approx(measured)
        assert 0 <= measured <= 1


@given(DECISIONS, DECISIONS)
def test_confusion_counts_every_decision_of_every_part(one: list[Pair], other: list[Pair]) -> None:
    counts = part(one).confusion + part(other).confusion
    assert counts.shape == (3, 3)
    for label, predicted in np.ndindex(3, 3):
        assert counts[label, predicted] == (one + other).count((label, predicted))


def test_a_metric_is_registered_once() -> None:
    with pytest.raises(ValueError, match="'error_rate' is registered twice"):
        metrics.metric("again")(metrics.error_rate)


def confident(*pairs: tuple[float, bool]) -> PartPredictions:
    """A part by confidence and whether the decision, always for the first class, is right."""
    top = np.array([confidence for confidence, _ in pairs])
    rest = (1 - top) / 2
    label = np.array([0 if right else 1 for _, right in pairs], dtype=np.intp)
    names = np.array([f"S001_{number:03}" for number in range(len(pairs))])
    posteriors = np.stack([top, rest, rest], axis=1)
    decided = Predictions(names, label, np.zeros(len(pairs), dtype=np.intp), posteriors)
    return PartPredictions(CLASSES, decided, predictions([(0, 0)]), names)


def test_calibration_error_by_hand() -> None:
    # bin (11/15, 12/15]: 0.75 and 0.79, one of two right; bin (14/15, 1]: 0.95, wrong
    some = confident((0.75, True), (0.79, False), (0.95, False))
    assert metrics.calibration_error(some) == pytest.approx(2 / 3 * (0.77 - 0.5) + 1 / 3 * 0.95)
    assert metrics.calibration_error(confident((1.0, True), (1.0, True))) == 0


def test_a_bin_holds_its_upper_end() -> None:
    parts = [confident((6 / 15, True)), confident((6.01 / 15, True), (1.0, True))]
    counts = metrics.reliability(parts)
    assert np.flatnonzero(counts.counts).tolist() == [5, 6, 14]
    assert counts.confidence[5] == pytest.approx(6 / 15)
    assert np.isnan(counts.accuracy[0])


@given(st.lists(st.tuples(st.floats(0.34, 1), st.booleans()), min_size=1, max_size=30))
def test_calibration_error_is_defined_by_its_sum(pairs: list[tuple[float, bool]]) -> None:
    expected = 0.0
    for lower in range(15):
        of_bin = [
            (confidence, right)
            for confidence, right in pairs
            if lower / 15 < round(confidence, 7) <= (lower + 1) / 15 + 1e-7
            and not round(confidence, 7) <= lower / 15 + 1e-7
        ]
        if of_bin:
            confidences, rights = zip(*of_bin, strict=True)
            expected += len(of_bin) / len(pairs) * abs(np.mean(rights) - np.mean(confidences))
    assert metrics.calibration_error(confident(*pairs)) == pytest.approx(expected, abs=1e-6)


def test_recall_and_error_by_share_by_hand() -> None:
    counts = part([(0, 0), (0, 0), (0, 1), (1, 0)]).confusion
    assert metrics.recall(counts) == [pytest.approx(2 / 3), 0, None]
    label = np.array([0, 1], dtype=np.intp)
    predicted = np.array([[1] * 9 + [0], [0] * 4 + [1] * 6], dtype=np.intp)
    assert metrics.error_by_share(Truncated(label, predicted)).tolist() == [1] * 4 + [0.5] * 5 + [0]
