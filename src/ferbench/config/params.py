"""Reading params.yaml: what is wrong with it is said in one line, with file, line and key."""

import re
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from ferbench.config.schema import Params

SYNTHETIC_PATH = "results/synthesize"  # the one `dataset.path` that the engines make themselves
SOURCES = Path("src/ferbench")
"""Where the engines, which run in the project's folder, look for formats and architectures."""
PLAIN = {  # what pydantic says in words of its own, by the kind of the problem
    "missing": "missing",
    "extra_forbidden": "no such key",
    "dict_type": "must be a mapping of keys to values",
    "model_type": "must be a mapping of keys to values",
}


class ParamsError(ValueError):
    """What is wrong with params.yaml, one line."""


def load(path: Path) -> Params:
    """Read and validate; ParamsError names every offending key with its line."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        where = "run this in the project's folder, or name the file with --params"
        raise ParamsError(f"{path}: no such file; {where}") from None
    except UnicodeDecodeError as error:
        raise ParamsError(f"{path}: not UTF-8: {error}; save it as UTF-8") from None
    try:
        if repeated := _repeated(yaml.compose(text, Loader=yaml.SafeLoader)):
            raise ParamsError(f"{path}:{repeated.start_mark.line + 1}: {repeated.value}: twice")
        content = yaml.safe_load(text)
        train = content.get("train") if isinstance(content, dict) else None
        if isinstance(train, dict) and "recipes" in train:
            raise ParamsError(
                f"{path}: train.recipes: params.yaml of an older version; CHANGELOG.md says what "
                "moved (architectures.lstm is architectures.features.lstm, recipes stand below "
                "inputs)"
            )
        params = Params.model_validate(content)
    except yaml.YAMLError as error:
        raise ParamsError(f"{path}: not YAML: {' '.join(str(error).split())}") from None
    except ValidationError as error:
        raise ParamsError(explain(error, path, text)) from None
    for kind in params.architectures:
        if kind not in params.inputs.kinds:
            line = _line(yaml.compose(text, Loader=yaml.SafeLoader), ("architectures", kind))
            raise ParamsError(f"{path}:{line}: architectures.{kind}: no such section of inputs")
    params._path = path
    return params


def check_engine_config(path: Path, config: dict[str, Any]) -> None:
    """Refuse what an engine would pass over, or find only when hours have gone by.

    That is data, formats, inputs and architectures that are not there, architectures below an input
    that they do not read, and values that the engine holds but params.yaml does not, which no
    command would see. The synthetic dataset need not be there: a rule makes it.
    """
    params = load(path)
    text = path.read_text(encoding="utf-8")
    root = yaml.compose(text, Loader=yaml.SafeLoader)

    def refuse(keys: tuple[str, ...], why: str) -> None:
        raise ParamsError(f"{path}:{_line(root, keys)}: {'.'.join(keys)}: {why}")

    dataset = params.dataset
    if dataset.path != SYNTHETIC_PATH and not Path(dataset.path).is_dir():
        how = "docs/data.md says how to request Cohn-Kanade and where to put it"
        default = f"the synthetic default is {SYNTHETIC_PATH}"
        refuse(("dataset", "path"), f"no folder {dataset.path}; {how}; {default}")
    if not (file := SOURCES / "data/formats" / f"{dataset.name}.py").is_file():
        refuse(("dataset", "name"), f"no format of that name: expected {file}")
    for kind in params.inputs.kinds:
        if not (file := SOURCES / "models/inputs" / f"{kind}.py").is_file():
            refuse(("inputs", kind), f"no input of that name: expected {file}")
    for kind, group in params.architectures.items():
        for name in group:
            if not (file := SOURCES / "models/architectures" / f"{name}.py").is_file():
                refuse(("architectures", kind, name), f"no such architecture: expected {file}")
            reads = re.search(r'^INPUT = "(\w+)"', file.read_text(encoding="utf-8"), re.MULTILINE)
            if reads and reads[1] != kind:
                where = f"move it to architectures.{reads[1]}"
                refuse(("architectures", kind, name), f"it reads {reads[1]}; {where}")
    written = yaml.safe_load(text)
    if differing := [key for key in {**written, **config} if written.get(key) != config.get(key)]:
        raise ParamsError(f"{path}: {', '.join(differing)}: overridden elsewhere; edit the file")


def explain(error: ValidationError, path: Path, text: str, prefix: tuple[str, ...] = ()) -> str:
    """One line: for each problem its line, its key, what is wrong and what was found."""
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    problems = []
    for problem in error.errors(include_url=False):
        keys = (*prefix, *problem["loc"])
        said = PLAIN.get(problem["type"], problem["msg"].removeprefix("Value error, "))
        short = problem["type"] != "missing" and not isinstance(problem["input"], dict)
        found = f" (found {problem['input']!r})" if short else ""
        where = f"{path}:{_line(root, keys)}: {'.'.join(map(str, keys)) or 'the file'}"
        problems.append(f"{where}: {said}{found}")
    return "; ".join(problems)


def _line(node: yaml.Node | None, keys: tuple[str | int, ...]) -> int:
    """The line, from 1, of the deepest of `keys` that is written in the file."""
    line = node.start_mark.line + 1 if node else 1
    for key in keys:
        if isinstance(node, yaml.MappingNode):
            found = next((pair for pair in node.value if pair[0].value == str(key)), None)
            if found is None:
                break
            line, node = found[0].start_mark.line + 1, found[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(key, int) and key < len(node.value):
            node = node.value[key]
            line = node.start_mark.line + 1
    return line


def _repeated(node: yaml.Node | None) -> yaml.Node | None:
    """A key that stands twice in one mapping; YAML would take the last and say nothing."""
    pairs = node.value if isinstance(node, yaml.MappingNode) else []
    seen: set[str] = set()
    for key, value in pairs:
        found: yaml.Node | None = key if str(key.value) in seen else _repeated(value)
        if found:
            return found
        seen.add(str(key.value))
    return None
