"""Elman network, sized to the parameter budget of the LSTM."""

from torch import Tensor, nn

from ferbench.models.layers import OneLayer as Params

INPUT = "features"
CAUSAL = True
MEMORY = True


class Network(nn.Module):
    """(batch, time, width) to logits (batch, time, classes)."""

    def __init__(self, params: Params, classes: int, width: int):
        super().__init__()
        self.recurrent = nn.RNN(width, params.hidden, batch_first=True)
        self.readout = nn.Linear(params.hidden, classes)

    def forward(self, features: Tensor, lengths: Tensor | None) -> Tensor:
        """Padding comes after the frames, so a causal layer need not know the lengths."""
        hidden, _ = self.recurrent(features)
        logits: Tensor = self.readout(hidden)
        return logits


def expected_parameters(params: Params, classes: int, width: int) -> int:
    """One tanh layer with two bias vectors (PyTorch's convention), then the readout."""
    hidden = params.hidden
    return hidden * (width + hidden + 2) + classes * (hidden + 1)
