"""Files are read with their name in every complaint, and appear whole or not at all."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ferbench.io.files import numbers, publish, read_json, read_rows, write_json, write_table


def test_all_appear_together(tmp_path):
    with publish(tmp_path / "new", "one", "two") as folder:
        for name in ("one", "two"):
            (folder / name).write_text("content")
            assert not (tmp_path / "new" / name).exists()
    written = [tmp_path / "new" / name for name in ("one", "two")]
    assert [path.read_text() for path in written] == ["content"] * 2
    assert sorted((tmp_path / "new").iterdir()) == written


@pytest.mark.parametrize("interruption", [ValueError, KeyboardInterrupt, SystemExit])
def test_nothing_is_left_of_a_failure_and_older_results_stay(tmp_path, interruption):
    old = tmp_path / "old"
    old.write_text("before")

    def fail(folder):
        (folder / "old").write_text("half")
        raise interruption

    with pytest.raises(interruption), publish(tmp_path, "old", "new") as folder:
        fail(folder)
    assert old.read_text() == "before"
    assert list(tmp_path.iterdir()) == [old]


@pytest.mark.parametrize("written", [["one"], ["one", "two", "three"]])
def test_what_is_declared_is_written_and_nothing_else(tmp_path, written):
    def write():
        with publish(tmp_path, "one", "two") as folder:
            for name in written:
                (folder / name).touch()

    with pytest.raises(ValueError, match=r"declared or written, but not both: (two|three)$"):
        write()
    assert not list(tmp_path.iterdir())


def test_what_a_killed_process_left_is_not_taken_for_new(tmp_path):
    (tmp_path / ".one.partial").mkdir()
    (tmp_path / ".one.partial" / "two").touch()
    with publish(tmp_path, "one") as folder:
        (folder / "one").touch()
    assert [path.name for path in tmp_path.iterdir()] == ["one"]


@pytest.mark.parametrize("content", ["a,b\n1,2\n3\n", "a,b\n1,2\n3,4,5\n"])
def test_a_row_of_another_length_is_named(tmp_path, content):
    (tmp_path / "it.csv").write_text(content)
    with pytest.raises(ValueError, match=r"it\.csv: line 3: \d values, expected 2"):
        read_rows(tmp_path / "it.csv", ["a", "b"])


def test_a_file_in_the_folder_s_place_is_named(tmp_path):
    (tmp_path / "results").touch()

    def write():
        with publish(tmp_path / "results", "one"):
            pass

    with pytest.raises(ValueError, match=r"results: is not a folder"):
        write()


@pytest.mark.parametrize("value", ["nan", "inf", "-inf"])
def test_a_number_that_is_not_finite_is_named(tmp_path, value):
    rows = [["1", "2"], ["3", value]]
    with pytest.raises(ValueError, match=r"it\.csv: line 3: a number that is not finite"):
        numbers(tmp_path / "it.csv", rows, 2)
    assert numbers(tmp_path / "it.csv", rows, 2, finite=False).shape == (2, 2)


def test_another_encoding_is_named(tmp_path):
    (tmp_path / "it.csv").write_bytes(b"a,b\n\xff,1\n")
    with pytest.raises(ValueError, match=r"it\.csv: no CSV in UTF-8"):
        read_rows(tmp_path / "it.csv", ["a", "b"])


def test_other_columns_are_named(tmp_path):
    (tmp_path / "it.csv").write_text("a,c\n")
    with pytest.raises(ValueError, match=r"it\.csv: columns a,c, expected a,b"):
        read_rows(tmp_path / "it.csv", ["a", "b"])


TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]))


@given(st.lists(st.lists(TEXT, min_size=2, max_size=2)))
def test_a_table_comes_back_as_it_was_written(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("table") / "it.csv"
    write_table(path, ["a", "b"], rows)
    assert read_rows(path, ["a", "b"]) == rows


def test_a_number_that_is_not_finite_is_no_json(tmp_path):
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(tmp_path / "it.json", {"a": float("nan")})


@pytest.mark.parametrize(("content", "message"), [
    (b"", r"it\.json: not JSON \(Expecting value.*\); make it again"),
    (b"\xff", r"it\.json: not JSON \(.*\); make it again"),
    (b"[" * 100_000, r"it\.json: not JSON"),
])  # fmt: skip
def test_what_a_step_did_not_write_is_named(content, message, tmp_path):
    (tmp_path / "it.json").write_bytes(content)
    with pytest.raises(ValueError, match=message):
        read_json(tmp_path / "it.json")
