"""Measures of a fit on one part of its fold: plain functions, each registered once.

A registered metric is by itself a column of the table, an entry of metrics.json and a metric in
MLflow. Every one is a share between 0 and 1; the table prints it in per cent.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn import metrics as scores

from ferbench.predictions import Part

Measure = Callable[[Part], float]


@dataclass(frozen=True)
class Metric:
    """A registered metric."""

    title: str
    """Heading of its column."""
    measure: Measure


METRICS: dict[str, Metric] = {}
"""By name, in the order of the columns."""


def metric(title: str) -> Callable[[Measure], Measure]:
    """Register a function of a part under its own name; ValueError if the name is taken."""

    def register(measure: Measure) -> Measure:
        name = measure.__name__
        if name in METRICS:
            raise ValueError(f"metric {name!r} is registered twice")
        METRICS[name] = Metric(title, measure)
        return measure

    return register


@metric("error rate")
def error_rate(part: Part) -> float:
    """Share of the n sequences decided wrongly, sum [predicted != label] / n."""
    return float(scores.zero_one_loss(part.sequences.label, part.sequences.predicted))


@metric("macro error rate")
def macro_error_rate(part: Part) -> float:
    """Unweighted mean over the part's classes of the share of its sequences decided wrongly.

    That is 1 - balanced accuracy, or 1 - unweighted average recall.
    """
    labels = part.sequences.label
    recall = scores.recall_score(
        labels, part.sequences.predicted, labels=np.unique(labels), average="macro"
    )
    return 1 - float(recall)


@metric("frame error rate")
def frame_error_rate(part: Part) -> float:
    """Share of the frames decided wrongly, each frame by its own posterior.

    Each of the part's frames weighs the same, whichever sequence it is of.
    """
    return float(scores.zero_one_loss(part.frames.label, part.frames.predicted))


@metric("macro-F1")
def macro_f1(part: Part) -> float:
    """Unweighted mean over classes of F1 = 2 TP / (2 TP + FP + FN) of the sequence decisions.

    The mean of the classes' F1, not the F1 of mean precision and recall (Opitz & Burst 2019,
    arXiv:1911.03347, tell the two apart). A class that is neither a label nor a decision in the
    part has no F1 and is left out; one that is never decided for rightly has 0.
    """
    score = scores.f1_score(
        part.sequences.label, part.sequences.predicted, average="macro", zero_division=0.0
    )
    return float(score)


def confusion(parts: Sequence[Part]) -> NDArray[np.intp]:
    """Sequences by label (row) and decision (column), summed over parts: (classes, classes).

    A sequence tested in several repeats counts once in each.
    """
    labels = np.arange(len(parts[0].classes))
    matrices = [
        scores.confusion_matrix(part.sequences.label, part.sequences.predicted, labels=labels)
        for part in parts
    ]
    return np.asarray(np.sum(matrices, axis=0), dtype=np.intp)
