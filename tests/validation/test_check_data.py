"""What is said of a release before a run."""

import numpy as np
import pytest

from ferbench.validation.check_data import check_data
from projects import FERBENCH, ended
from releases import CODES, files, png, write_archives, write_pictures, write_table, write_tree

MADE = files(people=2)
FIRST = "S001/001/S001_001_00000001"


def said(capsys, *arguments, fine=True, **options):
    assert check_data(*arguments, **options) is fine
    return capsys.readouterr().out


def test_totals_classes_and_no_problems(tmp_path, capsys):
    release = write_archives(tmp_path, MADE | {"cohn-kanade-images/SYNTHETIC.txt": b""})
    shown = said(capsys, release, "cohn_kanade")
    lines = shown.splitlines()
    assert lines[0] == f"{release}: cohn_kanade, SYNTHETIC"
    count = sum(name.endswith(".png") for name in MADE)
    assert "sequences  12, 12 with a label" in lines
    assert "subjects   2" in lines
    assert f"frames     {count}; 3 to 4 a sequence, 3.5 in the middle" in lines
    assert f"sizes      {count} of 64 x 48" in lines
    assert "landmarks  frames without: 0" in lines
    classes = [line.split() for line in lines if line.split()[1:3] == ["2", "2"]]
    assert [row[0] for row in classes] == sorted(CODES)
    assert all(row[3] == "7" for row in classes)
    assert lines[-1] == "no problems"
    assert "warning" not in shown


def test_what_differs_from_the_published_release_is_a_warning_and_no_problem(tmp_path, capsys):
    shown = said(capsys, write_archives(tmp_path, MADE), "cohn_kanade")
    assert "warning: 12 sequences; CK+ is published with 593" in shown


def test_every_problem_is_listed_with_its_file(tmp_path, capsys):
    bad = {
        f"cohn-kanade-images/{FIRST}.png": b"x",
        f"cohn-kanade-images/{FIRST[:-1]}2.png": b"",
        f"Landmarks/{FIRST[:-1]}3_landmarks.txt": b"1 2",
        "Emotion/S002/001/S002_001_00000003_emotion.txt": b"9",
        "Emotion/S002/001/S002_001_00000004_emotion.txt": b"9",
    }
    bad = {name: content for name, content in bad.items() if name in MADE}
    assert len(bad) == 4
    release = write_tree(tmp_path, MADE | bad)
    shown = said(capsys, release, "cohn_kanade", fine=False)
    problems = shown[shown.index("4 problems") :].splitlines()[1:]
    named = sorted(line.strip().split(": ")[0] for line in problems)
    assert named == sorted(f"{release}/{name}" for name in bad)


def test_sequences_without_a_label_are_looked_through_too(tmp_path, capsys):
    made = {name: c for name, c in MADE.items() if not name.startswith("Emotion/S001/001")}
    release = write_tree(tmp_path, made | {f"cohn-kanade-images/{FIRST}.png": b"x"})
    shown = said(capsys, release, "cohn_kanade", fine=False)
    assert "sequences  12, 11 with a label" in shown
    (row,) = (line for line in shown.splitlines() if line.startswith("no label"))
    assert row.split()[2:] == ["1", "1", "2"]
    assert f"{FIRST}.png: not an image" in shown


def test_frames_without_landmarks_and_sizes_are_counted(tmp_path, capsys):
    made = {name: c for name, c in MADE.items() if name != f"Landmarks/{FIRST}_landmarks.txt"}
    made[f"cohn-kanade-images/{FIRST}.png"] = png(np.zeros((60, 80), np.uint8))
    shown = said(capsys, write_tree(tmp_path, made), "cohn_kanade")
    assert "sizes      41 of 64 x 48; 1 of 80 x 60" in shown
    assert "landmarks  frames without: 1" in shown


def test_a_folder_of_ones_own(tmp_path, capsys):
    write_pictures(tmp_path / "a", [np.zeros((10, 20), np.uint8)] * 3)
    write_table(tmp_path, "anna,anger,a", "anna,fear,gone")
    shown = said(capsys, tmp_path, "folder", fine=False)
    assert "landmarks  frames without: 3" in shown
    assert f"1 problem\n  {tmp_path}/sequences.csv: line 3: path: no file" in shown


def test_nothing_listed(tmp_path, capsys):
    shown = said(capsys, write_table(tmp_path), "folder", fine=False)
    assert f"{tmp_path}: no sequence with a label" in shown


def test_it_is_the_same_whatever_the_number_of_workers(tmp_path, capsys):
    bad = {f"cohn-kanade-images/S00{n}/00{n}/S00{n}_00{n}_00000001.png": b"x" for n in (1, 2)}
    release = write_archives(tmp_path, MADE | bad)
    shown = {said(capsys, release, "cohn_kanade", fine=False, workers=count) for count in (1, 2, 7)}
    assert len(shown) == 1


@pytest.mark.parametrize(("bad", "code"), [({}, 0), ({f"cohn-kanade-images/{FIRST}.png": b""}, 1)])
def test_the_exit_code_says_whether_all_can_be_used(tmp_path, bad, code):
    release = write_tree(tmp_path, MADE | bad)
    done = ended(FERBENCH, "check-data", release, "--workers", "1")
    assert (done.returncode, "Traceback" in done.stderr) == (code, False)
    assert ("1 problem" in done.stdout) is bool(code)
