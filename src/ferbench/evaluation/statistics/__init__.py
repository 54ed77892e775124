"""Intervals and tests of a comparison: plain functions on arrays, with no knowledge of files.

`subjects` is about these fits on new subjects, `folds` about training again, `pairs` applies both
to every two systems. Three shapes throughout:

errors: (systems, sequences) share of the repeats in which the sequence was decided wrongly.
subjects: (sequences,) whose sequence it is, any names or numbers.
by_fold: (systems, r * k) error rate of each fold, in the same order for every system.

A difference is left minus right: positive where left makes more errors.
"""
