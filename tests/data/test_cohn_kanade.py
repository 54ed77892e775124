"""The reader: zipped or extracted, whatever the folders, and what is wrong with a file."""

import json
import re
import shutil
import zipfile
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from ferbench.data.formats.cohn_kanade import EMOTIONS, parse_landmarks, read
from ferbench.data.video import decode
from ferbench.io.errors import BadFileError
from releases import ARCHIVES, CODES, PARAMS, files, png, run, write_archives, write_tree
from small_store import rows_of

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
    assert {s.label for s in release.sequences} == set(CODES)


def test_zipped_and_extracted_are_the_same(tmp_path):
    same(read(write_archives(tmp_path / "a", MADE)), read(write_tree(tmp_path / "b", MADE)))


def test_a_label_without_its_picture_is_told(tmp_path):
    apex = max(name for name in MADE if "S001_001" in name and name.endswith(".png"))
    made = {name: content for name, content in MADE.items() if name != apex}
    label, points, *_ = read(write_tree(tmp_path, made)).warnings
    lone = f"{tmp_path}/Emotion/{FIRST[:-1]}{apex[-5]}_emotion.txt"
    assert label == f"labels without a picture of that name: 1; the first is {lone}"
    assert points.startswith("landmark files without a picture of that name: 1; the first is ")


@pytest.mark.parametrize("place", ["", "Landmarks/"])
def test_one_marker_anywhere_is_enough(tmp_path, place):
    assert read(write_tree(tmp_path, MADE | {f"{place}SYNTHETIC.txt": b""})).synthetic
    archives = write_archives(tmp_path / "zipped", MADE | {"Landmarks/SYNTHETIC.txt": b""})
    assert read(archives).synthetic


@pytest.mark.parametrize("kind", ["cohn-kanade-images", "Emotion"])
def test_what_is_missing_is_named_with_where_to_get_it(tmp_path, kind):
    archives, name = write_archives(tmp_path / "archives", MADE), ARCHIVES[kind]
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


GOOD = "\n".join(f"{i} {i + 0.5}" for i in range(68))


@pytest.mark.parametrize("text", [GOOD, GOOD.replace("\n", "\r\n"), GOOD.replace("\n", "\n\n")])
def test_landmarks_with_blank_lines_or_crlf(text):
    points = parse_landmarks("name", text.encode())
    np.testing.assert_array_equal(points[:, 1] - points[:, 0], np.full(68, 0.5))


@given(st.binary(max_size=400))
def test_any_bytes_are_landmarks_or_a_named_problem(content):
    try:
        points = parse_landmarks("name", content)
    except BadFileError as error:
        points, problem = None, str(error)
    assert points.shape == (68, 2) if points is not None else problem.startswith("name: ")


# The real release's irregularities.


def renamed(made, **roots):
    """The files below other roots: `Emotion="Emotion_labels/Emotion"`."""
    for root, new in roots.items():
        old = "cohn-kanade-images" if root == "images" else root
        made = {re.sub(f"^{old}/", f"{new}/", name): content for name, content in made.items()}
    return made


def same(release, other):
    assert listed(release) == listed(other)
    assert release.problems == other.problems == []
    lone = [said for said in release.warnings if said.startswith("landmark files without")]
    assert [said for said in release.warnings if said not in lone] == other.warnings
    for one, two in zip(frames(release), frames(other), strict=True):
        np.testing.assert_array_equal(one.image, two.image)
        np.testing.assert_array_equal(one.landmarks, two.landmarks)


@pytest.mark.parametrize("roots", [
    {"images": "extended-cohn-kanade-images"},
    {"images": "extended-cohn-kanade-images/cohn-kanade-images"},
    {"Emotion": "Emotion_labels"}, {"Emotion": "Emotion_labels/Emotion"},
    {"Emotion": "Emotion_labels/Emotion_labels"}, {"Landmarks": "Landmarks/Landmarks"},
    {"images": "CK+/a", "Emotion": "CK+/b/c", "Landmarks": "CK+/d"},
    {"images": ".", "Emotion": ".", "Landmarks": "."},
], ids=lambda roots: " ".join(roots.values()))  # fmt: skip
def test_roots_as_copies_have_them(tmp_path, roots):
    other = read(write_tree(tmp_path / "odd", renamed(MADE, **roots)))
    same(other, read(write_tree(tmp_path / "plain", MADE)))


