"""Where the numbers come from: settings, versions, seeds, and checksums of data, code and fits."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ferbench.io.files import sha256
from ferbench.markup.markdown import align
from ferbench.results.card import Card


def checksums(root: Path) -> dict[str, str]:
    """By path below `root`, in order: every file but what Python compiled."""
    files = (path for path in root.rglob("*") if path.is_file() and path.suffix != ".pyc")
    named = {path.relative_to(root).as_posix(): path for path in files}
    return {name: sha256(named[name]) for name in sorted(named)}


def combined(files: Mapping[str, str]) -> str:
    """One checksum of many: of the lines that `sha256sum` prints for them, sorted by name."""
    lines = "".join(f"{files[name]}  {name}\n" for name in sorted(files))
    return sha256(lines.encode())


def seeds(params: Mapping[str, Any]) -> str:
    """A table of every seed in params.yaml."""
    rows = [
        [f"`{section}.seed`", str(values["seed"])]
        for section, values in params.items()
        if isinstance(values, Mapping) and "seed" in values
    ]
    return align([["seed", "value"], *rows], left=1)


def versions(cards: Iterable[Card]) -> str:
    """A table of what the fits were made with; more than one value where they differ."""
    found: dict[str, set[str]] = {}
    for card in cards:
        for name, version in card.versions.items():
            found.setdefault(name, set()).add(version)
    rows = [[name, ", ".join(sorted(of_one))] for name, of_one in sorted(found.items())]
    return align([["made with", "version"], *rows], left=2)


def data(files: Sequence[Path]) -> str:
    """A table of the arrays and tables that every fit reads."""
    rows = [[f"`{path.name}`", f"`{sha256(path)}`"] for path in files]
    return align([["data", "SHA-256"], *rows], left=2)


def code(files: Mapping[str, str]) -> str:
    """A table of the sources."""
    rows = [[f"`{name}`", f"`{digest}`"] for name, digest in files.items()]
    return align([["source", "SHA-256"], *rows], left=2)


def fits(cards: Iterable[Card]) -> str:
    """A table of the fits: the seed each was given, the epoch that was kept, its weights."""
    heads = ["architecture", "fold", "seed", "epoch kept", "SHA-256 of the weights"]
    rows = [
        [
            card.architecture,
            str(card.fold),
            str(card.seed),
            str(card.stopping_epoch),
            f"`{card.weights_sha256}`",
        ]
        for card in cards
    ]
    return align([heads, *rows], left=1)
