"""One row of the comparison: a system, a baseline or an ensemble over its folds."""

from collections.abc import Mapping, Sequence

import numpy as np

from ferbench.evaluation.errors import Errors
from ferbench.evaluation.metrics import METRICS, error_by_share, recall, reliability
from ferbench.results.comparison import Ensemble, Network, Pooled, Row, Spread
from ferbench.results.fits import Fit
from ferbench.results.predictions import SHARES, Part


def part_row(
    name: str, parts: Sequence[Part], folds: Sequence[int], errors: Errors, *, posteriors: bool
) -> Row:
    """What follows from decisions alone.

    Args:
        name: of the row, a key of `errors`.
        parts: test parts in the order of `folds`.
        folds: ids.
        errors: of everything, by sequence.
        posteriors: whether the row has any; without, metrics that need them are left out, as those
            are that need frames where there are none.
    """
    counts = np.sum([part.confusion for part in parts], axis=0)
    lacks = ({"frames"} if not len(parts[0].frames.label) else set()) | (
        set() if posteriors else {"posteriors"}
    )
    return Row(
        metrics={
            key: Spread.of(
                {fold: metric.measure(part) for fold, part in zip(folds, parts, strict=True)}
            )
            for key, metric in METRICS.items()
            if metric.needs not in lacks
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


def network_row(row: Row, fits: Sequence[Fit]) -> Network:
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


def ensemble_row(row: Row, weights: Mapping[str, Mapping[int, float]]) -> Ensemble:
    """The row of an ensemble, with its weights by system and fold."""
    return Ensemble(**dict(row), weights={name: dict(of_one) for name, of_one in weights.items()})
