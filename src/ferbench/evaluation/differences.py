"""The differences between systems, and between each system and each reference."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ferbench.config.schema import Compare
from ferbench.evaluation.errors import Errors
from ferbench.evaluation.metrics import error_rate
from ferbench.evaluation.statistics import Pair, compare_pairs, detectable, holm
from ferbench.evaluation.tested import Tested


@dataclass(frozen=True)
class Differences:
    """All pairs that are compared."""

    pairs: list[Pair]
    """All pairs of the systems under comparison."""
    against: list[Pair]
    """Each of the systems and a reference, adjusted for the comparisons with that reference."""
    detectable: float | None
    """Smallest difference between two systems that shows with 80 % power, a share; None without a
    pair, or without two subjects."""


def differences(tested: Tested, errors: Errors, params: Compare, k: int) -> Differences:
    """Compare all pairs, by the errors of `tested`.

    Args:
        tested: what decided.
        errors: its errors, sequence by sequence.
        params: number and seed of the draws.
        k: folds of one repeat.
    """
    parts = tested.parts

    def of(names: Sequence[str]) -> list[Pair]:
        return compare_pairs(
            names,
            np.stack([errors.rates[name] for name in names]),
            errors.subjects,
            np.array([[error_rate(part) for part in parts[name]] for name in names]),
            k=k,
            seed=params.seed,
            samples=params.bootstrap,
        )

    systems = tested.systems
    pairs = of(systems) if len(systems) > 1 else []
    against = [
        pair
        for reference in tested.references
        for pair in _adjusted([of([name, reference])[0] for name in systems])
    ]
    if not pairs or errors.people < 2:
        return Differences(pairs, against, None)
    rates = np.stack([errors.rates[name] for name in systems])
    least = detectable(rates, errors.subjects, comparisons=len(pairs))
    return Differences(pairs, against, least)


def _adjusted(pairs: Sequence[Pair]) -> list[Pair]:
    adjusted = holm(np.array([pair.p for pair in pairs]))
    return [replace(pair, adjusted=float(p)) for pair, p in zip(pairs, adjusted, strict=True)]
