"""The comparison of finished fits: known answers, three forms of one table, the same bytes."""

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from unittest.mock import patch
from xml.etree import ElementTree

import pytest

import ferbench
from comparison import compare_as_it_is, in_another_process, run_compare
from ferbench.evaluation.metrics import METRICS, metric
from ferbench.reporting.tables import write_tables
from ferbench.reporting.wording import MEANING
from ferbench.results.comparison import read_comparison, write_comparison
from ferbench.results.layout import COMPARE, FIGURES
from ferbench.results.predictions import PartPredictions
from fits_factory import CLASSES, write_baselines, write_fit, write_study
from small_store import rows_of

SOURCES = Path(ferbench.__file__).parent
REFERENCES = ["logistic_regression", "majority"]
RIGHT, WRONG = ("anger", "anger"), ("fear", "anger")


def run(
    folder: Path, architectures: Sequence[str], folds: Sequence[int], decimals: int = 1
) -> tuple[dict[str, Any], str, list[dict[str, str]]]:
    """metrics.json, the Markdown and the rows of the CSV."""
    to = run_compare(folder, architectures, folds, folder / "compare", decimals)
    summary = json.loads((to / "metrics.json").read_text(encoding="utf-8"))
    return summary, (to / "table.md").read_text(encoding="utf-8"), rows_of(to / "table.csv")


def cells(markdown: str, architecture: str) -> dict[str, str]:
    """What all tables say of an architecture, by heading; of equal headings the first."""
    found: dict[str, str] = {}
    for block in markdown.split("\n\n"):
        if block.startswith("|"):
            lines = [line.strip("|").split("|") for line in block.strip().splitlines()]
            header, _, *rows = [[cell.strip() for cell in line] for line in lines]
            for row in rows:
                if row[0].split()[0] == architecture:
                    found = dict(zip(header, row, strict=True)) | found
    return found


def test_known_answers(tmp_path: Path) -> None:
    train = tmp_path / "train"
    frames = [["anger", "fear"], ["anger"], ["anger"], ["anger"]]
    write_fit(train, "lstm", 0, decisions=[RIGHT] * 3 + [WRONG], frame_decisions=frames)
    write_fit(train, "lstm", 1, decisions=[RIGHT] * 2 + [WRONG] * 2)
    summary, markdown, rows = run(tmp_path, ["lstm"], [0, 1])
    lstm = summary["architectures"]["lstm"]
    # errors 1/4 and 2/4: mean 3/8, standard deviation (1/4)/sqrt(2)
    assert lstm["error_rate"]["folds"] == {"0": [0.25], "1": [0.5]}
    assert lstm["error_rate"]["mean"] == pytest.approx(3 / 8)
    assert lstm["error_rate"]["std"] == pytest.approx(0.25 / 2**0.5)
    assert lstm["frame_error_rate"]["folds"] == {"0": [pytest.approx(2 / 5)], "1": [0.5]}
    # anger 2*3/(2*3+1), fear 0; anger 2*2/(2*2+2), fear 0
    assert lstm["macro_f1"]["folds"] == {"0": [pytest.approx(3 / 7)], "1": [pytest.approx(1 / 3)]}
    assert lstm["sequences"] == summary["sequences"] == 8
    assert lstm["stopping_epochs"] == {"0": [2], "1": [2]}
    assert lstm["confusion"][0] == [5, 0, 0, 0, 0, 0]
    assert lstm["confusion"][2] == [3, 0, 0, 0, 0, 0]
    # five of eight are of the most frequent class
    assert summary["chance"] == {"uniform": pytest.approx(5 / 6), "majority": pytest.approx(3 / 8)}
    assert "83.3 % error by guessing evenly, 37.5 % by always naming" in markdown
    row = cells(markdown, "lstm")
    assert row["error rate, %"] == "37.5 ± 17.7"
    assert row["parameters"] == "73,686"
    assert row["stopping epochs"] == "2 (2 to 2)"
    assert float(rows[0]["error_rate_std"]) == lstm["error_rate"]["std"]


def test_rows_are_grouped_by_input_and_notes_say_what_is_meant(tmp_path: Path) -> None:
    write_study(tmp_path / "train", ["cnn", "bilstm", "rnn"], [0, 1, 2])
    _, markdown, rows = run(tmp_path, ["cnn", "bilstm", "rnn"], [0, 1, 2], decimals=2)
    assert [row["architecture"] for row in rows] == ["bilstm", "rnn", "cnn", *REFERENCES]
    assert [row["input"] for row in rows] == ["features", "features", "crops", "", ""]
    assert "**SYNTHETIC**: rendered faces, which tell nothing about accuracy on people" in markdown
    assert {row["stamps"] for row in rows} == {"SYNTHETIC"}
    assert "mean over 3 folds. ± is the standard deviation over the folds (ddof = 1)" in markdown
    assert "input *and* architecture" in markdown
    assert "References are baselines, not competitors." in markdown
    assert len(cells(markdown, "cnn")["error rate, %"].split(" ± ")[0].split(".")[1]) == 2


