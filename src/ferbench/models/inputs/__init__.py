"""What networks read: one module for each kind of input, found by its name in params.yaml.

`Kind` says what a module offers. PyTorch is not imported here: the baseline does without it.
"""

import hashlib
from pathlib import Path
from typing import Any, NamedTuple, Protocol, cast

import numpy as np
from numpy.typing import NDArray

from ferbench.config.schema import Params
from ferbench.io.arrays import Floats, mapped
from ferbench.io.plugins import plugin
from ferbench.results.data import read_summary, stored_shape
from ferbench.results.parts import PARTS, TEST, TRAIN, Assigned, Fold


class Projection(NamedTuple):
    """An affine map fitted on a training part: x to (x - mean) @ components.T."""

    mean: NDArray[np.float64]  # (described,)
    components: NDArray[np.float64]  # (read by the network, described)
    explained: float  # share of the training variance that is kept

    def __call__(self, described: NDArray[np.float64]) -> NDArray[np.float32]:
        """(time, described) to (time, read by the network) float32."""
        return ((described - self.mean) @ self.components.T).astype(np.float32)


class Kind(Protocol):
    """A module of this package."""

    ARRAY: str  # the array of preprocess that it reads, `FRAMES` or `LANDMARKS` of `results.layout`
    VARIANTS: tuple[str, ...]  # that `inputs.<kind>.variant` may name; empty where there is but one
    DESCRIBED: str  # what `describe` returns, in two words

    @staticmethod
    def shape(size: int) -> tuple[int, ...]:
        """Of one frame as a network reads it, from the side of a crop in pixels."""

    @staticmethod
    def describe(frames: NDArray[Any], variant: str | None, reference: str) -> Floats:
        """One whole sequence, before anything is fitted.

        `frames` are its rows of ARRAY, (time, …), `variant` one of VARIANTS, or None. The reference
        `first_frame` subtracts that frame's values, `none` leaves them. Returns a row a frame.
        """

    @staticmethod
    def fit(sequences: list[Any], variant: str | None) -> Projection | None:
        """From all that was described of a train part; None where nothing is fitted."""

    @staticmethod
    def fitted(variant: str | None) -> tuple[int, int] | None:
        """Shape of the components that `fit` gives; None where nothing is fitted."""


class Example(NamedTuple):
    """A sequence of a part, ready for a network."""

    id: str
    subject: str
    label: int
    inputs: NDArray[np.float32]  # (time, …), each frame of its kind's shape


ByPart = dict[str, list[Example]]


def find(kind: str) -> Kind:
    """The module of a kind; ValueError if there is none."""
    return cast(Kind, plugin(__name__, kind, "input"))


def width(kind: str, size: int) -> int:
    """What networks are built for: the last number of a frame's shape.

    `size` is the side of a crop, in pixels.
    """
    return find(kind).shape(size)[-1]


def check_variant(kind: str, variant: str | None, where: str) -> None:
    """Raise ValueError, which opens with `where`, unless the kind has this variant."""
    known = find(kind).VARIANTS
    if variant not in (known or (None,)):
        expected = f"one of {', '.join(known)}" if known else f"none, as {kind} has no variants"
        raise ValueError(f"{where}: {variant!r}, expected {expected}")


def read(params: Params, kind: str, *, data: Path, fold: Fold) -> tuple[ByPart, Projection | None]:
    """The inputs of a fold's train, validation and test parts.

    Also what was fitted on the train part alone; None where nothing is. `data` is the folder of
    preprocess. ValueError if the kind has no such variant, or a file is missing or damaged.
    """
    module, variant = find(kind), params.inputs[kind].variant
    check_variant(kind, variant, f"{params.path}: inputs.{kind}.variant")
    stored, summary = mapped(data / module.ARRAY, "ferbench preprocess"), read_summary(data)
    shape = stored_shape(module.ARRAY, summary.preprocessing.size)
    if stored.shape[1:] != shape:
        raise ValueError(
            f"{data / module.ARRAY}: of shape {stored.shape}, expected (frames, {shape[0]}, "
            f"{shape[1]}); run `ferbench preprocess` again"
        )
    classes = {name: index for index, name in enumerate(summary.classes)}

    def described(row: Assigned, part: str) -> Floats:
        if row.first + row.length > len(stored) or max(row.frames or [0]) >= row.length:
            raise ValueError(
                f"fold {fold.fold}: {row.id}: of other data than {data}; run `ferbench split` again"
            )
        if row.label not in classes:
            raise ValueError(f"fold {fold.fold}: {row.id}: {row.label!r} is no class of {data}")
        whole = stored[row.first : row.first + row.length]
        values = module.describe(whole, variant, params.train.reference)
        return values[_chosen(row, part, params)]

    rows = {part: fold.parts[part].sequences for part in PARTS}
    values = {part: [described(row, part) for row in rows[part]] for part in PARTS}
    projection = module.fit(values[TRAIN], variant)
    parts = {
        part: [
            Example(row.id, row.subject, classes[row.label], ready(one, projection))
            for row, one in zip(rows[part], values[part], strict=True)
        ]
        for part in PARTS
    }
    return parts, projection


def ready(described: Floats, projection: Projection | None) -> NDArray[np.float32]:
    """What a network reads of one sequence, from what its kind's `describe` returned."""
    if projection is None:
        return np.asarray(described, np.float32)
    return projection(described.astype(np.float64))


def _chosen(row: Assigned, part: str, params: Params) -> list[int]:
    """The frames of a sequence that are in this part, all of them in an honest split.

    They stand in order, or in a random one that sequence and `split.seed` alone decide.
    """
    asked = params.train.frames
    frames = list(range(row.length)) if row.frames is None else row.frames
    if asked == "shuffled" or (asked == "shuffled_in_test" and part == TEST):
        known = hashlib.sha256(f"{params.split.seed}/{row.id}".encode()).digest()
        order = np.random.default_rng(int.from_bytes(known)).permutation(len(frames))
        return [frames[k] for k in order]
    return frames
