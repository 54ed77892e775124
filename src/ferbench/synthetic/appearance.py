"""A person's surface: what covers the head, how it reflects, and long hair."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ferbench.io.arrays import Singles
from ferbench.synthetic import texture
from ferbench.synthetic.head import Identity, head
from ferbench.synthetic.texture import AXIS, EYE, EYE_SCALE, PLAIN, STRANDS

ROWS, COLUMNS = 14, 28  # of the sheet of long hair


@dataclass(frozen=True)
class Appearance:
    """What no frame changes; n vertices are the head's, m those of long hair."""

    texture: Singles  # (side, side) grey, white being 1
    uv: Singles  # (n + m, 2) where in the texture each vertex is, shares of its side
    albedo: Singles  # (n + m,) factor of the texture
    gloss: Singles  # (n + m,) strength of highlights
    hair: Singles  # (n, 3) by how much the hair is above the scalp, decimetres
    curtain: Singles  # (m, 3) vertices of long hair; none for short
    triangles: NDArray[np.int32]  # (k, 3)


def appearance(person: Identity, rng: np.random.Generator) -> Appearance:
    """A random appearance that goes with a person's sex and skin."""
    mesh = head()
    shift = rng.normal(0, 0.05) + (0.04 if person.male else 0.0)
    hair_tone = float(np.clip(rng.normal(0.2 + 0.25 * max(0, person.tone - 0.6), 0.06), 0.06, 0.5))
    long = not person.male and rng.random() < 0.75
    curtain, strands, sheet = _curtain(rng) if long else _curtain(rng, rows=0)
    angle, height = texture.unrolled(mesh.average)
    scalp = texture.hairiness(angle, height, shift, 0.16) * mesh.masks["skin"]
    thickness = np.float32(rng.uniform(0.05, 0.14)) * scalp[:, None]
    lips = rng.uniform(0.72, 0.88) if person.male else rng.uniform(0.6, 0.8)
    darker = {"inside_mouth": 0.6, "eyelids": 0.08, "teeth": 0.12, "tongue": 0.5}
    albedo = 1 - (1 - lips) * mesh.masks["lips"]
    albedo -= sum(amount * mesh.masks[part] for part, amount in darker.items())
    skin = mesh.masks["skin"] * (1 - scalp) * (angle**2 < 1.7)
    gloss = rng.uniform(0.03, 0.12) * skin + 0.06 * mesh.masks["lips"]
    return Appearance(
        texture=texture.paint(person, shift, hair_tone, rng),
        uv=np.concatenate([_uv(), strands]).astype(np.float32),
        albedo=np.concatenate([albedo, np.ones(len(curtain))]).astype(np.float32),
        gloss=np.concatenate([gloss, np.full(len(curtain), 0.03)]).astype(np.float32),
        hair=thickness * mesh.normals(person.vertices),
        curtain=curtain,
        triangles=np.concatenate([mesh.triangles, sheet + len(angle)]).astype(np.int32),
    )


def _uv() -> NDArray[np.float64]:
    """Where the head's vertices are in the texture, (n, 2)."""
    mesh = head()
    uv = texture.places(mesh.average)
    for side in (mesh.average[:, 0] > 0, mesh.average[:, 0] < 0):
        chosen = side & (mesh.masks["eye"] > 0)
        ball = mesh.average[chosen, :2]
        middle = (ball.min(0) + ball.max(0)) / 2
        uv[chosen] = EYE + (ball - middle) * [EYE_SCALE, -EYE_SCALE]
    uv[(mesh.masks["teeth"] + mesh.masks["tongue"] + mesh.masks["inside_mouth"]) > 0.5] = PLAIN
    return np.clip(uv, 0, 1)


def _curtain(
    rng: np.random.Generator, rows: int = ROWS
) -> tuple[Singles, NDArray[np.float64], NDArray[np.int64]]:
    """Long hair around the back of the head: vertices, places in the texture, triangles."""
    opening, length = rng.uniform(1.25, 1.5), rng.uniform(-2.9, -2.3)
    fall = np.linspace(0, 1, rows)[:, None]
    angle = np.linspace(opening, 2 * np.pi - opening, COLUMNS)[None]
    wave = 0.03 * np.sin(5 * fall * np.pi * rng.uniform(0.3, 1) + 3 * angle + rng.uniform(0, 6))
    radius = 0.6 + 0.36 * np.sin(np.pi / 2 * np.minimum(1, 4 * fall)) + (wave - 0.12) * fall
    height = np.broadcast_to(0.5 + (length - 0.5) * fall, radius.shape)
    sheet = np.stack(
        [radius * np.sin(angle), height, AXIS + 1.05 * radius * np.cos(angle)], axis=-1
    )
    across = np.broadcast_to((angle / np.pi - 1) * 0.09, radius.shape)
    down = np.broadcast_to(0.1 - 0.2 * fall, radius.shape)
    corner = np.arange(rows * COLUMNS).reshape(rows, COLUMNS)
    a, b, c, d = corner[:-1, :-1], corner[1:, :-1], corner[1:, 1:], corner[:-1, 1:]
    triangles = np.concatenate([np.stack([a, b, c], -1), np.stack([a, c, d], -1)]).reshape(-1, 3)
    turns = np.broadcast_to(np.cos(angle), radius.shape).ravel()
    behind = turns[triangles].mean(1) < 0  # there its inside is what is seen
    triangles[behind] = triangles[behind, ::-1]
    uv = STRANDS + np.stack([across, down], -1).reshape(-1, 2)
    return sheet.reshape(-1, 3).astype(np.float32), uv, triangles
