"""The project in a temporary copy, where Snakemake makes results again."""

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from ferbench.config.params import SYNTHETIC_PATH

FILES = ("Snakefile", "params.yaml")
FOLDERS = ("profiles", "src", "workflow")
PATIENCE = 20
"""Seconds in which jobs have to end when they are told to; nothing of theirs is kept."""


class FailedError(ValueError):
    """Why Snakemake failed, one line."""


def copy(project: Path, target: Path) -> None:
    """All that Snakemake needs of the working tree, with its times, and no results."""
    unwanted = shutil.ignore_patterns("__pycache__", "*.egg-info")
    for name in FOLDERS:
        shutil.copytree(project / name, target / name, ignore=unwanted)
    for name in FILES:
        shutil.copy2(project / name, target / name)


def copy_beside_data(project: Path, folder: Path, data: str) -> Path:
    """A copy below `folder`, from which a relative path leads to the same data; where it stands."""
    place = folder.joinpath(*["up"] * Path(data).parts.count(".."), "project")
    copy(project, place)
    if data != SYNTHETIC_PATH and not Path(data).is_absolute():
        link = Path(os.path.normpath(place / data))
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to((project / data).resolve())
    return place


def snakemake(root: Path, *arguments: str, log: Path, say: Callable[[str], None]) -> None:
    """Run Snakemake in a copy, by the copy's own sources.

    Args:
        root: the copy.
        arguments: of Snakemake.
        log: to write: what it prints.
        say: called with a line whenever steps were done.

    Raises:
        FailedError: it failed.
    """
    command = ["snakemake", "--nocolor", *arguments]
    programs = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    (root / "tmp").mkdir()  # what libraries leave in such a folder goes with the copy
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
            start_new_session=True,  # so that all its jobs can be ended with it
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
    """The line of a log that says it best: a step's own, an exception's, or the last one."""
    said = [line.strip() for line in log.read_text(encoding="utf-8").splitlines()]
    steps = [line.removeprefix("ferbench: ") for line in said if line.startswith("ferbench: ")]
    exceptions = [line for line in said if re.match(r"\w*(Error|Exception)\b", line)]
    return ["nothing was said", *said[-1:], *exceptions, *steps][-1]
