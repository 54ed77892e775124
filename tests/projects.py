"""Copies of the project that are small enough to be run whole, and their programs."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any


def few(params: dict[str, Any]) -> None:
    """Six people, a few small frames, two folds, one epoch; every architecture."""
    made = params["synthesize"]
    made["people"]["count"] = 6
    made["length"] = {"shortest": 2, "mean": 3, "longest": 5}
    made["camera"].update(width=160, height=122)
    params["split"].update(k=2, validation=2)
    params["folds"] = [0, 1]
    for recipe in params["train"]["recipes"].values():
        recipe["epochs"] = 1


def environment(root: Path) -> dict[str, str]:
    """Children run the copy's own sources and log to the copy's own store."""
    programs = [str(root.with_name("recorder")), str(Path(sys.executable).parent)]
    kept = {name: value for name, value in os.environ.items() if name != "MLFLOW_TRACKING_URI"}
    return kept | {
        "PATH": os.pathsep.join([*programs, os.environ["PATH"]]),
        "PYTHONPATH": str(root / "src"),
        "MLFLOW_DISABLE_TELEMETRY": "true",
    }


def call(root: Path, *command: str, **options: Any) -> str:
    """What a program prints."""
    ran = subprocess.run(
        command, cwd=root, env=environment(root), capture_output=True, text=True, **options
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return str(ran.stdout)
