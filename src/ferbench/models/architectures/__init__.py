"""Architectures under comparison: one module each, found by its name in params.yaml.

A module offers

- `INPUT`: "features", (time, 30) float32, or "crops", (time, size, size) float32;
- `CAUSAL`: whether a frame's logits depend on that frame and earlier ones only (it can run on a
  stream);
- `Params`: its numbers, validated;
- `Network(params, classes, width)`: maps a batch padded at the end, (batch, time, …), and the
  lengths, (batch,) int64, or None where nothing is padded, to logits (batch, time, classes); what
  it says of padding is never read, and padding never changes what it says of frames. The width is
  the number of features or the side of a crop;
- `expected_parameters(params, classes, width)`: how many trainable parameters it has, in closed
  form;
- optionally `REFERENCE`, default False: True says that it is none of the systems under comparison,
  but stands beside them to show what they owe to something (the MLP: to memory).
"""

from importlib import import_module
from pathlib import Path
from types import ModuleType

from pydantic import BaseModel, ValidationError

from ferbench.config.params import ParamsError, explain
from ferbench.config.schema import Params


def find(name: str) -> ModuleType:
    """The module of the architecture called `name`; ValueError if there is none."""
    module = f"{__name__}.{name}"
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        if error.name != module:
            raise ValueError(f"architecture {name} needs {error.name}: {error}") from error
        raise ValueError(
            f"no architecture {name!r}: expected src/ferbench/models/architectures/{name}.py"
        ) from error


def read(params: Params, path: Path, name: str) -> tuple[ModuleType, BaseModel]:
    """The module of one of `params.architectures`, and its own numbers, validated."""
    if name not in params.architectures:
        known = ", ".join(params.architectures)
        raise ParamsError(f"{path}: architectures: no {name!r}, only {known}")
    module = find(name)
    try:
        return module, module.Params(**params.architectures[name])
    except ValidationError as error:
        text = path.read_text(encoding="utf-8")
        raise ParamsError(explain(error, path, text, ("architectures", name))) from None
