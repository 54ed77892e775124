"""What README says: its results are those of the last committed run, and its commands work."""

import csv
import re
from pathlib import Path

import pytest

import engines
from ferbench.config.params import load
from ferbench.synthetic.expressions import PROTOTYPES
from ferbench.synthetic.sequence import Animation
from projects import call, few
from releases import write_video

README = (engines.ROOT / "README.md").read_text()
CLASSES = list(PROTOTYPES)
SYNTHETIC = load(engines.ROOT / "params.yaml").synthesize


def test_the_table_is_that_of_the_committed_results() -> None:
    table = (engines.ROOT / "results/compare/table.md").read_text().split("\n", 2)[2]
    table = table.split("**More measures")[0]
    shown = README.split("<!-- table -->\n")[1].split("<!-- /table -->")[0]
    assert shown == table, "results have changed: make readme"


def test_every_file_it_points_to_is_there() -> None:
    links = [part.split(")")[0] for part in README.split("](")[1:]]
    assert links
    assert not [link for link in links if not (engines.ROOT / link).exists()]


def blocks(section: str, language: str = "") -> list[str]:
    """The code blocks of a section, in order."""
    text = README.split(f"## {section}\n")[1].split("\n## ")[0]
    found = re.findall(r"^```(\w*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return [code for named, code in found if named == language]


def film(path: Path, animation: Animation) -> None:
    """A video of a few frames."""
    last = len(animation) - 1
    write_video(path, [animation.frame(k) for k in (0, len(animation) // 2, last - 1, last)])


def make_videos(folder: Path, header: str) -> None:
    """Six people, one video of each class."""
    folder.mkdir()
    (folder / "SYNTHETIC.txt").write_text("rendered\n")
    with (folder / "sequences.csv").open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(header.split(","))
        for subject in range(1, 7):
            for number in range(1, len(CLASSES) + 1):
                animation = Animation(SYNTHETIC, subject, number)
                name = animation.person.order[number - 1]
                video = f"p{subject:02}_{name}.avi"
                film(folder / video, animation)
                table.writerow([f"p{subject:02}", name, video])


@pytest.mark.heavy
def test_on_your_own_videos_word_for_word(tmp_path: Path) -> None:
    section = "On your own videos"
    (table,) = blocks(section, "csv")
    (setting,) = blocks(section, "yaml")
    checking, running = blocks(section)
    root = engines.copy(tmp_path / "project", few)
    make_videos(root / "videos", table.splitlines()[0])
    film(root / "new.avi", Animation(SYNTHETIC, 7, 1))
    params = (root / "params.yaml").read_text()
    edited, count = re.subn(r"(?m)^dataset:\n(  .*\n)+", setting, params)
    assert count == 1
    assert "36, 36 with a label" in shell(root, checking)
    (root / "params.yaml").write_text(edited)
    printed = shell(root, running)
    assert "SYNTHETIC" in printed
    compared = (root / "results/compare/table.md").read_text()
    assert "dataset `folder`" in compared
    assert "144 frames have landmarks of the face mesh" in compared
    made = sorted(path.name for path in (root / "predictions").iterdir())
    assert made == ["frame_predictions.csv", "new.prediction.png", "sequence_predictions.csv"]
    with (root / "predictions/sequence_predictions.csv").open() as file:
        (row,) = csv.DictReader(file)
    assert row["predicted"] in CLASSES
    assert sum(float(row[name]) for name in CLASSES) == pytest.approx(1)


def shell(root: Path, commands: str) -> str:
    """What the lines of a code block print, run as they are written."""
    return call(root, "bash", "-euo", "pipefail", "-c", commands)
