"""Ensembles against weights and decisions worked out by hand."""

from collections.abc import Sequence

import numpy as np
import pytest

from ferbench.evaluation.ensemble import equal_weights, learned_weights, mix
from ferbench.results.predictions import PartPredictions, Predictions


def part(
    posteriors: list[list[float]], labels: Sequence[int] = (0, 1), names: str = "ab"
) -> PartPredictions:
    table = np.array(posteriors, dtype=np.float64)
    names_of = np.array(list(names)[: len(table)])
    label = np.array(list(labels)[: len(table)], dtype=np.intp)
    rows = Predictions(names_of, label, table.argmax(axis=1).astype(np.intp), table)
    return PartPredictions(["anger", "fear"], rows, rows, names_of)


def test_the_mean_posterior_decides() -> None:
    one, other = part([[0.9, 0.1], [0.6, 0.4]]), part([[0.4, 0.6], [0.3, 0.7]])
    mixed = mix([one, other], equal_weights(2))
    np.testing.assert_allclose(mixed.sequences.posteriors, [[0.65, 0.35], [0.45, 0.55]])
    assert mixed.sequences.predicted.tolist() == [0, 1]
    assert len(mixed.frames.label) == 0
    weighted = mix([one, other], np.array([1.0, 0.0]))
    assert weighted.sequences.predicted.tolist() == [0, 0]


def test_sequences_are_matched_by_id() -> None:
    one = part([[0.9, 0.1], [0.2, 0.8]])
    other = part([[0.3, 0.7], [0.6, 0.4]], labels=(1, 0), names="ba")
    mixed = mix([one, other], equal_weights(2))
    np.testing.assert_allclose(mixed.sequences.posteriors, [[0.75, 0.25], [0.25, 0.75]])
    with pytest.raises(ValueError, match="the same sequences and labels"):
        mix([one, part([[0.9, 0.1], [0.2, 0.8]], labels=(1, 1))], equal_weights(2))


def test_weights_have_the_lowest_validation_loss() -> None:
    # posteriors of the true class: 0.9 and 0.1 by one system, 0.2 and 0.8 by the other; the loss
    # -log(0.2 + 0.7 w) - log(0.8 - 0.7 w) is lowest where 0.2 + 0.7 w = 0.8 - 0.7 w, w = 3/7
    one, other = part([[0.9, 0.1], [0.9, 0.1]]), part([[0.2, 0.8], [0.2, 0.8]])
    np.testing.assert_allclose(learned_weights([one, other]), [3 / 7, 4 / 7], atol=1e-5)


def test_a_system_that_is_better_throughout_has_all_the_weight() -> None:
    good, bad = part([[0.9, 0.1], [0.2, 0.8]]), part([[0.5, 0.5], [0.5, 0.5]])
    np.testing.assert_allclose(learned_weights([bad, good]), [0, 1], atol=1e-6)


def test_certain_and_wrong_is_no_infinite_loss() -> None:
    weights = learned_weights([part([[0.0, 1.0], [1.0, 0.0]]), part([[0.6, 0.4], [0.4, 0.6]])])
    np.testing.assert_allclose(weights, [0, 1], atol=1e-6)
    alike = learned_weights([part([[0.0, 1.0]]), part([[0.0, 1.0]])])
    assert np.isfinite(alike).all()
    assert alike.sum() == pytest.approx(1)
