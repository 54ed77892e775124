"""The audit of the difference between the two printed error rates, as Markdown."""

from math import ceil, hypot
from statistics import fmean

from scipy import stats

from ferbench.evaluation.statistics.subjects import detectable_from_correlation
from ferbench.markup.markdown import interval, percent, to_markdown
from ferbench.paper.published import SEQUENCES
from ferbench.paper.spreads import ROUNDING, sizes
from ferbench.paper.statements import FOLDS, PRINTED, Printed

CORRELATION = 0.6  # assumed between two systems' correctness on a sequence
LSTM, BILSTM = PRINTED["lstm"], PRINTED["bilstm"]
GAP = LSTM.error_rate - BILSTM.error_rate


def mcnemar_needs(gap: float, level: float = 0.05) -> tuple[int, int]:
    """Discordant sequences, all for one system, that exact McNemar needs, and so sequences in all.

    p = 2 * 0.5^n for n one-sided discordant pairs; a gap then is n / sequences.
    """
    pairs = 1
    while stats.binomtest(0, pairs).pvalue > level:
        pairs += 1
    return pairs, ceil(round(pairs / gap, 9))


def welch(left: Printed, right: Printed, runs: int = FOLDS) -> tuple[float, float]:
    """Welch's t and its two-sided p, if ± is the standard deviation of so many independent runs."""
    result = stats.ttest_ind_from_stats(
        left.error_rate, left.spread, runs, right.error_rate, right.spread, runs, equal_var=False
    )
    return float(result.statistic), float(result.pvalue)


def z_test(left: Printed, right: Printed) -> tuple[float, float]:
    """z and its two-sided p, if ± is a standard error and the two are independent."""
    z = (left.error_rate - right.error_rate) / hypot(left.spread, right.spread)
    return z, float(2 * stats.norm.sf(abs(z)))


def binomial_interval(rate: float, sequences: int) -> tuple[int, tuple[float, float]]:
    """Errors nearest to the rate, and their exact (Clopper & Pearson 1934) 95 % interval, shares.

    Takes sequences as independent, which those of one subject are not.
    """
    errors = round(rate * sequences)
    low, high = stats.binomtest(errors, sequences).proportion_ci(0.95, method="exact")
    return errors, (float(low), float(high))


def detectable(sequences: int) -> float:
    """Smallest true difference of two paired error rates that is found with 80 % power, a share.

    Both err as often as the two printed rates do on average; sequences are taken as independent.
    """
    error = fmean(printed.error_rate for printed in PRINTED.values())
    return detectable_from_correlation(error, CORRELATION, sequences)


def sequences_to_detect(gap: float) -> int:
    """Sequences on which `detectable`, a 1 / sqrt(n) of that on one, is as small as the gap."""
    return ceil((detectable(1) / gap) ** 2)


def difference() -> list[str]:
    """Paragraphs and a table."""
    pairs, needed = mcnemar_needs(GAP)
    _, rounded = mcnemar_needs(GAP + 2 * ROUNDING)
    (t, t_p), (z, z_p) = welch(LSTM, BILSTM), z_test(LSTM, BILSTM)
    few, fewer = binomial_interval(BILSTM.error_rate, SEQUENCES)
    many, more = binomial_interval(LSTM.error_rate, SEQUENCES)
    gap = percent(GAP, 1)
    heads = ["sequences", f"{gap} points, in sequences", "detectable, points"]
    rows = [[str(n), f"{GAP * n:.1f}", percent(detectable(n), 1)] for n in sizes()]
    return [
        to_markdown([heads, *rows], left=0),
        "Detectable: the smallest true difference that 80 % of studies find (two-sided test at "
        "5 %). It is assumed that the two systems' correctness on a sequence correlates by "
        f"{CORRELATION}, and that sequences are independent. To find {gap} points takes about "
        f"{round(sequences_to_detect(GAP), -2):,} sequences.",
        f"For p < .05, McNemar's exact test needs at least {pairs} sequences that one system alone "
        f"gets wrong, and none that the other alone gets wrong. {pairs} sequences are {gap} points "
        f"of {needed}, so at least that many are needed ({rounded} if the difference before "
        f"rounding is {percent(GAP + 2 * ROUNDING, 1)} points).",
        f"If ± is a standard deviation over {FOLDS} independent runs, Welch's t is {t:.2f}, p = "
        f"{_p(t_p, 3)}. This only takes into account that runs differ, not that people do. If ± is "
        f"a standard error, z is {z:.2f}, p = {_p(z_p, 2)}.",
        f"Of {SEQUENCES} sequences, {few} errors are nearest to {percent(BILSTM.error_rate, 1)} %, "
        f"and {many} are nearest to {percent(LSTM.error_rate, 1)} %. Their exact (Clopper-Pearson) "
        f"binomial 95 % intervals are {interval(fewer, 1)} % and {interval(more, 1)} %.",
    ]


def _p(value: float, decimals: int) -> str:
    return f"{value:.{decimals}f}".removeprefix("0")
