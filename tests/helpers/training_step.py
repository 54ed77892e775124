"""One training step of every architecture in params.yaml, a checksum a layer.

    python tests/helpers/training_step.py [FILE]    # of the architecture in FILE alone

Prints `<sha256>  <architecture>: <layer> (<its class>), <what>`, first forwards, in the order in
which layers finish, then backwards, from the loss on. The first line that differs between two
processors names the layer that rounds differently.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import ferbench.determinism

import numpy as np
import torch
from torch import Tensor, nn

from ferbench.config.params import load
from ferbench.models import architectures
from ferbench.models import inputs as kinds
from ferbench.models.classifier import Batch, frame_loss
from modules import loaded
from probe import checksum, values

SIZE = 48  # of a crop, pixels
LENGTHS = [17, 9, 12, 4]


def chosen() -> Iterator[tuple[str, ModuleType, Any]]:
    """Name, module and sizes of each."""
    if not sys.argv[1:]:
        params = load(Path("params.yaml"))
        for name in params.names:
            yield name, *architectures.read(params, name)
        return
    path = Path(sys.argv[1])
    module = loaded(path)
    yield path.stem, module, module.Params()


def step(name: str, module: ModuleType, sizes: Any) -> Iterator[tuple[str, Any]]:
    """What each layer makes and learns in one step, as `ferbench train` takes it."""
    torch.manual_seed(0)
    network: nn.Module = module.Network(sizes, 6, kinds.width(module.INPUT, SIZE))
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    frame = kinds.find(module.INPUT).shape(SIZE)
    inputs = torch.from_numpy(values((len(LENGTHS), max(LENGTHS), *frame), np.float32, -2, 2))
    lengths = torch.tensor(LENGTHS)
    made: list[tuple[str, Any]] = []
    for path, layer in network.named_modules():
        said = f"{name}: {path or 'the whole network'} ({type(layer).__name__}), forwards"
        layer.register_forward_hook(lambda _, __, out, said=said: made.append((said, _first(out))))
    logits = network(inputs, lengths)
    frame_loss(logits, Batch(inputs, lengths, torch.arange(len(LENGTHS)))).mean().backward()
    yield from made
    parameters = dict(network.named_parameters())
    for path in reversed(parameters):
        owner = network.get_submodule(path.rpartition(".")[0])
        said = f"{name}: {path} ({type(owner).__name__}), backwards"
        yield said, parameters[path].grad if parameters[path].grad is not None else 0
    nn.utils.clip_grad_norm_(parameters.values(), 1.0)
    rates = {"learning_rate": 0.002, "weight_decay": 0.01}
    ferbench.determinism.optimiser(parameters.values(), **rates).step()
    yield f"{name}: weights after the step", list(parameters.values())


def _first(made: Any) -> Tensor:
    """The output proper; layers with a memory give their state too."""
    made = made[0] if isinstance(made, tuple) and not hasattr(made, "batch_sizes") else made
    tensor: Tensor = made.data if hasattr(made, "batch_sizes") else made
    return tensor.detach().clone()


def main() -> None:
    ferbench.determinism.settle(1)
    for one in chosen():
        for said, made in step(*one):
            print(f"{checksum(made)}  {said}", flush=True)


if __name__ == "__main__":
    main()
