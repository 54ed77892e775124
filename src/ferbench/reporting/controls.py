"""What the controls showed, and whether it is what they must show."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from ferbench.markup.markdown import percent, to_markdown
from ferbench.validation.controls import CONTROLS, TableRow, Verdict, judge, rows_of
from ferbench.validation.settings import merged, same_settings

MARKS: dict[bool | None, str] = {True: " ✓", False: " ✗"}
EXPLAINED = (
    "Mean error rates over the folds, %. ✓: as expected; ✗: not as expected; in brackets, where "
    "nothing is expected: the change in points. `controls/<name>.yaml` says what was changed, "
    "`make controls` runs them. Whether the sources have changed since a control was run is not "
    "checked."
)


def controls_section(
    params: Mapping[str, Any],
    overrides: Path,
    tables: Path,
    default: Sequence[TableRow],
    decimals: int,
) -> str:
    """Markdown of every control that has a table, and the names of those that have none.

    Args:
        params: the content of params.yaml.
        overrides: folder of <name>.yaml, what each control changes in it.
        tables: folder of <name>.csv, each control's table, and <name>.yaml, what it was run with.
        default: the table of params.yaml as it is.
        decimals: of a percentage.
    """
    names = sorted(path.stem for path in overrides.glob("*.yaml"))
    found = {name: table for name in names if (table := rows_of(tables / f"{name}.csv"))}
    systems = {row["architecture"]: row for row in default}
    rows = [["", "as expected?", *systems, "what it must show", "stamps"]]
    usual = ["*as params.yaml says*", "—", *_cells(default, None, systems, decimals)]
    rows.append([*usual, "—", _stamps(default)])
    details, others = [], []
    for name, table in found.items():
        changed = merged(params, _read(overrides / f"{name}.yaml"))
        if not same_settings(changed, _read(tables / f"{name}.yaml")):
            others.append(name)
            continue
        verdicts = judge(name, table, default) if name in CONTROLS else []
        cells = _cells(table, verdicts, systems, decimals)
        shows = CONTROLS[name].shows if name in CONTROLS else "—"
        rows.append([name, _answer(verdicts), *cells, shows, _stamps(table)])
        failed = [one for one in verdicts if one.holds is False]
        details += [f"- {name}, {one.architecture}: {one.why}" for one in failed]
    blocks = [EXPLAINED, to_markdown(rows, left=2) if len(rows) > 2 else "", "\n".join(details)]
    if others:
        blocks.append(
            f"Not shown, because they were run with other settings or other data than those of "
            f"params.yaml: {', '.join(others)}. Run `make controls` again."
        )
    if missing := [name for name in names if name not in found]:
        blocks.append(f"Not run: {', '.join(missing)}. Run `make controls`.")
    return "\n\n".join(filter(None, blocks)) + "\n"


def _read(path: Path) -> dict[str, Any]:
    """A mapping; empty if there is no such file."""
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8")) if path.is_file() else {}
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ValueError(f"{path}: not YAML ({' '.join(str(error).split())})") from None
    if not isinstance(content, dict):
        raise ValueError(f"{path}: must be a mapping of keys to values")
    return content


def _stamps(table: Sequence[TableRow]) -> str:
    return table[0]["stamps"] or "—"


def _cells(
    table: Sequence[TableRow],
    verdicts: Sequence[Verdict] | None,
    systems: Mapping[str, TableRow],
    decimals: int,
) -> Iterator[str]:
    """An error rate for each system, with its mark or its change; None: with neither."""
    found = {row["architecture"]: float(row["error_rate_mean"]) for row in table}
    holds = {verdict.architecture: verdict.holds for verdict in verdicts or ()}
    for name, default in systems.items():
        if name not in found:
            yield "—"
            continue
        change = f" ({100 * (found[name] - float(default['error_rate_mean'])):+.{decimals}f})"
        beside = "" if verdicts is None else MARKS.get(holds.get(name), change)
        yield percent(found[name], decimals) + beside


def _answer(verdicts: Sequence[Verdict]) -> str:
    if all(verdict.holds is None for verdict in verdicts):
        return "reported"
    failed = [verdict.architecture for verdict in verdicts if verdict.holds is False]
    return f"**no**: {', '.join(failed)}" if failed else "yes"
