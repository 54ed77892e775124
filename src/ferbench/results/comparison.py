"""The comparison as numbers: what metrics.json holds, and tables are made from."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import fmean, stdev
from typing import Any, ClassVar, Self

from pydantic import BaseModel, model_serializer, model_validator

from ferbench.io.files import existing, read_json, validated, write_json
from ferbench.results.card import DataCounts
from ferbench.results.layout import METRICS


class Spread(BaseModel, frozen=True, extra="forbid", allow_inf_nan=False):
    """A measure of each fit, with its mean, and the standard deviation over folds."""

    mean: float
    std: float | None  # of the folds' means over seeds, ddof = 1; None for one fold
    folds: dict[int, list[float]]  # by the fold's id, in the order of the seeds

    @classmethod
    def of(cls, folds: Mapping[int, Sequence[float]]) -> "Spread":
        """Of a measure of each fit, by fold."""
        means = [fmean(of_fold) for of_fold in folds.values()]
        std = stdev(means) if len(means) > 1 else None
        return cls(mean=fmean(means), std=std, folds={k: list(v) for k, v in folds.items()})

    @property
    def by_fold(self) -> dict[int, float]:
        """The mean over seeds of each fold."""
        return {fold: fmean(of_fold) for fold, of_fold in self.folds.items()}


class Pooled(BaseModel, frozen=True, extra="forbid", allow_inf_nan=False):
    """Over all test sequences, whatever their fold; shares of 1."""

    error_rate: float
    interval: tuple[float, float]  # 95 %, over subjects
    calibration_error: float | None = None  # None without posteriors


class Row(BaseModel, frozen=True, extra="forbid", allow_inf_nan=False):
    """What follows from decisions, for a system, a baseline or an ensemble."""

    FIRST: ClassVar[tuple[str, ...]] = ()  # keys that stand before the metrics in the file

    metrics: dict[str, Spread]
    """By the name of `ferbench.evaluation.metrics`; none that the row has no data for."""
    pooled: Pooled
    sequences: int
    recall: dict[str, float | None]  # of each class; None for a class that no test sequence shows
    confusion: list[list[int]]
    """Sequences by label (row) and decision (column), over all test parts and seeds."""

    @model_validator(mode="before")
    @classmethod
    def _gather(cls, content: Any) -> Any:
        """In the file the metrics stand beside the other keys."""
        if not isinstance(content, dict) or "metrics" in content:
            return content
        known = {name: content[name] for name in content if name in cls.model_fields}
        return known | {"metrics": {n: v for n, v in content.items() if n not in known}}

    @model_validator(mode="after")
    def _measured(self) -> Self:
        if "error_rate" not in self.metrics:
            raise ValueError("error_rate is missing")
        return self

    @model_serializer(mode="wrap")
    def _spread_out(self, handler: Any) -> dict[str, Any]:
        content: dict[str, Any] = handler(self)
        flat: dict[str, Any] = {name: content.pop(name) for name in self.FIRST}
        flat |= content.pop("metrics") | content
        if flat["pooled"]["calibration_error"] is None:
            del flat["pooled"]["calibration_error"]
        return flat


class Sources(BaseModel, frozen=True, extra="forbid", allow_inf_nan=False):
    """Standard deviations of true error rates, shares, by where they come from.

    None where this study cannot tell; see `ferbench.evaluation.statistics.spread`.
    """

    split: float | None  # between the training sets of folds
    initialisation: float | None  # between seeds on the same fold
    subjects: float | None  # between subjects that the same fit decides


class Again(BaseModel, frozen=True, extra="forbid", allow_inf_nan=False):
    """What may be said of a system that is trained again, with other seeds and on other people."""

    interval: tuple[float, float]  # 95 %, of the error rate
    rank: tuple[int, int] | None  # 95 %, among the systems under comparison; None for others
    group: str | None
    """Letters of the groups it is in; two systems that share one are not told apart. None for
    what is not under comparison."""
    spread: Sources


class Network(Row, frozen=True):
    """An architecture over its folds and seeds."""

    FIRST = ("input", "reference", "parameters", "stopping_epochs", "diverged", "again", "time")

    input: str
    reference: bool  # whether it is none of the systems under comparison
    parameters: int  # trainable
    stopping_epochs: dict[int, list[int]]
    """By fold, in the order of the seeds: the epoch whose weights were kept."""
    diverged: dict[
        int, list[int]
    ]  # by fold: the seeds whose fit diverged; folds with none left out
    again: Again | None
    """None where the study does not allow it: one subject, a leak, repeats that lack folds."""
    time: dict[float, Spread]  # error rate by the share of each sequence that was read


class Ensemble(Row, frozen=True):
    """Several fits that decide together."""

    weights: dict[str, dict[int, float]]  # of each member, by fold, mean over seeds


class Chance(BaseModel, frozen=True, extra="forbid", allow_inf_nan=False):
    """Error rates without knowledge, shares of 1."""

    uniform: float
    majority: float


class Detectable(BaseModel, frozen=True, extra="forbid", allow_inf_nan=False):
    """What differences can be found."""

    difference: float | None
    """Smallest difference between two systems that shows with 80 % power, a share."""
    pairs: int


class Comparison(BaseModel, frozen=True, extra="forbid", allow_inf_nan=False):
    """The content of metrics.json."""

    dataset: str
    synthetic: bool
    stamps: list[str]
    classes: list[str]
    data: DataCounts
    class_weights: str
    folds: list[int]
    seeds: list[int]
    k: int  # folds of one repeat
    sequences: int  # that were tested
    subjects: int
    tests: int  # tests of a sequence by an architecture, over all folds and seeds
    chance: Chance
    detectable: Detectable
    architectures: dict[str, Network]
    baselines: dict[str, Row]
    ensembles: dict[str, Ensemble]

    @property
    def systems(self) -> dict[str, Network]:
        """The architectures under comparison."""
        return {name: row for name, row in self.architectures.items() if not row.reference}


def read_comparison(folder: Path) -> Comparison:
    """What metrics.json says; ValueError naming the key that is wrong."""
    path = existing(folder / METRICS, "ferbench compare")
    return validated(Comparison, read_json(path), path, "run `ferbench compare` again")


def write_comparison(folder: Path, comparison: Comparison) -> None:
    """Write metrics.json."""
    write_json(folder / METRICS, comparison.model_dump(mode="json"))
