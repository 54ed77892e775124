"""The audit of the printed ± as Markdown: what it can be, for a given number of sequences."""

from collections.abc import Iterator
from itertools import product
from math import ceil, comb, sqrt

import numpy as np

from ferbench.markup.markdown import percent, to_markdown
from ferbench.paper.published import SEQUENCES, SUBJECTS_BY_SEQUENCES
from ferbench.paper.statements import FOLDS, PRINTED, SUBJECTS, Printed

ROUNDING = 0.0005  # half a unit of the last digit printed, a share
UNEVEN = 20  # how far apart in size folds are tried, in sequences


def sequences_of(subjects: int) -> tuple[float, int, int]:
    """Mean and central 95 % range of the sequences that so many subjects of CK+ have.

    Exact, over all ways to draw the subjects without replacement.
    """
    ways = {(0, 0): 1}  # by (subjects, sequences)
    for number, available in SUBJECTS_BY_SEQUENCES.items():
        step: dict[tuple[int, int], int] = {}
        for (drawn, total), way in ways.items():
            for more in range(min(available, subjects - drawn) + 1):
                key = drawn + more, total + number * more
                step[key] = step.get(key, 0) + way * comb(available, more)
        ways = step
    totals = sorted(total for drawn, total in ways if drawn == subjects)
    share = np.array([ways[subjects, total] for total in totals], dtype=float)
    share /= share.sum()
    low, high = np.searchsorted(share.cumsum(), [0.025, 0.975])
    return float(share @ totals), totals[low], totals[high]


def sizes() -> tuple[int, int, int]:
    """As many sequences as the paper's people have in CK+, six for each of them, and all of CK+."""
    return round(sequences_of(SUBJECTS)[0]), 6 * SUBJECTS, SEQUENCES


def smallest_spread(sequences: int, folds: int = FOLDS, ddof: int = 1) -> float:
    """Smallest standard deviation but 0 of the error rates of equal folds, a share.

    That of folds equal but for one error in one of them: rates (1, 0, ..., 0) * folds / sequences.
    """
    return float(np.std([folds / sequences] + [0] * (folds - 1), ddof=ddof))


def attainable(rate: float, sequences: int) -> bool:
    """Whether a whole number of errors among so many sequences prints as this rate."""
    return abs(round(rate * sequences) / sequences - rate) <= ROUNDING + 1e-12


def uneven_folds(printed: Printed, sequences: int, uneven: int = UNEVEN) -> tuple[int, ...]:
    """Sizes of folds, as even as can be, over which mean ± standard deviation print as the paper's.

    Whole numbers of errors, either ddof. Empty if there are none whose largest has at most `uneven`
    sequences more than the smallest.
    """
    for apart in range(uneven + 1):
        for smallest in range(max(1, sequences // FOLDS - apart), sequences // FOLDS + 1):
            for between in _between(sequences - 2 * smallest - apart, smallest, smallest + apart):
                found = (smallest, *between, smallest + apart)
                if _gives(printed, found):
                    return found
    return ()


def _between(total: int, low: int, high: int, parts: int = FOLDS - 2) -> Iterator[tuple[int, ...]]:
    """All non-decreasing sizes from low to high with this total."""
    if parts == 1:
        if low <= total <= high:
            yield (total,)
        return
    for size in range(low, min(high, total // parts) + 1):
        yield from ((size, *more) for more in _between(total - size, size, high, parts - 1))


def _gives(printed: Printed, folds: tuple[int, ...]) -> bool:
    # of n numbers none is further from their mean than sqrt(n - 1) standard deviations (ddof = 0)
    reach = ROUNDING + sqrt(len(folds) - 1) * (printed.spread + ROUNDING)
    low, high = printed.error_rate - reach, printed.error_rate + reach
    rates = [[n / size for n in range(ceil(low * size), int(high * size) + 1)] for size in folds]
    tried = np.array(list(product(*rates)))
    if not tried.size:
        return False
    right = np.abs(tried.mean(axis=1) - printed.error_rate) <= ROUNDING
    stds = (tried.std(axis=1, ddof=ddof) for ddof in (0, 1))
    return any((right & (np.abs(std - printed.spread) <= ROUNDING)).any() for std in stds)


def spreads() -> list[str]:
    """Paragraphs and a table."""
    mean, low, high = sequences_of(SUBJECTS)
    few, *_, many = sizes()
    lstm, bilstm = (f"±{percent(PRINTED[name].spread, 1)}" for name in ("lstm", "bilstm"))
    heads = ["sequences", "one error in a fold", "smallest std", "smallest standard error"]
    heads += ["rates possible, %", f"folds for {lstm}", f"folds for {bilstm}"]
    return [
        f"The paper does not say how many sequences it has. {SUBJECTS} people drawn from CK+ have "
        f"about {mean:.0f} (95 % range {low} to {high}). Six for each person would be "
        f"{6 * SUBJECTS}. All of CK+ without contempt are {SEQUENCES}.",
        to_markdown([heads, *map(_row, sizes())], left=0),
        f"One error in a fold: what one wrong sequence adds to the error rate of one of {FOLDS} "
        "equal folds, in points; so are the next two columns.",
        f"Smallest std: the smallest standard deviation above 0 over {FOLDS} equal folds (ddof = "
        f"1). At {few} sequences it is {percent(smallest_spread(few), 2)} "
        f"({percent(smallest_spread(few, ddof=0), 2)} with ddof = 0), so neither {lstm} nor "
        f"{bilstm} can be a standard deviation over equal folds. At {many} sequences it is "
        f"{percent(smallest_spread(many), 2)}, so {lstm} is just possible. It is likelier that ± "
        "is a standard error, or a spread over repeated runs. At "
        f"{few} sequences it cannot be a standard error over {FOLDS} equal folds either: that is "
        f"{percent(smallest_spread(few) / sqrt(FOLDS), 2)} or more.",
        "Rates possible: the printed rates that a whole number of errors among so many sequences "
        "gives, to the digit printed. A mean over several runs need not be such a rate.",
        "Folds for ±: folds of subjects are not equal in size. These sizes are the most even ones "
        "for which whole numbers of errors give the printed mean over folds, and the printed ± as "
        "a standard deviation with ddof 0 or 1. All folds whose sizes differ by at most "
        f"{UNEVEN} sequences were tried.",
    ]


def _row(sequences: int) -> list[str]:
    rates = [one.error_rate for one in PRINTED.values()]
    least = smallest_spread(sequences)
    return [
        str(sequences),
        *(percent(share, 2) for share in (FOLDS / sequences, least, least / sqrt(FOLDS))),
        ", ".join(percent(rate, 1) for rate in rates if attainable(rate, sequences)) or "none",
        *(" ".join(map(str, uneven_folds(o, sequences))) or "none" for o in PRINTED.values()),
    ]
