"""The report as its readers see it: Snakemake's page in a real browser."""

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

import engines
from browser import browser
from ferbench.config.params import load
from ferbench.reporting.figures import Figures
from ferbench.results.baselines import BASELINES
from ferbench.results.layout import FIGURES
from projects import add_architecture_of_the_docs, call

HEADINGS = [figure.title for figure in Figures()]
HEADINGS += ["Controls", "Audit of the paper", "Data", "Provenance", "Workflow"]
BROKEN = """
const shown = box => box.width > 200 && box.height > 100
return [
  ...[...document.images].filter(image => !image.complete || !image.naturalWidth),
  ...[...document.querySelectorAll('.figure svg')].filter(
    svg => !shown(svg.getBoundingClientRect()) || !shown(svg.getBBox())),
].map(broken => broken.outerHTML.slice(0, 200))
"""
MISSING = """
return [...document.querySelectorAll('.figure svg use')].filter(
  use => !document.getElementById(use.getAttribute('xlink:href').slice(1))).length
"""


def write_page(root: Path) -> Path:
    """As `make report` writes it."""
    style = ["--report-stylesheet", "workflow/report/style.css"]
    call(root, "snakemake", "--report", "report.html", *style)
    return root / "report.html"


def opened(driver: Chrome, page: Path) -> Any:
    """The part of the page that is the report."""
    driver.get(page.as_uri())
    return WebDriverWait(driver, 60).until(lambda it: it.find_element(By.CLASS_NAME, "prose"))


@pytest.fixture(scope="module")
def page(project: Path, once: Callable[..., Path]) -> Path:
    def make(root: Path) -> None:
        shutil.copytree(project, root)
        write_page(root)

    return once("page", make) / "report.html"


@pytest.fixture(scope="module", params=[(1280, 900), (390, 844)], ids=["desk", "phone"])
def seen(page: Path, request: pytest.FixtureRequest) -> Iterator[Chrome]:
    with browser(*request.param) as driver:
        opened(driver, page)
        yield driver


def test_every_section_is_there(seen: Chrome) -> None:
    for shown in (".prose .section > h1", ".prose .contents a"):
        found = seen.find_elements(By.CSS_SELECTOR, shown)
        assert [heading.text for heading in found] == HEADINGS


def test_the_table_has_a_row_for_every_system(seen: Chrome, page: Path) -> None:
    table = seen.find_element(By.CSS_SELECTOR, "#comparison table")
    rows = [row.text for row in table.find_elements(By.CSS_SELECTOR, "tbody tr")]
    systems = [*load(page.parent / "params.yaml").names, *BASELINES]
    assert sorted(row.split()[0] for row in rows) == sorted(systems)
    assert "SYNTHETIC" in seen.find_element(By.ID, "comparison").text


def test_no_image_is_broken_and_every_figure_has_a_caption(seen: Chrome) -> None:
    assert seen.execute_script(BROKEN) == []
    assert seen.execute_script(MISSING) == 0
    assert len(seen.find_elements(By.CSS_SELECTOR, ".figure svg")) == len(FIGURES)
    captions = seen.find_elements(By.CSS_SELECTOR, ".figure + .caption")
    assert len([one for one in captions if len(one.text) > 100]) == len(FIGURES)


def test_the_steps_are_drawn(seen: Chrome) -> None:
    graph = "[class*=vega-embed] canvas, [class*=vega-embed] svg"
    assert WebDriverWait(seen, 60).until(lambda it: it.find_elements(By.CSS_SELECTOR, graph))
    nodes = "rulegraph_spec.data.find(one => one.name == 'node-data').values"
    drawn = f"return {nodes}.map(one => one.rule)"
    assert set(seen.execute_script(drawn)) >= set(engines.STEPS)


def test_nothing_is_wider_than_the_screen_but_what_scrolls_by_itself(seen: Chrome) -> None:
    wider = "const e = document.querySelector('#app > div > div:last-child');"
    wider += "return [e.scrollWidth - e.clientWidth, document.body.scrollWidth - innerWidth]"
    assert seen.execute_script(wider) == [0, 0]


def test_the_page_needs_nothing_else(seen: Chrome) -> None:
    asked = seen.execute_script("return performance.getEntriesByType('resource').map(e => e.name)")
    assert [name for name in asked if not name.startswith("data:")] == []
    assert [line for line in seen.get_log("browser") if line["level"] == "SEVERE"] == []


def test_a_result_opens_from_the_menu(seen: Chrome) -> None:
    seen.execute_script("app.showCategory('Tables')")
    menu = seen.find_element(By.TAG_NAME, "nav")
    WebDriverWait(seen, 60).until(lambda _: "table.tex" in menu.text)
    assert "pairs.csv" in menu.text


@pytest.mark.heavy
def test_a_further_architecture_is_in_every_table(project: Path, tmp_path: Path) -> None:
    root = shutil.copytree(project, tmp_path / "project")
    add_architecture_of_the_docs(root)
    said = call(root, "snakemake", "--cores", "2")
    assert set(re.findall(r"^rule (\w+):", said, re.MULTILINE)) <= set(engines.STEPS)
    made = root / "results"
    for name in ("table.csv", "table.md", "table.tex", "pairs.csv", "pairs.md", "time.csv"):
        assert re.search(r"\bgru\b", (made / "compare" / name).read_text()), name
    for name in ("comparison", "pairs", "provenance"):  # no control was run with such few people
        assert re.search(r"\bgru\b", (made / f"report/{name}.html").read_text()), name
    architectures = len(load(root / "params.yaml").names)
    with browser() as driver:
        opened(driver, write_page(root))
        table = driver.find_element(By.CSS_SELECTOR, "#comparison table")
        assert "\ngru " in table.text
        assert driver.execute_script(BROKEN) == []
        panels = "return document.querySelectorAll('[aria-label^=Labels] [id^=QuadMesh]').length"
        assert driver.execute_script(panels) >= architectures
