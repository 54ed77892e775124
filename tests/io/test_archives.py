"""Files in folders and archives: which are listed, by what name, and that nothing else is read."""

import os
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ferbench.io.archives import LARGEST, File, in_archive, in_folder, on_disk, printable
from ferbench.io.errors import BadFileError
from releases import write_tree

MADE = {"b/two.txt": b"2" * 500, "a.txt": b"", "b/c/three.txt": b"3"}


def pack(path, made, packing=zipfile.ZIP_DEFLATED):
    with zipfile.ZipFile(path, "w", packing) as packed:
        for name, content in made.items():
            packed.writestr(name, content)
    return path


def held(found, root):
    return {file.name.removeprefix(f"{root}/"): file.read() for file in found if "." in file.name}


def test_files_are_listed_by_name_and_hold_what_they_hold(tmp_path):
    tree, archive = write_tree(tmp_path / "tree", MADE), pack(tmp_path / "a.zip", MADE)
    for root, found in ((tree, in_folder(tree)), (archive, in_archive(archive))):
        assert held(found, root) == MADE
        assert [file.name for file in found] == sorted(file.name for file in found)
    assert [file.size for file in in_archive(archive)] == [0, 1, 500]


@pytest.mark.parametrize("packing", [zipfile.ZIP_STORED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_any_packing_that_python_knows(tmp_path, packing):
    archive = pack(tmp_path / "a.zip", MADE, packing)
    assert held(in_archive(archive), archive) == MADE


def test_an_archive_is_not_extracted(tmp_path):
    in_archive(pack(tmp_path / "a.zip", MADE | {"../up.txt": b"x"}))
    assert [path.name for path in tmp_path.iterdir()] == ["a.zip"]


@pytest.mark.parametrize("name", ["../a", "a/../b", "/a", "..", "\\a", "..\\a", "a\\..\\b"])
def test_what_leads_out_of_an_archive_is_not_read(tmp_path, name):
    (file,) = in_archive(pack(tmp_path / "a.zip", {name: b"x"}))
    with pytest.raises(BadFileError, match=r"leads out of the archive"):
        file.read()


@pytest.mark.parametrize("name", ["a..b", "...", "a/..b", "C/a"])
def test_what_only_looks_so_is_read(tmp_path, name):
    (file,) = in_archive(pack(tmp_path / "a.zip", {name: b"x"}))
    assert file.read() == b"x"


def test_what_is_too_large_is_not_read():
    def content():
        raise AssertionError

    with pytest.raises(BadFileError, match=r"name: says it has 67,108,865 bytes"):
        File("name", LARGEST + 1, content).read()


def test_a_folder_is_listed_once_however_it_is_linked(tmp_path):
    write_tree(tmp_path, MADE)
    (tmp_path / "b" / "loop").symlink_to(tmp_path)
    (tmp_path / "again").symlink_to("b")
    (tmp_path / "b" / "self").symlink_to("self")
    texts = [Path(f.name).name for f in in_folder(tmp_path) if f.name.endswith(".txt")]
    assert sorted(texts) == ["a.txt", "three.txt", "two.txt"]


def test_a_pipe_and_a_broken_link_are_named_and_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to("gone")
    for name, why in (("pipe", "no regular file"), ("link", "No such file or directory")):
        with pytest.raises(BadFileError) as told:
            on_disk(tmp_path / name).read()
        assert str(told.value) == f"{tmp_path / name}: cannot be read ({why})"


@given(st.binary(max_size=20))
def test_any_name_can_be_printed_on_one_line(name):
    shown = printable(os.fsdecode(name))
    assert len(shown.encode().decode().splitlines()) <= 1
    assert printable(shown) == shown


@given(st.text(st.characters(categories=("L", "N", "P", "S", "Zs", "M")), max_size=20))
@example("Screen Recording at 3.04\u202fPM.mov")
def test_plain_names_are_printed_as_they_are(name):
    assert printable(name) == name


def packed_bytes():
    with TemporaryDirectory() as folder:
        return pack(Path(folder, "a.zip"), MADE).read_bytes()


PACKED = packed_bytes()


def whole_or_told(call, beginning):
    """What it returns; None where it raises an error that begins so."""
    try:
        return call()
    except BadFileError as error:
        problem = str(error)
    assert problem.startswith(beginning)
    return None


@given(
    st.dictionaries(st.integers(0, len(PACKED) - 1), st.integers(0, 255), max_size=4),
    st.integers(0, len(PACKED)),
)
def test_whatever_is_damaged_in_an_archive_is_told(changes, cut):
    damaged = bytearray(PACKED)
    for place, value in changes.items():
        damaged[place] = value
    for content in (damaged, damaged[:cut], damaged[cut:]):
        with TemporaryDirectory() as folder:
            path = Path(folder, "a.zip")
            path.write_bytes(content)
            found = whole_or_told(lambda path=path: in_archive(path), f"{path}: cannot be read as")
            for file in found or []:
                assert printable(file.name) == file.name
                read = whole_or_told(file.read, f"{file.name}: ")
                assert read is None or read in MADE.values()
