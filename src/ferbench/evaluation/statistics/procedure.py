"""Intervals and tests of the procedure: trained again, with another seed on other people, and
tested on others still.

A mean over sequences is uncertain for two reasons, which are drawn apart and added:

- Other subjects, and the chance of each decision: the cluster bootstrap of errors that are averaged
  over the fits, stretched by what few subjects ask for (as Student's t does for a mean).
- Other fits: how well training turns out, for all that is tested. A study shows of it what differs
  between seeds; what the folds' training sets differ by hides among their test subjects, and what
  all fits of a study share no study can show (Bengio & Grandvalet 2004: there is no unbiased
  estimator of the variance of k-fold cross-validation). So the size of this effect is a measured
  number from elsewhere, `MEASURED`, raised in proportion where the seeds of the study itself spread
  by more. To count the seed and the split among the sources of variance, and not the test sample
  alone, is what Bouthillier et al. (2021, Accounting for variance in machine learning benchmarks)
  ask for; to add a supposed correlation of fits is the way of Nadeau & Bengio (2003).

Where the interval holds what it says is measured by simulation: docs/method.md.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv

from ferbench.evaluation.statistics.spread import Sums, by_subject, seed_variance
from ferbench.evaluation.statistics.subjects import bootstrap
from ferbench.io.arrays import Doubles

ALPHA = 0.05  # level of the tests: the accepted probability of any false difference among all pairs
FEWEST = 8  # subjects from which the simulation found the intervals to hold


class Training(NamedTuple):
    """The training effect: how differently fits of one system turn out."""

    deviation: float
    """Standard deviation of the fits' true error rates at 25 % error, a share. At an error rate p
    its square is p (1 - p) / 0.1875 times as large: errors of one fit correlate alike at all p."""
    shared: float  # share of this variance that all fits of a study have in common
    initialisation: float  # share of the rest that is due to the seed; the remainder is the split's


MEASURED = Training(deviation=0.025, shared=0.25, initialisation=0.5)
"""The deviation is what tools/training_effect.py measured on synthetic data; both shares are
suppositions: what is shared was at most 1.2 of 6.25 points squared, and of what is left nothing
that was measured tells the seed's part from the split's."""


def draws(
    errors: Doubles,
    subjects: NDArray[Any],
    folds: NDArray[np.intp],
    *,
    samples: int = 10_000,
    seed: int = 0,
    training: Training = MEASURED,
) -> Doubles:
    """Error rates that each system might have if all were done again, (systems, samples).

    The draws of subjects are the same for every system, so rows may be subtracted: `interval` of a
    difference of two is the 95 % interval of the systems' true difference. A draw may lie beyond
    0 or 1; `rate_interval` does not. For the arrays, and ValueError, see `spread.by_subject`.

    With J subjects, a draw deviates from the mean by sqrt(J / (J - 1)) sqrt((J - 1) / chi^2) times
    as much as in the bootstrap, chi^2 with J - 1 degrees of freedom drawn anew each time: this
    makes of a normal a Student's t (Davison & Hinkley 1997, section 2.3.1, have the first factor).
    To this a normal draw is added for the fits, of the standard deviation `fit_error`.

    Where errors are so few that a row spreads by less than 1 / (2 n), half a decision, the normal
    draw makes up for it: two systems without any error are not known to be equal. (Half a unit is
    the continuity correction of a share.) For n, the number of independent decisions, stands
    sqrt(J N), between that of subjects and that of sequences, N.
    """
    study = by_subject(errors, subjects, folds)
    drawn = bootstrap(errors.mean(axis=(1, 2)), subjects, samples=samples, seed=seed)
    rng = np.random.default_rng([seed, 1])  # other numbers than those that draw subjects
    return widened(drawn, study, fit_error(study, training), rng)


def widened(drawn: Doubles, study: Sums, of_fits: Doubles, rng: np.random.Generator) -> Doubles:
    """`draws` from those of the bootstrap, (systems, samples), and `fit_error`, (systems,)."""
    people = len(study.counts)
    centre = _rates(study)[:, None]
    least = 0.25 / (people * study.counts.sum()) - drawn.var(axis=1)
    added = np.sqrt(np.maximum(of_fits**2, least))[:, None]
    stretch = np.sqrt(people / rng.chisquare(people - 1, drawn.shape[1]))
    found: Doubles = centre + stretch * (drawn - centre) + added * rng.standard_normal(drawn.shape)
    return found


def fit_error(study: Sums, training: Training = MEASURED) -> Doubles:
    """Standard error of a mean over the study's fits that is due to training alone, (systems,).

    sqrt(shared + (split + seed / S) (W - V)) for S seeds. W is the sum of squared weights of the
    folds, 1 / (r k) if they are of one size. The bootstrap takes subjects of one fold for
    independent and so has V of this variance already: the same sum over subjects, over r.

    All three variances are those of `training`, times the same number: by how much the variance
    between seeds, over all systems whose seeds ever differ, exceeds its part in `training`; at
    least 1.
    """
    _, repeats, seeds, _ = study.errors.shape
    total = study.counts.sum()
    rates = _rates(study)
    variance = training.deviation**2 * rates * (1 - rates) / 0.1875
    split = (1 - training.shared) * (1 - training.initialisation)
    initial = (1 - training.shared) * training.initialisation
    of_folds = float((((study.tested @ study.counts) / (repeats * total)) ** 2).sum())
    of_subjects = float(((study.counts / total) ** 2).sum()) / repeats
    part = training.shared + (split + initial / seeds) * (of_folds - of_subjects)
    differ = (study.errors != study.errors[:, :, :1]).any(axis=(1, 2, 3))
    found, supposed = seed_variance(study), float(variance[differ].sum()) * initial
    more = max(1.0, float(found[differ].sum()) / supposed) if found is not None and supposed else 1
    error: Doubles = np.sqrt(more * part * variance)
    return error


def p_value(left: Doubles, right: Doubles) -> float:
    """Two-sided p of no difference between two procedures, from their `draws`, (samples,).

    Twice the share of draws on the rarer side of 0, at most 1; it is at most 0.05 where the 95 %
    interval excludes 0. Never 0: one draw is added to each side (Phipson & Smyth 2010).
    """
    difference = left - right
    rarer = min(int((difference <= 0).sum()), int((difference >= 0).sum()))
    return min(1.0, 2 * (1 + rarer) / (1 + len(difference)))


def too_small(subjects: int) -> bool:
    """Whether there are fewer subjects than the simulation found enough to decide anything."""
    return subjects < FEWEST


def rate_interval(drawn: Doubles, rate: float, subjects: int) -> Doubles:
    """95 % interval of one system's error rate, (2,), from its row of `draws`; within 0 and 1.

    Jeffreys's for as many independent decisions as would spread by the same: rate (1 - rate) /
    variance of the draws (Korn & Graubard 1998 have this number, Franco et al. 2019 this interval,
    for samples of clusters). Unlike percentiles it is not too narrow where errors are few.

    Where no decision was wrong, or all were, a subject counts as one decision, as if it were always
    decided alike, and the interval is Clopper & Pearson's, which is exact (Brown, Cai & DasGupta
    2001, section 4.1.2): 0 to 37 % for 8 subjects without an error.
    """
    if rate in (0, 1):
        end = 1 - 0.025 ** (1 / subjects)
        return np.array([0.0, end] if rate == 0 else [1 - end, 1.0])
    number = rate * (1 - rate) / float(drawn.var())
    ends: Doubles = betaincinv(rate * number + 0.5, (1 - rate) * number + 0.5, [0.025, 0.975])
    return ends


def _rates(study: Sums) -> Doubles:
    """Error rates over all sequences and fits, (systems,)."""
    rates: Doubles = study.errors.mean(axis=(1, 2)).sum(axis=1) / study.counts.sum()
    return rates
