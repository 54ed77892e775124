"""Folds: nobody is in two parts, every class is everywhere, and nothing moves but with its key."""

import json
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from ferbench.results.data import Stored, write_sequences, write_summary
from ferbench.results.parts import PARTS
from ferbench.steps.split import shuffled_labels, split
from settings import params_with
from small_store import SUMMARY

CLASSES = ["anger", "fear", "surprise"]
PARAMS = {"k": 3, "validation": 3, "seed": 1, "by": "subject", "labels": True}


def table(path, people=9, classes=CLASSES, length=7):
    path.mkdir(parents=True, exist_ok=True)
    rows = []
    for number in range(people * len(classes)):
        person, label = divmod(number, len(classes))
        subject = f"S{person:03}"
        place = {"first": number * length, "length": length}
        rows.append(Stored(id=f"{subject}_{label}", subject=subject, label=classes[label], **place))
    write_sequences(path, rows)
    declare(path, classes)
    return path


def declare(path, classes):
    """As far as `split` reads it."""
    write_summary(path, SUMMARY.model_copy(update={"classes": classes}))


def run(path, fold=0, **changed):
    split(params_with(split=PARAMS | changed), fold=fold, data=path, to=path / "split")
    return json.loads((path / f"split/fold-{fold}.json").read_text())


def ids(content, part):
    return [row["id"] for row in content["parts"][part]["sequences"]]


def all_rows(content, parts=PARTS):
    return [row for part in parts for row in content["parts"][part]["sequences"]]


def frames(*rows):
    """How often each frame is in one of these rows."""
    return Counter((row["id"], frame) for row in rows for frame in row["frames"])


@settings(deadline=None, max_examples=25)
@given(
    people=st.integers(6, 40),
    k=st.integers(2, 5),
    validation=st.integers(2, 4),
    fold=st.integers(0, 12),
    seed=st.integers(0, 1000),
)
def test_subjects_are_disjoint_and_all_are_there(
    tmp_path_factory, people, k, validation, fold, seed
):
    path = table(tmp_path_factory.mktemp("split"), people=max(people, 2 * validation))
    content = run(path, fold, k=k, validation=validation, seed=seed)
    assert content["fold"] == fold
    assert content["repeat"] == fold // k
    assert not content["leaking"]
    assert not any(content["shared_subjects"].values())
    every = Counter(subject for part in PARTS for subject in content["parts"][part]["subjects"])
    assert set(every.values()) == {1}
    assert len(every) == max(people, 2 * validation)
    for part in PARTS:
        of_part = content["parts"][part]
        assert sorted({row["subject"] for row in of_part["sequences"]}) == of_part["subjects"]
        assert sum(of_part["counts"].values()) == len(of_part["sequences"])


def test_the_test_parts_of_a_repeat_are_all_sequences_once(tmp_path):
    path = table(tmp_path)
    for folds in (range(3), range(3, 6)):
        tested = Counter(name for fold in folds for name in ids(run(path, fold), "test"))
        assert set(tested.values()) == {1}
        assert len(tested) == 27
    assert ids(run(path, 0), "test") != ids(run(path, 3), "test")


def test_parts_are_stratified(tmp_path):
    content = run(table(tmp_path, people=30))
    for part in PARTS:
        assert len(set(content["parts"][part]["counts"].values())) == 1


def test_same_params_same_bytes_and_another_seed_others(tmp_path):
    path = table(tmp_path)
    run(path)
    first = (path / "split/fold-0.json").read_bytes()
    run(path)
    assert (path / "split/fold-0.json").read_bytes() == first
    run(path, seed=2)
    assert (path / "split/fold-0.json").read_bytes() != first


def test_dealt_by_frame_every_frame_is_tested_once_and_the_leak_is_stamped(tmp_path):
    path = table(tmp_path)
    contents = [run(path, fold, by="frame") for fold in range(3)]
    for content in contents:
        assert content["leaking"]
        assert content["shared_subjects"]["train and test"]
        assert all(row["frames"] == sorted(row["frames"]) for row in all_rows(content))
    tested = [row for content in contents for row in all_rows(content, ["test"])]
    for rows in (tested, *map(all_rows, contents)):
        counted = frames(*rows)
        assert (set(counted.values()), len(counted)) == ({1}, 27 * 7)


