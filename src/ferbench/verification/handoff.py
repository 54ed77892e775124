"""Two engines in one folder: one at a time, and what one has finished the other takes over.

DVC compares contents, so it knows good results from stale ones whoever made them; all it lacks is a
record. Snakemake, without a record, believes what is newer than its inputs and would miss an edited
parameter. So a record is made only of results for which the other engine vouches.
"""

import atexit
import csv
import hashlib
import os
import re
import subprocess
import sys
from collections.abc import Collection, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any


class HandoverError(ValueError):
    """Why an engine must not go on, one line."""


@contextmanager
def alone() -> Iterator[None]:
    """Hold results/ by DVC's own lock: another DVC names this program and does not start.

    If this process dies, DVC finds it gone and forgets the lock.

    Raises:
        HandoverError: DVC is at work.
    """
    from dvc.fs import localfs
    from dvc.lock import LockError, make_lock
    from dvc.rwlock import rwlock

    folder = Path(".dvc/tmp").absolute()
    folder.mkdir(parents=True, exist_ok=True)
    results = str(Path("results").absolute())
    with ExitStack() as held:
        try:
            # DVC holds the first lock between stages, and an entry of the second during one.
            with make_lock(str(folder / "lock")):
                me = " ".join(sys.argv)  # as DVC writes it, so that it does not block itself
                held.enter_context(rwlock(str(folder), localfs, me, [], [results], False))
        except LockError as error:
            found = re.search(r"\(PID (\d+)\): (.*)", str(error))
            who = f"process {found[1]}, {found[2]}" if found else "another dvc command"
            message = f"results/ is in use by {who}; start again when that has ended"
            raise HandoverError(message) from None
        yield


def hold() -> None:
    """`alone`, until this process ends."""
    held = ExitStack()
    held.enter_context(alone())
    atexit.register(held.close)


def adopt_snakemake() -> None:
    """Let DVC record what Snakemake has finished; nothing runs.

    Raises:
        HandoverError: something is still to be done, was not made by Snakemake, or has changed
            since; or an engine is at work.
    """
    with _dvc() as repo:
        jobs = _summary()
        if stale := [row["rule"] for row in jobs.values() if row["plan"] != "no update"]:
            raise HandoverError(
                f"Snakemake's results are stale ({_some(stale)}); run snakemake first"
            )
        if unknown := [name for name, row in jobs.items() if row["log-file(s)"] == "-"]:
            raise HandoverError(
                f"Snakemake cannot tell whether these are stale, it has not made them: "
                f"{_some(unknown)}; run dvc repro, or snakemake --forceall"
            )
        if changed := _changed(jobs):
            raise HandoverError(
                f"changed since Snakemake made or read them: {_some(changed)}; run dvc repro, or "
                "snakemake --forceall"
            )
        stages = _stages(repo, jobs)
        if strangers := _strangers(stages, jobs):
            raise HandoverError(
                f"made by no step, but DVC would take them for inputs: {_some(strangers)}; "
                "remove them"
            )
        for stage in stages:  # as `dvc commit --force --no-relink`, which would cache archives too
            stage.save(run_cache=all(out.use_cache for out in stage.outs))
            stage.commit(relink=False)
        stages[0].dvcfile.dump_stages(stages, update_pipeline=False)
    print("DVC takes Snakemake's results for finished; `git add dvc.lock results` keeps the record")


def adopt_dvc() -> None:
    """Let Snakemake record what DVC has finished; nothing runs.

    Raises:
        HandoverError: DVC would run a stage, or an engine is at work.
    """
    with _dvc() as repo:
        ours = {stage.addressing for stage in _stages(repo, _summary())}
        if stale := [name for name in repo.status() if name in ours]:
            raise HandoverError(f"DVC's results are stale ({_some(stale)}); run dvc repro first")
        _snakemake("--touch", "--forceall", "--cores", "1", "--no-hooks")
    print("Snakemake takes DVC's results for finished")


@contextmanager
def _dvc() -> Iterator[Any]:
    """DVC's view of this folder, in which no engine works."""
    from dvc.exceptions import DvcException
    from dvc.repo import Repo, lock_repo
    from dvc.scm import SCMError

    try:
        found = Repo()
    except (DvcException, SCMError) as error:
        said = " ".join(str(error).split())
        raise HandoverError(f"no project of git and DVC here: {said}") from None
    with alone(), found as repo, lock_repo(repo):
        yield repo


def _snakemake(*arguments: str) -> str:
    """What it prints on standard output; HandoverError with its complaint."""
    command = ["snakemake", "--nocolor", *arguments]
    ran = subprocess.run(command, capture_output=True, text=True)
    if ran.returncode:
        raise HandoverError(" ".join(ran.stderr.split()))
    return ran.stdout


def _summary() -> dict[str, dict[str, str]]:
    """Every output of the benchmark, with what Snakemake says of it."""
    lines = _snakemake("--summary").splitlines()
    return {row["output_file"]: row for row in csv.DictReader(lines, delimiter="\t")}


def _changed(outputs: Iterable[str]) -> list[str]:
    """Files that are not those which the jobs behind `outputs` made or read.

    A file is as it was if its time is, or else if it has the content that later jobs have read.
    """
    from snakemake.persistence.file import FilePersistence

    records = FilePersistence()
    made: dict[str, float] = {}
    read: dict[str, set[str]] = {}
    for name in outputs:
        record = records._read_record(name)
        made[name] = record.endtime
        for source, checksum in record.input_checksums.items():
            read.setdefault(source, set()).add(checksum)
    return [
        name
        for name in sorted(made.keys() | read.keys())
        if Path(name).stat().st_mtime != made.get(name) and read.get(name) != {_checksum(name)}
    ]


def _checksum(name: str) -> str:
    with Path(name).open("rb") as file:
        return f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}"


def _stages(repo: Any, outputs: Collection[str]) -> list[Any]:
    """Those that make `outputs`; on real data Snakemake makes no synthetic ones."""
    return [s for s in repo.index.stages if any(_name(out) in outputs for out in s.outs)]


def _strangers(stages: Iterable[Any], outputs: Collection[str]) -> list[str]:
    """Files in folders of outputs on which a stage depends, that are none."""
    folders = {_name(dep) for stage in stages for dep in stage.deps if Path(_name(dep)).is_dir()}
    return sorted(
        str(file)
        for folder in folders
        if any(name.startswith(f"{folder}/") for name in outputs)
        for file in Path(folder).rglob("*")
        if file.is_file() and str(file) not in outputs
    )


def _name(item: Any) -> str:
    return str(os.path.relpath(item.fs_path, item.repo.root_dir))


def _some(names: Iterable[str], shown: int = 4) -> str:
    distinct = list(dict.fromkeys(names))
    more = f" and {len(distinct) - shown} more" if len(distinct) > shown else ""
    return ", ".join(distinct[:shown]) + more
