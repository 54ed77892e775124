"""What networks read: the right frames of the right sequences, fitted on training subjects only."""

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import ferbench.models.inputs
from ferbench.config.params import load
from ferbench.models import inputs
from ferbench.models.inputs import crops, features
from ferbench.results import layout
from ferbench.results.parts import Assigned, read_fold
from models_factory import rows
from small_store import SUMMARY, write_data, write_params, write_parts

PARAMS = load(Path("params.yaml"))
KINDS = sorted(p.stem for p in Path(ferbench.models.inputs.__file__).parent.glob("[!_]*.py"))
VARIANTS = [(kind, variant) for kind in KINDS for variant in inputs.find(kind).VARIANTS or (None,)]
ROWS = [
    Assigned(id=f"S{n}_1", subject=f"S{n}", label="ab"[n % 2], first=n * 5, length=5)
    for n in range(6)
]


@pytest.fixture
def store(tmp_path):
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (30, 8, 8), np.uint8)
    points = rng.uniform(0, 48, (30, 68, 2))
    small = SUMMARY.preprocessing.model_copy(update={"size": 8})
    summary = SUMMARY.model_copy(update={"classes": ["a", "b"], "preprocessing": small})
    write_data(tmp_path, pixels, points, summary)
    write_parts(tmp_path, ROWS[:3], ROWS[3:5], ROWS[5:])
    return tmp_path


def read(store, kind, variant=None, fold=0, seed=1, **train):
    changed = PARAMS.train.model_copy(update=train)
    split = PARAMS.split.model_copy(update={"seed": seed})
    chosen = PARAMS.inputs[kind]
    if variant:
        chosen = chosen.model_copy(update={"variant": variant})
    every = PARAMS.inputs.model_copy(update={kind: chosen})
    params = PARAMS.model_copy(update={"train": changed, "split": split, "inputs": every})
    return inputs.read(params, kind, data=store, fold=read_fold(store, fold))


@pytest.mark.parametrize(("kind", "variant"), VARIANTS)
def test_a_kind_keeps_what_it_promises(kind, variant):
    module = inputs.find(kind)
    assert module.ARRAY in (layout.FRAMES, layout.LANDMARKS)
    assert module.DESCRIBED
    described = module.describe(rows(6, kind), variant, "none")
    assert len(described) == 6
    moved = module.describe(rows(6, kind), variant, "first_frame")
    assert not moved[0].any()
    np.testing.assert_allclose(moved, described - described[0], atol=1e-6)
    projection = module.fit([described], variant)
    assert module.fitted(variant) == (projection and projection.components.shape)
    values = inputs.ready(described, projection)
    assert (values.shape, values.dtype) == ((6, *module.shape(48)), np.float32)
    assert inputs.width(kind, 48) == values.shape[-1]


@pytest.mark.parametrize(("kind", "variant"), VARIANTS)
def test_a_frame_is_described_by_itself_and_the_reference(kind, variant):
    """So a stream needs no more than the first frame and the next."""
    module, frames = inputs.find(kind), rows(6, kind)
    whole = module.describe(frames, variant, "first_frame")
    np.testing.assert_array_equal(
        module.describe(frames[[0, 4]], variant, "first_frame")[1], whole[4]
    )


@pytest.mark.parametrize(("kind", "variant"), [("features", "moments"), ("crops", "edges")])
def test_a_variant_that_is_not_there(store, kind, variant):
    with pytest.raises(ValueError, match=rf"inputs\.{kind}\.variant: '{variant}', expected "):
        read(store, kind, variant)


def test_params_are_named_with_their_file(store, tmp_path):
    """A kind that the schema does not know says itself which variants it has."""
    params = load(write_params(tmp_path / "mine.yaml", {}))
    chosen = params.inputs["features"].model_copy(update={"variant": "edges"})
    every = params.inputs.model_copy(update={"features": chosen})
    params = params.model_copy(update={"inputs": every})
    with pytest.raises(ValueError, match=rf"^{re.escape(str(tmp_path))}/mine\.yaml: inputs"):
        inputs.read(params, "features", data=store, fold=read_fold(store, 0))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"first": 1000}, r"S0_1: of other data than .*; run `ferbench split` again"),
        ({"frames": [9]}, r"S0_1: of other data than "),
        ({"label": "bored"}, r"S0_1: 'bored' is no class of "),
    ],
)
def test_parts_of_other_data_are_named(store, change, message):
    write_parts(store, [ROWS[0].model_copy(update=change)], ROWS[3:5], ROWS[5:])
    with pytest.raises(ValueError, match=message):
        read(store, "features")


@pytest.mark.parametrize(("kind", "other"), [("features", "frames"), ("crops", "landmarks")])
def test_an_array_of_another_shape_is_named(store, kind, other):
    array = inputs.find(kind).ARRAY
    (store / array).write_bytes((store / f"{other}.npy").read_bytes())
    with pytest.raises(ValueError, match=rf"{array}: of shape .*, expected \(frames, "):
        read(store, kind)


