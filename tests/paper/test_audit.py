"""The audit: closed forms against torch's modules, statistics against scipy and by hand."""

import re
from itertools import combinations_with_replacement, product
from math import comb, sqrt
from statistics import fmean, pstdev, stdev
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from torch import nn

from ferbench.paper import search as searching
from ferbench.paper.audit import audit
from ferbench.paper.families import FAMILIES, blocks, count
from ferbench.paper.parameters import (
    CONVENTIONS,
    Recurrent,
    bilstm_divisibility,
    count_rows,
    hidden_groups,
    lstm_divisibility,
)
from ferbench.paper.printed import (
    attainable,
    binomial_interval,
    detectable,
    error_rows,
    mcnemar_needs,
    sequences_of,
    sequences_to_detect,
    smallest_spread,
    uneven_folds,
    welch,
    z_test,
)
from ferbench.paper.search import BILSTMS, LSTM, Target, search
from ferbench.paper.statements import PRINTED, Printed

GRAVES, PYTORCH, KERAS = CONVENTIONS
MODULES = {"rnn": nn.RNN, "gru": nn.GRU, "lstm": nn.LSTM}
PLAIN: dict[str, Any] = {"outputs": 6, "biases": 2, "output_biases": 1}


def size(*modules: nn.Module) -> int:
    return sum(weight.numel() for module in modules for weight in module.parameters())


@given(
    st.sampled_from(sorted(MODULES)),
    st.integers(1, 40),
    st.integers(1, 30),
    st.integers(1, 2),
    st.integers(1, 9),
)
def test_closed_forms_are_those_of_torch(
    kind: str, inputs: int, hidden: int, directions: int, outputs: int
) -> None:
    recurrent = MODULES[kind](inputs, hidden, bidirectional=directions == 2)
    expected = size(recurrent, nn.Linear(directions * hidden, outputs))
    network = Recurrent(kind, hidden, directions)
    assert network.parameters(PYTORCH, inputs, outputs) == expected
    once = size(MODULES[kind](inputs, hidden, bidirectional=directions == 2, bias=False))
    gates = {"rnn": 1, "gru": 3, "lstm": 4}[kind]
    readout = outputs * (directions * hidden + 1)
    one_bias = once + directions * gates * hidden + readout
    assert network.parameters(KERAS, inputs, outputs) == one_bias
    peepholes = 3 * hidden * directions if kind == "lstm" else 0
    assert network.parameters(GRAVES, inputs, outputs) == one_bias + peepholes


def test_known_counts() -> None:
    counts = {row.name: tuple(row.parameters.values()) for row in count_rows()}
    assert counts["LSTM-120"] == (73_566, 73_686, 73_206)
    assert counts["BiLSTM 80+80"] == (72_486, 72_646, 72_006)
    assert counts["RNN-120"][1] == 18_966
    assert counts["GRU-120"][1] == 55_446
    assert counts["BiLSTM 40+40"][1] == 23_526
    assert counts["RNN-253"][1] == 73_629


def test_the_lstm_count_leaves_a_remainder_whatever_is_switched_on() -> None:
    found = lstm_divisibility()
    assert (found.divisor, found.remainders, found.possible) == (6, {(0, 0): 4}, False)
    switches = np.ix_(range(1, 60), range(3), range(3), range(2), range(2), range(4))
    inputs, biases, output_biases, skip, feedback, peepholes = switches
    for gates in (2, 3):
        counts = (
            count(
                120,
                1,
                inputs=inputs,
                outputs=6,
                biases=biases,
                output_biases=output_biases,
                skip=skip,
                feedback=feedback,
                gates=gates,
            )
            + 120 * peepholes
        )
        assert not (counts % 6).any()


def test_the_bilstm_count_leaves_a_remainder() -> None:
    found = bilstm_divisibility()
    assert found.divisor == 80
    # 90,292 = 80 * 1,128 + 52; less 180 (mod 80: 20), less 6, less both
    assert found.remainders == {(0, 0): 52, (0, 180): 32, (6, 0): 46, (6, 180): 26}
    assert not found.possible
    assert all(group % 80 == 0 for group in hidden_groups(80).values())


@pytest.mark.parametrize("directions", [1, 2])
def test_the_searched_form_is_that_of_torch(directions: int) -> None:
    both = directions == 2
    stacked = size(nn.LSTM(30, 12, num_layers=3, bidirectional=both), nn.Linear(12 * directions, 6))
    assert count(12, directions, inputs=30, layers=3, **PLAIN) == stacked
    projected = size(nn.LSTM(30, 12, proj_size=5, bidirectional=both), nn.Linear(5 * directions, 6))
    assert count(12, directions, inputs=30, projection=5, **PLAIN) == projected
    gru = size(nn.GRU(30, 12, bidirectional=both), nn.Linear(12 * directions, 6))
    assert count(12, directions, inputs=30, gates=2, **PLAIN) == gru
    # nn.Linear has one bias vector; so that the recurrent layer has one too, less its second
    once = PLAIN | {"biases": 1}
    second = 4 * 12 * directions
    lstm = nn.LSTM(7, 12, bidirectional=both)
    before = size(nn.Linear(30, 7), lstm, nn.Linear(12 * directions, 6)) - second
    assert count(12, directions, inputs=30, before=7, **once) == before
    lstm = nn.LSTM(30, 12, bidirectional=both)
    after = size(lstm, nn.Linear(12 * directions, 7), nn.Linear(7, 6)) - second
    assert count(12, directions, inputs=30, after=7, **once) == after


