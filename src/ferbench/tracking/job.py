"""A run of MLflow as it should be."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from ferbench.io.files import sha256
from ferbench.results.fits import Fit
from ferbench.results.layout import CARD, WEIGHTS

Point = tuple[str, float, int]  # name, value and step of a metric


class FoldData(NamedTuple):
    """What a fit was trained and tested on, for MLflow's list of datasets."""

    name: str
    digest: str  # SHA-256 of crops, landmarks and the fold's parts
    source: str
    fold: int
    profile: Mapping[str, Mapping[str, int]]  # numbers of sequences and subjects in each part


class Shared(NamedTuple):
    """What every architecture's run shows of the comparison. A change of it supersedes no run."""

    files: Sequence[Path]
    note: str  # Markdown

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the note and the files."""
        return _digest(self.note, self.files)


@dataclass(frozen=True)
class Job:
    """A run as it should be."""

    key: str  # names the architecture or the fit, the same in every store
    name: str
    params: Mapping[str, str]
    metrics: Sequence[Point]
    tags: Mapping[str, str]
    files: Sequence[Path] = ()
    figures: Mapping[str, Callable[[], str]] = field(default_factory=dict)
    """SVG of what `files` hold, by file name; drawn when a run is written."""
    parent: str | None = None  # key of the job it is nested in, which comes earlier
    fit: Fit | None = None  # the weights and card of its folder make the run's model
    data: FoldData | None = None

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of all that the run itself holds: names, numbers, tags and files.

        What follows from the files is left out: the figures, and what MLflow is told of the model.
        """
        own = [self.key, self.name, self.params, self.metrics, self.tags, self.parent]
        data = [self.data.name, self.data.digest, self.data.fold] if self.data else []
        model = [self.fit.folder / name for name in (CARD, WEIGHTS)] if self.fit else []
        return _digest([*own, data], [*self.files, *model])


def _digest(values: object, files: Sequence[Path]) -> str:
    """SHA-256 of values and of the names and contents of files."""
    contents = [path.name.encode() + bytes.fromhex(sha256(path)) for path in files]
    return sha256(b"".join([json.dumps(values).encode(), *contents]))
