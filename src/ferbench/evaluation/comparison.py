"""From the fits to one typed summary: all that tables and figures show, already computed."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ferbench.config.schema import Compare
from ferbench.evaluation.again import of_systems, study
from ferbench.evaluation.ensemble import EQUAL, LEARNED, combine
from ferbench.evaluation.errors import Errors, TestParts, errors_by_sequence, flat
from ferbench.evaluation.metrics import Bins, error_rate, reliability
from ferbench.evaluation.statistics.pairs import Pair, adjusted, compare_pairs
from ferbench.evaluation.statistics.subjects import detectable
from ferbench.evaluation.summary import summarise
from ferbench.io.arrays import Doubles
from ferbench.results.baselines import MAJORITY
from ferbench.results.comparison import Comparison, Detectable
from ferbench.results.fits import Fit, Fits, every
from ferbench.results.history import LOSSES
from ferbench.results.predictions import PartPredictions, summed


class Curve(NamedTuple):
    """How one fit learned."""

    fold: int
    seed: int
    losses: dict[str, Doubles]
    """(epochs,) by the names LOSSES; not finite where the fit diverged."""
    kept: int  # the epoch, from 1, whose weights were kept; 0: those of the initialisation


class Evaluation(NamedTuple):
    """Systems, references and ensembles on the same folds."""

    comparison: Comparison  # what metrics.json holds
    pairs: list[Pair]  # all pairs of the systems under comparison
    against: list[Pair]
    """Each of the systems and a reference, adjusted for the comparisons with that reference."""
    confusion: dict[str, dict[int, NDArray[np.intp]]]
    """By name and fold: sequences by label (row) and decision (column), (classes, classes), summed
    over seeds."""
    reliability: dict[str, Bins]
    """Of architectures, baselines and the ensembles of all systems, by name, over all test parts;
    none for the majority, which has no posteriors."""
    curves: dict[str, list[Curve]]  # by architecture, references last, fold by fold
    looking_ahead: list[str]  # architectures whose answer to a frame depends on later frames


def evaluate(fits: Fits, baselines: TestParts, params: Compare, k: int) -> Evaluation:
    """Compare the fits and baselines, of the same folds, by their test parts.

    They are those that `read_all` and `read_baselines` of `ferbench.results` return; k folds are
    one repeat.
    """
    cards = {name: next(every(of_folds)).card for name, of_folds in fits.items()}
    fits = {name: fits[name] for name in sorted(fits, key=lambda name: cards[name].reference)}
    systems = [name for name in fits if not cards[name].reference]
    ensembles = combine({name: fits[name] for name in systems})
    parts: TestParts = {
        **{
            name: {fold: [fit.test for fit in job] for fold, job in of_folds.items()}
            for name, of_folds in fits.items()
        },
        **baselines,
        **{name: ensemble.parts for name, ensemble in ensembles.items()},
    }
    references = [name for name in (*fits, *baselines) if name not in (MAJORITY, *systems)]
    errors = errors_by_sequence(parts, params)
    known = study({name: parts[name] for name in (*fits, *baselines)}, errors.subjects, params, k)

    def compared(names: Sequence[str]) -> list[Pair]:
        return compare_pairs(
            names,
            np.stack([errors.rates[name] for name in names]),
            errors.subjects,
            np.array([_by_fold(parts[name]) for name in names]),
            k=k,
            seed=params.seed,
            samples=params.bootstrap,
            again=np.stack([known.drawn[name] for name in names]) if known else None,
        )

    pairs = compared(systems) if len(systems) > 1 else []
    again = of_systems(known, systems, pairs)
    least = _detectable(systems, errors)
    comparison = summarise(fits, parts, ensembles, errors, again, least, k)
    return Evaluation(
        comparison=comparison,
        pairs=pairs,
        against=[
            pair
            for reference in references
            for pair in adjusted([compared([name, reference])[0] for name in systems])
        ],
        confusion={
            name: {k: summed(of_fold) for k, of_fold in of_one.items()}
            for name, of_one in parts.items()
        },
        reliability={
            name: reliability(flat(parts[name]))
            for name in (*fits, *baselines, EQUAL, LEARNED)
            if name in parts and name != MAJORITY
        },
        curves={name: [_curve(fit) for fit in every(of_one)] for name, of_one in fits.items()},
        looking_ahead=[name for name in fits if not cards[name].causal],
    )


def _by_fold(of_one: Mapping[int, Sequence[PartPredictions]]) -> list[float]:
    """Error rate of each fold, mean over seeds."""
    return [float(np.mean([error_rate(part) for part in of_fold])) for of_fold in of_one.values()]


def _curve(fit: Fit) -> Curve:
    losses = {name: fit.history[name] for name in LOSSES}
    return Curve(fit.card.fold, fit.seed, losses, fit.trained.stopping_epoch)


def _detectable(systems: Sequence[str], errors: Errors) -> Detectable:
    """What differences between two systems show; None without a pair, or without two subjects."""
    pairs = len(systems) * (len(systems) - 1) // 2
    if not pairs or len(set(errors.subjects)) < 2:
        return Detectable(difference=None, pairs=pairs)
    rates = np.stack([errors.rates[name] for name in systems])
    least = detectable(rates, errors.subjects, comparisons=pairs)
    return Detectable(difference=least, pairs=pairs)
