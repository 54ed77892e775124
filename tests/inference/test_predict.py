"""A model on videos: what is written, what is said, and what cannot be used."""

import json
from itertools import product
from pathlib import Path

import cv2
import numpy as np
import pytest

import engines
from ferbench.config.params import load
from ferbench.faces.mesh import FaceMesh
from ferbench.faces.sequence import Follower
from ferbench.inference.export import export
from ferbench.inference.filmstrip import SIDE, THUMBNAILS, Strip
from ferbench.inference.model import Model
from ferbench.inference.predict import predict
from ferbench.results.layout import FRAME_PREDICTIONS, SEQUENCE_PREDICTIONS
from ferbench.synthetic.sequence import Animation
from models_factory import film, write_model
from projects import FERBENCH, call, ended
from releases import write_pictures, write_video
from small_store import CLASSES, posteriors, rows_of

SEEN = film(7, faceless=[3])
FILES = ["clip-2.prediction.png", "clip.prediction.png", FRAME_PREDICTIONS, SEQUENCE_PREDICTIONS]


@pytest.fixture(scope="module")
def videos(tmp_path_factory):
    """Two videos of one name, pictures, and some that cannot be used."""
    root = tmp_path_factory.mktemp("videos")
    write_video(root / "a" / "clip.avi", SEEN)
    write_video(root / "b" / "clip.mp4", film(4, 2), "mp4v")
    write_video(root / "wall.avi", film(3, faceless=range(3)))
    write_video(root / "once.avi", film(3, faceless=range(2)))
    (root / "text.avi").write_text("no video")
    write_pictures(root / "$pictures$", SEEN)
    return root


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_model(tmp_path_factory.mktemp("model"))


def good(videos):
    return [videos / "a" / "clip.avi", videos / "b" / "clip.mp4"]


@pytest.mark.parametrize("name", ["lstm", "bilstm", "cnn_lstm"])
def test_tables_say_what_the_model_says(tmp_path, videos, name, capsys):
    folder = write_model(tmp_path / name, name)
    predict(folder, [videos / "$pictures$"], to=tmp_path / "out", table="csv")
    model = Model.read(folder)
    found = [face for face in map(Follower(FaceMesh(), model.crop), SEEN) if face]
    frames, whole = model.posteriors(model.describe(np.stack([model.row(one) for one in found])))
    rows = rows_of(tmp_path / "out" / FRAME_PREDICTIONS)
    assert [row["frame"] for row in rows] == ["1", "2", "3", "5", "6", "7"]
    np.testing.assert_allclose(posteriors(rows), frames, atol=1e-6)
    assert [row["predicted"] for row in rows] == [CLASSES[k] for k in frames.argmax(1)]
    (row,) = rows_of(tmp_path / "out" / SEQUENCE_PREDICTIONS)
    decision = CLASSES[whole.argmax()]
    assert list(row) == ["video", "frames", "dropped", "predicted", *CLASSES, "stamps"]
    assert (row["frames"], row["dropped"], row["predicted"]) == ("6", "1", decision)
    np.testing.assert_allclose(posteriors([row])[0], whole, atol=1e-6)
    assert {row["stamps"] for row in [*rows, row]} == {"SYNTHETIC"}
    stamp, said = capsys.readouterr().out.splitlines()
    assert stamp.startswith("SYNTHETIC: rendered faces")
    assert f"$pictures$: {decision} {whole.max():.3f} (6 frames, 1 without a face)" in said


def test_json_has_the_same_content(tmp_path, videos, folder):
    for table in ("csv", "json"):
        predict(folder, good(videos), to=tmp_path / table, table=table)
    content = json.loads((tmp_path / "json" / "predictions.json").read_text())
    assert content["stamps"] == ["SYNTHETIC"]
    assert content["classes"] == CLASSES
    frames = rows_of(tmp_path / "csv" / FRAME_PREDICTIONS)
    sequences = rows_of(tmp_path / "csv" / SEQUENCE_PREDICTIONS)
    for row, video in zip(sequences, content["videos"], strict=True):
        assert (row["video"], row["predicted"]) == (video["video"], video["predicted"])
        assert [float(row[name]) for name in CLASSES] == list(video["posteriors"].values())
        of_video = [frame for frame in frames if frame["video"] == video["video"]]
        for one, other in zip(of_video, video["by_frame"], strict=True):
            assert (int(one["frame"]), one["predicted"]) == (other["frame"], other["predicted"])
            assert [float(one[name]) for name in CLASSES] == list(other["posteriors"].values())


