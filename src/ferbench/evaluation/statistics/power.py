"""What a study of a certain size can find, before it is run.

Two architectures of nearly the same error rate are compared, trained again and on other people, as
`procedure` does. What is assumed of them is what `ferbench.validation.simulation` assumes: on a
sequence the errors of two systems correlate by 0.6 and those of two fits of one system by 0.65; on
two sequences of one subject those of one system correlate by 0.02 more than those of two.
"""

from typing import NamedTuple

import numpy as np
from scipy.special import stdtr, stdtrit

from ferbench.evaluation.statistics.procedure import ALPHA, MEASURED

BETWEEN_SYSTEMS, BETWEEN_FITS, WITHIN_SUBJECTS = 0.6, 0.65, 0.02  # these correlations
POWER = 0.8  # share of studies that find a difference of the size called detectable
MOST = 100_000  # subjects; a study that needs more is none


class Size(NamedTuple):
    """A study that is planned."""

    subjects: int  # two or more
    sequences: float  # of each subject
    seeds: int
    repeats: int = 1
    k: int = 5  # folds of a repeat


def standard_error(size: Size, error: float) -> float:
    """Of the difference in error rate of two systems, a share.

    sqrt(2 e (1 - e) ((f + (1 - f) / (S r) - c + w (m - 1)) / (J m) + t^2 part / 0.1875)) with J
    subjects of m sequences, S seeds, r repeats, f, c and w the correlations of two fits, of two
    systems and within subjects, t the training effect `MEASURED`, and part its share that is left
    in the mean, as in `procedure.fit_error`.
    """
    fits = size.seeds * size.repeats
    decided = BETWEEN_FITS + (1 - BETWEEN_FITS) / fits - BETWEEN_SYSTEMS
    decided += WITHIN_SUBJECTS * (size.sequences - 1)
    own = 1 - MEASURED.shared
    seed = own * MEASURED.initialisation
    folds = max(0.0, 1 / (size.repeats * size.k) - 1 / (size.repeats * size.subjects))
    part = MEASURED.shared + (own - seed + seed / size.seeds) * folds
    spread = decided / (size.subjects * size.sequences) + MEASURED.deviation**2 * part / 0.1875
    return float(np.sqrt(2 * error * (1 - error) * spread))


def power(difference: float, size: Size, error: float, *, comparisons: int = 1) -> float:
    """Share of studies whose test finds a true difference, a share; Student's t over subjects.

    `comparisons` are the tests of the family; each is held to 0.05 / comparisons, as Holm begins.
    """
    freedom = size.subjects - 1
    critical = stdtrit(freedom, 1 - ALPHA / (2 * comparisons))
    return float(stdtr(freedom, abs(difference) / standard_error(size, error) - critical))


def detectable(size: Size, error: float, *, comparisons: int = 1) -> float:
    """Smallest true difference, a share, that POWER of the studies find."""
    freedom = size.subjects - 1
    quantiles = stdtrit(freedom, 1 - ALPHA / (2 * comparisons)) + stdtrit(freedom, POWER)
    return float(quantiles) * standard_error(size, error)


def subjects_needed(
    difference: float, size: Size, error: float, *, comparisons: int = 1
) -> int | None:
    """Fewest subjects with which `difference` is detectable, all else as in `size`; None: MOST.

    More subjects do not help against what all fits of a study share.
    """
    low, high = max(2, size.k), MOST

    def enough(subjects: int) -> bool:
        planned = size._replace(subjects=subjects)
        return detectable(planned, error, comparisons=comparisons) <= difference

    if not enough(high):
        return None
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle + 1, high)
    return low
