"""Small releases in Cohn-Kanade's layout, written by hand: not faces, but frames with landmarks."""

import zipfile
from pathlib import Path

import cv2
import numpy as np

from ferbench.alignment import STABLE, TEMPLATE

CODES = {"anger": 1, "disgust": 3, "fear": 4, "happiness": 5, "sadness": 6, "surprise": 7}


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
                made[f"cohn-kanade-images/{stem}.png"] = cv2.imencode(".png", image)[1].tobytes()
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
