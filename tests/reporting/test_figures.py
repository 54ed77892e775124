"""Figures: the same bytes each time, stamped, readable as SVG, and drawn from the right numbers."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.text import Text

import engines
from comparison import settings
from ferbench.evaluation.metrics import error_rate
from ferbench.evaluation.references import read_baselines
from ferbench.evaluation.study import Study, measure
from ferbench.reporting.drawing import BLACK, BLUE, ORANGE, figure, save
from ferbench.reporting.figures import FIGURES, errors
from ferbench.reporting.figures_of_sureness import LOOKS
from ferbench.results.fits import STAMPS, read_all
from fits_factory import CLASSES, write_baselines, write_fit, write_study

NAMES = ("cnn", "rnn", "lstm")


def studied(folder: Path, names: Sequence[str], folds: Sequence[int]) -> Study:
    write_baselines(folder / "baseline", folder)
    fits = read_all(folder, names, folds)
    return measure(fits, read_baselines(folder / "baseline", fits), settings(), k=5)


@pytest.fixture
def study(tmp_path: Path) -> Study:
    write_study(tmp_path, NAMES, (0, 1))
    return studied(tmp_path, NAMES, (0, 1))


def texts(drawn: Figure) -> list[str]:
    return [found.get_text() for found in drawn.findobj(Text) if isinstance(found, Text)]


def test_same_bytes_in_another_process(study: Study, tmp_path: Path) -> None:
    for name, draw in FIGURES.items():
        save(draw(study), tmp_path / f"{name}.svg")
    code = (
        "import sys; from pathlib import Path; from ferbench.reporting.drawing import save;"
        "from ferbench.reporting.figures import FIGURES;"
        "from test_figures import studied; folder = Path(sys.argv[1]);"
        f"study = studied(folder, {NAMES}, (0, 1));"
        "[save(draw(study), folder / f'{name}.again') for name, draw in FIGURES.items()]"
    )
    environment = {**os.environ, "PYTHONHASHSEED": "7", "MPLBACKEND": "pdf"}
    paths = [
        *map(str, [Path(__file__).parent, engines.ROOT / "tests/helpers"]),
        os.environ.get("PYTHONPATH", ""),
    ]
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, paths))
    subprocess.run([sys.executable, "-c", code, tmp_path], env=environment, check=True)
    assert sorted(FIGURES) == ["confusion", "curves", "errors", "pairs", "reliability", "time"]
    for name in FIGURES:
        content = (tmp_path / f"{name}.svg").read_bytes()
        assert content == (tmp_path / f"{name}.again").read_bytes()
        assert ElementTree.fromstring(content).tag.endswith("svg")  # noqa: S314 - our own file
        assert b"<dc:date>" not in content


@pytest.mark.parametrize("name", list(FIGURES))
def test_stamped_with_what_the_data_are(name: str, tmp_path: Path) -> None:
    for stamped in ({"SYNTHETIC"}, {"SYNTHETIC", "LEAKING"}, set()):
        write_fit(tmp_path, synthetic="SYNTHETIC" in stamped, leaking="LEAKING" in stamped)
        drawn = texts(FIGURES[name](studied(tmp_path, ["lstm"], [0])))
        (said,) = (text for text in drawn if "cohn_kanade" in text)
        for stamp, why in STAMPS.items():
            assert (f"{stamp}: {why}" in said) == (stamp in stamped)


def test_errors_shows_every_fold_and_the_mean(tmp_path: Path) -> None:
    right, wrong = ("anger", "anger"), ("anger", "fear")
    write_fit(tmp_path, "lstm", 0, decisions=[wrong, right, right, right])
    write_fit(tmp_path, "lstm", 1, decisions=[wrong, wrong, wrong, right], diverged=True)
    axes = FIGURES["errors"](studied(tmp_path, ["lstm"], [0, 1])).axes[0]
    points = [line for line in axes.lines if line.get_marker() in ("o", "X")]
    assert [np.ravel(line.get_xdata()).item() for line in points] == [25, 75]
    assert [line.get_marker() for line in points] == ["o", "X"]
    bar = next(line for line in axes.lines if line.get_color() == ORANGE)
    assert np.ravel(bar.get_xdata()).tolist() == [50, 50]
    assert "50.0 %" in [text.get_text() for text in axes.texts]


def test_confusion_prints_pooled_counts(tmp_path: Path) -> None:
    write_fit(tmp_path, "lstm", 0, decisions=[("anger", "anger"), ("anger", "fear")])
    write_fit(tmp_path, "lstm", 1, decisions=[("anger", "fear"), ("fear", "fear")])
    axes = FIGURES["confusion"](studied(tmp_path, ["lstm"], [0, 1])).axes[0]
    shown = {text.get_position(): text.get_text() for text in axes.texts}
    anger, fear = (CLASSES.index(name) + 0.5 for name in ("anger", "fear"))
    assert shown == {(anger, anger): "1", (fear, anger): "2", (fear, fear): "1"}
    assert np.asarray(axes.collections[0].get_array()).max() == 1


def test_curves_mark_the_kept_epoch_and_survive_divergence(tmp_path: Path) -> None:
    nan = float("nan")
    write_fit(tmp_path, "rnn", 0)
    write_fit(tmp_path, "lstm", 0, losses=[(1.0, 2.0), (float("inf"), nan)], diverged=True)
    drawn = FIGURES["curves"](studied(tmp_path, ["rnn", "lstm"], [0]))
    dots = [
        [(line.get_xdata(), line.get_ydata()) for line in axes.lines if line.get_marker() == "o"]
        for axes in drawn.axes
    ]
    assert [float(np.ravel(x)[0]) for panel in dots for x, _ in panel if len(np.ravel(x))] == [1, 2]
    assert [float(np.ravel(y)[0]) for panel in dots for _, y in panel if len(np.ravel(y))] == [
        2.0,
        1.1,
    ]
    assert "lstm\nfold 0 diverged" in texts(drawn)


def test_colours_differ_in_grey() -> None:
    def luminance(colour: str) -> float:
        red, green, blue = (int(to_hex(colour)[i : i + 2], 16) for i in (1, 3, 5))
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    grey = sorted(map(luminance, (BLACK, BLUE, ORANGE)))
    assert min(np.diff(grey)) > 15


def test_a_figure_is_registered_once() -> None:
    with pytest.raises(ValueError, match="'errors' is registered twice"):
        figure(errors)


def test_pairs_stand_in_both_directions(tmp_path: Path) -> None:
    right, wrong = ("anger", "anger"), ("anger", "fear")
    people = [f"S{number:03}" for number in range(8)]
    for name, slips in {"rnn": 0, "lstm": 8, "mlp": 1}.items():
        decisions = [wrong] * slips + [right] * (8 - slips)
        write_fit(tmp_path, name, 0, decisions=decisions, subjects=people)
    drawn = FIGURES["pairs"](studied(tmp_path, ["rnn", "lstm", "mlp"], [0]))
    axes = drawn.axes[0]
    shown = {text.get_position(): text for text in axes.texts}
    # rows lstm, rnn; columns lstm, rnn, mlp, logistic_regression
    columns = [tick.get_text() for tick in axes.get_xticklabels()]
    assert columns == ["lstm", "rnn", "mlp", "logistic_regression"]
    cells = {
        place: shown[column + 0.5, row + 0.38]
        for place, (row, column) in {
            "lstm-rnn": (0, 1),
            "rnn-lstm": (1, 0),
            "rnn-mlp": (1, 2),
        }.items()
    }
    # all eight differ the same way: 2 of 2 ** 8 patterns; one alone says nothing
    assert [text.get_text() for text in cells.values()] == ["+100.0", "-100.0", "-12.5"]
    assert [text.get_fontweight() for text in cells.values()] == ["bold", "bold", "normal"]
    assert (0.5, 0.38) not in shown


def test_time_says_who_was_run_again(study: Study, tmp_path: Path) -> None:
    axes = FIGURES["time"](study).axes[0]
    assert len(axes.lines) == 3
    line = next(line for line in axes.lines if line.get_label() == "rnn")
    errors = np.asarray(line.get_ydata(), float)
    ends = [error_rate(part) for part in study.parts["rnn"]]
    assert errors[-1] == pytest.approx(100 * np.mean(ends))
    assert errors[0] > 80  # the factory's first halves say another class
    assert np.asarray(line.get_xdata(), float).tolist() == pytest.approx([*range(10, 101, 10)])
    assert "was run again" not in axes.get_title(loc="left")
    write_study(tmp_path / "more", ["bilstm"], [0])
    drawn = FIGURES["time"](studied(tmp_path / "more", ["bilstm"], [0]))
    said = drawn.axes[0].get_title(loc="left")
    assert "bilstm, which looks ahead, was run again on each beginning" in said


def test_looks_of_systems_differ_without_colour() -> None:
    _, markers, lines = zip(*LOOKS, strict=True)
    assert len(set(markers)) == len(set(lines)) == len(LOOKS)


def test_reliability_shows_counts(tmp_path: Path) -> None:
    right, wrong = ("anger", "anger"), ("anger", "fear")
    write_fit(tmp_path, "lstm", 0, decisions=[right, right, right, wrong])
    drawn = FIGURES["reliability"](studied(tmp_path, ["lstm"], [0]))
    axes = drawn.axes[0]
    # all four at a confidence of 0.7, three right: |0.75 - 0.7|
    assert axes.get_title() == "lstm\nECE 5.0 %"
    assert [text.get_text() for text in axes.texts] == ["4"]
    curve = next(line for line in axes.lines if line.get_marker() == "o")
    assert np.ravel(curve.get_xydata()).tolist() == pytest.approx([0.7, 0.75])
    assert [axes.get_title().split("\n")[0] for axes in drawn.axes if axes.get_title()] == [
        "lstm",
        "logistic_regression",
    ]
