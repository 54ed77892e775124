"""The input kind of docs/extending.md, word for word: one module and its section of params.yaml."""

import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest
import yaml

import engines
from ferbench.config.params import load
from ferbench.faces.sequence import AlignedFace
from ferbench.inference.export import export
from ferbench.inference.model import Model
from ferbench.inference.stream import Stream
from ferbench.models import architectures, inputs
from ferbench.results.card import read_card, write_card
from ferbench.results.fits import read_job
from ferbench.results.parts import read_fold
from ferbench.steps.train import train
from models_factory import aligned_store
from models_factory import read_card as card_as_written
from small_store import write_params

ARCHITECTURE = """
from torch import nn
from ferbench.models.layers import OneLayer as Params

INPUT = "contour"
CAUSAL = MEMORY = True

class Network(nn.Module):
    def __init__(self, params, classes, width):
        super().__init__()
        self.recurrent = nn.GRU(width, params.hidden, batch_first=True)
        self.readout = nn.Linear(params.hidden, classes)

    def forward(self, points, lengths):
        return self.readout(self.recurrent(points)[0])
"""


@pytest.fixture(scope="module")
def registered(tmp_path_factory):
    """Both modules, each where the registry of its package looks."""
    text = (engines.ROOT / "docs/extending.md").read_text().split("## An input kind")[1]
    code = textwrap.dedent(text.split("```python\n")[1].split("   ```")[0])
    root = tmp_path_factory.mktemp("registered")
    with pytest.MonkeyPatch.context() as patch:
        for package, name, content in (
            (inputs, "contour", code),
            (architectures, "tiny", ARCHITECTURE),
        ):
            folder = root / package.__name__
            folder.mkdir()
            (folder / f"{name}.py").write_text(content)
            patch.setattr(package, "__path__", [*package.__path__, str(folder)])
        yield
    for name in ("ferbench.models.inputs.contour", "ferbench.models.architectures.tiny"):
        del sys.modules[name]


@pytest.fixture(scope="module")
def data(store, tmp_path_factory):
    return aligned_store(tmp_path_factory.mktemp("data"), store)


@pytest.fixture(scope="module")
def fit(registered, store, data, tmp_path_factory):
    """One epoch of the tiny network on the fold of the store."""
    root = tmp_path_factory.mktemp("third")
    recipe = yaml.safe_load(Path("params.yaml").read_text())["inputs"]["features"]["recipe"]
    section = {"variant": "mouth", "recipe": recipe | {"epochs": 1}}
    listed = {"inputs.contour": section, "architectures.contour": {"tiny": {"hidden": 4}}}
    params = load(write_params(root / "params.yaml", listed))
    train(params, architecture="tiny", fold=0, data=data, split=store, to=root / "fit")
    return root / "fit"


def faces(data, row):
    place = slice(row.first, row.first + row.length)
    crops, points = (np.load(data / name)[place] for name in ("frames.npy", "landmarks.npy"))
    return [AlignedFace(*pair, pair[1]) for pair in zip(crops, points, strict=True)]


def test_its_card_tells_the_variant(fit):
    card = read_card(fit)
    assert (card.input, card.variant, card.seeds[1].epochs) == ("contour", "mouth", 1)
    assert card.explained_variance is None


def test_a_model_says_of_new_faces_what_the_fit_said(fit, store, data):
    model, (read,) = Model.read(fit), read_job(fit)
    for row, said in zip(
        read_fold(store, 0).parts["test"].sequences, read.test.sequences.posteriors, strict=True
    ):
        rows = [model.row(face) for face in faces(data, row)]
        frames, whole = model.posteriors(model.describe(np.stack(rows)))
        np.testing.assert_allclose(whole, said, atol=1e-6)
        stream = Stream(model)
        np.testing.assert_allclose([stream.push(one)[0] for one in rows], frames, atol=1e-5)


def test_it_can_be_exported(fit, store, data, tmp_path):
    export(fit, tmp_path)
    assert card_as_written(tmp_path)["onnx"]["input"] == "contour points"
    row = read_fold(store, 0).parts["test"].sequences[0]
    answers = []
    for model in map(Model.read, (fit, tmp_path)):
        values = model.describe(np.stack([model.row(face) for face in faces(data, row)]))
        answers.append(model.posteriors(values)[0])
    np.testing.assert_allclose(answers[0], answers[1], atol=1e-4)


def test_another_variant_in_the_card_is_refused(fit, tmp_path):
    for path in fit.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    card = card_as_written(tmp_path)
    write_card(tmp_path, card | {"train": card["train"] | {"contour": "jaw"}})
    with pytest.raises(ValueError, match=r"train\.contour: 'jaw', but weights\.safetensors was"):
        Model.read(tmp_path)
