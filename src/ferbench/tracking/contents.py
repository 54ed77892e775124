"""What the runs hold: one for each architecture and, nested in it, one for each of its folds.

The fits of a fold differ by their seed; what is of one seed has it in its name.
"""

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
from ferbench.results.fits import Fit, Fits, OfFolds, every
from ferbench.results.layout import WEIGHTS
from ferbench.results.predictions import summed
from ferbench.results.stamps import STAMPS
from ferbench.tracking.job import FoldData, Job, Point

Draw = Callable[[NDArray[np.intp], Sequence[str], str], str]  # SVG: counts, classes, title


def jobs(
    fits: Fits,
    comparison: Comparison,
    data: Mapping[int, FoldData],
    draw: Draw,
) -> Iterator[Job]:
    """The run of each architecture, and after it those of its folds; `data` are by fold."""
    systems = comparison.systems.items()
    placed = ranks({name: row.metrics["error_rate"].mean for name, row in systems})
    for name, of_one in fits.items():
        row = comparison.architectures[name]
        yield _of_architecture(of_one, row, placed.get(name))
        for fold, job in of_one.items():
            yield _of_fold(job, row, data[fold], draw)


def ranks(errors: Mapping[str, float]) -> dict[str, int]:
    """1 for the system with the lowest error rate; systems with the same error share a rank."""
    return {
        name: 1 + sum(other < error for other in errors.values()) for name, error in errors.items()
    }


def _of_architecture(fits: OfFolds, row: Network, rank: int | None) -> Job:
    card = next(every(fits)).card
    low, high = row.pooled.interval
    values: dict[str, float | None] = {"trainable_parameters": row.parameters, "rank": rank}
    pooled = "pooled_error_rate"
    values |= {pooled: row.pooled.error_rate, f"{pooled}_low": low, f"{pooled}_high": high}
    for metric, spread in row.metrics.items():
        values |= {f"{metric}_mean": spread.mean, f"{metric}_std": spread.std}
    values |= {f"recall/{plain(label)}": value for label, value in row.recall.items()}
    lost = sum(map(len, row.diverged.values()))
    return Job(
        key=card.architecture,
        name=" ".join([card.architecture, *card.stamps]),
        params=flat({**_settings(card), "folds": list(fits)}),
        metrics=_points(values),
        tags=_tags(card) | {"diverged": f"{lost} of {len(fits) * len(card.seeds)}"},
    )


def _of_fold(fits: Sequence[Fit], row: Network, data: FoldData, draw: Draw) -> Job:
    card = fits[0].card
    counts = summed(fit.test for fit in fits)
    values: dict[str, float | None] = {
        metric: spread.by_fold[card.fold] for metric, spread in row.metrics.items()
    }
    values["trainable_parameters"] = row.parameters
    for fit, error in zip(fits, row.metrics["error_rate"].folds[card.fold], strict=True):
        values[f"error_rate_by_seed/{fit.seed}"] = error
        values[f"stopping_epoch/{fit.seed}"] = fit.trained.stopping_epoch
    title = " ".join([card.architecture, f"fold-{card.fold}", *card.stamps])
    drawn_by = {str(seed): fit.fit_seed for seed, fit in card.seeds.items()}
    settings = _settings(card) | {"fold": card.fold, "fit_seeds": drawn_by}
    stamped = "\n\n".join(f"**{stamp}**: {STAMPS[stamp]}" for stamp in card.stamps)
    return Job(
        key=f"{card.architecture}/fold-{card.fold}",
        name=title,
        parent=card.architecture,
        params=flat(settings),
        metrics=[*_points(values | _by_class(counts, card.classes)), *_epochs(fits)],
        tags=_tags(card)
        | {"diverged": f"{sum(fit.trained.diverged for fit in fits)} of {len(fits)}"}
        | {"params_sha256": sha256(json.dumps(settings, sort_keys=True).encode())}
        | {"data_sha256": data.digest, "mlflow.note.content": stamped},
        files=[path for path in fits[0].files if path.name != WEIGHTS],
        figures={"confusion.svg": partial(draw, counts, card.classes, title)},
        fit=fits[0],
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


def _epochs(fits: Sequence[Fit]) -> Iterator[Point]:
    """The histories, a step an epoch; values that are not finite cannot be drawn: left out."""
    for fit in fits:
        for name, values in fit.history.items():
            for epoch, value in enumerate(values.tolist(), start=1):
                if math.isfinite(value):
                    yield f"{name}/{fit.seed}", value, epoch
