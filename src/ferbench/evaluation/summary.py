"""What metrics.json holds: the data, and a row for each system, baseline and ensemble."""

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from ferbench.evaluation.ensemble import Combined
from ferbench.evaluation.errors import Errors, TestParts, flat
from ferbench.evaluation.metrics import METRICS, error_by_share, recall, reliability
from ferbench.results.baselines import MAJORITY
from ferbench.results.comparison import (
    Again,
    Chance,
    Comparison,
    Detectable,
    Ensemble,
    Network,
    Pooled,
    Row,
    Spread,
)
from ferbench.results.fits import Fit, Fits, OfFolds, every
from ferbench.results.predictions import SHARES, PartPredictions, summed


def summarise(
    fits: Fits,
    parts: TestParts,
    ensembles: Mapping[str, Combined],
    errors: Errors,
    again: Mapping[str, Again],
    detectable: Detectable,
    k: int,
) -> Comparison:
    """Everything in the table, by fold too; k folds are one repeat.

    `parts` and `errors` are those of the fits, the baselines and the ensembles; `again` has what is
    known of training again.
    """
    some = next(iter(fits.values()))
    card = next(every(some)).card
    rows = {name: _row(name, parts[name], errors) for name in parts}
    return Comparison(
        dataset=card.dataset,
        synthetic=card.synthetic,
        stamps=card.stamps,
        classes=card.classes,
        data=card.data,
        class_weights=card.train.get("class_weights", "none"),
        folds=list(some),
        seeds=list(card.seeds),
        k=k,
        sequences=len(errors.subjects),
        subjects=len(set(errors.subjects)),
        tests=sum(len(fit.tested) for fit in every(some)),
        chance=_chance(some),
        detectable=detectable,
        architectures={
            name: _network(rows[name], of_one, again.get(name)) for name, of_one in fits.items()
        },
        baselines={name: row for name, row in rows.items() if name not in {*fits, *ensembles}},
        ensembles={
            name: Ensemble(**dict(rows[name]), weights=ensemble.weights)
            for name, ensemble in ensembles.items()
        },
    )


def _chance(fits: OfFolds) -> Chance:
    """Of guessing all classes alike, and of naming the most frequent label of the test parts."""
    labels = {sequence: label for fit in every(fits) for sequence, label in fit.tested.items()}
    most = max(Counter(labels.values()).values())
    classes = next(every(fits)).card.classes
    return Chance(uniform=1 - 1 / len(classes), majority=1 - most / len(labels))


def _row(name: str, of_folds: Mapping[int, Sequence[PartPredictions]], errors: Errors) -> Row:
    """What follows from decisions; metrics that need what parts lack are left out."""
    parts = flat(of_folds)
    counts = summed(parts)
    posteriors = name != MAJORITY
    lacks = {"posteriors": not posteriors, "frames": not len(parts[0].frames.label)}
    return Row(
        metrics={
            key: Spread.of({k: [*map(metric.measure, fold)] for k, fold in of_folds.items()})
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


def errors_by_share(fits: Sequence[Fit]) -> list[list[float]]:
    """Error rate at each of SHARES, by fit."""
    rates: list[list[float]] = np.stack(
        [error_by_share(fit.truncated) for fit in fits], axis=1
    ).tolist()
    return rates


def _network(row: Row, fits: OfFolds, again: Again | None) -> Network:
    """The row of an architecture, with what only networks have."""
    card = next(every(fits)).card
    by_share = {fold: errors_by_share(job) for fold, job in fits.items()}
    lost = {fold: [fit.seed for fit in job if fit.trained.diverged] for fold, job in fits.items()}
    return Network(
        **dict(row),
        input=card.input,
        reference=card.reference,
        parameters=card.parameters.trainable,
        stopping_epochs={k: [fit.trained.stopping_epoch for fit in job] for k, job in fits.items()},
        diverged={fold: seeds for fold, seeds in lost.items() if seeds},
        again=again,
        time={
            share: Spread.of({fold: errors[at] for fold, errors in by_share.items()})
            for at, share in enumerate(SHARES)
        },
    )
