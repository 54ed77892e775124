"""Figures: stamped, described, and drawn from the right numbers."""

import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.text import Text

from comparison import evaluated
from ferbench.reporting import figures
from ferbench.reporting.figures import Figures
from ferbench.reporting.figures.confusion import svg
from ferbench.reporting.figures.time import LOOKS
from ferbench.reporting.style import BLACK, BLUE, ORANGE
from ferbench.results.layout import SECTIONS
from ferbench.results.stamps import STAMPS
from fits_factory import CLASSES, write_fit, write_slips, write_study


def texts(drawn: Figure) -> list[str]:
    return [found.get_text() for found in drawn.findobj(Text) if isinstance(found, Text)]


@pytest.mark.parametrize("name", figures.names())
def test_stamped_with_what_the_data_are(name: str, tmp_path: Path) -> None:
    for stamped in ({"SYNTHETIC"}, {"SYNTHETIC", "LEAKING"}, set()):
        write_fit(tmp_path, synthetic="SYNTHETIC" in stamped, leaking="LEAKING" in stamped)
        drawn = texts(figures.draw(name, evaluated(tmp_path, ["lstm"], [0])))
        (said,) = (text for text in drawn if "cohn_kanade" in text)
        for stamp, why in STAMPS.items():
            assert (f"{stamp}: {why}" in said) == (stamp in stamped)


def test_every_figure_is_described_for_the_page() -> None:
    described = list(Figures())
    assert sorted(one.name for one in described) == figures.names()
    places = [figures.find(one.name).ORDER for one in described]
    assert places == sorted(places)
    assert len(set(places)) == len({one.title for one in described}) == len(described)
    for one in described:
        assert one.alt.endswith(".")
        assert '"' not in one.alt
        assert one.caption.endswith(".")
        # reStructuredText finds no markup in it
        assert not re.search(r"[*`|\\\n]|_\b|::", one.caption)
        assert one.section is None or f"{one.section}.html" in SECTIONS


