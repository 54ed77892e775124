"""The comparison as CSV, Markdown and LaTeX."""

from collections.abc import Iterator
from pathlib import Path
from statistics import fmean

from ferbench.evaluation.metrics import METRICS
from ferbench.io.files import write_table
from ferbench.markup.latex import to_latex
from ferbench.markup.markdown import align, count, interval, percent, spread, stamped
from ferbench.reporting.notes import ENSEMBLES, extent, notes
from ferbench.results.comparison import Comparison, Network, Row
from ferbench.results.layout import TABLE_CSV, TABLE_MD, TABLE_TEX, TIME_CSV


def write_tables(comparison: Comparison, folder: Path, decimals: int) -> None:
    """Write TABLE_CSV and TIME_CSV, shares of 1, and TABLE_MD and TABLE_TEX, in per cent.

    `decimals` are those of a percentage.
    """
    _write_csv(comparison, folder / TABLE_CSV)
    _write_time(comparison, folder / TIME_CSV)
    (folder / TABLE_MD).write_text(_markdown(comparison, decimals), encoding="utf-8")
    (folder / TABLE_TEX).write_text(_latex(comparison, decimals), encoding="utf-8")


def _write_csv(comparison: Comparison, path: Path) -> None:
    """One row an architecture, then one a baseline; empty where there is no number."""
    columns = (
        *("dataset", "stamps", "input", "architecture", "reference", "parameters"),
        *(f"{metric}_{part}" for metric in METRICS for part in ("mean", "std")),
        *("pooled_error_rate", "pooled_error_rate_low", "pooled_error_rate_high"),
        *(f"recall_{label}" for label in comparison.classes),
        *("folds", "sequences", "stopping_epochs", "diverged"),
    )
    write_table(path, columns, (_values(comparison, *item) for item in _rows(comparison)))


def _values(comparison: Comparison, name: str, row: Row) -> Iterator[object]:
    network = row if isinstance(row, Network) else None
    yield from (comparison.dataset, " ".join(comparison.stamps), network and network.input, name)
    yield from (
        "no" if network and not network.reference else "yes",
        network and network.parameters,
    )
    for metric in METRICS:
        measured = row.metrics.get(metric)
        yield from (measured.mean, measured.std) if measured else (None, None)
    yield from (row.pooled.error_rate, *row.pooled.interval)
    yield from row.recall.values()
    yield from (len(comparison.folds), row.sequences)
    yield " ".join(map(str, network.stopping_epochs.values())) if network else ""
    yield len(network.diverged) if network else None


def _write_time(comparison: Comparison, path: Path) -> None:
    """Error rate by the share of each sequence that was read: a row an architecture and share."""
    common = (comparison.dataset, " ".join(comparison.stamps))
    columns = (
        *("dataset", "stamps", "input", "architecture", "reference", "share"),
        *("error_rate_mean", "error_rate_std"),
    )
    rows = (
        (*common, row.input, name, "yes" if row.reference else "no", share, rate.mean, rate.std)
        for name, row in comparison.architectures.items()
        for share, rate in row.time.items()
    )
    write_table(path, columns, rows)


def _rows(comparison: Comparison) -> Iterator[tuple[str, Row]]:
    yield from comparison.architectures.items()
    yield from comparison.baselines.items()


def _markdown(comparison: Comparison, decimals: int) -> str:
    """Heading, stamps, chance level, the table, and what its numbers mean."""
    blocks = [
        "# Comparison of architectures",
        stamped(comparison.stamps, comparison.dataset),
        extent(comparison, decimals),
        align(_table(comparison, decimals), left=2),
        *notes(comparison, decimals),
    ]
    if comparison.ensembles:
        blocks += ["**All systems together**", _ensembles(comparison, decimals), ENSEMBLES]
    return "\n\n".join(blocks) + "\n"


def _latex(comparison: Comparison, decimals: int) -> str:
    """The same table with booktabs; stamps, chance level and what its numbers mean: the caption."""
    caption = [
        f"{stamped(comparison.stamps, comparison.dataset)}.",
        extent(comparison, decimals),
        *notes(comparison, decimals),
    ]
    return to_latex(_table(comparison, decimals), 2, caption)


def _table(comparison: Comparison, decimals: int) -> list[list[str]]:
    """The heads, then a row a system."""
    shown = [name for name, metric in METRICS.items() if metric.column]
    heads = ["input", "architecture", "parameters"]
    for name in shown:
        heads.append(f"{METRICS[name].title}, %")
        if name == "error_rate":
            heads.append("pooled, % [95 % interval]")
    rows = [[*heads, "stopping epochs"]]
    for name, row in _rows(comparison):
        network = row if isinstance(row, Network) else None
        cells = [network.input if network else "—", name + _mark(row)]
        cells.append(f"{network.parameters:,}" if network else "—")
        for measured in shown:
            cells.append(_spread(row, measured, decimals))
            if measured == "error_rate":
                cells.append(_pooled(row, decimals))
        epochs = network.stopping_epochs.values() if network else ["—"]
        rows.append([*cells, " ".join(map(str, epochs))])
    return rows


def _ensembles(comparison: Comparison, decimals: int) -> str:
    shown = [name for name, metric in METRICS.items() if metric.column and metric.needs != "frames"]
    heads = [f"{METRICS[name].title}, %" for name in shown]
    heads.insert(1, "pooled, % [95 % interval]")
    rows = [["ensemble", *heads, "mean weights"]]
    for name, row in comparison.ensembles.items():
        cells = [_spread(row, measured, decimals) for measured in shown]
        cells.insert(1, _pooled(row, decimals))
        weights = (f"{system} {fmean(of.values()):.2f}" for system, of in row.weights.items())
        rows.append([name, *cells, ", ".join(weights)])
    return align(rows, left=1)


def _spread(row: Row, metric: str, decimals: int) -> str:
    measured = row.metrics.get(metric)
    return spread(measured.mean, measured.std, decimals) if measured else "—"


def _pooled(row: Row, decimals: int) -> str:
    pooled = row.pooled
    return f"{percent(pooled.error_rate, decimals)} {interval(pooled.interval, decimals)}"


def _mark(row: Row) -> str:
    if not isinstance(row, Network):
        return " (reference)"
    mark = " (reference)" if row.reference else ""
    if row.diverged:
        mark += f" ({len(row.diverged)} of {count(len(row.stopping_epochs), 'fit')} diverged)"
    return mark
