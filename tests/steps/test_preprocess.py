"""From a release to arrays: what is stored, what is skipped, and all that is wrong at once."""

import json

import numpy as np
import pytest

from ferbench.data.formats.cohn_kanade import read
from ferbench.faces.alignment import align
from releases import CODES, OUTPUTS, PARAMS, files, run, write_archives, write_tree
from small_store import rows_of


@pytest.fixture(scope="module")
def release(tmp_path_factory):
    return write_archives(tmp_path_factory.mktemp("release"), files(people=3))


def test_stored_rows_are_the_aligned_frames(release, tmp_path):
    paths = run(release, tmp_path)
    frames = np.load(paths["frames"], mmap_mode="r", allow_pickle=False)
    landmarks = np.load(paths["landmarks"], mmap_mode="r", allow_pickle=False)
    rows = rows_of(paths["sequences"])
    sequences = read(release).sequences
    assert [row["id"] for row in rows] == [sequence.id for sequence in sequences]
    assert [row["label"] for row in rows] == [sequence.label for sequence in sequences]
    total = sum(int(row["length"]) for row in rows)
    assert (frames.shape, frames.dtype) == ((total, 32, 32), np.uint8)
    assert (landmarks.shape, landmarks.dtype) == ((total, 68, 2), np.float32)
    for row, sequence in zip(rows, sequences, strict=True):
        for index, frame in enumerate(sequence.frames()):
            assert frame.landmarks is not None
            crop, points = align(frame.image, frame.landmarks, PARAMS)
            np.testing.assert_array_equal(frames[int(row["first"]) + index], crop)
            np.testing.assert_array_equal(landmarks[int(row["first"]) + index], points)


@pytest.mark.parametrize("marker", [{}, {"cohn-kanade-images/SYNTHETIC.txt": b"made"}])
def test_summary(tmp_path, marker):
    release = write_archives(tmp_path / "release", files(people=3) | marker)
    summary = json.loads(run(release, tmp_path)["summary"].read_text())
    assert summary["synthetic"] is bool(marker)
    assert (summary["subjects"], summary["sequences"]) == (3, 18)
    assert summary["counts"] == dict.fromkeys(CODES, 3)
    assert summary["preprocessing"]["size"] == 32


def test_workers_and_packing_do_not_change_a_byte(release, tmp_path):
    tree = write_tree(tmp_path / "tree", files(people=3))
    runs = [run(release, tmp_path / f"{count}", workers=count) for count in (1, 2)]
    runs.append(run(tree, tmp_path / "three"))
    for name in OUTPUTS:
        assert len({paths[name].read_bytes() for paths in runs}) == 1


def test_all_bad_sequences_are_reported_and_nothing_is_left(tmp_path):
    made = files(people=2)
    image = next(name for name in made if "S001_002" in name and ".png" in name)
    label = next(name for name in made if "S002_003" in name and "emotion" in name)
    points = next(name for name in made if "S002_001" in name and "landmarks" in name)
    bad = {image: b"broken", label: b"nine", points: b"1 2"}
    release, out = write_tree(tmp_path / "release", made | bad), tmp_path / "out"
    with pytest.raises(ValueError, match="3 problems") as error:
        run(release, out)
    assert all(name in str(error.value) for name in bad)
    assert not list(out.iterdir())


def test_a_class_without_a_sequence(release, tmp_path):
    params = PARAMS.model_copy(update={"classes": [*CODES, "contempt"]})
    with pytest.raises(ValueError, match=r"preprocess\.classes: .* no sequence of contempt"):
        run(release, tmp_path / "out", params)
    assert not list((tmp_path / "out").iterdir())
