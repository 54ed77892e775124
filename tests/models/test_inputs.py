"""What networks read: the right frames of the right sequences, fitted on training subjects only."""

import json
from pathlib import Path

import numpy as np
import pytest

from ferbench.config.params import load
from ferbench.models import features, inputs

PARAMS = load(Path("params.yaml")).train
ROWS = [
    {"id": f"S{n}_1", "subject": f"S{n}", "label": "ab"[n % 2], "first": n * 5, "length": 5}
    for n in range(6)
]


@pytest.fixture
def store(tmp_path):
    rng = np.random.default_rng(0)
    np.save(tmp_path / "frames.npy", rng.integers(0, 256, (30, 8, 8), np.uint8))
    np.save(tmp_path / "landmarks.npy", rng.uniform(0, 48, (30, 68, 2)).astype(np.float32))
    parts = {"train": ROWS[:3], "validation": ROWS[3:5], "test": ROWS[5:]}
    content = {"parts": {part: {"sequences": rows} for part, rows in parts.items()}}
    (tmp_path / "fold.json").write_text(json.dumps(content))
    return tmp_path


def read(store, kind, params=PARAMS, fold="fold.json"):
    return inputs.read(
        kind,
        params,
        frames=store / "frames.npy",
        landmarks=store / "landmarks.npy",
        fold=store / fold,
        classes=["a", "b"],
    )


def test_crops_are_the_sequences_own_and_standardised(store):
    parts, projection = read(store, "crops", PARAMS.model_copy(update={"reference": "none"}))
    assert projection is None
    (test,) = parts["test"]
    assert (test.id, test.subject, test.label) == ("S5_1", "S5", 1)
    values = test.inputs.numpy()
    assert (values.shape, values.dtype) == ((5, 8, 8), np.float32)
    np.testing.assert_allclose(values.mean((1, 2)), 0, atol=1e-5)
    np.testing.assert_allclose(values.std((1, 2)), 1, atol=1e-5)
    stored = np.load(store / "frames.npy")[25:30]
    assert np.corrcoef(values[2].ravel(), stored[2].ravel())[0, 1] == pytest.approx(1)


def test_crops_are_measured_from_the_first_one(store):
    crops = np.load(store / "frames.npy")[:5]
    standard, referred = (inputs.pixels(crops, kind) for kind in ("none", "first_frame"))
    assert not referred[0].any()
    np.testing.assert_array_equal(referred, standard - standard[0])


def test_a_crop_of_one_grey_is_zero():
    assert not inputs.pixels(np.full((2, 8, 8), 200, np.uint8), "none").any()


@pytest.mark.parametrize("kind", ["geometric", "pca"])
def test_features_are_the_described_frames_projected(store, kind):
    params = PARAMS.model_copy(update={"features": kind})
    parts, projection = read(store, "features", params)
    assert projection is not None
    raw = features.describe(np.load(store / "landmarks.npy")[15:20], kind, "first_frame")
    np.testing.assert_array_equal(parts["validation"][0].inputs.numpy(), projection(raw))
    assert parts["validation"][0].inputs.shape == (5, 30)


@pytest.mark.parametrize("kind", ["geometric", "pca"])
def test_nothing_fitted_sees_a_test_or_validation_subject(store, kind):
    params = PARAMS.model_copy(update={"features": kind})
    _, before = read(store, "features", params)
    landmarks = np.load(store / "landmarks.npy")
    landmarks[15:] += np.random.default_rng(1).normal(0, 9, (15, 68, 2))
    np.save(store / "landmarks.npy", landmarks)
    _, after = read(store, "features", params)
    np.testing.assert_array_equal(before.mean, after.mean)
    np.testing.assert_array_equal(before.components, after.components)
    landmarks[0] += 1 * np.random.default_rng(2).normal(0, 9, (68, 2))
    np.save(store / "landmarks.npy", landmarks)
    _, changed = read(store, "features", params)
    assert (before.mean != changed.mean).any()


def shuffled(store, kind, frames, seed=1, fold="fold.json"):
    parts, _ = read(store, kind, PARAMS.model_copy(update={"frames": frames, "seed": seed}), fold)
    return parts


@pytest.mark.parametrize("kind", ["features", "crops"])
def test_frames_are_shuffled_after_the_reference_is_taken(store, kind):
    """In that part alone, by one permutation of a sequence for every kind of input."""
    in_order = {kind: read(store, kind)[0] for kind in ("features", "crops")}
    orders: dict[object, set[tuple[int, ...]]] = {}
    for frames, expected in (("shuffled_in_test", {"test"}), ("shuffled", set(in_order[kind]))):
        moved = set()
        for part, sequences in shuffled(store, kind, frames).items():
            for number, sequence in enumerate(sequences):
                one, other = in_order[kind][part][number].inputs, sequence.inputs
                if kind == "features" and frames == "shuffled":
                    one, other = (values.round(decimals=4) for values in (one, other))
                order = [[bool((x == y).all()) for y in one].index(True) for x in other]
                assert sorted(order) == list(range(5))
                if order != sorted(order):
                    moved.add(part)
                orders.setdefault(sequence.id, set()).add(tuple(order))
        assert moved == expected
    assert len(orders["S5_1"]) == 1
    assert len(set.union(*(orders[row["id"]] for row in ROWS))) > 2


def test_every_input_has_the_same_permutation_and_another_seed_another(store):
    whole = {kind: read(store, kind)[0]["test"][0].inputs for kind in ("features", "crops")}

    def order(kind, seed):
        mixed = shuffled(store, kind, "shuffled_in_test", seed)["test"][0].inputs
        return [[bool((x == y).all()) for y in whole[kind]].index(True) for x in mixed]

    assert order("features", 1) == order("crops", 1)
    assert len({tuple(order("crops", seed)) for seed in range(5)}) > 1


def test_frames_dealt_to_a_part_are_shuffled_among_themselves(store):
    content = json.loads((store / "fold.json").read_text())
    content["parts"]["test"]["sequences"][0]["frames"] = [1, 2, 4]
    (store / "dealt.json").write_text(json.dumps(content))
    whole = read(store, "crops")[0]["test"][0].inputs.numpy()
    mixed = shuffled(store, "crops", "shuffled", fold="dealt.json")["test"][0].inputs.numpy()
    assert sorted(frame.tobytes() for frame in mixed) == sorted(
        frame.tobytes() for frame in whole[[1, 2, 4]]
    )


def test_frames_dealt_to_a_part_are_are_its_sequence_after_the_reference_is_taken(store):
    content = json.loads((store / "fold.json").read_text())
    content["parts"]["test"]["sequences"][0]["frames"] = [1, 4]
    (store / "dealt.json").write_text(json.dumps(content))
    for kind in ("features", "crops"):
        whole, _ = read(store, kind)
        dealt, _ = read(store, kind, fold="dealt.json")
        np.testing.assert_array_equal(
            dealt["test"][0].inputs.numpy(), whole["test"][0].inputs.numpy()[[1, 4]]
        )
