"""Baselines: what they read, what they learn from, what they write; always the same bytes."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from ferbench.config.params import load
from ferbench.models.inputs import features
from ferbench.results.layout import LANDMARKS
from ferbench.results.parts import Assigned, read_fold
from ferbench.steps.baseline import baseline
from small_store import SUMMARY, rows_of, write_data, write_params, write_parts

CLASSES = ["anger", "fear", "sadness"]
LENGTH = 4
PARAMS = load(Path("params.yaml"))
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
        subject = f"S{number // 3:03}"
        known = {"id": f"{subject}_{number:03}", "subject": subject, "label": CLASSES[label]}
        rows.append(Assigned(**known, first=LENGTH * number, length=LENGTH))
    summary = SUMMARY.model_copy(update={"classes": CLASSES})
    write_data(tmp_path, np.empty((0, 48, 48), np.uint8), points, summary)
    # sequences 2 to 11: four of sadness, three of anger and of fear
    write_parts(tmp_path, rows[2:12], rows[12:15], rows[15:])
    return tmp_path


def run(folder: Path, to: str = "out", **changes: Any) -> list[dict[str, str]]:
    """Further keywords change params.yaml, a double underscore standing for the dot."""
    dotted = {key.replace("__", "."): value for key, value in changes.items()}
    params = load(write_params(folder / "params.yaml", dotted))
    baseline(params, fold=0, data=folder, split=folder, to=folder / to)
    return rows_of(folder / to / "fold-0.csv")


def edit(folder: Path, part: str, **changes: Any) -> None:
    parts = {name: of_part.sequences for name, of_part in read_fold(folder, 0).parts.items()}
    parts[part] = [row.model_copy(update=changes) for row in parts[part]]
    write_parts(folder, parts["train"], parts["validation"], parts["test"])


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
    points = np.load(data / LANDMARKS)
    points[:, 51] += np.random.default_rng(4).normal(scale=0.2, size=(len(points), 2))
    np.save(data / LANDMARKS, points.astype(np.float32))
    how = "geometric", PARAMS.train.reference
    assert PARAMS.inputs.features.variant == how[0]
    raw = [features.describe(points[LENGTH * n :][:LENGTH], *how) for n in range(24)]
    projection = features.fit(raw[2:12], how[0])
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
    weak, strong = run(data, baseline__c=10.0), run(data, baseline__c=1e-4)
    chosen = [float(row[row["logistic_regression"]]) for row in weak]
    assert min(chosen) > 0.6
    said = [float(row[name]) for row in strong for name in CLASSES]
    assert said == pytest.approx([1 / 3] * len(said), abs=0.1)


def test_class_weights_are_those_of_the_fits(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[Any] = []

    class Spy(LogisticRegression):  # type: ignore[misc]
        def fit(self, *arguments: Any) -> Any:
            given.append(self.class_weight)
            return super().fit(*arguments)

    monkeypatch.setattr("ferbench.steps.baseline.LogisticRegression", Spy)
    run(data)
    run(data, train__class_weights="balanced")
    assert given == [None, "balanced"]


def test_the_same_bytes_again(data: Path) -> None:
    run(data)
    run(data, to="again")
    one, two = (data / name / "fold-0.csv" for name in ("out", "again"))
    assert one.read_bytes() == two.read_bytes()