def test_the_searched_form_by_hand() -> None:
    none: dict[str, Any] = {"inputs": 5, "outputs": 3, "biases": 0, "output_biases": 0}
    plain = 4 * 6 * (5 + 6) + 3 * 6  # 6 cells of 3 gates and a cell input each
    assert count(6, 1, **none) == plain
    assert count(6, 1, skip=1, **none) == plain + 3 * 5
    assert count(6, 1, feedback=1, **none) == plain + 4 * 6 * 3
    assert count(6, 1, links=1, **none) == plain  # nothing to link
    assert count(6, 2, links=1, **none) == 2 * (4 * 6 * (5 + 6 + 6)) + 3 * 12
    # 3 blocks of 2 cells: 3 * 3 gates and 6 cell inputs
    assert count(6, 1, block=2, **none) == 15 * (5 + 6) + 3 * 6
    assert count(6, 1, block=2, peepholes=3, **none) == 15 * 11 + 18 + 3 * 6
    assert count(6, 1, block=2, peepholes=3, shared=True, **none) == 15 * 11 + 18 + 3 * 3
    # two layers: the second reads 6 (and with skips also the 5 inputs), the readout 6 or 12
    assert count(6, 1, layers=2, **none) == 24 * 11 + 24 * 12 + 18
    assert count(6, 1, layers=2, dense=True, **none) == 24 * 11 + 24 * 17 + 36
    assert count(6, 2, layers=2, summed=True, **none) == 2 * (24 * 11 + 24 * 12) + 18


def test_the_search_finds_no_convention_that_gives_both() -> None:
    lines: list[str] = []
    found = search(lines.append)
    assert len(lines) == len(found) == len(FAMILIES)
    assert sum(tally.tried for tally in found) == 228_254_400
    assert lines[-1].startswith("228,254,400 networks counted, 5 of 5")
    hits = [hit for tally in found for hit in tally.hits]
    targets = {target.name: target for target in (LSTM, *BILSTMS)}
    for hit in hits[::20]:  # each is what it says
        choices = {key: value for key, value in hit.choices.items() if key != "stated"}
        target = targets[hit.network]
        cells = searching._cells(target, hit.choices)
        assert cells is not None
        assert count(cells, target.directions, **choices) == target.printed
    assert {hit.network for hit in hits} == set(targets)
    assert not any(tally.both for tally in found)
    assert [len(tally.nearly) for tally in found] == [0, 0, 0, 0, 2]
    assert not any(hit.as_stated for hit in hits if hit.network == LSTM.name)
    markdown = audit(found)
    assert "**Both printed counts by the same choices: none.**" in markdown
    assert "inputs 112, outputs 7" in markdown


def test_the_search_finds_and_shows_what_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    # the counts that PyTorch gives to the stated sizes
    monkeypatch.setattr(searching, "LSTM", Target("LSTM-120", 120, 1, 73_686))
    monkeypatch.setattr(searching, "BILSTMS", (Target("BiLSTM 80+80", 80, 2, 72_646),))
    monkeypatch.setattr(searching, "FAMILIES", (blocks,))
    (tally,) = found = search()
    assert any(
        lstm.as_stated
        and (lstm.choices["biases"], lstm.choices["output_biases"]) == (2, 1)
        and (lstm.choices["gates"], lstm.choices["peepholes"], lstm.choices["block"]) == (3, 0, 1)
        for lstm, _ in tally.both
    )
    markdown = audit(found)
    assert f"same choices: {len(tally.both)}.**" in markdown
    assert "not reproduced by any family" not in markdown


def test_sequences_of_subjects_by_another_way() -> None:
    mean, low, high = sequences_of(30)
    assert mean == pytest.approx(30 * 309 / 106)
    numbers = np.repeat([1, 2, 3, 4, 5, 6], [10, 23, 47, 19, 6, 1])
    rng = np.random.default_rng(0)
    totals = [rng.choice(numbers, 30, replace=False).sum() for _ in range(20_000)]
    assert np.abs(np.percentile(totals, [2.5, 97.5]) - [low, high]).max() <= 1
    assert (low, high) == (78, 97)


def test_spreads() -> None:
    assert smallest_spread(87) == pytest.approx(0.0257, abs=5e-5)
    assert smallest_spread(309) == pytest.approx(0.0072, abs=5e-5)
    # equal folds of 20: errors 3 3 3 3 4
    assert smallest_spread(100) == pytest.approx(np.std([0.15] * 4 + [0.2], ddof=1))
    assert attainable(0.146, 309)  # 45 / 309 = 14.56 %
    assert not attainable(0.132, 309)  # 40 / 309 = 12.9 %, 41 / 309 = 13.3 %
    assert not any(attainable(rate, 87) for rate in (0.132, 0.146))  # 12.6, 13.8, 14.9 %