def test_real_data_bear_no_stamp(tmp_path: Path) -> None:
    write_study(tmp_path / "train", ["rnn"], [0, 1], synthetic=False)
    summary, _, rows = run(tmp_path, ["rnn"], [0, 1])
    everything = [path.read_text(encoding="utf-8") for path in (tmp_path / "compare").iterdir()]
    assert not any("SYNTHETIC" in text for text in everything)
    assert summary["synthetic"] is False
    assert rows[0]["stamps"] == ""


def test_one_fold_has_no_plus_minus_and_one_system_neither_pairs_nor_ensemble(tmp_path: Path):
    write_study(tmp_path / "train", ["rnn"], [3])
    summary, markdown, rows = run(tmp_path, ["rnn"], [3])
    assert summary["architectures"]["rnn"]["error_rate"]["std"] is None
    assert rows[0]["error_rate_std"] == ""
    assert "±" not in cells(markdown, "rnn")["error rate, %"]
    assert "There is one fold, hence no ±." in markdown
    assert summary["ensembles"] == {}
    assert summary["detectable"] == {"difference": None, "pairs": 0}
    assert "Ensemble" not in markdown
    assert "logistic_regression" in (tmp_path / "compare/pairs.md").read_text()


def test_repeats_count_as_folds_but_not_as_sequences(tmp_path: Path) -> None:
    for fold, decision in {0: RIGHT, 5: ("anger", "fear")}.items():  # the same people once more
        write_fit(tmp_path / "train", "rnn", fold, decisions=[decision], subjects=["S000"])
        write_fit(tmp_path / "train", "rnn", fold + 1, decisions=[RIGHT] * 3, subjects=["S009"] * 3)
    summary, markdown, _ = run(tmp_path, ["rnn"], [0, 1, 5, 6])
    rnn = summary["architectures"]["rnn"]
    # one of four sequences is wrong in one of two repeats
    assert rnn["pooled"]["error_rate"] == pytest.approx(1 / 8)
    assert (summary["sequences"], summary["tests"]) == (4, 8)
    assert list(rnn["error_rate"]["folds"]) == ["0", "1", "5", "6"]
    assert sum(map(sum, rnn["confusion"])) == 8
    assert "tested several times averaged first" in markdown
    assert "mean over 4 folds" in markdown


def test_a_diverged_fit_stays_and_is_marked(tmp_path: Path) -> None:
    write_study(tmp_path / "train", ["rnn", "lstm"], [0, 1])
    kept = run(tmp_path, ["rnn", "lstm"], [0, 1])[0]["architectures"]["lstm"]["error_rate"]
    card = tmp_path / "train" / "lstm" / "fold-1" / "card.json"
    content = json.loads(card.read_text())
    content["seeds"]["1"] |= {"diverged": True, "stopping_epoch": 0}
    card.write_text(json.dumps(content))
    summary, markdown, rows = run(tmp_path, ["rnn", "lstm"], [0, 1])
    assert summary["architectures"]["lstm"]["error_rate"] == kept
    assert summary["architectures"]["lstm"]["diverged"] == {"1": [1]}
    assert cells(markdown, "lstm")["architecture"] == "lstm (1 of 2 fits diverged)"
    assert {row["architecture"]: row["diverged"] for row in rows[:2]} == {"lstm": "1", "rnn": "0"}


def test_the_same_bytes_in_another_process_whatever_else_lies_there(tmp_path: Path) -> None:
    write_study(tmp_path / "train", ["rnn", "cnn"], [0, 1])
    run(tmp_path, ["rnn", "cnn"], [0, 1])
    write_study(tmp_path / "train", ["lstm"], [0, 9])
    code = (
        "from comparison import compare_as_it_is;"
        "compare_as_it_is(folder, ['rnn', 'cnn'], [0, 1], folder / 'other');"
        "assert not {'torch', 'pytorch_lightning', 'mlflow', 'matplotlib.pyplot'} & {*sys.modules}"
    )
    shown = in_another_process(code, tmp_path, PYTHONHASHSEED="11", MPLBACKEND="pdf")
    other = tmp_path / "other"
    assert (other / "table.md").read_text(encoding="utf-8") in shown
    assert {path.name for path in other.iterdir()} == set(COMPARE)
    for name in COMPARE:
        assert (other / name).read_bytes() == (tmp_path / "compare" / name).read_bytes(), name
    for name in FIGURES:
        content = (other / name).read_bytes()
        assert ElementTree.fromstring(content).tag.endswith("svg")  # noqa: S314 - our own file
        assert b"<dc:date>" not in content


