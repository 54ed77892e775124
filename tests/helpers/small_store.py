"""A small store of preprocess, whose landmarks give the class away, and fits on it."""

import csv
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from numpy.typing import NDArray

from ferbench.config.params import load
from ferbench.results import layout
from ferbench.results.data import Preprocessing, Summary, write_summary
from ferbench.results.parts import Assigned, Fold, Part, write_fold
from ferbench.steps.train import train
from releases import CODES

CLASSES = list(CODES)
SUMMARY = Summary(
    dataset="cohn_kanade",
    synthetic=True,
    classes=CLASSES,
    subjects=12,
    sequences=72,
    frames_with_mesh_landmarks=0,
    frames_without_a_face=0,
    preprocessing=Preprocessing(size=48),
    skipped={"no label": 3, "class contempt": 2},
    unusable=["a broken file"],
)


def write_params(path: Path, changes: Mapping[str, Any] | None = None) -> Path:
    """The project's params.yaml with one seed, two epochs, and with changes by dotted key."""
    content = yaml.safe_load(Path("params.yaml").read_text())
    content["train"]["seeds"] = [1]
    for chosen in content["inputs"].values():
        chosen["recipe"]["epochs"] = 2
    for key, value in (changes or {}).items():
        *above, last = key.split(".")
        section = content
        for name in above:
            section = section.setdefault(name, {})
        section[last] = value
    path.write_text(yaml.safe_dump(content, sort_keys=False))
    return path


@pytest.fixture(scope="module")
def params(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project's params.yaml with one seed and two epochs."""
    return write_params(tmp_path_factory.mktemp("params") / "params.yaml")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of preprocess and of split: twelve people, one sequence of each class."""
    path = tmp_path_factory.mktemp("store")
    rng = np.random.default_rng(0)
    rows: list[Assigned] = []
    frames: list[NDArray[np.uint8]] = []
    landmarks: list[NDArray[np.float64]] = []
    face = rng.uniform(0, 48, (68, 2))
    moves = rng.normal(0, 1, (6, 68, 2))
    for person in range(12):
        for label, name in enumerate(CLASSES):
            length = 4 + (person + label) % 5
            first = sum(len(sequence) for sequence in landmarks)
            subject = f"S{person:03}"
            known = {"id": f"{subject}_{label}", "subject": subject, "label": name}
            rows.append(Assigned(**known, first=first, length=length))
            strength = np.linspace(0, 4, length)[:, None, None]
            landmarks.append(face + moves[label] * strength + rng.normal(0, 0.2, (length, 68, 2)))
            frames.append(rng.integers(0, 256, (length, 48, 48), np.uint8))
    write_data(path, np.concatenate(frames), np.concatenate(landmarks), SUMMARY)
    write_parts(path, rows[:48], rows[48:60], rows[60:])
    return path


def write_data(
    folder: Path, frames: NDArray[np.uint8], landmarks: NDArray[np.floating], summary: Summary
) -> None:
    """What fits read of a folder of preprocess."""
    np.save(folder / layout.FRAMES, frames)
    np.save(folder / layout.LANDMARKS, landmarks.astype(np.float32))
    write_summary(folder, summary)


def write_parts(
    folder: Path,
    train: list[Assigned],
    validation: list[Assigned],
    test: list[Assigned],
    fold: int = 0,
) -> None:
    """A fold of a folder of split."""
    parts = {"train": train, "validation": validation, "test": test}
    dealt = {name: Part(sequences=rows) for name, rows in parts.items()}
    write_fold(folder, Fold(fold=fold, leaking=False, labels_shuffled=False, parts=dealt))


def rows_of(file: Path) -> list[dict[str, str]]:
    """Of a CSV file, by column."""
    with file.open(newline="", encoding="utf-8") as opened:
        return list(csv.DictReader(opened))


def posteriors(rows: Iterable[Mapping[str, str]]) -> NDArray[np.float64]:
    """What rows say of each of CLASSES, (rows, 6)."""
    return np.array([[float(row[name]) for name in CLASSES] for row in rows])


def run(
    params: Path,
    store: Path,
    out: Path,
    architecture: str = "lstm",
    *,
    split: Path | None = None,
    **changed: Any,
) -> Path:
    """Fit fold 0 into `out` and return it; further keywords replace entries of `train`."""
    every = load(params)
    every = every.model_copy(update={"train": every.train.model_copy(update=changed)})
    train(every, architecture=architecture, fold=0, data=store, split=split or store, to=out)
    return out