@pytest.mark.parametrize("kind", ["cohn-kanade-images", "Emotion"])
def test_archives_under_either_name(tmp_path, kind):
    plain, other = write_archives(tmp_path / "a", MADE), write_archives(tmp_path / "b", MADE)
    (other / ARCHIVES[kind]).rename(other / f"{kind}.zip")
    same(read(other), read(plain))


@pytest.mark.parametrize("zipped", [("cohn-kanade-images",), ("Emotion", "Landmarks"),
                                    ("Landmarks",), ("cohn-kanade-images", "Emotion")])  # fmt: skip
def test_some_zipped_and_some_extracted(tmp_path, zipped):
    part = {n: c for n, c in MADE.items() if n.split("/")[0] in zipped}
    mixed = write_archives(tmp_path / "mixed", part)
    for archive in mixed.iterdir():
        if not zipfile.ZipFile(archive).namelist():
            archive.unlink()
    write_tree(mixed, {n: c for n, c in MADE.items() if n not in part})
    same(read(mixed), read(write_archives(tmp_path / "plain", MADE)))


def test_archives_that_windows_packed(tmp_path):
    plain, other = write_archives(tmp_path / "a", MADE), write_archives(tmp_path / "b", MADE)
    with zipfile.ZipFile(other / "Landmarks.zip", "w") as packed:
        for name, content in MADE.items():
            if name.startswith("Landmarks"):
                packed.writestr(name.replace("/", "\\"), content)
    same(read(other), read(plain))


STRAY = {
    "cohn-kanade-images/.DS_Store": b"\0\0\0\1Bud1",
    "cohn-kanade-images/S001/001/.DS_Store": b"\0\0\0\1Bud1",
    "Emotion/S001/.DS_Store": b"\0\0\0\1Bud1",
    f"cohn-kanade-images/{FIRST}.png".replace("S001_", "._S001_", 1): b"\0\5\26\7",
    f"__MACOSX/Emotion/{FIRST}_emotion.txt".replace("S001_", "._S001_", 1): b"\0\5\26\7",
    f"__MACOSX/Landmarks/{FIRST}_landmarks.txt".replace("S001_", "._S001_", 1): b"\0\5\26\7",
    f"FACS/{FIRST}_facs.txt": b"   4.0000000e+00   0.0000000e+00\n",
    "Landmarks/S001/001/S001_001_00000099_landmarks.txt": b"no image, and not read",
    "ReadMeCohnKanadeDatabase_website.txt": b"read me",
    "Consent-for-publication.doc": b"\xd0\xcf\x11\xe0",
}


def test_what_systems_and_authors_left_lying_about(tmp_path):
    plain = read(write_tree(tmp_path / "plain", MADE))
    same(read(write_tree(tmp_path / "odd", MADE | STRAY)), plain)
    odd = write_archives(tmp_path / "archives", MADE)
    for archive in odd.iterdir():
        with zipfile.ZipFile(archive, "a") as packed:
            for name, content in STRAY.items():
                packed.writestr(name, content)
    same(read(odd), plain)


def test_label_folders_absent_and_present_and_empty(tmp_path):
    none = {n: c for n, c in MADE.items() if not n.startswith("Emotion/S001/001")}
    without = read(write_tree(tmp_path / "absent", none))
    assert [s.label for s in without.sequences][:2] == [None, "disgust"]
    empty = write_tree(tmp_path / "empty", none)
    (empty / "Emotion/S001/001").mkdir()
    same(read(empty), without)


def test_linked_folders(tmp_path):
    real, linked = write_tree(tmp_path / "elsewhere", MADE), tmp_path / "linked"
    linked.mkdir()
    for folder in ARCHIVES:
        (linked / folder).symlink_to(real / folder)
    plain = read(real)
    same(read(linked), plain)
    (tmp_path / "all").symlink_to(real)
    same(read(tmp_path / "all"), plain)


def test_linked_files(tmp_path):
    real = write_tree(tmp_path / "elsewhere", MADE)
    for name in MADE:
        (tmp_path / "linked" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "linked" / name).symlink_to(real / name)
    same(read(tmp_path / "linked"), read(real))


