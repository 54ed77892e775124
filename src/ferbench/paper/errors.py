"""The audit of the printed error rates as Markdown."""

from ferbench.markup.markdown import align as table
from ferbench.paper.printed import (
    CORRELATION,
    ROUNDING,
    UNEVEN,
    ErrorRow,
    binomial_interval,
    error_rows,
    mcnemar_needs,
    sequences_of,
    sequences_to_detect,
    smallest_spread,
    welch,
    z_test,
)
from ferbench.paper.published import SEQUENCES
from ferbench.paper.statements import FOLDS, PRINTED, SUBJECTS

LSTM, BILSTM = PRINTED["lstm"], PRINTED["bilstm"]
GAP = LSTM.error_rate - BILSTM.error_rate


def spreads() -> list[str]:
    """What stands behind ±: paragraphs and a table."""
    rows = error_rows()
    mean, low, high = sequences_of(SUBJECTS)
    printed = f"±{_points(LSTM.spread)} or ±{_points(BILSTM.spread)}"
    first, last = rows[0], rows[-1]
    heads = ["sequences", "one in a fold, %", "smallest std", "smallest standard error"]
    heads += ["rates possible", f"folds for ±{_points(LSTM.spread)}"]
    heads += [f"folds for ±{_points(BILSTM.spread)}"]
    return [
        f"The paper does not say how many sequences it has. {SUBJECTS} people drawn from CK+ have "
        f"about {mean:.0f} (95 % range {low} to {high}); six for each would be {6 * SUBJECTS}; all "
        f"of CK+ without contempt are {SEQUENCES}.",
        table([heads, *map(_spread_row, rows)], left=0),
        f"Smallest std: the smallest standard deviation but 0 over {FOLDS} equal folds, in points "
        f"(ddof = 1). At {first.sequences} sequences it is {_points(first.smallest_spread, 2)} "
        f"({_points(smallest_spread(first.sequences, ddof=0), 2)} with ddof = 0): {printed} cannot "
        f"be a standard deviation over equal folds. At {last.sequences}, "
        f"±{_points(LSTM.spread)} could barely be "
        f"({_points(last.smallest_spread, 2)}). A standard error, or a spread over repeated runs, "
        f"is likelier; at {first.sequences} sequences not that of {FOLDS} equal folds either "
        f"({_points(first.smallest_error, 2)} or more).",
        "Rates possible: which printed rates are, to the digit printed, a whole number of errors "
        "among so many sequences. A mean over several runs need not be one.",
        "Folds for ±: folds of subjects are not equal. These are the most even ones in which whole "
        "numbers of errors give the printed mean over folds and its ± as a standard deviation, "
        f"found by trying all whose sizes differ by at most {UNEVEN} sequences, with ddof 0 and 1.",
    ]


def _spread_row(row: ErrorRow) -> list[str]:
    possible = [
        f"{_points(PRINTED[name].error_rate)}" for name, yes in row.attainable.items() if yes
    ]
    return [
        str(row.sequences),
        _points(row.one, 2),
        _points(row.smallest_spread, 2),
        _points(row.smallest_error, 2),
        ", ".join(possible) or "none",
        *(" ".join(map(str, row.folds[name] or ())) or "none" for name in ("lstm", "bilstm")),
    ]


def difference() -> list[str]:
    """What the difference of the two rates can be: paragraphs and a table."""
    rows = error_rows()
    pairs, needed = mcnemar_needs(GAP)
    _, rounded = mcnemar_needs(GAP + 2 * ROUNDING)
    (t, t_p), (z, z_p) = welch(LSTM, BILSTM), z_test(LSTM, BILSTM)
    few, low, high = binomial_interval(BILSTM.error_rate, SEQUENCES)
    many, lower, higher = binomial_interval(LSTM.error_rate, SEQUENCES)
    gap = _points(GAP)
    heads = ["sequences", f"{gap} points, in sequences", "detectable, points"]
    cells = [[str(r.sequences), f"{r.gap:.1f}", _points(r.detectable)] for r in rows]
    enough = round(sequences_to_detect(GAP), -2)
    return [
        table([heads, *cells], left=0),
        f"Detectable: the smallest true difference found in 80 % of studies (two-sided, 5 %) if "
        f"the two systems' correctness on a sequence correlates by {CORRELATION}; sequences are "
        f"taken as independent. For {gap} points it takes about {enough:,} sequences.",
        f"Exact McNemar needs at least {pairs} sequences that one system alone gets wrong, and "
        f"none the other way, for p < .05: at {gap} points that is {needed} sequences at best "
        f"({rounded} if rounding hides {_points(GAP + 2 * ROUNDING)}).",
        f"If ± is a standard deviation over {FOLDS} independent runs, Welch's t is {t:.2f}, p = "
        f"{_p(t_p, 3)}; it speaks of run noise only. If ± is a standard error, z is {z:.2f}, p = "
        f"{_p(z_p, 2)}.",
        f"At {SEQUENCES} sequences, the exact (Clopper-Pearson) binomial 95 % intervals are "
        f"[{_points(low)}, {_points(high)}] % for {few} errors, the nearest to "
        f"{_points(BILSTM.error_rate)} %, and [{_points(lower)}, {_points(higher)}] % for {many}, "
        f"the nearest to {_points(LSTM.error_rate)} %.",
    ]


def _points(share: float, decimals: int = 1) -> str:
    return f"{100 * share:.{decimals}f}"


def _p(value: float, decimals: int) -> str:
    return f"{value:.{decimals}f}".removeprefix("0")
