"""params.yaml as a test needs it."""

from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from ferbench.config.schema import Params

FILE = Path(__file__).parents[2] / "params.yaml"


@cache
def _content() -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    content["train"]["seeds"] = [1]
    return content


def params_with(**sections: Any) -> Params:
    """The project's with one seed and other values: `params_with(split={"k": 3}, folds=[0])`."""
    content = deepcopy(_content())
    for name, value in sections.items():
        content[name] = content[name] | value if isinstance(value, dict) else value
    return Params.model_validate(content)
