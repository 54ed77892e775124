"""The sections of the report: what they say, and that nothing a user wrote becomes markup."""

import hashlib
import re
import shutil
import subprocess
from html import escape, unescape
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import Environment

import engines
import small_store
from comparison import run_compare
from ferbench import determinism
from ferbench.config.params import load
from ferbench.io import files
from ferbench.markup.html import folded, to_html, verbatim
from ferbench.reporting.controls import controls_section
from ferbench.reporting.data import data_section
from ferbench.reporting.figures import Figures
from ferbench.reporting.provenance import checksums, combined
from ferbench.results.data import write_summary
from ferbench.results.layout import FIGURES, FRAMES, LANDMARKS, SECTIONS, SEQUENCES
from ferbench.results.parts import Fold, write_fold
from ferbench.steps.report import report
from ferbench.validation.controls import rows_of
from ferbench.validation.settings import merged
from ferbench.verification import versions
from ferbench.verification.page import Page
from fits_factory import CLASSES, write_study

PARAMS = engines.params(engines.ROOT)
ORDER = {"synthesize": {"task": "order"}}
SUMMARY = small_store.SUMMARY.model_copy(
    update={
        **{"subjects": 6, "sequences": 36, "frames": 3371, "labelled": 40},
        **{"frames_with_mesh_landmarks": 12, "frames_without_a_face": 3},
        "counts": dict.fromkeys(CLASSES, 6),
        "skipped": {"class contempt": 4},
        "unusable": ["S001/<b>001</b>: ![a](http://evil/x.png) S*1* | 2"],
        "warnings": [f"warning {number}" for number in range(22)],
    }
)


def fold(number: int, shared: tuple[str, ...] = ()) -> Fold:
    """What split writes."""
    sizes = {"train": 3, "validation": 1, "test": 2}
    row = {"id": "S001_001", "subject": "S001", "label": "anger", "first": 0, "length": 9}
    rows = {part: [row] * 6 * size for part, size in sizes.items()}
    parts = {part: {"subjects": ["S001"] * sizes[part], "sequences": rows[part]} for part in sizes}
    both = {"train and test": list(shared), "train and validation": []}
    content = {"fold": number, "leaking": bool(shared), "labels_shuffled": False}
    return Fold.model_validate(content | {"shared_subjects": both, "parts": parts})


def write_table(path: Path, stamps: str = "SYNTHETIC", **errors: float) -> None:
    """A table.csv with what the controls look at."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = ([name, stamps, error, 180] for name, error in errors.items())
    files.write_table(path, ["architecture", "stamps", "error_rate_mean", "sequences"], rows)


def run_control(folder: Path, name: str, change: dict[str, Any], **table: Any) -> None:
    """Terms, and what a run of them left."""
    (folder / "terms").mkdir(exist_ok=True)
    (folder / f"terms/{name}.yaml").write_text(yaml.safe_dump(change))
    write_table(folder / f"tables/{name}.csv", **table)
    (folder / f"tables/{name}.yaml").write_text(yaml.safe_dump(merged(PARAMS, change)))


def said(folder: Path, params: dict[str, Any] = PARAMS) -> dict[str, list[str]]:
    """Cells of each control's row, by its name; and the paragraphs."""
    write_table(folder / "default.csv", lstm=0.2, cnn=0.3, gru=0.25)
    default = rows_of(folder / "default.csv")
    text = controls_section(params, folder / "terms", folder / "tables", default, 1)
    lines = [line.strip("| ").split("|") for line in text.splitlines() if line.startswith("|")]
    rows = {row[0].strip(): [cell.strip() for cell in row[1:]] for row in lines}
    return rows | {"text": [text]}


def test_a_control_is_held_against_what_it_must_show(tmp_path: Path) -> None:
    run_control(tmp_path, "order", ORDER, lstm=0.1, cnn=0.9, gru=0.4)
    shown = said(tmp_path)
    assert shown["order"][:4] == ["**no**: cnn", "10.0 ✓", "90.0 ✗", "40.0 (+15.0)"]
    assert shown["order"][-1] == "SYNTHETIC"
    assert "order, cnn: 90.0 % outside" in shown["text"][0]
    assert shown["*as params.yaml says*"] == ["—", "20.0", "30.0", "25.0", "—", "SYNTHETIC"]


def test_a_control_of_other_settings_proves_nothing(tmp_path: Path) -> None:
    run_control(tmp_path, "order", ORDER, lstm=0.1, cnn=0.5, gru=0.4)
    assert said(tmp_path)["order"][0] == "yes"
    other = merged(PARAMS, {"train": {"seed": 2}})
    shown = said(tmp_path, other)
    assert "order" not in shown
    assert "Not shown, because" in shown["text"][0]
    assert "params.yaml: order. Run `make controls` again" in shown["text"][0]
    store = merged(PARAMS, {"track": {"experiment": "another"}, "compare": {"decimals": 2}})
    assert said(tmp_path, store)["order"][0] == "yes"
    fewer = merged(PARAMS, {"folds": [0, 1]})
    assert "order" not in said(tmp_path, fewer)
    (tmp_path / "tables/order.yaml").unlink()
    assert "order" not in said(tmp_path)