def test_what_is_written_is_complete_and_read_again(tmp_path: Path) -> None:
    write_study(tmp_path / "train", ["rnn", "lstm", "mlp"], [0, 1])
    run(tmp_path, ["rnn", "lstm", "mlp"], [0, 1])
    comparison = read_comparison(tmp_path / "compare")
    write_tables(comparison, tmp_path, 1)
    write_comparison(tmp_path, comparison)
    for name in ("table.csv", "table.md", "table.tex", "time.csv", "metrics.json"):
        content = (tmp_path / "compare" / name).read_text(encoding="utf-8")
        assert (tmp_path / name).read_text(encoding="utf-8") == content, name
        # only what was measured, and nothing that the paper prints
        for word in ("printed", "sharma", "94606", "94,606", "14.6 ± 0.7"):
            assert word not in content.lower(), (name, word)
    text = (tmp_path / "compare/pairs.md").read_text()
    assert "with 12 subjects and 1 seed." in text
    assert "**SYNTHETIC**" in text
    for name in ("again", "interval", "sign_flip", "nadeau_bengio", "correlated_t", "mcnemar"):
        assert MEANING[name] in text


@patch.dict(METRICS)
def test_a_metric_is_one_function(tmp_path: Path) -> None:
    @metric("half, always")
    def always_half(part: PartPredictions) -> float:
        return len(part.sequences.label) / (2 * len(part.sequences.label))

    write_study(tmp_path / "train", ["rnn"], [0, 1])
    summary, markdown, rows = run(tmp_path, ["rnn"], [0, 1])
    assert summary["architectures"]["rnn"]["always_half"]["folds"] == {"0": [0.5], "1": [0.5]}
    assert cells(markdown, "rnn")["half, always, %"] == "50.0 ± 0.0"
    assert (rows[0]["always_half_mean"], rows[0]["always_half_std"]) == ("0.5", "0.0")


def test_a_figure_is_one_file(tmp_path: Path) -> None:
    copy = tmp_path / "src"
    shutil.copytree(SOURCES, copy / "ferbench", ignore=shutil.ignore_patterns("__pycache__"))
    (copy / "ferbench/reporting/figures/empty.py").write_text(
        "from matplotlib.figure import Figure\n"
        "def draw(evaluation):\n    return Figure()\n"
        "TITLE, ALT, CAPTION, ORDER = 'Empty', 'Nothing.', 'There is nothing to see.', 0\n"
    )
    write_study(tmp_path / "train", ["rnn"], [0])
    code = (
        "from comparison import run_compare; from ferbench.reporting.figures import Figures;"
        "run_compare(folder, ['rnn'], [0], folder / 'compare');"
        "assert next(iter(Figures())).caption == 'There is nothing to see.'"
    )
    in_another_process(code, tmp_path, src=str(copy))
    assert "<svg" in (tmp_path / "compare/empty.svg").read_text(encoding="utf-8")


def test_chance_follows_from_the_classes_of_the_data(tmp_path: Path) -> None:
    classes = CLASSES[:2]
    decisions = [(name, classes[0]) for name in classes for _ in range(3)] + [(classes[0],) * 2]
    write_fit(tmp_path / "train", "rnn", 0, classes=classes, decisions=decisions)
    chance = run(tmp_path, ["rnn"], [0])[0]["chance"]
    assert chance == {"uniform": 1 / 2, "majority": pytest.approx(3 / 7)}


def test_what_was_left_out_or_changed_is_said(tmp_path: Path) -> None:
    data = {"subjects": 6, "sequences": 36, "skipped": 284, "unusable": 2}
    data |= {"frames_with_mesh_landmarks": 1200, "frames_without_a_face": 3}
    write_fit(tmp_path / "train", "rnn", 0, data=data, train={"class_weights": "balanced"})
    run(tmp_path, ["rnn"], [0])
    text = (tmp_path / "compare/table.md").read_text()
    assert "Skipped: 284 sequences without a label" in text
    assert "2 problems: the sequences concerned were **left out**" in text
    assert "1,200 frames have landmarks of the face mesh" in text
    assert "3 frames without a face were dropped" in text
    assert "Losses were weighted by class" in text


