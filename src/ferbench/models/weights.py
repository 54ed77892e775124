"""The weights of a fit, read back: nothing is built of a file that does not fit its card."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from torch import nn

from ferbench.models import architectures
from ferbench.models.features import COUNT, DESCRIPTORS, Projection
from ferbench.results.fits import Card

Floats = NDArray[np.floating]


@dataclass(frozen=True, eq=False)
class Weights:
    """What a safetensors file of `ferbench train` holds."""

    path: Path
    identity: str | None
    """JSON of what its numbers mean; None where it says nothing of it."""
    arrays: dict[str, Floats]

    def build(self, card: Card, size: int) -> tuple[nn.Module, Projection | None]:
        """The network, and the projection of its inputs where it reads features.

        Args:
            card: of the fit.
            size: side of a crop, pixels.

        Raises:
            ValueError: an architecture that is not here, or tensors that are not its own.
        """
        module = architectures.find(card.architecture)
        reads = tuple(getattr(module, name, None) for name in ("INPUT", "CAUSAL"))
        if reads != (card.input, card.causal):
            raise ValueError(f"{self.path}: architecture {card.architecture} is another here")
        width = {"features": COUNT, "crops": size}[card.input]
        try:
            sizes = module.Params(**card.hyperparameters)
        except ValueError as error:
            problem = " ".join(str(error).split())
            raise ValueError(f"{self.path}: hyperparameters: {problem}") from None
        network: nn.Module = module.Network(sizes, len(card.classes), width)
        raw = None
        if card.input == "features":
            some = np.arange(68.0 * 2).reshape(1, 68, 2)
            raw = DESCRIPTORS[card.train["features"]](some).shape[1]
        self._check(network, raw)
        network.load_state_dict(
            {name: torch.from_numpy(self.arrays[f"network.{name}"]) for name in _shapes(network)}
        )
        if raw is None:
            return network.eval(), None
        # What is explained is said by the card; it is not needed to project.
        mean, components = (self.arrays[f"input.{name}"] for name in ("mean", "components"))
        return network.eval(), Projection(mean.astype(float), components.astype(float), np.nan)

    def _check(self, network: nn.Module, raw: int | None) -> None:
        expected = {f"network.{name}": shape for name, shape in _shapes(network).items()}
        if raw is not None:
            expected |= {"input.mean": (raw,), "input.components": (COUNT, raw)}
        found = {name: array.shape for name, array in self.arrays.items()}
        for name in sorted(expected.keys() | found.keys()):
            if expected.get(name) != found.get(name):
                ours, theirs = (shapes.get(name, "none") for shapes in (expected, found))
                raise ValueError(
                    f"{self.path}: {name}: of shape {theirs}, expected {ours}; train it again"
                )


def read_weights(path: Path) -> Weights:
    """Read a safetensors file; ValueError if it is damaged."""
    try:
        with safe_open(path, "np") as file:
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            return Weights(path, (file.metadata() or {}).get("card"), arrays)
    except (SafetensorError, TypeError) as error:
        raise ValueError(f"{path}: damaged safetensors ({error}); train it again") from None


def _shapes(network: nn.Module) -> dict[str, tuple[int, ...]]:
    return {name: tuple(tensor.shape) for name, tensor in network.state_dict().items()}
