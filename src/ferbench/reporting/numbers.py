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
    """Write CONFUSION_CSV and CURVES_CSV, and ERROR_RATES: what a list of revisions has room for.

    A row of CONFUSION_CSV says how many test sequences of a label were decided how, over all
    seeds, where there are any. Losses are in nats, empty where they are not finite; errors are
    shares of 1.
    """
    comparison = evaluation.comparison
    classes = comparison.classes
    confusion = (
        (name, fold, classes[label], classes[decision], count)
        for name, of_one in evaluation.confusion.items()
        for fold, counts in of_one.items()
        for (label, decision), count in np.ndenumerate(counts)
        if count
    )
    columns = ["architecture", "fold", "label", "decision", "sequences"]
    write_stamped(folder / CONFUSION_CSV, comparison, columns, confusion)
    columns = ["architecture", "fold", "seed", "epoch", *LOSSES, "kept"]
    write_stamped(folder / CURVES_CSV, comparison, columns, _curves(evaluation))
    rows = comparison.architectures | comparison.baselines | comparison.ensembles
    rates = {name: row.metrics["error_rate"].mean for name, row in rows.items()}
    write_json(folder / ERROR_RATES, {"error_rate": rates})


def _curves(evaluation: Evaluation) -> Iterable[list[object]]:
    for name, curves in evaluation.curves.items():
        for curve in curves:
            losses = np.stack([curve.losses[loss] for loss in LOSSES], axis=1)
            for epoch, values in enumerate(losses.tolist(), start=1):
                shown = (value if np.isfinite(value) else None for value in values)
                kept = "yes" if epoch == curve.kept else "no"
                yield [name, curve.fold, curve.seed, epoch, *shown, kept]


def write_stamped(
    path: Path, comparison: Comparison, columns: Iterable[str], rows: Iterable[Iterable[object]]
) -> None:
    """Write a CSV file whose first columns are the data set and its stamps."""
    common = (comparison.dataset, " ".join(comparison.stamps))
    write_table(path, ("dataset", "stamps", *columns), ([*common, *row] for row in rows))