def test_references_come_last_and_the_subject_is_the_unit(tmp_path: Path) -> None:
    # two folds of two people with two sequences each: rnn errs in 3 of 8, lstm in 1, mlp in 4
    slips = {"rnn": ("1100", "1000"), "lstm": ("1000", "0000"), "mlp": ("1111", "0000")}
    for name, of_folds in slips.items():
        for fold, wrong in enumerate(of_folds):
            decisions = [WRONG if slip == "1" else ("fear", "fear") for slip in wrong]
            people = [f"S{fold}00", f"S{fold}00", f"S{fold}01", f"S{fold}01"]
            write_fit(tmp_path / "train", name, fold, decisions=decisions, subjects=people)
    summary, markdown, rows = run(tmp_path, list(slips), [0, 1])
    assert [row["architecture"] for row in rows] == ["lstm", "rnn", "mlp", *REFERENCES]
    assert [row["reference"] for row in rows] == ["no", "no", "yes", "yes", "yes"]
    assert cells(markdown, "mlp")["architecture"] == "mlp (reference)"
    assert cells(markdown, "majority")["frame error rate, %"] == "—"
    assert summary["detectable"]["pairs"] == 1
    pairs = rows_of(tmp_path / "compare/pairs.csv")
    assert [(row["kind"], row["left"], row["right"]) for row in pairs] == [
        ("compared", "lstm", "rnn"),
        *(("reference", "lstm", "mlp"), ("reference", "rnn", "mlp")),
        *(("reference", system, "logistic_regression") for system in ("lstm", "rnn")),
    ]
    # rnn alone errs on one sequence of S000 and one of S100: both signs alike in 2 of 4 patterns
    assert float(pairs[0]["difference"]) == pytest.approx(-2 / 8)
    assert float(pairs[0]["sign_flip_p"]) == pytest.approx(1 / 2)
    assert (pairs[0]["mcnemar_left_only"], pairs[0]["mcnemar_right_only"]) == ("0", "2")
    # of four people two are wrong throughout: resampled rates are 0, 1/4 ... 1
    mlp = summary["architectures"]["mlp"]
    assert (mlp["pooled"]["error_rate"], mlp["pooled"]["interval"]) == (0.5, [0, 1])
    assert cells(markdown, "mlp")["pooled, % [95 % interval]"] == "50.0 [0.0, 100.0]"
    assert mlp["error_rate"]["std"] == pytest.approx(0.5**0.5)
    assert summary["subjects"] == 4


def test_recall_of_each_class(tmp_path: Path) -> None:
    decisions = [RIGHT, RIGHT, ("anger", "fear"), WRONG]
    write_fit(tmp_path / "train", "rnn", 0, decisions=decisions)
    write_fit(tmp_path / "train", "rnn", 1, decisions=decisions[:1])
    summary, _, rows = run(tmp_path, ["rnn"], [0, 1])
    recall = summary["architectures"]["rnn"]["recall"]
    assert (recall["anger"], recall["fear"], recall["sadness"]) == (3 / 4, 0, None)
    assert (rows[0]["recall_anger"], rows[0]["recall_sadness"]) == ("0.75", "")


def test_errors_by_share_end_at_the_error_rate(tmp_path: Path) -> None:
    write_fit(tmp_path / "train", "rnn", 0, decisions=[RIGHT, RIGHT, RIGHT, WRONG])
    summary, _, _ = run(tmp_path, ["rnn"], [0])
    rows = rows_of(tmp_path / "compare/time.csv")
    # the first half says the next class: "disgust" for anger, and never what it is
    assert [float(row["error_rate_mean"]) for row in rows] == [1.0] * 5 + [0.25] * 5
    assert [row["share"] for row in rows] == [str(tenths / 10) for tenths in range(1, 11)]
    assert summary["architectures"]["rnn"]["time"]["1.0"]["mean"] == 0.25


@pytest.mark.parametrize(("change", "error"), [
    ("no baseline", r"fold-0\.csv: no such file"),
    ("other baseline", r"fold-0\.csv: other test sequences"),
    ("no fit", r"rnn/fold-1/card\.json: no such file"),
])  # fmt: skip
def test_what_is_missing_or_of_other_sequences_leaves_nothing_behind(
    change: str, error: str, tmp_path: Path
) -> None:
    write_study(tmp_path / "train", ["rnn"], [0])
    write_baselines(tmp_path / "baseline", tmp_path / "train")
    path = tmp_path / "baseline/fold-0.csv"
    if change == "no baseline":
        path.unlink()
    else:
        path.write_text(path.read_text().replace("S000_000", "S000_999"))
    folds = [0, 1] if change == "no fit" else [0]
    with pytest.raises(ValueError, match=error):
        compare_as_it_is(tmp_path, ["rnn"], folds, tmp_path / "compare")
    assert not (tmp_path / "compare").exists()
