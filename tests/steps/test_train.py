"""A whole fit on a small store: what it writes, what it reads, and what it must not depend on."""

import hashlib
import math
import subprocess
import sys

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from ferbench.config.params import load
from ferbench.models import architectures, inputs
from ferbench.models.inputs import Projection
from ferbench.models.predictor import Predictor
from ferbench.models.training import fit_seed
from ferbench.models.weights import read_weights
from ferbench.results.card import read_card
from ferbench.results.fits import read_job
from ferbench.results.layout import (
    FRAME_PREDICTIONS,
    HISTORY,
    SEQUENCE_PREDICTIONS,
    TRAIN,
    TRUNCATED_PREDICTIONS,
    WEIGHTS,
)
from ferbench.results.parts import read_fold
from small_store import CLASSES, SUMMARY, posteriors, rows_of, run, write_params, write_parts


@pytest.fixture(scope="module", params=["lstm", "cnn_lstm"])
def fit(request, params, store, tmp_path_factory):
    return run(params, store, tmp_path_factory.mktemp("fit"), request.param)


def test_card_tells_all_that_is_needed(fit, params):
    card, every = read_card(fit), load(params)
    configured = every.architectures[card.input][card.architecture]
    assert card.hyperparameters == configured
    assert card.classes == CLASSES
    assert (card.data.sequences, card.data.unusable, card.data.skipped) == (72, 1, 5)
    assert card.class_weights == dict.fromkeys(CLASSES, 1)
    assert card.synthetic is True
    assert card.reference is False
    assert card.preprocessing == SUMMARY.preprocessing
    (trained,) = card.seeds.values()
    assert card.train["recipe"]["epochs"] == trained.epochs == 2
    assert card.variant == every.inputs[card.input].variant
    assert 1 <= trained.stopping_epoch <= 2
    assert trained.fit_seed == fit_seed(1, card.architecture, 0)
    assert card.weights_sha256 == hashlib.sha256((fit / WEIGHTS).read_bytes()).hexdigest()
    assert {"torch", "pytorch-lightning", "numpy", "ferbench"} == set(card.versions)


def test_the_reader_of_fits_takes_what_was_written(fit):
    (read,) = read_job(fit)
    assert len(read.history["train_loss"]) == 2
    assert sorted(path.name for path in fit.iterdir()) == sorted(TRAIN)
    assert [path.name for path in read.files] == list(TRAIN)


@pytest.mark.parametrize(("name", "told"), [("rnn", True), ("cnn", False)])
def test_a_card_tells_the_variant_of_its_own_input_alone(params, store, tmp_path, name, told):
    fit = run(params, store, tmp_path, name)
    first, said = next(iter(read_card(fit).train.items())), read_weights(fit / WEIGHTS).identity
    assert (first == ("features", "geometric")) == told
    assert ("features" in read_card(fit).train) == told
    assert ("train.features" in (said or "")) == told


def test_predictions_are_of_the_validation_and_test_parts(fit, store):
    parts = read_fold(store, 0).parts
    sequences, frames = rows_of(fit / SEQUENCE_PREDICTIONS), rows_of(fit / FRAME_PREDICTIONS)
    for part in ("validation", "test"):
        expected = parts[part].sequences
        found = [row for row in sequences if row["part"] == part]
        for row, true in zip(found, expected, strict=True):
            said = [row[key] for key in ("sequence", "subject", "label", "frames")]
            assert said == [true.id, true.subject, true.label, str(true.length)]
    for row in sequences:
        of_frames = posteriors(f for f in frames if f["sequence"] == row["sequence"])
        (of_sequence,) = posteriors([row])
        np.testing.assert_allclose(of_frames.mean(0), of_sequence, atol=1e-6)
        assert row["predicted"] == CLASSES[of_sequence.argmax()]
    assert {row["part"] for row in sequences + frames} == {"validation", "test"}


