"""Small pieces of Markdown that several tables share."""

import re
from collections.abc import Sequence

from ferbench.results.stamps import STAMPS


def stamped(stamps: Sequence[str], dataset: str) -> str:
    """What the data are, and why that matters."""
    return " · ".join([*(f"**{one}**: {STAMPS[one]}" for one in stamps), f"dataset `{dataset}`"])


def to_markdown(rows: Sequence[Sequence[str]], left: int) -> str:
    """A Markdown table, legible as it is; the first `left` columns flush left, the others right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]

    def line(cells: Sequence[str]) -> str:
        padded = (
            cell.ljust(width) if column < left else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(cells, widths, strict=True))
        )
        return f"| {' | '.join(padded)} |"

    rule = ["-" * width if i < left else "-" * (width - 1) + ":" for i, width in enumerate(widths)]
    return "\n".join([line(rows[0]), line(rule), *map(line, rows[1:])])


def literal(text: str) -> str:
    """Text of the user's, in which no character means anything to Markdown."""
    return re.sub(r"([^\w\s])", r"\\\1", " ".join(text.split()), flags=re.ASCII)


def count(number: int, thing: str) -> str:
    """A number of things."""
    return f"{number} {thing}{'' if number == 1 else 's'}"


def percent(share: float, decimals: int) -> str:
    """A share of 1 in per cent, without the sign."""
    return f"{100 * share:.{decimals}f}"


def spread(mean: float, std: float | None, decimals: int) -> str:
    """Mean ± standard deviation, in per cent."""
    shown = percent(mean, decimals)
    return shown if std is None else f"{shown} ± {percent(std, decimals)}"


def interval(ends: Sequence[float], decimals: int) -> str:
    """Its ends, in per cent."""
    return f"[{percent(ends[0], decimals)}, {percent(ends[1], decimals)}]"
