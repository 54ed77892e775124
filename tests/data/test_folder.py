"""A folder of one's own: what the table lists is what is read."""

import csv
import io
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ferbench.data.formats.folder import read
from ferbench.io.archives import printable
from ferbench.io.errors import BadFileError
from releases import write_pictures, write_table, write_tree, write_video

IMAGES = [np.full((48, 64), 20 * k, np.uint8) for k in range(12)]


def values(sequence):
    return [int(frame.image[0, 0]) // 20 + 1 for frame in sequence.frames()]


def listed(release):
    return [(one.id, one.subject, one.label) for one in release.sequences]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    root = tmp_path_factory.mktemp("folder")
    write_video(root / "film.mkv", IMAGES, "FFV1")
    write_pictures(root / "pictures", IMAGES)
    return root


def test_videos_and_pictures_alike_without_landmarks(folder):
    write_table(folder, "anna,anger,film.mkv", "ben,,pictures")
    release = read(folder)
    assert listed(release) == [("film.mkv", "anna", "anger"), ("pictures", "ben", None)]
    assert (release.problems, release.warnings, release.synthetic) == ([], [], False)
    for sequence in release.sequences:
        assert values(sequence) == list(range(1, 13))
        assert values(sequence) == list(range(1, 13))
        assert all(frame.landmarks is None for frame in sequence.frames())


@pytest.mark.parametrize("path", ["film.mkv", "pictures"])
@pytest.mark.parametrize(("part", "name", "expected"), [
    ("2,4", ":2-4", [2, 3, 4]), ("3,", ":3-", list(range(3, 13))), (",2", ":1-2", [1, 2]),
    (",", "", list(range(1, 13))), ("1,1", ":1-1", [1]), ("12,12", ":12-12", [12]),
])  # fmt: skip
def test_start_and_end_are_counted_from_one_and_included(folder, path, part, name, expected):
    write_table(folder, f"anna,anger,{path},{part}", columns="subject,label,path,start,end")
    (sequence,) = read(folder).sequences
    assert sequence.id == path + name
    assert values(sequence) == expected


def test_columns_in_any_order_and_one_of_start_and_end(folder):
    write_table(folder, "film.mkv,11,anna,anger", columns="path,start,subject,label")
    (sequence,) = read(folder).sequences
    assert (sequence.id, sequence.subject, sequence.label) == ("film.mkv:11-", "anna", "anger")
    assert values(sequence) == [11, 12]


def test_parts_of_one_video_are_sequences_in_the_order_of_the_table(folder):
    columns = "subject,label,path,start,end"
    write_table(folder, "a,anger,film.mkv,7,9", "a,fear,film.mkv,1,3", columns=columns)
    assert [one.id for one in read(folder).sequences] == ["film.mkv:7-9", "film.mkv:1-3"]


def test_footage_elsewhere_can_be_linked(folder, tmp_path):
    (tmp_path / "linked.mkv").symlink_to(folder / "film.mkv")
    (tmp_path / "linked").symlink_to(folder / "pictures")
    write_table(tmp_path, "anna,anger,linked.mkv", "anna,anger,linked")
    assert [len(values(one)) for one in read(tmp_path).sequences] == [12, 12]


def test_names_in_any_script(folder, tmp_path):
    name = "Глеб at 3.04\u202fPM"
    write_pictures(tmp_path / name, IMAGES[:2])
    write_video(tmp_path / "a.mkv", IMAGES[:2], "FFV1").rename(tmp_path / f"{name}.mkv")
    write_table(tmp_path, f"Zoë,Ärger,{name}", f"Zoë,Ärger,{name}.mkv")
    assert listed(read(tmp_path))[0] == (name, "Zoë", "Ärger")
    assert [values(sequence) for sequence in read(tmp_path).sequences] == [[1, 2], [1, 2]]


def test_the_marker_makes_it_synthetic(tmp_path):
    write_table(write_tree(tmp_path, {"SYNTHETIC.txt": b""}))
    assert read(tmp_path).synthetic


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"dataset\.path: no folder .*/none$"):
        read(tmp_path / "none")


def test_every_bad_row_is_listed_with_its_line(folder):
    rows = "anna,anger,film.mkv", "anna,anger,gone", ",anger,pictures", "anna,anger,film.mkv"
    release = read(write_table(folder, *rows))
    assert listed(release) == [("film.mkv", "anna", "anger")]
    lines = [problem.removeprefix(f"{folder}/sequences.csv: ") for problem in release.problems]
    assert [line.split(": ")[0] for line in lines] == ["line 3", "line 4", "line 5"]


HEADER = b"subject,label,path\n"
ROW = st.lists(st.sampled_from([b",", b'"', b"\n", b"\r", b"\0", b"a", b"..", b"/", b"\xff", b" "]))


@given(st.one_of(st.binary(max_size=100), ROW.map(b"".join).map(HEADER.__add__)))
def test_any_bytes_are_a_release_or_a_named_problem(content):
    with TemporaryDirectory() as root:
        table = Path(root, "sequences.csv")
        table.write_bytes(content)
        try:
            problems = read(Path(root)).problems
        except BadFileError as error:
            problems = [str(error)]
    assert all(problem.startswith(f"{table}: ") for problem in problems)
    assert all(printable(problem) == problem for problem in problems)


WORD = st.text(st.characters(categories=("L", "N", "P", "S")), min_size=1, max_size=12)
NAME = WORD.map(lambda word: word.replace("/", "-")).filter(lambda word: word not in (".", ".."))
NUMBER = st.none() | st.integers(1, 10**6)
VALUES = st.tuples(WORD, st.just("") | WORD, NAME, NUMBER, st.none() | st.integers(0, 99))


@given(st.lists(VALUES, unique_by=lambda row: row[2], max_size=5))
def test_rows_come_back_as_they_were_written(rows):
    with TemporaryDirectory() as root:
        text = io.StringIO()
        table = csv.writer(text)
        table.writerow(["subject", "label", "path", "start", "end"])
        for subject, label, path, start, more in rows:
            Path(root, "x" + path).touch()
            end = None if more is None else (start or 1) + more
            table.writerow([subject, label, "x" + path, start, end])
        Path(root, "sequences.csv").write_text(text.getvalue(), encoding="utf-8", newline="")
        release = read(Path(root))
    assert release.problems == []
    for one, (subject, label, path, *_) in zip(release.sequences, rows, strict=True):
        assert (one.subject, one.label or "") == (subject, label)
        assert one.id.startswith("x" + path)
