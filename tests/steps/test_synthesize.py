"""The synthetic release: what is in it, that it is the same everywhere, and that its faces move."""

import hashlib
import re
import signal
import subprocess
import time
import zipfile
from collections.abc import Iterator
from functools import cache
from itertools import chain
from pathlib import Path

import cv2
import numpy as np
import psutil  # type: ignore[import-untyped]
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ferbench.config.schema import Length, Synthesize
from ferbench.data.formats.cohn_kanade import SIX
from ferbench.steps.synthesize import synthesize
from ferbench.synthetic.expressions import INCIDENCE, PROTOTYPES, UNITS, frame_count, rise
from ferbench.synthetic.head import head
from ferbench.synthetic.order import PAIR, SHORTEST, film
from ferbench.synthetic.sequence import Animation, person, sequences
from projects import FERBENCH
from releases import CODES
from settings import params_with

ROOT = Path(__file__).parents[2]
DEFAULT = params_with().synthesize
NAMES = {"images": "extended-cohn-kanade-images", "landmarks": "Landmarks"}
NAMES |= {"emotion_labels": "Emotion_labels", "facs_labels": "FACS_labels"}


def changed(params: Synthesize, **sections: object) -> Synthesize:
    """The same parameters but for some; sections are given as what changes in them."""
    tree = params.model_dump()
    for name, value in sections.items():
        tree[name] = {**tree[name], **value} if isinstance(value, dict) else value
    return Synthesize.model_validate(tree)


SHORT, SMALL = {"shortest": 3, "mean": 4, "longest": 6}, {"width": 160, "height": 120}
TINY = changed(DEFAULT, people={"count": 2}, length=SHORT, camera=SMALL)


def release(params: Synthesize, folder: Path, workers: int = 1) -> dict[str, Path]:
    paths = {name: folder / f"{file}.zip" for name, file in NAMES.items()}
    synthesize(params_with(synthesize=params.model_dump()), to=folder, workers=workers)
    return paths


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return release(TINY, tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="module")
def members(tiny: dict[str, Path]) -> dict[str, dict[str, bytes]]:
    """What each archive has, by name, but for its marker."""
    contents = {}
    for name, path in tiny.items():
        with zipfile.ZipFile(path) as archive:
            assert archive.testzip() is None
            contents[name] = {m: archive.read(m) for m in archive.namelist()}
            assert b"SYNTHETIC" in contents[name].pop("SYNTHETIC.txt")
    return contents


def test_every_frame_is_where_cohn_kanade_has_it(members: dict[str, dict[str, bytes]]) -> None:
    pattern = re.compile(r"cohn-kanade-images/(S\d{3})/(\d{3})/\1_\2_(\d{8})\.png")
    lengths: dict[str, list[int]] = {}
    for name, png in members["images"].items():
        match = pattern.fullmatch(name)
        assert match
        subject, sequence, frame = match.groups()
        lengths.setdefault(f"{subject}/{sequence}", []).append(int(frame))
        image = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_UNCHANGED)
        assert image is not None
        assert (image.shape, image.dtype) == ((120, 160), np.uint8)
        assert image.std() > 10
    assert list(lengths) == [f"S{s:03d}/{q:03d}" for s in (1, 2) for q in range(1, 7)]
    for numbers in lengths.values():
        assert numbers == list(range(1, len(numbers) + 1))
        assert 3 <= len(numbers) <= 6


def test_landmarks_are_68_points_inside_each_frame(members: dict[str, dict[str, bytes]]) -> None:
    stems = [name[len("cohn-kanade-images/") : -len(".png")] for name in members["images"]]
    expected = [f"Landmarks/{stem}_landmarks.txt" for stem in stems]
    assert list(members["landmarks"]) == expected
    for text in members["landmarks"].values():
        points = np.array([line.split() for line in text.decode().splitlines()], float)
        assert points.shape == (68, 2)
        assert (points > 0).all()
        assert (points < [160, 120]).all()
        assert points[36, 0] < points[45, 0]  # the person's right is on the picture's left
        assert points[8, 1] > points[27, 1]


