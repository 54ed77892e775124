"""Elman network, sized to the parameter budget of the LSTM."""

from pydantic import BaseModel, PositiveInt
from torch import Tensor, nn

INPUT = "features"
CAUSAL = True


class Params(BaseModel, extra="forbid", frozen=True):
    """Sizes."""

    hidden: PositiveInt
    """Units in the one recurrent layer."""


class Network(nn.Module):
    """(batch, time, 30) to logits (batch, time, classes)."""

    def __init__(self, params: Params, classes: int, inputs: int = 30):
        super().__init__()
        self.recurrent = nn.RNN(inputs, params.hidden, batch_first=True)
        self.readout = nn.Linear(params.hidden, classes)

    def forward(self, features: Tensor, lengths: Tensor | None) -> Tensor:
        """Padding comes after the frames, so a causal layer need not know the lengths."""
        hidden, _ = self.recurrent(features)
        logits: Tensor = self.readout(hidden)
        return logits


def expected_parameters(params: Params, classes: int, inputs: int = 30) -> int:
    """One tanh layer with two bias vectors (PyTorch's convention), then the readout."""
    hidden = params.hidden
    return hidden * (inputs + hidden + 2) + classes * (hidden + 1)