def test_every_video_has_its_own_picture(tmp_path, videos, folder):
    predict(folder, good(videos), to=tmp_path, table="csv")
    assert sorted(path.name for path in tmp_path.iterdir()) == FILES
    one, two = (read_picture(tmp_path / f"{name}.prediction.png") for name in ("clip", "clip-2"))
    assert min(one.shape[:2]) > 500
    assert one.shape != two.shape or (one != two).any()


def read_picture(path):
    picture = cv2.imread(str(path))
    assert picture is not None
    return picture


def test_the_same_again_gives_the_same_bytes(tmp_path, videos, folder):
    for name in ("one", "two"):
        predict(folder, good(videos), to=tmp_path / name, table="csv")
    for name in FILES:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_an_exported_model_decides_the_same(tmp_path, videos, folder):
    export(folder, tmp_path / "exported")
    for name, model in (("fit", folder), ("onnx", tmp_path / "exported")):
        predict(model, good(videos), to=tmp_path / name, table="csv")
    for file in (FRAME_PREDICTIONS, SEQUENCE_PREDICTIONS):
        ours, theirs = (rows_of(tmp_path / name / file) for name in ("fit", "onnx"))
        assert [row["predicted"] for row in ours] == [row["predicted"] for row in theirs]
        np.testing.assert_allclose(posteriors(ours), posteriors(theirs), atol=1e-4)


def test_what_cannot_be_used_is_named_and_the_others_are_done(tmp_path, videos, folder):
    bad = [videos / name for name in ("wall.avi", "once.avi", "text.avi", "none.avi")]
    command, out = (FERBENCH, "predict", folder), tmp_path / "out"
    done = ended(*command, *bad[:2], *good(videos), *bad[2:], "--to", out)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    for line in (
        "ferbench: 4 of 6 videos cannot be used:",
        f"  {bad[0]}: no face in it; a sequence needs at least 2",
        f"  {bad[1]}: a face in 1 of 3 frames; a sequence needs at least 2",
        f"  {bad[2]}: not a video that can be decoded",
        f"  {bad[3]}: no such file or folder",
    ):
        assert line in done.stderr.splitlines()
    assert sorted(path.name for path in out.iterdir()) == FILES
    used = [row["video"] for row in rows_of(out / SEQUENCE_PREDICTIONS)]
    assert used == list(map(str, good(videos)))
    assert ended(*command, *bad, "--to", tmp_path / "empty").returncode == 1
    assert list((tmp_path / "empty").iterdir()) == []


