"""How differently fits of one architecture turn out: the size of the training effect.

python tools/training_effect.py params.yaml 201 202 203 204 205 206

For each data seed the recurrent architectures are trained on the folds of 2 repeats, and every fit
decides the same sequences of new people, far more than a fold has. Printed are the standard
deviation of their error rates over folds, and what a data seed's fits have in common. Error rates
on the even and on the odd new people are multiplied where others would be squared, which takes out
the chance of who the new people are. Only landmarks are made; the seed of params.yaml is refused.
"""

import argparse
import csv
import io
import json
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
from ferbench.models import architectures, features, inputs
from ferbench.models.classifier import Classifier
from ferbench.models.predictor import Predictor
from ferbench.models.training import class_weights, fit, fit_seed
from ferbench.steps.split import split
from ferbench.synthetic.sequence import TASKS, Animation

ARCHITECTURES = ("rnn", "lstm", "bilstm")
FOLDS = 10
NEW = (9999, 100)
"""Data seed and number of the new people."""

Array = NDArray[Any]


def people(params: Synthesize, seed: int, count: int) -> tuple[list[dict[str, Any]], list[Array]]:
    """Rows as of sequences.csv, and the aligned landmarks of each sequence."""
    own = params.model_copy(update={"seed": seed})
    rows: list[dict[str, Any]] = []
    points: list[Array] = []
    first = 0
    for subject in range(1, count + 1):
        for number in range(1, len(TASKS[own.task]) + 1):
            take = Animation(own, subject, number)
            points.append(np.array([_aligned(shape) for shape in take.landmarks], np.float32))
            name, label = f"S{subject:03}", take.performance.label
            row = {"id": f"{name}_{number:03}", "subject": name, "label": label}
            rows.append(row | {"first": first, "length": len(points[-1])})
            first += len(points[-1])
    return rows, points


def _aligned(points: Array) -> Array:
    to_template = similarity(points[STABLE], TEMPLATE)
    return np.asarray(points @ to_template[:, :2].T + to_template[:, 2])


def wrong(
    params: Params, file: Path, name: str, seed: int, fold: Path, new: list[tuple[Array, int]]
) -> Array:
    """Which of the new sequences one fit decides wrongly, (sequences,)."""
    module, sizes = architectures.read(params, file, name)
    classes = params.preprocess.classes
    pl.seed_everything(seed, verbose=False)
    parts, project = inputs.read(
        "features",
        params.train,
        frames=fold,
        landmarks=fold.with_name("landmarks.npy"),
        fold=fold,
        classes=classes,
    )
    assert project is not None  # noqa: S101 - features have one
    network = module.Network(sizes, len(classes), features.COUNT)
    weigh = class_weights(params.train.class_weights, parts["train"], len(classes))
    classifier = Classifier(network, params.train.recipes.features, weigh)
    with redirect_stdout(io.StringIO()):  # a line an epoch
        network.load_state_dict(fit(classifier, parts, seed, params.train.accelerator).best)
    predict = Predictor(network.cpu())
    decided = [int(predict(torch.from_numpy(project(raw)))[1].argmax()) for raw, _ in new]
    return np.array([d != label for d, (_, label) in zip(decided, new, strict=True)], float)


def study(params: Params, file: Path, seed: int, new: list[tuple[Array, int]]) -> Array:
    """Errors of all fits of a data seed, (architectures, folds, new sequences)."""
    rows, points = people(params.synthesize, seed, params.synthesize.people.count)
    with TemporaryDirectory() as name:
        folder = Path(name)
        np.save(folder / "landmarks.npy", np.concatenate(points))
        with (folder / "sequences.csv").open("w", newline="", encoding="utf-8") as table:
            writer = csv.DictWriter(table, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
        (folder / "summary.json").write_text(json.dumps({"classes": params.preprocess.classes}))
        for fold in range(FOLDS):
            split(
                params.split,
                fold=fold,
                sequences=folder / "sequences.csv",
                summary=folder / "summary.json",
                parts=folder / f"{fold}.json",
            )
        fits = [
            [
                wrong(params, file, one, fit_seed(seed, one, fold), folder / f"{fold}.json", new)
                for fold in range(FOLDS)
            ]
            for one in ARCHITECTURES
        ]
    return np.array(fits)


def components(errors: Array) -> tuple[float, float]:
    """Variance of error rates over a seed's fits, and of what they share; (seeds, folds, new)."""
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
    rows, points = people(params.synthesize, *NEW)
    labels = [params.preprocess.classes.index(row["label"]) for row in rows]
    kind, reference = params.train.features, params.train.reference
    new = [
        (features.describe(one, kind, reference), label)
        for one, label in zip(points, labels, strict=True)
    ]
    errors = np.stack([study(params, file, seed, new) for seed in seeds], axis=1)
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
