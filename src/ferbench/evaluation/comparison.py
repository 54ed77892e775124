"""From the fits to one typed summary: all that tables and figures show, already computed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ferbench.config.schema import Compare
from ferbench.evaluation.differences import differences
from ferbench.evaluation.errors import errors_by_sequence
from ferbench.evaluation.metrics import Bins, reliability
from ferbench.evaluation.statistics import Pair
from ferbench.evaluation.summary import summarise
from ferbench.evaluation.tested import Parts, Tested
from ferbench.results.baselines import MAJORITY
from ferbench.results.comparison import Comparison, Detectable
from ferbench.results.fits import Fit
from ferbench.results.history import LOSSES


@dataclass(frozen=True, eq=False)
class Curve:
    """The losses of one fit."""

    fold: int
    losses: dict[str, NDArray[np.float64]]
    """(epochs,) by the names LOSSES, nats; not finite where the fit diverged."""
    kept: int
    """The epoch, from 1, whose weights were kept; 0: those of the initialisation."""
    diverged: bool


@dataclass(frozen=True, eq=False)
class Evaluation:
    """Systems, references and ensembles on the same folds."""

    comparison: Comparison
    """What metrics.json holds."""
    pairs: list[Pair]
    """All pairs of the systems under comparison."""
    against: list[Pair]
    """Each of the systems and a reference, adjusted for the comparisons with that reference."""
    confusion: dict[str, dict[int, NDArray[np.intp]]]
    """By name and fold: sequences by label (row) and decision (column), (classes, classes)."""
    reliability: dict[str, Bins]
    """By name, over all test parts; none for the majority, which has no posteriors."""
    curves: dict[str, list[Curve]]
    """Of every fit, by architecture."""
    looking_ahead: list[str]
    """Architectures whose answer to a frame depends on later frames."""


def evaluate(
    fits: Mapping[str, Sequence[Fit]], baselines: Parts, params: Compare, k: int
) -> Evaluation:
    """Compare the fits, of the same folds, by their test parts.

    Args:
        fits: by architecture, what `ferbench.results.fits.read_all` returns.
        baselines: what `ferbench.results.baselines.read_baselines` returns, or nothing.
        params: number and seed of the draws.
        k: folds of one repeat.
    """
    tested = Tested.of(fits, baselines)
    parts = tested.parts
    errors = errors_by_sequence(parts, params)
    found = differences(tested, errors, params, k)
    detectable = Detectable(difference=found.detectable, pairs=len(found.pairs))
    return Evaluation(
        comparison=summarise(tested, errors, detectable, k),
        pairs=found.pairs,
        against=found.against,
        confusion={
            name: {fold: part.confusion for fold, part in zip(tested.folds, of_one, strict=True)}
            for name, of_one in parts.items()
        },
        reliability={n: reliability(of_one) for n, of_one in parts.items() if n != MAJORITY},
        curves={name: [_curve(fit) for fit in of_one] for name, of_one in tested.fits.items()},
        looking_ahead=[name for name, of_one in tested.fits.items() if not of_one[0].card.causal],
    )


def _curve(fit: Fit) -> Curve:
    losses = {name: fit.history[name] for name in LOSSES}
    return Curve(fit.card.fold, losses, fit.card.stopping_epoch, fit.card.diverged)
