"""The printed counts: closed forms against torch's modules, and remainders by hand."""

from math import gcd

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

import engines
from ferbench.paper import counts
from modules import loaded

tool = loaded(engines.ROOT / "tools/parameter_search.py")
GRAVES, PYTORCH, KERAS = counts.CONVENTIONS
MODULES = {"rnn": nn.RNN, "gru": nn.GRU, "lstm": nn.LSTM}
KINDS = st.sampled_from(sorted(MODULES))


def size(*modules: nn.Module) -> int:
    return sum(weight.numel() for module in modules for weight in module.parameters())


@given(KINDS, st.integers(1, 40), st.integers(1, 30), st.integers(1, 2), st.integers(1, 9))
def test_closed_forms_are_those_of_torch(
    kind: str, inputs: int, hidden: int, directions: int, outputs: int
) -> None:
    recurrent = MODULES[kind](inputs, hidden, bidirectional=directions == 2)
    expected = size(recurrent, nn.Linear(directions * hidden, outputs))
    network = counts.Network("", kind, hidden, directions)
    assert network.parameters(PYTORCH, inputs, outputs) == expected
    once = size(MODULES[kind](inputs, hidden, bidirectional=directions == 2, bias=False))
    gates = {"rnn": 1, "gru": 3, "lstm": 4}[kind]
    readout = outputs * (directions * hidden + 1)
    one_bias = once + directions * gates * hidden + readout
    assert network.parameters(KERAS, inputs, outputs) == one_bias
    peepholes = 3 * hidden * directions if kind == "lstm" else 0
    assert network.parameters(GRAVES, inputs, outputs) == one_bias + peepholes


def test_known_counts() -> None:
    found = {one.name: [one.parameters(by) for by in counts.CONVENTIONS] for one in counts.NETWORKS}
    assert found["LSTM-120"] == [73_566, 73_686, 73_206]
    assert found["BiLSTM 80+80"] == [72_486, 72_646, 72_006]
    of_torch = {"RNN-120": 18_966, "GRU-120": 55_446, "BiLSTM 40+40": 23_526, "RNN-253": 73_629}
    assert {name: found[name][1] for name in of_torch} == of_torch


def test_the_lstm_count_leaves_a_remainder_whatever_is_switched_on() -> None:
    assert counts.lstm_divisibility() == (6, [94_606 % 6]) == (6, [4])
    names = ("inputs", "biases", "output_biases", "skip", "feedback", "peepholes")
    every = np.ix_(range(1, 60), range(3), range(3), range(2), range(2), range(4))
    choices = dict(zip(names, every, strict=True))
    for gates in (2, 3):
        assert not (tool.count(120, 1, outputs=6, gates=gates, **choices) % 6).any()


def test_the_bilstm_count_leaves_a_remainder() -> None:
    # 90,292 = 80 * 1,128 + 52; less 180 (mod 80: 20), less 6, less both
    assert counts.bilstm_divisibility() == (80, [52, 32, 46, 26])
    assert gcd(*counts.hidden_groups(80)) == 80


@pytest.mark.parametrize("directions", [1, 2])
def test_the_searched_form_is_that_of_torch(directions: int) -> None:
    plain = {"outputs": 6, "biases": 2, "output_biases": 1}
    both = directions == 2
    stacked = size(nn.LSTM(30, 12, num_layers=3, bidirectional=both), nn.Linear(12 * directions, 6))
    assert tool.count(12, directions, inputs=30, layers=3, **plain) == stacked
    projected = size(nn.LSTM(30, 12, proj_size=5, bidirectional=both), nn.Linear(5 * directions, 6))
    assert tool.count(12, directions, inputs=30, projection=5, **plain) == projected
    gru = size(nn.GRU(30, 12, bidirectional=both), nn.Linear(12 * directions, 6))
    assert tool.count(12, directions, inputs=30, gates=2, **plain) == gru
    # nn.Linear has one bias vector; so that the recurrent layer has one too, less its second
    once = plain | {"biases": 1}
    second = 4 * 12 * directions
    lstm = nn.LSTM(7, 12, bidirectional=both)
    before = size(nn.Linear(30, 7), lstm, nn.Linear(12 * directions, 6)) - second
    assert tool.count(12, directions, inputs=30, before=7, **once) == before
    lstm = nn.LSTM(30, 12, bidirectional=both)
    after = size(lstm, nn.Linear(12 * directions, 7), nn.Linear(7, 6)) - second
    assert tool.count(12, directions, inputs=30, after=7, **once) == after


