"""Controls: what the benchmark must show with changed settings, if it measures what it says.

Each changes params.yaml as `controls/<name>.yaml` says; `tools/controls.py` runs them.
"""

from collections.abc import Callable, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from scipy.stats import binom

from ferbench.io.files import read_table
from ferbench.models import architectures
from ferbench.results.baselines import MAJORITY
from ferbench.results.stamps import FRAMES_SHUFFLED, LABELS_SHUFFLED, LEAKING

SOLVED = 0.15  # largest error rate at which a task counts as solved
CONFIDENCE = 0.99
"""Of an interval about chance. Of six architectures that guess, one misses it in up to 6 % of
studies."""
DECIDED = ("error_rate", "frame_error", "macro_error", "macro_f1", "pooled", "recall")
"""Beginnings of the names of columns that follow from decisions alone."""
NEEDED = ("architecture", "error_rate_mean", "sequences", "stamps")
"""Columns that a table of `compare` must have."""

TableRow = Mapping[str, str]  # a row of compare's table.csv
Judgement = tuple[bool | None, str]


class Verdict(NamedTuple):
    """What a control shows of one architecture."""

    architecture: str
    holds: bool | None
    """Whether it is as expected; None if nothing is expected and the number is only reported."""
    why: str


class Control(NamedTuple):
    """What a control must show."""

    shows: str
    stamp: str | None  # the one of `ferbench.results.stamps` that its table must have
    judge: Callable[[TableRow, TableRow | None, float | None], Judgement]
    """Given an architecture's row here, its row by default, and the error rate of guessing here."""


def rows_of(path: Path) -> list[TableRow]:
    """The rows of a table.csv; none if there is no such file."""
    if not path.is_file():
        return []
    columns, *rows = read_table(path)
    if rows and (missing := sorted({*NEEDED} - {*columns})):
        raise ValueError(f"{path}: no {', '.join(missing)}; not what `ferbench compare` writes")
    return [dict(zip(columns, row, strict=True)) for row in rows]


def judge(name: str, rows: Sequence[TableRow], default: Sequence[TableRow] = ()) -> list[Verdict]:
    """A verdict on each row of a control's table.csv, beside that of params.yaml as it is.

    ValueError if an architecture of the table cannot be imported.
    """
    control = CONTROLS[name]
    known = {row["architecture"]: row for row in default}
    chance = _chance(rows)
    verdicts = []
    for row in rows:
        holds, why = control.judge(row, known.get(row["architecture"]), chance)
        if control.stamp and control.stamp not in row["stamps"]:
            holds, why = False, f"{why}; not stamped {control.stamp}"
        verdicts.append(Verdict(row["architecture"], holds, why))
    return verdicts


def guessing(error: float, decisions: int, chance: float) -> Judgement:
    """Whether an error rate can come from guessing.

    The interval holds CONFIDENCE of the binomial distribution, with equal tails. It assumes
    independent decisions; those about one person are not quite independent.

    Args:
        error: the error rate, a share.
        decisions: their number.
        chance: error rate of guessing, a share.
    """
    ends = binom.interval(CONFIDENCE, decisions, chance)
    low, high = (float(count) / decisions for count in ends)
    within = low - 1e-9 <= error <= high + 1e-9
    interval = f"[{100 * low:.1f}, {100 * high:.1f}] about {100 * chance:.1f} %"
    return within, f"{_percent(error)} {'within' if within else 'outside'} {interval}"


def _chance(rows: Sequence[TableRow]) -> float | None:
    """Error rate of guessing; None if one class is more frequent, which guesses can then favour."""
    classes = sum(name.startswith("recall_") for name in rows[0])
    majority = next((_error(row) for row in rows if row["architecture"] == MAJORITY), None)
    even = majority is not None and classes and abs(majority - (1 - 1 / classes)) < 1e-9
    return majority if even else None


def _labels_shuffled(row: TableRow, _: TableRow | None, chance: float | None) -> Judgement:
    if chance is None:
        return None, f"{_percent(_error(row))}; classes are not equally frequent"
    return guessing(_error(row), int(row["sequences"]), chance)


def _memory(architecture: str) -> bool | None:
    """Whether it has a memory; None for a baseline, and for an architecture that was removed.

    ValueError if the architecture needs a package that is not installed.
    """
    if find_spec(f"{architectures.__name__}.{architecture}") is None:
        return None
    found: bool = architectures.find(architecture).MEMORY
    return found


def _same_without_memory(row: TableRow, default: TableRow | None, _: float | None) -> Judgement:
    _, why = _reported(row, default, None)
    if default is None or _memory(row["architecture"]) is not False:
        return None, why
    same = all(row[name] == default.get(name) for name in row if name.startswith(DECIDED))
    return same, f"{why}, errors {'' if same else 'not '}the same to all digits"


def _order(row: TableRow, _: TableRow | None, __: float | None) -> Judgement:
    error, memory = _error(row), _memory(row["architecture"])
    if memory is None:
        return None, _percent(error)
    if not memory:
        return guessing(error, int(row["sequences"]), 1 / 2)
    solved = error <= SOLVED
    return solved, f"{_percent(error)}, {'at most' if solved else 'more than'} {_percent(SOLVED)}"


def _reported(row: TableRow, default: TableRow | None, _: float | None) -> Judgement:
    """Beside the default; nothing is expected of it."""
    if default is None:
        return None, f"{_percent(_error(row))}; no default to compare with"
    change = 100 * (_error(row) - _error(default))
    return None, f"{_percent(_error(row))}, by default {_percent(_error(default))} ({change:+.1f})"


def _error(row: TableRow) -> float:
    return float(row["error_rate_mean"])


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


CONTROLS = {
    "labels_shuffled": Control(
        "with nothing to learn, every system guesses", LABELS_SHUFFLED, _labels_shuffled
    ),
    "frames_shuffled_in_test": Control(
        "networks without memory make the same errors in any order",
        FRAMES_SHUFFLED,
        _same_without_memory,
    ),
    "frames_shuffled": Control("what is learned without order", FRAMES_SHUFFLED, _reported),
    "order": Control(
        "where only order tells classes apart, networks with memory solve the task, others guess",
        None,
        _order,
    ),
    "leak": Control("how much error a leak hides", LEAKING, _reported),
    "no_reference": Control("what subtracting the first frame is worth", None, _reported),
}
"""By name, as in controls/<name>.yaml."""
