"""Models without training: folders as `train` leaves them, of random weights; and videos."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from ferbench.config.params import load
from ferbench.faces.alignment import TEMPLATE
from ferbench.io.files import read_json, sha256, write_json
from ferbench.models import architectures, inputs
from ferbench.models.inputs import Projection
from ferbench.models.weights import weights
from ferbench.results.card import Card, DataCounts, Parameters, Trained, identity
from ferbench.results.data import Preprocessing
from ferbench.results.layout import CARD, FRAMES, LANDMARKS, WEIGHTS
from ferbench.synthetic.sequence import Animation
from small_store import CLASSES, SUMMARY, write_data

PARAMS = load(Path("params.yaml"))
ARCHITECTURES = PARAMS.names
CAUSAL = [name for name in ARCHITECTURES if architectures.find(name).CAUSAL]
SIZE = 48  # of a crop, pixels
PLACE = {"size": SIZE, "eye_distance": 0.46, "eye_height": 0.36}
PREPROCESSING = Preprocessing(**PLACE, template=[tuple(point) for point in TEMPLATE.tolist()])


def aligned_store(folder: Path, store: Path) -> Path:
    """A copy of the small store's data, of faces that were aligned as those of videos are."""
    crops, points = (np.load(store / name) for name in (FRAMES, LANDMARKS))
    write_data(folder, crops, points, SUMMARY.model_copy(update={"preprocessing": PREPROCESSING}))
    return folder


def network(name: str, classes: int = len(CLASSES), seed: int = 1) -> nn.Module:
    """Random weights, larger than initialised, so that its posteriors are far apart."""
    module, sizes = architectures.read(PARAMS, name)
    torch.manual_seed(6 + seed)
    width = inputs.width(module.INPUT, SIZE)
    made: nn.Module = module.Network(sizes, classes, width)
    with torch.no_grad():
        for weight in made.parameters():
            weight.mul_(2 if width == 30 else 1.2)
    return made.eval()


def write_model(
    folder: Path,
    architecture: str = "lstm",
    *,
    variant: str | None = None,
    reference: str = "first_frame",
    seeds: Sequence[int] = (1,),
    **card: Any,
) -> Path:
    """Write the model's folder, of other weights for each seed, and return it; further keywords
    replace entries of the card.
    """
    module, _ = architectures.read(PARAMS, architecture)
    variant = variant or PARAMS.inputs[module.INPUT].variant
    content = _card(architecture, variant, reference, seeds) | card
    made = {seed: network(architecture, len(content["classes"]), seed) for seed in seeds}
    stored = weights(made, _projection(module.INPUT, variant), identity(content))
    write_stored(folder, content, stored)
    return folder


def write_stored(folder: Path, card: dict[str, Any], stored: bytes) -> None:
    """Write weights, whatever they are, and a card with their checksum."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / WEIGHTS).write_bytes(stored)
    write_json(folder / CARD, card | {"weights_sha256": sha256(stored)})


def read_card(folder: Path) -> dict[str, Any]:
    content: dict[str, Any] = read_json(folder / CARD)
    return content


def rows(length: int, kind: str, seed: int = 0) -> NDArray[Any]:
    """A sequence of the array that a kind of input reads."""
    crops, points = sequence(length, seed)
    return points if inputs.find(kind).ARRAY == LANDMARKS else crops


def sequence(length: int, seed: int = 0) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """Crops (length, 48, 48) and landmarks (length, 68, 2) of somebody who moves."""
    chance = np.random.default_rng([seed, length])
    crops = chance.integers(0, 256, (length, 48, 48), np.uint8)
    face = np.random.default_rng(1).uniform(8, 40, (68, 2))
    moves = np.cumsum(chance.normal(0, 0.3, (length, 68, 2)), axis=0)
    return crops, (face + moves).astype(np.float32)


def film(count: int = 6, subject: int = 1, *, faceless: Iterable[int] = ()) -> list[Any]:
    """Frames of a synthetic face, (height, width) uint8; walls at the indices `faceless`."""
    take = Animation(PARAMS.synthesize, subject, 1)
    frames = [take.frame(round(k * (len(take) - 1) / (count - 1))) for k in range(count)]
    for index in faceless:
        frames[index] = np.full_like(frames[index], 120)
    return frames


def _projection(kind: str, variant: str | None) -> Projection | None:
    module = inputs.find(kind)
    seen = (rows(20, kind, seed) for seed in range(1, 13))
    return module.fit([module.describe(one, variant, "first_frame") for one in seen], variant)


def _card(
    architecture: str, variant: str | None, reference: str, seeds: Sequence[int]
) -> dict[str, Any]:
    module, sizes = architectures.read(PARAMS, architecture)
    measured = {module.INPUT: variant} if variant else {}
    data = dict.fromkeys(DataCounts.model_fields, 1)
    card = Card(
        architecture=architecture,
        input=module.INPUT,
        causal=module.CAUSAL,
        dataset="cohn_kanade",
        synthetic=True,
        classes=CLASSES,
        data=DataCounts(**data),
        fold=0,
        hyperparameters=sizes.model_dump(mode="json"),
        train=measured | {"reference": reference},
        preprocessing=PREPROCESSING,
        parameters=Parameters(trainable=73_686),
        seeds=dict.fromkeys(seeds, Trained(fit_seed=7, stopping_epoch=1, epochs=1, diverged=False)),
        versions={"ferbench": "0.1.0"},
        weights_sha256="",
    )
    return card.model_dump(mode="json")
