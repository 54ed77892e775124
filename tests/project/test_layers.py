"""Imports go one way, and ARCHITECTURE.md says what stands in the sources."""

import ast
from pathlib import Path

import pytest

import engines
from modules import loaded

PACKAGE = engines.ROOT / "src/ferbench"
TOOL = loaded(engines.ROOT / "tools/architecture.py")
ORDER = TOOL.ORDER
SOURCES = sorted(PACKAGE.rglob("*.py"))


def imported(path: Path) -> set[str]:
    """Packages of ferbench that a source names in its imports, wherever they stand in it."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {f"{node.module}.{name.name}" for name in node.names}
    return {name.split(".")[1] for name in found if name.startswith("ferbench.")}


def owner(path: Path) -> str:
    return path.relative_to(PACKAGE).with_suffix("").parts[0]


def test_every_package_has_its_place() -> None:
    assert {owner(path) for path in SOURCES} == {*ORDER, "__init__"}


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_nothing_reaches_forward(path: Path) -> None:
    if path == PACKAGE / "__init__.py":
        return
    allowed = ORDER[: ORDER.index(owner(path)) + 1]
    assert imported(path) <= set(allowed)


def test_what_reaches_forward_is_seen(tmp_path: Path) -> None:
    code = "def late():\n    from ferbench import cli\n    import ferbench.io"
    (tmp_path / "one.py").write_text(code)
    assert imported(tmp_path / "one.py") == {"cli", "io"}


def test_architecture_md_is_that_of_the_sources() -> None:
    written = (engines.ROOT / "ARCHITECTURE.md").read_text()
    assert written == TOOL.page(), "make architecture"
