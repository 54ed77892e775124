"""What a network reads, for every sequence of a fold's parts."""

import hashlib
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ferbench.config.schema import Train
from ferbench.io.files import read_json
from ferbench.models import features


class Sequence(NamedTuple):
    """A sequence of a part, ready for a network."""

    id: str
    subject: str
    label: int
    inputs: Tensor
    """(time, 30) or (time, size, size) float32."""


Parts = dict[str, list[Sequence]]


def read(
    kind: str, params: Train, *, frames: Path, landmarks: Path, fold: Path, classes: list[str]
) -> tuple[Parts, features.Projection | None]:
    """The inputs of a fold's train, validation and test parts.

    Args:
        kind: `features` or `crops`, an architecture's INPUT.
        params: which features, what they are measured from, and in which order frames stand.
        frames: .npy of preprocess, (frames, size, size) uint8.
        landmarks: .npy of preprocess, (frames, 68, 2) float32.
        fold: JSON of split.
        classes: in the order of the labels.

    Returns:
        The parts and, for features, the projection fitted on the train part alone.
    """
    rows = {
        part: content["sequences"] for part, content in read_json(fold, "parts")["parts"].items()
    }
    if kind == "crops":
        store = _load(frames)
        crops = {
            part: [
                pixels(store[_span(row)], params.reference)[_chosen(row, part, params)]
                for row in rows[part]
            ]
            for part in rows
        }
        return _parts(rows, crops, classes), None
    points = _load(landmarks)
    raw = {
        part: [
            features.describe(points[_span(row)], params.features, params.reference)[
                _chosen(row, part, params)
            ]
            for row in rows[part]
        ]
        for part in rows
    }
    projection = features.fit(raw["train"], params.features)
    projected = {part: [projection(values) for values in raw[part]] for part in raw}
    return _parts(rows, projected, classes), projection


def pixels(crops: NDArray[np.uint8], reference: str) -> NDArray[np.float32]:
    """What a network sees of one whole sequence's crops, (time, size, size) uint8 to float32.

    Each crop is brought to mean 0 and standard deviation 1, which takes out light and skin tone;
    nothing is fitted, and a crop of one grey becomes 0. As with features, `first_frame` subtracts
    that frame, and leaves what has moved since.
    """
    grey = crops.astype(np.float32)
    mean = grey.mean(axis=(1, 2), keepdims=True)
    scale = grey.std(axis=(1, 2), keepdims=True)
    standard: NDArray[np.float32] = (grey - mean) / np.maximum(scale, np.float32(1))
    return standard - standard[0] if reference == "first_frame" else standard


def _load(path: Path) -> NDArray[Any]:
    try:
        array: NDArray[Any] = np.load(path, mmap_mode="r", allow_pickle=False)
    except (ValueError, EOFError) as error:
        raise ValueError(f"{path}: not what `ferbench preprocess` writes ({error})") from None
    return array


def _span(row: dict[str, Any]) -> slice:
    return slice(row["first"], row["first"] + row["length"])


def _chosen(row: dict[str, Any], part: str, params: Train) -> list[int]:
    """The frames of a sequence that were dealt to this part, all of them in an honest split.

    They stand in order, or in a random one that sequence and seed alone decide.
    """
    frames: list[int] = row.get("frames", list(range(row["length"])))
    if params.frames == "shuffled" or (params.frames == "shuffled_in_test" and part == "test"):
        known = hashlib.sha256(f"{params.seed}/{row['id']}".encode()).digest()
        order = np.random.default_rng(int.from_bytes(known)).permutation(len(frames))
        return [frames[k] for k in order]
    return frames


def _parts(
    rows: dict[str, list[dict[str, Any]]],
    inputs: dict[str, list[NDArray[np.float32]]],
    classes: list[str],
) -> Parts:
    return {
        part: [
            Sequence(
                row["id"], row["subject"], classes.index(row["label"]), torch.from_numpy(values)
            )
            for row, values in zip(rows[part], inputs[part], strict=True)
        ]
        for part in rows
    }
