"""What is wrong with a release, case by case: it is named, and what is good is not touched by it.

A case spoils one sequence of a good release. A run that stops names it and leaves nothing behind; a
run that skips stores what the release without that sequence gives, byte by byte; `check_data` lists
it before any run.
"""

import json
import os
import struct
import zipfile
import zlib
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import pytest
import yaml

from ferbench.data.video import decode
from ferbench.faces.mesh import FaceMesh
from ferbench.validation.check_data import check_data
from projects import FERBENCH, ended
from releases import (
    ARCHIVES,
    PARAMS,
    faces,
    files,
    png,
    run,
    write_archives,
    write_pictures,
    write_table,
    write_tree,
    write_video,
)


class Case(NamedTuple):
    """One way to spoil a release."""

    name: str
    spoil: Callable[[Path], object]
    """Makes a good release a bad one."""
    says: tuple[str, ...]
    """Parts of the one line that is said about it."""
    seen: bool = True
    """Whether it is seen before a run, that is, without looking for faces."""


def stored(paths):
    return [paths[name].read_bytes() for name in ("frames", "landmarks", "sequences")]


def summary(paths):
    return json.loads(paths["summary"].read_text(encoding="utf-8"))


def is_told(case, release, name, good, tmp_path, capsys, params):
    """What must come out for a release with one bad sequence, whatever its format."""
    stop, skip = tmp_path / "stop", tmp_path / "skip"
    with pytest.raises(ValueError, match=r"^1 problem:\n.*\npreprocess\.on_problem: skip") as told:
        run(release, stop, params, name)
    assert all(part in str(told.value) for part in case.says), told.value
    assert not list(stop.iterdir())
    paths = run(release, skip, params.model_copy(update={"on_problem": "skip"}), name)
    assert stored(paths) == stored(good)
    (problem,) = summary(paths)["unusable"]
    assert all(part in problem for part in case.says), problem
    assert len(problem.splitlines()) == 1
    assert sorted(skip.iterdir()) == sorted(paths.values())
    capsys.readouterr()
    assert check_data(release, name) is not case.seen
    assert (problem in capsys.readouterr().out) is case.seen


def is_refused(release, name, says, tmp_path, capsys, params=PARAMS):
    """What must come out where nothing of a release can be listed."""
    for on_problem in ("stop", "skip"):
        changed = params.model_copy(update={"on_problem": on_problem})
        with pytest.raises((ValueError, FileNotFoundError)) as told:
            run(release, tmp_path / "out", changed, name)
        assert all(part in str(told.value) for part in says), told.value
        assert "\n" not in str(told.value)
        assert not (tmp_path / "out").exists() or not list((tmp_path / "out").iterdir())
    capsys.readouterr()
    try:
        fine, said = check_data(release, name), ""
    except (ValueError, FileNotFoundError) as error:
        fine, said = False, str(error)
    shown = capsys.readouterr().out
    assert not fine
    assert all(part in said for part in says) or "no sequence with a label" in shown


# Cohn-Kanade. What is spoiled is the first sequence; the second person shows the same emotion.

STEM = "S001/001/S001_001_0000000"
IMAGE = f"cohn-kanade-images/{STEM}1.png"
POINTS = f"Landmarks/{STEM}2_landmarks.txt"
LABEL = f"Emotion/{STEM}3_emotion.txt"
MADE = files(people=2, lengths=(3, 2), seed=1)
GOOD = {name: content for name, content in MADE.items() if "S001_001" not in name}
PICTURE = decode(IMAGE, MADE[IMAGE])
ROWS = [[float(x) for x in row.split()] for row in MADE[POINTS].decode().splitlines()]


def text(points):
    return "".join(f"{' '.join(map(str, row))}\n" for row in points).encode()


def one(place, value):
    """The landmarks with another value in one place."""
    points = [list(row) for row in ROWS]
    points[place[0]][place[1]] = value
    return text(points)


def checked(content):
    """A chunk of a png, with its length and its checksum."""
    return struct.pack(">I", len(content) - 4) + content + struct.pack(">I", zlib.crc32(content))