def test_labels_are_on_the_last_frame_in_the_release_s_words(members: dict[str, dict[str, bytes]]):
    names = [name[len("Landmarks/") : -len("_landmarks.txt")] for name in members["landmarks"]]
    stems = list({Path(name).parent: name for name in names}.values())
    assert list(members["emotion_labels"]) == [f"Emotion/{s}_emotion.txt" for s in stems]
    assert list(members["facs_labels"]) == [f"FACS/{s}_facs.txt" for s in stems]
    codes = [text.decode() for text in members["emotion_labels"].values()]
    assert sorted(codes[:6]) == [f"   {code}.0000000e+00\n" for code in sorted(CODES.values())]
    for text in members["facs_labels"].values():
        for line in text.decode().splitlines():
            unit, grade = map(float, line.split())
            assert unit in UNITS
            assert grade in (1, 2, 3, 4, 5)


def test_the_order_of_expressions_tells_nothing() -> None:
    assert person(TINY, 1).order != person(TINY, 2).order
    assert set(person(TINY, 1).order) == set(SIX)


def test_workers_do_not_change_a_byte(tiny: dict[str, Path], tmp_path: Path) -> None:
    again = release(TINY, tmp_path, workers=2)
    for name, path in tiny.items():
        assert path.read_bytes() == again[name].read_bytes()


KNOBS = [
    (name, key)
    for name, section in TINY.model_dump().items()
    if isinstance(section, dict)
    for key in section
    if (name, key) not in (("people", "count"), ("length", "shortest"))  # tested below
]


RARE = {"mean": 5.0, "omission": 0.9, "blinks": 20.0, "frame_rate": 1.0}
"""Knobs that change few frames or sequences: values far from the usual ones."""


@pytest.mark.parametrize(("section", "key"), KNOBS)
def test_every_knob_changes_the_data(section: str, key: str) -> None:
    value = TINY.model_dump()[section][key]
    other = RARE.get(key, value - 2 if isinstance(value, int) else 0.7 * value)
    assert outcome(changed(TINY, **{section: {key: other}})) != outcome(TINY)


def test_every_seed_changes_the_data() -> None:
    assert outcome(changed(TINY, seed=99)) != outcome(TINY)


def test_what_may_be_zero_may_all_be_zero() -> None:
    still = {"people": ["shape", "asymmetry", "weight", "tone"], "tracking": ["jitter", "drift"]}
    still |= {"expression": ["person_gain", "sequence_gain", "asymmetry", "omission", "blinks"]}
    still |= {"motion": ["pose", "sway", "position", "gaze"]}
    still |= {"camera": ["light", "exposure", "background", "noise", "grain"]}
    nothing = {section: dict.fromkeys(keys, 0) for section, keys in still.items()}
    animation = Animation(changed(TINY, **nothing), 1, 1)
    assert np.isfinite(animation.landmarks).all()
    assert animation.frame(0).std() > 0


@cache
def outcome(params: Synthesize) -> list[bytes]:
    """A person's landmarks, and the one frame in which all knobs of the picture are seen."""
    animations = [Animation(params, 1, sequence) for sequence in range(1, 7)]
    return [one.landmarks.tobytes() for one in animations] + [animations[0].frame(0).tobytes()]


def test_shortest_length_is_kept() -> None:
    constant = changed(TINY, length={"shortest": 5, "mean": 5.0})
    assert {len(Animation(constant, 1, sequence)) for sequence in range(1, 7)} == {5}


@given(st.integers(2, 20), st.floats(0, 20), st.integers(0, 40), st.integers(0))
def test_lengths_are_within_bounds(shortest: int, more: float, most: int, seed: int) -> None:
    longest = shortest + int(more) + 1 + most
    length = Length(shortest=shortest, mean=shortest + more, longest=longest)
    assert shortest <= frame_count(length, np.random.default_rng(seed)) <= length.longest


def test_lengths_have_the_mean_asked_for() -> None:
    rng = np.random.default_rng(0)
    lengths = [frame_count(DEFAULT.length, rng) for _ in range(4000)]
    assert np.mean(lengths) == pytest.approx(DEFAULT.length.mean, abs=0.5)


