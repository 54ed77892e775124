"""Figures of the comparison: one module each, found by its name.

A module offers

- `draw(evaluation)`: the figure, from what is computed already;
- `TITLE`: its heading on the page of the report;
- `ALT`: one sentence for a screen reader;
- `CAPTION`: one paragraph of plain text;
- optionally `ORDER`: its place on the page, a whole number; without it the figure stands last;
- optionally `SECTION`: a table of the report that stands below it.

Modules are imported, and matplotlib with them, when they are used.
"""

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, NamedTuple

from ferbench.results.layout import FIGURES

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from ferbench.evaluation.comparison import Evaluation

PARTS = ("draw", "TITLE", "ALT", "CAPTION")  # what a module must have
LAST = 100  # place of a figure that names none


class Described(NamedTuple):
    """What the page of the report says of a figure."""

    name: str
    title: str
    alt: str
    caption: str
    section: str | None  # a table that stands below it


class Figures:
    """All figures in their order on the page, found when they are asked for."""

    def __iter__(self) -> Iterator[Described]:
        for name in sorted(names(), key=lambda name: (getattr(find(name), "ORDER", LAST), name)):
            module = find(name)
            section = getattr(module, "SECTION", None)
            yield Described(name, module.TITLE, module.ALT, module.CAPTION, section)


def names() -> list[str]:
    """Of all figures."""
    return [Path(file).stem for file in FIGURES]


def find(name: str) -> ModuleType:
    """The module of a figure; ValueError if it lacks a part."""
    module = import_module(f"{__name__}.{name}")
    if missing := [part for part in PARTS if not hasattr(module, part)]:
        raise ValueError(f"{module.__file__}: lacks {', '.join(missing)}")
    return module


def draw(name: str, evaluation: "Evaluation") -> "Figure":
    """A figure in the style of all, stamped with what its data are."""
    from ferbench.reporting import style

    with style.styled():
        drawn: Figure = find(name).draw(evaluation)
        style.stamp(drawn, evaluation.comparison.stamps, evaluation.comparison.dataset)
    return drawn


def save(evaluation: "Evaluation", folder: Path) -> None:
    """Draw every figure, and write <name>.svg."""
    from ferbench.reporting import style

    for name in names():
        style.save(draw(name, evaluation), folder / f"{name}.svg")