def test_shuffled_labels_are_permuted_within_subjects_anew_in_every_fold(tmp_path):
    path = table(tmp_path, people=12)

    def labels(content):
        return {row["id"]: row["label"] for row in all_rows(content)}

    true = labels(run(path))
    shuffled = [labels(run(path, fold, labels="shuffled")) for fold in range(3)]
    assert len({tuple(sorted(content.items())) for content in [true, *shuffled]}) == 4
    assert labels(run(path, 1, labels="shuffled")) == shuffled[1]
    for subject in {name.split("_")[0] for name in true}:
        own = [name for name in true if name.startswith(subject)]
        for content in shuffled:
            assert Counter(true[n] for n in own) == Counter(content[n] for n in own)
    assert run(path, labels="shuffled")["labels_shuffled"]


@pytest.mark.parametrize("even", [True, False])
def test_shuffled_labels_leave_the_parts_as_they_are(tmp_path, even):
    path = table(tmp_path, people=12)
    if not even:
        lines = (path / "sequences.csv").read_text().splitlines(keepends=True)
        (path / "sequences.csv").write_text("".join(lines[:3] + lines[4:]))
    for fold in range(3):
        true, shuffled = run(path, fold), run(path, fold, labels="shuffled")
        for part in PARTS:
            assert ids(true, part) == ids(shuffled, part)
            one, other = (content["parts"][part]["subjects"] for content in (true, shuffled))
            assert one == other


def stored(subject, label):
    return Stored(id=f"{subject}_{label}", subject=subject, label=str(label), first=0, length=1)


def test_guessing_with_shuffled_labels_scatters_as_independent_decisions_do():
    """Who knows the true classes, and learns which shuffled label goes with each, only guesses."""
    rows = [stored(f"{person:02}", label) for person in range(30) for label in range(6)]
    inside, studies = 0, 200
    low, high = binom.interval(0.99, len(rows), 1 / 6)
    for seed in range(studies):
        right = 0
        for fold in range(5):
            shuffled = shuffled_labels(rows, [seed, fold])
            said = np.array([int(shuffled[row.id]) for row in rows]).reshape(30, 6)
            test = np.arange(30) % 5 == fold
            seen = (said[~test][:, :, None] == np.arange(6)).sum(axis=0)
            right += int((said[test] == seen.argmax(axis=1)).sum())
        inside += low <= right <= high
    assert inside / studies >= 0.97


def test_shuffled_labels_are_true_no_more_often_than_by_chance_where_people_show_few_classes():
    """As in Cohn-Kanade: one to six sequences of a person, of different classes."""
    rng = np.random.default_rng(1)
    frequent = np.array([0.15, 0.2, 0.05, 0.2, 0.1, 0.3])
    rows = []
    for person in range(100):
        shown = rng.choice(6, size=1 + person % 6, replace=False, p=frequent)
        rows += [stored(f"{person:03}", label) for label in shown]
    labels = np.array([int(row.label) for row in rows])
    chance = (np.bincount(labels, minlength=6) ** 2).sum() / len(labels) ** 2
    agree = []
    for seed in range(100):
        shuffled = shuffled_labels(rows, [seed, 0])
        said = np.array([int(shuffled[row.id]) for row in rows])
        assert (np.bincount(said) == np.bincount(labels)).all()
        agree.append((said == labels).mean())
    assert np.mean(agree) == pytest.approx(chance, abs=0.01)


@pytest.mark.parametrize(("people", "message"), [
    (2, r"split\.k: 3 parts need at least 3 subjects, found 2"),
    (3, r"split\.validation: 3 parts need at least 3 subjects outside the test part, found 2"),
])  # fmt: skip
def test_too_few_subjects(tmp_path, people, message):
    path = table(tmp_path, people=people)
    with pytest.raises(ValueError, match=message):
        run(path)
    assert not (path / "split").exists()


def test_a_class_absent_from_the_training_part(tmp_path):
    path = table(tmp_path)
    declare(path, [*CLASSES, "contempt"])
    with pytest.raises(ValueError, match="fold 1: no training sequence of class 'contempt'"):
        run(path, 1)
    assert not (path / "split").exists()


def test_a_repeat_of_one_seed_is_no_repeat_of_the_next(tmp_path):
    path = table(tmp_path)
    assert ids(run(path, 3, seed=1), "test") != ids(run(path, 0, seed=2), "test")
