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
    """Of each stage: 3 x 3 convolution, ReLU, 2 x 2 max pooling."""
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
        layers: list[nn.Module] = []
        for before, after in zip((1, *params.channels), params.channels, strict=False):
            layers += [nn.Conv2d(before, after, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)]
        flat = params.channels[-1] * (size >> len(params.channels)) ** 2  # stages halve it
        layers += [nn.Flatten(), nn.Linear(flat, params.embedding), nn.ReLU()]
        for layer in layers:  # He et al. 2015; the default shrinks what passes a ReLU
            if isinstance(layer, nn.Conv2d | nn.Linear):
                nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
        self.frame = nn.Sequential(*layers)
        self.recurrent = nn.LSTM(params.embedding, params.hidden, batch_first=True)
        self.readout = nn.Linear(params.hidden, classes)

    def forward(self, crops: Tensor, lengths: Tensor) -> Tensor:
        """Packed, so that no work goes into padding."""
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
    hidden, embedding = params.hidden, params.embedding
    recurrent = 4 * hidden * (embedding + hidden + 2)
    return convolutions + embedding * (flat + 1) + recurrent + classes * (hidden + 1)
