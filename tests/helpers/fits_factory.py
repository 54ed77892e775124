"""Finished fits without training: folders as `train` leaves them, with chosen decisions."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ferbench.results import baselines
from ferbench.results.baselines import Decided
from ferbench.results.card import DataCounts, read_card, write_card
from ferbench.results.history import write_history
from ferbench.results.layout import CARD, WEIGHTS
from ferbench.results.parts import TEST, VALIDATION
from ferbench.results.predictions import (
    TENTHS,
    Predicted,
    read_parts,
    write_predictions,
    write_truncated,
)

CLASSES = ["anger", "disgust", "fear", "happiness", "sadness", "surprise"]
INPUTS = {"rnn": "features", "lstm": "features", "bilstm": "features", "cnn": "crops"}


def write_fit(
    fits: Path,
    architecture: str = "lstm",
    fold: int = 0,
    *,
    decisions: Sequence[tuple[str, str]] = (("anger", "anger"), ("fear", "surprise")),
    frame_decisions: Sequence[Sequence[str]] | None = None,
    subjects: Sequence[str] | None = None,
    losses: Sequence[tuple[float, float]] = ((1.5, 1.4), (0.9, 1.1), (0.6, 1.2)),
    others: Sequence[Sequence[tuple[str, str]]] = (),
    diverged: bool = False,
    **card: Any,
) -> Path:
    """Write a job of one fit, of seed 1, and return its folder.

    `decisions` are (label, predicted) of the test sequences; `frame_decisions` the predicted class
    of each frame of each of them, by default two frames that say what the sequence says; `subjects`
    whose each of them is, by default one person's. `others` are the decisions of fits of the
    seeds 2, 3 and so on. Further keywords replace entries of the card.
    """
    folder = fits / architecture / f"fold-{fold}"
    folder.mkdir(parents=True, exist_ok=True)
    every = dict(enumerate([decisions, *others], start=1))
    content = _card(architecture, fold, losses, diverged) | card
    content["seeds"] = {
        str(seed): content["seeds"]["1"] | {"fit_seed": 7 + fold + 100 * (seed - 1)}
        for seed in every
    }
    write_card(folder, content)
    names = ("epoch", "train_frame_loss", "train_loss", "validation_loss", "validation_error")
    rows = [(epoch, 1.7, *pair, 0.25) for epoch, pair in enumerate(losses, start=1)]
    epochs = [dict(zip(names, row, strict=True)) for row in rows]
    write_history(folder, dict.fromkeys(every, epochs))
    people = subjects or [f"S{fold:03}"] * len(decisions)
    classes, found = content["classes"], {}
    for seed, decided in every.items():
        frames = frame_decisions or [[predicted] * 2 for _, predicted in decided]
        test = _predicted(classes, people, decided, frames)
        other = _predicted(classes, [people[0].replace("S", "V", 1)], decided[:1], frames[:1])
        found[seed] = {VALIDATION: other, TEST: test}
    write_predictions(folder, found, classes)
    write_truncated(folder, {seed: parts[TEST] for seed, parts in found.items()}, classes)
    (folder / WEIGHTS).write_bytes(f"{architecture} {fold}".encode())
    return folder


def write_slips(fits: Path, **slips: int) -> None:
    """One fold of eight people with a sequence each; an architecture errs on the first so many."""
    people = [f"S{number:03}" for number in range(8)]
    for name, wrong in slips.items():
        decisions = [("anger", "fear")] * wrong + [("anger", "anger")] * (8 - wrong)
        write_fit(fits, name, 0, decisions=decisions, subjects=people)


def write_study(
    fits: Path,
    architectures: Sequence[str] = ("cnn", "rnn", "lstm", "bilstm"),
    folds: Sequence[int] = (0, 1, 2, 3, 4),
    *,
    sequences: int = 36,
    **card: Any,
) -> None:
    """Write all fits of a small made-up study whose errors and curves look like real ones."""
    for number, architecture in enumerate(architectures):
        for fold in folds:
            chance = np.random.default_rng([number, fold])
            labels = [CLASSES[i % len(CLASSES)] for i in range(sequences)]
            wrong = chance.random(sequences) < 0.08 + 0.05 * number
            predicted = [
                str(chance.choice(CLASSES)) if slip else label
                for slip, label in zip(wrong, labels, strict=True)
            ]
            epochs = np.arange(1, 21 + 2 * fold)
            train = 1.8 * np.exp(-epochs / 6) + 0.02
            floor, slope, noise = 0.1 + 0.2 * chance.random(), 0.03 * chance.random(), 0.05
            validation = 1.8 * np.exp(-epochs / 5) + floor + slope * epochs
            validation += noise * chance.random(len(epochs))
            write_fit(
                fits,
                architecture,
                fold,
                decisions=list(zip(labels, predicted, strict=True)),
                losses=list(zip(train.tolist(), validation.tolist(), strict=True)),
                subjects=[f"S{10 * fold + i // 6:03}" for i in range(sequences)],
                **card,
            )


def write_baselines(folder: Path, fits: Path) -> None:
    """`baseline`'s files for every fold of a study: the majority says the first class, the logistic
    regression is right but for every fourth sequence, of which it says the first class, too.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for path in sorted(fits.glob(f"*/fold-*/{CARD}")):
        card = read_card(path.parent)
        test = read_parts(path.parent, card.classes, card.seeds)[1][TEST]
        first = card.classes[0]
        decided = []
        for number, label in enumerate(test.sequences.label.tolist()):
            known = (str(test.sequences.sequence[number]), str(test.subjects[number]))
            named = card.classes[label] if (number + 1) % 4 else first
            posteriors = _posterior(named, card.classes)
            decided.append(Decided(*known, card.classes[label], first, posteriors))
        baselines.write_baselines(folder, card.fold, decided, card.classes)


