"""What the numbers are said to mean."""

from dataclasses import replace
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from comparison import evaluated
from ferbench.evaluation.statistics.pairs import Pair, TrainedAgain
from ferbench.reporting.pairs import write_pairs
from ferbench.reporting.wording import MEANING, sentence
from fits_factory import write_slips

PAIR = Pair("rnn", "lstm", 0.033, (0.01, 0.056), 0.004, 0.012, None, None, None)
AGAIN = replace(PAIR, again=TrainedAgain((0.005, 0.061), 0.009, 0.027))
ENDS = st.lists(st.floats(-1, 1), min_size=2, max_size=2)


@given(st.floats(-1, 1), ENDS, st.floats(0, 1), st.booleans())
def test_a_pair_exchanged_says_the_same(
    difference: float, ends: list[float], p: float, again: bool
) -> None:
    low, high = sorted(ends)
    there = replace(PAIR, difference=difference or 0.1, interval=(low, high), adjusted=p)
    back = replace(there, left="lstm", right="rnn", interval=(-high, -low))
    back = replace(back, difference=-there.difference)
    if again:
        there = replace(there, again=TrainedAgain((low, high), p, p))
        back = replace(back, again=TrainedAgain((-high, -low), p, p))
    said, other = sentence(there, 12, 3), sentence(back, 12, 3)
    if "equal" in said:
        assert "equal" in other
    else:
        assert other == said.replace("rnn and lstm", "lstm and rnn")


def test_the_sentence_is_decided_by_the_adjusted_p_alone() -> None:
    size = "these fits on other people (3.3 points, 95 % interval 1.0 to 5.6, adjusted p"
    said = sentence(PAIR, 30, 3)
    assert said == f"lstm makes fewer errors than rnn, {size} 0.012; 30 subjects)."
    turned = replace(PAIR, difference=-0.033, interval=(-0.056, -0.01), adjusted=0.0002)
    said = sentence(turned, 30, 3)
    assert said == f"rnn makes fewer errors than lstm, {size} < 0.001; 30 subjects)."
    told = "rnn and lstm cannot be told apart with 106 subjects."
    assert sentence(replace(PAIR, adjusted=0.0501), 106, 3) == told
    assert sentence(replace(PAIR, adjusted=0.05), 106, 3) != told


def test_training_again_decides_where_it_is_known() -> None:
    assert sentence(AGAIN, 30, 3) == (
        "lstm makes fewer errors than rnn, trained again and on other people (3.3 points, "
        "95 % interval 0.5 to 6.1, adjusted p 0.027; 30 subjects and 3 seeds)."
    )
    unclear = replace(AGAIN, again=TrainedAgain((-0.005, 0.071), 0.06, 0.06))
    assert sentence(unclear, 30, 1) == (
        "rnn and lstm cannot be told apart with 30 subjects and 1 seed."
    )
    equal = replace(AGAIN, difference=0.001, again=TrainedAgain((-0.015, 0.017), 0.9, 0.9))
    assert sentence(equal, 900, 5) == (
        "rnn and lstm are equal within 2 points, trained again and on other people "
        "(95 % interval -1.5 to +1.7)."
    )
    assert (
        sentence(AGAIN, 7, 3) == "rnn and lstm: 7 subjects and 3 seeds are too few to say anything."
    )


def test_every_number_says_what_it_estimates() -> None:
    of_fits = ("interval", "sign_flip", "mcnemar", "detectable")
    of_procedure = ("again", "nadeau_bengio", "correlated_t")
    assert set(MEANING) == {*of_fits, *of_procedure}
    assert [name for name in of_fits if "these fits" not in MEANING[name]] == []
    assert [name for name in of_procedure if "about the procedure" not in MEANING[name]] == []


def test_the_sentences_of_a_table_follow_the_adjusted_p(tmp_path: Path) -> None:
    write_slips(tmp_path / "fits", rnn=2, lstm=0, bilstm=8)
    write_pairs(evaluated(tmp_path / "fits", ["rnn", "lstm", "bilstm"], [0]), tmp_path)
    text = (tmp_path / "pairs.md").read_text(encoding="utf-8")
    assert "- lstm makes fewer errors than bilstm, trained again and on other people (100.0" in text
    assert "- lstm and rnn cannot be told apart with 8 subjects and 1 seed." in text
    row = next(line for line in text.splitlines() if line.startswith("| bilstm | lstm "))
    cells = [cell.strip() for cell in row.strip("|").split("|")]
    assert cells[:3] == ["bilstm", "lstm", "+100.0"]
    assert cells[5:] == ["[+100.0, +100.0]", "0.023", "—", "—", "—", "—", "8 : 0, p 0.008"]
