"""The comparison as CSV for machines and Markdown for people, from metrics.json's content."""

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ferbench.fits import STAMPS
from ferbench.metrics import METRICS
from ferbench.paper import CAVEAT, PRINTED


def to_csv(summary: Mapping[str, Any], path: Path) -> None:
    """One row an architecture; shares of 1 with all digits, empty where there is no number."""
    rows = [_flat(summary, name) for name in summary["architectures"]]
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        table.writeheader()
        table.writerows(rows)


def _flat(summary: Mapping[str, Any], name: str) -> dict[str, Any]:
    row = summary["architectures"][name]
    printed = PRINTED.get(name)
    return {
        "dataset": summary["dataset"],
        "stamps": " ".join(summary["stamps"]),
        "input": row["input"],
        "architecture": name,
        "parameters": row["parameters"],
        "printed_parameters": printed and printed.parameters,
        "printed_error_rate": printed and printed.error_rate,
        "printed_spread": printed and printed.spread,
        **{f"{metric}_{part}": row[metric][part] for metric in METRICS for part in ("mean", "std")},
        "folds": len(summary["folds"]),
        "sequences": row["sequences"],
        "stopping_epochs": " ".join(map(str, row["stopping_epochs"].values())),
        "diverged": len(row["diverged"]),
    }


def to_markdown(summary: Mapping[str, Any], decimals: int) -> str:
    """Heading, stamps, chance level, the table in per cent, and what its numbers mean."""
    stamps = [f"**{stamp}**: {STAMPS[stamp]}" for stamp in summary["stamps"]]
    blocks = [
        "# Comparison of architectures",
        " · ".join([*stamps, f"dataset `{summary['dataset']}`"]),
        _extent(summary, decimals),
        _table(summary, decimals),
        *_notes(summary),
    ]
    return "\n\n".join(blocks) + "\n"


def _extent(summary: Mapping[str, Any], decimals: int) -> str:
    chance = {name: _percent(share, decimals) for name, share in summary["chance"].items()}
    folds = len(summary["folds"])
    return (
        f"{summary['sequences']} sequences of {len(summary['classes'])} classes "
        f"({', '.join(summary['classes'])}), tested in {_count(folds, 'fold')}. Chance level: "
        f"{chance['uniform']} % error by guessing evenly, {chance['majority']} % by always naming "
        f"the most frequent class.{_left_out(summary['data'])}"
    )


def _left_out(data: Mapping[str, int]) -> str:
    """What is not as the release has it."""
    said = ""
    if data["skipped"]:
        said += (
            f" Passed over: {_count(data['skipped'], 'sequence')} without a label, of another "
            "class, or of people not in the cohort."
        )
    if data["unusable"]:
        said += (
            f" {_count(data['unusable'], 'problem')}: the sequences concerned were **left out**; "
            "`results/preprocess/summary.json` names them."
        )
    if data["frames_with_mesh_landmarks"]:
        said += f" {data['frames_with_mesh_landmarks']:,} frames have landmarks of the face mesh."
    if data["frames_without_a_face"]:
        said += f" {data['frames_without_a_face']:,} frames without a face were dropped."
    return said


def _table(summary: Mapping[str, Any], decimals: int) -> str:
    heads = ["input", "architecture", "parameters", "printed"]
    for name, metric in METRICS.items():
        heads += [f"{metric.title}, %", *(["printed, %"] if name == "error_rate" else [])]
    rows = [[*heads, "sequences", "stopping epochs"]]
    for name, row in summary["architectures"].items():
        printed = PRINTED.get(name)
        cells = [row["input"], name + _mark(row), f"{row['parameters']:,}"]
        cells.append(f"{printed.parameters:,}" if printed else "—")
        for measured in METRICS:
            cells.append(_spread(row[measured]["mean"], row[measured]["std"], decimals))
            if measured == "error_rate":
                cells.append(_spread(printed.error_rate, printed.spread, 1) if printed else "—")
        epochs = " ".join(map(str, row["stopping_epochs"].values()))
        rows.append([*cells, str(row["sequences"]), epochs])
    return align(rows, left=2)


def align(rows: list[list[str]], left: int) -> str:
    """A Markdown table, legible as it is; the first `left` columns flush left, the others right.

    `rows` begin with the headings.
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]

    def line(cells: list[str]) -> str:
        padded = (
            cell.ljust(width) if column < left else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(cells, widths, strict=True))
        )
        return f"| {' | '.join(padded)} |"

    rule = ["-" * width if i < left else "-" * (width - 1) + ":" for i, width in enumerate(widths)]
    return "\n".join([line(rows[0]), line(rule), *map(line, rows[1:])])


def _notes(summary: Mapping[str, Any]) -> list[str]:
    folds = len(summary["folds"])
    spread = (
        f"± is the standard deviation over the {folds} folds (ddof = 1). Folds share training "
        "data, so it understates the uncertainty."
        if folds > 1
        else "There is one fold, hence no ±."
    )
    notes = [spread]
    if len({row["input"] for row in summary["architectures"].values()}) > 1:
        notes.append(
            "Rows are grouped by input. A difference between architectures of two groups is one of "
            "input *and* architecture, not of architecture alone."
        )
    notes.append(
        "Stopping epochs are those whose weights were kept (lowest validation loss), in the order "
        f"of the folds {', '.join(map(str, summary['folds']))}."
    )
    if summary["class_weights"] == "balanced":
        notes.append(
            "Losses were weighted by class, inversely to its count in the training part. Macro "
            "figures weigh each class the same; the plain error rate weighs each sequence the same."
        )
    if any(row["diverged"] for row in summary["architectures"].values()):
        notes.append(
            "A fit diverged when its loss was no longer finite; it stays in the means, with the "
            "best weights from before (epoch 0: as initialised)."
        )
    if PRINTED.keys() & summary["architectures"].keys():
        notes.append(CAVEAT)
    return notes


def _mark(row: Mapping[str, Any]) -> str:
    fits = len(row["stopping_epochs"])
    return f" ({len(row['diverged'])} of {_count(fits, 'fit')} diverged)" if row["diverged"] else ""


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}{'' if number == 1 else 's'}"


def _percent(share: float, decimals: int) -> str:
    return f"{100 * share:.{decimals}f}"


def _spread(mean: float, std: float | None, decimals: int) -> str:
    shown = _percent(mean, decimals)
    return shown if std is None else f"{shown} ± {_percent(std, decimals)}"
