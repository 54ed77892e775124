"""Files are read with their name in every complaint, and appear whole or not at all."""

import pytest

from ferbench.io.files import publish, read_json


def test_all_appear_together(tmp_path):
    targets = tmp_path / "new" / "one", tmp_path / "two"
    with publish(*targets) as partial:
        for path in partial:
            path.write_text("content")
        assert not any(target.exists() for target in targets)
    assert [target.read_text() for target in targets] == ["content"] * 2
    assert sorted(tmp_path.rglob("*")) == sorted([tmp_path / "new", *targets])


@pytest.mark.parametrize("interruption", [ValueError, KeyboardInterrupt, SystemExit])
def test_nothing_is_left_of_a_failure_and_older_results_stay(tmp_path, interruption):
    old = tmp_path / "old"
    old.write_text("before")

    def fail(partial):
        partial.write_text("half")
        raise interruption

    with pytest.raises(interruption), publish(old, tmp_path / "new") as (partial, _):
        fail(partial)
    assert old.read_text() == "before"
    assert list(tmp_path.iterdir()) == [old]


def test_an_output_that_was_not_written_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError), publish(tmp_path / "never"):
        pass


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", r"it\.json: not JSON \(Expecting value.*\); make it again"),
        (b"\xff", r"it\.json: not JSON \(.*\); make it again"),
        (b"[" * 100_000, r"it\.json: not JSON"),
        (b"[]", r"it\.json: fold is missing; make it again"),
        (b'{"fold": 1}', r"it\.json: parts is missing; make it again"),
    ],
)
def test_what_a_step_did_not_write_is_named(content, message, tmp_path):
    (tmp_path / "it.json").write_bytes(content)
    with pytest.raises(ValueError, match=message):
        read_json(tmp_path / "it.json", "fold", "parts")
