"""The paper's numbers beside those of a run, and only where they say anything of it."""

import pytest

from ferbench.paper.beside import applies, printed
from ferbench.paper.statements import CAVEAT
from ferbench.results.card import Data
from ferbench.results.comparison import Chance, Comparison, Detectable, Network, Pooled, Spread

CLASSES = ["anger", "disgust", "fear", "happiness", "sadness", "surprise"]


def network(parameters: int) -> Network:
    return Network(
        input="features",
        reference=False,
        parameters=parameters,
        stopping_epochs={0: 3, 1: 4},
        diverged=[],
        time={},
        metrics={"error_rate": Spread.of({0: 0.25, 1: 0.5})},
        pooled=Pooled(error_rate=0.375, interval=(0.2, 0.5)),
        sequences=36,
        recall={},
        confusion=[],
    )


def comparison(
    dataset: str = "cohn_kanade",
    classes: list[str] = CLASSES,
    names: tuple[str, ...] = ("rnn", "lstm"),
) -> Comparison:
    return Comparison(
        dataset=dataset,
        synthetic=True,
        stamps=["SYNTHETIC"],
        classes=classes,
        data=Data(
            subjects=6,
            sequences=36,
            skipped=0,
            unusable=0,
            frames_with_mesh_landmarks=0,
            frames_without_a_face=0,
        ),
        class_weights="none",
        folds=[0, 1],
        k=2,
        sequences=36,
        subjects=6,
        tests=36,
        chance=Chance(uniform=0.8, majority=0.8),
        detectable=Detectable(difference=None, pairs=1),
        architectures={name: network(73_686) for name in names},
        baselines={},
        ensembles={},
    )


def test_the_printed_numbers_stand_beside_ours() -> None:
    text = printed(comparison(), 1)
    (row,) = [line for line in text.splitlines() if line.startswith("| lstm")]
    cells = [cell.strip() for cell in row.strip("|").split("|")]
    assert cells == ["lstm", "94,606", "73,686", "14.6 ± 0.7", "37.5 ± 17.7"]
    assert "SYNTHETIC" in text
    assert CAVEAT in text


@pytest.mark.parametrize(
    ("other", "of_the_paper"),
    [
        (comparison(classes=CLASSES[::-1]), True),
        (comparison(names=("rnn", "cnn")), True),  # it prints no numbers for them
        (comparison(dataset="other"), False),
        (comparison(classes=[*CLASSES, "contempt"]), False),
        (comparison(classes=CLASSES[:2]), False),
    ],
)
def test_other_data_and_classes_are_not_the_papers(other: Comparison, of_the_paper: bool) -> None:
    assert applies(other) == of_the_paper
    assert bool(printed(other, 1)) == (of_the_paper and "lstm" in other.architectures)
