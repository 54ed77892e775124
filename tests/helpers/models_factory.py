"""Models without training: folders as `train` leaves them, of random weights; and footage."""

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
import yaml
from numpy.typing import NDArray
from safetensors.numpy import save

import fits_factory
from ferbench.config.params import load
from ferbench.faces.alignment import TEMPLATE
from ferbench.models import architectures
from ferbench.models.features import COUNT, DESCRIPTORS, Projection, fit
from ferbench.models.predictor import identity
from ferbench.steps.train import _arrays
from ferbench.synthetic.sequence import Animation
from fits_factory import CLASSES

ARCHITECTURES = yaml.safe_load(Path("params.yaml").read_text())["architectures"]
CAUSAL = [name for name in ARCHITECTURES if architectures.find(name).CAUSAL]
FACES = load(Path("params.yaml")).synthesize
PLACE = {"size": 48, "eye_distance": 0.46, "eye_height": 0.36}


def write_model(
    folder: Path,
    architecture: str = "lstm",
    *,
    features: str = "geometric",
    reference: str = "first_frame",
    **card: Any,
) -> Path:
    """Write the model's folder and return it; further keywords replace entries of the card."""
    module = architectures.find(architecture)
    sizes = module.Params(**ARCHITECTURES[architecture])
    torch.manual_seed(7)
    width = {"features": COUNT, "crops": PLACE["size"]}[module.INPUT]
    network = module.Network(sizes, len(card.get("classes", CLASSES)), width)
    with torch.no_grad():
        for weight in network.parameters():
            weight *= 2 if module.INPUT == "features" else 1.2  # so that the classes differ
    content = _card(architecture, sizes.model_dump(mode="json"), features, reference) | card
    write_weights(folder, content, _arrays(network, _projection(module.INPUT, features)))
    return folder


def write_weights(folder: Path, card: dict[str, Any], arrays: dict[str, Any]) -> None:
    """Write a card and weights that belong together, whatever they are."""
    folder.mkdir(parents=True, exist_ok=True)
    stored = save(arrays, {"card": identity(card)})
    (folder / "weights.safetensors").write_bytes(stored)
    write_card(folder, card | {"weights_sha256": hashlib.sha256(stored).hexdigest()})


def write_card(folder: Path, card: dict[str, Any]) -> None:
    (folder / "card.json").write_text(json.dumps(card, indent=2) + "\n", encoding="utf-8")


def read_card(folder: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((folder / "card.json").read_text(encoding="utf-8"))
    return content


def sequence(length: int, seed: int = 0) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """Crops (length, 48, 48) and landmarks (length, 68, 2) of somebody who moves."""
    chance = np.random.default_rng([seed, length])
    crops = chance.integers(0, 256, (length, 48, 48), np.uint8)
    face = np.random.default_rng(1).uniform(8, 40, (68, 2))
    moves = np.cumsum(chance.normal(0, 0.3, (length, 68, 2)), axis=0)
    return crops, (face + moves).astype(np.float32)


def film(count: int = 6, subject: int = 1, *, faceless: Iterable[int] = ()) -> list[Any]:
    """Frames of a synthetic face, (height, width) uint8; walls at the indices `faceless`."""
    take = Animation(FACES, subject, 1)
    frames = [take.frame(round(k * (len(take) - 1) / (count - 1))) for k in range(count)]
    for index in faceless:
        frames[index] = np.full_like(frames[index], 120)
    return frames


def write_video(path: Path, frames: Iterable[NDArray[np.uint8]]) -> Path:
    every = list(frames)
    height, width = every[0].shape
    code = {".avi": "MJPG", ".mp4": "mp4v"}[path.suffix]
    path.parent.mkdir(parents=True, exist_ok=True)
    fourcc = cv2.VideoWriter.fourcc(*code)
    writer = cv2.VideoWriter(str(path), fourcc, 30, (width, height), isColor=False)
    for frame in every:
        writer.write(frame)
    writer.release()
    return path


def _projection(kind: str, features: str) -> Projection | None:
    if kind == "crops":
        return None
    sequences = [DESCRIPTORS[features](sequence(20, seed)[1]) for seed in range(1, 13)]
    return fit([raw - raw[0] for raw in sequences], features)


def _card(architecture: str, sizes: dict[str, Any], features: str, reference: str) -> Any:
    module = architectures.find(architecture)
    return fits_factory._card(architecture, 0, [(1.0, 1.0)]) | {
        "input": module.INPUT,
        "causal": module.CAUSAL,
        "hyperparameters": sizes,
        "train": {"features": features, "reference": reference},
        "preprocessing": PLACE | {"template": TEMPLATE.tolist()},
        "versions": {"ferbench": "0.1.0"},
    }
