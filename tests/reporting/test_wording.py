"""What the numbers are said to mean."""

from dataclasses import replace
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from comparison import evaluated
from ferbench.evaluation.statistics.pairs import Pair
from ferbench.reporting.pairs import write_pairs
from ferbench.reporting.wording import MEANING, sentence
from fits_factory import write_slips

PAIR = Pair("rnn", "lstm", 0.033, (0.01, 0.056), 0.004, 0.012, None, None, None)


@given(st.floats(-1, 1), st.lists(st.floats(-1, 1), min_size=2, max_size=2), st.floats(0, 1))
def test_a_pair_exchanged_says_the_same(difference: float, ends: list[float], adjusted: float):
    low, high = sorted(ends)
    there = replace(PAIR, difference=difference or 0.1, interval=(low, high), adjusted=adjusted)
    back = replace(there, left="lstm", right="rnn", interval=(-high, -low))
    back = replace(back, difference=-there.difference)
    assert sentence(back, 12) == sentence(there, 12).replace("rnn and lstm", "lstm and rnn")


def test_the_sentence_is_decided_by_the_adjusted_p_alone() -> None:
    size = "on 30 subjects (these fits: 3.3 points, 95 % interval 1.0 to 5.6, adjusted p"
    assert sentence(PAIR, 30) == f"lstm makes fewer errors than rnn {size} 0.012)."
    turned = replace(PAIR, difference=-0.033, interval=(-0.056, -0.01), adjusted=0.0002)
    assert sentence(turned, 30) == f"rnn makes fewer errors than lstm {size} < 0.001)."
    told = "rnn and lstm cannot be told apart on 106 subjects."
    assert sentence(replace(PAIR, adjusted=0.0501), 106) == told
    assert sentence(replace(PAIR, adjusted=0.05), 106) != told


def test_every_number_says_what_it_estimates() -> None:
    of_fits = ("interval", "sign_flip", "mcnemar", "detectable")
    of_procedure = ("nadeau_bengio", "correlated_t")
    assert set(MEANING) == {*of_fits, *of_procedure}
    assert [name for name in of_fits if "these fits" not in MEANING[name]] == []
    assert [name for name in of_procedure if "about the procedure" not in MEANING[name]] == []


def test_the_sentences_of_a_table_follow_the_adjusted_p(tmp_path: Path) -> None:
    write_slips(tmp_path / "fits", rnn=2, lstm=0, bilstm=8)
    write_pairs(evaluated(tmp_path / "fits", ["rnn", "lstm", "bilstm"], [0]), tmp_path)
    text = (tmp_path / "pairs.md").read_text(encoding="utf-8")
    assert "- lstm makes fewer errors than bilstm on 8 subjects (these fits: 100.0 points" in text
    assert "- bilstm and rnn cannot be told apart on 8 subjects." in text  # 0.0625, by Holm
    assert "- lstm and rnn cannot be told apart on 8 subjects." in text
    row = next(line for line in text.splitlines() if line.startswith("| bilstm | lstm "))
    assert [cell.strip() for cell in row.strip("|").split("|")] == [
        *("bilstm", "lstm", "+100.0", "[+100.0, +100.0]", "0.023"),
        *("—", "—", "—", "—", "8 : 0, p 0.008"),
    ]
