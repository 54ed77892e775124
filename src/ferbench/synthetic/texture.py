"""The grey picture on a person's surface: skin, brows, lashes, hair, clothes, and an eye.

All of it is made up from numbers, no photograph is used. The left four fifths of the picture are
the head unrolled around a vertical axis; the right fifth has an eye, and patches of white and hair.
"""

import cv2
import numpy as np

from ferbench.io.arrays import Doubles, Floats, Singles
from ferbench.synthetic.head import Identity, head

SIDE = 1024  # of the picture, pixels
SKIN = int(0.8 * SIDE)  # columns of the head
ROUND = 2.2  # half of what is unrolled, radians
TOP, BOTTOM = 1.45, -3.35  # of what is unrolled, decimetres
AXIS = -0.75  # z of the vertical axis
EYE, PLAIN, STRANDS = np.array([[0.9, 0.1], [0.9, 0.4], [0.9, 0.75]])  # places of the right fifth
EYE_SCALE = 0.56  # of the picture's side, a decimetre of the eye

# Height of the hairline over the angle from the front: forehead, temple, sideburn, ear, nape.
ANGLES = np.array([0, 0.45, 0.75, 0.95, 1.1, 1.3, 1.36, 2.0, 2.05, 3.2])
HAIRLINE = np.array([0.66, 0.66, 0.58, 0.38, 0.15, -0.1, 0.27, 0.27, -0.7, -0.9])
UPPER_LIDS, LOWER_LIDS = ((36, 37, 38, 39), (42, 43, 44, 45)), ((36, 41, 40, 39), (42, 47, 46, 45))


def unrolled(vertices: Floats) -> tuple[Doubles, Doubles]:
    """Angle from the front (radians) and height (decimetres) of vertices (n, 3)."""
    x, y, z = np.asarray(vertices, np.float64).T
    return np.arctan2(x, z - AXIS), y


def places(vertices: Floats) -> Doubles:
    """Where vertices of the head (n, 3) are in the picture: (n, 2), shares of its side."""
    angle, height = unrolled(vertices)
    across = np.clip(0.5 + angle / (2 * ROUND), 0, 1) * SKIN / SIDE
    return np.stack([across, (TOP - height) / (TOP - BOTTOM)], 1)


def hairiness(angle: Floats, height: Floats, shift: float, soft: float) -> Singles:
    """How much of a place is hair, 0 to 1, with an edge of width `soft` (decimetres)."""
    line = np.interp(np.abs(angle), ANGLES, HAIRLINE) + shift
    share = np.clip((height - line) / soft + 0.5, 0, 1).astype(np.float32)
    return np.asarray(share * share * (3 - 2 * share), np.float32)