def test_describing_figures_needs_no_matplotlib_until_then() -> None:
    code = (
        "import sys; from ferbench.reporting.figures import Figures; found = Figures();"
        "assert 'matplotlib' not in sys.modules; assert len(list(found)) > 1"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_errors_shows_every_fold_and_the_mean(tmp_path: Path) -> None:
    right, wrong = ("anger", "anger"), ("anger", "fear")
    write_fit(tmp_path, "lstm", 0, decisions=[wrong, right, right, right])
    write_fit(tmp_path, "lstm", 1, decisions=[wrong, wrong, wrong, right], diverged=True)
    axes = figures.draw("errors", evaluated(tmp_path, ["lstm"], [0, 1])).axes[0]
    points = [line for line in axes.lines if line.get_marker() in ("o", "X")][:2]
    assert [np.ravel(line.get_xdata()).item() for line in points] == [25, 75]
    assert [line.get_marker() for line in points] == ["o", "X"]
    bar = next(line for line in axes.lines if line.get_color() == ORANGE)
    assert np.ravel(bar.get_xdata()).tolist() == [50, 50]
    assert "50.0 %" in [text.get_text() for text in axes.texts]


def test_confusion_prints_pooled_counts(tmp_path: Path) -> None:
    write_fit(tmp_path, "lstm", 0, decisions=[("anger", "anger"), ("anger", "fear")])
    write_fit(tmp_path, "lstm", 1, decisions=[("anger", "fear"), ("fear", "fear")])
    axes = figures.draw("confusion", evaluated(tmp_path, ["lstm"], [0, 1])).axes[0]
    shown = {text.get_position(): text.get_text() for text in axes.texts}
    anger, fear = (CLASSES.index(name) + 0.5 for name in ("anger", "fear"))
    assert shown == {(anger, anger): "1", (fear, anger): "2", (fear, fear): "1"}
    assert np.asarray(axes.collections[0].get_array()).max() == 1


def test_curves_mark_the_kept_epoch_and_survive_divergence(tmp_path: Path) -> None:
    nan = float("nan")
    write_fit(tmp_path, "rnn", 0)
    write_fit(tmp_path, "lstm", 0, losses=[(1.0, 2.0), (float("inf"), nan)], diverged=True)
    drawn = figures.draw("curves", evaluated(tmp_path, ["rnn", "lstm"], [0]))
    lines = [line for axes in drawn.axes for line in axes.lines if line.get_marker() == "o"]
    dots = [np.ravel(line.get_xydata()).tolist() for line in lines]
    assert [dot for dot in dots if dot] == [[1, 2.0], [2, 1.1]]  # the legend's has no place
    assert "lstm\nfold 0 (seed 1) diverged" in texts(drawn)


def test_colours_differ_in_grey() -> None:
    def luminance(colour: str) -> float:
        red, green, blue = (int(to_hex(colour)[i : i + 2], 16) for i in (1, 3, 5))
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    grey = sorted(map(luminance, (BLACK, BLUE, ORANGE)))
    assert min(np.diff(grey)) > 15
    _, markers, lines = zip(*LOOKS, strict=True)  # further systems differ without colour
    assert len(set(markers)) == len(set(lines)) == len(LOOKS)


def test_pairs_stand_in_both_directions(tmp_path: Path) -> None:
    write_slips(tmp_path, rnn=0, lstm=8, mlp=1)
    drawn = figures.draw("pairs", evaluated(tmp_path, ["rnn", "lstm", "mlp"], [0]))
    axes = drawn.axes[0]
    shown = {text.get_position(): text for text in axes.texts}
    # rows lstm, rnn; columns lstm, rnn, mlp, logistic_regression
    columns = [tick.get_text() for tick in axes.get_xticklabels()]
    assert columns == ["lstm", "rnn", "mlp", "logistic_regression"]
    places = ((0, 1), (1, 0), (1, 2))  # lstm minus rnn, rnn minus lstm, rnn minus mlp
    cells = [shown[column + 0.5, row + 0.38] for row, column in places]
    # all eight differ the same way: 2 of 2 ** 8 patterns; one alone says nothing
    assert [text.get_text() for text in cells] == ["+100.0", "-100.0", "-12.5"]
    assert [text.get_fontweight() for text in cells] == ["bold", "bold", "normal"]
    assert (0.5, 0.38) not in shown


def test_time_says_who_was_run_again(tmp_path: Path) -> None:
    write_study(tmp_path / "three", ["cnn", "rnn", "lstm"], [0, 1])
    evaluation = evaluated(tmp_path / "three", ["cnn", "rnn", "lstm"], [0, 1])
    axes = figures.draw("time", evaluation).axes[0]
    assert len(axes.lines) == 3
    line = next(line for line in axes.lines if line.get_label() == "rnn")
    errors = np.asarray(line.get_ydata(), float)
    ends = evaluation.comparison.architectures["rnn"].metrics["error_rate"]
    assert errors[-1] == pytest.approx(100 * ends.mean)
    assert errors[0] > 80  # the factory's first halves say another class
    assert np.asarray(line.get_xdata(), float).tolist() == pytest.approx([*range(10, 101, 10)])
    assert "was run again" not in axes.get_title(loc="left")
    write_study(tmp_path / "more", ["bilstm"], [0])
    drawn = figures.draw("time", evaluated(tmp_path / "more", ["bilstm"], [0]))
    said = drawn.axes[0].get_title(loc="left")
    assert "bilstm, which looks ahead, was run again on each beginning" in said


def test_reliability_shows_counts(tmp_path: Path) -> None:
    right, wrong = ("anger", "anger"), ("anger", "fear")
    write_fit(tmp_path, "lstm", 0, decisions=[right, right, right, wrong])
    drawn = figures.draw("reliability", evaluated(tmp_path, ["lstm"], [0]))
    axes = drawn.axes[0]
    # all four at a confidence of 0.7, three right: |0.75 - 0.7|
    assert axes.get_title() == "lstm\nECE 5.0 %"
    assert [text.get_text() for text in axes.texts] == ["4"]
    curve = next(line for line in axes.lines if line.get_marker() == "o")
    assert np.ravel(curve.get_xydata()).tolist() == pytest.approx([0.7, 0.75])
    titles = [axes.get_title().split("\n")[0] for axes in drawn.axes if axes.get_title()]
    assert titles == ["lstm", "logistic_regression"]


def test_the_matrix_of_one_fit_shows_its_counts() -> None:
    text = svg(np.array([[7, 0], [2, 5]]), ["anger", "fear & awe"], "lstm, fold 0")
    root = ElementTree.fromstring(text)  # noqa: S314 - our own text
    assert root.tag.endswith("svg")
    comments = re.findall("<!-- (.+?) -->", text)
    assert [one for one in comments if one.isdigit()] == ["7", "2", "5"]
    assert {"anger", "lstm, fold 0", "label", "decision"} <= set(comments)
    assert svg(np.array([[7, 0], [2, 5]]), ["anger", "fear & awe"], "lstm, fold 0") == text
