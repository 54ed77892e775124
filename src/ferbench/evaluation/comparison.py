"""From the fits to one typed summary: all that tables and figures show, already computed."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ferbench.config.schema import Compare
from ferbench.evaluation.ensemble import Together, together
from ferbench.evaluation.errors import Errors, Parts, errors_by_sequence
from ferbench.evaluation.metrics import Bins, error_rate, reliability
from ferbench.evaluation.rows import ensemble_row, network_row, part_row
from ferbench.evaluation.statistics import Pair, compare_pairs, detectable, holm
from ferbench.results.baselines import MAJORITY
from ferbench.results.comparison import Chance, Comparison, Detectable, Row
from ferbench.results.fits import Fit
from ferbench.results.history import LOSSES


@dataclass(frozen=True, eq=False)
class Curve:
    """The losses of one fit."""

    fold: int
    losses: dict[str, NDArray[np.float64]]
    """(epochs,) by the names LOSSES, nats; not finite where the fit diverged."""
    kept: int
    """The epoch, from 1, whose weights were kept; 0: those of the initialisation."""
    diverged: bool


@dataclass(frozen=True, eq=False)
class Evaluation:
    """Systems, references and ensembles on the same folds."""

    comparison: Comparison
    """What metrics.json holds."""
    pairs: list[Pair]
    """All pairs of the systems under comparison."""
    against: list[Pair]
    """Each of the systems and a reference, adjusted for the comparisons with that reference."""
    confusion: dict[str, dict[int, NDArray[np.intp]]]
    """By name and fold: sequences by label (row) and decision (column), (classes, classes)."""
    reliability: dict[str, Bins]
    """By name, over all test parts; none for the majority, which has no posteriors."""
    curves: dict[str, list[Curve]]
    """Of every fit, by architecture."""
    looking_ahead: list[str]
    """Architectures whose answer to a frame depends on later frames."""


def evaluate(
    fits: Mapping[str, Sequence[Fit]], baselines: Parts, params: Compare, k: int
) -> Evaluation:
    """Compare the fits, of the same folds, by their test parts.

    Args:
        fits: by architecture, what `ferbench.results.fits.read_all` returns.
        baselines: what `ferbench.results.baselines.read_baselines` returns, or nothing.
        params: number and seed of the draws.
        k: folds of one repeat.
    """
    ordered = dict(sorted(fits.items(), key=lambda item: item[1][0].card.reference))
    systems = {name: of_one for name, of_one in ordered.items() if not of_one[0].card.reference}
    ensembles = together(systems)
    tests: Parts = {name: [fit.test for fit in of_one] for name, of_one in ordered.items()}
    mixed: Parts = {name: ensemble.parts for name, ensemble in ensembles.items()}
    parts: Parts = {**tests, **baselines, **mixed}
    errors = errors_by_sequence(parts, params)
    rows = _Rows(ordered, ensembles, parts, errors)

    def pairs(names: Sequence[str]) -> list[Pair]:
        return _pairs({name: parts[name] for name in names}, errors, params, k)

    found = pairs(list(systems)) if len(systems) > 1 else []
    references = [name for name in [*ordered, *baselines] if name not in {*systems, MAJORITY}]
    least = _detectable(list(systems), errors, len(found))
    return Evaluation(
        comparison=_comparison(rows, Detectable(difference=least, pairs=len(found)), k),
        pairs=found,
        against=[
            pair
            for reference in references
            for pair in _adjusted([pairs([name, reference])[0] for name in systems])
        ],
        confusion={
            name: {fold: part.confusion for fold, part in zip(rows.folds, of_one, strict=True)}
            for name, of_one in parts.items()
        },
        reliability={n: reliability(of_one) for n, of_one in parts.items() if n != MAJORITY},
        curves={name: [_curve(fit) for fit in of_one] for name, of_one in ordered.items()},
        looking_ahead=[name for name, of_one in ordered.items() if not of_one[0].card.causal],
    )


@dataclass(frozen=True, eq=False)
class _Rows:
    """What rows are made from."""

    fits: Mapping[str, Sequence[Fit]]
    ensembles: Mapping[str, Together]
    parts: Parts
    """Of the fits, then of the baselines, then of the ensembles."""
    errors: Errors

    @property
    def folds(self) -> list[int]:
        return [fit.card.fold for fit in next(iter(self.fits.values()))]

    def row(self, name: str) -> Row:
        posteriors = name != MAJORITY
        return part_row(name, self.parts[name], self.folds, self.errors, posteriors=posteriors)


def _comparison(rows: _Rows, least: Detectable, k: int) -> Comparison:
    some = next(iter(rows.fits.values()))
    card = some[0].card
    return Comparison(
        dataset=card.dataset,
        synthetic=card.synthetic,
        stamps=card.stamps,
        classes=card.classes,
        data=card.data,
        class_weights=card.train.get("class_weights", "none"),
        folds=rows.folds,
        k=k,
        sequences=len(rows.errors.subjects),
        subjects=rows.errors.people,
        tests=sum(len(fit.tested) for fit in some),
        chance=_chance(some),
        detectable=least,
        architectures={name: network_row(rows.row(name), rows.fits[name]) for name in rows.fits},
        baselines={
            name: rows.row(name)
            for name in rows.parts
            if name not in rows.fits and name not in rows.ensembles
        },
        ensembles={
            name: ensemble_row(rows.row(name), ensemble.weights)
            for name, ensemble in rows.ensembles.items()
        },
    )


def _pairs(parts: Parts, errors: Errors, params: Compare, k: int) -> list[Pair]:
    """All pairs of the systems in `parts`."""
    return compare_pairs(
        list(parts),
        np.stack([errors.rates[name] for name in parts]),
        errors.subjects,
        np.array([[error_rate(part) for part in of_one] for of_one in parts.values()]),
        k=k,
        seed=params.seed,
        samples=params.bootstrap,
    )


def _detectable(systems: Sequence[str], errors: Errors, pairs: int) -> float | None:
    """None without a pair, or without two subjects."""
    if not pairs or errors.people < 2:
        return None
    rates = np.stack([errors.rates[name] for name in systems])
    return detectable(rates, errors.subjects, comparisons=pairs)


def _adjusted(pairs: Sequence[Pair]) -> list[Pair]:
    adjusted = holm(np.array([pair.p for pair in pairs]))
    return [replace(pair, adjusted=float(p)) for pair, p in zip(pairs, adjusted, strict=True)]


def _chance(fits: Sequence[Fit]) -> Chance:
    """Of guessing all classes alike, and of naming the most frequent label of the test parts."""
    labels = {sequence: label for fit in fits for sequence, label in fit.tested.items()}
    counts = Counter(labels.values())
    return Chance(
        uniform=1 - 1 / len(fits[0].card.classes), majority=1 - max(counts.values()) / len(labels)
    )


def _curve(fit: Fit) -> Curve:
    losses = {name: fit.history[name] for name in LOSSES}
    return Curve(fit.card.fold, losses, fit.card.stopping_epoch, fit.card.diverged)
