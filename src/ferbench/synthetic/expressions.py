"""What is expressed: action units of the emotions, their course in time, and the face units.

Emotions are made of action units as in EMFACS (Friesen and Ekman 1983) and the criteria of the
extended Cohn-Kanade release (Lucey et al. 2010); intensities and probabilities are our own choice.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ferbench.config.schema import Expression, Length
from ferbench.io.arrays import Singles

# Of each emotion its prototypes: {action unit: (probability, intensity of a full display)}.
PROTOTYPES: dict[str, tuple[dict[int, tuple[float, float]], ...]] = {
    "anger": (
        {4: (1, 0.9), 5: (0.4, 0.4), 7: (0.9, 0.7), 23: (1, 0.9), 24: (0.5, 0.6)},
        {4: (1, 0.9), 7: (0.9, 0.7), 24: (1, 0.9), 17: (0.6, 0.6), 23: (0.4, 0.6)},
        {4: (1, 0.9), 5: (0.8, 0.5), 7: (0.8, 0.6), 23: (1, 0.8), 25: (0.4, 0.4)},
    ),
    "disgust": (
        {9: (1, 0.9), 15: (0.4, 0.5), 16: (0.4, 0.5), 4: (0.5, 0.5), 7: (0.6, 0.5)},
        {10: (1, 0.9), 15: (0.5, 0.5), 17: (0.6, 0.6), 7: (0.4, 0.4)},
        {9: (1, 0.9), 10: (0.6, 0.6), 17: (0.6, 0.6), 25: (0.3, 0.3)},
    ),
    "fear": (
        {1: (1, 0.8), 2: (1, 0.7), 4: (1, 0.6), 5: (0.8, 0.8), 20: (0.8, 0.8), 25: (0.7, 0.5)},
        {1: (1, 0.8), 2: (0.9, 0.7), 4: (1, 0.5), 5: (0.9, 0.9), 7: (0.4, 0.4), 26: (0.8, 0.6)},
        {1: (1, 0.7), 2: (0.8, 0.5), 4: (1, 0.7), 7: (0.6, 0.5), 20: (1, 0.9), 25: (0.6, 0.5)},
    ),
    "happiness": (
        {6: (0.9, 0.8), 12: (1, 0.9), 25: (0.8, 0.6)},
        {6: (0.6, 0.6), 12: (1, 0.8)},
        {6: (0.9, 0.8), 12: (1, 0.9), 26: (0.7, 0.5)},
    ),
    "sadness": (
        {1: (1, 0.8), 4: (0.9, 0.6), 15: (1, 0.8), 17: (0.6, 0.6)},
        {1: (0.8, 0.6), 4: (0.9, 0.7), 11: (1, 0.6), 17: (0.4, 0.5)},
        {6: (1, 0.5), 15: (1, 0.9), 17: (0.6, 0.6), 4: (0.5, 0.4)},
    ),
    "surprise": (
        {1: (1, 0.9), 2: (1, 0.9), 5: (0.7, 0.4), 26: (1, 0.8), 25: (0.6, 0.4)},
        {1: (1, 0.9), 2: (1, 0.9), 5: (0.7, 0.4), 27: (1, 0.8)},
        {1: (1, 0.8), 2: (1, 0.8), 5: (0.6, 0.4), 25: (0.8, 0.5)},
    ),
}

# Share of Cohn-Kanade's sequences that show an action unit (Lucey et al. 2010), but for 27, a mouth
# stretched wide open, which is nobody's by-product.
INCIDENCE = {
    1: 0.292, 2: 0.196, 4: 0.322, 5: 0.172, 6: 0.206, 7: 0.201, 9: 0.125, 11: 0.056, 12: 0.187,
    15: 0.150, 20: 0.130, 23: 0.100, 24: 0.096, 25: 0.484, 26: 0.164,
}  # fmt: skip

# Face units of an action unit at full intensity; `*` stands for Left and Right.
UNITS: dict[int, dict[str, float]] = {
    1: {"browInnerUp": 1.0},
    2: {"browOuterUp*": 0.8, "browInnerUp": 0.1},
    4: {"browDown*": 1.0},
    5: {"eyeWide*": 1.0},
    6: {"cheekSquint*": 1.0, "eyeSquint*": 0.4},
    7: {"eyeSquint*": 1.0},
    9: {"noseSneer*": 1.0, "mouthUpperUp*": 0.3, "browDown*": 0.3},
    10: {"mouthUpperUp*": 0.9, "noseSneer*": 0.25},
    11: {"mouthUpperUp*": 0.35, "noseSneer*": 0.35},
    12: {"mouthSmile*": 1.0},
    15: {"mouthFrown*": 1.0},
    16: {"mouthLowerDown*": 0.8},
    17: {"mouthShrugLower": 0.9, "mouthShrugUpper": 0.3},
    20: {"mouthStretch*": 1.0},
    23: {"mouthRollLower": 0.7, "mouthRollUpper": 0.6, "mouthPucker": 0.1},
    24: {"mouthRollLower": 0.5, "mouthRollUpper": 0.4, "mouthPucker": 0.3, "mouthPress*": 0.2},
    25: {"mouthLowerDown*": 0.35, "mouthUpperUp*": 0.15, "jawOpen": 0.15},
    26: {"jawOpen": 0.4},
    27: {"jawOpen": 0.9},
}


@dataclass(frozen=True)
class ExpressionStyle:
    """How a person uses the face."""

    prototype: dict[str, int]
    gain: dict[int, float]  # of each action unit, a factor
    left: dict[int, float]  # of each action unit, what the left side does more, as a share


@dataclass(frozen=True)
class Performance:
    """One sequence; of a single emotion from neutral to apex."""

    label: str
    activity: Singles  # (frames, action units, 2): intensity 0 to 1 on the left and on the right

    @property
    def facs(self) -> list[tuple[int, int]]:
        """The action units with their grades at their strongest, A to E as 1 to 5."""
        apex = self.activity.mean(2).max(0)
        graded = zip(UNITS, np.ceil(5 * apex).clip(0, 5).astype(int).tolist(), strict=True)
        return [(unit, grade) for (unit, grade), a in zip(graded, apex, strict=True) if a > 0.05]


def expression_style(params: Expression, rng: np.random.Generator) -> ExpressionStyle:
    """A person's habits: a prototype of each emotion, gains and asymmetries of the units."""
    prototype = {label: int(rng.integers(len(PROTOTYPES[label]))) for label in PROTOTYPES}
    gain = {unit: float(np.exp(rng.normal(0, params.person_gain))) for unit in UNITS}
    left = {unit: float(rng.normal(0, params.asymmetry)) for unit in UNITS}
    return ExpressionStyle(prototype, gain, left)