def paint(person: Identity, shift: float, hair_tone: float, rng: np.random.Generator) -> Singles:
    """The picture, (SIDE, SIDE), white being 1; `shift` moves the hairline (decimetres)."""
    angle = np.linspace(-ROUND, ROUND, SKIN, dtype=np.float32)[None]
    height = np.linspace(TOP, BOTTOM, SIDE, dtype=np.float32)[:, None]
    streaks = _noise(rng, 1.2, 24)
    mottling = 0.03 * _noise(rng, 30, 30) + 0.02 * _noise(rng, 1.5, 1.5)
    skin = np.float32(person.tone) * (1 + mottling[:, :SKIN])
    if person.male:
        beard = rng.uniform(0, 0.2) * np.exp(-((angle / 0.8) ** 4) - ((height + 0.9) / 0.4) ** 4)
        skin *= 1 - beard * (1 + 0.15 * streaks[:, :SKIN])
    _draw_brows(skin, person, hair_tone, rng)
    _draw_lashes(skin, 0.35 if person.male else 0.7)
    neckline = rng.uniform(-1.75, -1.5) - rng.uniform(0.1, 0.5) * np.exp(-((angle / 0.6) ** 2))
    cloth = np.clip((neckline - height) / 0.02 + 0.5, 0, 1)
    skin += cloth * (rng.uniform(0.1, 0.75) - skin)
    ragged = height + 0.012 * _noise(rng, 2.5, 24)[:, :SKIN]
    strands = np.float32(hair_tone) * (1 + np.float32(0.22) * streaks)
    skin += hairiness(angle, ragged, shift, 0.1) * (strands[:, :SKIN] - skin)
    picture = np.ones((SIDE, SIDE), np.float32)
    picture[:, :SKIN] = skin
    picture[SIDE // 2 :, SKIN:] = strands[SIDE // 2 :, SKIN:]
    picture[: SIDE // 4, SKIN:] = _eye(rng)
    return picture


def _noise(rng: np.random.Generator, across: float, down: float) -> Singles:
    """Smooth noise of unit variance, the size of the picture; scales in pixels."""
    step_x, step_y = (max(1, int(scale / 3)) for scale in (across, down))
    coarse = rng.standard_normal((SIDE // step_y, SIDE // step_x), dtype=np.float32)
    smooth = cv2.GaussianBlur(coarse, (0, 0), across / step_x, sigmaY=down / step_y)
    fine = cv2.resize(smooth / smooth.std(), (SIDE, SIDE), interpolation=cv2.INTER_LINEAR)
    return np.asarray(fine, np.float32)


def _curve(landmarks: tuple[int, ...], count: int) -> Doubles:
    """`count` points on a parabola through landmarks of the average head, (count, 2) pixels."""
    mesh = head()
    points = places(mesh.average[mesh.landmarks[list(landmarks)]]) * SIDE
    bends = np.polynomial.polynomial.polyfit(np.arange(len(points)), points, 2)
    t = np.linspace(0, len(points) - 1, count)
    return np.asarray(np.polynomial.polynomial.polyval(t, bends).T, np.float64)


def _draw_brows(
    skin: Singles, person: Identity, hair_tone: float, rng: np.random.Generator
) -> None:
    """Strokes of hair below the brow points, thick inside and thin outside."""
    thick = rng.uniform(13, 19) if person.male else rng.uniform(10, 15)
    strokes, darkness = (150, rng.uniform(0.7, 0.9)) if person.male else (90, rng.uniform(0.5, 0.8))
    cover = np.zeros_like(skin)
    t = np.linspace(0, 1, strokes)
    body = thick * np.minimum(1, 0.6 + 1.5 * t) * np.clip(1.7 * (1 - t), 0.1, 1)
    for brow, outward in (((21, 20, 19, 18, 17), -1), ((22, 23, 24, 25, 26), 1)):
        for start, room, along in zip(_curve(brow, strokes), body, t, strict=True):
            below = 2 + 0.4 * thick + room * rng.triangular(-0.5, 0, 0.5)
            root = start + [rng.normal(0, 2.5), below]
            tip = root + [outward * (3 + 8 * along), 10 * along - 6]
            ends = np.round(np.stack([root, tip]) * 16).astype(int).tolist()
            cv2.line(cover, ends[0], ends[1], 1.0, 1, cv2.LINE_8, 4)
    cover = np.minimum(np.float32(1.15) * cv2.GaussianBlur(cover, (0, 0), 1.8), 1)
    skin += np.float32(darkness) * cover * (min(hair_tone, 0.45 * person.tone) - skin)


def _draw_lashes(skin: Singles, strength: float) -> None:
    """Dark margins of the lids."""
    cover = np.zeros_like(skin)
    for lids, weight in ((UPPER_LIDS, 1.0), (LOWER_LIDS, 0.35)):
        for lid in lids:
            curve = np.round(_curve(lid, 40) * 16).astype(np.int32)
            cv2.polylines(cover, [curve], False, weight, 3, cv2.LINE_8, 4)
    skin *= 1 - np.minimum(1, np.float32(strength) * cv2.GaussianBlur(cover, (0, 0), 1.2))


def _eye(rng: np.random.Generator) -> Singles:
    """A look into an eye: white, iris with a dark rim and spokes, pupil, a reflected window."""
    down, across = np.mgrid[: SIDE // 4, SKIN:SIDE].astype(np.float64)
    x, y = across / SIDE - EYE[0], down / SIDE - EYE[1]
    x, y = x / EYE_SCALE, y / EYE_SCALE  # decimetres
    radius, turn = np.hypot(x, y), np.arctan2(y, x)
    iris = rng.uniform(0.18, 0.5) * (1 + 0.12 * np.sin(turn * 23 + rng.uniform(0, 6)))
    iris *= 1 - 0.5 * np.clip((radius - 0.048) / 0.01, 0, 1)
    eye = np.where(radius < 0.06, iris, 0.92 - 0.5 * np.clip(radius - 0.09, 0, None))
    eye = np.where(radius < rng.uniform(0.018, 0.026), 0.04, eye)
    shine = np.hypot(x + 0.018, y + 0.022) < 0.011
    soft = [cv2.GaussianBlur(part.astype(np.float32), (0, 0), 1.5) for part in (eye, shine)]
    return np.maximum(*soft)
