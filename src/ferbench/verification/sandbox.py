"""A temporary copy of the project, in which Snakemake makes results again."""

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from ferbench.config.params import SYNTHETIC_PATH

PATIENCE = 20
"""Seconds for jobs to end after SIGTERM, before they are killed; none of their files is kept."""


class FailedError(ValueError):
    """Why Snakemake failed, one line."""


def copy(project: Path, target: Path) -> None:
    """Copy what Snakemake needs of the working tree, with modification times, without results."""
    unwanted = shutil.ignore_patterns("__pycache__", "*.egg-info")
    for name in ("profiles", "src", "workflow"):
        shutil.copytree(project / name, target / name, ignore=unwanted)
    for name in ("Snakefile", "params.yaml"):
        shutil.copy2(project / name, target / name)


def copy_with_data(project: Path, folder: Path, data: str) -> Path:
    """Copy the project below `folder` so that params.yaml's `dataset.path` finds the same data.

    For a relative path that leads out of the project, the copy lies deep enough for the path to
    stay below `folder`; a symbolic link stands where the path ends. Returns the copy's folder.
    """
    place = folder.joinpath(*["up"] * Path(data).parts.count(".."), "project")
    copy(project, place)
    if data != SYNTHETIC_PATH and not Path(data).is_absolute():
        link = Path(os.path.normpath(place / data))
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to((project / data).resolve())
    return place


def snakemake(root: Path, *arguments: str, log: Path, say: Callable[[str], None]) -> None:
    """Run Snakemake in a copy with the copy's own sources; FailedError if it fails.

    What it prints goes to `log`; `say` is called with its line of progress after every job.
    """
    command = ["snakemake", "--nocolor", *arguments]
    programs = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    (root / "tmp").mkdir()  # temporary files of libraries are deleted with the copy
    folders = {"PYTHONPATH": str(root / "src"), "TMPDIR": str(root / "tmp")}
    environment = os.environ | {"PATH": programs} | folders
    with (
        log.open("w", buffering=1, encoding="utf-8") as file,
        subprocess.Popen(
            command,
            cwd=root,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,  # one process group, to end all jobs together
        ) as process,
    ):
        try:
            for line in process.stdout or ():
                file.write(line)
                if " steps (" in line:
                    say(line.strip())
        except BaseException:
            os.killpg(process.pid, signal.SIGTERM)
            try:
                process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
            raise
    if process.returncode:
        raise FailedError(_reason(log))


def _reason(log: Path) -> str:
    """The most telling line of a log: a step's own message, an exception's, or the last line."""
    lines = [line.strip() for line in log.read_text(encoding="utf-8").splitlines()]
    steps = [line.removeprefix("ferbench: ") for line in lines if line.startswith("ferbench: ")]
    exceptions = [line for line in lines if re.match(r"\w*(Error|Exception)\b", line)]
    return ["Snakemake printed nothing", *lines[-1:], *exceptions, *steps][-1]