def test_truncated_predictions_are_of_the_beginnings_of_the_test_part(fit, store):
    """Both architectures are causal: a mean over frames of the whole is that of a beginning."""
    expected = read_fold(store, 0).parts["test"].sequences
    frames = [row for row in rows_of(fit / FRAME_PREDICTIONS) if row["part"] == "test"]
    rows = rows_of(fit / TRUNCATED_PREDICTIONS)
    assert len(rows) == 10 * len(expected)
    for number, row in enumerate(rows):
        true, tenths = expected[number // 10], number % 10 + 1
        count = math.ceil(true.length * tenths / 10)
        said = [row[key] for key in ("sequence", "subject", "label", "share", "frames")]
        assert said == [true.id, true.subject, true.label, f"{tenths / 10}", str(count)]
        of_frames = posteriors(f for f in frames if f["sequence"] == row["sequence"])
        (posterior,) = posteriors([row])
        np.testing.assert_allclose(posterior, of_frames[:count].mean(0), atol=1e-6)
        assert row["predicted"] == CLASSES[posterior.argmax()]


def test_the_mlp_is_a_reference(params, store, tmp_path):
    assert read_card(run(params, store, tmp_path, "mlp")).reference is True


def test_frames_shuffled_in_test_leave_the_weights(params, store, tmp_path):
    one = run(params, store, tmp_path / "one")
    two = run(params, store, tmp_path / "two", frames="shuffled_in_test")
    for name in (WEIGHTS, HISTORY):
        assert (one / name).read_bytes() == (two / name).read_bytes()
    answers = [(folder / SEQUENCE_PREDICTIONS).read_bytes() for folder in (one, two)]
    assert answers[0] != answers[1]
    assert read_card(two).frames == "shuffled_in_test"


def test_the_weights_and_the_card_alone_give_the_predictions(fit, store):
    card = read_card(fit)
    kind, module = inputs.find(card.input), architectures.find(card.architecture)
    width = inputs.width(card.input, card.preprocessing.size)
    network = module.Network(module.Params(**card.hyperparameters), len(card.classes), width)
    stored = load_file(fit / WEIGHTS)
    network.load_state_dict(
        {name.removeprefix("seed-1."): t for name, t in stored.items() if "seed-1." in name}
    )
    count = sum(tensor.numel() for name, tensor in stored.items() if "seed-1." in name)
    assert card.parameters.trainable == count
    row = read_fold(store, 0).parts["test"].sequences[0]
    frames = np.load(store / kind.ARRAY)[row.first : row.first + row.length]
    described = kind.describe(frames, card.variant, card.train["reference"])
    projection = None
    if kind.fitted(card.variant):
        mean, components = (stored[f"input.{name}"].numpy() for name in ("mean", "components"))
        projection = Projection(mean, components, 1.0)
    _, posterior = Predictor(network)(torch.from_numpy(inputs.ready(described, projection)))
    predicted = next(r for r in rows_of(fit / SEQUENCE_PREDICTIONS) if r["sequence"] == row.id)
    np.testing.assert_allclose(posterior[None], posteriors([predicted]), atol=1e-6)


def test_the_same_again_gives_the_same_bytes(params, store, tmp_path):
    one, two = (run(params, store, tmp_path / name) for name in ("one", "two"))
    assert all((one / name).read_bytes() == (two / name).read_bytes() for name in TRAIN)


@pytest.mark.parametrize("name", ["lstm", "cnn_lstm"])
def test_the_fits_of_a_job_do_not_influence_each_other(params, store, tmp_path, name):
    """Seed 1 after seed 2 in one process: to the byte what it is alone."""
    both = run(params, store, tmp_path / "both", name, seeds=[2, 1])
    alone = run(params, store, tmp_path / "alone", name, seeds=[1])
    for file in (HISTORY, FRAME_PREDICTIONS, SEQUENCE_PREDICTIONS, TRUNCATED_PREDICTIONS):
        header, *lines = (both / file).read_bytes().splitlines(keepends=True)
        of_first = [line for line in lines if line.startswith(b"1,")]
        assert b"".join([header, *of_first]) == (alone / file).read_bytes()
        assert [line[1:] for line in lines if line.startswith(b"2,")] != [x[1:] for x in of_first]
    stored = read_weights(both / WEIGHTS).arrays
    for tensor, values in read_weights(alone / WEIGHTS).arrays.items():
        assert stored[tensor].tobytes() == values.tobytes()
    assert list(read_card(both).seeds) == [2, 1]
    assert read_card(both).seeds[1] == read_card(alone).seeds[1]


def test_the_test_part_chooses_nothing(params, store, tmp_path):
    """Other test sequences, other labels: the same weights and history."""
    train, validation, test = (part.sequences for part in read_fold(store, 0).parts.values())
    changed = [row.model_copy(update={"label": "fear"}) for row in test[:3]]
    (tmp_path / "split").mkdir()
    write_parts(tmp_path / "split", train, validation, changed)
    one = run(params, store, tmp_path / "one")
    two = run(params, store, tmp_path / "two", split=tmp_path / "split")
    for name in (WEIGHTS, HISTORY):
        assert (one / name).read_bytes() == (two / name).read_bytes()


def test_pca_and_no_reference(store, tmp_path):
    pca = write_params(tmp_path / "params.yaml", {"inputs.features.variant": "pca"})
    fit = run(pca, store, tmp_path / "fit", reference="none")
    explained = read_card(fit).explained_variance
    assert explained is not None
    assert 0 < explained < 1
    assert load_file(fit / WEIGHTS)["input.components"].shape == (30, 102)


def test_a_fit_that_diverges_is_written_and_marked(store, tmp_path):
    recipe = "inputs.features.recipe."
    wild = {f"{recipe}learning_rate": 1e30, f"{recipe}gradient_clip": 1e30}
    fit = run(write_params(tmp_path / "params.yaml", wild), store, tmp_path / "fit")
    assert read_card(fit).seeds[1].diverged is True
    assert np.isfinite(posteriors(rows_of(fit / SEQUENCE_PREDICTIONS))).all()


def test_seeds_differ_by_run_architecture_and_fold():
    seeds = {fit_seed(s, a, f) for s in (1, 2) for a in ("lstm", "rnn") for f in (0, 1, 10)}
    assert len(seeds) == 12
    assert all(0 <= seed < 2**32 for seed in seeds)


def test_a_fit_imports_no_more_than_it_needs(params, store, tmp_path):
    """A whole fit in a fresh process; mlflow, pandas and scikit-learn would cost it seconds."""
    code = (
        "import sys; from pathlib import Path; from ferbench.config.params import load;"
        "from ferbench.steps.train import train;"
        "params, store, to = map(Path, sys.argv[1:]);"
        "train(load(params), architecture='lstm', fold=0, data=store, split=store, to=to);"
        "print(*{name.split('.')[0] for name in sys.modules})"
    )
    arguments = list(map(str, (params, store, tmp_path / "fit")))
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True
    )
    assert done.stderr == ""  # the log is read: no advertisements, no warnings of libraries
    log = done.stdout.splitlines()
    epochs = [line.split()[:2] for line in log if line.startswith("epoch")]
    assert epochs == [["epoch", "1"], ["epoch", "2"]]
    loaded = set(log[-1].split())
    assert {"torch", "pytorch_lightning"} <= loaded
    assert not loaded & {"mlflow", "pandas", "sklearn"}
    assert read_card(tmp_path / "fit").architecture == "lstm"
