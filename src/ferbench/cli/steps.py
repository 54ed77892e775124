"""`ferbench <step>`: options and help come from the step's own signature and docstring.

A step is `steps/<step>.py` with a function of the same name. It is read as text here: importing it
takes seconds, and is left to the moment when it runs.
"""

import argparse
import ast
import re
from importlib import import_module
from pathlib import Path
from typing import Any

from ferbench import steps
from ferbench.config.params import ParamsError, load
from ferbench.results.layout import STEPS

PARAMS = Path("params.yaml")


def positive(text: str) -> int:
    """A number of workers."""
    if (number := int(text)) < 1:
        raise argparse.ArgumentTypeError(f"{number} is less than 1")
    return number


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add every step to the command line."""
    for name in STEPS:
        said, options = described(name)
        step = commands.add_parser(name, help=said, description=said)
        step.set_defaults(call=run, step=name, options=list(options))
        for option, settings in options.items():
            step.add_argument(f"--{option}", **settings)


def run(given: argparse.Namespace) -> None:
    """Run the step that was asked for."""
    params = load(given.params or PARAMS)
    options = {name: getattr(given, name) for name in given.options}
    if (fold := options.get("fold")) is not None and fold not in params.folds:
        raise ParamsError(f"{params.path}: folds: no {fold}, only {params.folds}")
    getattr(import_module(f"{steps.__name__}.{given.step}"), given.step)(params, **options)


def described(step: str) -> tuple[str, dict[str, dict[str, Any]]]:
    """First line of a step's docstring, and what argparse takes for each of its keywords."""
    tree = ast.parse(Path(steps.__path__[0], f"{step}.py").read_text(encoding="utf-8"))
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    (function,) = (node for node in functions if node.name == step)
    doc = (ast.get_docstring(function) or "").replace("%", "%%")
    said = doc.splitlines()[0].rstrip(".")
    keywords = zip(function.args.kwonlyargs, function.args.kw_defaults, strict=True)
    options = {argument.arg: _option(argument, default, doc) for argument, default in keywords}
    return said[0].lower() + said[1:], options


def _option(argument: ast.arg, default: ast.expr | None, doc: str) -> dict[str, Any]:
    found = re.search(rf"^    {argument.arg}: (.+?)(?=^    \w+: |^\S|\Z)", doc, re.M | re.S)
    meaning = " ".join(found[1].split()).rstrip(".") if found else ""
    kind = ast.unparse(argument.annotation) if argument.annotation else ""
    value = ast.literal_eval(default) if default else None
    return {
        "type": {"Path": Path, "str": str, "int": positive if value else int}[kind],
        "required": value is None,
        "default": value,
        "metavar": "FOLDER" if kind == "Path" else argument.arg.upper(),
        "help": meaning + (" (default: %(default)s)" if value else ""),
    }