def test_a_further_architecture_takes_no_verdict_away(tmp_path: Path) -> None:
    run_control(tmp_path, "order", ORDER, lstm=0.1, cnn=0.5)
    further = merged(PARAMS, {"architectures": {"features": {"gru": {"hidden": 7}}}})
    assert said(tmp_path, further)["order"][:4] == ["yes", "10.0 ✓", "50.0 ✓", "—"]
    changed = merged(PARAMS, {"architectures": {"features": {"lstm": {"hidden": 7}}}})
    assert "order" not in said(tmp_path, changed)


def test_a_control_that_was_not_run_is_named(tmp_path: Path) -> None:
    run_control(tmp_path, "leak", {"split": {"by": "frame"}}, stamps="SYNTHETIC LEAKING", lstm=0.1)
    (tmp_path / "terms/order.yaml").write_text("{}")
    shown = said(tmp_path)
    assert shown["leak"][:4] == ["reported", "10.0 (-10.0)", "—", "—"]
    assert shown["leak"][-1] == "SYNTHETIC LEAKING"
    assert "Not run: order. Run `make controls`." in shown["text"][0]


def test_a_control_of_the_users_own_is_reported(tmp_path: Path) -> None:
    run_control(tmp_path, "own", {"train": {"seed": 3}}, lstm=0.1, cnn=0.2)
    errors = ["10.0 (-10.0)", "20.0 (-10.0)", "—"]
    assert said(tmp_path)["own"] == ["reported", *errors, "—", "SYNTHETIC"]
    write_table(tmp_path / "tables/own.csv")
    assert "Not run: own." in said(tmp_path)["text"][0]


def test_data_say_what_was_left_out_and_who_is_where() -> None:
    text = data_section(SUMMARY, [fold(0), fold(1)], ["SYNTHETIC"])
    for part in (
        *("**SYNTHETIC**: rendered faces", "Skipped, class contempt: 4 sequences."),
        "36 sequences of 6 subjects, 3,371 frames. 40 sequences",
        "12 of 3,371 frames have landmarks of the face mesh",
        *("and 2 more, in", "| 1    |", "3, 18", "No subject is in two parts"),
    ):
        assert part in text
    html = to_html(text)
    assert "<img" not in html
    assert "<em>" not in html
    assert "S001/&lt;b&gt;001&lt;/b&gt;: ![a](http://evil/x.png) S*1* | 2" in html


def test_data_do_not_hide_a_leak() -> None:
    folds = [fold(0), fold(1, shared=("S001", "S002"))]
    text = data_section(SUMMARY, folds, ["SYNTHETIC", "LEAKING"])
    assert "**Subjects in two parts of a fold**: fold 1, train and test: S001, S002." in text
    assert "No subject is" not in text


@given(st.text())
def test_no_text_becomes_markup(text: str) -> None:
    for html in (to_html(text), folded(text, ""), verbatim(text)):
        assert not re.search(r"<script|<img", html, re.IGNORECASE)


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", "<img src=x onerror=alert(1)>"])
def test_markup_becomes_text(text: str) -> None:
    for html in (to_html(f"name {text}"), to_html(text), folded(text, ""), verbatim(text)):
        assert text not in html
        assert escape(text) in html


def test_a_table_scrolls_by_itself_and_the_first_heading_goes() -> None:
    html = to_html("# Title\n\n## Part\n\n| a | b |\n| - | -: |\n| 1 | 2 |\n")
    assert "Title" not in html
    assert "<h2>Part</h2>" in html
    assert html.count('<div class="wide">') == html.count("</table>\n</div>") == 1


def test_checksums_are_those_of_sha256sum(tmp_path: Path) -> None:
    for name, text in {"b.py": "b", "a.py": "a", "deep/c.txt": "c", "b-1.py": "d"}.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "__pycache__/a.pyc").write_text("compiled")
    command = ["sha256sum", "a.py", "b-1.py", "b.py", "deep/c.txt"]
    printed = subprocess.check_output(command, cwd=tmp_path)
    assert combined(checksums(tmp_path)) == hashlib.sha256(printed).hexdigest()


def run(folder: Path, **card: Any) -> dict[str, str]:
    """The step on fits without training; its sections."""
    names, folds = ["lstm", "cnn"], [0, 1]
    write_study(folder / "train", names, folds, **card)
    run_compare(folder, names, folds, folder / "compare")
    for step in ("data", "split"):
        (folder / step).mkdir()
    for number in folds:
        write_fold(folder / "split", fold(number))
    for name in (FRAMES, LANDMARKS, SEQUENCES):
        (folder / "data" / name).write_text(name)
    write_summary(folder / "data", SUMMARY)
    content = PARAMS | {"folds": folds}
    groups = PARAMS["architectures"].items()
    content["architectures"] = {
        kind: {name: group[name] for name in names if name in group} for kind, group in groups
    }
    (folder / "params.yaml").write_text(yaml.safe_dump(content, sort_keys=False))
    made = {name: folder / name for name in ("data", "split", "compare")}
    made |= {"fits": folder / "train", "controls": folder / "tables", "to": folder / "report"}
    code, changes = engines.ROOT / "src/ferbench", engines.ROOT / "controls"
    report(load(folder / "params.yaml"), **made, changes=changes, code=code)
    assert {path.name for path in (folder / "report").iterdir()} == set(SECTIONS)
    return {Path(name).stem: (folder / "report" / name).read_text() for name in SECTIONS}


