"""What each control must show, and that it runs."""

import math
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

import engines
from engines import ROOT
from ferbench.config.params import load
from ferbench.config.schema import Params
from ferbench.models import architectures
from ferbench.results.baselines import BASELINES
from ferbench.results.stamps import STAMPS
from ferbench.validation.controls import CONTROLS, TableRow, guessing, judge, rows_of
from ferbench.validation.settings import merged, same_settings
from fits_factory import CLASSES
from modules import loaded
from projects import call, few, many_people, start

FEWER = ("lstm", "cnn", "mlp")
NAMES = sorted(path.stem for path in (ROOT / "controls").glob("*.yaml"))

TOOL = ROOT / "tools/controls.py"
tool = loaded(TOOL)


def rows(stamps: str = "SYNTHETIC", sequences: int = 180, **errors: float) -> list[dict[str, str]]:
    """Rows of a table.csv."""
    of_all = {"stamps": stamps, "sequences": str(sequences)}
    of_all |= dict.fromkeys((f"recall_{label}" for label in CLASSES), "0.5")
    named = [{"architecture": name, "error_rate_mean": str(errors[name])} for name in errors]
    return [row | of_all for row in named]


def holds(name: str, *tables: list[dict[str, str]]) -> list[bool | None]:
    return [verdict.holds for verdict in judge(name, *tables)]


def test_every_control_is_judged() -> None:
    assert set(CONTROLS) == set(NAMES)
    assert all(control.stamp in {None, *STAMPS} for control in CONTROLS.values())


