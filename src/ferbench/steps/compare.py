"""From the finished fits to the comparison: tables, one file of numbers, the figures."""

import json
from collections import Counter
from collections.abc import Collection, Sequence
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

from ferbench.config.schema import Compare
from ferbench.evaluation.metrics import METRICS, confusion, error_by_share, recall, reliability
from ferbench.evaluation.references import MAJORITY, read_baselines
from ferbench.evaluation.study import Study, measure
from ferbench.io.files import publish
from ferbench.reporting import pair_tables, plot_tables, tables
from ferbench.reporting.drawing import save
from ferbench.reporting.figures import FIGURES
from ferbench.results.fits import Fit, read_all
from ferbench.results.predictions import SHARES, Part


def compare(
    params: Compare,
    *,
    architectures: Sequence[str],
    folds: Sequence[int],
    k: int,
    fits: Path,
    baseline: Path,
    table_csv: Path,
    table_md: Path,
    table_tex: Path,
    pairs_csv: Path,
    pairs_md: Path,
    time_csv: Path,
    confusion_csv: Path,
    curves_csv: Path,
    error_rates: Path,
    metrics: Path,
    **figures: Path,
) -> None:
    """Compare exactly `architectures` x `folds`, by their test parts, and print the table.

    Args:
        params: how the table is printed, and the draws behind its intervals.
        architectures: names; rows are grouped by input, and by name within a kind of input, and
            those that are references come last.
        folds: ids; those of further repeats count like the others.
        k: folds of one repeat.
        fits: folder to read, of which only <architecture>/fold-<id>/ asked for are looked at.
        baseline: folder to read, of which only fold-<id>.csv asked for are looked at.
        table_csv: CSV to write: one row an architecture or reference, shares of 1, all digits.
        table_md: Markdown to write: the same for people, in per cent.
        table_tex: LaTeX to write: the same for a paper.
        pairs_csv: CSV to write: one row for every two systems, shares of 1, all digits.
        pairs_md: Markdown to write: the same for people, with what it lets one say.
        time_csv: CSV to write: errors by the share of the sequences that was read.
        confusion_csv: CSV to write: decisions by label, for every fold.
        curves_csv: CSV to write: losses by epoch, for every fit.
        error_rates: JSON to write: the mean error rate of each system, reference and ensemble.
        metrics: JSON to write, last: everything in the table, by fold too.
        figures: SVG to write for every figure of `ferbench.reporting.figures`, by its name.

    Raises:
        ValueError: a fit is missing, broken or not comparable; a figure has no path or no function.
    """
    if set(figures) != set(FIGURES):
        raise ValueError(f"figures asked for: {sorted(figures)}; there are: {sorted(FIGURES)}")
    read = read_all(fits, architectures, folds)
    study = measure(read, read_baselines(baseline, read), params, k)
    summary = _summary(study)
    table = tables.to_markdown(summary, params.decimals)
    written = (table_csv, table_md, table_tex, pairs_csv, pairs_md, time_csv)
    plotted = (confusion_csv, curves_csv, error_rates)
    with publish(*written, *plotted, *figures.values(), metrics) as (table_to, md_to, *rest):
        tex_to, pairs_to, pairs_md_to, time_to, confusion_to, curves_to, rates_to, *rest = rest
        *drawn, metrics_to = rest
        tables.to_csv(summary, table_to)
        md_to.write_text(table, encoding="utf-8")
        tex_to.write_text(tables.to_latex(summary, params.decimals), encoding="utf-8")
        pair_tables.to_csv(study, pairs_to)
        pairs_md_to.write_text(pair_tables.to_markdown(study), encoding="utf-8")
        tables.time_to_csv(summary, time_to)
        plot_tables.confusion_to_csv(study, confusion_to)
        plot_tables.curves_to_csv(study, curves_to)
        plot_tables.error_rates_to_json(summary, rates_to)
        for name, path in zip(figures, drawn, strict=True):
            save(FIGURES[name](study), path)
        text = json.dumps(summary, indent=2, ensure_ascii=False, allow_nan=False)
        metrics_to.write_text(text + "\n", encoding="utf-8")
    print(table)
    print(f"Table: {table_md}. Pairs: {pairs_md}. Figures: {', '.join(map(str, figures.values()))}")


