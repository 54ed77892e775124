"""Result files, held against what was made again and against the checksums of dvc.lock."""

import filecmp
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from ferbench.io.files import sha256
from ferbench.results import layout
from ferbench.results.card import read_card
from ferbench.results.layout import CARD, METRICS, WEIGHTS
from ferbench.verification.dvc_lock import md5

STEPS = tuple(step for step in layout.STEPS if step not in ("track", "report"))
"""Steps whose results are made again: they follow from params.yaml, the sources and the data."""
RECORDED = (*STEPS, "report")  # steps whose results are held against dvc.lock
COMPARE = "results/compare"
METRICS_JSON = f"{COMPARE}/{METRICS}"


class Problem(NamedTuple):
    """What is wrong with one result."""

    path: str  # in the project, with slashes
    text: str  # what is wrong, and what to do

    def __str__(self) -> str:
        return f"{self.path}: {self.text}"


def files(root: Path, steps: Iterable[str] = STEPS) -> dict[str, Path]:
    """Result files of a project, by their path in it; hidden files are left out."""
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
    given = "what params.yaml and the sources give"
    for name, path in again.items():
        known = project / name
        changed = known.is_file() and not filecmp.cmp(known, path, shallow=False)
        if name in checksums and md5(path) != checksums[name]:
            restored = "restore it with `git checkout dvc.lock`, or run `dvc repro --force`"
            rerun = "run `make benchmark` or `dvc repro --force` and see what changes"
            yield Problem(
                name,
                f"neither the file nor dvc.lock is {given}; {rerun}"
                if changed
                else f"dvc.lock has another checksum than {given}; {restored}",
            )
        elif changed:
            yield Problem(name, f"not {given}; {restore(name)}")


def unlike_record(
    project: Path, again: Iterable[str], checksums: Mapping[str, str]
) -> Iterator[Problem]:
    """Files that were not made again, the report's too, and are not those of dvc.lock."""
    present = files(project, RECORDED).keys()
    for name in sorted(checksums.keys() & present - {*again}):
        if md5(project / name) != checksums[name]:
            yield Problem(name, f"dvc.lock has another checksum; {restore(name)}")


def missing(project: Path, names: Iterable[str]) -> Iterator[Problem]:
    """Files of a run that are not there, though others of their step are."""
    present = files(project)
    steps = {Path(name).parts[1] for name in present}
    for name in sorted({*names} - present.keys()):
        if Path(name).parts[1] in steps:
            yield Problem(name, f"missing; {restore(name)}")


def other_weights(project: Path, fits: Iterable[str]) -> Iterator[Problem]:
    """Weights in the folders `fits` whose card has the checksum of others, or cannot be read."""
    for fit in fits:
        weights = project / fit / WEIGHTS
        if not (weights.is_file() and (project / fit / CARD).is_file()):
            continue
        try:
            expected = read_card(project / fit).weights_sha256
        except ValueError:
            yield Problem(f"{fit}/{CARD}", f"cannot be read; {restore(fit)}")
            continue
        if sha256(weights) != expected:
            yield Problem(f"{fit}/{WEIGHTS}", f"not the weights of its {CARD}; {restore(fit)}")


def restore(name: str) -> str:
    """How to get back the file of a finished run."""
    if name.startswith(COMPARE):
        return f"restore it with `git checkout {name}`, or delete it and run `make benchmark`"
    if name.startswith("results/synthesize"):
        return "delete it and run `make benchmark`"
    return f"restore it with `dvc checkout {name}`, or delete it and run `make benchmark`"
