"""The comparison as CSV, Markdown and LaTeX."""

from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from statistics import fmean, median_low

from ferbench.evaluation.metrics import METRICS
from ferbench.markup.latex import to_latex
from ferbench.markup.markdown import count, interval, percent, spread, stamped, to_markdown
from ferbench.reporting.notes import ENSEMBLES, SOURCES, extent, measures, notes
from ferbench.reporting.numbers import write_stamped
from ferbench.results.comparison import Comparison, Network, Row
from ferbench.results.layout import TABLE_CSV, TABLE_MD, TABLE_TEX, TIME_CSV


def write_tables(comparison: Comparison, folder: Path, decimals: int) -> None:
    """Write TABLE_CSV and TIME_CSV, shares of 1, and TABLE_MD and TABLE_TEX, in per cent.

    TIME_CSV has the error rate by the share of each sequence that was read. `decimals` are those of
    a percentage.
    """
    write_stamped(folder / TABLE_CSV, comparison, *_csv(comparison))
    columns = ("input", "architecture", "reference", "share", "error_rate_mean", "error_rate_std")
    rows = (
        (row.input, name, "yes" if row.reference else "no", share, rate.mean, rate.std)
        for name, row in comparison.architectures.items()
        for share, rate in row.time.items()
    )
    write_stamped(folder / TIME_CSV, comparison, columns, rows)
    stamps, table = stamped(comparison.stamps, comparison.dataset), _table(comparison, decimals)
    above, below = extent(comparison, decimals), [*notes(comparison, decimals)]
    blocks = ["# Comparison of architectures", stamps, above, to_markdown(table, left=2), *below]
    blocks += ["**More measures**", _measured(comparison, decimals), *measures(comparison)]
    if sources := _sources(comparison, decimals):
        blocks += ["**Where the spread comes from**", sources, SOURCES]
    if comparison.ensembles:
        blocks += ["**Together**", _ensembles(comparison, decimals), ENSEMBLES]
    (folder / TABLE_MD).write_text("\n\n".join(blocks) + "\n", encoding="utf-8")
    latex = to_latex(table, 2, [f"{stamps}.", above, *below])
    (folder / TABLE_TEX).write_text(latex, encoding="utf-8")


def _csv(comparison: Comparison) -> tuple[list[str], Iterator[list[object]]]:
    """Columns, then one row per architecture and baseline; empty where there is no number."""
    columns = [
        *("input", "architecture", "reference", "parameters"),
        *(f"{metric}_{part}" for metric in METRICS for part in ("mean", "std")),
        *("pooled_error_rate", "pooled_error_rate_low", "pooled_error_rate_high"),
        *("again_low", "again_high", "rank_first", "rank_last", "group"),
        *(f"recall_{label}" for label in comparison.classes),
        *("folds", "sequences", "stopping_epochs", "diverged"),
    ]
    folds = len(comparison.folds)
    return columns, (_values(name, row, folds) for name, row in _rows(comparison))


def _values(name: str, row: Row, folds: int) -> list[object]:
    first: list[object] = [None, name, "yes", None]
    last: list[object] = ["", None]
    again: list[object] = [None] * 5
    if isinstance(row, Network):
        first = [row.input, name, "yes" if row.reference else "no", row.parameters]
        epochs = ["/".join(map(str, of_fold)) for of_fold in row.stopping_epochs.values()]
        last = [" ".join(epochs), sum(map(len, row.diverged.values()))]
        if row.again:
            again = [*row.again.interval, *(row.again.rank or (None, None)), row.again.group]
    measured = (row.metrics.get(metric) for metric in METRICS)
    return [
        *first,
        *(value for one in measured for value in ((one.mean, one.std) if one else (None, None))),
        *(row.pooled.error_rate, *row.pooled.interval),
        *again,
        *(*row.recall.values(), folds, row.sequences),
        *last,
    ]


def _rows(comparison: Comparison) -> Iterator[tuple[str, Row]]:
    yield from comparison.architectures.items()
    yield from comparison.baselines.items()


def _table(comparison: Comparison, decimals: int) -> list[list[str]]:
    """The heads, then a row a system: what is said first."""
    heads = ["architecture", "input", "parameters", "error rate, %", "95 % interval"]
    rows = [[*heads, *("rank", "group")]]
    for name, row in _rows(comparison):
        first, again = [f"{name} (reference)", "—", "—"], None
        if isinstance(row, Network):
            first, again = [name + _mark(row), row.input, f"{row.parameters:,}"], row.again
        error = row.metrics["error_rate"]
        last = [f"{interval(row.pooled.interval, decimals)}†", "—", "—"]
        if again:
            placed = " to ".join(map(str, dict.fromkeys(again.rank or "—")))
            last = [interval(again.interval, decimals), placed, again.group or "—"]
        rows.append([*first, spread(error.mean, error.std, decimals), *last])
    return rows


def _measured(comparison: Comparison, decimals: int) -> str:
    """The other measures, a row a system."""
    shown = [name for name, metric in METRICS.items() if metric.column]
    rows = [["architecture", *_heads(shown)[1:], "stopping epochs"]]
    for name, row in _rows(comparison):
        epochs = "—"
        if isinstance(row, Network):
            kept = sorted(chain.from_iterable(row.stopping_epochs.values()))
            epochs = f"{median_low(kept)} ({kept[0]} to {kept[-1]})"
        rows.append([name, *_measures(row, shown, decimals)[1:], epochs])
    return to_markdown(rows, left=1)


def _sources(comparison: Comparison, decimals: int) -> str:
    """Standard deviations by source, a row an architecture; empty if there are none."""
    rows = [["points", "subjects", "training set", "seed"]]
    for name, row in comparison.architectures.items():
        if row.again:
            of = row.again.spread
            each = (of.subjects, of.split, of.initialisation)
            rows.append([name, *("—" if one is None else percent(one, decimals) for one in each)])
    return to_markdown(rows, left=1) if len(rows) > 1 else ""


def _ensembles(comparison: Comparison, decimals: int) -> str:
    shown = [name for name, metric in METRICS.items() if metric.column and metric.needs != "frames"]
    rows = [["ensemble", *_heads(shown), "mean weights"]]
    for name, row in comparison.ensembles.items():
        weights = (f"{system} {fmean(of.values()):.2f}" for system, of in row.weights.items())
        rows.append([name, *_measures(row, shown, decimals), ", ".join(weights)])
    return to_markdown(rows, left=1)


def _heads(metrics: Sequence[str]) -> list[str]:
    first, *others = (f"{METRICS[name].title}, %" for name in metrics)
    return [first, "pooled, % [95 % interval]", *others]


def _measures(row: Row, metrics: Sequence[str], decimals: int) -> list[str]:
    """The row's metrics; behind the first, the error rate, the one over all sequences."""
    measured = (row.metrics.get(name) for name in metrics)
    first, *others = (spread(one.mean, one.std, decimals) if one else "—" for one in measured)
    pooled = percent(row.pooled.error_rate, decimals)
    return [first, f"{pooled} {interval(row.pooled.interval, decimals)}", *others]


def _mark(row: Network) -> str:
    mark = " (reference)" if row.reference else ""
    if row.diverged:
        lost, fits = (sum(map(len, of.values())) for of in (row.diverged, row.stopping_epochs))
        mark += f" ({lost} of {count(fits, 'fit')} diverged)"
    return mark
