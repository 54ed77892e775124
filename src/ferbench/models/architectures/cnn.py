"""Convolutional network on single frames: it knows nothing of time."""

from typing import Annotated

from pydantic import BaseModel, Field, PositiveInt
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

INPUT = "crops"
CAUSAL = True


class Params(BaseModel, extra="forbid", frozen=True):
    """Sizes."""

    channels: Annotated[tuple[PositiveInt, ...], Field(min_length=2)]
    """Of each stage: 3 x 3 convolution, 2 x 2 max pooling, ReLU.

    ReLU before pooling would give the same, more slowly.
    """
    hidden: PositiveInt
    """Units of the layer between the last stage and the classes."""


class Network(nn.Module):
    """(batch, time, size, size) to logits (batch, time, classes)."""

    def __init__(self, params: Params, classes: int, size: int = 48):
        super().__init__()
        if not size >> len(params.channels):
            raise ValueError(f"channels: as many stages halve a crop of {size} pixels to nothing")
        layers: list[nn.Module] = []
        for before, after in zip((1, *params.channels), params.channels, strict=False):
            layers += [nn.Conv2d(before, after, 3, padding=1), nn.MaxPool2d(2), nn.ReLU()]
        flat = params.channels[-1] * (size >> len(params.channels)) ** 2  # stages halve it
        layers += [nn.Flatten(), nn.Linear(flat, params.hidden), nn.ReLU()]
        self.frame = nn.Sequential(*layers, nn.Linear(params.hidden, classes))
        for layer in layers:  # He et al. 2015; the default shrinks what passes a ReLU
            if isinstance(layer, nn.Conv2d | nn.Linear):
                nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")

    def forward(self, crops: Tensor, lengths: Tensor | None) -> Tensor:
        """Packed, so that no work goes into padding."""
        if lengths is None:
            each = self.frame(crops.flatten(0, 1).unsqueeze(1))
            unpadded: Tensor = each.unflatten(0, crops.shape[:2])
            return unpadded
        packed = pack_padded_sequence(crops, lengths.cpu(), batch_first=True, enforce_sorted=False)
        logits = packed._replace(data=self.frame(packed.data.unsqueeze(1)))
        return pad_packed_sequence(logits, batch_first=True, total_length=crops.shape[1])[0]


def expected_parameters(params: Params, classes: int, size: int = 48) -> int:
    """Kernels and one bias per channel of each stage, then two full layers."""
    stages = zip((1, *params.channels), params.channels, strict=False)
    convolutions = sum(after * (9 * before + 1) for before, after in stages)
    flat = params.channels[-1] * (size >> len(params.channels)) ** 2  # stages halve it
    return convolutions + params.hidden * (flat + 1) + classes * (params.hidden + 1)