def test_an_interrupted_run_leaves_nothing(tmp_path, videos, folder, monkeypatch):
    def stop(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("ferbench.inference.predict.draw", stop)
    with pytest.raises(KeyboardInterrupt):
        predict(folder, good(videos), to=tmp_path / "out", table="csv")
    assert list((tmp_path / "out").iterdir()) == []


def test_stamps_of_a_card_and_none(tmp_path, videos, capsys):
    real = write_model(tmp_path / "real", synthetic=False)
    leaking = write_model(tmp_path / "leaking", leaking=True, labels_shuffled=True)
    for folder in (real, leaking):
        predict(folder, good(videos)[1:], to=folder / "out", table="csv")
    assert {row["stamps"] for row in rows_of(real / "out" / FRAME_PREDICTIONS)} == {""}
    (row,) = rows_of(leaking / "out" / SEQUENCE_PREDICTIONS)
    assert row["stamps"] == "SYNTHETIC; LEAKING; LABELS SHUFFLED"
    first, *stamps = [line.split(":")[0] for line in capsys.readouterr().out.splitlines()]
    assert first.rsplit("/", 1)[-1] == "clip.mp4"
    assert stamps[:3] == ["SYNTHETIC", "LEAKING", "LABELS SHUFFLED"]
    plain, stamped = (read_picture(f / "out" / "clip.prediction.png") for f in (real, leaking))
    assert plain.shape == stamped.shape
    assert (plain != stamped).any()


@pytest.mark.parametrize("arguments", [[], ["video.avi", "--stream", "-"]])
def test_either_videos_or_a_stream(folder, arguments):
    done = ended(FERBENCH, "predict", folder, *arguments)
    assert done.returncode == 1
    assert done.stderr == "ferbench: predict: give it either videos or --stream SOURCE\n"


@pytest.mark.parametrize("how", [["text.avi"], ["--stream", "text.avi"]])
def test_a_seed_that_the_model_does_not_have(tmp_path, how):
    folder = write_model(tmp_path / "model", seeds=(1, 3))
    done = ended(FERBENCH, "predict", folder, *how, "--seed", "2", cwd=tmp_path)
    said = f"ferbench: {folder}/card.json: no seed 2; the model has seeds [1, 3]\n"
    assert (done.returncode, done.stderr) == (1, said)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["model"]


def test_the_fit_of_one_seed_is_asked(tmp_path, videos):
    folder, answers = write_model(tmp_path / "model", seeds=(1, 3)), []
    for seed in (None, 1, 3):
        predict(folder, good(videos)[:1], to=tmp_path / "out", table="csv", seed=seed)
        answers.append(posteriors(rows_of(tmp_path / "out" / FRAME_PREDICTIONS)))
    assert np.abs(answers[1] - answers[2]).max() > 1e-3
    np.testing.assert_allclose(answers[0], np.mean(answers[1:], axis=0), atol=1e-6)


@pytest.mark.parametrize("length", [1, 5, 8, 9, 16, 17, 100, 1000])
def test_a_strip_is_evenly_spaced_and_small(length):
    strip = Strip()
    face = np.random.default_rng(0).uniform(20, 60, (68, 2))
    for number in range(1, length + 1):
        strip.add(number, np.zeros((80, 80), np.uint8), face)
        assert len(strip._kept) <= 2 * THUMBNAILS
    numbers = [one.number for one in strip.thumbnails]
    assert len(numbers) == min(THUMBNAILS, length)
    assert numbers[0] == 1
    assert numbers == sorted(set(numbers))
    assert numbers[-1] > 0.85 * length - 1
    steps = np.diff(numbers)
    assert not len(steps) or steps.max() <= 2.5 * steps.min()
    assert all(one.image.shape == (SIDE, SIDE) for one in strip.thumbnails)
    assert all((one.points > 0).all() and (one.points < SIDE).all() for one in strip.thumbnails)


def trained(folder: Path) -> Path:
    """The default LSTM, trained on the first fold of the default release."""

    def step(name: str, *options: str, **folders: str) -> None:
        given = {**folders, "to": name}
        paths = [part for key, made in given.items() for part in (f"--{key}", str(folder / made))]
        call(engines.ROOT, "ferbench", name, *options, *paths)

    step("synthesize", "--workers", "2")
    step("preprocess", "--workers", "2", release="synthesize")
    step("split", "--fold", "0", data="preprocess")
    step("train", "--architecture", "lstm", "--fold", "0", data="preprocess", split="split")
    return folder / "train"


@pytest.mark.heavy
def test_people_no_fit_has_seen(tmp_path: Path) -> None:
    """Videos of people of another seed, their landmarks found by the mesh."""
    default = load(engines.ROOT / "params.yaml").synthesize
    others = default.model_copy(update={"seed": default.seed + 1})
    videos = {}
    for subject, number in product(range(1, 6), range(1, 7)):
        take = Animation(others, subject, number)
        path = tmp_path / f"{subject}_{number}.avi"
        write_video(path, [take.frame(k) for k in range(len(take))])
        videos[str(path)] = take.person.order[number - 1]
    call(tmp_path, "ferbench", "predict", str(trained(tmp_path)), *videos)
    rows = rows_of(tmp_path / "predictions" / SEQUENCE_PREDICTIONS)
    right = [row["predicted"] == videos[row["video"]] for row in rows]
    print(f"{sum(right)} of {len(right)} videos of unseen people decided rightly; chance 1 in 6")
    assert len(right) == 30
    assert sum(right) >= 13  # by chance once in 1,800 times: P(Bin(30, 1/6) >= 13)
