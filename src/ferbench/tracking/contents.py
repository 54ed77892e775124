"""What the runs say: one for each architecture and, nested in it, one for each of its fits."""

import hashlib
import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ferbench.results.fits import CARD, STAMPS, WEIGHTS, Fit
from ferbench.results.predictions import Part
from ferbench.tracking.job import Data, Job, Model, Point
from ferbench.tracking.picture import confusion_svg

FIGURE = "errors.svg"
"""The comparison, of the files that `shared` are."""


def jobs(
    fits: Mapping[str, Sequence[Fit]],
    summary: Mapping[str, Any],
    data: Mapping[int, Data],
    shared: Sequence[Path],
    note: str,
) -> Iterator[Job]:
    """The run of each architecture, and after it those of its fits.

    Args:
        fits: of each architecture.
        summary: what metrics.json says of them.
        data: of each fold.
        shared: files of the comparison, kept with every architecture's run.
        note: Markdown of the comparison, for the same.
    """
    ranks = _ranks(summary["architectures"])
    for name, of_one in fits.items():
        row = summary["architectures"][name]
        yield _parent(name, of_one, row, ranks.get(name), summary["folds"], shared, note)
        for fit in of_one:
            yield _child(name, fit, row, data[fit.card.fold])


def _ranks(rows: Mapping[str, Any]) -> dict[str, int]:
    """Of the systems under comparison, by mean error: 1 is the lowest; the same error, one rank."""
    errors = {
        name: row["error_rate"]["mean"] for name, row in rows.items() if not row.get("reference")
    }
    return {
        name: 1 + sum(other < error for other in errors.values()) for name, error in errors.items()
    }


def _parent(
    name: str,
    fits: Sequence[Fit],
    row: Mapping[str, Any],
    rank: int | None,
    folds: Sequence[int],
    shared: Sequence[Path],
    note: str,
) -> Job:
    card = fits[0].card
    low, high = row["pooled"]["interval"]
    values = {"trainable_parameters": row["parameters"], "rank": rank}
    pooled = "pooled_error_rate"
    values |= {pooled: row["pooled"]["error_rate"], f"{pooled}_low": low, f"{pooled}_high": high}
    values |= {
        f"{metric}_{part}": value[part]
        for metric, value in _measured(row).items()
        for part in ("mean", "std")
    }
    values |= {f"recall/{_plain(label)}": value for label, value in row["recall"].items()}
    return Job(
        key=name,
        name=" ".join([name, *card.stamps]),
        params=_flat({**_settings(fits[0]), "folds": folds}),
        metrics=_points(values),
        tags=_tags(fits[0]) | {"diverged": f"{len(row['diverged'])} of {len(fits)}"},
        shared=shared,
        note=note,
    )


def _child(name: str, fit: Fit, row: Mapping[str, Any], data: Data) -> Job:
    card, fold = fit.card, str(fit.card.fold)
    values = {metric: value["folds"][fold] for metric, value in _measured(row).items()}
    values |= {"trainable_parameters": row["parameters"], "stopping_epoch": card.stopping_epoch}
    counts = _confusion(fit.test)
    title = " ".join([name, f"fold-{fold}", *card.stamps])
    settings = _settings(fit) | {"fold": card.fold, "seed": card.seed}
    stamped = "\n\n".join(f"**{stamp}**: {STAMPS[stamp]}" for stamp in card.stamps)
    of_params = hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()
    return Job(
        key=f"{name}/fold-{fold}",
        name=title,
        parent=name,
        params=_flat(settings),
        metrics=[*_points(values | _by_class(counts, card.classes)), *_epochs(fit)],
        tags=_tags(fit)
        | {"diverged": str(card.diverged).lower(), "params_sha256": of_params}
        | {"data_sha256": data.digest, "mlflow.note.content": stamped},
        files=[path for path in fit.files if path.name != WEIGHTS],
        texts={"confusion.svg": confusion_svg(counts, card.classes, title)},
        model=Model(
            card=fit.folder / CARD,
            weights=fit.folder / WEIGHTS,
            points_only=card.input == "features",
            side=card.preprocessing["size"],
            classes=card.classes,
            versions=card.versions,
        ),
        data=data,
    )


def _settings(fit: Fit) -> dict[str, Any]:
    """What all fits of an architecture share."""
    card = fit.card
    return {
        "architecture": card.architecture,
        "input": card.input,
        "causal": card.causal,
        "hyperparameters": card.hyperparameters,
        "train": card.train,
        "preprocessing": card.preprocessing,
    }


def _tags(fit: Fit) -> dict[str, str]:
    card = fit.card
    versions = {f"version.{name}": version for name, version in card.versions.items()}
    return {"dataset": card.dataset, "data": " ".join(card.stamps) or "real", **versions}


def _measured(row: Mapping[str, Any]) -> dict[str, Any]:
    """The registered metrics of a row."""
    return {
        key: value
        for key, value in row.items()
        if isinstance(value, dict) and {"mean", "std", "folds"} <= value.keys()
    }


def _confusion(part: Part) -> NDArray[np.intp]:
    """Sequences by label (row) and decision (column), without the seconds scikit-learn takes."""
    counts = np.zeros((len(part.classes), len(part.classes)), np.intp)
    np.add.at(counts, (part.sequences.label, part.sequences.predicted), 1)
    return counts


def _by_class(counts: NDArray[np.intp], classes: Sequence[str]) -> dict[str, float | None]:
    """Recall, precision and F1 = 2 TP / (2 TP + FP + FN); None where there is nothing to share.

    MLflow draws what is the same before a slash together.
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
            values[f"{measure}/{_plain(label)}"] = above / below if below else None
    return values


def _plain(label: str) -> str:
    """A class's name as MLflow takes it in a metric's."""
    return re.sub(r"[^\w.\- ]", lambda found: f"_{ord(found[0]):x}_", label)


def _flat(nested: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    """Leaves by their dotted path, as text: {"a": {"b": 1}} gives {"a.b": "1"}."""
    leaves: dict[str, str] = {}
    for key, value in nested.items():
        if isinstance(value, Mapping):
            leaves |= _flat(value, f"{prefix}{key}.")
        else:
            leaves[f"{prefix}{key}"] = value if isinstance(value, str) else json.dumps(value)
    return leaves


def _points(values: Mapping[str, float | None]) -> list[Point]:
    return [Point(name, float(value), 0) for name, value in values.items() if value is not None]


def _epochs(fit: Fit) -> Iterator[Point]:
    """The history, a step an epoch; what is not finite cannot be drawn and is left out."""
    for name, values in fit.history.items():
        for epoch, value in enumerate(values.tolist(), start=1):
            if math.isfinite(value):
                yield Point(name, value, epoch)
