"""Write ARCHITECTURE.md from what the sources say of themselves: `make architecture`.

python tools/architecture.py > ARCHITECTURE.md
"""

import ast
from pathlib import Path

PACKAGE = Path(__file__).parents[1] / "src/ferbench"

ORDER = (
    *("determinism", "io", "config", "results"),
    *("data", "synthetic", "models", "evaluation", "markup", "tracking"),
    *("faces", "validation", "paper", "reporting", "inference", "verification", "steps", "cli"),
)
"""Packages, and one module. Each may import those that stand before it, and no other."""

HEAD = """\
# Architecture

Made from the sources' own docstrings by `make architecture`.

Two engines, Snakemake (`Snakefile`, `workflow/rules/`) and DVC (`dvc.yaml`), run the same steps by
the same commands. Files are the truth: each step reads files and writes files, and MLflow mirrors
them. `params.yaml` holds every number that changes a result.

Imports go one way: a package uses those above it on this page, never those below. A test holds
that.
"""

GLOSSARY = {
    "fold": "one division of the subjects into a train, a validation and a test part",
    "repeat": "one set of folds that tests every subject once; another repeat shuffles anew",
    "part": "the train, validation or test sequences of a fold",
    "seed": "the number that fixes what is random; a fold is fitted once for each of train.seeds",
    "fit": "one architecture trained on one fold with one seed",
    "card": "the JSON beside a fit's weights: all that is needed to use them",
    "system": "an architecture under comparison",
    "reference": "a row of the table beside the systems, to measure them by",
    "baseline": "a reference without a network: logistic regression, majority class",
    "control": "the benchmark with changed settings, where it is known what must come out",
    "stamp": "a word that must stand on everything made of certain data, such as SYNTHETIC",
    "mirror": "MLflow's copy of the results, which can be deleted at any time",
}


def said(path: Path) -> str:
    """The docstring of a source; where it is a package's, of its `__init__.py`."""
    file = path / "__init__.py" if path.is_dir() else path
    return ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or ""


def section(name: str) -> str:
    """What a package is for, and a line for each of its modules."""
    path = PACKAGE / name if (PACKAGE / name).is_dir() else PACKAGE / f"{name}.py"
    if path.is_file():
        return f"## {path.stem}.py\n\n{said(path)}\n"
    inside = sorted(one for one in path.iterdir() if one.suffix == ".py" or is_package(one))
    rows = [
        f"- `{one.name}{'/' if one.is_dir() else ''}`: {said(one).splitlines()[0]}"
        for one in inside
        if one.name != "__init__.py"
    ]
    return "\n".join([f"## {name}/", "", said(path), "", *rows, ""])


def is_package(path: Path) -> bool:
    """Whether it is a package of its own."""
    return (path / "__init__.py").is_file()


def page() -> str:
    """All of ARCHITECTURE.md."""
    words = [f"- **{word}**: {meaning}" for word, meaning in GLOSSARY.items()]
    glossary = "\n".join(["## Words", "", *words, ""])
    return "\n".join([HEAD, *map(section, ORDER), glossary])


if __name__ == "__main__":
    print(page(), end="")
