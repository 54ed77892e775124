"""Simulated studies whose truth is known, to see whether the statistics are calibrated.

In every study two systems are trained on the folds of one population and tested on its subjects.
A system's logit of deciding a sequence wrongly is the sum of its own level, the subject, the
sequence, what this system alone finds hard in either, and the training effect: how well this fit
turned out, the same for all that it is tested on. So the errors of a fold are not independent.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
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
    error: float = 0.25  # expected error rate of the left system, a share
    difference: float = 0.0  # expected left minus right, a share
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
    same: Literal["procedures", "fits"] = "procedures"
    """Between what `difference` is: the two procedures, or in every study the means of its fits."""

    @property
    def spread(self) -> float:
        """Standard deviation of one fit's logits over all people and sequences."""
        parts = (self.subject, self.sequence, self.own_subject, self.own_sequence)
        return float(np.sqrt(sum(part**2 for part in parts)))


@dataclass(frozen=True, eq=False)
class Studies:
    """n simulated studies of one design; systems are left and right."""

    errors: Floats  # (n, 2, sequences) share of repeats in which the sequence was decided wrongly
    subjects: NDArray[np.intp]  # (sequences,), the same in every study
    k: int  # folds of one repeat
    by_fold: Floats  # (n, 2, repeats * k) error rates
    fits: Floats
    """(n, 2) truth: expected error rate on new subjects, mean over the study's own fits."""
    procedures: Floats
    """(2,) truth: expected error rate of fits that are trained again, on other subjects."""


def simulate(design: Design, *, studies: int, seed: int) -> Studies:
    """Draw studies; the same seed gives the same studies."""
    rng = np.random.default_rng(seed)
    subjects = np.repeat(np.arange(len(design.sequences)), design.sequences)
    dealt = np.arange(len(design.sequences)) % design.k  # each subject's fold
    folds = np.stack([rng.permutation(dealt) for _ in range(design.repeats)])[:, subjects]
    levels, training = _levels(design)
    count = design.repeats * design.k
    effect = training * (
        np.sqrt(design.shared) * rng.standard_normal((studies, 2, 1))
        + np.sqrt(1 - design.shared) * rng.standard_normal((studies, 2, count))
    )
    skill = levels[:, None] + effect
    if design.same == "fits":
        skill[:, 1] += _shift(skill, design)[:, None]
    people, all_sequences = len(design.sequences), len(subjects)
    of_subject = design.subject * rng.standard_normal((studies, 1, people))[..., subjects]
    own = design.own_subject * rng.standard_normal((studies, 2, people))[..., subjects]
    lasting = of_subject + own
    lasting += design.sequence * rng.standard_normal((studies, 1, all_sequences))
    lasting += design.own_sequence * rng.standard_normal((studies, 2, all_sequences))
    errors = np.zeros((studies, 2, all_sequences))
    by_fold = np.empty((studies, 2, count))
    for repeat, fold in enumerate(folds):
        noise = rng.logistic(size=errors.shape)
        wrong = lasting + skill[..., repeat * design.k + fold] + noise > 0
        errors += wrong / design.repeats
        for number in range(design.k):
            by_fold[..., repeat * design.k + number] = wrong[..., fold == number].mean(axis=-1)
    return Studies(
        errors=errors,
        subjects=subjects,
        k=design.k,
        by_fold=by_fold,
        fits=_error(skill, design.spread).mean(axis=-1),
        procedures=_error(levels, float(np.hypot(design.spread, training))),
    )


def _error(levels: Floats, spread: float) -> Floats:
    """Expected share of wrong decisions at these mean logits, over logits of that spread."""
    rates: Floats = (1 / (1 + np.exp(-levels[..., None] - spread * NODES))) @ WEIGHTS
    return rates


def _levels(design: Design) -> tuple[Floats, float]:
    """Mean logits of both systems, (2,), and the training effect's spread in logits."""
    wanted = np.array([design.error, design.error - design.difference])
    training = 0.0
    for _ in range(20):  # level and spread of the logits depend on each other
        spread = float(np.hypot(design.spread, training))
        levels = _solve(partial(_error, spread=spread), wanted, 40.0, 60)
        above, below = (_error(levels[:1] + step, design.spread)[0] for step in (0.01, -0.01))
        training = design.training * 0.02 / (above - below)
    return levels, training


def _shift(skill: Floats, design: Design) -> Floats:
    """What to add to the right system's logits so that each study's fits differ as designed."""

    def mean_error(shift: Floats) -> Floats:
        rates: Floats = _error(skill[:, 1] + shift[:, None], design.spread).mean(axis=-1)
        return rates

    wanted = _error(skill[:, 0], design.spread).mean(axis=-1) - design.difference
    return _solve(mean_error, wanted, 20.0, 50)


def _solve(
    rising: Callable[[Floats], Floats], wanted: Floats, bound: float, halvings: int
) -> Floats:
    """Where a rising function has the values `wanted`, between -bound and bound, by bisection."""
    low, high = np.full(wanted.shape, -bound), np.full(wanted.shape, bound)
    for _ in range(halvings):
        middle = (low + high) / 2
        less = rising(middle) < wanted
        low, high = np.where(less, middle, low), np.where(less, high, middle)
    found: Floats = (low + high) / 2
    return found
