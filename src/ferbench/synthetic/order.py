"""A task that only order can solve: two expressions, and the same film run backwards.

A person shows happiness and surprise, neutral in between and at both ends. The film is released
twice, forwards and backwards, so both sequences hold the same frames and the same landmarks, and
whatever decides frame by frame decides the same about both: it errs in half of them. Which of the
two comes first in the film is drawn for each film, so the direction of time itself tells nothing.

A sequence's label is the expression that comes first.
"""

import numpy as np

from ferbench.config.schema import Expression
from ferbench.io.arrays import Singles
from ferbench.synthetic.expressions import ExpressionStyle, Performance, perform

PAIR = ("happiness", "surprise")
FILMS = 3  # of a person; with both directions as many sequences as the task `emotions` has
SHORTEST = 5  # frames: neutral, one expression, neutral, the other, neutral


def film(order: list[str], sequence: int) -> int:
    """Which of a person's films, from 1, a sequence (from 1) of theirs shows.

    `order` are the labels of the person's sequences: the first of either label are one film's.
    """
    return order[:sequence].count(order[sequence - 1])


def perform_both(
    label: str, style: ExpressionStyle, frames: int, params: Expression, rng: np.random.Generator
) -> tuple[Performance, bool]:
    """One film, and whether it has to run backwards for `label` to come first.

    The film is the same for both labels. It has `frames` frames, but no fewer than SHORTEST; where
    the first expression ends is drawn from the middle third.
    """
    first = int(rng.integers(2))
    frames = max(frames, SHORTEST)
    earliest = max(2, frames // 3)
    middle = int(rng.integers(earliest, frames - earliest))
    one = _there_and_back(PAIR[first], middle + 1, style, params, rng)
    other = _there_and_back(PAIR[1 - first], frames - middle, style, params, rng)
    return Performance(label, np.concatenate([one, other[1:]])), PAIR[first] != label


def _there_and_back(
    label: str, frames: int, style: ExpressionStyle, params: Expression, rng: np.random.Generator
) -> Singles:
    """Activity (frames, action units, 2) that rises from neutral and falls the same way."""
    rising = perform(label, style, (frames + 1) // 2, params, rng).activity
    return np.concatenate([rising, rising[::-1][frames % 2 :]])
