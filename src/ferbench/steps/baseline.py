"""One fold decided without a network: by the last frame alone, and by the most frequent class."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from ferbench.config.schema import Params
from ferbench.io.files import publish
from ferbench.models import inputs
from ferbench.results.baselines import Decided, write_baselines
from ferbench.results.data import read_summary
from ferbench.results.layout import DECISIONS
from ferbench.results.parts import TEST, TRAIN, read_fold

INPUT = "features"  # the kind of input that the logistic regression reads


def baseline(params: Params, *, fold: int, data: Path, split: Path, to: Path) -> None:
    """Decide one fold's test part without a network: by last frames, and by the majority.

    Both are fitted on the train part alone. The logistic regression is multinomial, as scikit-learn
    has it.

    Args:
        params: the features, and how classes weigh, as in the fits.
        fold: an id of `folds` in params.yaml.
        data: folder of `preprocess`.
        split: folder of `split`.
        to: folder to write the decisions about each test sequence into.
    """
    classes = read_summary(data).classes
    parts, _ = inputs.read(params, INPUT, data=data, fold=read_fold(split, fold))
    labels = [sequence.label for sequence in parts[TRAIN]]
    weigh = "balanced" if params.train.class_weights == "balanced" else None
    model = LogisticRegression(C=params.baseline.c, class_weight=weigh, max_iter=5000)
    model.fit(_last_frames(parts[TRAIN]), labels)
    posteriors = model.predict_proba(_last_frames(parts[TEST]))
    majority = classes[int(np.bincount(labels).argmax())]  # the first of equally frequent ones
    decided = [
        Decided(sequence.id, sequence.subject, classes[sequence.label], majority, posterior)
        for sequence, posterior in zip(parts[TEST], posteriors, strict=True)
    ]
    with publish(to, DECISIONS.format(fold=fold)) as folder:
        write_baselines(folder, fold, decided, classes)


def _last_frames(part: list[inputs.Example]) -> NDArray[np.float64]:
    """(sequences, 30)"""
    return np.stack([sequence.inputs[-1] for sequence in part]).astype(np.float64)
