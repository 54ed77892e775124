"""Controls: what the benchmark must show on changed terms, if it measures what it says.

Each changes params.yaml as `controls/<name>.yaml` says; `tools/controls.py` runs them.
"""

import csv
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from scipy.stats import binom

from ferbench.evaluation.references import MAJORITY

FRAMEWISE = ("cnn", "mlp")
"""Networks without memory."""
RECURRENT = ("bilstm", "cnn_lstm", "lstm", "rnn")
"""Networks with one."""
SOLVED = 0.15
"""Largest error rate at which a task counts as solved."""
CONFIDENCE = 0.99
"""Of an interval about chance. Of six architectures that guess, one misses it in up to 6 % of
studies."""

DECIDED = ("error_rate", "frame_error", "macro_error", "macro_f1", "pooled", "recall")
"""How columns begin that follow from decisions alone."""

Row = Mapping[str, str]
"""A row of compare's table.csv."""
Judgement = tuple[bool | None, str]


class Verdict(NamedTuple):
    """What a control shows of one architecture."""

    architecture: str
    holds: bool | None
    """Whether it is what was expected; None if nothing was, and the number only stands there."""
    why: str


class Control(NamedTuple):
    """What a control must show."""

    shows: str
    stamp: str | None
    """Of `ferbench.results.fits.STAMPS`, what its table must bear."""
    judge: Callable[[Row, Row | None, float | None], Judgement]
    """Of an architecture's row here and by default, and of what guessing errs here."""


def rows_of(path: Path) -> list[Row]:
    """The rows of a table.csv; none if there is no such file."""
    if not path.is_file():
        return []
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def merged(base: Mapping[str, Any], override: Mapping[str, Any]) -> dict[str, Any]:
    """`base` with the values of `override`, mappings merged key by key; keys keep their order."""
    changed = dict(base)
    for key, value in override.items():
        both = isinstance(value, Mapping) and isinstance(base.get(key), Mapping)
        changed[key] = merged(base[key], value) if both else value
    return changed


def judge(name: str, rows: Sequence[Row], default: Sequence[Row] = ()) -> list[Verdict]:
    """Hold a control's table against what it must show.

    Args:
        name: the control, a key of CONTROLS.
        rows: its table.csv.
        default: table.csv of params.yaml as it is.

    Returns:
        A verdict on each architecture, in the order of `rows`.
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
    """Whether an error rate (share) is one that so many decisions by guessing would show.

    The interval holds CONFIDENCE of the binomial distribution, equal tails. Decisions about one
    person are not quite independent, which the binomial does not know.
    """
    low, high = (
        float(count) / decisions for count in binom.interval(CONFIDENCE, decisions, chance)
    )
    within = low - 1e-9 <= error <= high + 1e-9
    interval = f"[{100 * low:.1f}, {100 * high:.1f}] about {100 * chance:.1f} %"
    return within, f"{_percent(error)} {'within' if within else 'outside'} {interval}"


def _chance(rows: Sequence[Row]) -> float | None:
    """Error rate of guessing, if all classes are equally frequent; else who guesses can choose."""
    classes = sum(name.startswith("recall_") for name in rows[0])
    majority = next((_error(row) for row in rows if row["architecture"] == MAJORITY), None)
    even = majority is not None and classes and abs(majority - (1 - 1 / classes)) < 1e-9
    return majority if even else None


def _labels_shuffled(row: Row, _: Row | None, chance: float | None) -> Judgement:
    if chance is None:
        return None, f"{_percent(_error(row))}; classes are not equally frequent"
    return guessing(_error(row), int(row["sequences"]), chance)


def _same_if_framewise(row: Row, default: Row | None, _: float | None) -> Judgement:
    _, why = _reported(row, default, None)
    if row["architecture"] not in FRAMEWISE or default is None:
        return None, why
    same = all(row[name] == default.get(name) for name in row if name.startswith(DECIDED))
    return same, f"{why}, errors {'' if same else 'not '}the same to all digits"


def _order(row: Row, _: Row | None, __: float | None) -> Judgement:
    error, name = _error(row), row["architecture"]
    if name in FRAMEWISE:
        return guessing(error, int(row["sequences"]), 1 / 2)
    if name not in RECURRENT:
        return None, _percent(error)
    solved = error <= SOLVED
    return solved, f"{_percent(error)}, {'at most' if solved else 'more than'} {_percent(SOLVED)}"


def _reported(row: Row, default: Row | None, _: float | None) -> Judgement:
    """Beside the default; nothing is expected of it."""
    if default is None:
        return None, f"{_percent(_error(row))}; no default to compare with"
    change = 100 * (_error(row) - _error(default))
    return None, f"{_percent(_error(row))}, by default {_percent(_error(default))} ({change:+.1f})"


def _error(row: Row) -> float:
    return float(row["error_rate_mean"])


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


CONTROLS = {
    "labels_shuffled": Control(
        "with nothing to learn, everybody guesses", "LABELS SHUFFLED", _labels_shuffled
    ),
    "frames_shuffled_in_test": Control(
        "who reads frame by frame errs the same in any order",
        "FRAMES SHUFFLED",
        _same_if_framewise,
    ),
    "frames_shuffled": Control("what is learned without order", "FRAMES SHUFFLED", _reported),
    "order": Control(
        "where only order tells, memory solves the task and its absence guesses", None, _order
    ),
    "leak": Control("how much error a leak hides", "LEAKING", _reported),
    "no_reference": Control("what the first frame's subtraction is worth", None, _reported),
}
"""By name, as in controls/<name>.yaml."""
