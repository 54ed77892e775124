"""The paper's numbers beside those of a run, and only where they say anything of it."""

from pathlib import Path
from typing import Any

import pytest

from comparison import evaluated
from ferbench.paper.beside import printed
from ferbench.paper.statements import CAVEAT
from ferbench.results.comparison import Comparison
from fits_factory import CLASSES, write_fit


@pytest.fixture(scope="module")
def comparison(tmp_path_factory: pytest.TempPathFactory) -> Comparison:
    """Of rnn and lstm, which err in one and in two of four sequences."""
    folder: Path = tmp_path_factory.mktemp("fits")
    for name in ("rnn", "lstm"):
        for fold in (0, 1):
            wrong = [("anger", "fear")] * (fold + 1)
            write_fit(folder, name, fold, decisions=[*wrong, *[("fear", "fear")] * (3 - fold)])
    return evaluated(folder, ["rnn", "lstm"], [0, 1]).comparison


def test_the_printed_numbers_stand_beside_ours(comparison: Comparison) -> None:
    text = printed(comparison, 1)
    (row,) = [line for line in text.splitlines() if line.startswith("| lstm")]
    cells = [cell.strip() for cell in row.strip("|").split("|")]
    assert cells == ["lstm", "94,606", "73,686", "14.6 ± 0.7", "37.5 ± 17.7"]
    assert "SYNTHETIC" in text
    assert CAVEAT in text


@pytest.mark.parametrize(("other", "of_the_paper"), [
    ({"classes": CLASSES[::-1]}, True),
    ({"architectures": {}}, False),  # it prints numbers for two systems alone
    ({"dataset": "other"}, False),
    ({"classes": [*CLASSES, "contempt"]}, False),
    ({"classes": CLASSES[:2]}, False),
])  # fmt: skip
def test_other_data_and_classes_are_not_the_papers(
    comparison: Comparison, other: dict[str, Any], of_the_paper: bool
) -> None:
    assert bool(printed(comparison.model_copy(update=other), 1)) == of_the_paper
