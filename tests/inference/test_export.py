"""Exported networks: the same answers without PyTorch, and nothing else is taken for one."""

import hashlib
import sys

import numpy as np
import onnx
import onnxruntime
import pytest
import torch

from ferbench.inference.export import Graph, export, largest_difference, trace
from ferbench.inference.exported import Exported
from ferbench.inference.model import Model
from ferbench.inference.stream import Stream
from ferbench.results.card import MEANING, write_card
from models_factory import ARCHITECTURES, read_card, rows, write_model
from small_store import CLASSES


@pytest.fixture(scope="module", params=ARCHITECTURES)
def both(request, tmp_path_factory):
    """Folders of a fit and of what was exported from it."""
    root = tmp_path_factory.mktemp(request.param)
    fit = write_model(root / "fit", request.param)
    export(fit, root / "exported")
    return fit, root / "exported"


@pytest.mark.parametrize("length", [1, 2, 23, 90])
def test_same_answers_at_every_length(both, length):
    fit, exported = (Model.read(folder) for folder in both)
    sequence = rows(length, fit.card.input)
    values = fit.describe(sequence)
    np.testing.assert_array_equal(values, exported.describe(sequence))
    for ours, theirs in zip(fit.posteriors(values), exported.posteriors(values), strict=True):
        np.testing.assert_allclose(theirs, ours, atol=1e-4)
        assert theirs.argmax(-1).tolist() == ours.argmax(-1).tolist()


def test_other_programs_can_use_the_file(both):
    fit, exported = both
    session = onnxruntime.InferenceSession(exported / "model.onnx")
    assert [value.name for value in session.get_inputs()] == ["input"]
    outputs = [(value.name, value.shape) for value in session.get_outputs()]
    assert outputs == [("frames", ["time", 6]), ("sequence", [6])]
    model = Model.read(fit)
    values = np.asarray(model.describe(rows(4, model.card.input)), np.float32)
    frames, _ = session.run(None, {"input": values})
    np.testing.assert_allclose(frames, model.posteriors(values)[0], atol=1e-4)


def test_the_card_says_what_was_done(both):
    fit, exported = both
    card, of_fit = read_card(exported), read_card(fit)
    said = card.pop("onnx")
    assert card == of_fit
    content = (exported / "model.onnx").read_bytes()
    assert said["sha256"] == hashlib.sha256(content).hexdigest()
    assert said["max_difference"] <= 1e-4
    assert onnx.load_from_string(content).opset_import[0].version == said["opset"]
    assert sorted(path.name for path in exported.iterdir()) == ["card.json", "model.onnx"]


@pytest.fixture
def exported(tmp_path):
    export(write_model(tmp_path / "fit"), tmp_path / "exported")
    return tmp_path / "exported"


def test_pca_and_no_reference(tmp_path):
    fit = write_model(tmp_path / "fit", variant="pca", reference="none")
    export(fit, tmp_path / "exported")
    values = Model.read(fit).describe(rows(5, "features"))
    assert values.shape == (5, 102)
    frames, _ = Model.read(tmp_path / "exported").posteriors(values)
    np.testing.assert_allclose(frames, Model.read(fit).posteriors(values)[0], atol=1e-4)


@pytest.mark.parametrize("name", ["lstm", "cnn_lstm"])
@pytest.mark.parametrize("seed", [None, 2])
def test_all_seeds_are_exported_or_one(tmp_path, name, seed):
    fit = write_model(tmp_path / "fit", name, seeds=(1, 2, 3))
    export(fit, tmp_path / "exported", seed)
    assert read_card(tmp_path / "exported")["onnx"]["seeds"] == ([1, 2, 3] if seed is None else [2])
    model, exported = Model.read(fit, seed), Model.read(tmp_path / "exported")
    values = model.describe(rows(23, model.card.input))
    for ours, theirs in zip(model.posteriors(values), exported.posteriors(values), strict=True):
        np.testing.assert_allclose(theirs, ours, atol=1e-4)
    with pytest.raises(ValueError, match="no seed 2; the model has the seed it was exported with"):
        Model.read(tmp_path / "exported", 2)


def test_the_same_model_gives_the_same_file(tmp_path, exported):
    export(tmp_path / "fit", tmp_path / "again")
    one, two = ((folder / "model.onnx").read_bytes() for folder in (exported, tmp_path / "again"))
    assert one == two


def flip_a_bit(folder):
    content = bytearray((folder / "model.onnx").read_bytes())
    content[len(content) // 2] ^= 1
    (folder / "model.onnx").write_bytes(content)


def replace(folder, content):
    """Another file, and its checksum in the card."""
    (folder / "model.onnx").write_bytes(content)
    onnx_said = read_card(folder)["onnx"] | {"sha256": hashlib.sha256(content).hexdigest()}
    write_card(folder, read_card(folder) | {"onnx": onnx_said})


def without_an_output(folder):
    stored = onnx.load(folder / "model.onnx")
    del stored.graph.output[1]
    replace(folder, stored.SerializeToString())


def other_classes(folder):
    assert "classes" in MEANING
    write_card(folder, read_card(folder) | {"classes": CLASSES[::-1]})


@pytest.mark.parametrize(("spoil", "said"), [
    (flip_a_bit, r"model\.onnx: damaged or replaced: onnx\.sha256"),
    (lambda folder: replace(folder, b"no ONNX"), r"model\.onnx: damaged ONNX"),
    (without_an_output, r"model\.onnx: not what `ferbench export`"),
    (other_classes, r"card\.json: classes: .*but model\.onnx was made with"),
    (lambda folder: (folder / "model.onnx").unlink(), r"model\.onnx: no such file"),
])  # fmt: skip
def test_what_is_not_whole_is_refused(exported, spoil, said):
    spoil(exported)
    with pytest.raises(ValueError, match=said):
        Model.read(exported)


@pytest.mark.parametrize("package", ["onnx", "onnxruntime"])
def test_without_the_extra(exported, tmp_path, monkeypatch, package):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(ValueError, match=r"pip install '\.\[onnx\]'"):
        export(tmp_path / "fit", tmp_path / "other")
    assert not (tmp_path / "other").exists()
    if package == "onnxruntime":
        with pytest.raises(ValueError, match=r"pip install '\.\[onnx\]'"):
            Model.read(exported)


def test_what_cannot_be_exported(exported, tmp_path):
    with pytest.raises(ValueError, match="is exported already"):
        export(exported, tmp_path / "other")
    with pytest.raises(ValueError, match="export into another folder"):
        export(tmp_path / "fit", tmp_path / "exported" / ".." / "fit")
    with pytest.raises(ValueError, match="to stream, use the fit's folder"):
        Stream(Model.read(exported))


def test_a_file_that_answers_otherwise_is_not_written(tmp_path, monkeypatch):
    whole = Graph.forward
    monkeypatch.setattr(Graph, "forward", lambda *given: tuple(x + 0.01 for x in whole(*given)))
    with pytest.raises(ValueError, match=r"answers otherwise than PyTorch: .* by 0\.01"):
        export(write_model(tmp_path / "fit"), tmp_path / "exported")
    assert list((tmp_path / "exported").iterdir()) == []


def test_a_network_that_answers_nan_is_not_written(tmp_path):
    fit = write_model(tmp_path / "fit")
    model = Model.read(fit)
    assert model.network is not None
    with torch.no_grad():
        for weight in model.network.parameters():
            weight.fill_(float("nan"))
    file = tmp_path / "model.onnx"
    trace(model, model.network, file)
    assert not largest_difference(model, Exported(file)) <= 1