@pytest.mark.parametrize("name", ["lstm", "bilstm"])
def test_uneven_folds_are_a_certificate(name: str) -> None:
    printed = PRINTED[name]
    assert uneven_folds(printed, 87) is None
    sizes = uneven_folds(printed, 309)
    assert sizes is not None
    assert sum(sizes) == 309
    rates = np.stack(
        np.meshgrid(
            *(
                [(errors + at) / size for at in range(12)]
                for errors, size in ((3, size) for size in sizes)
            ),
            indexing="ij",
        ),
        axis=-1,
    )
    right = np.abs(rates.mean(axis=-1) - printed.error_rate) <= 0.0005
    spread = [np.abs(rates.std(axis=-1, ddof=n) - printed.spread) <= 0.0005 for n in (0, 1)]
    assert (right & (spread[0] | spread[1])).any()


@pytest.mark.parametrize(
    ("rate", "spread"), [(0.4, 0.137), (0.467, 0.282), (0.2, 0.183), (0.25, 0.1)]
)
def test_uneven_folds_are_the_most_even(rate: float, spread: float) -> None:
    apart = []  # of all five folds of 14 sequences that give it, with every number of errors
    for sizes in combinations_with_replacement(range(1, 11), 5):
        if sum(sizes) == 14:
            for errors in product(*(range(size + 1) for size in sizes)):
                rates = [wrong / size for wrong, size in zip(errors, sizes, strict=True)]
                spreads = pstdev(rates), stdev(rates)
                if abs(fmean(rates) - rate) <= 0.0005 and any(
                    abs(one - spread) <= 0.0005 for one in spreads
                ):
                    apart.append(max(sizes) - min(sizes))
    found = uneven_folds(Printed(parameters=0, error_rate=rate, spread=spread), 14)
    assert (found[-1] - found[0] if found else None) == min(apart, default=None)


def test_the_difference_against_scipy_and_closed_forms() -> None:
    lstm, bilstm = PRINTED["lstm"], PRINTED["bilstm"]
    t, p = welch(lstm, bilstm)
    variances = [0.7**2 / 5, 0.8**2 / 5]
    assert t == pytest.approx(1.4 / sqrt(sum(variances)))
    df = sum(variances) ** 2 / sum(one**2 / 4 for one in variances)
    assert p == pytest.approx(2 * stats.t.sf(t, df))
    assert (round(t, 2), round(p, 3)) == (2.94, 0.019)
    z, p = z_test(lstm, bilstm)
    assert (round(z, 2), round(p, 2)) == (1.32, 0.19)
    # 2 * 0.5^5 = .0625, 2 * 0.5^6 = .031
    assert mcnemar_needs(0.014) == (6, 429)
    assert mcnemar_needs(0.05) == (6, 120)
    assert sequences_to_detect(0.014) == 3_835
    assert detectable(3_835) <= 0.014 < detectable(3_834)
    shown = [[row.sequences, round(100 * row.one, 2), round(row.gap, 1)] for row in error_rows()]
    assert shown == [[87, 5.75, 1.2], [180, 2.78, 2.5], [309, 1.62, 4.3]]
    assert [round(100 * row.detectable, 1) for row in error_rows()] == [9.3, 6.5, 4.9]


def test_exact_intervals_by_their_definition() -> None:
    for rate, expected in ((0.132, (41, 9.7, 17.6)), (0.146, (45, 10.8, 19.0))):
        errors, low, high = binomial_interval(rate, 309)
        assert (errors, round(100 * low, 1), round(100 * high, 1)) == expected
        # each end leaves 2.5 % in the tail beyond the observed number
        few, many = range(errors + 1), range(errors, 310)
        for end, tail in ((high, few), (low, many)):
            left = sum(comb(309, n) * end**n * (1 - end) ** (309 - n) for n in tail)
            assert left == pytest.approx(0.025, abs=1e-6)


def test_the_markdown_is_well_formed_and_says_no_more() -> None:
    markdown = audit()
    assert markdown.startswith("## ")
    assert markdown.endswith("\n")
    for block in markdown.strip().split("\n\n"):
        lines = block.splitlines()
        starts = {line[0] for line in lines}
        assert len(starts) == 1, block  # a paragraph of one line, a list, a table
        if starts == {"|"}:
            assert len({len(line) for line in lines}) == 1
            assert len({line.count("|") for line in lines}) == 1
    assert (
        "not reproduced by any family tried; the stated sizes and counts are mutually inconsistent."
        in markdown
    )
    for unread in ("98.5", "97.25", "92.35", "95.54", "93.21", "[m]", "memory", "nan"):
        assert unread not in markdown
    assert not re.search(r"\d\.\d{5}", markdown)
    assert audit() == markdown
