"""Every two systems compared in all ways."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ferbench.evaluation.statistics.folds import Posterior, TTest, correlated_t, nadeau_bengio
from ferbench.evaluation.statistics.procedure import ALPHA, p_value
from ferbench.evaluation.statistics.ranks import Verdict, verdict
from ferbench.evaluation.statistics.subjects import (
    Discordant,
    bootstrap,
    differences_by_subject,
    interval,
    mcnemar,
    sign_flip,
)
from ferbench.io.arrays import Doubles


@dataclass(frozen=True)
class TrainedAgain:
    """Two systems compared as procedures, which are trained again."""

    interval: tuple[float, float]  # of the difference, 95 %
    p: float
    adjusted: float  # the same by Holm, for the same family as the other tests

    @property
    def verdict(self) -> Verdict:
        """What may be said of the left system."""
        return verdict(self.interval, self.adjusted)


@dataclass(frozen=True)
class Pair:
    """Two systems compared."""

    left: str
    right: str
    difference: float  # error rate over all sequences, left minus right, a share
    interval: tuple[float, float]  # of the difference, 95 %, over subjects
    p: float  # of the sign-flip test by subject
    adjusted: float
    """The same by Holm, for all pairs of the table, or for those with the same reference."""
    nadeau_bengio: TTest | None  # None for a single fold
    posterior: Posterior | None  # None for a single fold
    mcnemar: Discordant | None  # None for several repeats or seeds
    again: TrainedAgain | None = None  # None where the study does not allow it

    @property
    def apart(self) -> bool:
        """Whether the primary test, adjusted, tells the two apart.

        That is the one about training again, or, where there is none, the sign-flip test.
        """
        return (self.again.adjusted if self.again else self.adjusted) <= ALPHA


def compare_pairs(
    names: Sequence[str],
    errors: Doubles,
    subjects: NDArray[Any],
    by_fold: Doubles,
    *,
    k: int,
    seed: int,
    samples: int = 10_000,
    again: Doubles | None = None,
) -> list[Pair]:
    """All pairs, in the order of `names`; no pair if there is but one system.

    Arrays as the package describes them, with k folds a repeat; ValueError if they do not fit
    together. The same seed gives the same draws, of which the bootstrap makes `samples`. `again`
    are those of `procedure.draws`, (systems, samples), where there are any.
    """
    fit_together = errors.shape == (len(names), len(subjects)) and len(by_fold) == len(names)
    if not fit_together or by_fold.ndim != 2:
        raise ValueError(
            f"{len(names)} names, errors {errors.shape}, {len(subjects)} subjects, "
            f"by_fold {by_fold.shape}"
        )
    drawn = bootstrap(errors, subjects, samples=samples, seed=seed)
    # several repeats may happen to agree everywhere, so the number of folds decides as well
    one_repeat = by_fold.shape[1] <= k and bool(np.isin(errors, (0, 1)).all())
    pairs = []
    for left, right in combinations(range(len(names)), 2):
        low, high = interval(drawn[left] - drawn[right])
        p = sign_flip(differences_by_subject(errors[left], errors[right], subjects), seed=seed)
        folds = by_fold[left] - by_fold[right]
        several = len(folds) > 1
        pairs.append(
            Pair(
                left=names[left],
                right=names[right],
                difference=float((errors[left] - errors[right]).mean()),
                again=None if again is None else _again(again[left], again[right]),
                interval=(float(low), float(high)),
                p=p,
                adjusted=p,
                nadeau_bengio=nadeau_bengio(folds, k=k) if several else None,
                posterior=correlated_t(folds, k=k) if several else None,
                mcnemar=mcnemar(errors[left], errors[right]) if one_repeat else None,
            )
        )
    return adjusted(pairs)


def adjusted(pairs: Sequence[Pair]) -> list[Pair]:
    """The pairs, their p adjusted as one family."""
    values = holm(np.array([pair.p for pair in pairs])).tolist()
    trained = holm(np.array([pair.again.p if pair.again else 1.0 for pair in pairs])).tolist()
    return [
        replace(pair, adjusted=p, again=pair.again and replace(pair.again, adjusted=q))
        for pair, p, q in zip(pairs, values, trained, strict=True)
    ]


def _again(left: Doubles, right: Doubles) -> TrainedAgain:
    low, high = interval(left - right)
    p = p_value(left, right)
    return TrainedAgain((float(low), float(high)), p, p)


def holm(p: Doubles) -> Doubles:
    """Adjusted p of m tests, in the order given (Holm 1979).

    The i-th smallest, from 0, is multiplied by m - i, capped at 1, and no less than those before.
    """
    order = np.argsort(p, kind="stable")
    steps = np.minimum(1, p[order] * np.arange(len(p), 0, -1))
    found = np.empty(len(p))
    found[order] = np.maximum.accumulate(steps)
    return found
