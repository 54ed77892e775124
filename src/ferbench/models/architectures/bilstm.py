"""Bidirectional LSTM; of 80 cells each way the paper's best."""

from pydantic import BaseModel, PositiveInt
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

INPUT = "features"
CAUSAL = False


class Params(BaseModel, extra="forbid", frozen=True):
    """Sizes."""

    hidden: PositiveInt
    """Cells in each direction of the one recurrent layer."""


class Network(nn.Module):
    """(batch, time, 30) to logits (batch, time, classes)."""

    def __init__(self, params: Params, classes: int, inputs: int = 30):
        super().__init__()
        self.recurrent = nn.LSTM(inputs, params.hidden, batch_first=True, bidirectional=True)
        self.readout = nn.Linear(2 * params.hidden, classes)

    def forward(self, features: Tensor, lengths: Tensor | None) -> Tensor:
        """Packed, so that the backward direction starts at the apex and not in the padding."""
        if lengths is None:
            unpadded: Tensor = self.readout(self.recurrent(features)[0])
            return unpadded
        packed = pack_padded_sequence(
            features, lengths.cpu(), batch_first=True, enforce_sorted=False
        )
        hidden, _ = self.recurrent(packed)
        padded, _ = pad_packed_sequence(hidden, batch_first=True, total_length=features.shape[1])
        logits: Tensor = self.readout(padded)
        return logits


def expected_parameters(params: Params, classes: int, inputs: int = 30) -> int:
    """Two directions of four gates with two bias vectors each, then a readout of both."""
    hidden = params.hidden
    return 2 * 4 * hidden * (inputs + hidden + 2) + classes * (2 * hidden + 1)
