"""Which sources each step runs, by package: both engines run a step again when one has changed.

`results/layout.py`, `config/` and `cli/` are no sources of a step. What of them changes a result is
seen by the engines already: paths, commands and the values of params.yaml.
"""

from collections.abc import Iterator
from pathlib import Path

PACKAGE = Path("src/ferbench")
NONE = ("results/layout.py",)

SOURCES = {
    "synthesize": (
        *("assets/head.npz", "data", "data/formats/__init__.py", "data/formats/cohn_kanade.py"),
        "synthetic",
    ),
    "preprocess": (
        *("assets/*.tflite", "data", "data/formats/__init__.py", "data/formats/{format}.py"),
        *("faces", "results/data.py"),
    ),
    "split": ("results/data.py", "results/parts.py"),
    "baseline": ("models/inputs/__init__.py", "models/inputs/features.py", "results"),
    "train": (
        *("models", "models/inputs/__init__.py", "models/inputs/{input}.py", "results"),
        *("models/architectures/__init__.py", "models/architectures/{architecture}.py"),
    ),
    "compare": (
        *("evaluation", "evaluation/statistics", "markup", "results"),
        *("reporting", "reporting/figures"),
    ),
    "track": (
        *("models/inputs", "reporting/style.py", "reporting/figures/__init__.py"),
        *("reporting/figures/confusion.py", "results", "tracking"),
    ),
}
"""Beside io/, determinism.py and the step's own module. The report quotes every source."""


def sources(step: str, **names: str) -> list[str]:
    """Paths in the project's folder, in order; `names` fill in what stands in braces."""
    own = ("determinism.py", "io", f"steps/{step}.py", *SOURCES[step])
    filled = (pattern.format(**names) if "{" in pattern else pattern for pattern in own)
    return sorted({path.as_posix() for pattern in filled for path in _files(pattern)})


def _files(pattern: str) -> Iterator[Path]:
    place = PACKAGE / pattern
    if place.suffix:  # it may be missing, which the engine says
        yield from PACKAGE.glob(pattern) if "*" in pattern else (place,)
        return
    for path in place.glob("*.py"):
        if path.relative_to(PACKAGE).as_posix() not in NONE:
            yield path
