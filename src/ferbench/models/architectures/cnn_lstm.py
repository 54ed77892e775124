"""CNN-LSTM: an LSTM over the sequence of a convolutional network's frame embeddings."""

from pydantic import PositiveInt
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence

from ferbench.models import layers

INPUT = "crops"
CAUSAL = True
MEMORY = True


class Params(layers.Sizes):
    """Sizes."""

    channels: layers.Channels
    embedding: PositiveInt  # numbers a frame is turned into
    hidden: PositiveInt  # cells in the one recurrent layer


class Network(nn.Module):
    """(batch, time, size, size) to logits (batch, time, classes)."""

    def __init__(self, params: Params, classes: int, size: int):
        super().__init__()
        convolved = layers.convolutions(params.channels, size, params.embedding)
        layers.initialise(convolved)
        self.frame = nn.Sequential(*convolved)
        self.recurrent = nn.LSTM(params.embedding, params.hidden, batch_first=True)
        self.readout = nn.Linear(params.hidden, classes)

    def forward(self, crops: Tensor, lengths: Tensor | None) -> Tensor:
        """Packed, so that no work goes into padding."""
        if lengths is None:
            seen = self.frame(crops.flatten(0, 1).unsqueeze(1)).unflatten(0, crops.shape[:2])
            hidden, _ = self.recurrent(seen)
        else:
            hidden = layers.on_packed(self._remembered, crops, lengths)
        logits: Tensor = self.readout(hidden)
        return logits

    def _remembered(self, crops: PackedSequence) -> PackedSequence:
        embedded = crops._replace(data=self.frame(crops.data.unsqueeze(1)))
        hidden: PackedSequence = self.recurrent(embedded)[0]
        return hidden


def expected_parameters(params: Params, classes: int, size: int) -> int:
    """The convolutions, the LSTM's four gates, the readout."""
    convolved = layers.convolution_parameters(params.channels, size, params.embedding)
    recurrent = 4 * params.hidden * (params.embedding + params.hidden + 2)
    return convolved + recurrent + classes * (params.hidden + 1)
