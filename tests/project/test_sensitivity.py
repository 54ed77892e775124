"""What changes in params.yaml or in an architecture's source, both engines see alike."""

import shutil
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

import engines
from ferbench.config.schema import Params
from ferbench.models import architectures

PARAMS = engines.params(engines.ROOT) | {"folds": [0, 1]}
Leaf = tuple[str, ...]


def leaves(section: dict[str, Any], path: Leaf = ()) -> Iterator[Leaf]:
    for key, value in section.items():
        if isinstance(value, dict):
            yield from leaves(value, (*path, key))
        else:
            yield (*path, key)


def schema(leaf: Leaf) -> Any:
    """The type of a leaf."""
    *sections, last = leaf
    model: Any = Params
    if sections[:1] == ["architectures"]:
        model, sections = architectures.find(leaf[2]).Params, []
    for key in sections:
        model = model.model_fields[key].annotation
    return model.model_fields[last].annotation


def valid(params: dict[str, Any]) -> bool:
    try:
        Params.model_validate(params)
        for group in params["architectures"].values():
            for name, sizes in group.items():
                architectures.find(name).Params(**sizes)
    except ValidationError:
        return False
    return True


def candidates(leaf: Leaf, value: Any) -> list[Any]:
    """Other values that might be valid."""
    known = {"dataset.name": "another", "dataset.path": "data/another", "preprocess.subjects": 3}
    if (key := ".".join(leaf)) in known:
        return [known[key]]
    allowed = TypeAdapter(schema(leaf)).json_schema()
    if "enum" in allowed or "const" in allowed:
        return [choice for choice in allowed.get("enum", []) if choice != value]
    match value:
        case bool():
            return [not value]
        case int():
            return [value + 1, value - 1]
        case float():
            return [value * 1.1, value * 0.9]
        case [*_, int() as last]:
            return [[*value, last + 1]]
        case list():
            return [value[::-1]]
        case _:
            return [f"{value}-another"]


def changed(leaf: Leaf) -> dict[str, Any] | None:
    """params.yaml with another valid value of one leaf; None if it has only one."""
    *sections, last = leaf
    for value in candidates(leaf, get(PARAMS, leaf)):
        params = deepcopy(PARAMS)
        get(params, sections)[last] = value
        if valid(params):
            return params
    return None


def get(params: Any, keys: Any) -> Any:
    for key in keys:
        params = params[key]
    return params


CHANGES = {leaf: changed(leaf) for leaf in leaves(PARAMS)}


@pytest.fixture
def project(finished: Path, tmp_path: Path) -> Iterator[Path]:
    """A finished copy to change, with another dataset to choose."""
    root = shutil.copytree(finished, tmp_path / "project")
    datasets = root / "src/ferbench/data/formats"
    shutil.copy(datasets / "cohn_kanade.py", datasets / "another.py")
    (root / "data/another").mkdir(parents=True)
    yield root
    shutil.rmtree(root)


def stale(project: Path) -> set[str]:
    """Commands that both engines would run, but for the report, which quotes everything."""
    return {command for command in engines.stale(project) if command.split()[1] != "report"}


def test_every_leaf_has_another_value() -> None:
    assert [leaf for leaf in CHANGES if CHANGES[leaf] is None] == []


LAST = ("compare", "track")
READERS: dict[str, tuple[str, ...]] = {
    "dataset": ("preprocess", "split", "baseline", "train", *LAST),
    "synthesize": ("synthesize", "preprocess", "split", "baseline", "train", *LAST),
    "preprocess": ("preprocess", "split", "baseline", "train", *LAST),
    "split": ("split", "baseline", "train", *LAST),
    "inputs.features.variant": ("baseline", "train features", *LAST),
    "inputs.features.recipe": ("train features", *LAST),
    "inputs.crops.recipe": ("train crops", *LAST),
    "train.seeds": ("train", *LAST),
    "train.threads": ("train", *LAST),
    "train.accelerator": ("train", *LAST),
    "train": ("baseline", "train", *LAST),
    "baseline": ("baseline", *LAST),
    "compare": LAST,
    "track": ("track",),
}
"""Steps that read what is below a key, and those after them; the longest key that fits holds."""


def expected(leaf: Leaf) -> tuple[str, ...]:
    """Steps that must run when a leaf changes; of `train` perhaps those of one input alone."""
    if leaf[0] == "architectures":
        return (f"train {leaf[2]}", *LAST)
    if leaf[0] == "folds":
        return ("split", "baseline", "train", *LAST)
    key = ".".join(leaf)
    fitting = [name for name in READERS if f"{key}.".startswith(f"{name}.")]
    return READERS[max(fitting, key=len)]


def step(command: str) -> set[str]:
    """What `expected` may call a command."""
    word, *arguments = command.split()[1:]
    if word != "train":
        return {word}
    name = arguments[1]
    (kind,) = (kind for kind, group in PARAMS["architectures"].items() if name in group)
    return {word, f"{word} {kind}", f"{word} {name}"}


@pytest.mark.parametrize("leaf", [leaf for leaf in CHANGES if CHANGES[leaf]], ids=".".join)
def test_both_engines_run_what_reads_it_and_no_more(leaf: Leaf, project: Path) -> None:
    engines.edit_params(project, lambda params: params.update(CHANGES[leaf] or {}))
    commands = stale(project)
    asked = set(expected(leaf))
    assert all(step(command) & asked for command in commands)
    if leaf[0] in ("folds", "dataset"):
        assert commands
        return
    every = {c for c in engines.snakemake_jobs(project) if step(c) & asked}
    assert commands == every


def test_an_untouched_project_has_nothing_to_do(finished: Path) -> None:
    assert engines.stale(finished) == set()


@pytest.mark.parametrize(
    "name", ["params.yaml", "src/ferbench/cli/__init__.py", "controls/leak.yaml"]
)
def test_the_report_quotes_params_and_sources(name: str, finished: Path, tmp_path: Path) -> None:
    root = shutil.copytree(finished, tmp_path / "project")
    with (root / name).open("a") as file:
        file.write("# a comment\n")
    commands = engines.stale(root)
    assert {command.split()[1] for command in commands} == {"report"}


def test_source_of_an_architecture(project: Path) -> None:
    with (project / "src/ferbench/models/architectures/lstm.py").open("a") as source:
        source.write("# edited\n")
    commands = stale(project)
    assert all(step(command) & {"train lstm", *LAST} for command in commands)
    assert len(commands) == len(PARAMS["folds"]) + len(LAST)


def test_a_new_fold(project: Path) -> None:
    before = set(engines.snakemake_jobs(project))
    engines.edit_params(project, lambda params: params["folds"].append(7))
    new = set(engines.snakemake_jobs(project)) - before
    assert len(new) == 2 + len(engines.names(project))  # one split, baseline, fit of each
    followers = {command for command in before if command.split()[1] in ("compare", "track")}
    assert stale(project) == new | followers


def test_a_fold_less(project: Path) -> None:
    engines.edit_params(project, lambda params: params["folds"].pop())
    assert {command.split()[1] for command in stale(project)} == {"compare", "track"}
