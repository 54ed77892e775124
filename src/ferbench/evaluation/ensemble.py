"""Several systems decide together, by a weighted mean of their sequence posteriors."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from scipy.optimize import minimize

from ferbench.io.arrays import Doubles
from ferbench.results.fits import Fit
from ferbench.results.predictions import PartPredictions, Predictions

LEAST = 1e-9  # floor of a posterior inside the logarithm: one 0 must not make a loss infinite
EQUAL, LEARNED = "equal weights", "learned weights"  # names of the ensembles


class Combined(NamedTuple):
    """An ensemble on the folds of its systems."""

    parts: list[PartPredictions]  # test parts in the order of the folds
    weights: dict[str, dict[int, float]]  # of each system, by fold


def combine(fits: Mapping[str, Sequence[Fit]]) -> dict[str, Combined]:
    """The ensembles of all of `fits`, by name, fold by fold; none of a single system.

    Weights of LEARNED are learned on the validation part of each fold.
    """
    if len(fits) < 2:
        return {}
    by_fold = {of_fold[0].card.fold: of_fold for of_fold in zip(*fits.values(), strict=True)}
    weights = {
        EQUAL: [equal_weights(len(fits)) for _ in by_fold],
        LEARNED: [
            learned_weights([fit.validation for fit in of_fold]) for of_fold in by_fold.values()
        ],
    }
    found = {}
    for name, of_folds in weights.items():
        both = zip(by_fold.values(), of_folds, strict=True)
        parts = [mix([fit.test for fit in of_fold], shares) for of_fold, shares in both]
        by_system = zip(fits, np.stack(of_folds, axis=1).tolist(), strict=True)
        named = {system: dict(zip(by_fold, row, strict=True)) for system, row in by_system}
        found[name] = Combined(parts, named)
    return found


def mix(parts: Sequence[PartPredictions], weights: Doubles) -> PartPredictions:
    """One part decided by all systems; its posteriors are sum_s weights_s posteriors_s.

    `parts` are the same part by each system, in any order of sequences; ValueError for other
    sequences or labels. `weights`, (systems,), are not negative, and of sum 1.
    """
    first = parts[0]
    posteriors = np.tensordot(weights, _stacked(parts), axes=1)
    predicted = posteriors.argmax(axis=1).astype(np.intp)
    decided = replace(first.sequences, predicted=predicted, posteriors=posteriors)
    no_frames = Predictions(*(values[:0] for values in vars(first.frames).values()))
    return replace(first, sequences=decided, frames=no_frames)


def equal_weights(systems: int) -> Doubles:
    """1 / systems each; nothing is chosen."""
    return np.full(systems, 1 / systems)


def learned_weights(parts: Sequence[PartPredictions]) -> Doubles:
    """Weights, not negative and of sum 1, with the lowest mean -log of the true class's posterior.

    That is the stack of Breiman 1996, Stacked regressions, for posteriors. It is convex; scipy's
    SLSQP begins with equal weights. No part may be one that was trained on or will be tested on.
    """
    systems = len(parts)
    label = parts[0].sequences.label
    true = np.maximum(_stacked(parts)[:, np.arange(len(label)), label], LEAST)

    def loss(weights: Doubles) -> tuple[float, Doubles]:
        mixed = np.maximum(weights @ true, LEAST)
        return float(-np.log(mixed).mean()), -(true / mixed).mean(axis=1)

    found = minimize(
        loss,
        equal_weights(systems),
        jac=True,
        method="SLSQP",
        bounds=[(0, 1)] * systems,
        constraints={"type": "eq", "fun": lambda w: w.sum() - 1, "jac": np.ones_like},
        options={"ftol": 1e-10, "maxiter": 1000},
    )
    weights = np.clip(found.x, 0, 1)
    normalised: Doubles = weights / weights.sum()
    return normalised


def _stacked(parts: Sequence[PartPredictions]) -> Doubles:
    """(systems, sequences, classes) posteriors, in the order of the first system's sequences."""
    first = parts[0].sequences
    known = dict(zip(first.sequence.tolist(), first.label.tolist(), strict=True))
    posteriors = []
    for part in parts:
        rows = part.sequences
        place = {sequence: index for index, sequence in enumerate(rows.sequence.tolist())}
        if dict(zip(place, rows.label.tolist(), strict=True)) != known:
            raise ValueError("an ensemble needs the same sequences and labels of every system")
        posteriors.append(rows.posteriors[[place[sequence] for sequence in known]])
    return np.stack(posteriors)
