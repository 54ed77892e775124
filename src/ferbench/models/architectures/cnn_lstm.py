"""CNN-LSTM: an LSTM over the sequence of a convolutional network's frame embeddings."""

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
    embedding: PositiveInt
    """Numbers a frame is turned into."""
    hidden: PositiveInt
    """Cells in the one recurrent layer."""


class Network(nn.Module):
    """(batch, time, size, size) to logits (batch, time, classes)."""

    def __init__(self, params: Params, classes: int, size: int = 48):
        super().__init__()
        if not size >> len(params.channels):
            raise ValueError(f"channels: as many stages halve a crop of {size} pixels to nothing")
        self.frame = nn.Sequential()
        for before, after in zip((1, *params.channels), params.channels, strict=False):
            self.frame.extend([nn.Conv2d(before, after, 3, padding=1), nn.MaxPool2d(2), nn.ReLU()])
        flat = params.channels[-1] * (size >> len(params.channels)) ** 2  # stages halve it
        self.frame.extend([nn.Flatten(), nn.Linear(flat, params.embedding), nn.ReLU()])
        for weight in (values for values in self.frame.parameters() if values.ndim > 1):
            nn.init.kaiming_normal_(weight, nonlinearity="relu")  # He et al. 2015: made for ReLU
        self.recurrent = nn.LSTM(params.embedding, params.hidden, batch_first=True)
        self.readout = nn.Linear(params.hidden, classes)

    def forward(self, crops: Tensor, lengths: Tensor | None) -> Tensor:
        """Packed, so that no work goes into padding."""
        if lengths is None:
            seen = self.frame(crops.flatten(0, 1).unsqueeze(1)).unflatten(0, crops.shape[:2])
            unpadded: Tensor = self.readout(self.recurrent(seen)[0])
            return unpadded
        packed = pack_padded_sequence(crops, lengths.cpu(), batch_first=True, enforce_sorted=False)
        hidden, _ = self.recurrent(packed._replace(data=self.frame(packed.data.unsqueeze(1))))
        padded, _ = pad_packed_sequence(hidden, batch_first=True, total_length=crops.shape[1])
        logits: Tensor = self.readout(padded)
        return logits


def expected_parameters(params: Params, classes: int, size: int = 48) -> int:
    """Kernels and one bias per channel, the embedding, the LSTM's four gates, the readout."""
    stages = zip((1, *params.channels), params.channels, strict=False)
    convolutions = sum(after * (9 * before + 1) for before, after in stages)
    flat = params.channels[-1] * (size >> len(params.channels)) ** 2  # stages halve it
    recurrent = 4 * params.hidden * (params.embedding + params.hidden + 2)
    return convolutions + params.embedding * (flat + 1) + recurrent + classes * (params.hidden + 1)
