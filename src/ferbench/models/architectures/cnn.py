"""Convolutional network on single frames: it knows nothing of time."""

from pydantic import PositiveInt
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence

from ferbench.models import layers

INPUT = "crops"
CAUSAL = True
MEMORY = False


class Params(layers.Sizes):
    """Sizes."""

    channels: layers.Channels
    hidden: PositiveInt  # units of the layer between the last stage and the classes


class Network(nn.Module):
    """(batch, time, size, size) to logits (batch, time, classes)."""

    def __init__(self, params: Params, classes: int, size: int):
        super().__init__()
        convolved = layers.convolutions(params.channels, size, params.hidden)
        self.frame = nn.Sequential(*convolved, nn.Linear(params.hidden, classes))
        layers.initialise(convolved)

    def forward(self, crops: Tensor, lengths: Tensor | None) -> Tensor:
        """Packed, so that no work goes into padding."""
        if lengths is None:
            each = self.frame(crops.flatten(0, 1).unsqueeze(1))
            unpadded: Tensor = each.unflatten(0, crops.shape[:2])
            return unpadded

        def frames(packed: PackedSequence) -> PackedSequence:
            return packed._replace(data=self.frame(packed.data.unsqueeze(1)))

        return layers.on_packed(frames, crops, lengths)


def expected_parameters(params: Params, classes: int, size: int) -> int:
    """The convolutions, then the readout."""
    convolved = layers.convolution_parameters(params.channels, size, params.hidden)
    return convolved + classes * (params.hidden + 1)
