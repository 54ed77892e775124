"""How differently fits of one architecture turn out: the size of the training effect.

python tools/training_effect.py params.yaml 201 202 203 204 205 206

For each data seed the recurrent architectures are trained on the folds of 2 repeats, and every fit
decides the same sequences of new people, far more than a fold has. Printed are the standard
deviation of the fits' error rates over folds, and the variance that the fits of a data seed share.
Where a variance needs a squared error rate, the rate on the even new people is multiplied by that
on the odd ones, so that the choice of new people adds nothing. Only landmarks are made; the seed
of params.yaml is refused.
"""

import argparse
import io
import math
from contextlib import redirect_stdout
from itertools import combinations
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import ferbench.determinism

import numpy as np
import pytorch_lightning as pl
import torch
from numpy.typing import NDArray

from ferbench.config.params import load
from ferbench.config.schema import Params, Synthesize
from ferbench.faces.alignment import STABLE, TEMPLATE, similarity
from ferbench.models import architectures, inputs
from ferbench.models.classifier import Classifier
from ferbench.models.inputs import features
from ferbench.models.predictor import Predictor
from ferbench.models.training import class_weights, fit, fit_seed
from ferbench.results.data import Preprocessing, Stored, Summary, write_sequences, write_summary
from ferbench.results.layout import LANDMARKS
from ferbench.results.parts import TRAIN, read_fold
from ferbench.steps.split import split
from ferbench.synthetic.sequence import TASKS, Animation

ARCHITECTURES = ("rnn", "lstm", "bilstm")
FOLDS = 10
NEW = (9999, 100)
"""Data seed and number of the new people."""

Array = NDArray[Any]


def people(params: Synthesize, seed: int, count: int) -> tuple[list[Stored], list[Array]]:
    """The sequences of `count` people, and the aligned landmarks of each, (time, 68, 2)."""
    own = params.model_copy(update={"seed": seed})
    stored: list[Stored] = []
    points: list[Array] = []
    first = 0
    for subject in range(1, count + 1):
        for number in range(1, len(TASKS[own.task]) + 1):
            take = Animation(own, subject, number)
            points.append(np.array([_aligned(shape) for shape in take.landmarks], np.float32))
            name, length = f"S{subject:03}", len(points[-1])
            stored.append(
                Stored(
                    id=f"{name}_{number:03}",
                    subject=name,
                    label=take.performance.label,
                    first=first,
                    length=length,
                )
            )
            first += length
    return stored, points


def _aligned(points: Array) -> Array:
    to_template = similarity(points[STABLE], TEMPLATE)
    return np.asarray(points @ to_template[:, :2].T + to_template[:, 2])


def wrong(
    params: Params, name: str, data_seed: int, fold: int, data: Path, new: list[tuple[Array, int]]
) -> Array:
    """Which of the new sequences one fit decides wrongly, (sequences,)."""
    module, sizes = architectures.read(params, name)
    classes, seed = params.preprocess.classes, fit_seed(data_seed, name, fold)
    pl.seed_everything(seed, verbose=False)
    parts, project = inputs.read(params, "features", data=data, fold=read_fold(data, fold))
    network = module.Network(sizes, len(classes), features.COUNT)
    weigh = class_weights(params.train.class_weights, parts[TRAIN], classes)
    classifier = Classifier(network, params.inputs.features.recipe, weigh)
    with redirect_stdout(io.StringIO()):  # a line an epoch
        network.load_state_dict(fit(classifier, parts, seed, params.train.accelerator).best)
    predict = Predictor(network.cpu())

    def decided(described: Array) -> int:
        return int(predict(torch.from_numpy(inputs.ready(described, project)))[1].argmax())

    return np.array([decided(described) != label for described, label in new], float)


def study(params: Params, seed: int, new: list[tuple[Array, int]]) -> Array:
    """Errors of all fits of a data seed, (architectures, folds, new sequences)."""
    count = params.synthesize.people.count
    stored, points = people(params.synthesize, seed, count)
    summary = Summary(
        dataset=params.dataset.name,
        synthetic=True,
        classes=params.preprocess.classes,
        subjects=count,
        sequences=len(stored),
        frames_with_mesh_landmarks=0,
        frames_without_a_face=0,
        preprocessing=Preprocessing(size=params.preprocess.size),
        skipped={},
        unusable=[],
    )
    with TemporaryDirectory() as name:
        data = Path(name)
        np.save(data / LANDMARKS, np.concatenate(points))
        write_sequences(data, stored)
        write_summary(data, summary)
        for fold in range(FOLDS):
            split(params, fold=fold, data=data, to=data)
        fits = [
            [wrong(params, one, seed, fold, data, new) for fold in range(FOLDS)]
            for one in ARCHITECTURES
        ]
    return np.array(fits)


def components(errors: Array) -> tuple[float, float]:
    """Variance of error rates over a seed's fits, and of what the fits of a seed share.

    `errors` is (seeds, folds, new sequences).
    """
    halves = np.arange(errors.shape[2]) // 6 % 2
    even, odd = (errors[..., halves == half].mean(axis=2) for half in (0, 1))
    own = [one - one.mean(axis=1, keepdims=True) for one in (even, odd)]
    within = float((own[0] * own[1]).sum(axis=1).mean()) / (errors.shape[1] - 1)
    means = [one.mean(axis=1) - one.mean() for one in (even, odd)]
    between = float((means[0] * means[1]).sum()) / (len(errors) - 1)
    return within, between - within / errors.shape[1]


def main(file: Path, seeds: list[int]) -> None:
    """Train, and print a line for each architecture and pair."""
    params = load(file)
    if params.synthesize.seed in seeds:
        raise SystemExit(f"{params.synthesize.seed} is the seed that results are made from")
    ferbench.determinism.settle(params.train.threads)
    stored, points = people(params.synthesize, *NEW)
    variant, reference = params.inputs.features.variant, params.train.reference
    new = [
        (features.describe(shape, variant, reference), params.preprocess.classes.index(one.label))
        for one, shape in zip(stored, points, strict=True)
    ]
    errors = np.stack([study(params, seed, new) for seed in seeds], axis=1)
    for name, own in zip(ARCHITECTURES, errors, strict=True):
        _say(name, own)
    for one, other in combinations(range(len(ARCHITECTURES)), 2):
        _say(f"{ARCHITECTURES[one]} - {ARCHITECTURES[other]}", errors[one] - errors[other])


def _say(name: str, errors: Array) -> None:
    within, shared = components(errors)
    print(
        f"{name}: mean {100 * errors.mean():.1f} points; over folds sd "
        f"{100 * math.sqrt(max(within, 0)):.1f}; shared variance {1e4 * shared:.1f} points squared"
    )


if __name__ == "__main__":
    ferbench.determinism.notice()
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("params", type=Path)
    parser.add_argument("seeds", type=int, nargs="+", help="of data")
    given = parser.parse_args()
    main(given.params, given.seeds)
