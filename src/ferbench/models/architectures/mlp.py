"""Network on single frames' features, to show what memory adds on the same input.

Its weights have the shapes of the Elman network's: what that applies to its last state, a second
layer applies to the same frame. Both thus have as many parameters, and only one of them a memory.
"""

from torch import Tensor, nn

from ferbench.models.layers import OneLayer as Params

INPUT = "features"
CAUSAL = True
MEMORY = False
REFERENCE = True


class Network(nn.Module):
    """(batch, time, width) to logits (batch, time, classes)."""

    def __init__(self, params: Params, classes: int, width: int):
        super().__init__()
        self.frame = nn.Sequential(
            nn.Linear(width, params.hidden),
            nn.Tanh(),
            nn.Linear(params.hidden, params.hidden),
            nn.Tanh(),
            nn.Linear(params.hidden, classes),
        )

    def forward(self, features: Tensor, lengths: Tensor | None) -> Tensor:
        """Frame by frame, so padding touches nothing."""
        logits: Tensor = self.frame(features)
        return logits


def expected_parameters(params: Params, classes: int, width: int) -> int:
    """Two tanh layers with a bias vector each, then the readout."""
    hidden = params.hidden
    return hidden * (width + hidden + 2) + classes * (hidden + 1)