def test_the_baseline_needs_no_torch():
    code = "import sys, ferbench.steps.baseline; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert "ferbench.models.inputs" in loaded
    assert "torch" not in loaded


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("content", [None, b"not an array"])
def test_an_array_that_is_missing_or_damaged_is_named(store, kind, content):
    path = store / inputs.find(kind).ARRAY
    path.unlink()
    if content:
        path.write_bytes(content)
    with pytest.raises(ValueError, match=rf"^{re.escape(str(path))}: .*ferbench preprocess"):
        read(store, kind)


def test_crops_are_the_sequences_own_and_standardised(store):
    parts, projection = read(store, "crops", reference="none")
    assert projection is None
    (test,) = parts["test"]
    assert (test.id, test.subject, test.label) == ("S5_1", "S5", 1)
    values = test.inputs
    assert (values.shape, values.dtype) == ((5, 8, 8), np.float32)
    np.testing.assert_allclose(values.mean((1, 2)), 0, atol=1e-5)
    np.testing.assert_allclose(values.std((1, 2)), 1, atol=1e-5)
    stored = np.load(store / layout.FRAMES)[25:30]
    assert np.corrcoef(values[2].ravel(), stored[2].ravel())[0, 1] == pytest.approx(1)


def test_a_crop_of_one_grey_is_zero():
    assert not crops.describe(np.full((2, 8, 8), 200, np.uint8), None, "none").any()


@pytest.mark.parametrize("variant", features.VARIANTS)
def test_features_are_the_described_frames_projected(store, variant):
    parts, projection = read(store, "features", variant)
    assert projection is not None
    raw = features.describe(np.load(store / layout.LANDMARKS)[15:20], variant, "first_frame")
    np.testing.assert_array_equal(parts["validation"][0].inputs, projection(raw))
    assert parts["validation"][0].inputs.shape == (5, 30)


@pytest.mark.parametrize("variant", features.VARIANTS)
def test_nothing_fitted_sees_a_test_or_validation_subject(store, variant):
    _, before = read(store, "features", variant)
    landmarks = np.load(store / layout.LANDMARKS)
    landmarks[15:] += np.random.default_rng(1).normal(0, 9, (15, 68, 2))
    np.save(store / layout.LANDMARKS, landmarks)
    _, after = read(store, "features", variant)
    np.testing.assert_array_equal(before.mean, after.mean)
    np.testing.assert_array_equal(before.components, after.components)
    landmarks[0] += 1 * np.random.default_rng(2).normal(0, 9, (68, 2))
    np.save(store / layout.LANDMARKS, landmarks)
    _, changed = read(store, "features", variant)
    assert (before.mean != changed.mean).any()


def shuffled(store, kind, frames, seed=1, fold=0):
    return read(store, kind, fold=fold, frames=frames, seed=seed)[0]


@pytest.mark.parametrize("kind", KINDS)
def test_frames_are_shuffled_after_the_reference_is_taken(store, kind):
    """In that part alone, by one permutation of a sequence for every kind of input."""
    in_order, projection = read(store, kind)
    orders: dict[object, set[tuple[int, ...]]] = {}
    for frames, expected in (("shuffled_in_test", {"test"}), ("shuffled", set(in_order))):
        moved = set()
        for part, sequences in shuffled(store, kind, frames).items():
            for number, sequence in enumerate(sequences):
                one, other = in_order[part][number].inputs, sequence.inputs
                if projection and frames == "shuffled":  # rounds differently in another order
                    one, other = (values.round(4) for values in (one, other))
                order = [[bool((x == y).all()) for y in one].index(True) for x in other]
                assert sorted(order) == list(range(5))
                if order != sorted(order):
                    moved.add(part)
                orders.setdefault(sequence.id, set()).add(tuple(order))
        assert moved == expected
    assert len(orders["S5_1"]) == 1
    assert len(set.union(*(orders[row.id] for row in ROWS))) > 2


def test_every_input_has_the_same_permutation_and_another_seed_another(store):
    whole = {kind: read(store, kind)[0]["test"][0].inputs for kind in KINDS}

    def order(kind, seed):
        mixed = shuffled(store, kind, "shuffled_in_test", seed)["test"][0].inputs
        return tuple([bool((x == y).all()) for y in whole[kind]].index(True) for x in mixed)

    assert len({order(kind, 1) for kind in KINDS}) == 1
    assert len({order("crops", seed) for seed in range(5)}) > 1


def deal(store, frames):
    """Fold 1, of whose test sequence some frames were dealt to the test part."""
    dealt = [row.model_copy(update={"frames": frames}) for row in ROWS[5:]]
    write_parts(store, ROWS[:3], ROWS[3:5], dealt, fold=1)


def test_frames_dealt_to_a_part_are_shuffled_among_themselves(store):
    deal(store, [1, 2, 4])
    whole = read(store, "crops")[0]["test"][0].inputs
    mixed = shuffled(store, "crops", "shuffled", fold=1)["test"][0].inputs
    assert sorted(frame.tobytes() for frame in mixed) == sorted(
        frame.tobytes() for frame in whole[[1, 2, 4]]
    )


@pytest.mark.parametrize("kind", KINDS)
def test_frames_dealt_to_a_part_are_its_sequence_after_the_reference_is_taken(store, kind):
    deal(store, [1, 4])
    whole, _ = read(store, kind)
    dealt, _ = read(store, kind, fold=1)
    np.testing.assert_array_equal(dealt["test"][0].inputs, whole["test"][0].inputs[[1, 4]])