def test_grey_and_colour_and_both_sizes(tmp_path):
    rng = np.random.default_rng(0)
    tall, low = (rng.integers(0, 256, (height, 640), np.uint8) for height in (490, 480))
    made = {}
    for k, image in enumerate((tall, low)):
        colours = cv2.cvtColor(image, cv2.COLOR_GRAY2BGR)
        for number, content in ((2 * k, image), (2 * k + 1, colours)):
            made[f"cohn-kanade-images/S999/001/S999_001_{number:08}.png"] = png(content)
    made["Emotion/S999/001/S999_001_00000003_emotion.txt"] = b"   7.0000000e+00\n"
    (sequence,) = read(write_tree(tmp_path, made)).sequences
    assert (sequence.id, sequence.subject, sequence.label) == ("S999_001", "S999", "surprise")
    for frame, image in zip(sequence.frames(), (tall, tall, low, low), strict=True):
        np.testing.assert_array_equal(frame.image, image)


def test_frames_that_begin_anywhere_and_skip_numbers_are_in_order(tmp_path):
    def other(found):
        return f"S001_001_{(8, 9, 10, 101)[int(found[1]) - 1]}"

    made = {re.sub(r"S001_001_(\d{8})", other, name): content for name, content in MADE.items()}
    assert made.keys() != MADE.keys()
    same(read(write_tree(tmp_path / "odd", made)), read(write_tree(tmp_path / "plain", MADE)))


@pytest.mark.parametrize(("text", "label"), [
    (b"   0.0000000e+00\n", "neutral"), (b"   2.0000000e+00\n", "contempt"),
    (b"   3.0000000e+00\n", "disgust"), (b"   3.0000000e+00", "disgust"), (b"3\r\n", "disgust"),
    (b"\t3.0 \n\n", "disgust"), (b"7", "surprise"),
])  # fmt: skip
def test_labels_as_they_are_written(tmp_path, text, label):
    name = next(n for n in MADE if n.startswith(f"Emotion/{FIRST[:-1]}"))
    release = read(write_tree(tmp_path, MADE | {name: text}))
    assert (release.sequences[0].label, release.problems) == (label, [])


@given(st.binary(max_size=40))
def test_any_bytes_are_a_label_or_a_named_problem(content):
    name = "S001_001_00000001"
    with TemporaryDirectory() as folder:
        made = {f"{name}.png": b"", f"{name}_emotion.txt": content}
        release = read(write_tree(Path(folder), made))
    labels = [sequence.label for sequence in release.sequences]
    if release.problems:
        assert not labels
        assert f"{name}_emotion.txt: expected a code from 0 to 7" in release.problems[0]
        assert len(release.problems[0].splitlines()) == 1
    else:
        assert labels == [EMOTIONS[int(float(content))]]


@given(
    arrays(np.float64, (68, 2), elements=st.floats(allow_nan=False, allow_infinity=False)),
    st.sampled_from(["\n", "\r\n", "\n\n", " \n"]),
    st.sampled_from([" ", "   ", "\t"]),
    st.booleans(),
)
def test_landmarks_come_back_as_they_were_written(points, line, gap, ended):
    text = line.join(gap.join(["", repr(x), repr(y)]) for x, y in points.tolist())
    parsed = parse_landmarks("name", (text + line * ended).encode())
    np.testing.assert_array_equal(parsed, points)


def irregular(root):
    """The sequences of `MADE` as no copy has all at once, but each of it some copy."""
    made = renamed(
        {name: content for name, content in MADE.items() if not name.startswith("cohn")},
        Emotion="Emotion_labels/Emotion",
        Landmarks="Landmarks/Landmarks",
    )
    for number, (name, content) in enumerate(made.items()):
        if "landmarks" in name:
            lines = content.decode().splitlines()
            end = ("\n", "\r\n", "\n\n")[number % 3]
            made[name] = end.join(lines).encode() + end.encode() * (number % 2)
        else:
            made[name] = content.rstrip() if number % 2 else content
    strays = {name: content for name, content in STRAY.items() if "Landmarks/S001" not in name}
    write_tree(root, made | renamed(strays, images="extended-cohn-kanade-images"))
    write_tree(root, {"Landmarks/Landmarks/S001/001/S001_001_00000099_landmarks.txt": b"none"})
    (root / "Emotion_labels/Emotion/S001/007").mkdir(parents=True)
    images = {n: c for n, c in MADE.items() if n.startswith("cohn")}
    for number, (name, content) in enumerate(images.items()):
        if number % 2:
            images[name] = png(cv2.cvtColor(decode(name, content), cv2.COLOR_GRAY2BGR))
    write_tree(root.parent / "disk", renamed(images, images="."))
    (root / "extended-cohn-kanade-images" / "cohn-kanade-images").symlink_to(root.parent / "disk")
    return root