@given(frames=st.integers(2, 60), onset=st.floats(0.1, 0.9), constant=st.floats(0.02, 0.5))
def test_a_rise_starts_at_neutral_and_never_falls(frames: int, onset: float, constant: float):
    course = rise(frames, onset, constant)
    assert course[0] == 0
    assert (np.diff(course) >= 0).all()
    assert course[-1] <= 1


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), subject=st.integers(1, 999), sequence=st.integers(1, 6))
def test_any_seed_and_number_makes_a_sequence(seed: int, subject: int, sequence: int) -> None:
    animation = Animation(changed(TINY, seed=seed), subject, sequence)
    assert animation.landmarks.shape == (len(animation), 68, 2)
    assert np.isfinite(animation.landmarks).all()
    assert (animation.performance.activity[0] == 0).all()
    assert animation.frame(len(animation) - 1).std() > 10


ORDER = changed(TINY, task="order", length={"shortest": 5, "mean": 7, "longest": 12})


@pytest.mark.parametrize("subject", [1, 2])
def test_the_two_orders_are_one_film_forwards_and_backwards(subject: int) -> None:
    made = sequences(ORDER, subject)
    labels = [one.label for one in made]
    assert sorted(labels) == sorted(PAIR * 3)
    films = [film(labels, number) for number in range(1, 7)]
    by_film = {(n, one.label): one for n, one in zip(films, made, strict=True)}
    assert sorted(by_film) == [(n, label) for n in (1, 2, 3) for label in PAIR]
    for n in (1, 2, 3):
        one, other = (by_film[n, label] for label in PAIR)
        assert one.frames == other.frames[::-1]
        assert len(set(one.frames)) == len(one.frames)
        np.testing.assert_array_equal(one.landmarks, other.landmarks[::-1])
        assert one.facs == other.facs
    assert by_film[1, PAIR[0]].frames != by_film[2, PAIR[0]].frames


def test_either_order_is_the_one_that_was_filmed() -> None:
    every = [changed(ORDER, seed=seed) for seed in range(7)]
    animations = [Animation(params, 1, n) for params in every for n in range(1, 7)]
    happy_first = [one.backwards for one in animations if one.performance.label == "happiness"]
    assert len(happy_first) == 21
    assert 0.2 < np.mean(happy_first) < 0.8


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), sequence=st.integers(1, 6), mean=st.integers(2, 30))
def test_both_expressions_start_and_end_at_neutral(seed: int, sequence: int, mean: int) -> None:
    length = {"shortest": 2, "mean": mean, "longest": 40}
    alone = {"coactivation": 0.0}
    animation = Animation(changed(ORDER, seed=seed, length=length, expression=alone), 1, sequence)
    shown = animation.performance.activity.max(axis=2)
    happy, surprised = (shown[:, list(UNITS).index(unit)] for unit in (12, 1))
    if animation.backwards:
        happy, surprised = happy[::-1], surprised[::-1]
    assert len(shown) >= SHORTEST
    still = np.flatnonzero((shown == 0).all(axis=1))
    assert {0, len(shown) - 1} <= set(still.tolist())
    assert (np.diff(still) > 1).any()
    first = animation.performance.label == "happiness"
    assert (happy.argmax() < surprised.argmax()) == first
    assert happy.argmax() != surprised.argmax()


def test_prototypes_name_units_that_exist() -> None:
    names = head().unit_names
    for unit, parts in UNITS.items():
        assert parts, unit
        assert {name.replace("*", "Left") for name in parts} <= set(names)
    for prototype in chain(*PROTOTYPES.values()):
        assert set(prototype) <= set(UNITS)
        assert any(probability == 1 for probability, _ in prototype.values())
    assert set(INCIDENCE) <= set(UNITS)
    assert set(PROTOTYPES) == set(SIX)


STILL = changed(
    DEFAULT,
    tracking={"jitter": 0.0, "drift": 0.0},
    motion={"pose": 0.0, "sway": 0.0, "position": 0.0},
    expression={"coactivation": 0.0, "blinks": 0.0, "weakest": 0.9},
    camera={"noise": 0.0, "blur": 0.1},
)