def _summary(study: Study) -> dict[str, Any]:
    """The content of metrics.json: all that the table says, and each metric of each fold.

    Shares are of 1; a standard deviation is over folds, with ddof = 1, and None for one fold.
    """
    some = next(iter(study.fits.values()))
    card = study.card
    labels = {sequence: label for fit in some for sequence, label in fit.tested.items()}
    counts = Counter(labels.values())
    return {
        "dataset": card.dataset,
        "synthetic": card.synthetic,
        "stamps": card.stamps,
        "classes": card.classes,
        "data": card.data.model_dump(),
        "class_weights": card.train.get("class_weights", "none"),
        "folds": study.folds,
        "k": study.k,
        "sequences": len(labels),
        "subjects": study.people,
        "tests": sum(len(fit.tested) for fit in some),
        "chance": {
            "uniform": 1 - 1 / len(card.classes),
            "majority": 1 - max(counts.values()) / len(labels),
        },
        "detectable": {"difference": study.detectable, "pairs": len(study.pairs)},
        "architectures": {
            name: _of_fits(of_one) | _of_parts(study, name) for name, of_one in study.fits.items()
        },
        "baselines": {
            name: _of_parts(study, name, {"posteriors"} if name == MAJORITY else ())
            for name in study.baselines
        },
        "ensembles": {
            name: _of_parts(study, name) | {"weights": _by_system(study, name)}
            for name in study.ensembles
        },
    }


def _of_fits(fits: Sequence[Fit]) -> dict[str, Any]:
    """What only networks have."""
    card = fits[0].card
    by_share = {str(fit.card.fold): error_by_share(fit.truncated).tolist() for fit in fits}
    return {
        "input": card.input,
        "reference": card.reference,
        "parameters": card.parameters.trainable,
        "stopping_epochs": {str(fit.card.fold): fit.card.stopping_epoch for fit in fits},
        "diverged": [fit.card.fold for fit in fits if fit.card.diverged],
        "time": {
            str(share): _spread({fold: errors[place] for fold, errors in by_share.items()})
            for place, share in enumerate(SHARES)
        },
    }


def _of_parts(study: Study, name: str, missing: Collection[str] = ()) -> dict[str, Any]:
    """What follows from decisions; no metric that needs what is `missing`."""
    parts: Sequence[Part] = study.parts[name]
    lacks = {*missing} | (set() if len(parts[0].frames.label) else {"frames"})
    counts = confusion(parts)
    measured = {
        key: _spread(
            {str(fold): metric.measure(part) for fold, part in zip(study.folds, parts, strict=True)}
        )
        for key, metric in METRICS.items()
        if metric.needs not in lacks
    }
    pooled: dict[str, Any] = {
        "error_rate": float(study.errors[name].mean()),
        "interval": list(study.intervals[name]),
    }
    if "posteriors" not in lacks:
        pooled["calibration_error"] = reliability(parts).error
    return {
        **measured,
        "pooled": pooled,
        "sequences": len(study.errors[name]),
        "recall": dict(zip(parts[0].classes, recall(counts), strict=True)),
        "confusion": counts.tolist(),
    }


def _by_system(study: Study, ensemble: str) -> dict[str, dict[str, float]]:
    """Weights by architecture, then by fold."""
    return {
        name: {
            str(fold): weights[place]
            for fold, weights in zip(study.folds, study.weights[ensemble], strict=True)
        }
        for place, name in enumerate(study.compared)
    }


def _spread(by_fold: dict[str, float]) -> dict[str, Any]:
    values = list(by_fold.values())
    return {
        "mean": fmean(values),
        "std": stdev(values) if len(values) > 1 else None,
        "folds": by_fold,
    }
