"""`ferbench plan`: what it says of a planned study, and of the time it takes."""

import subprocess

import pytest

from ferbench.evaluation.statistics.power import Size, power
from ferbench.validation.study_plan import study_plan
from fits_factory import write_fit
from projects import FERBENCH
from settings import params_with

PARAMS = params_with()


def test_a_row_for_each_number_of_seeds(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    text = study_plan(PARAMS, Size(30, 6, 2), 0.08)
    rows = [line.split("|")[1:-1] for line in text.splitlines() if line.startswith("|")][2:]
    assert [int(row[0]) for row in rows] == [1, 2, 3, 5]
    shown = [int(row[3]) for row in rows]
    assert shown == [round(100 * power(0.08, Size(30, 6, n), 0.25)) for n in (1, 2, 3, 5)]
    assert "too few" not in text
    assert "**7 subjects are too few**" in study_plan(PARAMS, Size(7, 6, 2), 0.08)


def test_time_is_that_of_measured_fits(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert "no measured fit of" in study_plan(PARAMS, Size(30, 6, 3), 0.05)
    for name in PARAMS.names:
        log = tmp_path / "logs/train" / name / "fold-0.tsv"
        log.parent.mkdir(parents=True)
        log.write_text("s\th:m:s\n20.0\t0:00:20\n")
        decided = [("anger", "anger")]
        write_fit(tmp_path / "results/train", name, decisions=decided, others=[decided])
    seconds = 10 * len(PARAMS.names) * 5 * 3
    assert f"about {seconds / 60:.0f} minutes" in study_plan(PARAMS, Size(30, 6, 3), 0.05)


@pytest.mark.parametrize("options", [["--k", "40"], ["--error", "100"], ["--sequences", "0"]])
def test_a_plan_that_is_none_is_refused(options):
    ended = subprocess.run([FERBENCH, "plan", *options], capture_output=True, text=True)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr.startswith("ferbench: plan: two folds or more")
