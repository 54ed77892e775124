"""What both engines would run in a folder, and why.

Each question is answered in a new process, forked from one that has both engines imported: that
takes half a second where starting them takes three.
"""

import multiprocessing
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import yaml

from ferbench.results import layout

ROOT = Path(__file__).parents[2]
STEPS = list(layout.STEPS)
FILES = ["Snakefile", "dvc.yaml", "params.yaml", ".gitignore", ".dvcignore"]
FILES += [".dvc/config", ".dvc/.gitignore"]
FOLDERS = [".dvc/plots", "controls", "profiles", "src", "workflow"]
CONTROLS = "results/controls"  # the one folder there that no step makes
CORES = "2"  # so that a rule's `threads` are what dvc.yaml says

forks = multiprocessing.get_context("forkserver")
forks.set_forkserver_preload(["dvc.repo.status", "networkx", "pandas", "snakemake.cli"])

Answer = TypeVar("Answer")


class Job(NamedTuple):
    """What a command needs and makes."""

    inputs: frozenset[str]
    outputs: frozenset[str]


def copy(target: Path, edit: Callable[[dict[str, Any]], None] = lambda _: None) -> Path:
    """The project as it is in the working tree, with the controls' tables for its only results.

    Its params.yaml is edited.
    """
    compiled = shutil.ignore_patterns("__pycache__", "*.egg-info")
    for name in FOLDERS:
        shutil.copytree(ROOT / name, target / name, ignore=compiled)
    shutil.copytree(ROOT / CONTROLS, target / CONTROLS)
    for name in FILES:
        (target / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, target / name)
    edit_params(target, edit)
    subprocess.run(["git", "init", "--quiet", target], check=True)
    return target


def params(root: Path) -> dict[str, Any]:
    """What its params.yaml holds."""
    content: dict[str, Any] = yaml.safe_load((root / "params.yaml").read_text())
    return content


def names(root: Path) -> list[str]:
    """Of the architectures of its params.yaml."""
    return [name for group in params(root)["architectures"].values() for name in group]


def edit_params(root: Path, edit: Callable[[dict[str, Any]], None]) -> None:
    """Keys keep their order, which Snakemake takes for part of a parameter."""
    changed = params(root)
    edit(changed)
    (root / "params.yaml").write_text(yaml.safe_dump(changed, sort_keys=False))


def other_lstm(params: dict[str, Any]) -> None:
    """An edit: another size of one architecture."""
    params["architectures"]["features"]["lstm"]["hidden"] = 7


def snakemake(root: Path, *arguments: str) -> str:
    """What `snakemake <arguments>` prints; CalledProcessError if it fails."""
    return _forked(_snakemake, root, arguments)


def snakemake_jobs(root: Path) -> dict[str, Job]:
    """Every job, by its command."""
    text = snakemake(root, "--dry-run", "--printshellcmds", "--forceall", "--cores", CORES)
    return {
        command: Job(_names(job.get("input")) - {"params.yaml"}, _names(job.get("output")))
        for command, job in _dry_run(text).items()
    }


def snakemake_stale(root: Path) -> set[str]:
    """Commands that would run."""
    return set(_dry_run(snakemake(root, "--dry-run", "--printshellcmds", "--cores", CORES)))


def dvc_jobs(root: Path) -> dict[str, Job]:
    """Every stage, by its command; a dependency on a folder stands for all that is in it."""
    return _forked(_dvc_jobs, root)


def dvc_stale(root: Path) -> set[str]:
    """Commands that would run: those with a change of their own, and all that follow."""
    return _forked(_dvc_stale, root)


def stale(root: Path) -> set[str]:
    """Commands that both engines would run; AssertionError if one would run others."""
    commands = snakemake_stale(root)
    assert commands == dvc_stale(root)
    return commands


def finish(root: Path) -> None:
    """Make both engines believe that everything is done."""
    for job in snakemake_jobs(root).values():
        for name in job.outputs:
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(name)
    snakemake(root, "--touch", "--forceall", "--cores", CORES)
    _forked(_dvc_commit, root)


def plain(command: str) -> str:
    """As the shell takes it: quoted only where that is needed."""
    return shlex.join(shlex.split(command))


def _dry_run(text: str) -> dict[str, dict[str, str]]:
    """Command to the fields of its job."""
    jobs = {}
    for block in re.split(r"^(?=(?:local)?rule )", text, flags=re.MULTILINE)[1:]:
        command = re.search(r"^Shell command: (.+)$", block, re.MULTILINE)
        if command and command[1] != "None":
            fields = re.findall(r"^    (\w+): (.+)$", block, re.MULTILINE)
            jobs[plain(command[1].partition(" > ")[0])] = dict(fields)
    return jobs


def _names(listed: str | None) -> frozenset[str]:
    return frozenset(listed.split(", ")) if listed else frozenset()


def _forked(call: Callable[..., Answer], root: Path, *arguments: Any) -> Answer:
    with ProcessPoolExecutor(1, forks, os.chdir, (root,)) as process:
        return process.submit(call, *arguments).result()


def _snakemake(arguments: Iterable[str]) -> str:
    from snakemake.cli import main

    command = ["--nocolor", *arguments]
    with tempfile.TemporaryFile("w+") as printed:
        for stream in (sys.stdout, sys.stderr):
            os.dup2(printed.fileno(), stream.fileno())
        try:
            main(command)
        except SystemExit as end:
            code = end.code
        sys.stdout.flush()
        sys.stderr.flush()
        printed.seek(0)
        text = printed.read()
    if code != 0:
        raise subprocess.CalledProcessError(1, ["snakemake", *command], text)
    return text


def _dvc_jobs() -> dict[str, Job]:
    from dvc.repo import Repo

    with Repo() as repo:
        stages = repo.index.stages

        def name(item: Any) -> str:
            return Path(item.fs_path).relative_to(repo.root_dir).as_posix()

        made = {name(out) for stage in stages for out in stage.outs}

        def stands_for(dependency: str) -> set[str]:
            outs = {out for out in made if out.startswith(f"{dependency}/")}
            return outs or _files(Path(repo.root_dir), dependency)

        def needs(stage: Any) -> frozenset[str]:
            names = {name(dependency) for dependency in stage.deps} - {"params.yaml"}
            return frozenset().union(*map(stands_for, names))

        return {plain(one.cmd): Job(needs(one), frozenset(map(name, one.outs))) for one in stages}


def _files(root: Path, name: str) -> set[str]:
    """A file, or those in a folder, but what Python compiled."""
    if not (root / name).is_dir():
        return {name}
    files = (path for path in (root / name).rglob("*") if path.is_file())
    return {path.relative_to(root).as_posix() for path in files if path.suffix != ".pyc"}


def _dvc_stale() -> set[str]:
    import networkx  # type: ignore[import-untyped]
    from dvc.repo import Repo, lock_repo

    with Repo() as repo, lock_repo(repo):  # held, so that the files are parsed once
        changed = repo.status().keys()
        graph = repo.index.graph  # from a stage to those it depends on
        chains = {stage: {stage, *networkx.descendants(graph, stage)} for stage in graph}
        changes = {stage for stage in graph if stage.addressing in changed}
        return {plain(stage.cmd) for stage, chain in chains.items() if changes & chain}


def _dvc_commit() -> None:
    from dvc.repo import Repo

    with Repo() as repo:
        repo.commit(force=True)
