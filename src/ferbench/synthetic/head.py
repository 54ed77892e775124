"""A head that can be anybody and make any face: MakeHuman's, morphed by linear targets.

Lengths are decimetres; x to the person's left, y up, z forward, the origin between the eyes.
"""

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from ferbench.config.schema import People
from ferbench.io.arrays import Singles

NECK = np.array([0.0, -1.25, -0.75], np.float32)  # what the head turns about
STILL, FREE = -2.1, -1.15  # heights below which nothing, and above which everything turns
ETHNICITIES = ("african", "asian", "caucasian")
TONES = np.array([0.44, 0.74, 0.82])  # grey of their skin, white being 1


class Head:
    """The mesh and its morph targets (see `tools/make_head.py` for how they were made)."""

    def __init__(self) -> None:
        with (files("ferbench") / "assets" / "head.npz").open("rb") as file:
            asset = dict(np.load(file, allow_pickle=False))
        self.vertices: Singles = asset["vertices"]
        self.average: Singles = asset["average"]
        self.triangles = asset["triangles"].astype(np.int32)
        self.landmarks = asset["landmarks"].astype(np.int64)
        self.openness: Singles = asset["openness"].astype(np.float32) / 255
        self.macro = dict(zip(asset["macro_names"].tolist(), asset["macro"], strict=True))
        self.local_names: list[str] = asset["local_names"].tolist()
        self.local: NDArray[np.float16] = asset["local"]
        self.unit_names: list[str] = asset["unit_names"].tolist()
        self.units: Singles = asset["unit"].astype(np.float32)
        self.masks: dict[str, Singles] = {
            name: asset[name].astype(np.float32) / 255
            for name in ("lips", "eyelids", "inside_mouth")
        }
        for part, name in enumerate(asset["parts"].tolist()):
            belongs = np.zeros(len(self.vertices), np.float32)
            belongs[self.triangles[asset["part"] == part]] = 1
            self.masks[name] = belongs
        corners = self.triangles.T.ravel()
        self._corners = np.argsort(corners, kind="stable") % len(self.triangles)
        self._used, self._first = np.unique(np.sort(corners), return_index=True)

    def normals(self, vertices: Singles) -> Singles:
        """Unit normals of the vertices (n, 3): the mean of their triangles', weighted by area."""
        a, b, c = (np.take(vertices.T, corner, axis=1) for corner in self.triangles.T)
        (ux, uy, uz), (vx, vy, vz) = b - a, c - a
        face = np.stack([uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx])
        normal = np.zeros_like(vertices)
        normal[self._used] = np.add.reduceat(face[:, self._corners], self._first, axis=1).T
        length = np.sqrt(np.einsum("ij,ij->i", normal, normal))
        return np.asarray(normal / np.maximum(length, np.float32(1e-12))[:, None], np.float32)

    def shapes(self, neutral: Singles, activity: Singles) -> Singles:
        """Vertices (frames, n, 3) of a face whose units (frames, 52) are active, 0 to 1."""
        moved = activity @ self.units.reshape(len(self.units), -1)
        return neutral + moved.reshape(-1, *neutral.shape)

    def turn(self, vertices: Singles, rotation: Singles) -> Singles:
        """Vertices (k, 3) with the head turned by a (3, 3) rotation, the shoulders left alone."""
        share = np.clip((vertices[:, 1:2] - STILL) / (FREE - STILL), 0, 1)
        turning = np.asarray(share * share * (3 - 2 * share), np.float32)
        moved = (vertices - NECK) @ (rotation.T - np.eye(3, dtype=np.float32))
        return np.asarray(vertices + turning * moved, np.float32)


@dataclass(frozen=True)
class Identity:
    """A person's face at rest."""

    vertices: Singles  # (n, 3)
    male: bool
    tone: float  # grey of the skin, white being 1
    blink: NDArray[np.float32]
    """Activity of eyeBlinkLeft and eyeBlinkRight that just closes the eyes."""


@cache
def head() -> Head:
    """The one head of a process."""
    return Head()


def identity(params: People, male: bool, rng: np.random.Generator) -> Identity:
    """A random person: ethnicities mixed, sex and weight, then bounded local morph targets."""
    mesh = head()
    share = rng.dirichlet([0.5] * len(ETHNICITIES))
    masculine = rng.uniform(0.75, 1.0) if male else rng.uniform(0.0, 0.25)
    vertices = mesh.vertices.copy()
    for sex, part in (("male", masculine), ("female", 1 - masculine)):
        for ethnicity, weight in zip(ETHNICITIES, share, strict=True):
            vertices += np.float32(part * weight) * mesh.macro[f"{ethnicity}-{sex}-young"]
    weight = float(np.clip(rng.normal(0, params.weight), -1, 1))
    end = "maxweight" if weight > 0 else "minweight"
    sex = "male" if male else "female"
    vertices += np.float32(abs(weight)) * mesh.macro[f"universal-{sex}-young-averagemuscle-{end}"]
    local = _local_weights(params, rng)
    chosen = np.flatnonzero(local)
    morphs = mesh.local[chosen].reshape(len(chosen), vertices.size).astype(np.float32)
    vertices += (local[chosen] @ morphs).reshape(vertices.shape)
    vertices -= vertices[mesh.masks["eye"] > 0].mean(0)
    tone = float(np.clip(share @ TONES + rng.normal(0, params.tone), 0.3, 0.9))
    return Identity(vertices, male, tone, _closing(vertices))


def _local_weights(params: People, rng: np.random.Generator) -> Singles:
    """Weights of the local targets: normal, bounded, alike on both sides but for an asymmetry.

    A target `-name` pulls the opposite way of `name`; `l-` and `r-` are the two sides.
    """
    names = head().local_names
    weights = np.zeros(len(names), np.float32)
    drawn: dict[str, float] = {}
    for k, name in enumerate(names):
        stem = name.lstrip("-")
        if stem.startswith("asym"):
            weights[k] = abs(rng.normal(0, params.asymmetry))
            continue
        axis = stem.removeprefix("l-").removeprefix("r-")
        if axis not in drawn:
            # These change everything at once.
            whole = 0.4 if axis.startswith(("head", "forehead")) else 1.0
            drawn[axis] = rng.normal(0, params.shape * whole)
        value = drawn[axis]
        if axis != stem:
            value += rng.normal(0, params.asymmetry * params.shape)
        weights[k] = max(0.0, -value if name.startswith("-") else value)
    return np.minimum(weights, params.bound).astype(np.float32)


def _closing(vertices: Singles) -> Singles:
    """How active the blinks must be for the lids to meet: the gap's height over the drop's."""
    mesh = head()
    lids = {"Left": ((43, 47), (44, 46)), "Right": ((37, 41), (38, 40))}
    activity = []
    for side, pairs in lids.items():
        unit = mesh.units[mesh.unit_names.index(f"eyeBlink{side}")][:, 1]
        upper, lower = mesh.landmarks[np.array(pairs)].T
        gap = vertices[upper, 1] - vertices[lower, 1]
        activity.append(float(np.mean(gap) / np.mean(unit[lower] - unit[upper])))
    return np.clip(activity, 0.3, 1.5).astype(np.float32)
