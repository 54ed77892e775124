"""Reading a model: it says what it was trained to say, and nothing that does not fit is used."""

import json
import subprocess
import sys

import numpy as np
import pytest
from safetensors.numpy import load_file, save

from ferbench.faces.alignment import TEMPLATE
from ferbench.inference.model import Model
from ferbench.models import architectures, inputs
from ferbench.models.weights import read_weights
from ferbench.results.card import identity, write_card
from ferbench.results.layout import SEQUENCE_PREDICTIONS, WEIGHTS
from ferbench.results.parts import read_fold
from models_factory import (
    ARCHITECTURES,
    PLACE,
    aligned_store,
    read_card,
    rows,
    write_model,
    write_stored,
)
from small_store import CLASSES, posteriors, rows_of, run

BY_INPUT = {architectures.find(name).INPUT: name for name in ARCHITECTURES}
VARIANTS = [(kind, one) for kind in BY_INPUT for one in inputs.find(kind).VARIANTS or (None,)]


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_reads_every_architecture(tmp_path, name):
    model = Model.read(write_model(tmp_path, name))
    frames, whole = model.posteriors(model.describe(rows(9, model.card.input)))
    assert frames.shape == (9, 6)
    assert whole.shape == (6,)
    np.testing.assert_allclose(frames.sum(axis=1), 1, atol=1e-6)
    np.testing.assert_allclose(frames.mean(axis=0), whole, atol=1e-6)
    assert frames.std(axis=0).max() > 1e-3
    assert model.crop.model_dump() == PLACE
    assert model.card.classes == CLASSES


@pytest.mark.parametrize("reference", ["first_frame", "none"])
@pytest.mark.parametrize(("kind", "variant"), VARIANTS)
def test_describes_as_training_does(tmp_path, kind, variant, reference):
    fit = write_model(tmp_path, BY_INPUT[kind], variant=variant, reference=reference)
    described = inputs.find(kind).describe(rows(5, kind), variant, reference)
    np.testing.assert_array_equal(Model.read(fit).describe(rows(5, kind)), described)


@pytest.mark.parametrize("name", ["bilstm", "cnn_lstm"])
def test_says_of_a_test_sequence_what_the_fit_said(tmp_path, params, store, name):
    fit = run(params, aligned_store(tmp_path, store), tmp_path / "fit", name, split=store)
    model = Model.read(fit)
    said = {row["sequence"]: row for row in rows_of(fit / SEQUENCE_PREDICTIONS)}
    for row in read_fold(store, 0).parts["test"].sequences[:4]:
        frames = np.load(store / model.kind.ARRAY)[row.first : row.first + row.length]
        _, whole = model.posteriors(model.describe(frames))
        np.testing.assert_allclose(whole[None], posteriors([said[row.id]]), atol=1e-6)


def test_cards_of_older_fits_still_load(tmp_path):
    """They named a variant of features for every input, also inside the weights."""
    fit = write_model(tmp_path, "cnn")
    before, _ = Model.read(fit).posteriors(Model.read(fit).describe(rows(5, "crops")))
    card = read_card(fit)
    card["train"] = {"features": "geometric"} | card["train"]
    older = json.dumps(json.loads(identity(card)) | {"train.features": "geometric"})
    write_stored(fit, card, save(load_file(fit / WEIGHTS), {"card": older}))
    assert "train.features" in (read_weights(fit / WEIGHTS).identity or "")
    after, _ = Model.read(fit).posteriors(Model.read(fit).describe(rows(5, "crops")))
    np.testing.assert_array_equal(before, after)


def edited(**changes):
    return lambda folder: write_card(folder, read_card(folder) | changes)


def inside(key, **changes):
    """Change entries of a part of the card."""

    def edit(folder):
        card = read_card(folder)
        write_card(folder, card | {key: card[key] | changes})

    return edit


def weights(change, **card):
    """Other weights, with a card that knows them."""

    def edit(folder):
        arrays = load_file(folder / WEIGHTS)
        change(arrays)
        content = read_card(folder) | card
        write_stored(folder, content, save(arrays, {"card": identity(content)}))

    return edit


def overwrite(content):
    """Another file, and its checksum in the card."""

    return lambda folder: write_stored(folder, read_card(folder), content)


def without_identity(folder):
    write_stored(folder, read_card(folder), save(load_file(folder / WEIGHTS)))


