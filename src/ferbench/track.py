"""The mirror of the finished fits in MLflow. The files are the truth; this can be made again."""

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ferbench.files import publish
from ferbench.fits import STAMPS, Fit, read_all
from ferbench.mirror import Job, Point, mirror
from ferbench.schema import Track


def track(
    params: Track,
    *,
    architectures: Sequence[str],
    folds: Sequence[int],
    fits: Path,
    metrics: Path,
    table: Path,
    receipt: Path,
    **figures: Path,
) -> None:
    """Make MLflow show a run for each architecture and, nested in it, one for each of its fits.

    The store is `sqlite:///mlflow.db` unless MLFLOW_TRACKING_URI names another. Runs that are there
    already and say the same are left alone, others are replaced, and those of fits that are no
    longer asked for are deleted, so a mirror that was broken off is completed by the next call.

    Args:
        params: names the experiment.
        architectures: names.
        folds: ids.
        fits: folder of the fits, <architecture>/fold-<id>/.
        metrics: JSON of compare to read, of the same architectures and folds.
        table: Markdown of compare, kept with every architecture's run.
        receipt: JSON to write: which runs there are and the fingerprint of each; no run ids.
        figures: SVG of compare, kept with every architecture's run.

    Raises:
        ValueError: a fit or a result of compare is missing, broken or does not fit the others.
        OSError: MLflow failed; nothing but the receipt is missing then.
    """
    finished = read_all(fits, architectures, folds)
    summary = _summary(metrics, finished)
    kept = [table, *figures.values(), metrics]
    jobs = [job for name, of_one in finished.items() for job in _jobs(name, of_one, summary, kept)]
    experiment = "-".join([params.experiment, summary["dataset"], *summary["stamps"]])
    content = {"experiment": experiment, "runs": {job.key: job.fingerprint for job in jobs}}
    with publish(receipt) as (receipt_to,):
        where = mirror(jobs, experiment)
        receipt_to.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    print(f"MLflow: {len(jobs)} runs in experiment {experiment}; to look at them: {where}")


def _summary(path: Path, fits: Mapping[str, Sequence[Fit]]) -> dict[str, Any]:
    """What metrics.json says; ValueError unless it is of these fits."""
    try:
        summary: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        compared = {
            name: [int(fold) for fold in row["stopping_epochs"]]
            for name, row in summary["architectures"].items()
        }
    except (json.JSONDecodeError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{path}: not what `ferbench compare` writes: {error!r}") from None
    if compared != {name: [fit.card.fold for fit in of_one] for name, of_one in fits.items()}:
        raise ValueError(f"{path}: of other architectures or folds; run `ferbench compare` again")
    return summary


def _jobs(
    name: str, fits: Sequence[Fit], summary: Mapping[str, Any], kept: Sequence[Path]
) -> Iterator[Job]:
    """The run of an architecture, then those of its fits."""
    row = summary["architectures"][name]
    measured = {key: value for key, value in row.items() if _is_metric(value)}
    card = fits[0].card
    shared = {
        "architecture": name,
        "input": card.input,
        "causal": card.causal,
        "hyperparameters": card.hyperparameters,
        "train": card.train,
        "preprocessing": card.preprocessing,
    }
    tags = {"dataset": card.dataset, "data": " ".join(card.stamps) or "real"}
    if card.stamps:
        why = "\n\n".join(f"**{stamp}**: {STAMPS[stamp]}" for stamp in card.stamps)
        tags["mlflow.note.content"] = why
    spread = {
        f"{metric}_{part}": value[part]
        for metric, value in measured.items()
        for part in ("mean", "std")
        if value[part] is not None
    }
    parent = Job(
        key=name,
        name=" ".join([name, *card.stamps]),
        params=_flat({**shared, "folds": summary["folds"]}),
        metrics=_points({"trainable_parameters": row["parameters"], **spread}),
        tags={**tags, "diverged": f"{len(row['diverged'])} of {len(fits)}"},
        files=kept,
    )
    yield parent
    for fit in fits:
        fold = str(fit.card.fold)
        final = {metric: value["folds"][fold] for metric, value in measured.items()}
        counts = {
            "trainable_parameters": row["parameters"],
            "stopping_epoch": fit.card.stopping_epoch,
        }
        yield Job(
            key=f"{name}/fold-{fold}",
            name=" ".join([name, f"fold-{fold}", *fit.card.stamps]),
            parent=parent.key,
            params=_flat({**shared, "fold": fit.card.fold, "seed": fit.card.seed}),
            metrics=[*_points({**final, **counts}), *_epochs(fit)],
            tags={**tags, "diverged": str(fit.card.diverged).lower()},
            files=fit.files,
        )


def _is_metric(value: Any) -> bool:
    return isinstance(value, dict) and {"mean", "std", "folds"} <= value.keys()


def _flat(nested: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    """Leaves by their dotted path, as text: {"a": {"b": 1}} gives {"a.b": "1"}."""
    leaves: dict[str, str] = {}
    for key, value in nested.items():
        if isinstance(value, Mapping):
            leaves |= _flat(value, f"{prefix}{key}.")
        else:
            leaves[f"{prefix}{key}"] = value if isinstance(value, str) else json.dumps(value)
    return leaves


def _points(values: Mapping[str, float]) -> list[Point]:
    return [Point(name, float(value), 0) for name, value in values.items()]


def _epochs(fit: Fit) -> Iterator[Point]:
    """The history, a step an epoch; what is not finite cannot be drawn and is left out."""
    for name, values in fit.history.items():
        for epoch, value in enumerate(values.tolist(), start=1):
            if math.isfinite(value):
                yield Point(name, value, epoch)
