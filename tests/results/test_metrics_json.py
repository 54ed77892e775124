"""metrics.json: it comes back as it was written, and what is damaged is named."""

import json
from pathlib import Path
from typing import Any

import pytest

from comparison import run_compare
from ferbench.results.comparison import read_comparison, write_comparison
from fits_factory import write_study


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small comparison."""
    folder = tmp_path_factory.mktemp("study")
    write_study(folder / "train", ["rnn", "lstm"], [0, 1], sequences=12)
    return run_compare(folder, ["rnn", "lstm"], [0, 1], folder / "compare")


def test_it_comes_back_as_it_was_written(made: Path, tmp_path: Path) -> None:
    write_comparison(tmp_path, read_comparison(made))
    assert (tmp_path / "metrics.json").read_bytes() == (made / "metrics.json").read_bytes()


def damaged(made: Path, folder: Path, *keys: str, value: Any = None) -> Path:
    """The file with another value at a key, or without the key."""
    content = json.loads((made / "metrics.json").read_text())
    place = content
    for key in keys[:-1]:
        place = place[key]
    if value is None:
        del place[keys[-1]]
    else:
        place[keys[-1]] = value
    (folder / "metrics.json").write_text(json.dumps(content))
    return folder


@pytest.mark.parametrize(
    ("keys", "value", "message"),
    [
        (("architectures", "lstm", "error_rate"), None, "architectures.lstm: .*error_rate is miss"),
        (("architectures", "lstm", "error_rate", "mean"), float("nan"), "finite number"),
        (("chance", "majority"), float("inf"), "chance.majority: .*finite number"),
        (("architectures", "lstm", "parameters"), None, "architectures.lstm.parameters: "),
        (("k",), "five", "k: .*integer"),
    ],
)
def test_what_is_damaged_is_named(
    keys: tuple[str, ...], value: Any, message: str, made: Path, tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match=rf"metrics\.json: .*{message}.*; run `ferbench compare`"):
        read_comparison(damaged(made, tmp_path, *keys, value=value))