def test_the_searched_form_by_hand() -> None:
    none = {"inputs": 5, "outputs": 3, "biases": 0, "output_biases": 0}
    plain = 4 * 6 * (5 + 6) + 3 * 6  # 6 cells of 3 gates and a cell input each
    assert tool.count(6, 1, **none) == plain
    assert tool.count(6, 1, skip=1, **none) == plain + 3 * 5
    assert tool.count(6, 1, feedback=1, **none) == plain + 4 * 6 * 3
    assert tool.count(6, 1, links=1, **none) == plain  # nothing to link
    assert tool.count(6, 2, links=1, **none) == 2 * (4 * 6 * (5 + 6 + 6)) + 3 * 12
    # 3 blocks of 2 cells: 3 * 3 gates and 6 cell inputs
    assert tool.count(6, 1, block=2, **none) == 15 * (5 + 6) + 3 * 6
    assert tool.count(6, 1, block=2, peepholes=3, **none) == 15 * 11 + 18 + 3 * 6
    assert tool.count(6, 1, block=2, peepholes=3, shared=True, **none) == 15 * 11 + 18 + 3 * 3
    # two layers: the second reads 6 (and with skips also the 5 inputs), the readout 6 or 12
    assert tool.count(6, 1, layers=2, **none) == 24 * 11 + 24 * 12 + 18
    assert tool.count(6, 1, layers=2, dense=True, **none) == 24 * 11 + 24 * 17 + 36
    assert tool.count(6, 2, layers=2, summed=True, **none) == 2 * (24 * 11 + 24 * 12) + 18
    # the same 6 cells as 3 blocks, and as those of 2 layers of 3
    assert tool.count(3, 1, block=2, stated="blocks", **none) == tool.count(6, 1, block=2, **none)
    two_layers = tool.count(6, 1, layers=2, stated="cells of all layers", **none)
    assert two_layers == tool.count(3, 1, layers=2, **none)
    assert tool.count(5, 1, block=2, **none) is None


def test_what_the_audit_says_of_the_search_is_what_is_found() -> None:
    found = tool.report(tool.FAMILIES, counts.LSTM, *counts.BILSTMS)
    *_, said = counts.counts()
    assert found in said
    rows = [line.strip("| ").split(" | ") for line in found.splitlines()[2:7]]
    tried = sum(int(row[1].replace(",", "")) for row in rows)
    assert f"counted the parameters of {tried:,} networks" in said
    assert [int(row[-1]) for row in rows] == [0] * len(tool.FAMILIES)
    assert "the same choices give both printed counts: never." in said


def test_each_hit_has_the_printed_count() -> None:
    for target in (counts.LSTM, *counts.BILSTMS):
        shapes = [shape for family in tool.FAMILIES.values() for shape in family]
        _, hits = tool.search(shapes, target)
        assert hits
        for hit in hits[::20]:
            choices = {key: value for key, value in hit.items() if key != "network"}
            assert tool.count(target.cells, target.directions, **choices) == target.printed


def test_the_search_finds_what_is_there() -> None:
    # the counts that PyTorch gives to the stated sizes
    targets = [one._replace(printed=one.parameters(PYTORCH)) for one in counts.NETWORKS[:2]]
    blocks = tool.FAMILIES[next(iter(tool.FAMILIES))]
    torch = dict.fromkeys(tool.COMMON, 0) | {"inputs": 30, "outputs": 6, "gates": 3, "peepholes": 0}
    torch |= {"biases": 2, "output_biases": 1}
    for target in targets:
        assert {"network": target.name} | torch in tool.search(blocks, target)[1]
    (row,) = tool.report({"blocks": blocks}, *targets).splitlines()[2:3]
    assert int(row.strip("| ").split(" | ")[-1]) > 0


def test_choices_differ_but_for_those_of_two_directions() -> None:
    one = {"network": "LSTM-120", "inputs": 30, "links": 0, "gates": 3, "before": 7}
    assert tool.differing(one, one | {"network": "BiLSTM", "links": 1, "summed": True}) == set()
    assert tool.differing(one, one | {"before": 8}) == {"before"}
    without = {key: value for key, value in one.items() if key != "before"}
    assert tool.differing(one, without | {"after": 7, "gates": 2}) == {"before", "after", "gates"}
