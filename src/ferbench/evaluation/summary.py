"""What metrics.json holds: the data, and a row for each system, baseline and ensemble."""

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from ferbench.evaluation.errors import Errors
from ferbench.evaluation.metrics import METRICS, error_by_share, recall, reliability
from ferbench.evaluation.tested import Tested
from ferbench.results.baselines import MAJORITY
from ferbench.results.comparison import (
    Chance,
    Comparison,
    Detectable,
    Ensemble,
    Network,
    Pooled,
    Row,
    Spread,
)
from ferbench.results.fits import Fit
from ferbench.results.predictions import SHARES


def summarise(tested: Tested, errors: Errors, detectable: Detectable, k: int) -> Comparison:
    """Everything in the table, by fold too.

    Args:
        tested: what decided.
        errors: its errors, sequence by sequence.
        detectable: what differences can be found.
        k: folds of one repeat.
    """
    some = next(iter(tested.fits.values()))
    card = some[0].card
    return Comparison(
        dataset=card.dataset,
        synthetic=card.synthetic,
        stamps=card.stamps,
        classes=card.classes,
        data=card.data,
        class_weights=card.train.get("class_weights", "none"),
        folds=tested.folds,
        k=k,
        sequences=len(errors.subjects),
        subjects=errors.people,
        tests=sum(len(fit.tested) for fit in some),
        chance=_chance(some),
        detectable=detectable,
        architectures={
            name: _network(_row(name, tested, errors), fits) for name, fits in tested.fits.items()
        },
        baselines={name: _row(name, tested, errors) for name in tested.baselines},
        ensembles={
            name: _ensemble(_row(name, tested, errors), ensemble.weights)
            for name, ensemble in tested.ensembles.items()
        },
    )


def _chance(fits: Sequence[Fit]) -> Chance:
    """Of guessing all classes alike, and of naming the most frequent label of the test parts."""
    labels = {sequence: label for fit in fits for sequence, label in fit.tested.items()}
    counts = Counter(labels.values())
    return Chance(
        uniform=1 - 1 / len(fits[0].card.classes), majority=1 - max(counts.values()) / len(labels)
    )


def _row(name: str, tested: Tested, errors: Errors) -> Row:
    """What follows from decisions alone.

    Metrics that need posteriors or frames are left out where there are none.
    """
    parts = tested.parts[name]
    counts = np.sum([part.confusion for part in parts], axis=0)
    posteriors = name != MAJORITY
    lacks = {"posteriors": not posteriors, "frames": not len(parts[0].frames.label)}
    return Row(
        metrics={
            key: Spread.of(
                {fold: metric.measure(part) for fold, part in zip(tested.folds, parts, strict=True)}
            )
            for key, metric in METRICS.items()
            if not lacks.get(metric.needs)
        },
        pooled=Pooled(
            error_rate=float(errors.rates[name].mean()),
            interval=errors.intervals[name],
            calibration_error=reliability(parts).error if posteriors else None,
        ),
        sequences=len(errors.subjects),
        recall=dict(zip(parts[0].classes, recall(counts), strict=True)),
        confusion=counts.tolist(),
    )


def _network(row: Row, fits: Sequence[Fit]) -> Network:
    """The row of an architecture, with what only networks have."""
    card = fits[0].card
    by_share = {fit.card.fold: error_by_share(fit.truncated) for fit in fits}
    return Network(
        **dict(row),
        input=card.input,
        reference=card.reference,
        parameters=card.parameters.trainable,
        stopping_epochs={fit.card.fold: fit.card.stopping_epoch for fit in fits},
        diverged=[fit.card.fold for fit in fits if fit.card.diverged],
        time={
            share: Spread.of({fold: float(errors[at]) for fold, errors in by_share.items()})
            for at, share in enumerate(SHARES)
        },
    )


def _ensemble(row: Row, weights: Mapping[str, Mapping[int, float]]) -> Ensemble:
    """The row of an ensemble, with its weights by system and fold."""
    return Ensemble(**dict(row), weights={name: dict(of_one) for name, of_one in weights.items()})
