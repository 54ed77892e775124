"""The whole benchmark on a handful of people, by each engine, in copies of the project."""

import ast
import re
import signal
from fnmatch import fnmatch
from importlib.util import source_from_cache
from pathlib import Path

import pytest

import engines
from ferbench.config.sources import NONE, SOURCES
from ferbench.io.files import sha256
from projects import FERBENCH, call, run, start

PACKAGE = "src/ferbench"


def plumbing() -> set[str]:
    """What every command opens and no result depends on, packages' docstrings among it.

    The command line reads the text of all steps; their own each of them declares.
    """
    root = engines.ROOT / PACKAGE
    files = [*root.glob("cli/*.py"), *root.glob("config/*.py"), root / "__init__.py"]
    files += root.glob("steps/*.py")
    packages = root.rglob("__init__.py")
    files += [path for path in packages if len(ast.parse(path.read_text()).body) == 1]
    return {*NONE, *(path.relative_to(root).as_posix() for path in files)}


@pytest.fixture(scope="module")
def jobs(project: Path) -> dict[str, engines.Job]:
    return engines.snakemake_jobs(project)


@pytest.fixture(scope="module")
def opened(project: Path) -> dict[str, set[str]]:
    """Sources that each command opened, by their paths in the package."""
    found: dict[str, set[str]] = {}
    for line in (project.parent / "notes.tsv").read_text().splitlines():
        command, name = line.split("\t")
        path = Path(source_from_cache(name) if name.endswith(".pyc") else name)
        found.setdefault(command, set()).add(path.relative_to(project / PACKAGE).as_posix())
    return found


def checksums(root: Path) -> dict[str, str]:
    return {
        path.relative_to(root).as_posix(): sha256(path)
        for path in (root / "results").rglob("*")
        if path.is_file() and path.parent != root / engines.CONTROLS
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


def test_store_holds_a_run_per_fit_and_architecture(project: Path) -> None:
    from mlflow import MlflowClient

    client = MlflowClient(f"sqlite:///{project / 'mlflow.db'}")
    found = client.search_experiments()
    runs = client.search_runs([experiment.experiment_id for experiment in found])
    parents = [run for run in runs if "mlflow.parentRunId" not in run.data.tags]
    architectures = len(engines.names(project))
    assert (len(parents), len(runs)) == (architectures, architectures * (1 + 2))


def test_opened_sources_are_declared(opened: dict[str, set[str]], jobs: dict[str, engines.Job]):
    assert opened.keys() <= jobs.keys()
    undeclared = {}
    for command, job in jobs.items():
        declared = {name.removeprefix(f"{PACKAGE}/") for name in job.inputs}
        if left := opened.get(command, set()) - declared - plumbing():
            undeclared[" ".join(command.split()[:4])] = sorted(left)
    assert not undeclared


def test_every_declaration_is_needed(opened: dict[str, set[str]]) -> None:
    """Of each package, or file, that a step declares, it opens something."""
    for step, patterns in SOURCES.items():
        names = set().union(*(opened[one] for one in opened if one.split()[1] == step))
        for pattern in patterns:
            shape = re.sub(r"\{\w+\}", "*", pattern)
            shape = shape if Path(shape).suffix else f"{shape}/*.py"
            found = [name for name in names if fnmatch(name, shape)]
            assert [one for one in found if not one.endswith("__init__.py")] or (
                shape.endswith("__init__.py") and found
            ), f"{step} opens nothing of {pattern}"


def test_terminated_fit_leaves_nothing(project: Path, jobs: dict[str, engines.Job], tmp_path: Path):
    content = (project / "params.yaml").read_text()
    endless = content.replace("epochs: 1\n", "epochs: 1000000\n")
    endless = endless.replace("patience: ", "patience: 1000000")
    (tmp_path / "params.yaml").write_text(endless)
    (command,) = (name for name in jobs if "train --architecture lstm --fold 0" in name)
    arguments = command.replace("results/train/", f"{tmp_path}/out/").split()[1:]
    with start(project, FERBENCH, "--params", tmp_path / "params.yaml", *arguments) as fit:
        assert fit.stdout
        assert any(line.startswith("epoch   2") for line in fit.stdout)
        fit.send_signal(signal.SIGTERM)
        fit.stdout.read()
        assert fit.wait(timeout=30) != 0
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [tmp_path / "params.yaml"]


@pytest.mark.heavy
@pytest.mark.parametrize(
    ("command", "left"), [("snakemake --cores 1", []), ("dvc repro", ["?? dvc.lock"])]
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
