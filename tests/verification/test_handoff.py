"""Each engine takes over what the other has finished; the two never run at once."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml
from dvc.lock import make_lock

import engines
from ferbench.verification.handoff import HandoffError, alone
from projects import call, commit, ended, environment, start

FOLLOWERS = set(engines.STEPS[engines.STEPS.index("compare") + 1 :])
Edit = Callable[[dict[str, Any]], None]


def decimals(params: dict[str, Any]) -> None:
    params["compare"]["decimals"] += 1


def endless(params: dict[str, Any]) -> None:
    for section in params["inputs"].values():
        section["recipe"].update(epochs=1000000, patience=1000000)


def steps(root: Path) -> list[str]:
    """Steps that both engines would run, but for those that follow the comparison."""
    words = [command.split()[1] for command in engines.stale(root)]
    return sorted(word for word in words if word not in FOLLOWERS)


def refusal(root: Path, *command: str) -> str:
    """The complaint of a program that fails and records nothing."""
    locked = (root / "dvc.lock").read_bytes()
    ran = ended(*command, cwd=root, env=environment(root), timeout=60)
    assert ran.returncode != 0
    assert "Traceback" not in ran.stderr
    assert (root / "dvc.lock").read_bytes() == locked
    return ran.stderr


def adopt_refused(root: Path, engine: str) -> str:
    said = refusal(root, "ferbench", "adopt", engine)
    assert said.startswith("ferbench: ")
    assert said.count("\n") == 1
    return said


def forget(root: Path) -> None:
    """As if Snakemake had never run here."""
    shutil.rmtree(root / ".snakemake")


def test_after_snakemake_dvc_has_nothing_to_do(project: Path, copy: Path) -> None:
    assert engines.stale(copy) == set()
    assert call(copy, "git", "status", "--porcelain") == ""
    ours, theirs = (
        {path.relative_to(root): path.stat().st_mtime_ns for path in root.glob("results/**/*.*")}
        for root in (project, copy)
    )
    assert ours == theirs


@pytest.mark.parametrize("edit", [engines.other_lstm, decimals])
def test_after_snakemake_dvc_runs_what_snakemake_would(edit: Edit, copy: Path) -> None:
    engines.edit_params(copy, edit)
    fits = ["train"] * len(engines.params(copy)["folds"]) if edit is engines.other_lstm else []
    assert steps(copy) == ["compare", *fits]


def test_after_dvc_snakemake_runs_what_dvc_would(copy: Path) -> None:
    forget(copy)
    engines.edit_params(copy, engines.other_lstm)
    # without a record Snakemake misses the edit of a number, but for the page that quotes the file
    assert {command.split()[1] for command in engines.snakemake_stale(copy)} == {"report"}
    assert len(engines.dvc_stale(copy)) > 1
    call(copy, "git", "checkout", "params.yaml")
    call(copy, "ferbench", "adopt", "dvc")
    assert engines.stale(copy) == set()
    engines.edit_params(copy, engines.other_lstm)
    fits = ["train"] * len(engines.params(copy)["folds"])
    assert steps(copy) == ["compare", *fits]


def test_the_cache_holds_what_git_does_not(adopted: Path) -> None:
    def cached(stage: Any) -> bool:
        return all(isinstance(out, str) for out in stage["outs"])

    stages = yaml.safe_load((adopted / "dvc.yaml").read_text())["stages"]
    steps = {stage.partition("-")[0] for stage in stages if cached(stages[stage])}
    assert steps.isdisjoint({"synthesize", "compare", "track"})
    files = [path for step in steps for path in (adopted / "results" / step).rglob("*.*")]
    stored = {path.read_bytes() for path in files if path.is_file()}
    cache = [path for path in (adopted / ".dvc/cache/files").rglob("*") if path.is_file()]
    assert {path.read_bytes() for path in cache} == stored
    tracked = call(adopted, "git", "ls-files", "results").split()
    assert {name.split("/")[1] for name in tracked} == {"compare", "controls"}


def test_stale_results_are_not_adopted(copy: Path) -> None:
    engines.edit_params(copy, engines.other_lstm)
    said = adopt_refused(copy, "snakemake")
    assert re.search(r"Snakemake's results are stale \(.*compare.*run snakemake first", said)
    said = adopt_refused(copy, "dvc")
    assert "DVC's results are stale (train-features@lstm-0, train-features@lstm-1, compare" in said
    assert said.endswith("; run dvc repro first\n")


def test_results_that_snakemake_did_not_make_are_not_adopted(copy: Path) -> None:
    forget(copy)
    assert engines.snakemake_stale(copy) == set()
    assert "it has not made them: " in adopt_refused(copy, "snakemake")


@pytest.mark.parametrize("name", ["compare/pairs.csv", "train/lstm/fold-0/history.csv"])
def test_results_changed_behind_snakemake_are_not_adopted(name: str, copy: Path) -> None:
    path = copy / "results" / name
    old = path.stat().st_mtime - 1  # older than what was made from it, so that Snakemake is content
    path.write_text(path.read_text().replace("1", "2"))
    os.utime(path, (old, old))
    assert engines.snakemake_stale(copy) == set()
    said = adopt_refused(copy, "snakemake")
    assert f"changed since Snakemake made or read them: results/{name};" in said


def test_the_same_bytes_at_another_time_are_adopted(copy: Path) -> None:
    call(copy, "dvc", "commit", "--force", "train-features@lstm-0")  # links its files anew
    assert engines.snakemake_stale(copy) == set()
    call(copy, "ferbench", "adopt", "snakemake")
    assert call(copy, "git", "status", "--porcelain") == ""


def test_files_that_no_step_made_are_not_adopted(copy: Path) -> None:
    left = copy / "results/train/removed/fold-0/card.json"
    left.parent.mkdir(parents=True)
    left.write_text("{}")
    said = adopt_refused(copy, "snakemake")
    assert "made by no step, but DVC would take them for inputs: results/train/removed" in said


@contextmanager
def working(root: Path, *command: str) -> Iterator[None]:
    """A program that has begun to write results, until the block ends."""
    silent = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with start(root, *command, **silent, start_new_session=True) as process:
        try:
            table = root / ".dvc/tmp/rwlock"
            until = time.monotonic() + 60
            while not (table.exists() and '"write"' in table.read_text()):
                assert process.poll() is None
                assert time.monotonic() < until
                time.sleep(0.1)
            yield
        finally:
            os.killpg(process.pid, signal.SIGKILL)


def adopts_nothing_beside(copy: Path, command: str) -> None:
    for engine in ("snakemake", "dvc"):
        said = adopt_refused(copy, engine)
        assert "results/ is in use by process " in said
        assert f"{command}; start again when that has ended" in said


def test_dvc_does_not_start_while_snakemake_works(copy: Path) -> None:
    engines.edit_params(copy, endless)
    summary = copy / "results/preprocess/summary.json"
    before = summary.stat()
    command = "snakemake --cores 1 results/train/lstm/fold-0/card.json"
    with working(copy, *command.split()):
        said = refusal(copy, "dvc", "repro")
        assert "is busy, it is being blocked by:" in said
        assert command in said
        adopts_nothing_beside(copy, command)
    after = summary.stat()  # that it was read changes none of these
    for what in ("st_ino", "st_mtime_ns", "st_ctime_ns"):
        assert getattr(after, what) == getattr(before, what)
    assert engines.dvc_stale(copy)  # it was killed, and yet holds nothing


def test_snakemake_does_not_start_while_dvc_works(copy: Path) -> None:
    engines.edit_params(copy, endless)
    command = "dvc repro --single-item train-features@lstm-0"
    with working(copy, *command.split()):
        said = refusal(copy, "snakemake", "--cores", "1")
        assert "results/ is in use by process " in said
        assert f"{command}; start again when that has ended" in said
        adopts_nothing_beside(copy, command)


@pytest.mark.parametrize("engine", ["snakemake", "dvc"])
def test_where_there_is_no_project_nothing_is_adopted(engine: str, tmp_path: Path) -> None:
    ran = ended("ferbench", "adopt", engine, cwd=tmp_path)
    assert ran.returncode == 1
    assert ran.stderr.startswith("ferbench: no project of git and DVC here: ")
    assert ran.stderr.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_between_two_stages_dvc_holds_results_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    with alone():
        held = json.loads(Path(".dvc/tmp/rwlock").read_text())["write"]
        assert held == {str(tmp_path / "results"): {"pid": os.getpid(), "cmd": " ".join(sys.argv)}}
    assert "write" not in json.loads(Path(".dvc/tmp/rwlock").read_text())
    refused = pytest.raises(HandoffError, match="in use by another dvc command")
    with make_lock(".dvc/tmp/lock"), refused, alone():
        pass


@pytest.mark.heavy
def test_to_and_fro_and_another_revision(copy: Path) -> None:
    engines.edit_params(copy, decimals)
    expected = engines.stale(copy)
    printed = call(copy, "dvc", "repro")
    ran = [line.split("'")[1] for line in printed.splitlines() if line.startswith("Running stage")]
    assert sorted(ran) == sorted(command.split()[1] for command in expected)
    call(copy, "ferbench", "adopt", "dvc")
    assert engines.stale(copy) == set()
    commit(copy, "second")
    engines.edit_params(copy, decimals)
    expected = engines.stale(copy)
    call(copy, "snakemake", "--cores", "2")
    call(copy, "ferbench", "adopt", "snakemake")
    assert engines.stale(copy) == set()
    commit(copy, "third")
    call(copy, "git", "checkout", "--quiet", "HEAD~1")
    call(copy, "dvc", "checkout")
    assert {command.split()[1] for command in engines.dvc_stale(copy)} <= {"track"}
    call(copy, "dvc", "repro")
    call(copy, "ferbench", "adopt", "dvc")
    assert engines.stale(copy) == set()
    engines.edit_params(copy, decimals)
    assert engines.stale(copy) == expected
