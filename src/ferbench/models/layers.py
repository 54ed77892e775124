"""What several architectures share."""

from collections.abc import Callable, Sequence
from typing import Annotated

from pydantic import BaseModel, Field, PositiveInt
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence, pad_packed_sequence


class Sizes(BaseModel, extra="forbid", frozen=True):
    """Numbers of an architecture, from params.yaml."""


class OneLayer(Sizes):
    """Of an architecture whose layers are all as wide as each other."""

    hidden: PositiveInt  # units, or cells; in each direction where there are two


Channels = Annotated[tuple[PositiveInt, ...], Field(min_length=2)]  # of `convolutions`' stages


def convolutions(channels: Sequence[int], size: int, outputs: int) -> list[nn.Module]:
    """Stages of 3 x 3 convolution, 2 x 2 max pooling and ReLU, then a full layer with ReLU.

    They map (frames, 1, size, size) to (frames, outputs). ReLU before pooling would give the same,
    more slowly. ValueError if there are more stages than can halve a crop.
    """
    if not size >> len(channels):
        raise ValueError(f"channels: as many stages halve a crop of {size} pixels to nothing")
    layers: list[nn.Module] = []
    for before, after in zip((1, *channels), channels, strict=False):
        layers += [nn.Conv2d(before, after, 3, padding=1), nn.MaxPool2d(2), nn.ReLU()]
    return [*layers, nn.Flatten(), nn.Linear(_flat(channels, size), outputs), nn.ReLU()]


def initialise(layers: Sequence[nn.Module]) -> None:
    """Weights of He et al. 2015, made for ReLU; PyTorch's default shrinks what passes one."""
    for layer in layers:
        if isinstance(layer, nn.Conv2d | nn.Linear):
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")


def convolution_parameters(channels: Sequence[int], size: int, outputs: int) -> int:
    """Of `convolutions`: kernels and one bias per channel of each stage, then the full layer."""
    stages = zip((1, *channels), channels, strict=False)
    kernels = sum(after * (9 * before + 1) for before, after in stages)
    return kernels + outputs * (_flat(channels, size) + 1)


def _flat(channels: Sequence[int], size: int) -> int:
    """Numbers that leave the last stage; each halves the side."""
    return channels[-1] * (size >> len(channels)) ** 2


def on_packed(
    layers: Callable[[PackedSequence], PackedSequence], inputs: Tensor, lengths: Tensor
) -> Tensor:
    """What layers make of a padded batch's frames alone, (batch, time, …), padded again.

    `layers` map the frames of all sequences, packed, to as many packed outputs. `inputs` are
    (batch, time, …), padded at the end; `lengths`, (batch,) int64, are the frames before that.
    """
    packed = pack_padded_sequence(inputs, lengths.cpu(), batch_first=True, enforce_sorted=False)
    return pad_packed_sequence(layers(packed), batch_first=True, total_length=inputs.shape[1])[0]
