"""Which sources each step runs, by package: both engines run a step again when one has changed.

`results/layout.py`, `config/` and `cli/` are no sources of a step. What of them changes a result is
seen by the engines already: paths, commands and the values of params.yaml.
"""

from collections.abc import Iterator
from pathlib import Path

PACKAGE = Path("src/ferbench")
NONE = ("results/layout.py",)

SOURCES = {
    "synthesize": ("assets/head.npz", "data/formats/cohn_kanade.py", "synthetic"),
    "preprocess": (
        *("assets/*.tflite", "data", "data/formats/__init__.py", "data/formats/{format}.py"),
        *("faces", "results"),
    ),
    "split": ("results",),
    "baseline": ("models/inputs/__init__.py", "models/inputs/features.py", "results"),
    "train": (
        *("models", "models/inputs/__init__.py", "models/inputs/{input}.py", "results"),
        *("models/architectures/__init__.py", "models/architectures/{architecture}.py"),
    ),
    "compare": (
        *("evaluation", "evaluation/statistics", "markup", "results"),
        *("reporting", "reporting/figures"),
    ),
    "track": ("evaluation/metrics.py", "results", "tracking"),
}
"""Beside io/, determinism.py and the step's own module. The report quotes every source."""


def sources(step: str) -> list[str]:
    """Paths in the project's folder, in order; a name in braces is left as it is."""
    own = ("determinism.py", "io", f"steps/{step}.py", *SOURCES[step])
    return sorted({path.as_posix() for pattern in own for path in _files(pattern)})


def _files(pattern: str) -> Iterator[Path]:
    if "{" in pattern:
        yield PACKAGE / pattern
        return
    place = PACKAGE / pattern
    found = place.glob("*.py") if place.is_dir() else PACKAGE.glob(pattern)
    yield from (path for path in found if path.relative_to(PACKAGE).as_posix() not in NONE)
