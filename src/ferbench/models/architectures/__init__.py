"""Architectures under comparison: one module each, found by its name in params.yaml.

A module offers

- `INPUT`: the kind of input that it reads, a module of `ferbench.models.inputs`;
- `CAUSAL`: whether a frame's logits depend on that frame and earlier ones only (it can run on a
  stream);
- `MEMORY`: whether they depend on frames other than that one;
- `Params`: its numbers, validated;
- `Network(params, classes, width)`: maps a batch padded at the end, (batch, time, …), and the
  lengths, (batch,) int64, or None where nothing is padded, to logits (batch, time, classes). Those
  of the padding are never read, and padding never changes those of frames. The width is the last
  number of the shape of a frame: how many features, or the side of a crop;
- `expected_parameters(params, classes, width)`: how many trainable parameters it has, in closed
  form;
- optionally `REFERENCE`, default False: True says that it is none of the systems under comparison,
  but stands beside them to show what they owe to something (the MLP: to memory).
"""

from types import ModuleType

from pydantic import BaseModel, ValidationError

from ferbench.config.params import ParamsError, explain
from ferbench.config.schema import Params
from ferbench.io.plugins import plugin


def find(name: str) -> ModuleType:
    """The module of the architecture called `name`; ValueError if there is none."""
    return plugin(__name__, name, "architecture")


def read(params: Params, name: str) -> tuple[ModuleType, BaseModel]:
    """The module of one of `params.names`, and its own numbers, validated.

    ParamsError if params.yaml does not name it, gives it wrong numbers, or lists it below an input
    that it does not read.
    """
    path = params.path
    if name not in params.names:
        known = ", ".join(params.names)
        raise ParamsError(f"{path}: architectures: no {name!r}, only {known}")
    module, kind = find(name), params.input_of(name)
    if kind != module.INPUT:
        raise ParamsError(
            f"{path}: architectures.{kind}.{name}: reads {module.INPUT}; "
            f"move it to architectures.{module.INPUT}"
        )
    try:
        return module, module.Params(**params.architectures[kind][name])
    except ValidationError as error:
        text = path.read_text(encoding="utf-8")
        raise ParamsError(explain(error, path, text, ("architectures", kind, name))) from None
