"""What the runs hold: one for each architecture and, nested in it, one for each of its fits."""

import json
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray

from ferbench.io.files import sha256
from ferbench.results.card import Card
from ferbench.results.comparison import Comparison, Network
from ferbench.results.fits import Fit
from ferbench.results.layout import WEIGHTS
from ferbench.results.stamps import STAMPS
from ferbench.tracking.job import FoldData, Job, Point

Draw = Callable[[NDArray[np.intp], Sequence[str], str], str]  # SVG: counts, classes, title


def jobs(
    fits: Mapping[str, Sequence[Fit]],
    comparison: Comparison,
    data: Mapping[int, FoldData],
    draw: Draw,
) -> Iterator[Job]:
    """The run of each architecture, and after it those of its fits; `data` are by fold."""
    systems = comparison.systems.items()
    placed = ranks({name: row.metrics["error_rate"].mean for name, row in systems})
    for name, of_one in fits.items():
        row = comparison.architectures[name]
        yield _of_architecture(of_one, row, placed.get(name))
        for fit in of_one:
            yield _of_fit(fit, row, data[fit.card.fold], draw)


def ranks(errors: Mapping[str, float]) -> dict[str, int]:
    """1 for the system with the lowest error rate; systems with the same error share a rank."""
    return {
        name: 1 + sum(other < error for other in errors.values()) for name, error in errors.items()
    }


def _of_architecture(fits: Sequence[Fit], row: Network, rank: int | None) -> Job:
    card = fits[0].card
    low, high = row.pooled.interval
    values: dict[str, float | None] = {"trainable_parameters": row.parameters, "rank": rank}
    pooled = "pooled_error_rate"
    values |= {pooled: row.pooled.error_rate, f"{pooled}_low": low, f"{pooled}_high": high}
    for metric, spread in row.metrics.items():
        values |= {f"{metric}_mean": spread.mean, f"{metric}_std": spread.std}
    values |= {f"recall/{plain(label)}": value for label, value in row.recall.items()}
    return Job(
        key=card.architecture,
        name=" ".join([card.architecture, *card.stamps]),
        params=flat({**_settings(card), "folds": [fit.card.fold for fit in fits]}),
        metrics=_points(values),
        tags=_tags(card) | {"diverged": f"{len(row.diverged)} of {len(fits)}"},
    )


def _of_fit(fit: Fit, row: Network, data: FoldData, draw: Draw) -> Job:
    card, counts = fit.card, fit.test.confusion
    values = {metric: spread.folds[card.fold] for metric, spread in row.metrics.items()}
    values |= {"trainable_parameters": row.parameters, "stopping_epoch": card.stopping_epoch}
    title = " ".join([card.architecture, f"fold-{card.fold}", *card.stamps])
    settings = _settings(card) | {"fold": card.fold, "seed": card.seed}
    stamped = "\n\n".join(f"**{stamp}**: {STAMPS[stamp]}" for stamp in card.stamps)
    return Job(
        key=f"{card.architecture}/fold-{card.fold}",
        name=title,
        parent=card.architecture,
        params=flat(settings),
        metrics=[*_points(values | _by_class(counts, card.classes)), *_epochs(fit)],
        tags=_tags(card)
        | {"diverged": str(card.diverged).lower()}
        | {"params_sha256": sha256(json.dumps(settings, sort_keys=True).encode())}
        | {"data_sha256": data.digest, "mlflow.note.content": stamped},
        files=[path for path in fit.files if path.name != WEIGHTS],
        figures={"confusion.svg": partial(draw, counts, card.classes, title)},
        fit=fit,
        data=data,
    )


def _settings(card: Card) -> dict[str, object]:
    """What all fits of an architecture share."""
    names = {"architecture", "input", "causal", "hyperparameters", "train", "preprocessing"}
    return card.model_dump(include=names)


def _tags(card: Card) -> dict[str, str]:
    versions = {f"version.{name}": version for name, version in card.versions.items()}
    return {"dataset": card.dataset, "data": " ".join(card.stamps) or "real", **versions}


def _by_class(counts: NDArray[np.intp], classes: Sequence[str]) -> dict[str, float | None]:
    """Recall, precision and F1 = 2 TP / (2 TP + FP + FN); None where the divisor is 0.

    MLflow draws metrics with the same text before the slash together.
    """
    values: dict[str, float | None] = {}
    for index, label in enumerate(classes):
        right = int(counts[index, index])
        of_class, decided = int(counts[index].sum()), int(counts[:, index].sum())
        for measure, above, below in (
            ("recall", right, of_class),
            ("precision", right, decided),
            ("f1", 2 * right, of_class + decided),
        ):
            values[f"{measure}/{plain(label)}"] = above / below if below else None
    return values


def plain(label: str) -> str:
    """A class's name, in characters that MLflow takes in the name of a metric."""
    return re.sub(r"[^\w.\- ]", lambda found: f"_{ord(found[0]):x}_", label)


def flat(nested: Mapping[str, object], prefix: str = "") -> dict[str, str]:
    """Leaves by their dotted path, as text: {"a": {"b": 1}} gives {"a.b": "1"}."""
    leaves: dict[str, str] = {}
    for key, value in nested.items():
        if isinstance(value, Mapping):
            leaves |= flat(value, f"{prefix}{key}.")
        else:
            leaves[f"{prefix}{key}"] = value if isinstance(value, str) else json.dumps(value)
    return leaves


def _points(values: Mapping[str, float | None]) -> list[Point]:
    return [(name, float(value), 0) for name, value in values.items() if value is not None]


def _epochs(fit: Fit) -> Iterator[Point]:
    """The history, a step an epoch; values that are not finite cannot be drawn: left out."""
    for name, values in fit.history.items():
        for epoch, value in enumerate(values.tolist(), start=1):
            if math.isfinite(value):
                yield name, value, epoch
