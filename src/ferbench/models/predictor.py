"""Finished networks: posteriors of frames, of sequences and of their beginnings."""

import math
from collections.abc import Iterable

import torch
from torch import Tensor, nn

from ferbench.models.inputs import Example
from ferbench.results.predictions import TENTHS, Predicted


class SeedEnsemble(nn.Module):
    """Networks of one architecture that decide together: the mean of their frame posteriors.

    Its logits are the logarithms of that mean.
    """

    def __init__(self, networks: Iterable[nn.Module]):
        super().__init__()
        self.networks = nn.ModuleList(networks)

    def forward(self, inputs: Tensor, lengths: Tensor | None) -> Tensor:
        """As of a network: (batch, time, …) to (batch, time, classes)."""
        each = [network(inputs, lengths).log_softmax(-1) for network in self.networks]
        return torch.stack(each).logsumexp(0) - math.log(len(each))


class Predictor(nn.Module):
    """Posteriors of whole sequences, one at a time: nothing is padded, nothing learns."""

    def __init__(self, network: nn.Module):
        super().__init__()
        self.network = network.eval()

    @torch.no_grad()
    def forward(self, inputs: Tensor) -> tuple[Tensor, Tensor]:
        """Posteriors of the frames, (time, classes), and of the sequence, their mean."""
        logits: Tensor = self.network(inputs.unsqueeze(0), None)
        frames = logits[0].softmax(-1)
        return frames, frames.mean(0)

    def predict(self, sequence: Example, *, beginnings: bool) -> Predicted:
        """A sequence and, if asked for, its first 10, 20, … 100 % of frames, rounded up.

        The network reads a beginning alone: one that looks ahead would otherwise know the end.
        """
        inputs = torch.from_numpy(sequence.inputs)
        frames, whole = (posteriors.numpy() for posteriors in self(inputs))
        counts = [-(-len(inputs) * tenths // 10) for tenths in TENTHS] if beginnings else []
        beginnings_read = [(count, self(inputs[:count])[1].numpy()) for count in counts]
        return Predicted(*sequence[:3], frames, whole, beginnings_read)
