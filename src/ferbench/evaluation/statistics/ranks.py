"""What a table says of several systems: ranks, groups that cannot be told apart, verdicts."""

from collections.abc import Iterable
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ferbench.evaluation.statistics.procedure import ALPHA
from ferbench.io.arrays import Doubles

Verdict = Literal["better", "worse", "equal", "unclear"]


def ranks(drawn: Doubles) -> NDArray[np.intp]:
    """95 % interval of each system's rank, 1 for the fewest errors, (systems, 2).

    `drawn` are error rates, (systems, samples), the columns joint draws: `procedure.draws`, or
    `subjects.bootstrap`. Systems that tie in a draw have all the ranks they might have.
    """
    below = (drawn[None] < drawn[:, None]).sum(axis=1)
    not_above = (drawn[None] <= drawn[:, None]).sum(axis=1)
    best = np.percentile(1 + below, 2.5, axis=1, method="inverted_cdf")
    worst = np.percentile(not_above, 97.5, axis=1, method="inverted_cdf")
    return np.stack([best, worst], axis=1).astype(np.intp)


def groups(systems: int, apart: Iterable[tuple[int, int]]) -> list[tuple[int, ...]]:
    """Largest groups of systems of which no two are told apart, first members first.

    A table gives each group a letter and each system the letters of its groups: two systems are
    told apart where they share none (the compact letter display, by Piepho's 2004 insert and
    absorb). `apart` holds the pairs told apart, as numbers of systems below `systems`.
    """
    found = {frozenset(range(systems))} if systems else set()
    for left, right in apart:
        for group in [group for group in found if {left, right} <= group]:
            found.remove(group)
            found |= {group - {left}, group - {right}}
        found = {group for group in found if not any(group < other for other in found)}
    return sorted(tuple(sorted(group)) for group in found)


def verdict(
    interval: Doubles | tuple[float, float], adjusted: float, margin: float = 0.02
) -> Verdict:
    """What may be said of the left of two systems.

    `better` or `worse` where the adjusted p is at most ALPHA; else `equal` where the whole 95 %
    interval of the difference in error rates, left minus right, is within the margin on either
    side of 0 (two one-sided tests, Schuirmann 1987, each at 2.5 %); else `unclear`.
    """
    low, high = float(interval[0]), float(interval[1])
    if adjusted <= ALPHA:
        return "better" if low + high < 0 else "worse"
    return "equal" if -margin < low and high < margin else "unclear"
