"""The whole benchmark on a handful of people, by each engine, in copies of the project."""

import ast
import hashlib
import json
import re
import signal
import sys
from fnmatch import fnmatch
from importlib.util import source_from_cache
from pathlib import Path

import pytest

import engines
from ferbench.config.sources import NONE, SOURCES
from projects import call, run, start

PACKAGE = engines.ROOT / "src/ferbench"


def plumbing() -> set[str]:
    """What every command opens and no result depends on, packages' docstrings among it."""
    files = [*(PACKAGE / "cli").glob("*.py"), *(PACKAGE / "config").glob("*.py")]
    files += [PACKAGE / name for name in NONE]
    files += [
        path for path in PACKAGE.rglob("__init__.py") if len(ast.parse(path.read_text()).body) == 1
    ]
    return {path.relative_to(engines.ROOT).as_posix() for path in [*files, PACKAGE / "__init__.py"]}


@pytest.fixture(scope="module")
def jobs(project: Path) -> dict[str, engines.Job]:
    return engines.snakemake_jobs(project)


def checksums(root: Path) -> dict[str, str]:
    files = sorted(
        path
        for path in (root / "results").rglob("*")
        if path.is_file() and path.parent != root / engines.CONTROLS
    )
    return {
        path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files
    }


def left_for_git(root: Path) -> list[str]:
    """What a run leaves to be committed."""
    return call(root, "git", "status", "--porcelain", ":!results/compare").splitlines()


def test_results_are_the_declared_outputs(project: Path, jobs: dict[str, engines.Job]) -> None:
    declared = frozenset().union(*(job.outputs for job in jobs.values()))
    assert checksums(project).keys() == declared


def test_nothing_is_left_to_do(project: Path) -> None:
    assert engines.snakemake_stale(project) == set()
    assert left_for_git(project) == []


def test_table_says_what_the_data_are(project: Path) -> None:
    assert "SYNTHETIC" in (project / "results/compare/table.md").read_text()


def test_store_holds_a_run_per_fit_and_architecture(project: Path) -> None:
    from mlflow import MlflowClient

    client = MlflowClient(f"sqlite:///{project / 'mlflow.db'}")
    found = client.search_experiments()
    runs = client.search_runs([experiment.experiment_id for experiment in found])
    parents = [run for run in runs if "mlflow.parentRunId" not in run.data.tags]
    architectures = len(engines.names(project))
    assert (len(parents), len(runs)) == (architectures, architectures * (1 + 2))


def test_opened_sources_are_declared(project: Path, jobs: dict[str, engines.Job]) -> None:
    opened: dict[str, set[str]] = {command: set() for command in jobs}
    for line in (project.parent / "notes.tsv").read_text().splitlines():
        command, name = line.split("\t")
        path = Path(source_from_cache(name) if name.endswith(".pyc") else name)
        opened[command].add(path.relative_to(project).as_posix())
    declared = {
        command: {name for name in job.inputs if name.startswith("src/")}
        for command, job in jobs.items()
    }
    passed = plumbing()
    undeclared = {
        " ".join(command.split()[:4]): sorted(opened[command] - declared[command] - passed)
        for command in jobs
        if opened[command] - declared[command] - passed
    }
    assert not undeclared


def test_every_declaration_is_needed(project: Path, jobs: dict[str, engines.Job]) -> None:
    """Of each package, or file, that a step declares, it opens something."""
    opened: dict[str, set[str]] = {step: set() for step in SOURCES}
    for line in (project.parent / "notes.tsv").read_text().splitlines():
        command, name = line.split("\t")
        path = Path(source_from_cache(name) if name.endswith(".pyc") else name)
        if (step := command.split()[1]) in opened:
            opened[step].add(path.relative_to(project / "src/ferbench").as_posix())
    for step, patterns in SOURCES.items():
        for pattern in patterns:
            shape = re.sub(r"\{\w+\}", "*", pattern)
            shape = shape if Path(shape).suffix else f"{shape}/*.py"
            found = [name for name in opened[step] if fnmatch(name, shape)]
            assert [one for one in found if not one.endswith("__init__.py")] or (
                shape.endswith("__init__.py") and found
            ), f"{step} opens nothing of {pattern}"


def test_dvc_shows_the_result(project: Path) -> None:
    assert "track" in call(project, "dvc", "dag")
    shown = json.loads(call(project, "dvc", "metrics", "show", "--json"))
    rates = shown[""]["data"]["results/compare/error_rates.json"]["data"]["error_rate"]
    assert rates.keys() > set(engines.names(project))
    assert json.loads(call(project, "dvc", "params", "diff", "--json")) == {}


def test_terminated_fit_leaves_nothing(
    project: Path, jobs: dict[str, engines.Job], tmp_path: Path
) -> None:
    content = (project / "params.yaml").read_text()
    endless = content.replace("epochs: 1\n", "epochs: 1000000\n").replace(
        "patience: ", "patience: 1000000"
    )
    (tmp_path / "params.yaml").write_text(endless)
    (command,) = (name for name in jobs if "train --architecture lstm --fold 0" in name)
    arguments = command.replace("results/train/", f"{tmp_path}/out/").split()[1:]
    ferbench = Path(sys.executable).with_name("ferbench")
    with start(project, ferbench, "--params", tmp_path / "params.yaml", *arguments) as fit:
        assert fit.stdout
        assert any(line.startswith("epoch   2") for line in fit.stdout)
        fit.send_signal(signal.SIGTERM)
        fit.stdout.read()
        assert fit.wait(timeout=30) != 0
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [tmp_path / "params.yaml"]


@pytest.mark.heavy
@pytest.mark.parametrize(
    ("command", "left"),
    [("snakemake --cores 1", []), ("dvc repro", ["?? dvc.lock"])],
)
def test_every_way_gives_the_same_bytes(
    command: str, left: list[str], project: Path, tmp_path: Path
) -> None:
    run(tmp_path, *command.split())
    other = tmp_path / "project"
    assert checksums(other) == checksums(project)
    assert left_for_git(other) == left
    if command == "dvc repro":
        assert engines.dvc_stale(other) == set()
