"""Unidirectional LSTM."""

from torch import Tensor, nn

from ferbench.models.layers import OneLayer as Params

INPUT = "features"
CAUSAL = True
MEMORY = True


class Network(nn.Module):
    """(batch, time, width) to logits (batch, time, classes)."""

    def __init__(self, params: Params, classes: int, width: int):
        super().__init__()
        self.recurrent = nn.LSTM(width, params.hidden, batch_first=True)
        self.readout = nn.Linear(params.hidden, classes)

    def forward(self, features: Tensor, lengths: Tensor | None) -> Tensor:
        """Padding comes after the frames, so a causal layer need not know the lengths."""
        hidden, _ = self.recurrent(features)
        logits: Tensor = self.readout(hidden)
        return logits


def expected_parameters(params: Params, classes: int, width: int) -> int:
    """Four gates with two bias vectors each (PyTorch's convention), then the readout."""
    hidden = params.hidden
    return 4 * hidden * (width + hidden + 2) + classes * (hidden + 1)
