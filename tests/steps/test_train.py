"""A whole fit on a small store: what it writes, what it reads, and what it must not depend on."""

import csv
import hashlib
import json
import math
import subprocess
import sys

import numpy as np
import pytest
import torch
import yaml
from safetensors.torch import load_file

from ferbench.config.params import load
from ferbench.models import architectures
from ferbench.models.predictor import Predictor
from ferbench.models.training import fit_seed
from small_store import CLASSES, OUTPUTS, inputs_of, run


def changed_card(params, store, out, architecture="lstm", **changed):
    return json.loads(run(params, store, out, architecture, **changed)["card"].read_text())


@pytest.fixture(scope="module", params=["lstm", "cnn_lstm"])
def fit(request, params, store, tmp_path_factory):
    return run(params, store, tmp_path_factory.mktemp("fit"), request.param)


def rows_of(file):
    with file.open(newline="") as opened:
        return list(csv.DictReader(opened))


def test_card_tells_all_that_is_needed(fit, params):
    card = json.loads(fit["card"].read_text())
    configured = yaml.safe_load(params.read_text())["architectures"][card["architecture"]]
    assert card["hyperparameters"] == configured
    assert card["classes"] == CLASSES
    assert (card["data"]["sequences"], card["data"]["unusable"]) == (72, 1)
    assert card["class_weights"] == dict.fromkeys(CLASSES, 1)
    assert card["synthetic"] is True
    assert card["reference"] is False
    assert card["preprocessing"] == {"size": 48}
    assert card["train"]["recipe"]["epochs"] == card["epochs"] == 2
    assert 1 <= card["stopping_epoch"] <= 2
    assert card["seed"] == fit_seed(1, card["architecture"], 0)
    assert card["weights_sha256"] == hashlib.sha256(fit["weights"].read_bytes()).hexdigest()
    assert {"torch", "pytorch-lightning", "numpy", "ferbench"} == set(card["versions"])
    assert len(rows_of(fit["history"])) == 2


def test_predictions_are_of_the_validation_and_test_parts(fit, store):
    parts = json.loads((store / "fold.json").read_text())["parts"]
    sequences, frames = (rows_of(fit[f"{kind}_predictions"]) for kind in ("sequence", "frame"))
    for part in ("validation", "test"):
        expected = parts[part]["sequences"]
        found = [row for row in sequences if row["part"] == part]
        for row, true in zip(found, expected, strict=True):
            assert (row["sequence"], row["subject"], row["label"], row["frames"]) == (
                true["id"], true["subject"], true["label"], str(true["length"])
            )  # fmt: skip
    for row in sequences:
        of_frames = np.array(
            [
                [float(f[name]) for name in CLASSES]
                for f in frames
                if f["sequence"] == row["sequence"]
            ]
        )
        of_sequence = np.array([float(row[name]) for name in CLASSES])
        np.testing.assert_allclose(of_frames.mean(0), of_sequence, atol=1e-6)
        assert row["predicted"] == CLASSES[of_sequence.argmax()]
    assert {row["part"] for row in sequences + frames} == {"validation", "test"}


