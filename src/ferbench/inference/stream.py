"""A causal model on a stream: an answer a frame, at the same cost however long it has run."""

import copy
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ferbench.inference.model import Model, Posteriors
from ferbench.models.inputs import ready
from ferbench.models.predictor import Predictor

TOLERANCE = 1e-4  # largest difference between posteriors frame by frame and of the whole: rounding
TRIAL = 8  # frames of the trial run


class Stream:
    """Posteriors of a sequence's frames as they come; one stream a sequence."""

    def __init__(self, model: Model):
        """Start a sequence.

        ValueError if the model is not causal, was exported, or does not answer the same frame by
        frame as on a whole sequence.
        """
        name = model.card.architecture
        if not model.card.causal:
            raise ValueError(
                f"{model.folder}: {name} reads a sequence backwards from its end too, so it cannot "
                "answer before the end; give it whole videos, or stream a causal model"
            )
        if model.network is None:
            raise ValueError(
                f"{model.folder}: an exported network reads whole sequences and keeps no state; "
                "to stream, use the fit's folder"
            )
        self._model = model
        network = copy.deepcopy(model.network)  # its state is this stream's own
        recurrent = (part for part in network.modules() if isinstance(part, nn.RNNBase))
        self._carried = [_Carried(part) for part in recurrent]
        self._predictor = Predictor(network)
        self._try(model.network)
        self._first: NDArray[Any] | None = None
        self._sum = np.zeros(len(model.card.classes))
        self._count = 0

    def push(self, row: NDArray[Any]) -> Posteriors:
        """Posteriors of the next frame, (classes,), and of the sequence up to it, (classes,).

        `row` is what `Model.row` gives of its face.
        """
        if self._first is None:
            self._first = row
        # The first frame is described again each time: it is what a frame may be measured from.
        both = self._model.describe(np.stack([self._first, row]))
        frame = self._step(torch.from_numpy(ready(both[1:], self._model.projection)))
        self._sum += frame
        self._count += 1
        return frame, (self._sum / self._count).astype(np.float32)

    def _step(self, inputs: Tensor) -> NDArray[np.float32]:
        frames, _ = self._predictor(inputs)
        frame: NDArray[np.float32] = frames[0].numpy()
        return frame

    def _try(self, network: nn.Module) -> None:
        """A short sequence of noise, as a whole and frame by frame."""
        shape = self._model.kind.shape(self._model.crop.size)
        noise = torch.randn(TRIAL, *shape, generator=torch.Generator().manual_seed(0))
        whole = Predictor(network)(noise)[0].numpy()
        steps = np.stack([self._step(frame[None]) for frame in noise])
        for carried in self._carried:
            carried.state = None
        difference = np.abs(steps - whole).max()
        if not difference <= TOLERANCE:
            raise ValueError(
                f"{self._model.folder}: {self._model.card.architecture} answers otherwise frame by "
                f"frame than on a whole sequence (by {difference:.2g}): it keeps what it remembers "
                "outside PyTorch's recurrent layers; give it whole videos"
            )


class _Carried:
    """Starts a recurrent layer from the state in which its last call ended."""

    def __init__(self, layer: nn.Module):
        self.state: Any = None
        layer.register_forward_pre_hook(self._give)
        layer.register_forward_hook(self._keep)

    def _give(self, _: nn.Module, given: tuple[Any, ...]) -> tuple[Any, ...]:
        return given if self.state is None else (given[0], self.state)

    def _keep(self, _: nn.Module, __: tuple[Any, ...], output: tuple[Any, Any]) -> None:
        self.state = output[1]