@pytest.fixture
def further(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Two further architectures in the package: `gru` has a memory, `mean` has none."""
    memories = {"gru": True, "mean": False}
    for name, memory in memories.items():
        (tmp_path / f"{name}.py").write_text(f"MEMORY = {memory}\n")
    monkeypatch.setattr(architectures, "__path__", [*architectures.__path__, str(tmp_path)])
    yield
    for name in memories:
        sys.modules.pop(f"{architectures.__name__}.{name}", None)


@pytest.mark.usefixtures("further")
def test_a_further_architecture_gets_a_verdict() -> None:
    table = rows(gru=0.1, mean=0.49)
    assert holds("order", table) == [True, True]
    assert holds("order", rows(gru=0.49, mean=0.1)) == [False, False]
    in_test, default = rows("FRAMES SHUFFLED", gru=0.5, mean=0.3), rows(gru=0.3, mean=0.3)
    assert holds("frames_shuffled_in_test", in_test, default) == [None, True]
    in_test[1]["recall_fear"] = "0.6"
    assert holds("frames_shuffled_in_test", in_test, default) == [None, False]


@pytest.mark.usefixtures("further")
def test_an_architecture_that_cannot_be_imported_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "gru.py").write_text("import a_package_that_is_not_installed")
    with pytest.raises(ValueError, match="gru needs a_package_that_is_not_installed"):
        judge("order", rows(gru=0.1))


@pytest.mark.parametrize("name", ["order", "frames_shuffled_in_test"])
def test_baselines_and_removed_architectures_are_only_reported(name: str) -> None:
    errors = dict.fromkeys((*BASELINES, "removed"), 0.9)
    table, default = (rows(CONTROLS[name].stamp or "", 180, **errors) for _ in range(2))
    assert holds(name, table, default) == [None] * 3


@pytest.mark.parametrize(
    ("decisions", "chance"), [(120, 0.5), (180, 0.5), (180, 5 / 6), (36, 5 / 6)]
)
def test_the_interval_is_that_of_summed_binomial_probabilities(decisions: int, chance: float):
    """The smallest counts at which the lower, and the upper, half a per cent is reached."""
    n, counts = decisions, range(decisions + 1)
    chances = [math.comb(n, k) * chance**k * (1 - chance) ** (n - k) for k in counts]
    low, high = (next(k for k in counts if sum(chances[: k + 1]) >= q) for q in (0.005, 0.995))
    for count in counts:
        within, why = guessing(count / decisions, decisions, chance)
        assert within == (low <= count <= high)
        assert f"[{100 * low / decisions:.1f}, {100 * high / decisions:.1f}]" in why


def test_labels_shuffled() -> None:
    table = rows("SYNTHETIC LABELS SHUFFLED", lstm=0.84, cnn=0.74, majority=5 / 6)
    assert holds("labels_shuffled", table) == [True, False, True]
    assert holds("labels_shuffled", rows(lstm=0.84, majority=5 / 6)) == [False, False]
    uneven = rows("LABELS SHUFFLED", lstm=0.74, majority=0.731)
    assert holds("labels_shuffled", uneven) == [None, None]
    assert "not equally frequent" in judge("labels_shuffled", uneven)[0].why


def test_frames_shuffled_in_test() -> None:
    shuffled = rows("SYNTHETIC FRAMES SHUFFLED", cnn=0.3, mlp=0.2500001, lstm=0.5)
    default = rows(cnn=0.3, mlp=0.25, lstm=0.3)
    assert holds("frames_shuffled_in_test", shuffled, default) == [True, False, None]
    assert holds("frames_shuffled_in_test", shuffled) == [None] * 3
    assert "by default 30.0 % (+20.0)" in judge("frames_shuffled_in_test", shuffled, default)[2].why
    default[0]["recall_fear"] = "0.6"  # equal means hide other decisions
    assert holds("frames_shuffled_in_test", shuffled, default) == [False, False, None]


def test_order_and_no_reference() -> None:
    table = rows(cnn=0.5, mlp=0.39, lstm=0.15, rnn=0.16)
    assert holds("order", table) == [True, False, True, False]
    every = rows("SYNTHETIC", 180, **dict.fromkeys(load(ROOT / "params.yaml").names, 0.3))
    assert None not in holds("order", every)
    assert holds("no_reference", rows(lstm=0.1), rows(lstm=0.3)) == [None]


@pytest.mark.parametrize(
    ("name", "stamp"), [("leak", "LEAKING"), ("frames_shuffled", "FRAMES SHUFFLED")]
)
def test_a_stamp_that_is_missing(name: str, stamp: str) -> None:
    default = rows(lstm=0.3)
    stamped = judge(name, rows(f"SYNTHETIC {stamp}", lstm=0.1), default)[0]
    assert stamped.holds is not False
    assert stamped.why == "10.0 %, by default 30.0 % (-20.0)"
    assert holds(name, rows(lstm=0.1), default) == [False]


def test_merging_keeps_order_and_what_is_not_named() -> None:
    base = {"a": 1, "b": {"c": 2, "d": {"e": 3, "f": 4}}, "g": [5]}
    changed = merged(base, {"b": {"d": {"e": 6}}, "g": [7, 8]})
    assert changed == {"a": 1, "b": {"c": 2, "d": {"e": 6, "f": 4}}, "g": [7, 8]}
    assert [list(changed), list(changed["b"])] == [["a", "b", "g"], ["c", "d"]]
    assert base["b"] == {"c": 2, "d": {"e": 3, "f": 4}}


def test_settings_that_would_give_other_fits() -> None:
    def edited(**changes: Any) -> dict[str, Any]:
        return merged(engines.params(ROOT), changes)

    then = edited()
    assert same_settings(edited(compare={"seed": 2}, track={"experiment": "other"}), then)
    assert not same_settings(edited(split={"seed": 2}), then)
    assert not same_settings(edited(inputs={"crops": {"recipe": {"epochs": 1}}}), then)
    assert not same_settings(edited(architectures={"crops": {"cnn": {"hidden": 1}}}), then)
    assert not same_settings(then, {})
    # of a further architecture or input
    gru = {"gru": {"hidden": 8}}
    assert same_settings(edited(architectures={"features": gru}), then)
    further = {"architectures": {"flow": gru}, "inputs": {"flow": {"recipe": {"epochs": 1}}}}
    assert same_settings(merged(then, further), then)
    assert not same_settings(then, merged(then, further))  # what was run must still be there


@pytest.mark.parametrize("name", NAMES)
def test_params_of_a_control_are_valid_and_changed(name: str) -> None:
    changed = tool.params(ROOT, name)
    Params.model_validate(changed)
    assert changed != engines.params(ROOT)
    assert list(changed) == list(engines.params(ROOT))


def test_real_data_stay_where_they_are_but_for_the_task_that_is_rendered(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "controls", tmp_path / "controls")
    params = engines.params(ROOT) | {"dataset": {"name": "folder", "path": "data/own"}}
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(params, sort_keys=False))
    path = str((tmp_path / "data/own").resolve())
    leak, order = (tool.params(tmp_path, name) for name in ("leak", "order"))
    assert leak["dataset"] == params["dataset"]
    assert tool.in_a_copy(leak, tmp_path)["dataset"] == {"name": "folder", "path": path}
    rendered = {"name": "cohn_kanade", "path": "results/synthesize"}
    assert tool.in_a_copy(order, tmp_path)["dataset"] == rendered


@pytest.mark.parametrize("name", NAMES)
def test_the_committed_table_shows_what_it_must(name: str) -> None:
    made = ROOT / "results/controls"
    default = rows_of(ROOT / "results/compare/table.csv")
    table = rows_of(made / f"{name}.csv")
    assert {row["architecture"] for row in table} == {row["architecture"] for row in default}
    assert [one for one in judge(name, table, default) if one.holds is False] == []
    assert yaml.safe_load((made / f"{name}.yaml").read_text()) == tool.params(ROOT, name)


def documented(root: Path) -> list[list[str]]:
    """The cells of the controls' table in docs/method.md."""
    text = (root / "docs/method.md").read_text()
    lines = text.split("<!-- controls -->")[1].split("<!-- /controls -->")[0].strip().splitlines()
    head, _, *rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return [head, *rows]


def test_the_docs_quote_the_committed_tables() -> None:
    head, *rows = documented(ROOT)
    paths = {name: ROOT / f"results/controls/{name}.csv" for name in NAMES}
    paths["as params.yaml says"] = ROOT / "results/compare/table.csv"
    assert {row[0] for row in rows} == paths.keys()
    for name, *cells in rows:
        errors = {row["architecture"]: row["error_rate_mean"] for row in rows_of(paths[name])}
        assert {*errors} - {*head[1:]} == {"majority"}
        assert cells == [f"{100 * float(errors[system]):.1f}" for system in head[1:]]


def test_a_command_writes_the_table_of_the_docs(tmp_path: Path) -> None:
    for folder in ("controls", "results/controls", "results/compare"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    (tmp_path / "docs").mkdir()
    before, rest = (ROOT / "docs/method.md").read_text().split("<!-- controls -->")
    page = f"{before}<!-- controls -->\n| old |\n<!-- /controls -->{rest.split('/controls -->')[1]}"
    (tmp_path / "docs/method.md").write_text(page)
    subprocess.run([sys.executable, TOOL, "--docs"], cwd=tmp_path, check=True)
    assert (tmp_path / "docs/method.md").read_text() == (ROOT / "docs/method.md").read_text()
    made = tmp_path / "results/controls/leak.csv"
    made.write_text(made.read_text().replace("bilstm,", "other,"))
    tool.write_docs(tmp_path)
    leak = next(row for row in documented(tmp_path) if row[0] == "leak")
    assert leak[1] == "—"


def project(root: Path) -> Path:
    """A small copy with few architectures, and controls of which none renders more people."""

    def fewer(params: dict[str, Any]) -> None:
        few(params)
        for group in params["architectures"].values():
            for name in group.keys() - {*FEWER}:
                del group[name]
        params["split"]["k"] = 3  # frames can be dealt to no fewer

    engines.copy(root, fewer)
    shutil.rmtree(root / "results")  # nothing was run yet
    order = yaml.safe_load((root / "controls/order.yaml").read_text())
    del order["synthesize"]["people"], order["synthesize"]["length"]
    (root / "controls/order.yaml").write_text(yaml.safe_dump(order))
    return root


def controls(root: Path, *arguments: str) -> subprocess.Popen[str]:
    return start(root, sys.executable, TOOL, *arguments)


def ran(root: Path, *arguments: str) -> tuple[int, str]:
    """The exit code of the tool, and what it printed."""
    with controls(root, *arguments) as process:
        said, _ = process.communicate()
    return process.returncode, said


def left(root: Path) -> list[str]:
    """Files in the project's results, and temporary copies."""
    made = [path.relative_to(root).as_posix() for path in (root / "results").rglob("*.*")]
    return sorted(made) + [path.name for path in root.parent.glob("ferbench-*")]


def test_a_name_that_is_no_control(tmp_path: Path) -> None:
    code, said = ran(project(tmp_path / "project"), "labels")
    assert code == 2
    assert f"no control labels; there are {', '.join(NAMES)}" in said


def test_a_control_that_fails_is_named_and_its_table_stays(tmp_path: Path) -> None:
    root = project(tmp_path / "project")
    (root / "controls/leak.yaml").write_text("split: {bye: frame}")
    (root / "results/controls").mkdir(parents=True)
    (root / "results/controls/leak.csv").write_text("older")
    code, said = ran(root, "leak")
    assert code == 1
    assert said.endswith("failed: leak\n")
    assert "split.bye" in (root / "logs/controls/leak.log").read_text()
    assert (root / "results/controls/leak.csv").read_text() == "older"
    assert left(root) == ["results/controls/leak.csv"]


def test_a_control_that_is_terminated_leaves_nothing(tmp_path: Path) -> None:
    root = project(tmp_path / "project")
    engines.edit_params(root, many_people)
    with controls(root, "leak") as process:
        log = root / "logs/controls/leak.log"
        while not (log.exists() and "rule synthesize" in log.read_text()):
            assert process.poll() is None
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)
    assert process.returncode == 128 + signal.SIGTERM
    assert left(root) == []


@pytest.fixture(scope="module")
def done(once: Callable[..., Path]) -> Path:
    """A project in which everything was run, then every control."""

    def make(folder: Path) -> None:
        root = project(folder / "project")
        call(root, "snakemake", "--cores", "2", "results/compare/table.csv")
        code, said = ran(root, "--cores", "2")
        (folder / "said.txt").write_text(said)
        assert code == 0, said

    return once("controls", make)


@pytest.mark.heavy
@pytest.mark.parametrize("name", NAMES)
def test_every_control_runs_through_the_engine(name: str, done: Path) -> None:
    root = done / "project"
    table = rows_of(root / f"results/controls/{name}.csv")
    assert {row["architecture"] for row in table} >= set(FEWER)
    stamp = CONTROLS[name].stamp
    assert {row["stamps"] for row in table} == {f"SYNTHETIC {stamp}" if stamp else "SYNTHETIC"}
    log = (root / f"logs/controls/{name}.log").read_text()
    assert ("rule synthesize" in log) == (name == "order")  # other controls use the copied data
    assert f"{name}: {CONTROLS[name].shows}" in (done / "said.txt").read_text()


@pytest.mark.heavy
def test_what_holds_even_after_one_epoch(done: Path) -> None:
    root = done / "project"
    default = rows_of(root / "results/compare/table.csv")

    def table(name: str) -> list[TableRow]:
        return rows_of(root / f"results/controls/{name}.csv")

    without_memory = [name for name in FEWER if not architectures.find(name).MEMORY]
    in_test = judge("frames_shuffled_in_test", table("frames_shuffled_in_test"), default)
    assert [one.holds for one in in_test if one.architecture in without_memory] == [True, True]
    order = {row["architecture"]: row["error_rate_mean"] for row in table("order")}
    assert {float(order[name]) for name in without_memory} == {0.5}


@pytest.mark.heavy
def test_controls_touch_nothing_else(done: Path) -> None:
    root = done / "project"
    stale = {command.split()[1] for command in engines.snakemake_stale(root)}
    assert stale <= {"track", "report"}  # which were not asked for
    assert not list(done.glob("ferbench-*"))
    kept = {path.name for path in (root / "results/controls").iterdir()}
    assert kept == {f"{name}.{kind}" for name in NAMES for kind in ("csv", "yaml")}
    for name in NAMES:
        terms = yaml.safe_load((root / f"results/controls/{name}.yaml").read_text())
        assert terms == tool.params(root, name)
