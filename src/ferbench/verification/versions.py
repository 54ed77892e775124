"""Versions of the packages that compute results: those installed against those of the results."""

import re
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from ferbench.results.card import read_card
from ferbench.results.layout import CARD

COMPUTING = (  # another version of these may give other bytes
    *("matplotlib", "numpy", "opencv-python-headless", "pytorch-lightning"),
    *("safetensors", "scikit-learn", "scipy", "torch"),
)


def unlike_pinned(project: Path) -> dict[str, str]:
    """Packages that are not as requirements.lock pins them, with both versions."""
    path = project / "requirements.lock"
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    pinned = dict(re.findall(r"^([\w.-]+)==(\S+)", text, re.MULTILINE))
    found = {name: (_installed(name), pinned[name]) for name in COMPUTING if name in pinned}
    return {
        name: f"{here}, not {there}"
        for name, (here, there) in found.items()
        if here.partition("+")[0] != there.partition("+")[0]  # what follows + is the build
    }


def unlike_cards(project: Path, again: Mapping[str, Path]) -> dict[str, str]:
    """Packages that are not as the project's cards say, of fits that were made again."""
    differing: dict[str, str] = {}
    for name, path in again.items():
        if path.name == CARD and (project / name).is_file():
            theirs, ours = (_of_card(card.parent) for card in (project / name, path))
            differing |= {
                package: f"{ours.get(package, 'none')}, not {theirs[package]}"
                for package in theirs
                if ours.get(package) != theirs[package]
            }
    return differing


def _installed(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "none"


def _of_card(fit: Path) -> dict[str, str]:
    """The versions in a fit's card; empty if it is damaged, which another check finds."""
    try:
        return read_card(fit).versions
    except ValueError:
        return {}