def test_every_section_of_results_says_what_the_data_are(tmp_path: Path) -> None:
    sections = run(tmp_path)
    assert all("SYNTHETIC" in html for name, html in sections.items() if name != "controls")
    assert "<strong>SYNTHETIC</strong>: rendered faces" in sections["provenance"]
    assert f"<code>{hashlib.sha256(b'frames.npy').hexdigest()}</code>" in sections["provenance"]
    assert sections["provenance"].count("0" * 64) == 4  # the weights of four fits
    assert "<code>train.seeds</code>" in sections["provenance"]
    assert "Not run: " in sections["controls"]
    (command,) = re.findall(r"<code>(cd [^<]+)", sections["provenance"])
    done = subprocess.run(["sh", "-c", unescape(command)], check=True, capture_output=True)
    assert done.stdout.decode().split()[0] in sections["provenance"]
    assert "73,686" in sections["comparison"]
    assert "lstm" in sections["pairs"]
    assert "Printed, and here" in sections["audit"]


def test_other_data_have_no_audit(tmp_path: Path) -> None:
    sections = run(tmp_path, dataset="folder")
    assert sections["audit"] == ""
    assert not [name for name, html in sections.items() if "94,606" in html or "Sharma" in html]


class Note(str):
    """What stands for the `Page`."""

    audited = True


def rendered(note: Note) -> str:
    template = (engines.ROOT / "workflow/report/report.rst").read_text(encoding="utf-8")
    config = {"page": note, "figures": Figures()}
    environment = Environment(trim_blocks=True, lstrip_blocks=True)  # noqa: S701 - not HTML
    return environment.from_string(template).render(snakemake=SimpleNamespace(config=config))


def test_the_page_of_other_data_has_no_heading_for_the_audit() -> None:
    note = Note()
    assert "Audit of the paper" in rendered(note)
    note.audited = False
    assert "Audit" not in rendered(note)
    assert "audit.html" not in rendered(note)


def test_the_template_shows_every_figure_and_section_once() -> None:
    page = rendered(Note("<p>made here</p>"))
    shown = re.findall(r":file: results/(\S+)", page)
    figures = [f"compare/{name}" for name in FIGURES]
    assert sorted(shown) == sorted([*figures, *(f"report/{name}" for name in SECTIONS)])
    for one in Figures():
        assert f"\n{one.title}\n{'-' * len(one.title)}\n" in page
        assert f'aria-label="{one.alt}"' in page
        assert f"\n   {one.caption}\n" in page
    assert "<p>made here</p>" in page


def test_the_page_says_where_it_was_made_and_that_results_are_the_recorded_ones(
    adopted: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = str(Page(adopted))
    assert determinism.machine() in said
    assert "Every x86-64 processor with AVX2 makes results of the same bytes." in said
    assert re.search(r"The \d+ results here that dvc.lock records have the bytes it says", said)
    assert "\n" not in said
    monkeypatch.setattr(determinism, "MACHINE", ("the processor is aarch64, not x86-64",))
    assert "made here may differ in their bytes:</strong> the processor is" in str(Page(adopted))


def test_the_page_says_what_a_difference_comes_from(
    adopted: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = shutil.copytree(adopted, tmp_path / "project", symlinks=True)
    table = root / "results/compare/table.md"
    table.write_text(table.read_text() + "\n")
    said = str(Page(root))
    assert "1 have other bytes than dvc.lock says, <code>results/compare/table.md</code>" in said
    assert "the files were changed after they were made" in said
    with monkeypatch.context() as patched:
        patched.setattr(versions, "unlike_pinned", lambda _: {"torch": "1.0, not 2.0"})
        assert "Packages here are not those of the results: torch 1.0" in str(Page(root))
    monkeypatch.setattr(determinism, "MACHINE", ("the processor is aarch64, not x86-64",))
    assert "not one of those that give the same bytes: the processor is aarch64" in str(Page(root))
    settings = root / "params.yaml"
    settings.write_text(settings.read_text().replace("c: 1.0", "c: 2.0"))
    changed = "It does not speak of the others: baseline in params.yaml has changed since."
    assert changed in str(Page(root))
    table.unlink()
    settings.write_text(settings.read_text().replace("accelerator: cpu", "accelerator: gpu"))
    assert "a GPU rounds differently" in str(Page(root))
    (root / "dvc.lock").write_text("<<<<<<< HEAD\n")
    assert "cannot be compared with dvc.lock" in str(Page(root))
    assert "restore it with <code>git checkout dvc.lock</code>" in str(Page(root))
    (root / "dvc.lock").unlink()
    assert "cannot be compared with dvc.lock: there is no dvc.lock." in str(Page(root))
