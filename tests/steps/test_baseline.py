"""Baselines: what they read, what they learn from, what they write; always the same bytes."""

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

import engines
from ferbench.config.params import load
from ferbench.config.schema import Baseline, Train
from ferbench.models import features
from ferbench.steps.baseline import baseline

CLASSES = ["anger", "fear", "sadness"]
LENGTH = 4
TRAIN = load(engines.ROOT / "params.yaml").train
NAMES = ["sequence", "subject", "label", "majority", "logistic_regression"]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """24 sequences of one random face; a class moves one point, in the last frame only."""
    chance = np.random.default_rng(3)
    points = np.tile(chance.normal(size=(68, 2)), (24 * LENGTH, 1, 1))
    rows = []
    for number in range(24):
        label = number % 3 if number < 21 else 0
        points[LENGTH * number + LENGTH - 1, 48] += [0.5 * label, -0.5 * label]
        rows.append(
            {
                "id": f"S{number // 3:03}_{number:03}",
                "subject": f"S{number // 3:03}",
                "label": CLASSES[label],
                "first": LENGTH * number,
                "length": LENGTH,
            }
        )
    np.save(tmp_path / "landmarks.npy", points.astype(np.float32))
    (tmp_path / "summary.json").write_text(json.dumps({"classes": CLASSES}))
    # sequences 2 to 11: four of sadness, three of anger and of fear
    parts = {"train": rows[2:12], "validation": rows[12:15], "test": rows[15:]}
    content = {"parts": {name: {"sequences": chosen} for name, chosen in parts.items()}}
    (tmp_path / "fold.json").write_text(json.dumps(content))
    return tmp_path


def run(folder: Path, c: float = 1.0, to: str = "out.csv", **train: Any) -> list[dict[str, str]]:
    baseline(
        Baseline(c=c),
        Train.model_validate(TRAIN.model_dump() | train),
        landmarks=folder / "landmarks.npy",
        summary=folder / "summary.json",
        fold=folder / "fold.json",
        predictions=folder / to,
    )
    return list(csv.DictReader((folder / to).read_text().splitlines()))


def edit(folder: Path, part: str, **changes: Any) -> None:
    path = folder / "fold.json"
    content = json.loads(path.read_text())
    for row in content["parts"][part]["sequences"]:
        row.update(changes)
    path.write_text(json.dumps(content))


def test_test_sequences_in_order_with_both_decisions(data: Path) -> None:
    rows = run(data)
    assert list(rows[0]) == [*NAMES, *CLASSES]
    assert [row["sequence"] for row in rows] == [f"S{n // 3:03}_{n:03}" for n in range(15, 24)]
    assert {row["majority"] for row in rows} == {"sadness"}  # 4 of 10; anger and fear have 3
    assert [row["logistic_regression"] for row in rows] == [row["label"] for row in rows]
    for row in rows:
        posteriors = {name: float(row[name]) for name in CLASSES}
        assert sum(posteriors.values()) == pytest.approx(1)
        assert max(posteriors, key=posteriors.__getitem__) == row["logistic_regression"]


def test_the_model_is_one_of_last_frames_scaled_as_for_the_fits(data: Path) -> None:
    points = np.load(data / "landmarks.npy")
    points[:, 51] += np.random.default_rng(4).normal(scale=0.2, size=(len(points), 2))
    np.save(data / "landmarks.npy", points.astype(np.float32))
    raw = [
        features.describe(points[LENGTH * n :][:LENGTH], TRAIN.features, TRAIN.reference)
        for n in range(24)
    ]
    projection = features.fit(raw[2:12], TRAIN.features)
    last = np.array([projection(values)[-1] for values in raw], dtype=np.float64)
    model = LogisticRegression(C=1.0, max_iter=5000).fit(last[2:12], [n % 3 for n in range(2, 12)])
    posteriors = [[float(row[name]) for name in CLASSES] for row in run(data)]
    np.testing.assert_allclose(posteriors, model.predict_proba(last[15:]), atol=1e-4)


def test_nothing_is_learned_from_validation_or_test(data: Path) -> None:
    before = run(data)
    edit(data, "validation", label="fear")
    edit(data, "test", label="fear")
    after = run(data)
    assert {row["label"] for row in after} == {"fear"}
    for row in [*before, *after]:
        del row["label"]
    assert after == before


def test_regularisation_is_that_of_the_parameters(data: Path) -> None:
    weak, strong = run(data, c=10.0), run(data, c=1e-4)
    chosen = [float(row[row["logistic_regression"]]) for row in weak]
    assert min(chosen) > 0.6
    assert all(
        float(row[name]) == pytest.approx(1 / 3, abs=0.1) for row in strong for name in CLASSES
    )


def test_class_weights_are_those_of_the_fits(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[Any] = []

    class Spy(LogisticRegression):  # type: ignore[misc]
        def fit(self, *arguments: Any) -> Any:
            given.append(self.class_weight)
            return super().fit(*arguments)

    monkeypatch.setattr("ferbench.steps.baseline.LogisticRegression", Spy)
    run(data)
    run(data, class_weights="balanced")
    assert given == [None, "balanced"]


def test_the_same_bytes_again(data: Path) -> None:
    run(data)
    run(data, to="again.csv")
    assert (data / "out.csv").read_bytes() == (data / "again.csv").read_bytes()
