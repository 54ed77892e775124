"""The reader: zipped or extracted, whatever the folders, and what is wrong with a file."""

import shutil
import zipfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ferbench import datasets
from ferbench.datasets import BadFileError
from ferbench.datasets.cohn_kanade import parse_landmarks, read
from releases import files, write_archives, write_tree

MADE = files(people=2)
FIRST = "S001/001/S001_001_00000001"


def listed(release):
    return [(s.id, s.subject, s.label, len(list(s.frames()))) for s in release.sequences]


def frames(release):
    return [frame for sequence in release.sequences for frame in sequence.frames()]


def test_sequences_in_order(tmp_path):
    release = read(write_tree(tmp_path, MADE))
    assert not release.problems
    assert not release.synthetic
    assert listed(release)[0] == ("S001_001", "S001", "anger", 3)
    assert [s.id for s in release.sequences] == sorted(s.id for s in release.sequences)
    assert {s.label for s in release.sequences} == {
        "anger", "disgust", "fear", "happiness", "sadness", "surprise"
    }  # fmt: skip


def test_zipped_and_extracted_are_the_same(tmp_path):
    tree = read(write_tree(tmp_path / "tree", MADE))
    archives = read(write_archives(tmp_path / "archives", MADE))
    assert listed(tree) == listed(archives)
    for (image, points), (other_image, other_points) in zip(
        frames(tree), frames(archives), strict=True
    ):
        np.testing.assert_array_equal(image, other_image)
        np.testing.assert_array_equal(points, other_points)


def test_other_folders_and_stray_files(tmp_path):
    """Nested and renamed roots, as copies of the release have them."""
    made = {
        name.replace("Emotion/", "Emotion_labels/Emotion/").replace("Landmarks/", "L/Landmarks/"): c
        for name, c in MADE.items()
    }
    made |= {".DS_Store": b"x", "cohn-kanade-images/S001/._S001_001_00000001.png": b"x"}
    assert listed(read(write_tree(tmp_path / "a", made))) == listed(
        read(write_tree(tmp_path / "b", MADE))
    )


def test_no_label_file_is_no_label(tmp_path):
    made = {name: content for name, content in MADE.items() if "S001_001" not in name}
    made |= {n: c for n, c in MADE.items() if "S001_001" in n and "emotion" not in n}
    assert read(write_tree(tmp_path, made)).sequences[0].label is None


def test_landmarks_without_an_image_are_left_alone(tmp_path):
    extra = MADE | {"Landmarks/S001/001/S001_001_00000099_landmarks.txt": b"not read"}
    release = read(write_tree(tmp_path, extra))
    assert listed(release)[0][-1] == 3
    assert not release.problems


@pytest.mark.parametrize("kind", ["cohn-kanade-images", "Emotion"])
def test_what_is_missing_is_named_with_where_to_get_it(tmp_path, kind):
    archives = write_archives(tmp_path / "archives", MADE)
    name = next(p.name for p in archives.iterdir() if kind.split("-")[0].lower() in p.name.lower()
                or (kind.startswith("cohn") and "images" in p.name))  # fmt: skip
    (archives / name).unlink()
    with pytest.raises(FileNotFoundError, match="request Cohn-Kanade") as error:
        read(archives)
    assert name in str(error.value)
    tree = write_tree(tmp_path / "tree", MADE)
    shutil.rmtree(tree / kind)
    with pytest.raises(FileNotFoundError, match="results/synthesize"):
        read(tree)


def test_no_such_folder(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"dataset\.path: no folder"):
        read(tmp_path / "nowhere")


def test_not_a_zip(tmp_path):
    archives = write_archives(tmp_path, MADE)
    (archives / "Emotion_labels.zip").write_bytes(b"PK, but no zip")
    with pytest.raises(BadFileError, match=r"Emotion_labels\.zip: cannot be read as a zip"):
        read(archives)


