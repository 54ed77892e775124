"""A run as it should be."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple


class Point(NamedTuple):
    """A value of a metric."""

    name: str
    value: float
    step: int


class Data(NamedTuple):
    """What a fit was trained and tested on, for MLflow's list of datasets."""

    name: str
    digest: str
    """SHA-256 of crops, landmarks and the fold's parts."""
    source: str
    fold: int
    profile: Mapping[str, Any]
    """Numbers of sequences and subjects in each part."""


class Model(NamedTuple):
    """What MLflow needs to load a model: files that no pickle is among."""

    card: Path
    weights: Path
    points_only: bool
    """Whether landmarks are all it reads; crops otherwise."""
    side: int
    """Of a crop, pixels."""
    classes: Sequence[str]
    versions: Mapping[str, str]


@dataclass(frozen=True)
class Job:
    """A run as it should be."""

    key: str
    """What the run is of, the same in every store."""
    name: str
    params: Mapping[str, str]
    metrics: Sequence[Point]
    tags: Mapping[str, str]
    files: Sequence[Path] = ()
    texts: Mapping[str, str] = field(default_factory=dict)
    """Further files, by name."""
    parent: str | None = None
    """Key of the job it is nested in, which comes earlier."""
    model: Model | None = None
    data: Data | None = None
    shared: Sequence[Path] = ()
    """Files about all runs together. They are brought up to date without superseding the run."""
    note: str = ""
    """Markdown about all runs together, for `filled`."""

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of all the run says of itself: names, numbers, tags and files."""
        model = [str(item) for item in self.model[2:]] if self.model else []
        said = [self.key, self.name, self.params, self.metrics, self.tags, self.texts, self.parent]
        files = [*self.files, *(self.model[:2] if self.model else ())]
        data = [self.data.name, self.data.digest, self.data.fold] if self.data else []
        return _digest([*said, model, data], files)

    @cached_property
    def shared_fingerprint(self) -> str:
        """SHA-256 of what the run says of all runs together."""
        return _digest(self.note, self.shared)


def filled(note: str, run: str) -> str:
    """The note with the figure of the run of that id, of a note that shows the figure of RUN."""
    return note.replace("run_uuid=RUN)", f"run_uuid={run})")


def _digest(said: object, files: Sequence[Path]) -> str:
    digest = hashlib.sha256(json.dumps(said).encode())
    for path in files:
        digest.update(path.name.encode() + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()
