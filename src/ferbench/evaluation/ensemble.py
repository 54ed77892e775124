"""Several fits decide together, by a weighted mean of their sequence posteriors."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from scipy.optimize import minimize

from ferbench.io.arrays import Doubles
from ferbench.results.fits import Fit, Fits
from ferbench.results.predictions import PartPredictions, Predictions

LEAST = 1e-9  # floor of a posterior inside the logarithm: one 0 must not make a loss infinite
EQUAL, LEARNED = "equal weights", "learned weights"  # names of the ensembles


class Combined(NamedTuple):
    """An ensemble on the folds of its members."""

    parts: dict[int, list[PartPredictions]]  # test parts by fold, one for each seed it has
    weights: dict[str, dict[int, float]]  # of each member, by fold, mean over seeds


def combine(fits: Fits) -> dict[str, Combined]:
    """The ensembles of all of `fits`, by name, fold by fold.

    Of several systems, those of one seed decide together, by EQUAL weights and by LEARNED ones,
    which are learned on the validation part of each fold. Of a system with several seeds, its seeds
    decide together, by equal weights.
    """
    found: dict[str, Combined] = {}
    if len(fits) > 1:
        found = {
            EQUAL: _by_seed(fits, lambda group: equal_weights(len(group))),
            LEARNED: _by_seed(
                fits, lambda group: learned_weights([one.validation for one in group])
            ),
        }
    for name, of_folds in fits.items():
        seeds = [fit.seed for fit in next(iter(of_folds.values()))]
        if len(seeds) > 1:
            shares = equal_weights(len(seeds))
            parts = {k: [mix([fit.test for fit in job], shares)] for k, job in of_folds.items()}
            weights = {f"seed {seed}": dict.fromkeys(parts, 1 / len(seeds)) for seed in seeds}
            found[f"{name}, {len(seeds)} seeds"] = Combined(parts, weights)
    return found


def _by_seed(fits: Fits, weigh: Callable[[Sequence[Fit]], Doubles]) -> Combined:
    """The systems' fits of one fold and seed together, by the weights of that group."""
    parts: dict[int, list[PartPredictions]] = {}
    weights: dict[str, dict[int, float]] = {system: {} for system in fits}
    for fold in next(iter(fits.values())):
        groups = list(zip(*(of_folds[fold] for of_folds in fits.values()), strict=True))
        shares = [weigh(group) for group in groups]
        both = zip(groups, shares, strict=True)
        parts[fold] = [mix([fit.test for fit in group], of_group) for group, of_group in both]
        for system, share in zip(fits, np.mean(shares, axis=0).tolist(), strict=True):
            weights[system][fold] = share
    return Combined(parts, weights)


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
