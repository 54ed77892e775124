"""Two engines in one folder: one runs at a time, and each can take over the other's results.

DVC compares contents, so it tells good results from stale ones whichever engine made them; it only
lacks a record of them. Snakemake, without a record, trusts what is newer than its inputs and would
miss an edited parameter. So results are recorded for one engine only if the other calls them up to
date.
"""

import atexit
import csv
import os
import re
import subprocess
import sys
from collections.abc import Collection, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from ferbench.io.files import sha256

SHOWN = 4  # names in a complaint


class HandoffError(ValueError):
    """Why an engine must not go on, one line."""


@contextmanager
def alone() -> Iterator[None]:
    """Lock results/ with DVC's own lock, so that no DVC starts; its message names this program.

    HandoffError if DVC is running. If this process dies, DVC notices and ignores the lock.
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
            why = f"results/ is in use by {who}; start again when that has ended"
            raise HandoffError(why) from None
        yield


def hold() -> None:
    """`alone`, until this process ends."""
    held = ExitStack()
    held.enter_context(alone())
    atexit.register(held.close)


def adopt_snakemake() -> None:
    """Let DVC record what Snakemake has finished; nothing runs.

    HandoffError if something is still to be done, was not made by Snakemake, or has changed since;
    or if an engine is running.
    """
    with _dvc() as repo:
        jobs, rerun = _summary(), "run dvc repro, or snakemake --forceall"
        stale = [row["rule"] for row in jobs.values() if row["plan"] != "no update"]
        _refuse(stale, "Snakemake's results are stale ({}); run snakemake first")
        unknown = [name for name, row in jobs.items() if row["log-file(s)"] == "-"]
        why = "Snakemake cannot tell whether these are stale, it has not made them"
        _refuse(unknown, f"{why}: {{}}; {rerun}")
        _refuse(_changed(jobs), f"changed since Snakemake made or read them: {{}}; {rerun}")
        stages = _stages(repo, jobs)
        why = "made by no step, but DVC would take them for inputs"
        _refuse(_foreign(stages, jobs), f"{why}: {{}}; remove them")
        for stage in stages:  # as `dvc commit --force --no-relink`, which would cache archives too
            stage.save(run_cache=all(out.use_cache for out in stage.outs))
            stage.commit(relink=False)
        stages[0].dvcfile.dump_stages(stages, update_pipeline=False)
    print("DVC takes Snakemake's results for finished; `git add dvc.lock results` keeps the record")


def adopt_dvc() -> None:
    """Let Snakemake record what DVC has finished; nothing runs.

    HandoffError if DVC would run a stage, or an engine is running.
    """
    with _dvc() as repo:
        ours = {stage.addressing for stage in _stages(repo, _summary())}
        stale = [name for name in repo.status() if name in ours]
        _refuse(stale, "DVC's results are stale ({}); run dvc repro first")
        _snakemake("--touch", "--forceall", "--cores", "1", "--no-hooks")
    print("Snakemake takes DVC's results for finished")


@contextmanager
def _dvc() -> Iterator[Any]:
    """DVC's view of this folder, while no engine runs in it."""
    from dvc.exceptions import DvcException
    from dvc.repo import Repo, lock_repo
    from dvc.scm import SCMError

    try:
        found = Repo()
    except (DvcException, SCMError) as error:
        why = f"no project of git and DVC here: {' '.join(str(error).split())}"
        raise HandoffError(why) from None
    with alone(), found as repo, lock_repo(repo):
        yield repo


def _snakemake(*arguments: str) -> str:
    """What it prints on standard output; HandoffError with its complaint."""
    ran = subprocess.run(["snakemake", "--nocolor", *arguments], capture_output=True, text=True)
    if ran.returncode:
        raise HandoffError(" ".join(ran.stderr.split()))
    return ran.stdout


def _summary() -> dict[str, dict[str, str]]:
    """Snakemake's row of every output of the benchmark, by its path."""
    lines = _snakemake("--summary").splitlines()
    return {row["output_file"]: row for row in csv.DictReader(lines, delimiter="\t")}


def _changed(outputs: Iterable[str]) -> list[str]:
    """Files that have changed since the jobs behind `outputs` made or read them.

    A file is unchanged if its time is, or else if it has the content that later jobs have read.
    """
    from snakemake.persistence.file import FilePersistence

    records = FilePersistence()
    made, read = dict[str, float](), dict[str, set[str]]()
    for name in outputs:
        record = records._read_record(name)
        made[name] = record.endtime
        for source, checksum in record.input_checksums.items():
            read.setdefault(source, set()).add(checksum)
    return [
        name
        for name in sorted(made.keys() | read.keys())
        if Path(name).stat().st_mtime != made.get(name)
        and read.get(name) != {f"sha256:{sha256(Path(name))}"}
    ]


def _stages(repo: Any, outputs: Collection[str]) -> list[Any]:
    """Stages that make `outputs`; with real data Snakemake has no outputs of synthesize."""
    return [s for s in repo.index.stages if any(_name(out) in outputs for out in s.outs)]


def _foreign(stages: Iterable[Any], outputs: Collection[str]) -> list[str]:
    """Files that are no output, in folders of outputs on which a stage depends."""
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


def _refuse(names: Iterable[str], why: str) -> None:
    """Raise HandoffError if there are names; the first of them stand where `why` has braces."""
    if distinct := list(dict.fromkeys(names)):
        more = f" and {len(distinct) - SHOWN} more" if len(distinct) > SHOWN else ""
        raise HandoffError(why.format(", ".join(distinct[:SHOWN]) + more))