def test_an_irregular_tree_gives_the_bytes_of_regular_archives(tmp_path):
    odd = run(irregular(tmp_path / "odd"), tmp_path / "a", workers=2)
    plain = run(write_archives(tmp_path / "plain", MADE), tmp_path / "b")
    for name in ("frames", "landmarks", "sequences"):
        assert odd[name].read_bytes() == plain[name].read_bytes(), name
    summary, other = (json.loads(paths["summary"].read_text()) for paths in (odd, plain))
    assert summary["warnings"].pop(0).startswith("landmark files without a picture")
    assert summary == other


# CK+ in its published size: how many sequences show what; each frame is the same.

SHOWN = {"surprise": 83, "happiness": 69, "disgust": 59, "anger": 45, "sadness": 28, "fear": 25}
CONTEMPT, SUBJECTS, SEQUENCES = 18, 123, 593
ONE_IMAGE = MADE[f"cohn-kanade-images/{FIRST}.png"]
ONE_TEXT = MADE[f"Landmarks/{FIRST}_landmarks.txt"]


def published():
    """(subject, label) of every sequence: 106 subjects show one of the six, 12 only contempt."""
    six = [label for label, count in SHOWN.items() for _ in range(count)]
    pairs = [(k % 106, six[100 * k % len(six)]) for k in range(len(six))]
    pairs += [(100 + k, "contempt") for k in range(CONTEMPT)]
    rest = SEQUENCES - len(pairs)
    return pairs + [(SUBJECTS - 1 - k % SUBJECTS, None) for k in range(rest)]


def ck(root, pairs):
    """Archives of two frames a sequence."""
    made, numbers = {}, Counter[int]()
    for subject, label in pairs:
        numbers[subject] += 1
        stem = f"S{subject:03}/{numbers[subject]:03}/S{subject:03}_{numbers[subject]:03}_0000000"
        for frame in (1, 2):
            made[f"cohn-kanade-images/{stem}{frame}.png"] = ONE_IMAGE
            made[f"Landmarks/{stem}{frame}_landmarks.txt"] = ONE_TEXT
        if label:
            made[f"Emotion/{stem}2_emotion.txt"] = f"   {EMOTIONS.index(label):.7e}\n".encode()
    return write_archives(root, made)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    return ck(tmp_path_factory.mktemp("ck"), published())


def test_a_release_of_the_published_size(whole, tmp_path):
    assert len({subject for subject, label in published() if label}) == 118
    made = json.loads(run(whole, tmp_path)["summary"].read_text())
    assert (made["labelled"], made["sequences"], made["subjects"]) == (327, 309, 106)
    assert made["warnings"] == made["unusable"] == []
    assert made["counts"] == SHOWN
    assert made["skipped"] == {"class contempt": 18, "no label": 266}


def test_contempt_is_a_class_when_the_list_says_so(whole, tmp_path):
    params = PARAMS.model_copy(update={"classes": [*CODES, "contempt"]})
    made = json.loads(run(whole, tmp_path, params)["summary"].read_text())
    assert (made["sequences"], made["subjects"]) == (327, 118)
    assert made["counts"] == SHOWN | {"contempt": 18}
    assert made["classes"][-1] == "contempt"


def test_thirty_subjects_of_it(whole, tmp_path):
    params = PARAMS.model_copy(update={"subjects": 30})
    paths = run(whole, tmp_path, params)
    made = json.loads(paths["summary"].read_text())
    six = [(subject, label) for subject, label in published() if label in SHOWN]
    kept = [subject for subject, _ in six if subject < 30]
    assert (made["subjects"], made["sequences"]) == (30, len(kept))
    assert made["skipped"]["not of the first 30 subjects"] == 309 - len(kept)
    assert made["warnings"] == []
    subjects = {row["subject"] for row in rows_of(paths["sequences"])}
    assert subjects == {f"S{number:03}" for number in range(30)}


def test_one_sequence_less_is_warned_of_with_both_numbers(tmp_path):
    release = ck(tmp_path / "release", published()[1:])
    assert read(release).warnings == [
        "592 sequences; CK+ is published with 593",
        "326 labelled sequences; CK+ is published with 327",
        "308 sequences of the six emotions; CK+ is published with 309",
    ]
