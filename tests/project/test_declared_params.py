"""A step reads no number that its stage does not declare: it runs where there is no other."""

from importlib import import_module
from inspect import signature
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest
import yaml

import engines
from checksums import differing, of_folder
from ferbench.config.params import load
from ferbench.config.schema import Params, Train
from ferbench.models import inputs
from ferbench.results.parts import read_fold

STAGES: dict[str, Any] = yaml.safe_load((engines.ROOT / "dvc.yaml").read_text())["stages"]
FITS = {"train-features": "lstm", "train-crops": "cnn"}
FOLDERS = {"data": "preprocess", "split": "split", "fits": "train", "baseline": "baseline"}
FOLDERS |= {"release": "synthesize", "compare": "compare"}


def declared(stage: str, every: Params) -> Params:
    """params.yaml with what the stage declares, and nothing else."""
    return _part(every, [key.replace("${item.architecture}", FITS.get(stage, "")).split(".")
                         for key in STAGES[stage]["params"]])  # fmt: skip


def _part(whole: Any, keys: list[list[str]]) -> Any:
    """A section, or a mapping, with the values at these paths alone."""
    if [] in keys:
        return whole
    names = dict.fromkeys(path[0] for path in keys)
    mapping = isinstance(whole, dict)
    values = {}
    for name in names:
        below = [path[1:] for path in keys if path[0] == name]
        values[name] = _part(whole[name] if mapping else getattr(whole, name), below)
    return values if mapping else type(whole).model_construct(**values)


@pytest.mark.parametrize("stage", [stage for stage in STAGES if stage != "report"])
def test_a_step_runs_on_what_it_declares(
    stage: str, project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path / 'mlflow.db'}")
    monkeypatch.chdir(project)
    word = stage.partition("-")[0]
    step = getattr(import_module(f"ferbench.steps.{word}"), word)
    results = project / "results"
    given: dict[str, Any] = {name: results / made for name, made in FOLDERS.items()}
    given |= {"architecture": FITS.get(stage), "fold": 0, "to": tmp_path / "made"}
    options = {name: given[name] for name in signature(step).parameters if name in given}
    step(declared(stage, load(project / "params.yaml")), **options)
    expected = results / (f"train/{FITS[stage]}/fold-0" if stage in FITS else word)
    made = of_folder(tmp_path / "made")
    assert made
    lines = of_folder(expected).splitlines(keepends=True)
    assert differing(made, "".join(line for line in lines if line.split()[1] in made)) == []


@pytest.mark.parametrize("frames", get_args(Train.model_fields["frames"].annotation))
@pytest.mark.parametrize("stage", ["baseline", *FITS])
def test_the_order_of_frames_is_drawn_from_what_is_declared(
    stage: str, frames: str, project: Path
) -> None:
    every = load(project / "params.yaml")
    changed = every.model_copy(update={"train": every.train.model_copy(update={"frames": frames})})
    kind = every.input_of(FITS.get(stage, "lstm"))
    results = project / "results"
    given: dict[str, Any] = {
        "data": results / "preprocess",
        "fold": read_fold(results / "split", 0),
    }
    expected, _ = inputs.read(changed, kind, **given)
    found, _ = inputs.read(declared(stage, changed), kind, **given)
    for part, examples in expected.items():
        for one, other in zip(examples, found[part], strict=True):
            np.testing.assert_array_equal(one.inputs, other.inputs)


def test_what_is_not_declared_is_not_there() -> None:
    every = load(engines.ROOT / "params.yaml")
    fit = declared("train-crops", every)
    assert fit.inputs["crops"] == every.inputs["crops"]
    assert list(fit.architectures) == ["crops"]
    assert list(fit.architectures["crops"]) == ["cnn"]
    with pytest.raises(AttributeError, match="compare"):
        assert fit.compare
    with pytest.raises(AttributeError, match="features"):
        assert fit.inputs.features
