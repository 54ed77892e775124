"""Finished fits without training: folders as `train` leaves them, with chosen decisions."""

import csv
import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

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
    **card: Any,
) -> Path:
    """Write one fit and return its folder.

    `decisions` are (label, predicted) of the test sequences; `frame_decisions` the predicted class
    of each frame of each of them, by default two frames that say what the sequence says; `subjects`
    whose each of them is, by default one person's. Further keywords replace entries of the card.
    """
    folder = fits / architecture / f"fold-{fold}"
    folder.mkdir(parents=True, exist_ok=True)
    content = _card(architecture, fold, losses) | card
    _json(folder / "card.json", content)
    rows = [(epoch, 1.7, *pair, 0.25) for epoch, pair in enumerate(losses, start=1)]
    header = ["epoch", "train_frame_loss", "train_loss", "validation_loss", "validation_error"]
    _csv(folder / "history.csv", header, rows)
    classes = content["classes"]
    frames = frame_decisions or [[predicted] * 2 for _, predicted in decisions]
    people = subjects or [f"S{fold:03}"] * len(decisions)
    _predictions(folder, classes, people, decisions, frames)
    (folder / "weights.safetensors").write_bytes(f"{architecture} {fold}".encode())
    return folder


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
    for path in sorted(fits.glob("*/fold-*/sequence_predictions.csv")):
        with path.open(newline="", encoding="utf-8") as file:
            header, *rows = list(csv.reader(file))
        classes = header[6:]
        test = [row[1:4] for row in rows if row[0] == "test"]
        content: list[list[object]] = []
        for number, (sequence, subject, label) in enumerate(test):
            said = label if (number + 1) % 4 else classes[0]
            known = [sequence, subject, label, classes[0], said]
            content.append([*known, *_posterior(said, classes)])
        folder.mkdir(parents=True, exist_ok=True)
        named = ["sequence", "subject", "label", "majority", "logistic_regression"]
        _csv(folder / f"{path.parent.name}.csv", [*named, *classes], content)


def _card(architecture: str, fold: int, losses: Sequence[tuple[float, float]]) -> dict[str, Any]:
    validation = [loss if np.isfinite(loss) else np.inf for _, loss in losses]
    return {
        "architecture": architecture,
        "input": INPUTS.get(architecture, "features"),
        "causal": architecture != "bilstm",
        "dataset": "cohn_kanade",
        "synthetic": True,
        "classes": CLASSES,
        "data": {
            "subjects": 6,
            "sequences": 36,
            "skipped": 0,
            "unusable": 0,
            "frames_with_mesh_landmarks": 0,
            "frames_without_a_face": 0,
        },
        "fold": fold,
        "leaking": False,
        "labels_shuffled": False,
        "reference": architecture == "mlp",
        "seed": 7 + fold,
        "hyperparameters": {"hidden": 120},
        "train": {"seed": 1, "recipe": {"epochs": 60, "learning_rate": 0.002}},
        "preprocessing": {"size": 48},
        "explained_variance": None,
        "parameters": {"trainable": 73686},
        "stopping_epoch": int(np.argmin(validation)) + 1,
        "epochs": len(losses),
        "diverged": False,
        "weights_sha256": "0" * 64,
        "versions": {"numpy": "2.1"},
    }


def _predictions(
    folder: Path,
    classes: Sequence[str],
    people: Sequence[str],
    decisions: Sequence[tuple[str, str]],
    frames: Sequence[Sequence[str]],
) -> None:
    sequence_rows: list[list[object]] = []
    frame_rows: list[list[object]] = []
    test = list(zip(decisions, frames, strict=True))
    for part, rows in {"validation": test[:1], "test": test}.items():
        for number, ((label, predicted), of_frames) in enumerate(rows):
            subject = people[number] if part == "test" else people[0].replace("S", "V", 1)
            sequence = f"{subject}_{number:03}"
            sequence_rows.append(
                [part, sequence, subject, label, predicted, len(of_frames)]
                + _posterior(predicted, classes)
            )
            frame_rows += [
                [part, sequence, frame, label, said, *_posterior(said, classes)]
                for frame, said in enumerate(of_frames)
            ]
    _truncated(folder, [row[1:] for row in sequence_rows if row[0] == "test"], classes)
    _csv(
        folder / "sequence_predictions.csv",
        ["part", "sequence", "subject", "label", "predicted", "frames", *classes],
        sequence_rows,
    )
    _csv(
        folder / "frame_predictions.csv",
        ["part", "sequence", "frame", "label", "predicted", *classes],
        frame_rows,
    )


def _truncated(folder: Path, rows: Sequence[Sequence[Any]], classes: Sequence[str]) -> None:
    """The first half of every sequence says the class after the one that the whole says."""
    header = ["sequence", "subject", "label", "share", "frames", "predicted", *classes]
    content: list[list[object]] = []
    for sequence, subject, label, predicted, frames, *_ in rows:
        other = classes[(classes.index(predicted) + 1) % len(classes)]
        for tenths in range(1, 11):
            said = predicted if tenths > 5 else other
            shown = [sequence, subject, label, tenths / 10, math.ceil(frames * tenths / 10), said]
            content.append(shown + _posterior(said, classes))
    _csv(folder / "truncated_predictions.csv", header, content)


def _posterior(predicted: str, classes: Sequence[str]) -> list[object]:
    rest = 0.3 / (len(classes) - 1)
    return [0.7 if name == predicted else rest for name in classes]


def _json(path: Path, content: object) -> None:
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def _csv(path: Path, header: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(header)
        table.writerows(rows)
