"""Measures of a fit on one part of its fold: plain functions, each registered once.

A registered metric is by itself a column of the table, an entry of metrics.json and a metric in
MLflow. Every one is a share between 0 and 1; the table prints it in per cent.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn import metrics as scores

from ferbench.results.predictions import PartPredictions, Truncated

Measure = Callable[[PartPredictions], float]
Needs = Literal["decisions", "frames", "posteriors"]
BINS = 15  # of confidence


@dataclass(frozen=True)
class Metric:
    """A registered metric."""

    title: str  # heading of its column
    measure: Measure
    needs: Needs = "decisions"
    """What a part must have: decisions about sequences; those about frames, or posteriors, too."""
    column: bool = True  # whether the Markdown table shows it; the CSV and metrics.json have all


METRICS: dict[str, Metric] = {}  # by name, in the order of the columns


def metric(
    title: str, *, needs: Needs = "decisions", column: bool = True
) -> Callable[[Measure], Measure]:
    """Register a function of a part under its own name; ValueError if the name is taken."""

    def register(measure: Measure) -> Measure:
        name = measure.__name__
        if name in METRICS:
            raise ValueError(f"metric {name!r} is registered twice")
        METRICS[name] = Metric(title, measure, needs, column)
        return measure

    return register


@metric("error rate")
def error_rate(part: PartPredictions) -> float:
    """Share of the n sequences decided wrongly, sum [predicted != label] / n."""
    return float(scores.zero_one_loss(part.sequences.label, part.sequences.predicted))


@metric("macro error rate")
def macro_error_rate(part: PartPredictions) -> float:
    """Unweighted mean over the part's classes of the share of its sequences decided wrongly.

    That is 1 - balanced accuracy, or 1 - unweighted average recall.
    """
    rows = part.sequences
    present = np.unique(rows.label)
    recall = scores.recall_score(rows.label, rows.predicted, labels=present, average="macro")
    return 1 - float(recall)


@metric("frame error rate", needs="frames")
def frame_error_rate(part: PartPredictions) -> float:
    """Share of the frames decided wrongly, each frame by its own posterior.

    Each of the part's frames weighs the same, whichever sequence it is of.
    """
    return float(scores.zero_one_loss(part.frames.label, part.frames.predicted))


@metric("macro-F1")
def macro_f1(part: PartPredictions) -> float:
    """Unweighted mean over classes of F1 = 2 TP / (2 TP + FP + FN) of the sequence decisions.

    The mean of the classes' F1, not the F1 of mean precision and recall (Opitz & Burst 2019,
    arXiv:1911.03347, tell the two apart). A class that is neither a label nor a decision in the
    part has no F1 and is left out; one that is never decided for rightly has 0.
    """
    rows = part.sequences
    return float(scores.f1_score(rows.label, rows.predicted, average="macro", zero_division=0.0))


def recall(counts: NDArray[np.intp]) -> list[float | None]:
    """Share of each label's sequences decided rightly; None for a label that no sequence has.

    `counts` are those of `PartPredictions.confusion`, perhaps summed over parts. A sequence tested
    in several repeats counts once in each.
    """
    return [float(row[at] / row.sum()) if row.sum() else None for at, row in enumerate(counts)]


class Bins(NamedTuple):
    """Sequences by confidence, the posterior of the class decided for; see `reliability`."""

    counts: NDArray[np.intp]  # (bins,) sequences
    confidence: NDArray[np.float64]  # (bins,) their mean confidence; nan where there are none
    accuracy: NDArray[np.float64]  # (bins,) share of them decided rightly; nan where there are none

    @property
    def error(self) -> float:
        """Expected calibration error, sum over bins of n_b / n |accuracy_b - confidence_b|."""
        gaps = np.abs(np.nan_to_num(self.accuracy - self.confidence))
        return float((self.counts * gaps).sum() / self.counts.sum())


def reliability(parts: Sequence[PartPredictions]) -> Bins:
    """The sequences of parts in BINS bins of confidence, ((b - 1) / 15, b / 15].

    Guo, Pleiss, Sun & Weinberger 2017, On calibration of modern neural networks, section 2.
    """
    confidence = np.concatenate([part.sequences.posteriors.max(axis=1) for part in parts])
    right = np.concatenate([part.sequences.predicted == part.sequences.label for part in parts])
    # a bin includes its upper end, and posteriors are stored with nine digits: rounding keeps 0.2,
    # which is 3 / 15, in the third bin
    bins = np.clip(np.ceil(np.round(confidence * BINS, 6)).astype(np.intp) - 1, 0, BINS - 1)
    counts = np.bincount(bins, minlength=BINS)
    with np.errstate(invalid="ignore"):
        mean = np.bincount(bins, confidence, BINS) / counts
        accuracy = np.bincount(bins, right, BINS) / counts
    return Bins(counts, mean, accuracy)


@metric("calibration error", needs="posteriors", column=False)
def calibration_error(part: PartPredictions) -> float:
    """Expected calibration error (ECE) of the n sequence posteriors in 15 bins of equal width.

    sum_b n_b / n |accuracy_b - confidence_b|, equation 3 of Guo et al. 2017. For few sequences it
    is too large even where posteriors are right, because chance alone moves a bin's accuracy.
    """
    return reliability([part]).error


def error_by_share(truncated: Truncated) -> NDArray[np.float64]:
    """(10,) share of the n sequences decided wrongly once so much of each was read (SHARES)."""
    wrong: NDArray[np.float64] = (truncated.predicted != truncated.label[:, None]).mean(axis=0)
    return wrong
