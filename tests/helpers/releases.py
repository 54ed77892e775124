"""Small releases in Cohn-Kanade's layout, written by hand: not faces, but frames with landmarks."""

import zipfile
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np

from ferbench.config.schema import Preprocess
from ferbench.data.formats.cohn_kanade import EMOTIONS
from ferbench.faces.alignment import STABLE, TEMPLATE
from ferbench.results import layout
from ferbench.steps.preprocess import preprocess
from ferbench.synthetic.sequence import Animation
from settings import params_with

CODES = {"anger": 1, "disgust": 3, "fear": 4, "happiness": 5, "sadness": 6, "surprise": 7}
"""As the release's ReadMe has them; the reader's are EMOTIONS."""
assert all(EMOTIONS[code] == name for name, code in CODES.items())


def landmarks(rng: np.random.Generator, shift: float = 0.0) -> np.ndarray:
    """(68, 2) pixels of a frame of 64 x 48: the stable points in place, the others anywhere."""
    points = rng.uniform(-0.8, 0.8, (68, 2)) + [0, shift]
    points[STABLE] = TEMPLATE
    return points * 20 + [32, 20]


def files(people: int = 5, lengths: tuple[int, ...] = (3, 4), seed: int = 0) -> dict[str, bytes]:
    """Path inside the release to content; six sequences a person, one of each class."""
    rng = np.random.default_rng(seed)
    made = {}
    for person in range(1, people + 1):
        for number, (_, code) in enumerate(CODES.items(), 1):
            subject, sequence = f"S{person:03}", f"{number:03}"
            length = lengths[(person + number) % len(lengths)]
            for frame in range(1, length + 1):
                stem = f"{subject}/{sequence}/{subject}_{sequence}_{frame:08}"
                image = rng.integers(0, 256, (48, 64), np.uint8)
                made[f"cohn-kanade-images/{stem}.png"] = png(image)
                points = landmarks(rng, shift=code * frame / 100)
                text = "".join(f"   {x:.7e}   {y:.7e}\n" for x, y in points)
                made[f"Landmarks/{stem}_landmarks.txt"] = text.encode()
            made[f"Emotion/{stem}_emotion.txt"] = f"   {code:.7e}\n".encode()
    return made


ARCHIVES = {
    "cohn-kanade-images": "extended-cohn-kanade-images.zip",
    "Emotion": "Emotion_labels.zip",
    "Landmarks": "Landmarks.zip",
}


def write_tree(path: Path, made: dict[str, bytes]) -> Path:
    for name, content in made.items():
        file = path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    return path


def write_archives(path: Path, made: dict[str, bytes]) -> Path:
    path.mkdir(parents=True, exist_ok=True)
    for root, archive in ARCHIVES.items():
        with zipfile.ZipFile(path / archive, "w") as opened:
            for name, content in made.items():
                if name.startswith(f"{root}/"):
                    opened.writestr(name, content)
    return path


OUTPUTS = {Path(name).stem: name for name in layout.PREPROCESS}

CROP = {"size": 32, "eye_distance": 0.46, "eye_height": 0.36}
PARAMS = Preprocess(classes=list(CODES), subjects="all", faceless=0.2, on_problem="stop", **CROP)


def run(
    release: Path, out: Path, params: Preprocess = PARAMS, name: str = "cohn_kanade", workers=1
) -> dict[str, Path]:
    """Preprocess a release; the files it wrote."""
    paths = {output: out / file for output, file in OUTPUTS.items()}
    dataset = {"name": name, "path": "unused"}
    every = params_with(dataset=dataset, preprocess=params.model_dump())
    preprocess(every, release=release, to=out, workers=workers)
    return paths


def png(image: np.ndarray) -> bytes:
    return cv2.imencode(".png", image)[1].tobytes()


@lru_cache
def faces(count: int = 2) -> tuple[np.ndarray, ...]:
    """Frames, (490, 640) uint8, in which the mesh finds a face."""
    animation = Animation(params_with().synthesize, 1, 1)
    return tuple(animation.frame(k) for k in range(count))


def write_video(path: Path, images: Iterable[np.ndarray], code: str = "MJPG") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    images = list(images)
    size = images[0].shape[::-1] if images else (640, 490)
    writer = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*code), 25, size)
    for image in images:
        writer.write(cv2.cvtColor(image, cv2.COLOR_GRAY2BGR))
    writer.release()
    return path


def write_pictures(path: Path, images: Iterable[np.ndarray]) -> Path:
    path.mkdir(parents=True, exist_ok=True)
    for number, image in enumerate(images, 1):
        (path / f"frame_{number}.png").write_bytes(png(image))
    return path


def write_table(folder: Path, *rows: str, columns: str = "subject,label,path") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "sequences.csv").write_text("\n".join([columns, *rows, ""]), encoding="utf-8")
    return folder
