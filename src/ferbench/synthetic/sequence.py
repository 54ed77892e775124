"""One sequence of one person: who, what, how, and the frames and landmarks of it."""

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from ferbench.config.schema import Motion, Synthesize
from ferbench.io.arrays import Doubles, Singles
from ferbench.synthetic import expressions, order
from ferbench.synthetic.appearance import Appearance, appearance
from ferbench.synthetic.head import Identity, head, identity
from ferbench.synthetic.render import Frame, Scene

TASKS = {"emotions": tuple(expressions.PROTOTYPES), "order": order.PAIR * order.FILMS}
"""What each person performs: the labels of the sequences."""
# Level 1, and what is fastest on noise: no search for repetitions.
PNG = [
    *(cv2.IMWRITE_PNG_COMPRESSION, 1),
    *(cv2.IMWRITE_PNG_STRATEGY, cv2.IMWRITE_PNG_STRATEGY_HUFFMAN_ONLY),
    *(cv2.IMWRITE_PNG_FILTER, cv2.IMWRITE_PNG_FILTER_AVG),
]


@dataclass(frozen=True)
class RenderedSequence:
    """A sequence as the release has it."""

    label: str
    facs: list[tuple[int, int]]  # action units at the apex and their grades, 1 to 5
    frames: list[bytes]  # PNG files
    landmarks: NDArray[np.float64]  # (frames, 68, 2) pixels


@dataclass(frozen=True)
class Person:
    """Who is filmed."""

    identity: Identity
    appearance: Appearance
    style: expressions.ExpressionStyle
    order: list[str]  # what is performed, in a person's order: a sequence's number tells nothing


@lru_cache(maxsize=1)
def person(params: Synthesize, subject: int) -> Person:
    """The subject of that number, from 1."""
    seed = np.random.SeedSequence([params.seed, subject])
    body, surface, habits = (np.random.default_rng(stream) for stream in seed.spawn(3))
    who = identity(params.people, subject % 2 == 0, body)
    labels = [str(label) for label in habits.permutation(TASKS[params.task])]
    style = expressions.expression_style(params.expression, habits)
    return Person(who, appearance(who, surface), style, labels)


class Animation:
    """One sequence before it is drawn: any of its frames can be."""

    def __init__(self, params: Synthesize, subject: int, sequence: int) -> None:
        self.person = person(params, subject)
        label = self.person.order[sequence - 1]
        by_order = params.task == "order"
        film = order.film(self.person.order, sequence) if by_order else sequence
        seed = np.random.SeedSequence([params.seed, subject, film])
        acting, filming, tracking, self._noise = (np.random.default_rng(s) for s in seed.spawn(4))
        length = expressions.frame_count(params.length, acting)
        asked = (label, self.person.style, length, params.expression, acting)
        self.backwards = False  # whether the sequence is this animation run backwards
        if by_order:
            self.performance, self.backwards = order.perform_both(*asked)
        else:
            self.performance = expressions.perform(*asked)
        frames = len(self.performance.activity)
        self.scene = Scene(params.camera, filming)
        mesh = head()
        units = expressions.face_units(self.performance.activity, mesh.unit_names)
        closed = expressions.blinks(frames, params.expression, acting)
        _look_around(units, mesh.unit_names, params.motion, acting)
        _close(units, mesh.unit_names, closed, self.person.identity.blink)
        hair = self.person.appearance.hair
        self._shapes = mesh.shapes(self.person.identity.vertices + hair, units)
        self._poses = _poses(params.motion, frames, acting)
        width = params.camera.width / self.scene.focal * params.camera.distance
        place = acting.normal(0, params.motion.position, 2) * width
        self._place = np.array([*place, 0], np.float32)
        bare = self._shapes[:, mesh.landmarks] - hair[mesh.landmarks]
        true = np.stack([self.scene.project(self._posed(bare[k], k)) for k in range(frames)])
        scale = params.camera.eye_distance * params.camera.width
        drift = params.tracking.drift * _wander(frames, params.tracking.memory, (68, 2), tracking)
        jitter = params.tracking.jitter * tracking.standard_normal((frames, 68, 2))
        self.landmarks = true + scale * (drift + jitter)  # errors are in outer eye distances

    def __len__(self) -> int:
        return len(self._poses)

    def _posed(self, vertices: Singles, frame: int) -> Singles:
        return head().turn(vertices, self._poses[frame]) + self._place

    def frame(self, k: int) -> Frame:
        """Draw one frame, from 0; the noise differs with the order in which frames are drawn."""
        surface = self.person.appearance
        face, curtain = self._posed(self._shapes[k], k), self._posed(surface.curtain, k)
        return self.scene.draw(surface, face, curtain, self._noise)


def sequences(params: Synthesize, subject: int) -> list[RenderedSequence]:
    """All sequences of a subject, numbered from 1."""
    made = []
    for number in range(1, len(TASKS[params.task]) + 1):
        animation = Animation(params, subject, number)
        frames = [
            cv2.imencode(".png", animation.frame(k), PNG)[1].tobytes()
            for k in range(len(animation))
        ]
        acted, way = animation.performance, -1 if animation.backwards else 1
        made.append(
            RenderedSequence(acted.label, acted.facs, frames[::way], animation.landmarks[::way])
        )
    return made


def _wander(frames: int, memory: float, size: tuple[int, ...], rng: np.random.Generator) -> Doubles:
    """An autoregressive walk of unit variance, (frames, *size)."""
    steps = rng.standard_normal((frames, *size))
    for k in range(1, frames):
        steps[k] = memory * steps[k - 1] + np.sqrt(1 - memory**2) * steps[k]
    return steps


def _poses(params: Motion, frames: int, rng: np.random.Generator) -> Singles:
    """Rotations of the head, (frames, 3, 3)."""
    base = rng.normal(0, params.pose, 3)
    angles = base + params.sway * _wander(frames, params.memory, (3,), rng)
    nod_turn_tilt = np.radians(angles)
    return np.array([cv2.Rodrigues(angle)[0] for angle in nod_turn_tilt], np.float32)


def _close(units: Singles, names: list[str], closed: Singles, just: Singles) -> None:
    """Let the eyes blink: lids that are on their way down leave what else they do."""
    for side, full in zip(("Left", "Right"), just, strict=True):
        for name in (f"eyeSquint{side}", f"eyeWide{side}"):
            units[:, names.index(name)] *= 1 - closed
        units[:, names.index(f"eyeBlink{side}")] = closed * full


def _look_around(
    units: Singles, names: list[str], params: Motion, rng: np.random.Generator
) -> None:
    """Let both eyes look the same way, sideways and up or down."""
    gaze = params.gaze * _wander(len(units), params.memory, (2,), rng)
    sideways, up = np.clip(gaze, -1, 1).T
    for name, amount in (
        ("eyeLookOutLeft", sideways), ("eyeLookInRight", sideways),
        ("eyeLookInLeft", -sideways), ("eyeLookOutRight", -sideways),
        ("eyeLookUpLeft", up), ("eyeLookUpRight", up),
        ("eyeLookDownLeft", -up), ("eyeLookDownRight", -up),
    ):  # fmt: skip
        units[:, names.index(name)] = np.clip(amount, 0, 1)
