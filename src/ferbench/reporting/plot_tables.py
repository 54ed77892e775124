"""The numbers behind figures, in small files from which DVC draws, and compares revisions."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ferbench.evaluation.metrics import confusion
from ferbench.evaluation.study import Study
from ferbench.reporting.tables import write_csv
from ferbench.results.fits import LOSSES


def confusion_to_csv(study: Study, path: Path) -> None:
    """How many test sequences of a label were decided how: a row where there are any."""
    columns = ("architecture", "fold", "label", "decision", "sequences")
    rows = (
        (name, fold, part.classes[label], part.classes[decision], count)
        for name, parts in study.parts.items()
        for fold, part in zip(study.folds, parts, strict=True)
        for (label, decision), count in np.ndenumerate(confusion([part]))
        if count
    )
    _write(study, columns, rows, path)


def curves_to_csv(study: Study, path: Path) -> None:
    """Losses, in nats, and errors, shares of 1, by epoch; empty where one is not finite."""
    columns = ("architecture", "fold", "epoch", *LOSSES, "kept")
    rows = (
        (
            *(name, fit.card.fold, epoch),
            *(value if np.isfinite(value) else None for value in values),
            "yes" if epoch == fit.card.stopping_epoch else "no",
        )
        for name, fits in study.fits.items()
        for fit in fits
        for epoch, values in enumerate(
            zip(*(fit.history[loss].tolist() for loss in LOSSES), strict=True), start=1
        )
    )
    _write(study, columns, rows, path)


def error_rates_to_json(summary: Mapping[str, Any], path: Path) -> None:
    """The mean error rate of everything, a share of 1: what a list of revisions has room for."""
    kinds = ("architectures", "baselines", "ensembles")
    rates = {
        name: row["error_rate"]["mean"] for kind in kinds for name, row in summary[kind].items()
    }
    path.write_text(json.dumps({"error_rate": rates}, indent=2) + "\n", encoding="utf-8")


def _write(study: Study, columns: Iterable[str], rows: Iterable[Iterable[Any]], path: Path) -> None:
    common = {"dataset": study.card.dataset, "stamps": " ".join(study.card.stamps)}
    named = (common | dict(zip(columns, row, strict=True)) for row in rows)
    write_csv([*common, *columns], named, path)
