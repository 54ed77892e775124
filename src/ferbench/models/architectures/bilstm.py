"""Bidirectional LSTM."""

from torch import Tensor, nn

from ferbench.models.layers import OneLayer as Params
from ferbench.models.layers import on_packed

INPUT = "features"
CAUSAL = False
MEMORY = True


class Network(nn.Module):
    """(batch, time, width) to logits (batch, time, classes)."""

    def __init__(self, params: Params, classes: int, width: int):
        super().__init__()
        self.recurrent = nn.LSTM(width, params.hidden, batch_first=True, bidirectional=True)
        self.readout = nn.Linear(2 * params.hidden, classes)

    def forward(self, features: Tensor, lengths: Tensor | None) -> Tensor:
        """Packed, so that the backward direction starts at the apex and not in the padding."""
        if lengths is None:
            hidden, _ = self.recurrent(features)
        else:
            hidden = on_packed(lambda packed: self.recurrent(packed)[0], features, lengths)
        logits: Tensor = self.readout(hidden)
        return logits


def expected_parameters(params: Params, classes: int, width: int) -> int:
    """Two directions of four gates with two bias vectors each, then a readout of both."""
    hidden = params.hidden
    return 2 * 4 * hidden * (width + hidden + 2) + classes * (2 * hidden + 1)