def test_a_smile_widens_the_mouth_and_leaves_the_nose() -> None:
    animations = [Animation(STILL, 2, sequence) for sequence in range(1, 7)]
    happy = next(one for one in animations if one.performance.label == "happiness")
    first, last = happy.landmarks[[0, -1]]
    width = np.linalg.norm(first[36] - first[45])
    assert np.linalg.norm(last[48] - last[54]) > np.linalg.norm(first[48] - first[54]) + 3
    assert np.abs(last[27] - first[27]).max() < 0.05 * width


@pytest.mark.parametrize("subject", range(1, 6))
def test_a_blink_closes_the_eyes(subject: int) -> None:
    blinking = Animation(changed(STILL, expression={"blinks": 30.0}, seed=5), subject, 1)
    first, closed = blinking.landmarks[[0, 3]]
    for upper, lower in ((37, 41), (38, 40), (43, 47), (44, 46)):
        gap = first[lower, 1] - first[upper, 1]
        assert abs(closed[lower, 1] - closed[upper, 1]) < max(0.35 * gap, 2)


def test_landmarks_are_where_the_picture_has_them() -> None:
    """The dark centre of each eye lies between the corners of its lids."""
    animation = Animation(STILL, 4, 1)
    frame, points = animation.frame(0).astype(float), animation.landmarks[0]
    for eye in (range(36, 42), range(42, 48)):
        left, top = np.floor(points[list(eye)].min(0)).astype(int)
        right, bottom = np.ceil(points[list(eye)].max(0)).astype(int)
        inside = frame[top : bottom + 1, left : right + 1]
        dark = np.argwhere(inside < np.quantile(inside, 0.15)).mean(0) + [top, left]
        assert dark[::-1] == pytest.approx(points[list(eye)].mean(0), abs=0.2 * (right - left))


def test_the_head_loads_without_pickle_and_is_a_head() -> None:
    file = ROOT / "src/ferbench/assets/head.npz"
    vendored = "4ff374d087ad8a0425a445d4d23726bb30811c71e531ac0f6c1117f3c275d4d2"
    assert hashlib.sha256(file.read_bytes()).hexdigest() == vendored
    with np.load(file, allow_pickle=False) as asset:
        assert all(asset[name].dtype.kind in "fuU" for name in asset)
        assert len(asset["landmarks"]) == 68
        assert asset["triangles"].max() < len(asset["vertices"])
    mesh = head()
    normals = mesh.normals(mesh.average)
    assert np.linalg.norm(normals[np.unique(mesh.triangles)], axis=1) == pytest.approx(1, abs=1e-4)
    nose, chin = mesh.landmarks[30], mesh.landmarks[8]
    assert normals[nose, 2] > 0.5
    assert mesh.average[chin, 1] < mesh.average[nose, 1] < 0


@pytest.fixture
def started(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A run that is under way in another process."""
    given = ["--params", str(ROOT / "params.yaml"), "synthesize", "--workers", "2", "--to"]
    process = subprocess.Popen([FERBENCH, *given, tmp_path / "out"], start_new_session=True)
    yield process
    process.kill()
    process.wait()


def test_termination_leaves_nothing(started: subprocess.Popen[bytes], tmp_path: Path) -> None:
    deadline = time.monotonic() + 20
    process = psutil.Process(started.pid)
    while len(workers := process.children()) < 2 and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(0.5)
    started.send_signal(signal.SIGTERM)
    assert started.wait(timeout=20) == 128 + signal.SIGTERM
    assert list((tmp_path / "out").iterdir()) == []
    assert psutil.wait_procs(workers, timeout=10)[1] == []


def test_a_failure_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: object) -> str:
        raise ValueError("a full disk, say")

    monkeypatch.setattr("ferbench.steps.synthesize._rows", fail)
    with pytest.raises(ValueError, match="full disk"):
        release(TINY, tmp_path)
    assert list(tmp_path.iterdir()) == []
