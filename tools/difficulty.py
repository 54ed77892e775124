"""How hard the synthetic data are: the only measurement by which their parameters were set.

    python tools/difficulty.py params.yaml 101 102

Prints for each data seed the error of a multinomial logistic regression on the geometric features
of a sequence's last frame, minus those of its first, in 5 folds that share no subject. Only
landmarks are made, no pictures. The parameters were set without any other classifier, and without
the seed of params.yaml, which is refused.
"""

import argparse
from pathlib import Path

import ferbench.determinism

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedGroupKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from ferbench.config.params import load
from ferbench.config.schema import Synthesize
from ferbench.faces.alignment import STABLE, TEMPLATE, similarity
from ferbench.models.inputs.features import geometric
from ferbench.synthetic.sequence import TASKS, Animation


def last_frames(params: Synthesize) -> tuple[NDArray[np.float64], list[str], list[int]]:
    """Features (sequences, 30), labels and subjects."""
    features, labels, subjects = [], [], []
    for subject in range(1, params.people.count + 1):
        for sequence in range(1, len(TASKS[params.task]) + 1):
            take = Animation(params, subject, sequence)
            ends = [_aligned(points) for points in take.landmarks[[0, -1]]]
            first, last = geometric(np.array(ends))
            features.append(last - first)
            labels.append(take.performance.label)
            subjects.append(subject)
    return np.array(features), labels, subjects


def _aligned(points: NDArray[np.float64]) -> NDArray[np.float64]:
    to_template = similarity(points[STABLE], TEMPLATE)
    return np.asarray(points @ to_template[:, :2].T + to_template[:, 2])


def main(path: Path, seeds: list[int]) -> None:
    """Print the error and the confusions for each seed."""
    params = load(path).synthesize
    for seed in seeds:
        if seed == params.seed:
            raise SystemExit(f"{seed} is the seed that results are made from: look at another")
        x, y, subjects = last_frames(params.model_copy(update={"seed": seed}))
        model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=2000))
        folds = StratifiedGroupKFold(5, shuffle=True, random_state=0)
        predicted = cross_val_predict(model, x, y, groups=subjects, cv=folds)
        print(f"seed {seed}: error {np.mean(predicted != np.array(y)):.1%}")
        for label in sorted(set(y)):
            chosen = predicted[np.array(y) == label]
            counts = {str(name): int((chosen == name).sum()) for name in sorted(set(chosen))}
            print(f"  {label:10}", counts)


if __name__ == "__main__":
    ferbench.determinism.notice()
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("params", type=Path)
    parser.add_argument("seeds", type=int, nargs="+", help="of data")
    given = parser.parse_args()
    main(given.params, given.seeds)
