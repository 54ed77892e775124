"""The architecture and the dataset format of the docs, followed word for word."""

import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

import engines
from modules import loaded
from projects import add_architecture_of_the_docs, ended

NAME = "gru"


@pytest.fixture(scope="module")
def project(finished: Path, once: Callable[..., Path]) -> Path:
    """A copy in which both engines had nothing to do, and then its two touches."""

    def make(root: Path) -> None:
        shutil.copytree(finished, root)
        add_architecture_of_the_docs(root)

    return once("extended", make)


def test_only_its_fits_and_what_follows_run(project: Path) -> None:
    commands = engines.stale(project)
    fits = {command for command in commands if f"train --architecture {NAME} " in command}
    assert len(fits) == len(engines.params(project)["folds"])
    others = sorted(command.split()[1] for command in commands - fits)
    assert others == ["compare", "report", "track"]


def test_it_keeps_every_promise_of_an_architecture(project: Path) -> None:
    environment = os.environ | {"PYTHONPATH": str(project / "src")}
    tests = engines.ROOT / "tests/models/test_architectures.py"
    module = project / f"src/ferbench/models/architectures/{NAME}.py"
    checks: list[list[str | Path]] = [
        ["pytest", "-q", "-p", "no:cacheprovider", f"--rootdir={project}", "-k", NAME, tests],
        ["ruff", "check", "--config", engines.ROOT / "pyproject.toml", module],
        ["ruff", "format", "--check", "--config", engines.ROOT / "pyproject.toml", module],
    ]
    for check in checks:
        ran = ended(sys.executable, "-m", *check, cwd=project, env=environment)
        assert ran.returncode == 0, ran.stdout + ran.stderr


def test_the_third_format(tmp_path: Path) -> None:
    text = (engines.ROOT / "docs/data.md").read_text().split("## A third format")[1]
    code = text.split("```python\n")[1].split("```")[0]
    (tmp_path / "third.py").write_text(code)
    third = loaded(tmp_path / "third.py")
    frames = np.random.default_rng(0).integers(0, 256, (3, 48, 64), np.uint8)
    for subject in ("p1", "p2"):
        folder = tmp_path / "release" / subject / "anger"
        folder.mkdir(parents=True)
        for number, frame in enumerate(frames):
            cv2.imwrite(str(folder / f"{number}.png"), frame)
    release = third.read(tmp_path / "release")
    listed = [(one.id, one.subject, one.label) for one in release.sequences]
    assert listed == [("p1_anger", "p1", "anger"), ("p2_anger", "p2", "anger")]
    for one in release.sequences:
        np.testing.assert_array_equal([frame.image for frame in one.frames()], frames)