def declares(width, height):
    """The picture's file, with other sizes in its header."""
    header = checked(b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return MADE[IMAGE][:8] + header + MADE[IMAGE][33:]


def holds(name, content):
    """Spoil it by a file of that content."""
    return lambda root: write_tree(root, {name: content})


def spoils(change, *names):
    """Spoil it by what `change` does in the place of each file."""

    def spoil(root):
        for name in names:
            (root / name).unlink(missing_ok=True)
            change(root / name)

    return spoil


def to_nothing(path):
    path.symlink_to("gone")


def shorten(root):
    for kind in ("cohn-kanade-images", "Landmarks"):
        for file in (root / kind / "S001/001").glob("*[23]*.*"):
            if "00000001" not in file.name:
                file.unlink()


EYES = ((np.array(ROWS) - ROWS[27]) / 10 + [30, 20]).tolist()
TWICE = f"cohn-kanade-images/copy/{IMAGE.rsplit('/', 1)[1]}"
BROKEN_IMAGE = (IMAGE, "not an image that can be decoded")
FRAME_2 = "S001_001, frame 2"
NEAR = (FRAME_2, "less than 8 pixels apart")
SAME_NAME = "second file of that name"
LABELS = (b"9", b"-1", b"2.5", b"happy", b"", b"3.0 4.0", b"3.0\n4.0", b"nan", b"inf", b"\xff\x00")
CODE = (LABEL, "expected a code from 0 to 7")

IN_FOLDERS = [
    *(Case(f"a png cut after {cut} bytes", holds(IMAGE, MADE[IMAGE][:cut]), BROKEN_IMAGE)
      for cut in (0, 8, 33, len(MADE[IMAGE]) // 2, -12, -1)),
    Case("a png with other bytes", holds(IMAGE, MADE[IMAGE].replace(MADE[IMAGE][90:99], b"")),
         BROKEN_IMAGE),
    Case("a png that is text", holds(IMAGE, b"no picture"), BROKEN_IMAGE),
    *(Case(f"a png of {side} x {side}", holds(IMAGE, declares(side, side)), BROKEN_IMAGE)
      for side in (60000, 30000, 0)),
    Case("a png of 20000 x 1", holds(IMAGE, png(np.zeros((1, 20000), np.uint8))),
         (IMAGE, "20000 x 1", "16384")),
    Case("a png of 1 x 1", holds(IMAGE, png(PICTURE[:1, :1])),
         ("S001_001, frame 1", "outside the image")),
    *(Case(f"{how} for {what}", spoils(change, name), (name, "cannot be read", says))
      for what, name in (("an image", IMAGE), ("landmarks", POINTS), ("a label", LABEL))
      for how, change, says in (("a folder", Path.mkdir, "Is a directory"),
                                ("a link to nothing", to_nothing, "No such file"))),
    Case("an image that links to itself", spoils(lambda p: p.symlink_to(p.name), IMAGE),
         (IMAGE, "cannot be read", "symbolic links")),
    Case("an image that is a pipe", spoils(os.mkfifo, IMAGE), (IMAGE, "no regular file")),
    Case("no landmarks in the file", holds(POINTS, b""), (POINTS, "68 landmarks, found 0")),
    Case("67 landmarks", holds(POINTS, text(ROWS[1:])), (POINTS, "68 landmarks, found 67")),
    Case("69 landmarks", holds(POINTS, text([*ROWS, ROWS[0]])), (POINTS, "found 69")),
    *(Case(f"a landmark at {value}", holds(POINTS, one((5, column), value)), (POINTS, "not finite"))
      for column, value in ((0, "nan"), (1, "inf"), (1, "1e999"))),
    Case("a landmark at 1e308", holds(POINTS, one((5, 0), 1e308)),
         (FRAME_2, "far outside the image")),
    Case("an eye at -1e308", holds(POINTS, one((36, 0), -1e308)),
         (FRAME_2, "eyes or nose that lie outside")),
    Case("three columns", holds(POINTS, MADE[POINTS] + b"1 2 3\n"), (POINTS, "two numbers on")),
    Case("one column", holds(POINTS, b"1\n" * 68), (POINTS, "two numbers on every line")),
    Case("words", holds(POINTS, b"left eye\n" * 68), (POINTS, "two numbers on every line")),
    Case("commas", holds(POINTS, b"1,2\n" * 68), (POINTS, "two numbers on every line")),
    Case("binary landmarks", holds(POINTS, bytes(range(256))), (POINTS, "two numbers")),
    Case("landmarks outside the frame", holds(POINTS, text((np.array(ROWS) + 64).tolist())),
         (FRAME_2, "outside the image")),
    Case("landmarks in one place", holds(POINTS, b"30 20\n" * 68), NEAR),
    Case("eyes that are too near", holds(POINTS, text(EYES)), NEAR),
    *(Case(f"the label {label!r}", holds(LABEL, label), CODE) for label in LABELS),
    Case("two labels", holds(f"Emotion/{STEM}1_emotion.txt", b"1.0"), (LABEL, "second label")),
    Case("one frame", shorten, ("S001_001: 1 frame", "at least 2")),
    Case("an image twice", holds(TWICE, MADE[IMAGE]), (IMAGE, TWICE, SAME_NAME)),
    Case("landmarks twice", holds(f"L/{STEM}2_landmarks.txt", MADE[POINTS]), (POINTS, SAME_NAME)),
    Case("a label twice", holds(f"Emotion/copy/{LABEL.rsplit('/', 1)[1]}", MADE[LABEL]),
         (LABEL, "second label")),
    Case("a frame number written twice", holds("more/S001_001_1.png", MADE[IMAGE]),
         (IMAGE, "S001_001_1.png", SAME_NAME)),
]  # fmt: skip


def repacked(name, new=None, archive="extended-cohn-kanade-images.zip"):
    """Pack one file of an archive under another name, or a second time."""

    def spoil(root):
        with zipfile.ZipFile(root / archive) as packed:
            content = {info.filename: packed.read(info) for info in packed.infolist()}
        pairs = [(new if old == name and new else old, held) for old, held in content.items()]
        pairs += [] if new else [(name, content[name])]
        pairs = [(inside, b"" if inside.endswith("/") else held) for inside, held in pairs]
        with zipfile.ZipFile(root / archive, "w") as packed:
            for inside, held in pairs:
                packed.writestr(inside, held)

    return spoil


def patched(name, offset, content, archive="extended-cohn-kanade-images.zip"):
    """Overwrite bytes of a file's entry in the archive's directory, from its start."""

    def spoil(root):
        packed = bytearray((root / archive).read_bytes())
        entry = packed.rindex(name.encode()) - 46
        packed[entry + offset : entry + offset + len(content)] = content
        (root / archive).write_bytes(packed)

    return spoil


BASE = IMAGE.rsplit("/", 1)[1]

IN_ARCHIVES = [
    Case("a name with ..", repacked(IMAGE, f"../../{BASE}"), (BASE, "leads out of the archive")),
    Case("a name with .. inside", repacked(IMAGE, f"a/../../{BASE}"), (BASE, "leads out")),
    Case("an absolute name", repacked(IMAGE, f"/etc/{BASE}"), (BASE, "leads out of the archive")),
    Case("a name with .. as Windows has it", repacked(IMAGE, f"..\\{BASE}"), (BASE, "leads out")),
    Case("a file twice", repacked(IMAGE), (BASE, SAME_NAME)),
    Case("landmarks twice", repacked(POINTS, archive="Landmarks.zip"),
         ("_landmarks.txt", SAME_NAME)),
    Case("a label that leads out", repacked(LABEL, f"/{LABEL}", "Emotion_labels.zip"),
         (LABEL, "leads out")),
    Case("a size of 4 gigabytes", patched(IMAGE, 24, b"\xfe\xff\xff\xff"),
         (BASE, "4,294,967,294 bytes")),
    Case("a size that is too small", patched(IMAGE, 24, b"\x10\0\0\0"), (BASE, "cannot be read")),
    Case("an encrypted file", patched(IMAGE, 8, b"\x01"), (BASE, "encrypted")),
    Case("another checksum", patched(IMAGE, 16, b"\0\0\0\0"), (BASE, "Bad CRC-32")),
    Case("an unknown packing", patched(IMAGE, 10, b"\x61"), (BASE, "cannot be read")),
    Case("deflated where it is not", patched(IMAGE, 10, b"\x08"), (BASE, "cannot be read")),
    Case("a place beyond the end", patched(IMAGE, 42, b"\xff\xff\xff\x7f"), (BASE, "cannot be")),
    Case("another file's place", patched(IMAGE, 42, b"\x01\0\0\0"), (BASE, "cannot be read")),
    Case("a folder of that name", repacked(IMAGE, f"{IMAGE}/"), (BASE, "not an image")),
    Case("a bad image in an archive", lambda root: write_archives(root, MADE | {IMAGE: b"bad"}),
         (BASE, "not an image")),
]  # fmt: skip


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    """What a run on the release without the first sequence stores."""
    root = tmp_path_factory.mktemp("good")
    return run(write_tree(root / "release", GOOD), root / "out")


@pytest.mark.parametrize("case", [*IN_FOLDERS, *IN_ARCHIVES], ids=lambda case: case.name)
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_bad_file_of_cohn_kanade(case, good, tmp_path, capsys):
    write = write_archives if case in IN_ARCHIVES else write_tree
    release = write(tmp_path / "release", MADE)
    case.spoil(release)
    is_told(case, release, "cohn_kanade", good, tmp_path, capsys, PARAMS)


ARCHIVE_NAMES = tuple(ARCHIVES.values())
BAD_ARCHIVES = {
    "text": lambda path, _: path.write_bytes(b"PK, but no zip"),
    "nothing": lambda path, _: path.write_bytes(b""),
    "one half": lambda path, content: path.write_bytes(content[: len(content) // 2]),
    "a folder": lambda path, _: path.mkdir(),
    "a link to nothing": lambda path, _: path.symlink_to("gone"),
}


@pytest.mark.parametrize("name", ARCHIVE_NAMES)
@pytest.mark.parametrize("what", BAD_ARCHIVES)
def test_an_archive_that_is_none(name, what, tmp_path, capsys):
    release = write_archives(tmp_path / "release", MADE)
    content = (release / name).read_bytes()
    (release / name).unlink()
    BAD_ARCHIVES[what](release / name, content)
    says = (f"{release / name}: cannot be read as a zip archive",)
    is_refused(release, "cohn_kanade", says, tmp_path, capsys)


@pytest.mark.parametrize("name", ARCHIVE_NAMES[:2])
def test_an_archive_without_a_file(name, tmp_path, capsys):
    release = write_archives(tmp_path / "release", MADE)
    zipfile.ZipFile(release / name, "w").close()
    says = (f"{release}: no {name} and no *", "or none in the archive", "request Cohn-Kanade")
    is_refused(release, "cohn_kanade", says, tmp_path, capsys)


def test_a_folder_without_a_release(tmp_path, capsys):
    (tmp_path / "release").mkdir()
    is_refused(tmp_path / "release", "cohn_kanade", ("no extended-cohn",), tmp_path, capsys)


ARABIC = "S\u0660\u0660\u0665_001_00000001.png"
STRANGE = (b"S005_\xff.png", ARABIC.encode(), b"S001_001_00000001 (1).png")


@pytest.mark.parametrize("name", STRANGE, ids=repr)
def test_images_of_other_names_are_counted_and_not_read(name, tmp_path, capsys):
    release = write_tree(tmp_path / "release", MADE)
    plain = stored(run(release, tmp_path / "plain"))
    Path(os.fsdecode(os.fsencode(release / "cohn-kanade-images") + b"/" + name)).write_bytes(b"x")
    paths = run(release, tmp_path / "out")
    assert stored(paths) == plain
    shown = name.decode("utf-8", "backslashreplace")
    (told,) = (line for line in summary(paths)["warnings"] if "not read" in line)
    assert told.startswith("1 *.png")
    assert shown in told
    assert summary(paths)["unusable"] == []
    capsys.readouterr()
    assert check_data(release, "cohn_kanade")
    assert f"warning: {told}" in capsys.readouterr().out


def test_strange_names_in_an_archive_are_counted_too(tmp_path):
    release = write_archives(tmp_path / "release", MADE)
    archive = release / ARCHIVE_NAMES[0]
    with zipfile.ZipFile(archive, "a") as packed:
        packed.writestr("S005_#.png", b"x")
        packed.writestr(ARABIC, b"x")
    archive.write_bytes(archive.read_bytes().replace(b"S005_#", b"S005_\xff"))
    warnings = summary(run(release, tmp_path / "out"))["warnings"]
    assert any(line.startswith("2 *.png") for line in warnings)


def animated(image):
    """An animated png: the first frame is the image, others follow."""
    content = png(image)
    chunk = b"acTL" + struct.pack(">II", 2, 0)
    control = b"fcTL" + struct.pack(">IIIIIHHBB", 0, *image.shape[::-1], 0, 0, 1, 1, 0, 0)
    second = b"fcTL" + struct.pack(">IIIIIHHBB", 1, *image.shape[::-1], 0, 0, 1, 1, 0, 0)
    other = png(255 - image)
    data = b"fdAT" + struct.pack(">I", 2) + other[41 : other.rindex(b"IEND") - 8]
    first, one, two, more = map(checked, (chunk, control, second, data))
    end = content.rindex(b"IEND") - 4
    return content[:33] + first + one + content[33:end] + two + more + content[end:]


FINE = {
    "16 bits": png(PICTURE.astype(np.uint16) * 257),
    "colours": png(cv2.cvtColor(PICTURE, cv2.COLOR_GRAY2BGR)),
    "opacity": png(cv2.cvtColor(PICTURE, cv2.COLOR_GRAY2BGRA)),
    "an animation": animated(PICTURE),
    "a tiff of that name": cv2.imencode(".tiff", PICTURE)[1].tobytes(),
}


@pytest.mark.parametrize("how", FINE)
def test_a_picture_is_the_same_however_it_is_stored(how, tmp_path):
    """What kind of picture it is says its content, not its name."""
    release = write_tree(tmp_path / "release", MADE)
    plain = stored(run(release, tmp_path / "plain"))
    write_tree(release, {IMAGE: FINE[how]})
    assert stored(run(release, tmp_path / "out")) == plain


def test_a_jpeg_with_the_name_of_a_png_is_read_as_what_it_is(tmp_path):
    jpeg = cv2.imencode(".jpg", PICTURE)[1].tobytes()
    runs = []
    for name, content in (("jpeg", jpeg), ("png", png(decode("jpeg", jpeg)))):
        release = write_tree(tmp_path / name / "release", MADE | {IMAGE: content})
        runs.append(stored(run(release, tmp_path / name)))
    assert runs[0] == runs[1]


def test_links_in_a_circle_change_nothing(tmp_path):
    plain = stored(run(write_tree(tmp_path / "a", MADE), tmp_path / "plain"))
    release = write_tree(tmp_path / "b", {name.rsplit("/", 1)[1]: c for name, c in MADE.items()})
    (release / "again").symlink_to(release)
    (release / "itself").symlink_to("itself")
    (release / "below").mkdir()
    (release / "below" / "up").symlink_to("..")
    assert stored(run(release, tmp_path / "out")) == plain


# A folder of one's own. The first row is spoiled; it is a third person's.

FOLDER = PARAMS.model_copy(update={"classes": ["anger", "happiness"], "faceless": 0.4})
TABLE = "subject,label,path,start,end"
TABLE_ROWS = ("anna,anger,anna.avi,,", "ben,happiness,ben,1,2")
FIRST_ROW = 2  # its line of the table


def own(folder, *rows, columns=TABLE):
    """A good folder: a video and pictures, and the table with other rows before theirs."""
    write_video(folder / "anna.avi", faces())
    write_pictures(folder / "ben", faces(3))
    return write_table(folder, *rows, *TABLE_ROWS, columns=columns)


@pytest.fixture(scope="module")
def good_folder(tmp_path_factory):
    root = tmp_path_factory.mktemp("good-folder")
    return run(own(root / "release"), root / "out", FOLDER, "folder")


def film(images):
    return lambda root: write_video(root / "bad.avi", images).rename(root / "bad")


def half(name, code):
    def spoil(root):
        content = write_video(root / name, faces(6), code).read_bytes()
        (root / "bad").write_bytes(content[: len(content) // 2])

    return spoil


def pictures(change, count=3):
    """A folder of pictures, in which `change` spoils the second."""

    def spoil(root):
        path = write_pictures(root / "bad", faces(count)) / "frame_2.png"
        path.unlink(missing_ok=True)
        change(path)

    return spoil


def strange_picture(root):
    path = write_pictures(root / "bad", faces())
    Path(os.fsdecode(os.fsencode(path) + b"/frame_\xff.png")).write_bytes(b"x")


def again(row, root):
    write_table(root, *TABLE_ROWS, row, columns=TABLE)


WALL = np.full((490, 640), 120, np.uint8)
LINE = f"sequences.csv: line {FIRST_ROW}: "
JPEG = cv2.imencode(".jpg", WALL)[1].tobytes()
NO_NUMBER = "start: expected a frame's number, from 1, found"
NO_IMAGE = "bad/frame_2.png: not an image"

ROW_CASES = {
    "cy,anger,,,": ("path: empty",),
    ",anger,ben/frame_1.png,,": ("subject: empty",),
    "cy,anger,gone.avi,,": ("path: no file", "gone.avi"),
    "cy,anger,../anna.avi,,": ("path: ../anna.avi is not inside the folder",),
    "cy,anger,/etc/passwd,,": ("path: /etc/passwd is not inside the folder",),
    "cy,anger,a\0b.avi,,": ("path: ",),
    f"cy,anger,{'x' * 300}.avi,,": ("path: ",),
    "cy,anger,anna.avi,,,": ("more or fewer values than columns",),
    "cy,anger,anna.avi": ("more or fewer values than columns",),
    **{
        f"cy,anger,anna.avi,{it},": (f"{NO_NUMBER} {it!r}",)
        for it in ("0", "-1", "1.5", "one", "٢")
    },
    "cy,anger,anna.avi,2,1": ("end: 1 comes before start, 2",),
    f"cy,anger,anna.avi,1,{'9' * 400}": ("end: expected a frame's number", "99"),
}

VIDEOS = [
    Case("text with the name of a video", holds("bad", b"no video\n" * 99),
         ("release/bad: not a video that can be decoded",)),
    Case("an empty file", holds("bad", b""), ("release/bad: not a video",)),
    Case("half an avi", half("whole.avi", "MJPG"), ("release/bad: ends after", "of 6 frames")),
    Case("half an mkv", half("whole.mkv", "FFV1"), ("release/bad: ends after", "of 6 frames")),
    Case("half an mp4", half("whole.mp4", "mp4v"), ("release/bad: not a video",)),
    Case("a video without a frame", film([]), ("release/bad: no frames",)),
    Case("a video of one frame", film(faces(1)), ("bad: 1 frame;", "at least 2")),
    Case("one picture as a video", lambda root: (root / "bad").write_bytes(png(faces(1)[0])),
         ("bad: 1 frame;", "at least 2")),
    Case("a pipe", lambda root: os.mkfifo(root / "bad"), (LINE, "path: ", "no regular file")),
    Case("a link to nothing", lambda root: to_nothing(root / "bad"), (LINE, "no file")),
    Case("a link to itself", lambda root: (root / "bad").symlink_to("bad"), (LINE, "no file")),
    Case("a wall", film([WALL] * 3),
         ("bad: no face in 3 of 3 frames", "preprocess.faceless"), seen=False),
    Case("too many walls", film([*faces(), WALL, WALL]),
         ("bad: no face in 2 of 4 frames", "preprocess.faceless"), seen=False),
    Case("no picture", lambda root: (root / "bad").mkdir(), ("release/bad: no frames", ".png")),
    Case("no picture but files", holds("bad/.frame_1.png", b"x"),
         ("release/bad: no frames; pictures are",)),
    Case("a broken picture", pictures(lambda path: path.write_bytes(b"x")), (NO_IMAGE,)),
    Case("half a jpeg", pictures(lambda it: it.write_bytes(JPEG[: len(JPEG) // 2])), (NO_IMAGE,)),
    Case("an empty picture", pictures(Path.touch), (NO_IMAGE,)),
    Case("a picture that is a folder", pictures(Path.mkdir),
         ("bad/frame_2.png: cannot be read", "Is a directory")),
    Case("a picture that links to nothing", pictures(to_nothing),
         ("bad/frame_2.png: cannot be read", "No such file")),
    Case("a picture that is a pipe", pictures(os.mkfifo), ("bad/frame_2.png", "no regular file")),
    Case("pictures of 1 x 1", lambda root: write_pictures(root / "bad", [WALL[:1, :1]] * 2),
         ("bad: no face in 2 of 2 frames",), seen=False),
    Case("a picture of 20000 x 1", lambda root: write_pictures(root / "bad",
         [np.zeros((1, 20000), np.uint8)] * 2), ("bad/frame_1.png", "20000 x 1")),
    Case("a broken picture of a strange name", strange_picture,
         ("bad/frame_\\xff.png: not an image",)),
    Case("an end beyond the end", lambda root: own(root, "cy,anger,ben,,4"),
         ("release/ben: has 3 frames, asked for 4",)),
    Case("a start beyond the end", lambda root: own(root, "cy,anger,anna.avi,9,"),
         ("anna.avi: has 2 frames, asked for 9",)),
    Case("the last frame alone", lambda root: own(root, "cy,anger,ben,3,"),
         ("ben:3-: 1 frame;", "at least 2")),
    *(Case(f"the row {row[:40]!r}", partial(lambda row, root: own(root, row), row), (LINE, *says))
      for row, says in ROW_CASES.items()),
    *(Case(f"the row {row!r} twice", partial(again, row), ("line 4: anna.avi is listed twice",))
      for row in (TABLE_ROWS[0], TABLE_ROWS[0].replace("anna.avi", "./anna.avi"))),
    Case("a value of two lines", lambda root: own(root, '"c\ny",anger,anna.avi,1,2'),
         ("sequences.csv: line 3: subject: ",)),
]  # fmt: skip


@pytest.mark.parametrize("case", VIDEOS, ids=lambda case: case.name)
def test_a_bad_row_or_its_footage_of_a_folder(case, good_folder, tmp_path, capsys):
    release = own(tmp_path / "release", "cy,anger,bad,,")
    case.spoil(release)
    is_told(case, release, "folder", good_folder, tmp_path, capsys, FOLDER)


TABLES = {
    "none": (None, "no such file; it lists the sequences: label, path, subject"),
    "empty": (b"", "line 1: columns none; expected subject,label,path"),
    "other columns": (b"name,label,path\n", "line 1: columns name,label,path; expected subject"),
    "a column twice": (b"subject,label,path,label\n", "line 1: columns subject,label,path,label"),
    "one column too many": (b"subject,label,path,age\n", "columns subject,label,path,age"),
    "semicolons": (b"subject;label;path\n", "separated by commas"),
    "latin-1": ("subject,label,path\nZoé,anger,z.avi\n".encode("latin-1"), "no CSV in UTF-8"),
    "utf-16": ("subject,label,path\n".encode("utf-16"), "no CSV in UTF-8"),
    "an open quote": (b'subject,label,path\n"anna,anger,a.avi\n', "no CSV in UTF-8"),
    "a stray quote": (b'subject,label,path\n"anna"x,anger,a.avi\n', "no CSV in UTF-8"),
    "a huge value": (b"subject,label,path\n" + b"x" * 200_000, "no CSV in UTF-8"),
    "nothing but columns": (b"subject,label,path\n", "no sequence"),
    "a zip": (b"PK\x03\x04\xff\xff", "no CSV in UTF-8"),
}


@pytest.mark.parametrize("what", TABLES)
def test_a_table_that_is_none(what, tmp_path, capsys):
    content, says = TABLES[what]
    release = own(tmp_path / "release")
    (release / "sequences.csv").unlink()
    if content is not None:
        (release / "sequences.csv").write_bytes(content)
    is_refused(release, "folder", (says, str(release)), tmp_path, capsys, FOLDER)


@pytest.mark.parametrize("change", [
    lambda text: "\ufeff" + text,
    lambda text: text.replace("\n", "\r\n"),
    lambda text: text.replace("\n", "\n\n"),
    lambda text: text.replace("anna,anger", '" anna ","anger"'),
    lambda text: text.rstrip("\n"),
], ids=["a mark", "crlf", "blank lines", "quotes", "no last newline"])  # fmt: skip
def test_tables_as_spreadsheets_write_them(change, good_folder, tmp_path):
    release = own(tmp_path / "release")
    table = release / "sequences.csv"
    table.write_bytes(change(table.read_text(encoding="utf-8")).encode())
    assert stored(run(release, tmp_path / "out", FOLDER, "folder")) == stored(good_folder)


def test_rows_of_other_classes_or_of_none_are_counted(good_folder, tmp_path):
    rows = "anna,bored,ben,1,3", "anna,,ben,2,3", "ben,Anger,ben,,"
    paths = run(own(tmp_path / "release", *rows), tmp_path / "out", FOLDER, "folder")
    assert stored(paths) == stored(good_folder)
    assert summary(paths)["skipped"] == {"class Anger": 1, "class bored": 1, "no label": 1}


def test_few_frames_without_a_face_are_dropped_and_counted(good_folder, tmp_path):
    release = own(tmp_path / "release")
    write_pictures(release / "ben", [faces()[0], WALL, faces()[1]])
    write_table(release, TABLE_ROWS[0], "ben,happiness,ben,1,3", columns=TABLE)
    paths = run(release, tmp_path / "out", FOLDER, "folder")
    assert paths["frames"].read_bytes() == good_folder["frames"].read_bytes()
    assert (summary(paths)["frames"], summary(paths)["frames_without_a_face"]) == (4, 1)


def test_the_wall_has_no_face():
    assert not FaceMesh()(WALL).found


# The command line.


def ferbench(*arguments, locale="C.UTF-8"):
    """Standard error of a command that fails as it should."""
    done = ended(FERBENCH, *arguments, env=os.environ | {"LC_ALL": locale}, timeout=120)
    assert done.returncode == 1, done
    assert "Traceback" not in done.stderr
    return done.stdout + done.stderr


def from_the_shell(release, name, tmp_path, locale="C.UTF-8"):
    """What `check-data` and `preprocess` say."""
    content = yaml.safe_load(Path("params.yaml").read_text())
    content["dataset"]["name"] = name
    content["preprocess"]["classes"] = ["anger", "happiness"]
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(content, sort_keys=False))
    checked = ferbench("check-data", release, "--dataset", name, locale=locale)
    ran = ferbench("--params", tmp_path / "params.yaml", "preprocess", "--release", release,
                   "--to", tmp_path / "out", locale=locale)  # fmt: skip
    assert not list((tmp_path / "out").glob("*"))
    return checked, ran


def strange_folder(root):
    return Path(os.fsdecode(os.fsencode(root) + b"/caf\xe9"))


@pytest.mark.parametrize("locale", ["C.UTF-8", "C"])
def test_the_shell_is_told_of_bad_files_with_names_that_are_not_utf_8(locale, tmp_path):
    release = write_tree(strange_folder(tmp_path), MADE | {IMAGE: b"x", LABEL: b"9"})
    for said in from_the_shell(release, "cohn_kanade", tmp_path, locale):
        assert f"caf\\xe9/{LABEL}: expected a code" in said


def test_the_shell_is_told_of_a_picture_whose_name_is_not_utf_8(tmp_path):
    release = own(tmp_path / "release", "cy,anger,bad,,")
    strange_picture(release)
    for said in from_the_shell(release, "folder", tmp_path, "C"):
        assert "bad/frame_\\xff.png: not an image" in said


def test_the_shell_is_told_of_a_broken_archive(tmp_path):
    archive = write_archives(tmp_path / "release", MADE) / ARCHIVE_NAMES[0]
    archive.write_bytes(b"PK")
    for said in from_the_shell(archive.parent, "cohn_kanade", tmp_path):
        assert f"ferbench: {archive}: cannot be read as a zip archive" in said


def test_the_shell_is_told_of_a_table_that_is_none(tmp_path):
    release = write_table(strange_folder(tmp_path), columns="subject;label;path")
    for said in from_the_shell(release, "folder", tmp_path):
        assert "sequences.csv: line 1: columns subject;label;path; expected" in said
