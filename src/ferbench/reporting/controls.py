"""What the controls showed, held against what they must show."""

import csv
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from ferbench.controls import CONTROLS, Row, Verdict, judge, merged
from ferbench.markdown import align, percent

MARKS = {True: " ✓", False: " ✗", None: ""}
EXPLAINED = (
    "Mean error rates over the folds, %. ✓: as it must be; ✗: not; no mark: nothing is expected of "
    "it, the number is reported. `controls/<name>.yaml` says what was changed, `make controls` "
    "runs them."
)
UNTOUCHED = ("track", "compare", "folds")
"""Settings that do not change what is trained; folds are seen in the table."""


def controls(
    params: Mapping[str, Any], overrides: Path, tables: Path, default: Sequence[Row], decimals: int
) -> str:
    """Markdown of every control that has a table, and the names of those that have none.

    Args:
        params: the content of params.yaml.
        overrides: folder of <name>.yaml, what each control changes in it.
        tables: folder of <name>.csv, each control's table, and <name>.yaml, what it was run with.
        default: the table of params.yaml as it is.
        decimals: of a percentage.
    """
    return "\n\n".join(_blocks(params, overrides, tables, default, decimals)) + "\n"


def rows_of(path: Path) -> list[Row]:
    """The rows of a table.csv."""
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def _blocks(
    params: Mapping[str, Any], overrides: Path, tables: Path, default: Sequence[Row], decimals: int
) -> Iterator[str]:
    names = sorted(path.stem for path in overrides.glob("*.yaml"))
    known = [name for name in names if (tables / f"{name}.csv").is_file()]
    systems = [row["architecture"] for row in default]
    rows = [["", "stamps", *systems, "what it must show", "does it?"]]
    rows.append(["*as params.yaml says*", *_cells(default, {}, systems, decimals), "—", "—"])
    said: list[str] = []
    for name in known:
        table = rows_of(tables / f"{name}.csv")
        verdicts = _verdicts(name, table, default)
        changed = merged(params, _read(overrides / f"{name}.yaml"))
        same = _comparable(changed) == _comparable(_read(tables / f"{name}.yaml"))
        cells = _cells(table, verdicts if same else {}, systems, decimals)
        shows = CONTROLS[name].shows if name in CONTROLS else "—"
        rows.append([name, *cells, shows, _answer(verdicts) if same else "**of other settings**"])
        said += _details(name, verdicts) if same else []
    yield EXPLAINED
    if known:
        yield align(rows, left=2)
    if said:
        yield "\n".join(said)
    if "**of other settings**" in {row[-1] for row in rows}:
        yield "Of other settings: run before params.yaml was changed. Run `make controls` again."
    if missing := [name for name in names if name not in known]:
        yield f"Not run: {', '.join(missing)}. Run `make controls`."


def _read(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    return content


def _comparable(params: Mapping[str, Any]) -> dict[str, Any]:
    return {section: values for section, values in params.items() if section not in UNTOUCHED}


def _verdicts(name: str, table: Sequence[Row], default: Sequence[Row]) -> dict[str, Verdict]:
    if name not in CONTROLS:
        return {}
    return {verdict.architecture: verdict for verdict in judge(name, table, default)}


def _cells(
    table: Sequence[Row], verdicts: Mapping[str, Verdict], systems: Sequence[str], decimals: int
) -> Iterator[str]:
    """The stamps, then an error rate and a mark for each system."""
    yield table[0]["stamps"] or "—"
    found = {row["architecture"]: float(row["error_rate_mean"]) for row in table}
    for name in systems:
        mark = MARKS[verdicts[name].holds] if name in verdicts else ""
        yield percent(found[name], decimals) + mark if name in found else "—"


def _answer(verdicts: Mapping[str, Verdict]) -> str:
    expected = [verdict for verdict in verdicts.values() if verdict.holds is not None]
    if not expected:
        return "reported"
    failed = [verdict.architecture for verdict in expected if not verdict.holds]
    return f"**no**: {', '.join(failed)}" if failed else "yes"


def _details(name: str, verdicts: Mapping[str, Verdict]) -> Iterator[str]:
    """What did not come out, with the numbers it was held against."""
    for verdict in verdicts.values():
        if verdict.holds is False:
            yield f"- {name}, {verdict.architecture}: {verdict.why}"
