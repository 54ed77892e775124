"""Simulated studies whose truth is known, to see whether the statistics are calibrated.

In every study two systems, or more, are trained on the folds of one population and tested on its
subjects. A system's logit of deciding a sequence wrongly is the sum of its own level, the subject,
the sequence, what this system alone finds hard in either, and the training effect: how well this
fit turned out, the same for all that it is tested on. So the errors of a fold are not independent.

The training effect has three parts: one that all fits of a study share (its population), one of the
split (the same for all seeds of a fold) and one of the seed (new for every fit).
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ferbench.io.arrays import Doubles

NODES, WEIGHTS = np.polynomial.hermite_e.hermegauss(40)
WEIGHTS = WEIGHTS / WEIGHTS.sum()  # mean over a standard normal variable: f(NODES) @ WEIGHTS


@dataclass(frozen=True)
class Design:
    """What the studies have in common. Spreads are standard deviations of logits, unless noted.

    By default the errors of two systems correlate by 0.6, those of two fits of one system by 0.65,
    and those of two sequences of one subject by 0.06. These are assumptions.
    """

    sequences: tuple[int, ...]  # of each subject
    repeats: int = 1
    k: int = 5
    seeds: int = 1  # fits of a system on each fold
    systems: int = 2
    error: float = 0.25  # expected error rate of the left system, a share
    difference: float = 0.0
    """Expected error rate of the first system minus that of the last, a share; the systems between
    are evenly spaced."""
    subject: float = 1.5  # spread of the subjects' difficulty, for both systems
    sequence: float = 4.2  # spread of the sequences' difficulty, for both systems
    own_subject: float = 0.7  # spread of a subject's difficulty for one system alone
    own_sequence: float = 0.8
    """Spread of a sequence's difficulty for one system alone, the same in every repeat."""
    training: float = 0.0
    """Spread of the fits' error rates on all people, a share: the training effect."""
    shared: float = 0.25
    """Share of the training effect's variance that the fits of a study have in common: folds share
    most of their training subjects, and a study has only one population."""
    initialisation: float = 0.5
    """Share of the rest of that variance that is due to the seed; the remainder is the split's."""
    same: Literal["procedures", "fits"] = "procedures"
    """Between what `difference` is: the two procedures, or in every study the means of its fits."""

    @property
    def spread(self) -> float:
        """Standard deviation of one fit's logits over all people and sequences."""
        parts = (self.subject, self.sequence, self.own_subject, self.own_sequence)
        return float(np.sqrt(sum(part**2 for part in parts)))


@dataclass(frozen=True, eq=False)
class Studies:
    """n simulated studies of one design."""

    decided: Doubles  # (n, systems, repeats, seeds, sequences), 1 where decided wrongly, else 0
    subjects: NDArray[np.intp]  # (sequences,), the same in every study
    folds: NDArray[np.intp]  # (repeats, sequences), 0 to repeats * k - 1, the same in every study
    k: int  # folds of one repeat
    fits: Doubles
    """(n, systems) truth: expected error rate on new subjects, mean over the study's own fits."""
    procedures: Doubles
    """(systems,) truth: expected error rate of fits that are trained again, on other subjects."""

    @cached_property
    def errors(self) -> Doubles:
        """Share of a sequence's fits that decide it wrongly, (n, systems, sequences)."""
        shares: Doubles = self.decided.mean(axis=(2, 3))
        return shares

    @cached_property
    def by_fold(self) -> Doubles:
        """Error rates, mean over seeds, (n, systems, repeats * k)."""
        seeds = self.decided.mean(axis=3)
        rates = [
            seeds[:, :, repeat][..., fold == number].mean(axis=-1)
            for repeat, fold in enumerate(self.folds)
            for number in range(repeat * self.k, (repeat + 1) * self.k)
        ]
        return np.stack(rates, axis=-1)


