"""A small store of preprocess, whose landmarks give the class away, and fits on it."""

import json
from pathlib import Path

import numpy as np
import pytest
import yaml

from ferbench.config.params import load
from ferbench.models import architectures
from ferbench.steps.train import train
from releases import CODES

CLASSES = list(CODES)
OUTPUTS = {
    "history": "history.csv",
    "frame_predictions": "frames.csv",
    "sequence_predictions": "sequences.csv",
    "truncated_predictions": "truncated.csv",
    "weights": "weights.safetensors",
    "card": "card.json",
}


@pytest.fixture(scope="module")
def params(tmp_path_factory):
    """The project's params.yaml with two epochs."""
    content = yaml.safe_load(Path("params.yaml").read_text())
    for recipe in content["train"]["recipes"].values():
        recipe["epochs"] = 2
    file = tmp_path_factory.mktemp("params") / "params.yaml"
    file.write_text(yaml.safe_dump(content, sort_keys=False))
    return file


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """Twelve people, one sequence of each class; landmarks that give the class away."""
    path = tmp_path_factory.mktemp("store")
    rng = np.random.default_rng(0)
    rows: list[dict[str, object]] = []
    frames: list[np.ndarray] = []
    landmarks: list[np.ndarray] = []
    face = rng.uniform(0, 48, (68, 2))
    moves = rng.normal(0, 1, (6, 68, 2))
    for person in range(12):
        for label, name in enumerate(CLASSES):
            length = 4 + (person + label) % 5
            first = sum(len(sequence) for sequence in landmarks)
            subject = f"S{person:03}"
            rows.append({"id": f"{subject}_{label}", "subject": subject, "label": name}
                        | {"first": first, "length": length})  # fmt: skip
            strength = np.linspace(0, 4, length)[:, None, None]
            landmarks.append(face + moves[label] * strength + rng.normal(0, 0.2, (length, 68, 2)))
            frames.append(rng.integers(0, 256, (length, 48, 48), np.uint8))
    np.save(path / "frames.npy", np.concatenate(frames))
    np.save(path / "landmarks.npy", np.concatenate(landmarks).astype(np.float32))
    summary = {"dataset": "cohn_kanade", "synthetic": True, "classes": CLASSES}
    summary |= {"subjects": 12, "sequences": 72, "unusable": ["a broken file"]}
    summary |= {"skipped": {"no label": 3, "class contempt": 2}}
    summary |= {"frames_with_mesh_landmarks": 0, "frames_without_a_face": 0}
    (path / "summary.json").write_text(json.dumps(summary | {"preprocessing": {"size": 48}}))
    parts = {"train": rows[:48], "validation": rows[48:60], "test": rows[60:]}
    content = {"fold": 0, "leaking": False, "labels_shuffled": False} | {
        "parts": {part: {"sequences": of_part} for part, of_part in parts.items()}
    }
    (path / "fold.json").write_text(json.dumps(content))
    return path


def inputs_of(store, fold="fold.json"):
    names = {"frames": "frames.npy", "landmarks": "landmarks.npy", "summary": "summary.json"}
    return {name: store / file for name, file in {**names, "fold": fold}.items()}


def run(params, store, out, architecture="lstm", fold="fold.json", **changed):
    every = load(params)
    module = architectures.find(architecture)
    outputs = {name: out / file for name, file in OUTPUTS.items()}
    train(
        every.train.model_copy(update=changed),
        architecture=architecture,
        module=module,
        sizes=module.Params(**every.architectures[architecture]),
        **inputs_of(store, fold),
        **outputs,
    )
    return outputs
