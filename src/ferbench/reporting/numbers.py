"""The numbers behind figures, in small files from which DVC draws, and compares revisions."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from ferbench.evaluation.comparison import Evaluation
from ferbench.io.files import write_json, write_table
from ferbench.results.comparison import Comparison
from ferbench.results.history import LOSSES
from ferbench.results.layout import CONFUSION_CSV, CURVES_CSV, ERROR_RATES


def write_numbers(evaluation: Evaluation, folder: Path) -> None:
    """Write CONFUSION_CSV, CURVES_CSV and ERROR_RATES."""
    _write_confusion(evaluation, folder)
    _write_curves(evaluation, folder)
    _write_error_rates(evaluation.comparison, folder)


def _write_confusion(evaluation: Evaluation, folder: Path) -> None:
    """How many test sequences of a label were decided how: a row where there are any."""
    classes = evaluation.comparison.classes
    rows = (
        (name, fold, classes[label], classes[decision], count)
        for name, of_one in evaluation.confusion.items()
        for fold, counts in of_one.items()
        for (label, decision), count in np.ndenumerate(counts)
        if count
    )
    columns = ("architecture", "fold", "label", "decision", "sequences")
    _write(folder / CONFUSION_CSV, evaluation.comparison, columns, rows)


def _write_curves(evaluation: Evaluation, folder: Path) -> None:
    """Losses, in nats, and errors, shares of 1, by epoch; empty where one is not finite."""
    rows = (
        (
            *(name, curve.fold, epoch),
            *(value if np.isfinite(value) else None for value in values),
            "yes" if epoch == curve.kept else "no",
        )
        for name, curves in evaluation.curves.items()
        for curve in curves
        for epoch, values in enumerate(
            zip(*(curve.losses[loss].tolist() for loss in LOSSES), strict=True), start=1
        )
    )
    columns = ("architecture", "fold", "epoch", *LOSSES, "kept")
    _write(folder / CURVES_CSV, evaluation.comparison, columns, rows)


def _write_error_rates(comparison: Comparison, folder: Path) -> None:
    """The mean error rate of everything, a share of 1: what a list of revisions has room for."""
    rows = {**comparison.architectures, **comparison.baselines, **comparison.ensembles}
    rates = {name: row.metrics["error_rate"].mean for name, row in rows.items()}
    write_json(folder / ERROR_RATES, {"error_rate": rates})


def _write(
    path: Path, comparison: Comparison, columns: Iterable[str], rows: Iterable[Iterable[object]]
) -> None:
    common = (comparison.dataset, " ".join(comparison.stamps))
    write_table(path, ("dataset", "stamps", *columns), ([*common, *row] for row in rows))
