"""params.yaml and its schema: what is wrong is named, with its line."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import yaml

from ferbench.config.params import ParamsError, check_engine_config, load
from ferbench.models import architectures

TEXT = Path("params.yaml").read_text()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "params.yaml"


def written(file: Path, old: str, new: str) -> Any:
    """The project's file with another text in one place; what it holds."""
    assert old in TEXT
    file.write_text(TEXT.replace(old, new, 1))
    return yaml.safe_load(file.read_text())


def edited(file: Path, change: Callable[[Any], object]) -> Any:
    """The project's file after a change; what it holds."""
    content = yaml.safe_load(TEXT)
    change(content)
    file.write_text(yaml.safe_dump(content, sort_keys=False))
    return content


def line(file: Path, text: str) -> int:
    return next(n for n, row in enumerate(file.read_text().split("\n"), 1) if text in row)


def test_the_projects_own_file_is_valid():
    assert load(Path("params.yaml")).folds


@pytest.mark.parametrize(("old", "new", "key"), [
    ("  k: 5", "  k: 1", "split.k"),
    ("  by: subject", "  by: person", "split.by"),
    ("  labels: true", "  labels: false", "split.labels"),
    ("  size: 48", "  sise: 48", "preprocess.sise"),
    ("      learning_rate: 0.002", "      learning_rate: -1", "learning_rate"),
    ("      weight_decay: 0.01", "      weight_decay: .inf", "weight_decay"),
    ("  size: 48", "  classes: 48", "classes: twice"),
    ("- 1\n", "- -1\n", "folds.1"),
    ("    variant: geometric", "    variant: faces", "inputs.features.variant"),
    ("    recipe:   ", "    recepy:   ", "inputs.features.recepy"),
    ("  accelerator: cpu", "  accelerator: abacus", "train.accelerator"),
    ("  name: cohn_kanade", "  name: mmi", "dataset.name: no format of that name"),
    ("    lstm:", "    transformer:", "architectures.features.transformer: no such archit"),
    ("  path: results/synthesize", "  path: results/synthesize/", "write it as results/synth"),
])  # fmt: skip
def test_errors_name_file_line_and_key_before_anything_runs(file, old, new, key):
    content = written(file, old, new)
    with pytest.raises(ParamsError) as error:
        check_engine_config(file, content)
    message = str(error.value)
    assert "\n" not in message
    assert f"{file}:{line(file, new.strip())}: " in message
    assert key in message


@pytest.mark.parametrize(("change", "said"), [
    (lambda content: content.pop("split"), "split: missing"),
    (lambda content: content.update(folds=[0, 0]), "folds: names one thing twice"),
    (lambda content: content["train"].update(seeds=[]), r"train\.seeds: .*at least 1"),
    (lambda content: content["train"].update(seeds=[2, 1, 2]), r"train\.seeds: names one thing tw"),
    (lambda content: content.update(architectures={"features": {}}), "names no architecture"),
    (lambda content: content["architectures"]["crops"].update(lstm={"hidden": 3}),
     "architectures: lstm stands under two inputs"),
    (lambda content: content["architectures"].update(sound={"gru": {"hidden": 3}}),
     r"architectures\.sound: no such section of inputs"),
])  # fmt: skip
def test_what_does_not_fit_together(file, change, said):
    edited(file, change)
    with pytest.raises(ParamsError, match=said) as error:
        load(file)
    assert len(str(error.value)) < 200  # not the whole file


def test_a_further_input_needs_no_line_of_the_schema(file):
    def with_sound(content, *, lacking=None):
        recipe = content["inputs"]["crops"]["recipe"]
        kept = {key: value for key, value in recipe.items() if key != lacking}
        content["inputs"]["sound"] = {"recipe": kept}
        content["architectures"]["sound"] = {"gru": {"hidden": 3}}

    edited(file, with_sound)
    params = load(file)
    assert params.input_of("gru") == "sound"
    assert params.inputs["sound"].recipe == params.inputs["crops"].recipe
    edited(file, partial(with_sound, lacking="epochs"))
    with pytest.raises(ParamsError, match=r"inputs\.sound\.recipe\.epochs: missing"):
        load(file)


@pytest.mark.parametrize("text", ["", "- 1", "a: [", "a: b: c"])
def test_not_a_mapping(file, text):
    file.write_text(text)
    with pytest.raises(ParamsError, match=r"params\.yaml"):
        load(file)


def test_architecture_numbers_are_checked_by_their_module(file):
    written(file, "    hidden: 253", "    hidden: 0")
    with pytest.raises(ParamsError, match=r"architectures\.features\.rnn\.hidden") as error:
        architectures.read(load(file), "rnn")
    assert f"{file}:{line(file, 'hidden: 0')}:" in str(error.value)
    with pytest.raises(ParamsError, match="no 'none', only rnn, lstm"):
        architectures.read(load(file), "none")


def test_architecture_without_a_file(file):
    written(file, "  rnn:\n", "  elman:\n")
    with pytest.raises(ValueError, match=r"src/ferbench/models/architectures/elman\.py"):
        architectures.read(load(file), "elman")


def test_engine_overrides_are_refused():
    config = yaml.safe_load(TEXT)
    check_engine_config(Path("params.yaml"), config)
    elsewhere = config["dataset"] | {"path": "elsewhere"}
    for key, value in {"folds": [0], "dataset": elsewhere, "more": 1}.items():
        with pytest.raises(ParamsError, match=f" {key}: overridden"):
            check_engine_config(Path("params.yaml"), config | {key: value})


def test_a_dataset_that_is_not_there_is_refused_before_anything_runs(file, tmp_path):
    config = written(file, "  path: results/synthesize", f"  path: {tmp_path}/ck+")
    with pytest.raises(ParamsError, match=r"docs/data\.md says how to request Cohn-Kanade") as why:
        check_engine_config(file, config)
    said = f"{file}:{line(file, 'path:')}: dataset.path: no folder {tmp_path}/ck+"
    assert said in str(why.value)
    (tmp_path / "ck+").mkdir()
    check_engine_config(file, config)


@pytest.mark.parametrize(("change", "said"), [
    (lambda content: content["architectures"]["crops"].update(
        lstm=content["architectures"]["features"].pop("lstm")),
     r"architectures\.crops\.lstm: it reads features; move it to architectures\.features"),
    (lambda content: content["inputs"].update(contuor=content["inputs"]["crops"]),
     r"inputs\.contuor: no input of that name: expected src/"),
    (lambda content: content["inputs"]["crops"].update(variant="rgb"),
     r"inputs\.crops\.variant: .*found 'rgb'"),
])  # fmt: skip
def test_what_a_fit_would_stumble_over_is_refused_at_the_start(file, change, said):
    content = edited(file, change)
    with pytest.raises(ParamsError, match=rf"params\.yaml:\d+: {said}"):
        check_engine_config(file, content)


def test_a_file_of_the_older_layout_is_named_as_such(file):
    def older(content):
        content["architectures"] = {"lstm": {"hidden": 120}}
        content["train"]["recipes"] = content.pop("inputs")

    edited(file, older)
    with pytest.raises(ParamsError, match=r"older version; CHANGELOG\.md says what moved"):
        load(file)


def test_another_folder_is_told_where_to_go(file):
    with pytest.raises(ParamsError, match=r"no such file; run this in the project's folder, or"):
        load(file)


def test_another_encoding_is_said_to_be_one(file):
    file.write_bytes(b"split: \xff\n")
    with pytest.raises(ParamsError, match=r"params\.yaml: not UTF-8: .*; save it as UTF-8"):
        load(file)
