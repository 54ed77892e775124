"""One fold decided without a network: by the last frame alone, and by the most frequent class."""

import csv
from collections import Counter
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from ferbench.config.schema import Baseline, Train
from ferbench.io.files import publish, read_json
from ferbench.models import inputs


def baseline(
    params: Baseline,
    protocol: Train,
    *,
    landmarks: Path,
    summary: Path,
    fold: Path,
    predictions: Path,
) -> None:
    """Fit both on the train part alone, as the fits' weights are, and decide the test part.

    Args:
        params: of the logistic regression, which is multinomial, as scikit-learn has it.
        protocol: which features, measured from what, and how classes weigh: those of the fits.
        landmarks: .npy of preprocess to read.
        summary: JSON of preprocess to read, for the classes.
        fold: JSON of split to read.
        predictions: CSV to write: one row a test sequence, with both decisions and the posteriors
            of the logistic regression.
    """
    classes: list[str] = read_json(summary, "classes")["classes"]
    parts, _ = inputs.read(
        "features",
        protocol,
        frames=landmarks,  # not read
        landmarks=landmarks,
        fold=fold,
        classes=classes,
    )
    labels = [sequence.label for sequence in parts["train"]]
    weigh = "balanced" if protocol.class_weights == "balanced" else None
    model = LogisticRegression(C=params.c, class_weight=weigh, max_iter=5000)
    model.fit(_last_frames(parts["train"]), labels)
    posteriors = model.predict_proba(_last_frames(parts["test"]))
    majority = classes[_most_frequent(labels)]
    with publish(predictions) as (to,), to.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file, lineterminator="\n")
        named = ["sequence", "subject", "label", "majority", "logistic_regression"]
        table.writerow([*named, *classes])
        for sequence, posterior in zip(parts["test"], posteriors, strict=True):
            known = [sequence.id, sequence.subject, classes[sequence.label]]
            decided = [majority, classes[int(posterior.argmax())]]
            table.writerow([*known, *decided, *(f"{value:.9g}" for value in posterior)])


def _last_frames(part: list[inputs.Sequence]) -> NDArray[np.float64]:
    """(sequences, 30)"""
    return np.stack([sequence.inputs[-1].numpy() for sequence in part]).astype(np.float64)


def _most_frequent(labels: list[int]) -> int:
    """Of equally frequent ones the first in the order of the classes."""
    counts = Counter(labels)
    return min(counts, key=lambda label: (-counts[label], label))
