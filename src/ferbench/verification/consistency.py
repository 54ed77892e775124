"""What can be seen of a comparison without all of its fits."""

import csv
import filecmp
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from statistics import fmean, stdev
from tempfile import TemporaryDirectory
from typing import Any

from ferbench.evaluation.metrics import METRICS, error_by_share
from ferbench.evaluation.references import read_baselines
from ferbench.reporting import tables
from ferbench.results.fits import CARD, Fit
from ferbench.results.predictions import SHARES
from ferbench.verification.claims import COMPARED, METRICS_JSON, Problem, restore


def inconsistent(project: Path, again: Mapping[str, Path], decimals: int) -> Iterator[Problem]:
    """Where the comparison contradicts itself, or a fit that was made again.

    The tables follow from metrics.json, its means and deviations from its folds, and the numbers of
    a fold from its fit and its baselines.

    Args:
        project: whose results/compare to look at.
        again: by name, the files that were made again, fits with the baselines of their folds.
        decimals: of a percentage in the table.
    """
    try:
        summary = json.loads((project / METRICS_JSON).read_text(encoding="utf-8"))
        yield from _tables(project, summary, decimals)
        for place in _wrong_spreads(summary):
            said = f"{place}: mean or deviation is not that of its folds"
            yield Problem(METRICS_JSON, f"{said}; {restore(METRICS_JSON)}")
        for name, path in again.items():
            if path.name == CARD:
                baselines = again[name].parents[3] / "baseline"
                for said in _of_fold(summary, path.parent, baselines):
                    yield Problem(METRICS_JSON, f"{said}; {restore(METRICS_JSON)}")
    except (OSError, ValueError, LookupError, TypeError, AttributeError, csv.Error) as error:
        why = f"{type(error).__name__}: {' '.join(str(error).split())}"
        yield Problem(METRICS_JSON, f"not as compare writes it ({why}); {restore(METRICS_JSON)}")


def _tables(project: Path, summary: Mapping[str, Any], decimals: int) -> Iterator[Problem]:
    with TemporaryDirectory(prefix="ferbench-tables-") as folder:
        names = ("table.csv", "table.md", "table.tex", "time.csv")
        made = {name: Path(folder, name) for name in names}
        tables.to_csv(summary, made["table.csv"])
        made["table.md"].write_text(tables.to_markdown(summary, decimals), encoding="utf-8")
        made["table.tex"].write_text(tables.to_latex(summary, decimals), encoding="utf-8")
        tables.time_to_csv(summary, made["time.csv"])
        for file, path in made.items():
            name = f"{COMPARED}/{file}"
            known = project / name
            if known.is_file() and not filecmp.cmp(known, path, shallow=False):
                yield Problem(name, f"does not follow from {METRICS_JSON}; {restore(name)}")


def _wrong_spreads(content: Any, place: str = "") -> Iterator[str]:
    """Where in metrics.json a mean, or a deviation, is not that of the folds beside it."""
    if not isinstance(content, dict):
        return
    if content.keys() == {"mean", "std", "folds"}:
        values = list(content["folds"].values())
        std = stdev(values) if len(values) > 1 else None
        if (content["mean"], content["std"]) != (fmean(values), std):
            yield place
        return
    for key, value in content.items():
        yield from _wrong_spreads(value, f"{place}.{key}" if place else key)


def _of_fold(summary: Mapping[str, Any], folder: Path, baselines: Path) -> Iterator[str]:
    """Numbers of metrics.json that are not those of a fit, and of the baselines of its fold."""
    fit = Fit.read(folder)
    name, fold = fit.card.architecture, str(fit.card.fold)
    said = summary["architectures"][name]
    pairs = [
        (f"{share} of the frames", said["time"][str(share)]["folds"][fold], error)
        for share, error in zip(SHARES, error_by_share(fit.truncated).tolist(), strict=True)
    ]
    pairs.append(("stopping epoch", said["stopping_epochs"][fold], fit.card.stopping_epoch))
    pairs.append(("parameters", said["parameters"], fit.card.parameters.trainable))
    parts = {name: (said, fit.test)}
    for baseline, (part,) in read_baselines(baselines, {name: [fit]}).items():
        parts[baseline] = (summary["baselines"][baseline], part)
    measured = [
        (f"{key} of {whose}", row[key]["folds"][fold], metric.measure(part))
        for whose, (row, part) in parts.items()
        for key, metric in METRICS.items()
        if key in row
    ]
    for what, claimed, found in [(f"{key} of {name}", *two) for key, *two in pairs] + measured:
        if claimed != found:
            yield f"{what}, fold {fold}: {claimed}, but {found} when it was made again"
