"""Intervals and tests of a comparison: plain functions on arrays, with no knowledge of files.

`subjects` is about these fits on new subjects, `folds` about training again, `pairs` applies both
to every two systems. Three shapes throughout:

errors: (systems, sequences) share of the repeats in which the sequence was decided wrongly.
subjects: (sequences,) whose sequence it is, any names or numbers.
by_fold: (systems, r * k) error rate of each fold, in the same order for every system.

A difference is left minus right: positive where left makes more errors.
"""

from ferbench.evaluation.statistics.folds import fold_interval, nadeau_bengio
from ferbench.evaluation.statistics.pairs import ALPHA
from ferbench.evaluation.statistics.subjects import (
    bootstrap,
    detectable,
    differences_by_subject,
    interval,
    mcnemar,
    sign_flip,
)

__all__ = [
    "ALPHA",
    "bootstrap",
    "detectable",
    "differences_by_subject",
    "fold_interval",
    "interval",
    "mcnemar",
    "nadeau_bengio",
    "sign_flip",
]
