"""Copies of the project that are small enough to be run whole, and their programs."""

import os
import re
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import engines

FERBENCH = Path(sys.executable).with_name("ferbench")

# Stands in for `ferbench`, in worker processes too, and notes which of its files are opened.
RECORDER = """#!{python}
import os
import shlex
import sys

PATHS = (str, os.PathLike)


def note(event, given):
    name = os.path.abspath(given[0]) if event == "open" and isinstance(given[0], PATHS) else ""
    if name.startswith({package!r}):
        with open({notes!r}, "a") as notes:
            print(shlex.join(["ferbench", *sys.argv[1:]]), name, sep="\\t", file=notes)


sys.addaudithook(note)
from ferbench.cli import main

if __name__ == "__main__":
    main()
"""


def few(params: dict[str, Any]) -> None:
    """Six people, a few small frames, two folds, one epoch; every architecture."""
    made = params["synthesize"]
    made["people"]["count"] = 6
    made["length"] = {"shortest": 2, "mean": 3, "longest": 5}
    made["camera"].update(width=160, height=122)
    params["split"].update(k=2, validation=2)
    params["folds"] = [0, 1]
    params["train"]["seeds"] = [1, 2]
    for kind in params["inputs"].values():
        kind["recipe"].update(epochs=1, batch_size=4)  # several steps of training


def many_people(params: dict[str, Any]) -> None:
    """So many that a run of them does not end before the test."""
    params["synthesize"]["people"]["count"] = 999


def environment(root: Path) -> dict[str, str]:
    """Children run the copy's own sources and log to the copy's own store."""
    programs = [str(root.with_name("recorder")), str(Path(sys.executable).parent)]
    kept = {name: value for name, value in os.environ.items() if name != "MLFLOW_TRACKING_URI"}
    return kept | {
        "PATH": os.pathsep.join([*programs, os.environ["PATH"]]),
        "PYTHONPATH": str(root / "src"),
        "MLFLOW_DISABLE_TELEMETRY": "true",
    }


def ended(*command: object, **options: Any) -> subprocess.CompletedProcess[str]:
    """A program that has ended, however that was, and what it printed."""
    given = [str(part) for part in command]
    return subprocess.run(given, capture_output=True, encoding="utf-8", **options)


def call(root: Path, *command: str, **options: Any) -> str:
    """What a program prints."""
    ran = ended(*command, cwd=root, env=environment(root), **options)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return str(ran.stdout)


def start(root: Path, *command: str | Path, **options: Any) -> subprocess.Popen[str]:
    """A program that may go on; what it prints comes by its stdout, if `options` do not differ."""
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    return subprocess.Popen(
        command, cwd=root, env=environment(root) | {"TMPDIR": str(root.parent)}, **(pipes | options)
    )


def add_architecture_of_the_docs(root: Path) -> None:
    """The two touches that docs/extending.md shows, word for word: `gru`."""
    section = (engines.ROOT / "docs/extending.md").read_text().split("## ")[1]
    code = textwrap.dedent(section.split("```python\n")[1].split("   ```")[0])
    (root / "src/ferbench/models/architectures/gru.py").write_text(code)
    hidden = re.search(r"`architectures.features.gru: {hidden: (\d+)}`", section)
    assert hidden
    sizes = {"hidden": int(hidden[1])}
    engines.edit_params(root, lambda params: params["architectures"]["features"].update(gru=sizes))


def commit(root: Path, message: str) -> None:
    """Everything that git does not ignore."""
    call(root, "git", "add", ".")
    me = ["-c", "user.name=test", "-c", "user.email=test@localhost"]
    call(root, "git", *me, "commit", "--quiet", "--message", message)


def run(folder: Path, *command: str) -> None:
    """Do everything in a fresh, committed copy, `folder`/project."""
    root = engines.copy(folder / "project", few)
    recorder = folder / "recorder/ferbench"
    recorder.parent.mkdir()
    package, notes = str(root / "src/ferbench"), str(folder / "notes.tsv")
    recorder.write_text(RECORDER.format(python=sys.executable, package=f"{package}/", notes=notes))
    recorder.chmod(0o755)
    commit(root, "copy")
    call(root, *command)
