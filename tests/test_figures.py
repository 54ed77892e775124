"""Figures: the same bytes each time, stamped, readable as SVG, and drawn from the right numbers."""

import os
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.text import Text

from ferbench.figures import BLACK, BLUE, FIGURES, ORANGE, errors, figure, save
from ferbench.fits import STAMPS, Fit, read_all
from fits_factory import CLASSES, write_fit, write_study

NAMES = ("cnn", "rnn", "lstm")


@pytest.fixture
def fits(tmp_path: Path) -> dict[str, list[Fit]]:
    write_study(tmp_path, NAMES, (0, 1))
    return read_all(tmp_path, NAMES, (0, 1))


def texts(drawn: Figure) -> list[str]:
    return [found.get_text() for found in drawn.findobj(Text) if isinstance(found, Text)]


def test_same_bytes_in_another_process(fits: dict[str, list[Fit]], tmp_path: Path) -> None:
    for name, draw in FIGURES.items():
        save(draw(fits), tmp_path / f"{name}.svg")
    code = (
        "import sys; from pathlib import Path; from ferbench.figures import FIGURES, save;"
        "from ferbench.fits import STAMPS, read_all; folder = Path(sys.argv[1]);"
        f"fits = read_all(folder, {NAMES}, (0, 1));"
        "[save(draw(fits), folder / f'{name}.again') for name, draw in FIGURES.items()]"
    )
    environment = {**os.environ, "PYTHONHASHSEED": "7", "MPLBACKEND": "pdf"}
    subprocess.run([sys.executable, "-c", code, tmp_path], env=environment, check=True)
    assert list(FIGURES) == ["errors", "confusion", "curves"]
    for name in FIGURES:
        content = (tmp_path / f"{name}.svg").read_bytes()
        assert content == (tmp_path / f"{name}.again").read_bytes()
        assert ElementTree.fromstring(content).tag.endswith("svg")  # noqa: S314 - our own file
        assert b"<dc:date>" not in content


@pytest.mark.parametrize("name", list(FIGURES))
def test_stamped_with_what_the_data_are(name: str, tmp_path: Path) -> None:
    for stamped in ({"SYNTHETIC"}, {"SYNTHETIC", "LEAKING"}, set()):
        write_fit(tmp_path, synthetic="SYNTHETIC" in stamped, leaking="LEAKING" in stamped)
        drawn = texts(FIGURES[name](read_all(tmp_path, ["lstm"], [0])))
        (said,) = (text for text in drawn if "cohn_kanade" in text)
        for stamp, why in STAMPS.items():
            assert (f"{stamp}: {why}" in said) == (stamp in stamped)


def test_errors_shows_every_fold_and_the_mean(tmp_path: Path) -> None:
    right, wrong = ("anger", "anger"), ("anger", "fear")
    write_fit(tmp_path, "lstm", 0, decisions=[wrong, right, right, right])
    write_fit(tmp_path, "lstm", 1, decisions=[wrong, wrong, wrong, right], diverged=True)
    axes = FIGURES["errors"](read_all(tmp_path, ["lstm"], [0, 1])).axes[0]
    points = [line for line in axes.lines if line.get_marker() in ("o", "X")]
    assert [np.ravel(line.get_xdata()).item() for line in points] == [25, 75]
    assert [line.get_marker() for line in points] == ["o", "X"]
    bar = next(line for line in axes.lines if line.get_color() == ORANGE)
    assert np.ravel(bar.get_xdata()).tolist() == [50, 50]
    assert "50.0 %" in [text.get_text() for text in axes.texts]


def test_confusion_prints_pooled_counts(tmp_path: Path) -> None:
    write_fit(tmp_path, "lstm", 0, decisions=[("anger", "anger"), ("anger", "fear")])
    write_fit(tmp_path, "lstm", 1, decisions=[("anger", "fear"), ("fear", "fear")])
    axes = FIGURES["confusion"](read_all(tmp_path, ["lstm"], [0, 1])).axes[0]
    shown = {text.get_position(): text.get_text() for text in axes.texts}
    anger, fear = (CLASSES.index(name) + 0.5 for name in ("anger", "fear"))
    assert shown == {(anger, anger): "1", (fear, anger): "2", (fear, fear): "1"}
    assert np.asarray(axes.collections[0].get_array()).max() == 1


def test_curves_mark_the_kept_epoch_and_survive_divergence(tmp_path: Path) -> None:
    nan = float("nan")
    write_fit(tmp_path, "rnn", 0)
    write_fit(tmp_path, "lstm", 0, losses=[(1.0, 2.0), (float("inf"), nan)], diverged=True)
    drawn = FIGURES["curves"](read_all(tmp_path, ["rnn", "lstm"], [0]))
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
