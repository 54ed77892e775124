"""Which numerical functions a source calls, as far as its text shows."""

import ast
import pydoc
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import torch

LIBRARIES = ("cv2", "math", "numpy", "scipy", "sklearn", "torch")
METHODS = {name for kind in (np.ndarray, np.random.Generator, torch.Tensor) for name in dir(kind)}
"""Of arrays, tensors and generators; of what kind an object is, a text does not say."""
BINARY = (ast.BinOp, ast.AugAssign)
OPERATORS: dict[type[ast.operator], str] = {ast.MatMult: "@", ast.Pow: "**"}


def calls(path: Path) -> set[str]:
    """Functions by their full name, methods as `.name`, and the operators @ and **."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = dict(_imported(tree))
    binary = [type(node.op) for node in ast.walk(tree) if isinstance(node, BINARY)]
    found = {OPERATORS[kind] for kind in binary if kind in OPERATORS}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            root, attributes = _parts(node.func)
            if root in names:
                found.add(".".join([names[root], *attributes]))  # of any module
            elif attributes and attributes[-1] in METHODS:
                found.add(f".{attributes[-1]}")
    return {name for name in found if name[0] in ".@*" or _of_library(name)}


def uses(path: Path) -> set[str]:
    """Full names of everything of the libraries that a source names, called or not."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = dict(_imported(tree))
    found = set(names.values())
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            root, attributes = _parts(node)
            found |= {".".join([names[root], *attributes])} if root in names else set()
    return {name for name in found if _of_library(name)}


def roots(path: Path) -> list[int]:
    """Lines with a power of which the exponent is written, and is 0.5, 1.5 and so on."""
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        exponent: ast.expr | None = None
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow):
            exponent = node.right
        elif isinstance(node, ast.AugAssign) and isinstance(node.op, ast.Pow):
            exponent = node.value
        elif isinstance(node, ast.Call) and _parts(node.func) == ("pow", []):
            exponent = node.args[1]
        if isinstance(exponent, ast.Constant) and isinstance(exponent.value, float):
            found += [exponent.lineno] * (exponent.value % 1 == 0.5)
    return found


def functions(names: Iterable[str]) -> set[str]:
    """Those that name a function, and no class, constant or module."""
    return {name for name in names if _is_function(pydoc.locate(name))}


def _is_function(found: object) -> bool:
    return callable(found) and not isinstance(found, type) and not hasattr(found, "__origin__")


def _of_library(name: str) -> bool:
    return name.partition(".")[0] in LIBRARIES


def _imported(tree: ast.AST) -> Iterator[tuple[str, str]]:
    """What a name in the text stands for."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for one in node.names:
                known = one.name if one.asname else one.name.partition(".")[0]
                yield one.asname or known, known
        elif isinstance(node, ast.ImportFrom):
            for one in node.names:
                yield one.asname or one.name, f"{node.module}.{one.name}"


def _parts(node: ast.expr) -> tuple[str, list[str]]:
    """`a.b.c` as ("a", ["b", "c"]), and `f().c` as ("", ["c"])."""
    attributes: list[str] = []
    while isinstance(node, ast.Attribute):
        attributes.insert(0, node.attr)
        node = node.value
    return node.id if isinstance(node, ast.Name) else "", attributes
