"""Reading finished fits: what is broken or does not belong together is said in one line."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from ferbench.results.fits import Fit, every, read_all, read_job
from ferbench.results.history import LOSSES
from fits_factory import CLASSES, write_fit


def read(folder: Path) -> Fit:
    """The only fit of a job."""
    (fit,) = read_job(folder)
    return fit


def test_reads_what_train_wrote(tmp_path):
    decisions = [("anger", "anger"), ("surprise", "fear"), ("fear", "fear")]
    frames = [["anger"], ["fear", "surprise"], ["fear", "fear", "anger"]]
    folder = write_fit(tmp_path, decisions=decisions, frame_decisions=frames)
    fit = read(folder)
    assert fit.card.classes == CLASSES
    assert fit.test.sequences.label.tolist() == [0, 5, 2]
    assert fit.test.sequences.predicted.tolist() == [0, 2, 2]
    assert fit.test.sequences.posteriors.shape == (3, 6)
    assert fit.test.sequences.posteriors.argmax(axis=1).tolist() == [0, 2, 2]
    assert fit.test.frames.label.tolist() == [0, 5, 5, 2, 2, 2]
    assert fit.test.frames.predicted.tolist() == [0, 2, 5, 2, 2, 0]
    assert fit.tested == {"S000_000": 0, "S000_001": 5, "S000_002": 2}
    assert not set(fit.test.sequences.sequence) & set(fit.validation.sequences.sequence)
    assert fit.history["validation_loss"].tolist() == [1.4, 1.1, 1.2]
    assert fit.truncated.label.tolist() == [0, 5, 2]
    assert fit.truncated.predicted[1].tolist() == [3] * 5 + [2] * 5
    assert sorted(path.name for path in fit.files) == sorted(p.name for p in folder.iterdir())


def test_a_diverged_history_is_read(tmp_path):
    losses = [(1.0, 2.0), (float("nan"), float("inf"))]
    fit = read(write_fit(tmp_path, losses=losses, diverged=True))
    assert np.isnan(fit.history["train_loss"][1])
    assert np.isinf(fit.history["validation_loss"][1])


def test_a_fit_that_diverged_at_once_may_have_no_validation(tmp_path):
    folder = write_fit(tmp_path, losses=[(float("nan"), 1.0)], diverged=True)
    (folder / "history.csv").write_text(f"seed,epoch,{','.join(LOSSES)}\n1,1,nan,,\n")
    history = read(folder).history
    assert all(np.isnan(history[name]).all() for name in LOSSES)


def test_groups_by_input_and_ignores_other_fits(tmp_path):
    for name in ("cnn", "rnn", "lstm"):
        for fold in (0, 1, 7):
            write_fit(tmp_path, name, fold)
    (tmp_path / "old" / "fold-0").mkdir(parents=True)
    fits = read_all(tmp_path, ["cnn", "rnn", "lstm"], [7, 0])
    assert list(fits) == ["lstm", "rnn", "cnn"]
    assert [fit.card.fold for fit in every(fits["cnn"])] == list(fits["cnn"]) == [7, 0]


def replace(name: str, old: str, new: str) -> Callable[[Path], None]:
    def edit(folder: Path) -> None:
        path = folder / name
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")

    return edit


def remove(name: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).unlink()


SEQUENCES, FRAMES = "sequence_predictions.csv", "frame_predictions.csv"
TRUNCATED = "truncated_predictions.csv"


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (remove("card.json"), r"fold-0/card\.json: no such file; make it with `ferbench train`"),
        (remove("history.csv"), r"history\.csv: no such file"),
        (replace("card.json", "{", "["), r"card\.json: not JSON"),
        (replace("card.json", '"classes"', '"klasses"'), r"card\.json: classes: Field required"),
        (replace("card.json", "73686", '"many"'), r"card\.json: parameters\.trainable: "),
        (
            replace("card.json", '"epochs": 3', '"epochs": 4'),
            r"history\.csv: its seeds",
        ),
        (replace("card.json", '"stopping_epoch": 2', '"stopping_epoch": 9'), r"epoch: 9, but"),
        (replace("history.csv", "1.5", "one"), r"history\.csv: .*'one'"),
        (replace("history.csv", "train_loss", "loss"), r"history\.csv: no column train_loss;"),
        (replace(SEQUENCES, "anger,disgust", "disgust,anger"), r"sequence_.*: columns seed,part,"),
        (replace(SEQUENCES, "anger,anger", "joy,anger"), r"line 2: 'joy' is none"),
        (replace(SEQUENCES, "test,", "train,"), r"sequence_.*: no rows of the test part, seed 1"),
        (replace(SEQUENCES, "S000_001", "S000_000"), r"stands twice in the test part"),
        (replace(SEQUENCES, ",0.7", ",much"), r"sequence_.*: .*'much'"),
        (replace(FRAMES, "S000_001", "S000_002"), r"frame_.*: other sequences or labels"),
        (replace(FRAMES, ",0.7", ",0.7,1"), r"frame_.*: line 2: 13 values, expected 12"),
        (remove(TRUNCATED), r"truncated_predictions\.csv: no such file"),
        (replace(TRUNCATED, "share", "part"), r"truncated_.*: columns seed,sequence,"),
        (replace(TRUNCATED, "S000_001", "S000_002"), r"truncated_.*: not ten shares of each"),
        (replace(TRUNCATED, "anger,0.3", "fear,0.3"), r"truncated_.*: not ten shares of each"),
        (replace(TRUNCATED, "0.3,", "0.35,"), r"truncated_.*: not ten shares of each"),
        (replace(TRUNCATED, "2,anger", "2,joy"), r"truncated_.*: 'joy' is none"),
        (replace(TRUNCATED, ",0.7", ",much"), r"truncated_.*: .*'much'"),
    ],
)
def test_names_the_file_that_is_broken(damage, message, tmp_path):
    folder = write_fit(tmp_path)
    read(folder)
    damage(folder)
    with pytest.raises(ValueError, match=message) as raised:
        read(folder)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("frames", ["in_order", "shuffled_in_test", "shuffled"])
def test_shuffled_frames_are_stamped(frames, tmp_path):
    card = read(write_fit(tmp_path, train={"frames": frames}, synthetic=False)).card
    assert card.frames == frames
    assert card.stamps == ([] if frames == "in_order" else ["FRAMES SHUFFLED"])


def test_a_card_that_does_not_say_so_is_no_reference_and_in_order(tmp_path):
    folder = write_fit(tmp_path)
    replace("card.json", '  "reference": false,\n', "")(folder)
    card = read(folder).card
    assert (card.reference, card.frames) == (False, "in_order")
    assert read(write_fit(tmp_path, "mlp")).card.reference


def test_missing_weights_are_said_when_they_are_asked_for(tmp_path):
    folder = write_fit(tmp_path)
    remove("weights.safetensors")(folder)
    with pytest.raises(ValueError, match=r"weights\.safetensors: no such file"):
        _ = read(folder).files


def test_a_fit_in_the_wrong_folder(tmp_path):
    write_fit(tmp_path, "lstm", 0).rename(tmp_path / "lstm" / "fold-1")
    with pytest.raises(ValueError, match=r"fold-1/card\.json: is of lstm, fold 0, not"):
        read_all(tmp_path, ["lstm"], [1])


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("classes", CLASSES[::-1]),
        ("dataset", "oulu"),
        ("synthetic", False),
        ("leaking", True),
        ("preprocessing", {"size": 64}),
        ("hyperparameters", {"hidden": 60}),
        ("train", {"seeds": [2]}),
        ("parameters", {"trainable": 5}),
    ],
)
def test_fits_that_cannot_be_compared(key, value, tmp_path):
    write_fit(tmp_path, "lstm", 0)
    write_fit(tmp_path, "lstm", 1, **{key: value})
    shown = "stamps" if key in ("synthetic", "leaking") else key
    with pytest.raises(
        ValueError, match=rf"fold-1/card\.json: {shown}: .* but .*fold-0/card\.json"
    ):
        read_all(tmp_path, ["lstm"], [0, 1])


def test_architectures_may_differ_in_settings_but_not_in_what_they_are_tested_on(tmp_path):
    write_fit(tmp_path, "lstm", 0)
    write_fit(tmp_path, "rnn", 0, hyperparameters={"units": 9}, train={"seeds": [3]})
    read_all(tmp_path, ["lstm", "rnn"], [0])
    write_fit(tmp_path, "rnn", 0, decisions=[("anger", "anger")])
    with pytest.raises(ValueError, match=r"other test sequences than in .*lstm"):
        read_all(tmp_path, ["lstm", "rnn"], [0])


def test_the_order_of_a_mapping_changes_nothing(tmp_path):
    names = ["rnn", "cnn", "lstm", "bilstm"]
    for name in names:
        write_fit(tmp_path, name)
    assert list(read_all(tmp_path, names, [0])) == ["bilstm", "lstm", "rnn", "cnn"]
    assert list(read_all(tmp_path, names[::-1], [0])) == ["bilstm", "lstm", "rnn", "cnn"]


def test_the_fits_of_several_seeds_lie_in_one_folder(tmp_path):
    first, second = [("anger", "anger"), ("fear", "fear")], [("anger", "fear"), ("fear", "fear")]
    one, other = read_job(write_fit(tmp_path, decisions=first, others=[second]))
    assert (one.seed, other.seed) == (1, 2)
    assert one.tested == other.tested
    assert [fit.test.sequences.predicted.tolist() for fit in (one, other)] == [[0, 2], [2, 2]]
    assert [fit.truncated.predicted[0, -1] for fit in (one, other)] == [0, 2]
    assert one.history.keys() == other.history.keys()
    assert one.trained.fit_seed != other.trained.fit_seed


def test_rows_of_a_seed_that_the_card_lacks_are_refused(tmp_path):
    folder = write_fit(tmp_path, others=[[("anger", "anger"), ("fear", "fear")]])
    card = json.loads((folder / "card.json").read_text())
    del card["seeds"]["2"]
    (folder / "card.json").write_text(json.dumps(card))
    with pytest.raises(ValueError, match=r"history\.csv: its seeds and epochs"):
        read_job(folder)
    lines = (folder / "history.csv").read_text().splitlines(keepends=True)
    (folder / "history.csv").write_text("".join(x for x in lines if not x.startswith("2,")))
    with pytest.raises(ValueError, match=r"sequence_predictions\.csv: 3 rows of other seeds"):
        read_job(folder)


def test_fits_of_other_seeds_are_not_compared(tmp_path):
    write_fit(tmp_path, "lstm", 0)
    write_fit(tmp_path, "rnn", 0, others=[[("anger", "anger"), ("fear", "fear")]])
    with pytest.raises(ValueError, match=r"rnn/fold-0/card.json: seeds: \[1, 2\], but \[1\] in"):
        read_all(tmp_path, ["lstm", "rnn"], [0])