REFUSED = {
    "no card": (lambda folder: (folder / "card.json").unlink(), r"card\.json: no such file"),
    "no JSON": (lambda f: (f / "card.json").write_text("{"), r"card\.json: not JSON"),
    "no object": (lambda f: (f / "card.json").write_text("[1]"), r"card\.json: the file: "),
    "no weights": (lambda f: (f / WEIGHTS).unlink(), r"weights\.safetensors: no such file"),
    "cut off": (lambda f: (f / WEIGHTS).write_bytes((f / WEIGHTS).read_bytes()[:-100]),
                r"weights\.safetensors: damaged or replaced"),
    "no safetensors": (overwrite(b"x" * 99), r"weights\.safetensors: damaged safetensors"),
    "a pickle": (overwrite(b"\x80\x04."), r"weights\.safetensors: damaged safetensors"),
    "no identity": (without_identity, r"weights\.safetensors: does not say what it is"),
    "class order": (edited(classes=CLASSES[::-1]), r"card\.json: classes: .* do not belong"),
    "stamp": (edited(synthetic=False), r"card\.json: synthetic: False, but weights"),
    "sizes": (edited(hyperparameters={"hidden": 12}), r"card\.json: hyperparameters: "),
    "place": (inside("preprocessing", eye_distance=0.4), r"card\.json: preprocessing: "),
    "reference": (inside("train", reference="none"), r"card\.json: train\.reference: 'none'"),
    "variant": (inside("train", features="pca"), r"card\.json: train\.features: 'pca'"),
    "unknown variant": (inside("train", features="moments"),
                        r"card\.json: train\.features: 'moments', expected one of geometric, pca"),
    "no variant": (edited(train={"reference": "none"}), r"card\.json: train\.features: None"),
    "no reference": (edited(train={"features": "pca"}), r"card\.json: train\.reference: Field"),
    "architecture": (edited(architecture="rnn"), r"card\.json: architecture: 'rnn', but"),
    "unknown": (weights(len, architecture="none"), r"no architecture 'none': expected src/"),
    "another input": (weights(len, input="crops"), r"architecture lstm is another here"),
    "template": (inside("preprocessing", template=(TEMPLATE + 0.01).tolist()),
                 r"card\.json: preprocessing\.template: .* use ferbench 0\.1\.0"),
    "no template": (edited(preprocessing=PLACE), r"preprocessing\.template: Field required"),
    "tensor missing": (weights(lambda arrays: arrays.pop("seed-1.readout.bias")),
                       r"seed-1\.readout\.bias: of shape none, expected \(6,\)"),
    "tensor more": (weights(lambda arrays: arrays.update(more=np.zeros(2))),
                    r"more: of shape \(2,\), expected none"),
    "no projection": (weights(lambda arrays: arrays.pop("input.mean")),
                      r"input\.mean: of shape none, expected \(30,\)"),
    "other shape": (weights(len, hyperparameters={"hidden": 12}),
                    r"seed-1\.readout\.weight: .*\(6, 120\), expected \(6, 12\)"),
    "bad sizes": (weights(len, hyperparameters={"hidden": -1}), r"hyperparameters: .*hidden"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_refuses_what_does_not_fit(tmp_path, case):
    edit, said = REFUSED[case]
    folder = write_model(tmp_path)
    edit(folder)
    with pytest.raises(ValueError, match=said) as raised:
        Model.read(folder)
    assert str(tmp_path) in str(raised.value) or "no architecture" in str(raised.value)
    assert "\n" not in str(raised.value)


def test_seeds_answer_with_their_mean_and_one_can_be_chosen(tmp_path):
    folder = write_model(tmp_path, seeds=(4, 2, 9))
    values = Model.read(folder).describe(rows(9, "features"))
    answers = [Model.read(folder, seed).posteriors(values) for seed in (4, 2, 9)]
    for part, together in enumerate(Model.read(folder).posteriors(values)):
        each = np.stack([answer[part] for answer in answers])
        assert each.std(axis=0).max() > 1e-3
        np.testing.assert_allclose(together, each.mean(axis=0), atol=1e-6)
    alone = Model.read(write_model(tmp_path / "alone", seeds=(2,)))
    np.testing.assert_array_equal(alone.posteriors(values)[1], answers[1][1])


def test_a_seed_that_the_model_does_not_have(tmp_path):
    folder = write_model(tmp_path, seeds=(4, 2))
    known = r"card\.json: no seed 1; the model has seeds \[4, 2\]$"
    with pytest.raises(ValueError, match=known) as raised:
        Model.read(folder, 1)
    assert "\n" not in str(raised.value)


def test_needs_no_lightning(tmp_path):
    """It costs seconds to import, and a model in use does not train."""
    code = "import sys; from ferbench.inference import export, live, predict; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"pytorch_lightning", "mlflow", "onnx", "onnxruntime"} & set(done.stdout.split())