def simulate(design: Design, *, studies: int, seed: int) -> Studies:
    """Draw studies; the same seed gives the same studies."""
    rng = np.random.default_rng(seed)
    subjects = np.repeat(np.arange(len(design.sequences)), design.sequences)
    dealt = np.arange(len(design.sequences)) % design.k  # each subject's fold
    folds = np.stack([rng.permutation(dealt) for _ in range(design.repeats)])[:, subjects]
    folds += design.k * np.arange(design.repeats)[:, None]
    levels, training = _levels(design)
    skill = levels[:, None, None] + training * _effect(design, studies, rng)
    if design.same == "fits":
        skill[:, 1:] += _shift(skill, design)
    lasting = _difficulty(design, subjects, studies, rng)
    decided = np.empty((studies, design.systems, design.repeats, design.seeds, len(subjects)))
    for repeat, fold in enumerate(folds):
        for seed_number in range(design.seeds):
            noise = rng.logistic(size=lasting.shape)
            wrong = lasting + skill[:, :, seed_number, fold] + noise > 0
            decided[:, :, repeat, seed_number] = wrong
    return Studies(
        decided=decided,
        subjects=subjects,
        folds=folds,
        k=design.k,
        fits=_error(skill, design.spread).mean(axis=(2, 3)),
        procedures=_error(levels, float(np.hypot(design.spread, training))),
    )


def _effect(design: Design, studies: int, rng: np.random.Generator) -> Doubles:
    """How each fit turned out, in standard deviations, (studies, systems, seeds, folds)."""
    count = design.repeats * design.k
    variances = (
        design.shared,
        (1 - design.shared) * (1 - design.initialisation),
        (1 - design.shared) * design.initialisation,
    )
    sizes = ((1, 1), (1, count), (design.seeds, count))
    effect = np.zeros((studies, design.systems, design.seeds, count))
    for variance, size in zip(variances, sizes, strict=True):
        effect += np.sqrt(variance) * rng.standard_normal((studies, design.systems, *size))
    return effect


def _difficulty(
    design: Design, subjects: NDArray[np.intp], studies: int, rng: np.random.Generator
) -> Doubles:
    """What makes a sequence hard in every fit, logits, (studies, systems, sequences)."""
    people, sequences = len(design.sequences), len(subjects)
    of_subject = design.subject * rng.standard_normal((studies, 1, people))[..., subjects]
    own = design.own_subject * rng.standard_normal((studies, design.systems, people))
    lasting: Doubles = of_subject + own[..., subjects]
    lasting += design.sequence * rng.standard_normal((studies, 1, sequences))
    lasting += design.own_sequence * rng.standard_normal((studies, design.systems, sequences))
    return lasting


def _error(levels: Doubles, spread: float) -> Doubles:
    """Expected share of wrong decisions at these mean logits, over logits of that spread."""
    rates: Doubles = (1 / (1 + np.exp(-levels[..., None] - spread * NODES))) @ WEIGHTS
    return rates


def _levels(design: Design) -> tuple[Doubles, float]:
    """Mean logits of the systems, (systems,), and the training effect's spread in logits."""
    wanted = design.error - _differences(design)
    training = 0.0
    for _ in range(20):  # level and spread of the logits depend on each other
        spread = float(np.hypot(design.spread, training))
        levels = _solve(partial(_error, spread=spread), wanted, 40.0, 60)
        above, below = (_error(levels[:1] + step, design.spread)[0] for step in (0.01, -0.01))
        training = design.training * 0.02 / (above - below)
    return levels, training


def _differences(design: Design) -> Doubles:
    """Expected error rate of the first system minus that of each, (systems,)."""
    return np.linspace(0, design.difference, design.systems)


def _shift(skill: Doubles, design: Design) -> Doubles:
    """What to add to all systems' logits but the first's so that fits differ as designed.

    (studies, systems - 1, 1, 1), for `skill` of (studies, systems, seeds, folds).
    """

    def mean_error(shift: Doubles) -> Doubles:
        rates: Doubles = _error(skill[:, 1:] + shift[..., None, None], design.spread)
        return np.asarray(rates.mean(axis=(2, 3)))

    first = _error(skill[:, :1], design.spread).mean(axis=(2, 3))
    return _solve(mean_error, first - _differences(design)[1:], 20.0, 50)[..., None, None]


def _solve(
    rising: Callable[[Doubles], Doubles], wanted: Doubles, bound: float, halvings: int
) -> Doubles:
    """Where a rising function has the values `wanted`, between -bound and bound, by bisection."""
    low, high = np.full(wanted.shape, -bound), np.full(wanted.shape, bound)
    for _ in range(halvings):
        middle = (low + high) / 2
        less = rising(middle) < wanted
        low, high = np.where(less, middle, low), np.where(less, high, middle)
    found: Doubles = (low + high) / 2
    return found
