"""Whole sequences and their beginnings: what each kind of network may know."""

import csv
from pathlib import Path

import pytest
import torch
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from ferbench.models import architectures
from ferbench.models.inputs import Sequence
from ferbench.models.predictor import Predictor, write_truncated

CONFIGURED = yaml.safe_load(Path("params.yaml").read_text())["architectures"]
FRAMEWISE = ("cnn", "mlp")
CLASSES = ["anger", "disgust", "fear", "happiness", "sadness", "surprise"]


def predictor(name):
    """Random weights, larger than initialised, so that its posteriors are far apart."""
    module = architectures.find(name)
    torch.manual_seed(3)
    network = module.Network(module.Params(**CONFIGURED[name]), 6)
    with torch.no_grad():
        for weight in network.parameters():
            weight *= 2 if module.INPUT == "features" else 1.2
    return Predictor(network)


PREDICTORS = {name: predictor(name) for name in CONFIGURED}


def frames(name, seed, length):
    shape = {"features": (30,), "crops": (48, 48)}[architectures.find(name).INPUT]
    return torch.randn(length, *shape, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("name", FRAMEWISE)
@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 999), length=st.integers(1, 30), data=st.data())
def test_without_memory_the_order_of_frames_decides_nothing(name, seed, length, data):
    inputs = frames(name, seed, length)
    order = data.draw(st.permutations(range(length)))
    _, in_order = PREDICTORS[name](inputs)
    _, shuffled = PREDICTORS[name](inputs[order])
    torch.testing.assert_close(shuffled, in_order, rtol=0, atol=1e-6)


@pytest.mark.parametrize("name", [name for name in CONFIGURED if name not in FRAMEWISE])
@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 999), length=st.integers(4, 30))
def test_with_memory_it_does(name, seed, length):
    inputs = frames(name, seed, length)
    _, in_order = PREDICTORS[name](inputs)
    _, backwards = PREDICTORS[name](inputs.flip(0))
    assert (backwards - in_order).abs().max() > 1e-4


def truncated(tmp_path, name, length):
    inputs = frames(name, 0, length)
    write_truncated(
        tmp_path / "rows.csv", PREDICTORS[name], [Sequence("S1_1", "S1", 2, inputs)], CLASSES
    )
    with (tmp_path / "rows.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    posteriors = torch.tensor([[float(row[label]) for label in CLASSES] for row in rows])
    return inputs, rows, posteriors


@pytest.mark.parametrize("name", CONFIGURED)
@pytest.mark.parametrize("length", [1, 4, 10, 23])
def test_a_beginning_is_read_alone(name, length, tmp_path):
    inputs, rows, posteriors = truncated(tmp_path, name, length)
    counts = [int(row["frames"]) for row in rows]
    expected = {
        1: [1] * 10,
        4: [1, 1, 2, 2, 2, 3, 3, 4, 4, 4],
        10: list(range(1, 11)),
        23: [3, 5, 7, 10, 12, 14, 17, 19, 21, 23],
    }
    assert counts == expected[length]
    assert [row["share"] for row in rows] == [f"0.{n}" for n in range(1, 10)] + ["1.0"]
    of_frames, whole = PREDICTORS[name](inputs)
    torch.testing.assert_close(posteriors[-1], whole, rtol=0, atol=1e-6)
    running = torch.stack([of_frames[:count].mean(0) for count in counts])
    same = torch.allclose(posteriors, running, rtol=0, atol=1e-6)
    assert same == (architectures.find(name).CAUSAL or length == 1)
