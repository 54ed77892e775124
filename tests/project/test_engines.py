"""Snakemake and DVC declare the same steps, under the same words, in the same way."""

import ast
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

import engines
from engines import ROOT, STEPS
from ferbench.config.schema import Params
from ferbench.results import layout
from modules import loaded

RULES = [ROOT / f"workflow/rules/{step}.smk" for step in STEPS]
TEXTS = {path.stem: path.read_text() for path in RULES}


@pytest.fixture(scope="session")
def project(once: Callable[..., Path]) -> Path:
    """A copy of the project, nothing done; read-only."""
    return once("project", engines.copy)


@pytest.fixture(scope="module")
def jobs(project: Path) -> dict[str, engines.Job]:
    return engines.snakemake_jobs(project)


def test_dvc_yaml_is_that_of_the_rules() -> None:
    made = loaded(ROOT / "tools/stages.py").text()
    assert (ROOT / "dvc.yaml").read_text() == made, "make stages"


def test_parity(project: Path, jobs: dict[str, engines.Job]) -> None:
    params = engines.params(project)
    folds, fits = len(params["folds"]), len(params["folds"]) * len(engines.names(project))
    assert len(jobs) == 2 * folds + fits + 5
    assert jobs == engines.dvc_jobs(project)


def test_one_word_per_step(jobs: dict[str, engines.Job]) -> None:
    words = set(STEPS)
    assert {path.stem for path in (ROOT / "workflow/rules").iterdir()} == words
    stages = yaml.safe_load((ROOT / "dvc.yaml").read_text())["stages"]
    assert {name.partition("-")[0] for name in stages} == words
    modules = {path.stem for path in (ROOT / "src/ferbench/steps").glob("[!_]*.py")}
    assert modules == set(layout.STEPS) == words
    assert words - {"report"} < set(Params.model_fields)  # it has no numbers of its own
    assert {command.split()[1] for command in jobs} == words


@pytest.mark.parametrize("step", STEPS)
def test_the_same_word_in_every_place(step: str, jobs: dict[str, engines.Job]) -> None:
    assert re.findall(r"^rule (\w+):", TEXTS[step], re.MULTILINE) == [step]
    module = ast.parse((ROOT / f"src/ferbench/steps/{step}.py").read_text())
    functions = [item.name for item in module.body if isinstance(item, ast.FunctionDef)]
    assert step in functions
    assert (ROOT / f"tests/steps/test_{step}.py").exists()
    of_step = [job for command, job in jobs.items() if command.split()[1] == step]
    outputs = frozenset().union(*(job.outputs for job in of_step))
    assert outputs
    assert all(name.startswith(f"results/{step}/") for name in outputs)


@pytest.mark.parametrize("path", [ROOT / "Snakefile", *RULES], ids=lambda path: path.name)
def test_nothing_is_hidden_in_code(path: Path) -> None:
    forbidden = r"\blambda\b|\brun:|\bscript:|\bdirectory\(|^\s*def "
    assert not re.findall(forbidden, path.read_text(), re.MULTILINE)


@pytest.mark.parametrize("step", STEPS)
def test_rule_is_complete(step: str) -> None:
    docstring = TEXTS[step].split('"""')[1]
    assert "Needs " in docstring
    assert "makes " in docstring
    parts = dict(re.findall(r"^    (\w+):(.*(?:\n {8}.*)*)", TEXTS[step], re.MULTILINE))
    assert parts.keys() >= {"input", "output", "log", "benchmark", "conda", "params", "shell"}
    for part in ("input", "output", "params"):
        items = re.findall(r"^ {8}(\S.*)", parts[part], re.MULTILINE)
        called = "|outputs|report" if part == "output" else ""
        assert all(re.match(rf"\w+=|[\])]{called}", item) for item in items)
    assert "> {log} 2>&1" in parts["shell"]


def test_overrides_are_refused(project: Path) -> None:
    with pytest.raises(subprocess.CalledProcessError) as refused:
        engines.snakemake(project, "--dry-run", "--config", "folds=[0]")
    assert re.search(r"params\.yaml: folds: .*edit the file", refused.value.output)


def test_invalid_parameters_stop_snakemake(once: Callable[..., Path]) -> None:
    project = once("invalid", lambda to: engines.copy(to, lambda params: params.update(folds=[])))
    with pytest.raises(subprocess.CalledProcessError) as refused:
        engines.snakemake(project, "--dry-run")
    assert re.search(r"params\.yaml:\d+: folds: ", refused.value.output)


def test_lint(project: Path) -> None:
    engines.snakemake(project, "--lint")
    subprocess.run(["snakefmt", "--check", "Snakefile", "workflow"], cwd=project, check=True)
