"""Whole sequences and their beginnings: what each kind of network may know."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ferbench.models import architectures, inputs
from ferbench.models.inputs import Example
from ferbench.models.predictor import Predictor, SeedEnsemble
from models_factory import ARCHITECTURES, network

PREDICTORS = {name: Predictor(network(name)) for name in ARCHITECTURES}
REMEMBER = {name: architectures.find(name).MEMORY for name in ARCHITECTURES}


def frames(name, seed, length):
    shape = inputs.find(architectures.find(name).INPUT).shape(48)
    return torch.randn(length, *shape, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("name", [name for name, memory in REMEMBER.items() if not memory])
@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 999), length=st.integers(1, 30), data=st.data())
def test_without_memory_the_order_of_frames_decides_nothing(name, seed, length, data):
    given_frames = frames(name, seed, length)
    order = data.draw(st.permutations(range(length)))
    _, in_order = PREDICTORS[name](given_frames)
    _, shuffled = PREDICTORS[name](given_frames[order])
    torch.testing.assert_close(shuffled, in_order, rtol=0, atol=1e-6)


@pytest.mark.parametrize("name", [name for name, memory in REMEMBER.items() if memory])
@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 999), length=st.integers(4, 30))
def test_with_memory_it_does(name, seed, length):
    given_frames = frames(name, seed, length)
    _, in_order = PREDICTORS[name](given_frames)
    _, backwards = PREDICTORS[name](given_frames.flip(0))
    assert (backwards - in_order).abs().max() > 1e-4


@pytest.mark.parametrize("name", ARCHITECTURES)
@pytest.mark.parametrize("length", [1, 4, 10, 23])
def test_a_beginning_is_read_alone(name, length):
    sequence = Example("S1_1", "S1", 2, frames(name, 0, length).numpy())
    predicted = PREDICTORS[name].predict(sequence, beginnings=True)
    assert predicted[:3] == sequence[:3]
    counts, posteriors = zip(*predicted.beginnings, strict=True)
    expected = {
        1: [1] * 10,
        4: [1, 1, 2, 2, 2, 3, 3, 4, 4, 4],
        10: list(range(1, 11)),
        23: [3, 5, 7, 10, 12, 14, 17, 19, 21, 23],
    }
    assert list(counts) == expected[length]
    np.testing.assert_allclose(posteriors[-1], predicted.sequence, rtol=0, atol=1e-6)
    running = [predicted.frames[:count].mean(0) for count in counts]
    same = np.allclose(posteriors, running, rtol=0, atol=1e-6)
    assert same == (architectures.find(name).CAUSAL or length == 1)


def test_beginnings_only_if_asked_for():
    sequence = Example("S1_1", "S1", 2, frames("mlp", 0, 5).numpy())
    assert not PREDICTORS["mlp"].predict(sequence, beginnings=False).beginnings


@pytest.mark.parametrize("name", ["lstm", "bilstm", "cnn"])
def test_seeds_decide_by_the_mean_of_their_posteriors(name):
    members = [network(name, seed=seed) for seed in (1, 2, 3)]
    given_frames = frames(name, 0, 7)
    each = np.stack([Predictor(one)(given_frames)[0].numpy() for one in members])
    assert each.std(axis=0).max() > 1e-3
    of_frames, whole = Predictor(SeedEnsemble(members))(given_frames)
    np.testing.assert_allclose(of_frames, each.mean(axis=0), atol=1e-6)
    np.testing.assert_allclose(whole, each.mean(axis=(0, 1)), atol=1e-6)


@pytest.mark.parametrize("name", ["lstm", "bilstm", "cnn"])
def test_padding_changes_nothing_of_what_seeds_decide(name):
    together = SeedEnsemble([network(name, seed=seed) for seed in (1, 2)]).eval()
    short, long = frames(name, 0, 4), frames(name, 1, 9)
    batch = torch.nn.utils.rnn.pad_sequence([short, long], batch_first=True)
    with torch.no_grad():
        padded = together(batch, torch.tensor([4, 9]))
        for row, alone in zip(padded, (short, long), strict=True):
            expected = together(alone[None], None)[0]
            torch.testing.assert_close(row[: len(alone)], expected, rtol=0, atol=1e-5)
