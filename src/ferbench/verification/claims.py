"""What results claim, held against what was made again."""

import filecmp
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from ferbench.results.fits import CARD, WEIGHTS
from ferbench.verification.dvc_lock import md5

STEPS = ("synthesize", "preprocess", "split", "baseline", "train", "compare")
"""Whose results are made again: those that follow from params.yaml, the sources and the data."""
COMPARED = "results/compare"
METRICS_JSON = f"{COMPARED}/metrics.json"


class Problem(NamedTuple):
    """A claim that does not hold."""

    name: str
    """Path of the file in the project."""
    said: str
    """What is wrong, and what to do."""

    def __str__(self) -> str:
        return f"{self.name}: {self.said}"


def files(root: Path, steps: Iterable[str] = STEPS) -> dict[str, Path]:
    """Result files of a project, by name; none that are hidden."""
    return {
        path.relative_to(root).as_posix(): path
        for step in steps
        for path in sorted((root / "results" / step).rglob("[!.]*"))
        if path.is_file()
    }


def differing(
    project: Path, again: Mapping[str, Path], checksums: Mapping[str, str]
) -> Iterator[Problem]:
    """Files, and checksums of dvc.lock, that are not those of what was made again."""
    for name, path in again.items():
        known = project / name
        changed = known.is_file() and not filecmp.cmp(known, path, shallow=False)
        recorded = name in checksums
        misrecorded = recorded and md5(path) != checksums[name]
        if changed and misrecorded:
            yield Problem(
                name,
                "neither the file nor dvc.lock is what params.yaml and the sources give; run "
                "`make benchmark` or `dvc repro --force` and see what changes",
            )
        elif misrecorded:
            yield Problem(
                name,
                "dvc.lock has another checksum than what params.yaml and the sources give; "
                "restore it with `git checkout dvc.lock`, or run `dvc repro --force`",
            )
        elif changed:
            yield Problem(name, f"not what params.yaml and the sources give; {restore(name)}")


def altered(
    project: Path, again: Mapping[str, Path], checksums: Mapping[str, str]
) -> Iterator[Problem]:
    """Files that were not made again, the report's among them, and are not those of dvc.lock."""
    known = files(project, [*STEPS, "report"]).keys()
    for name in sorted(checksums.keys() & known - again.keys()):
        if md5(project / name) != checksums[name]:
            yield Problem(name, f"dvc.lock has another checksum; {restore(name)}")


def missing(project: Path, names: Iterable[str]) -> Iterator[Problem]:
    """Files of a run that are not there, though others of their step are."""
    known = files(project)
    steps = {Path(name).parts[1] for name in known}
    for name in sorted({*names} - known.keys()):
        if Path(name).parts[1] in steps:
            yield Problem(name, f"missing; {restore(name)}")


def exchanged(project: Path, fits: Iterable[str]) -> Iterator[Problem]:
    """Weights at hand, of fits (folders), that are not those their cards speak of."""
    for folder in fits:
        card, weights = (project / folder / name for name in (CARD, WEIGHTS))
        if not (card.is_file() and weights.is_file()):
            continue
        try:
            said = json.loads(card.read_text(encoding="utf-8"))["weights_sha256"]
        except (ValueError, KeyError, TypeError):
            yield Problem(f"{folder}/{CARD}", f"no card; {restore(folder)}")
            continue
        if hashlib.sha256(weights.read_bytes()).hexdigest() != said:
            yield Problem(
                f"{folder}/{WEIGHTS}", f"not the weights of its {CARD}; {restore(folder)}"
            )


def restore(name: str) -> str:
    """How to get back the file of a finished run."""
    if name.startswith(COMPARED):
        return f"restore it with `git checkout {name}`, or delete it and run `make benchmark`"
    if name.startswith("results/synthesize"):
        return "delete it and run `make benchmark`"
    return f"restore it with `dvc checkout {name}`, or delete it and run `make benchmark`"
