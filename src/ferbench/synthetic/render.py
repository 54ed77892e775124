"""A camera, its light and its noise: from the vertices of a face to a grey frame."""

import cv2
import numpy as np
from numpy.typing import NDArray

from ferbench.config.schema import Camera
from ferbench.io.arrays import Singles
from ferbench.synthetic.appearance import Appearance
from ferbench.synthetic.head import head
from ferbench.synthetic.texture import AXIS, SIDE

Frame = NDArray[np.uint8]
FACE = 0.82267  # between the average head's outer eye corners, decimetres
ABOVE = -0.08  # of the eyes, what the middle of the frame looks at, decimetres
PARTED = 0.15  # lips that let light onto the teeth, decimetres
EXPOSURE = 1.08  # of a white wall in full light
SPARE = 64  # by how much the noise is larger than a frame, pixels


class Scene:
    """The camera, the light and the wall of one sequence."""

    def __init__(self, params: Camera, rng: np.random.Generator) -> None:
        self.params = params
        turn, lift = np.radians(rng.normal([0.0, 25.0], params.light))
        self.light = np.array(
            [np.sin(turn) * np.cos(lift), np.sin(lift), np.cos(turn) * np.cos(lift)], np.float32
        )
        halfway = self.light + [0, 0, 1]
        self.halfway = (halfway / np.linalg.norm(halfway)).astype(np.float32)
        self.ambient = float(np.clip(params.ambient * np.exp(rng.normal(0, 0.2)), 0.05, 0.95))
        self.exposure = EXPOSURE * float(np.exp(rng.normal(0, params.exposure)))
        self.focal = params.eye_distance * params.width / FACE * params.distance  # pixels
        self.wall = _wall(params, rng)
        grain = rng.standard_normal((params.height + SPARE, params.width + SPARE), dtype=np.float32)
        if params.grain:
            grain = np.asarray(cv2.GaussianBlur(grain, (0, 0), params.grain), np.float32)
        self.noise: Singles = grain * np.float32(params.noise / grain.std())

    def project(self, vertices: Singles) -> NDArray[np.float64]:
        """Where points (k, 3) are in the frame: (k, 2), x right and y down, in pixels.

        The centres of pixels are at whole numbers.
        """
        away = self.params.distance - vertices[:, 2:].astype(np.float64)
        across = vertices[:, :2] - [0, ABOVE]
        middle = np.array([self.params.width - 1, self.params.height - 1]) / 2
        return np.asarray(middle + across * [1, -1] / away * self.focal)

    def draw(
        self, appearance: Appearance, vertices: Singles, curtain: Singles, rng: np.random.Generator
    ) -> Frame:
        """The frame (height, width) of a head's vertices (n, 3) and its long hair (m, 3)."""
        camera = self.params
        colours = np.empty((len(appearance.uv), 3), np.float32)
        colours[:, :2] = appearance.uv * np.float32(SIDE - 1)
        colours[:, 2] = self._shading(appearance, vertices, curtain)
        points = np.concatenate([vertices, curtain]) - np.array([0, ABOVE, camera.distance], "f4")
        size = (camera.height, camera.width)
        colour = np.zeros((*size, 3), np.float32)
        far = 2 * camera.distance
        depth = np.full(size, far, np.float32)
        view = 2 * np.arctan(camera.height / 2 / self.focal)
        scene = (points, appearance.triangles, colours, colour, depth)
        cv2.triangleRasterize(*scene, np.eye(4), view, 1.0, far, raster_settings())
        across, down, shade = cv2.split(colour)
        shown = cv2.remap(appearance.texture, across, down, cv2.INTER_LINEAR)
        covered = (depth < 0.999 * far).view(np.uint8)
        image = cv2.copyTo(cv2.multiply(shown, shade), covered, self.wall.copy())
        blurred = np.asarray(cv2.GaussianBlur(image, (0, 0), camera.blur), np.float32)
        row, column = rng.integers(0, SPARE, 2)  # a part of the noise that no frame before had
        noise = self.noise[row : row + camera.height, column : column + camera.width]
        levels = cv2.addWeighted(blurred, 255 * self.exposure, noise, 1, 0, dtype=cv2.CV_8U)
        return np.asarray(levels, np.uint8)

    def _shading(self, appearance: Appearance, vertices: Singles, curtain: Singles) -> Singles:
        """Light that each vertex sends back: from the sky it sees, from the lamp, highlights."""
        mesh = head()
        around = curtain - np.array([0, 0, AXIS], np.float32)  # seen from within where it is behind
        around *= np.where(around[:, 2:] < 0, -1, 1) * np.array([1, 0, 1], np.float32)
        around /= np.linalg.norm(around, axis=1, keepdims=True) + np.float32(1e-9)
        normals = np.concatenate([mesh.normals(vertices), around])
        upper, lower = mesh.landmarks[[62, 66]]
        parted = np.clip((vertices[upper, 1] - vertices[lower, 1]) / PARTED, 0, 1)
        inside = np.float32(0.45 * parted) * mesh.masks["teeth"]  # the openness is a closed mouth's
        sky = np.concatenate([mesh.openness + inside, np.full(len(curtain), 0.8, np.float32)])
        lamp = np.clip((normals @ self.light + 0.15) / 1.15, 0, 1) * (0.35 + 0.65 * sky)
        light = self.ambient * sky**1.3 + (1 - self.ambient) * lamp
        highlight = appearance.gloss * np.clip(normals @ self.halfway, 0, 1) ** 24
        return np.asarray(appearance.albedo * np.power(light, 0.85) + highlight, np.float32)


def raster_settings() -> cv2.TriangleRasterizeSettings:
    """How triangles are filled: shaded; those seen from behind are left out."""
    settings = cv2.TriangleRasterizeSettings()
    settings.setShadingType(cv2.RASTERIZE_SHADING_SHADED)
    settings.setCullingMode(cv2.RASTERIZE_CULLING_CW)
    return settings


def _wall(params: Camera, rng: np.random.Generator) -> Singles:
    """A plain wall, lit unevenly."""
    y, x = np.mgrid[-1 : 1 : params.height * 1j, -1 : 1 : params.width * 1j].astype(np.float32)
    grey = 0.45 + params.background * rng.uniform(-1, 1)
    slope = params.background * rng.uniform(-0.4, 0.4, 2)
    spots = rng.standard_normal((6, 8), dtype=np.float32)
    stains = cv2.resize(spots, (params.width, params.height), interpolation=cv2.INTER_CUBIC)
    wall = grey + slope[0] * x + slope[1] * y - 0.05 * (x * x + y * y) + 0.015 * stains
    return np.asarray(np.clip(wall, 0.02, 1), np.float32)