def frame_count(params: Length, rng: np.random.Generator) -> int:
    """Frames of a sequence: a gamma distribution above the shortest, cut at the longest."""
    spread = params.mean - params.shortest
    extra = rng.gamma(2.0, spread / 2.0) if spread > 0 else 0.0
    return int(np.clip(round(params.shortest + extra), params.shortest, params.longest))


def perform(
    label: str, style: ExpressionStyle, frames: int, params: Expression, rng: np.random.Generator
) -> Performance:
    """An emotion as one person shows it once."""
    overall = rng.uniform(params.weakest, params.strongest)
    apex = {}
    for unit, (probability, intensity) in PROTOTYPES[label][style.prototype[label]].items():
        # What defines the emotion is always shown, so that labels are true.
        if probability == 1 or rng.random() < probability * (1 - params.omission):
            apex[unit] = overall * intensity * np.exp(rng.normal(0, params.sequence_gain))
    for unit, incidence in INCIDENCE.items():
        if unit not in apex and rng.random() < params.coactivation * incidence:
            apex[unit] = rng.uniform(0.1, 0.6)
    activity = np.zeros((frames, len(UNITS), 2), np.float32)
    for column, unit in enumerate(UNITS):
        onset = params.onset + rng.normal(0, params.onset_jitter)
        course = rise(frames, onset, params.rise)
        if unit in apex:
            level = apex[unit] * style.gain[unit]
            sides = level * (1 + np.array([0.5, -0.5]) * style.left[unit])
            activity[:, column] = course[:, None] * np.clip(sides, 0, 1)
    return Performance(label, activity)


def rise(frames: int, onset: float, constant: float) -> Singles:
    """s((t - onset) / c) - s(-onset / c) with s the logistic and t, 0 to 1, the time; (frames,)."""
    t = np.linspace(0, 1, frames)

    def logistic(x: NDArray[np.float64] | float) -> NDArray[np.float64]:
        return np.asarray(1 / (1 + np.exp(-np.clip(x, -60, 60))))

    course = logistic((t - onset) / constant) - logistic(-onset / constant)
    return np.clip(course, 0, 1).astype(np.float32)


def face_units(activity: Singles, names: list[str]) -> Singles:
    """Activity of the named face units (frames, units) that the action units' activity asks for."""
    units = np.zeros((len(activity), len(names)), np.float32)
    for column, parts in enumerate(UNITS.values()):
        for name, weight in parts.items():
            if name.endswith("*"):
                for side, word in enumerate(("Left", "Right")):
                    units[:, names.index(name[:-1] + word)] += weight * activity[:, column, side]
            else:
                units[:, names.index(name)] += weight * activity[:, column].mean(1)
    return np.minimum(units, 1.2)


def blinks(frames: int, params: Expression, rng: np.random.Generator) -> Singles:
    """How closed the eyes are, 0 to 1, frame by frame; never closed in the first frame."""
    closed = np.zeros(frames, np.float32)
    shape = np.array([0.35, 0.9, 1.0, 0.65, 0.25], np.float32)
    for start in 1 + np.flatnonzero(rng.random(frames - 1) < params.blinks / params.frame_rate):
        part = closed[start : start + len(shape)]
        np.maximum(part, shape[: len(part)], out=part)
    return closed
