"""Features against hand-made faces, their mirror images and scikit-learn."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.decomposition import PCA

from ferbench.models.inputs import features

# Which point a point becomes in a mirror: jaw, brows, nose, eyes, lips.
MIRROR = (
    [*range(16, -1, -1)]
    + [26, 25, 24, 23, 22, 21, 20, 19, 18, 17]
    + [27, 28, 29, 30, 35, 34, 33, 32, 31]
    + [45, 44, 43, 42, 47, 46, 39, 38, 37, 36, 41, 40]
    + [54, 53, 52, 51, 50, 49, 48, 59, 58, 57, 56, 55]
    + [64, 63, 62, 61, 60, 67, 66, 65]
)


def faces(frames=5, seed=0):
    return np.random.default_rng(seed).uniform(0, 48, (frames, 68, 2))


def test_thirty_distinct_numbers():
    values = features.geometric(faces(frames=50))
    assert values.shape == (50, 30)
    assert np.linalg.matrix_rank(values - values.mean(0)) == 30


def test_closed_under_mirroring():
    """Sorted, since a mirror swaps the left and the right of each pair."""
    face = faces(frames=1)
    mirrored = face[:, MIRROR] * [-1, 1]
    np.testing.assert_allclose(
        np.sort(features.geometric(mirrored)), np.sort(features.geometric(face)), atol=1e-9
    )


@given(st.floats(0.1, 100), st.floats(-100, 100), st.floats(-100, 100))
def test_size_and_place_do_not_matter(scale, x, y):
    face = faces(frames=2)
    moved = face * scale + [x, y]
    np.testing.assert_allclose(
        features.geometric(moved), features.geometric(face), rtol=1e-6, atol=1e-7
    )


def test_known_values():
    """Eyes one unit apart; a mouth corner straight below the nose line gives a right angle."""
    face = np.zeros((1, 68, 2))
    face[0, 36], face[0, 45] = [0, 0], [2, 0]
    face[0, 48], face[0, 54] = [0, 2], [2, 2]
    face[0, 51], face[0, 57] = [2, 2], [0, 4]
    values = features.geometric(face)[0]
    mouth_width = features.DISTANCES.index((48, 54))
    corner = len(features.DISTANCES) + features.ANGLES.index((48, 51, 57))
    assert values[mouth_width] == pytest.approx(1)  # in outer eye distances
    assert values[corner] == pytest.approx(np.pi / 2)
    assert values[-2] == pytest.approx(-0.5)  # corner 48 stands one pixel above mid(51, 57)


def test_opening_an_eye_changes_its_opening_alone_among_the_openings():
    face = faces(frames=1)
    opened = face.copy()
    opened[0, [40, 41], 1] += 5
    start = len(features.DISTANCES) + len(features.ANGLES)
    before, after = (features.geometric(f)[0, start : start + 2] for f in (face, opened))
    assert before[0] != after[0]
    assert before[1] == after[1]


@pytest.mark.parametrize(("variant", "width"), [("geometric", 30), ("pca", 102)])
def test_the_first_frame_is_the_reference(variant, width):
    sequence = faces()
    raw = features.describe(sequence, variant, "none")
    assert raw.shape == (5, width)
    referred = features.describe(sequence, variant, "first_frame")
    assert not referred[0].any()
    np.testing.assert_allclose(referred, raw - raw[0])


@pytest.mark.parametrize("variant", features.VARIANTS)
def test_projected_training_frames_have_unit_variance_each_sequence_weighing_the_same(variant):
    raw = [features.describe(faces(n, seed=n), variant, "none") for n in (40, 10, 25)]
    projection = features.fit(raw, variant)
    means = np.stack([projection(values).mean(0) for values in raw])
    squares = np.stack([(projection(values).astype(float) ** 2).mean(0) for values in raw])
    np.testing.assert_allclose(means.mean(0), 0, atol=1e-5)
    np.testing.assert_allclose(squares.mean(0), 1, rtol=1e-5)


def test_pca_against_scikit_learn():
    raw = features.describe(faces(frames=300), "pca", "none")
    projection = features.fit([raw], "pca")
    reference = PCA(30, whiten=True).fit(raw)
    ours, theirs = projection(raw), reference.transform(raw)
    signs = np.sign((ours * theirs).sum(0))
    np.testing.assert_allclose(ours, theirs * signs * np.sqrt(300 / 299), atol=1e-4)
    assert projection.explained == pytest.approx(reference.explained_variance_ratio_.sum())


def test_a_number_that_never_changes_stays_finite():
    constant = np.repeat(faces(frames=1), 6, axis=0)
    for variant in features.VARIANTS:
        projection = features.fit([features.describe(constant, variant, "none")], variant)
        assert np.isfinite(projection(features.describe(faces(), variant, "none"))).all()


@given(arrays(np.float32, (3, 68, 2), elements=st.floats(0, 48, width=32)))
def test_any_landmarks_with_eyes_apart_give_finite_numbers(landmarks):
    landmarks[:, 36], landmarks[:, 45] = [0, 10], [20, 10]
    for variant in features.VARIANTS:
        assert np.isfinite(features.describe(landmarks, variant, "first_frame")).all()
