"""MLflow's own pages of the runs, in a real browser."""

import json
import os
import re
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from selenium.common.exceptions import TimeoutException
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webdriver import WebDriver
from selenium.webdriver.support.ui import WebDriverWait

from browser import browser
from projects import FERBENCH, ended
from tracked import ids, redrawn, runs, tracked

PATIENCE = 90
"""Seconds until a page must show something, on a busy machine."""


@pytest.fixture
def page(study: Path) -> Iterator[str]:
    """The address that `ferbench ui` prints, of a study in which one fit was superseded."""
    tracked(study)
    redrawn(study, 99)
    tracked(study)
    with (study / "log").open("w") as log:
        given: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": log, "text": True}
        process = subprocess.Popen([FERBENCH, "ui"], start_new_session=True, **given)
    try:
        assert process.stdout
        said = process.stdout.readline()
        found = re.fullmatch(r"bench-cohn_kanade-SYNTHETIC: (http://127\.0\.0\.1:\d+/\S+)\n", said)
        assert found, said + (study / "log").read_text()
        yield found[1]
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(timeout=30)


def answers(address: str) -> bool:
    port = int(re.findall(r":(\d+)/", address)[0])
    with socket.socket() as trial:
        return trial.connect_ex(("127.0.0.1", port)) == 0


def shown(driver: WebDriver, *texts: str) -> str:
    """All that the page says, once it says `texts`."""

    def text(_: object) -> str:
        said = str(driver.execute_script("return document.body.innerText"))
        return said if all(part in said for part in texts) else ""

    try:
        return str(WebDriverWait(driver, PATIENCE).until(text))
    except TimeoutException:
        said = driver.find_element(By.TAG_NAME, "body").text
        raise AssertionError(f"the page does not say {texts} but {said}") from None


def found(driver: WebDriver, script: str, *arguments: Any) -> Any:
    """What the script gives, once it gives something."""
    run = f"return {script}"
    return WebDriverWait(driver, PATIENCE).until(lambda _: driver.execute_script(run, *arguments))


def test_without_runs_there_is_nothing_to_serve(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    done = ended(FERBENCH, "ui", cwd=tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith("ferbench: mlflow.db: no such file, so there are no runs; ")
    assert done.stderr.count("\n") == 1
    assert not list(tmp_path.iterdir())  # an empty store would pass for a filled one


@pytest.mark.heavy
def test_mlflow_shows_what_there_is_to_see(study: Path, page: str) -> None:
    with browser(2600, 1400) as driver:
        WebDriverWait(driver, PATIENCE).until(lambda _: answers(page))
        server, number = re.findall(r"(.*)/#/experiments/(\d+)/", page)[0]
        current, old = runs(), ids(state="superseded")

        driver.get(page)
        columns = ("trainable_parameters", "error_rate_mean", "error_rate_std", "rank")
        said = shown(driver, "rnn SYNTHETIC", "cnn SYNTHETIC", *columns)
        for job in ("rnn", "cnn"):
            values = current[job].data.metrics
            parts = "[...document.querySelectorAll(`[row-id='${arguments[0]}']`)]"
            text = f"{parts}.map(part => part.innerText).join(' ')"
            row = found(driver, text, current[job].info.run_id)
            assert "73686" in row
            assert f"{values['error_rate_mean']:.3f}"[:5] in row
        assert "fold-0" not in said  # children are folded up
        assert "superseded" not in said
        assert "SYNTHETIC: rendered faces" in said

        parent = current["cnn"].info.run_id
        driver.get(f"{server}/#/experiments/{number}/runs/{parent}")
        shown(driver, "cnn SYNTHETIC", "Show more")
        driver.find_element(By.XPATH, "//*[text()='Show more']").click()
        shown(driver, "logistic_regression (reference)")
        figure = "document.querySelector('img[src*=\"errors.svg\"]')"
        assert found(driver, f"{figure} && {figure}.naturalWidth") > 100

        child = current["rnn/fold-1"].info.run_id
        driver.get(f"{server}/#/experiments/{number}/runs/{child}/model-metrics")
        shown(driver, "rnn fold-1 SYNTHETIC", "Model metrics")
        search = "document.querySelector('input[placeholder*=\"metric charts\"]')"
        found(driver, search).send_keys("validation_loss")
        lines = "[...document.querySelectorAll('path.js-line')].map(path => path.getAttribute('d'))"
        curve = found(driver, f"{lines}.filter(Boolean)[0]")
        epochs = len((study / "train/rnn/fold-1/history.csv").read_text().splitlines()) - 1
        assert len(re.findall("[ML]", curve)) == epochs

        both = [current["cnn/fold-1"].info.run_id, old["cnn/fold-1"]]
        runs_given, experiments = json.dumps(both), json.dumps([number])
        driver.get(f"{server}/#/compare-runs?runs={runs_given}&experiments={experiments}")
        said = shown(driver, "Comparing 2 Runs", *both, "fit_seeds.1", "99", "(superseded)")
