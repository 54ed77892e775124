"""The comparison as CSV, Markdown and LaTeX, from metrics.json's content."""

import csv
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from statistics import fmean
from typing import Any

from ferbench.evaluation.metrics import METRICS
from ferbench.markup.latex import to_latex as latex
from ferbench.markup.markdown import align, count, interval, percent, spread, stamped
from ferbench.paper.statements import PRINTED
from ferbench.reporting.table_notes import ENSEMBLES, notes

Summary = Mapping[str, Any]
Row = Mapping[str, Any]


def to_csv(summary: Summary, path: Path) -> None:
    """One row an architecture, then one a baseline; shares of 1, empty where there is no number."""
    rows = [_flat(summary, name, row) for name, row in _rows(summary)]
    write_csv(list(rows[0]), rows, path)


def time_to_csv(summary: Summary, path: Path) -> None:
    """Error rate by the share of each sequence that was read: a row an architecture and share."""
    rows = [
        {
            "dataset": summary["dataset"],
            "stamps": " ".join(summary["stamps"]),
            "input": row["input"],
            "architecture": name,
            "reference": _said(row["reference"]),
            "share": share,
            "error_rate_mean": measured["mean"],
            "error_rate_std": measured["std"],
        }
        for name, row in summary["architectures"].items()
        for share, measured in row["time"].items()
    ]
    write_csv(list(rows[0]), rows, path)


def write_csv(columns: Collection[str], rows: Iterable[Row], path: Path) -> None:
    """A line of heads, then a line a row; empty where there is None."""
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, columns, lineterminator="\n")
        table.writeheader()
        table.writerows(rows)


def _rows(summary: Summary) -> Iterator[tuple[str, Row]]:
    yield from summary["architectures"].items()
    yield from summary["baselines"].items()


def _said(reference: bool) -> str:
    return "yes" if reference else "no"


def _flat(summary: Summary, name: str, row: Row) -> dict[str, Any]:
    printed = PRINTED.get(name)
    low, high = row["pooled"]["interval"]
    return {
        "dataset": summary["dataset"],
        "stamps": " ".join(summary["stamps"]),
        "input": row.get("input"),
        "architecture": name,
        "reference": _said(row.get("reference", True)),
        "parameters": row.get("parameters"),
        "printed_parameters": printed and printed.parameters,
        "printed_error_rate": printed and printed.error_rate,
        "printed_spread": printed and printed.spread,
        **{
            f"{metric}_{part}": row[metric][part] if metric in row else None
            for metric in METRICS
            for part in ("mean", "std")
        },
        "pooled_error_rate": row["pooled"]["error_rate"],
        "pooled_error_rate_low": low,
        "pooled_error_rate_high": high,
        **{f"recall_{label}": share for label, share in row["recall"].items()},
        "folds": len(summary["folds"]),
        "sequences": row["sequences"],
        "stopping_epochs": " ".join(map(str, row.get("stopping_epochs", {}).values())),
        "diverged": len(row["diverged"]) if "diverged" in row else None,
    }


def to_markdown(summary: Summary, decimals: int) -> str:
    """Heading, stamps, chance level, the table in per cent, and what its numbers mean."""
    blocks = [
        "# Comparison of architectures",
        stamped(summary["stamps"], summary["dataset"]),
        _extent(summary, decimals),
        align(_table(summary, decimals), left=2),
        *notes(summary, decimals),
    ]
    if summary["ensembles"]:
        blocks += ["**All systems together**", _ensembles(summary, decimals), ENSEMBLES]
    return "\n\n".join(blocks) + "\n"


def to_latex(summary: Summary, decimals: int) -> str:
    """The same table with booktabs; stamps, chance level and what its numbers mean: the caption."""
    caption = [
        f"{stamped(summary['stamps'], summary['dataset'])}.",
        _extent(summary, decimals),
        *notes(summary, decimals),
    ]
    return latex(_table(summary, decimals), 2, caption)


def _extent(summary: Summary, decimals: int) -> str:
    chance = {name: percent(share, decimals) for name, share in summary["chance"].items()}
    return (
        f"{count(summary['sequences'], 'sequence')} of {count(summary['subjects'], 'subject')} and "
        f"{len(summary['classes'])} classes ({', '.join(summary['classes'])}), tested in "
        f"{count(len(summary['folds']), 'fold')}. Chance level: "
        f"{chance['uniform']} % error by guessing evenly, {chance['majority']} % by always naming "
        f"the most frequent class.{_left_out(summary['data'])}"
    )


def _left_out(data: Mapping[str, int]) -> str:
    """What is not as the release has it."""
    said = ""
    if data["skipped"]:
        said += (
            f" Passed over: {count(data['skipped'], 'sequence')} without a label, of another "
            "class, or of people not in the cohort."
        )
    if data["unusable"]:
        said += (
            f" {count(data['unusable'], 'problem')}: the sequences concerned were **left out**; "
            "`results/preprocess/summary.json` names them."
        )
    if data["frames_with_mesh_landmarks"]:
        said += f" {data['frames_with_mesh_landmarks']:,} frames have landmarks of the face mesh."
    if data["frames_without_a_face"]:
        said += f" {data['frames_without_a_face']:,} frames without a face were dropped."
    return said


def _table(summary: Summary, decimals: int) -> list[list[str]]:
    """The heads, then a row a system."""
    shown = [name for name, metric in METRICS.items() if metric.column]
    heads = ["input", "architecture", "parameters", "printed"]
    for name in shown:
        heads.append(f"{METRICS[name].title}, %")
        if name == "error_rate":
            heads += ["printed, %", "pooled, % [95 % interval]"]
    rows = [[*heads, "stopping epochs"]]
    for name, row in _rows(summary):
        printed = PRINTED.get(name)
        cells = [row.get("input", "—"), name + _mark(row)]
        cells.append(f"{row['parameters']:,}" if "parameters" in row else "—")
        cells.append(f"{printed.parameters:,}" if printed else "—")
        for measured in shown:
            cells.append(_spread(row, measured, decimals))
            if measured == "error_rate":
                cells.append(spread(printed.error_rate, printed.spread, 1) if printed else "—")
                cells.append(_pooled(row, decimals))
        epochs = " ".join(map(str, row.get("stopping_epochs", {}).values()))
        rows.append([*cells, epochs or "—"])
    return rows


def _ensembles(summary: Summary, decimals: int) -> str:
    shown = [name for name, metric in METRICS.items() if metric.column and metric.needs != "frames"]
    heads = [f"{METRICS[name].title}, %" for name in shown]
    heads.insert(1, "pooled, % [95 % interval]")
    rows = [["ensemble", *heads, "mean weights"]]
    for name, row in summary["ensembles"].items():
        cells = [_spread(row, measured, decimals) for measured in shown]
        cells.insert(1, _pooled(row, decimals))
        weights = ", ".join(
            f"{system} {fmean(folds.values()):.2f}" for system, folds in row["weights"].items()
        )
        rows.append([name, *cells, weights])
    return align(rows, left=1)


def _spread(row: Row, metric: str, decimals: int) -> str:
    if metric not in row:
        return "—"
    return spread(row[metric]["mean"], row[metric]["std"], decimals)


def _pooled(row: Row, decimals: int) -> str:
    pooled = row["pooled"]
    return f"{percent(pooled['error_rate'], decimals)} {interval(pooled['interval'], decimals)}"


def _mark(row: Row) -> str:
    mark = " (reference)" if row.get("reference", True) else ""
    if row.get("diverged"):
        fits = count(len(row["stopping_epochs"]), "fit")
        mark += f" ({len(row['diverged'])} of {fits} diverged)"
    return mark