def test_truncated_predictions_are_of_the_beginnings_of_the_test_part(fit, store):
    """Both architectures are causal: a mean over frames of the whole is that of a beginning."""
    expected = json.loads((store / "fold.json").read_text())["parts"]["test"]["sequences"]
    frames = [row for row in rows_of(fit["frame_predictions"]) if row["part"] == "test"]
    rows = rows_of(fit["truncated_predictions"])
    assert len(rows) == 10 * len(expected)
    for number, row in enumerate(rows):
        true, tenths = expected[number // 10], number % 10 + 1
        assert (row["sequence"], row["subject"], row["label"]) == (
            true["id"], true["subject"], true["label"]
        )  # fmt: skip
        assert row["share"] == f"{tenths / 10}"
        count = math.ceil(true["length"] * tenths / 10)
        assert row["frames"] == str(count)
        of_frames = [
            [float(frame[name]) for name in CLASSES]
            for frame in frames
            if frame["sequence"] == row["sequence"]
        ]
        posterior = np.array([float(row[name]) for name in CLASSES])
        np.testing.assert_allclose(posterior, np.mean(of_frames[:count], axis=0), atol=1e-6)
        assert row["predicted"] == CLASSES[posterior.argmax()]


def test_the_mlp_is_a_reference(params, store, tmp_path):
    assert changed_card(params, store, tmp_path, "mlp")["reference"] is True


def test_frames_shuffled_in_test_leave_the_weights(params, store, tmp_path):
    one = run(params, store, tmp_path / "one")
    two = run(params, store, tmp_path / "two", frames="shuffled_in_test")
    for name in ("weights", "history"):
        assert one[name].read_bytes() == two[name].read_bytes()
    assert one["sequence_predictions"].read_bytes() != two["sequence_predictions"].read_bytes()
    assert json.loads(two["card"].read_text())["train"]["frames"] == "shuffled_in_test"


def test_the_weights_and_the_card_alone_give_the_predictions(fit, store):
    card = json.loads(fit["card"].read_text())
    module = architectures.find(card["architecture"])
    network = module.Network(module.Params(**card["hyperparameters"]), len(card["classes"]))
    stored = load_file(fit["weights"])
    network.load_state_dict(
        {name.removeprefix("network."): t for name, t in stored.items() if "network." in name}
    )
    count = sum(tensor.numel() for name, tensor in stored.items() if "network." in name)
    assert card["parameters"]["trainable"] == count
    row = json.loads((store / "fold.json").read_text())["parts"]["test"]["sequences"][0]
    span = slice(row["first"], row["first"] + row["length"])
    if card["input"] == "features":
        from ferbench.models import features

        points = np.load(store / "landmarks.npy")[span]
        raw = features.describe(points, card["train"]["features"], card["train"]["reference"])
        values = (raw - stored["input.mean"].numpy()) @ stored["input.components"].numpy().T
        values = values.astype(np.float32)
    else:
        from ferbench.models.inputs import pixels

        values = pixels(np.load(store / "frames.npy")[span], card["train"]["reference"])
    _, posterior = Predictor(network)(torch.from_numpy(values))
    predicted = next(r for r in rows_of(fit["sequence_predictions"]) if r["sequence"] == row["id"])
    np.testing.assert_allclose(
        posterior.numpy(), [float(predicted[name]) for name in CLASSES], atol=1e-6
    )


def test_the_same_again_gives_the_same_bytes(params, store, tmp_path):
    one, two = (run(params, store, tmp_path / name) for name in ("one", "two"))
    assert all(one[name].read_bytes() == two[name].read_bytes() for name in OUTPUTS)


def test_the_test_part_chooses_nothing(params, store, tmp_path):
    """Other test sequences, other labels: the same weights and history."""
    content = json.loads((store / "fold.json").read_text())
    rows = content["parts"]["test"]["sequences"]
    for row in rows:
        row["label"] = "fear"
    content["parts"]["test"]["sequences"] = rows[:3]
    (store / "other.json").write_text(json.dumps(content))
    one = run(params, store, tmp_path / "one")
    two = run(params, store, tmp_path / "two", fold="other.json")
    for name in ("weights", "history"):
        assert one[name].read_bytes() == two[name].read_bytes()


def test_pca_and_no_reference(params, store, tmp_path):
    outputs = run(params, store, tmp_path, features="pca", reference="none")
    card = json.loads(outputs["card"].read_text())
    assert 0 < card["explained_variance"] < 1
    assert load_file(outputs["weights"])["input.components"].shape == (30, 102)


def test_a_fit_that_diverges_is_written_and_marked(params, store, tmp_path):
    recipes = load(params).train.recipes
    wild = recipes.features.model_copy(update={"learning_rate": 1e30, "gradient_clip": 1e30})
    outputs = run(params, store, tmp_path, recipes=recipes.model_copy(update={"features": wild}))
    card = json.loads(outputs["card"].read_text())
    assert card["diverged"] is True
    posteriors = [float(row["anger"]) for row in rows_of(outputs["sequence_predictions"])]
    assert np.isfinite(posteriors).all()


def test_seeds_differ_by_run_architecture_and_fold():
    seeds = {fit_seed(s, a, f) for s in (1, 2) for a in ("lstm", "rnn") for f in (0, 1, 10)}
    assert len(seeds) == 12
    assert all(0 <= seed < 2**32 for seed in seeds)


def test_a_fit_imports_no_more_than_it_needs(params, store, tmp_path):
    """A whole fit in a fresh process; mlflow, pandas and scikit-learn would cost it seconds."""
    arguments = ["ferbench", "--params", str(params), "train", "--architecture", "lstm"]
    outputs = {name: tmp_path / file for name, file in OUTPUTS.items()}
    for name, path in (inputs_of(store) | outputs).items():
        arguments += [f"--{name.replace('_', '-')}", str(path)]
    code = (
        "import sys; from ferbench import cli; sys.argv = sys.argv[1:]; cli.main();"
        "print(*{name.split('.')[0] for name in sys.modules})"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True
    )
    assert done.stderr == ""  # the log is read: no advertisements, no warnings of libraries
    log = done.stdout.splitlines()
    assert [line.split()[:2] for line in log if line.startswith("epoch")] == [
        ["epoch", "1"],
        ["epoch", "2"],
    ]
    loaded = set(log[-1].split())
    assert {"torch", "pytorch_lightning"} <= loaded
    assert not loaded & {"mlflow", "pandas", "sklearn"}
    assert outputs["card"].exists()