@pytest.mark.parametrize("text", [b"happy", b"9", b"2.5", b"", b"-1", b"nan", b"inf", b"\xff"])
def test_bad_labels(tmp_path, text):
    name = next(name for name in MADE if "S001_001" in name and "emotion" in name)
    release = read(write_tree(tmp_path, MADE | {name: text}))
    assert len(release.sequences) == 11
    (problem,) = release.problems
    assert name in problem
    assert "expected a code from 0 to 7" in problem


def test_two_labels(tmp_path):
    extra = {f"Emotion/{FIRST}_emotion.txt": b"5.0"}
    (problem,) = read(write_tree(tmp_path, MADE | extra)).problems
    assert "second label" in problem


def test_a_frame_without_landmarks(tmp_path):
    made = {n: c for n, c in MADE.items() if n != f"Landmarks/{FIRST}_landmarks.txt"}
    release = read(write_tree(tmp_path, made))
    assert not release.problems
    landmarks = [frame.landmarks is not None for frame in release.sequences[0].frames()]
    assert landmarks == [False, True, True]


def test_a_release_without_landmarks(tmp_path):
    made = {name: content for name, content in MADE.items() if "Landmarks" not in name}
    release = read(write_archives(tmp_path, made))
    assert all(frame.landmarks is None for frame in frames(release))


@pytest.mark.parametrize("content", [b"", b"not a png", None])
def test_bad_images(tmp_path, content):
    name = f"cohn-kanade-images/{FIRST}.png"
    truncated = MADE[name][:40]
    release = read(write_tree(tmp_path, MADE | {name: truncated if content is None else content}))
    with pytest.raises(BadFileError, match=rf"{FIRST}\.png: not an image"):
        list(release.sequences[0].frames())


GOOD = "\n".join(f"{i} {i + 0.5}" for i in range(68))


@pytest.mark.parametrize("text", [GOOD, GOOD.replace("\n", "\r\n"), GOOD.replace("\n", "\n\n")])
def test_landmarks_with_blank_lines_or_crlf(text):
    points = parse_landmarks("name", text.encode())
    np.testing.assert_array_equal(points[:, 1] - points[:, 0], np.full(68, 0.5))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (GOOD + "\n1 2", "found 69"),
        ("\n".join(GOOD.split("\n")[1:]), "found 67"),
        ("", "found 0"),
        (GOOD.replace("7 7.5", "7 7.5 8"), "two numbers"),
        (GOOD.replace("7 7.5", "seven 7.5"), "two numbers"),
        (GOOD.replace("7 7.5", "nan 7.5"), "not finite"),
        (GOOD.replace("7 7.5", "inf 7.5"), "not finite"),
    ],
)
def test_bad_landmarks(text, why):
    with pytest.raises(BadFileError, match=f"name: .*{why}"):
        parse_landmarks("name", text.encode())


@given(st.binary(max_size=400))
def test_any_bytes_are_landmarks_or_a_named_problem(content):
    try:
        points = parse_landmarks("name", content)
    except BadFileError as error:
        points, problem = None, str(error)
    assert points.shape == (68, 2) if points is not None else problem.startswith("name: ")


def test_a_dataset_that_is_not_there():
    with pytest.raises(ValueError, match=r"dataset\.name: no format 'mmi'.*datasets/mmi\.py"):
        datasets.find("mmi")


def test_damaged_content_of_an_archive(tmp_path):
    """The archive opens, its directory is whole, and what a file holds is not."""
    archives = write_archives(tmp_path, MADE)
    with zipfile.ZipFile(archives / "Landmarks.zip", "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in MADE.items():
            if name.startswith("Landmarks/"):
                packed.writestr(name, content)
        start = packed.infolist()[0].header_offset + 30 + len(packed.infolist()[0].filename)
    damaged = bytearray((archives / "Landmarks.zip").read_bytes())
    damaged[start : start + 6] = b"\xff" * 6
    (archives / "Landmarks.zip").write_bytes(damaged)
    with pytest.raises(BadFileError, match=rf"{FIRST}_landmarks\.txt: cannot be read"):
        list(read(archives).sequences[0].frames())