def _card(
    architecture: str, fold: int, losses: Sequence[tuple[float, float]], diverged: bool
) -> dict[str, Any]:
    validation = [loss if np.isfinite(loss) else np.inf for _, loss in losses]
    return {
        "architecture": architecture,
        "input": INPUTS.get(architecture, "features"),
        "causal": architecture != "bilstm",
        "dataset": "cohn_kanade",
        "synthetic": True,
        "classes": CLASSES,
        "data": dict.fromkeys(DataCounts.model_fields, 0) | {"subjects": 6, "sequences": 36},
        "fold": fold,
        "leaking": False,
        "labels_shuffled": False,
        "reference": architecture == "mlp",
        "hyperparameters": {"hidden": 120},
        "train": {"seeds": [1], "recipe": {"epochs": 60, "learning_rate": 0.002}},
        "preprocessing": {"size": 48},
        "explained_variance": None,
        "parameters": {"trainable": 73686},
        "seeds": {
            "1": {
                "stopping_epoch": int(np.argmin(validation)) + 1,
                "epochs": len(losses),
                "diverged": diverged,
            }
        },
        "weights_sha256": "0" * 64,
        "versions": {"numpy": "2.1"},
    }


def _predicted(
    classes: Sequence[str],
    people: Sequence[str],
    decisions: Sequence[tuple[str, str]],
    frames: Sequence[Sequence[str]],
) -> list[Predicted]:
    """The first half of every sequence says the class after the one that the whole says."""
    found = []
    for number, ((label, decision), of_frames) in enumerate(zip(decisions, frames, strict=True)):
        index, whole = classes.index(label), _posterior(decision, classes)
        half = _posterior(classes[(classes.index(decision) + 1) % len(classes)], classes)
        beginnings = [
            (math.ceil(len(of_frames) * tenths / 10), whole if tenths > 5 else half)
            for tenths in TENTHS
        ]
        name, posteriors = people[number], np.stack([_posterior(one, classes) for one in of_frames])
        every = (f"{name}_{number:03}", name, index, posteriors, whole, beginnings)
        found.append(Predicted(*every))
    return found


def _posterior(decision: str, classes: Sequence[str]) -> NDArray[np.float64]:
    rest = 0.3 / (len(classes) - 1)
    return np.array([0.7 if name == decision else rest for name in classes])
