"""Tests over folds. They are about the procedure: trained and tested again on other subjects."""

from typing import NamedTuple

import numpy as np
from scipy.special import stdtr, stdtrit

from ferbench.io.arrays import Doubles


class TTest(NamedTuple):
    """A t test."""

    t: float  # infinite where all folds differ by the same amount
    df: int
    p: float


class Posterior(NamedTuple):
    """Probabilities, which add up to 1."""

    left: float  # that the left system makes fewer errors, by more than the region of equivalence
    equal: float
    right: float


def nadeau_bengio(differences: Doubles, *, k: int) -> TTest:
    """Corrected resampled t test of r x k-fold cross-validation (Nadeau & Bengio 2003).

    t = mean / sqrt((1/n + n_test/n_train) s^2) with n = r k folds, n_test/n_train = 1/(k - 1) and
    n - 1 degrees of freedom, two-sided. The validation part counts as training data, as it chooses
    the epoch. Folds share training data, and repeats test the same subjects, so that differences
    are not independent; the second term corrects for that by a rule of thumb, not by a theorem.

    `differences`, (n,), are in the error rate of each fold; ValueError for fewer than two folds.
    """
    mean, scale, df = _student(differences, k)
    if scale == 0:
        return TTest(float(np.copysign(np.inf, mean)), df, 0.0) if mean else TTest(0.0, df, 1.0)
    t = mean / scale
    return TTest(t, df, 2 * float(stdtr(df, -abs(t))))


def correlated_t(differences: Doubles, *, k: int, rope: float = 0.01) -> Posterior:
    """Bayesian correlated t test (Corani & Benavoli 2015; Benavoli et al. 2017, section 3).

    The mean difference has a Student posterior with n - 1 degrees of freedom about the mean of the
    folds, of squared scale (1/n + c/(1 - c)) s^2 with c = 1/k, the supposed correlation of folds.

    `differences` as for `nadeau_bengio`; `rope` is half the region of practical equivalence, a
    share. ValueError for fewer than two folds.
    """
    mean, scale, df = _student(differences, k)
    if scale == 0:
        return Posterior(float(mean < -rope), float(abs(mean) <= rope), float(mean > rope))
    left = float(stdtr(df, (-rope - mean) / scale))
    right = float(stdtr(df, (mean - rope) / scale))
    return Posterior(left, 1 - left - right, right)


def fold_interval(differences: Doubles, *, k: int) -> Doubles:
    """95 % interval of the mean difference, (2,).

    Nadeau & Bengio's confidence interval and the correlated t's central credible interval are one
    and the same, because c/(1 - c) = 1/(k - 1). ValueError for fewer than two folds.
    """
    mean, scale, df = _student(differences, k)
    return mean + scale * float(stdtrit(df, 0.975)) * np.array([-1.0, 1.0])


def _student(differences: Doubles, k: int) -> tuple[float, float, int]:
    """Mean, corrected standard error and degrees of freedom."""
    n = len(differences)
    if n < 2 or k < 2:
        raise ValueError(f"{n} folds, {k} a repeat: a spread over folds needs at least two")
    mean = float(differences.mean())
    if np.ptp(differences) < 1e-12:  # rounding, not spread
        return (mean if abs(mean) > 1e-12 else 0.0), 0.0, n - 1
    return mean, float(differences.std(ddof=1)) * float(np.sqrt(1 / n + 1 / (k - 1))), n - 1
