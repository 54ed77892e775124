"""What several test files share; each is made once, however many processes run the tests."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import ferbench.determinism

import pytest
from filelock import FileLock
from tabulate import tabulate

import engines
from projects import call, commit, run

pytest_plugins = ["small_store"]


def pytest_report_header() -> list[str]:
    """Which machine adds itself to the proof that all give the same bytes."""
    return [ferbench.determinism.machine(), *ferbench.determinism.OUTSIDE]


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """The table of what `test_processors.py` found: step, processor, checksum."""
    reports = [one for kind in ("passed", "failed") for one in terminalreporter.getreports(kind)]
    found = [value for one in reports for key, value in one.user_properties if key == "proof"]
    cells = {(step, processor): digest for step, processor, digest in found}
    if cells:
        steps, processors = (list(dict.fromkeys(names)) for names in zip(*cells, strict=True))
        rows = [[step, *(cells.get((step, one), "") for one in processors)] for step in steps]
        terminalreporter.section("the same bytes on every processor")
        terminalreporter.write_line(tabulate(rows, ["SHA-256 of", *processors]))


@pytest.fixture(scope="session")
def once(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """`once(name, make)`: the folder that `make(folder)` filled, called by the first who asks."""
    base = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        base = base.parent  # the one folder that all processes of this run share

    def folder(name: str, make: Callable[[Path], object]) -> Path:
        made = base / f"{name}.made"
        with FileLock(base / f"{name}.lock"):
            if not made.exists():
                make(base / name)
                made.touch()
        return base / name

    return folder


@pytest.fixture(scope="session")
def finished(once: Callable[..., Path]) -> Path:
    """A copy of the project with two folds in which both engines have nothing to do; read-only."""

    def make(root: Path) -> None:
        engines.copy(root, lambda params: params.update(folds=[0, 1]))
        engines.finish(root)

    return once("finished", make)


@pytest.fixture(scope="session")
def project(once: Callable[..., Path]) -> Path:
    """The small benchmark, as `snakemake --cores 2` makes it; read-only."""
    return once("two-cores", lambda to: run(to, "snakemake", "--cores", "2")) / "project"


@pytest.fixture(scope="session")
def adopted(project: Path, once: Callable[..., Path]) -> Path:
    """The same when DVC has adopted it, all committed; read-only."""

    def make(root: Path) -> None:
        shutil.copytree(project, root)
        call(root, "ferbench", "adopt", "snakemake")
        commit(root, "results")

    return once("adopted", make)


@pytest.fixture
def copy(adopted: Path, tmp_path: Path) -> Iterator[Path]:
    """A finished and committed copy that both engines know, to change."""
    root = shutil.copytree(adopted, tmp_path / "copy")
    yield root
    shutil.rmtree(root)


@pytest.fixture
def study(
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
    once: Callable[..., Path],
    monkeypatch: pytest.MonkeyPatch,
) -> Path:
    """A working directory with two architectures of two folds, compared, and an empty store."""
    monkeypatch.setenv("MLFLOW_DISABLE_TELEMETRY", "true")  # before anything imports MLflow
    import tracked

    tracked.copy(once("study", tracked.write), tmp_path)
    # Where the store's lock is left.
    monkeypatch.setenv("TMPDIR", str(tmp_path_factory.mktemp("temporary")))
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path / 'mlflow.db'}")
    return tmp_path
