"""From the finished fits to the comparison: one table, one file of numbers, the figures."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

from ferbench import figures as drawing
from ferbench.files import publish
from ferbench.fits import Fit, read_all
from ferbench.metrics import METRICS, confusion
from ferbench.schema import Compare
from ferbench.tables import to_csv, to_markdown


def compare(
    params: Compare,
    *,
    architectures: Sequence[str],
    folds: Sequence[int],
    fits: Path,
    table_csv: Path,
    table_md: Path,
    metrics: Path,
    **figures: Path,
) -> None:
    """Compare exactly `architectures` x `folds`, by their test parts, and print the table.

    Args:
        params: how the table is printed.
        architectures: names; rows are grouped by input, and by name within a kind of input.
        folds: ids; those of further repeats count like the others.
        fits: folder to read, of which only <architecture>/fold-<id>/ asked for are looked at.
        table_csv: CSV to write: one row an architecture, shares of 1, all digits.
        table_md: Markdown to write: the same for people, in per cent.
        metrics: JSON to write, last: everything in the table, by fold too.
        figures: SVG to write for every figure of `ferbench.figures`, by its name.

    Raises:
        ValueError: a fit is missing, broken or not comparable; a figure has no path or no function.
    """
    if set(figures) != set(drawing.FIGURES):
        raise ValueError(
            f"figures asked for: {sorted(figures)}; there are: {sorted(drawing.FIGURES)}"
        )
    compared = read_all(fits, architectures, folds)
    summary = _summary(compared)
    table = to_markdown(summary, params.decimals)
    with publish(table_csv, table_md, *figures.values(), metrics) as (csv_to, md_to, *rest):
        *drawn, metrics_to = rest
        to_csv(summary, csv_to)
        md_to.write_text(table, encoding="utf-8")
        for name, path in zip(figures, drawn, strict=True):
            drawing.save(drawing.FIGURES[name](compared), path)
        text = json.dumps(summary, indent=2, ensure_ascii=False, allow_nan=False)
        metrics_to.write_text(text + "\n", encoding="utf-8")
    print(table)
    print(f"Table: {table_md}. Figures: {', '.join(map(str, figures.values()))}")


def _summary(fits: Mapping[str, Sequence[Fit]]) -> dict[str, Any]:
    """The content of metrics.json: all that the table says, and each metric of each fold.

    Shares are of 1; a standard deviation is over folds, with ddof = 1, and None for one fold.
    """
    some = next(iter(fits.values()))
    card = some[0].card
    labels = {sequence: label for fit in some for sequence, label in fit.tested.items()}
    counts = Counter(labels.values())
    return {
        "dataset": card.dataset,
        "synthetic": card.synthetic,
        "stamps": card.stamps,
        "classes": card.classes,
        "data": card.data.model_dump(),
        "class_weights": card.train.get("class_weights", "none"),
        "folds": [fit.card.fold for fit in some],
        "sequences": len(labels),
        "chance": {
            "uniform": 1 - 1 / len(card.classes),
            "majority": 1 - max(counts.values()) / len(labels),
        },
        "architectures": {name: _summarise(of_one) for name, of_one in fits.items()},
    }


def _summarise(fits: Sequence[Fit]) -> dict[str, Any]:
    card = fits[0].card
    measured = {
        name: _spread({str(fit.card.fold): metric.measure(fit.test) for fit in fits})
        for name, metric in METRICS.items()
    }
    return {
        "input": card.input,
        "parameters": card.parameters.trainable,
        **measured,
        "sequences": len({sequence for fit in fits for sequence in fit.tested}),
        "stopping_epochs": {str(fit.card.fold): fit.card.stopping_epoch for fit in fits},
        "diverged": [fit.card.fold for fit in fits if fit.card.diverged],
        "confusion": confusion([fit.test for fit in fits]).tolist(),
    }


def _spread(by_fold: dict[str, float]) -> dict[str, Any]:
    values = list(by_fold.values())
    return {
        "mean": fmean(values),
        "std": stdev(values) if len(values) > 1 else None,
        "folds": by_fold,
    }
