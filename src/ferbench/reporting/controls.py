"""What the controls showed, and whether it is what they must show."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from ferbench.markup.markdown import align, percent
from ferbench.validation.controls import CONTROLS, Row, Verdict, judge, rows_of
from ferbench.validation.settings import merged, same_settings

MARKS: dict[bool | None, str] = {True: " ✓", False: " ✗"}
OTHER = "**of other settings**"
EXPLAINED = (
    "Mean error rates over the folds, %. ✓: as expected; ✗: not as expected; in brackets, where "
    "nothing is expected: the change in points. `controls/<name>.yaml` says what was changed, "
    "`make controls` runs them. Whether the sources have changed since a control was run is not "
    "checked."
)


def controls_section(
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


def _blocks(
    params: Mapping[str, Any], overrides: Path, tables: Path, default: Sequence[Row], decimals: int
) -> Iterator[str]:
    names = sorted(path.stem for path in overrides.glob("*.yaml"))
    found = {name: rows_of(tables / f"{name}.csv") for name in names}
    known = [name for name in names if found[name]]
    systems = {row["architecture"]: row for row in default}
    rows = [["", "as expected?", *systems, "what it must show", "stamps"]]
    usual = ["*as params.yaml says*", "—", *_cells(default, None, systems, decimals)]
    rows.append([*usual, "—", _stamps(default)])
    details: list[str] = []
    for name in known:
        table = found[name]
        verdicts = _verdicts(name, table, default)
        changed = merged(params, _read(overrides / f"{name}.yaml"))
        same = same_settings(changed, _read(tables / f"{name}.yaml"))
        cells = _cells(table, verdicts if same else None, systems, decimals)
        shows = CONTROLS[name].shows if name in CONTROLS else "—"
        answer = _answer(verdicts) if same else OTHER
        rows.append([name, answer, *cells, shows, _stamps(table)])
        details += _details(name, verdicts) if same else []
    yield EXPLAINED
    if known:
        yield align(rows, left=2)
    if details:
        yield "\n".join(details)
    if OTHER in {row[1] for row in rows}:
        yield "Of other settings: run before params.yaml was changed. Run `make controls` again."
    if missing := [name for name in names if name not in known]:
        yield f"Not run: {', '.join(missing)}. Run `make controls`."


def _read(path: Path) -> dict[str, Any]:
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    content: dict[str, Any] = yaml.safe_load(text) or {}
    return content


def _stamps(table: Sequence[Row]) -> str:
    return table[0]["stamps"] or "—"


def _verdicts(name: str, table: Sequence[Row], default: Sequence[Row]) -> dict[str, Verdict]:
    if name not in CONTROLS:
        return {}
    return {verdict.architecture: verdict for verdict in judge(name, table, default)}


def _cells(
    table: Sequence[Row],
    verdicts: Mapping[str, Verdict] | None,
    systems: Mapping[str, Row],
    decimals: int,
) -> Iterator[str]:
    """An error rate for each system, with its mark or its change; None: with neither."""
    found = {row["architecture"]: float(row["error_rate_mean"]) for row in table}
    for name, default in systems.items():
        if name not in found:
            yield "—"
            continue
        beside = ""
        if verdicts is not None:
            change = 100 * (found[name] - float(default["error_rate_mean"]))
            holds = verdicts[name].holds if name in verdicts else None
            beside = MARKS.get(holds, f" ({change:+.{decimals}f})")
        yield percent(found[name], decimals) + beside


def _answer(verdicts: Mapping[str, Verdict]) -> str:
    expected = [verdict for verdict in verdicts.values() if verdict.holds is not None]
    if not expected:
        return "reported"
    failed = [verdict.architecture for verdict in expected if not verdict.holds]
    return f"**no**: {', '.join(failed)}" if failed else "yes"


def _details(name: str, verdicts: Mapping[str, Verdict]) -> Iterator[str]:
    """What is not as expected, with its numbers."""
    for verdict in verdicts.values():
        if verdict.holds is False:
            yield f"- {name}, {verdict.architecture}: {verdict.why}"
