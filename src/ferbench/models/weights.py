"""The weights of a job's fits: nothing is built of a file that does not fit its card."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save
from torch import nn

from ferbench.io.arrays import Floats
from ferbench.models import architectures, inputs
from ferbench.models.inputs import Projection
from ferbench.results.card import Card

IDENTITY = "card"  # key of the file's metadata: `ferbench.results.card.identity` of the fit's card


def weights(
    networks: Mapping[int, nn.Module], projection: Projection | None, identity: str
) -> bytes:
    """Content of a safetensors file: the networks by seed, and the projection of their inputs."""
    arrays: dict[str, Floats] = {
        f"seed-{seed}.{name}": np.ascontiguousarray(tensor.cpu().numpy())
        for seed, network in networks.items()
        for name, tensor in network.state_dict().items()
    }
    if projection:
        arrays |= {"input.mean": projection.mean, "input.components": projection.components}
    return save(arrays, {IDENTITY: identity})


@dataclass(frozen=True, eq=False)
class Weights:
    """What a safetensors file of `ferbench train` holds."""

    path: Path
    identity: str | None  # JSON of what its numbers mean; None where the file does not tell
    arrays: dict[str, Floats]

    def build(self, card: Card) -> tuple[dict[int, nn.Module], Projection | None]:
        """The networks of a card by seed, and the projection of their inputs where one was fitted.

        ValueError for an architecture that is not here, or tensors that are not its own.
        """
        module = architectures.find(card.architecture)
        reads = tuple(getattr(module, name, None) for name in ("INPUT", "CAUSAL"))
        if reads != (card.input, card.causal):
            raise ValueError(f"{self.path}: architecture {card.architecture} is another here")
        try:
            sizes = module.Params(**card.hyperparameters)
        except ValueError as error:
            problem = " ".join(str(error).split())
            raise ValueError(f"{self.path}: hyperparameters: {problem}") from None
        width = inputs.width(card.input, card.preprocessing.size)
        networks: dict[int, nn.Module] = {
            seed: module.Network(sizes, len(card.classes), width).eval() for seed in card.seeds
        }
        fitted = inputs.find(card.input).fitted(card.variant)
        self._check(networks, fitted)
        for seed, network in networks.items():
            network.load_state_dict(
                {
                    name: torch.from_numpy(self.arrays[f"seed-{seed}.{name}"])
                    for name in network.state_dict()
                }
            )
        if fitted is None:
            return networks, None
        # What is explained is said by the card; it is not needed to project.
        mean, components = (self.arrays[f"input.{name}"] for name in ("mean", "components"))
        return networks, Projection(mean.astype(float), components.astype(float), np.nan)

    def _check(self, networks: Mapping[int, nn.Module], fitted: tuple[int, int] | None) -> None:
        expected = {
            f"seed-{seed}.{name}": tuple(tensor.shape)
            for seed, network in networks.items()
            for name, tensor in network.state_dict().items()
        }
        if fitted is not None:
            expected |= {"input.mean": fitted[1:], "input.components": fitted}
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
            return Weights(path, (file.metadata() or {}).get(IDENTITY), arrays)
    except (SafetensorError, TypeError) as error:
        raise ValueError(f"{path}: damaged safetensors ({error}); train it again") from None
