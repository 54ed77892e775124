"""Verifying: what was tampered with is found and named, whatever there is to hold it against."""

import hashlib
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

import engines
from comparison import compare_as_it_is, outputs
from ferbench import determinism
from ferbench.reporting.tables import time_to_csv, to_csv, to_latex, to_markdown
from ferbench.verification import claims, dvc_lock, reruns, versions
from ferbench.verification.verify import verify
from fits_factory import write_baselines, write_study
from projects import start

ARCHITECTURES, FOLDS = ["lstm", "cnn"], [0, 1]
FITS = [f"results/train/{name}/fold-{fold}" for name in ARCHITECTURES for fold in FOLDS]
DRAWN, OTHER = FITS[0], FITS[3]
SEED = next(seed for seed in range(99) if random.Random(seed).sample(FITS, 1) == [DRAWN])  # noqa: S311
UPSTREAM = ("synthesize/Landmarks.zip", "preprocess/frames.npy", "preprocess/summary.json")
SOURCES = {step: f"src/ferbench/steps/{step}.py" for step in claims.STEPS}

TABLES = ["table.csv", "table.md", "table.tex", "pairs.csv", "pairs.md", "time.csv", "metrics.json"]
COMPARED = [f"results/compare/{name}" for name in [*TABLES, "errors.svg"]]
OF_A_FIT = [
    "card.json",
    "history.csv",
    "frame_predictions.csv",
    "sequence_predictions.csv",
    "truncated_predictions.csv",
    "weights.safetensors",
]
BEFORE = ["results/baseline/fold-1.csv", "results/split/fold-1.json"]
BEFORE += [f"results/{name}" for name in UPSTREAM]


def draw(drawn: Any, path: Path) -> None:
    """In place of a figure's picture, which takes long, where its lines go."""
    lines = [line.get_xydata().tolist() for axes in drawn.axes for line in axes.lines]
    path.write_text(f"{path.stem}: {lines}")


@pytest.fixture(scope="module")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A project with results that agree with one another; Snakemake, as faked, makes them."""
    root = tmp_path_factory.mktemp("verify") / "project"
    (root / "src/ferbench/steps").mkdir(parents=True)
    for name in ("params.yaml", "requirements.lock", *SOURCES.values()):
        shutil.copy(engines.ROOT / name, root / name)

    def edit(params: dict[str, Any]) -> None:
        params["architectures"] = {name: params["architectures"][name] for name in ARCHITECTURES}
        params["folds"] = FOLDS

    engines.edit_params(root, edit)
    results = root / "results"
    write_study(results / "train", ARCHITECTURES, FOLDS, sequences=12)
    for fit in FITS:
        card = json.loads((root / fit / "card.json").read_text())
        weights = (root / fit / "weights.safetensors").read_bytes()
        card["weights_sha256"] = hashlib.sha256(weights).hexdigest()
        (root / fit / "card.json").write_text(json.dumps(card, indent=2))
    write_baselines(results / "baseline", results / "train")
    for name in (*UPSTREAM, *(f"split/fold-{fold}.json" for fold in FOLDS)):
        (results / name).parent.mkdir(exist_ok=True)
        (results / name).write_text(f"{name} 0.5")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ferbench.steps.compare.save", draw)
        compare_as_it_is(results, ARCHITECTURES, FOLDS, outputs(results / "compare"))
        yield root


@pytest.fixture
def claimed(pristine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of it, in which only Snakemake is not real, and nobody's packages differ."""

    def fake(place: Path, *arguments: str, log: Path, say: Callable[[str], None]) -> None:
        asked = [Path(name) for name in arguments if name.startswith("results/")]
        if "--allowed-rules" in arguments and not same(place, pristine, ["train", "baseline"]):
            try:
                made = outputs(place / "results/compare")
                compare_as_it_is(place / "results", ARCHITECTURES, FOLDS, made)
            except ValueError as error:
                raise reruns.FailedError(str(error)) from None
            return
        steps = [] if "--allowed-rules" in arguments else ["synthesize", "preprocess", "split"]
        for folder in [Path("results", step) for step in steps] + [name.parent for name in asked]:
            shutil.copytree(pristine / folder, place / folder, dirs_exist_ok=True)
        say("all steps (100%) done")

    monkeypatch.setattr(reruns, "snakemake", fake)
    monkeypatch.setattr(reruns, "copy", lambda _, place: place.mkdir(parents=True))
    monkeypatch.setattr(versions, "unlike_pinned", lambda _: {})
    root = tmp_path / "project"
    shutil.copytree(pristine, root)
    return root


def same(place: Path, other: Path, steps: Iterable[str]) -> bool:
    made, known = (claims.files(root, steps) for root in (place, other))
    return {name: path.read_bytes() for name, path in made.items()} == {
        name: path.read_bytes() for name, path in known.items()
    }


def tamper(path: Path) -> None:
    """Another decision in the last row, another seed in a card, elsewhere another last digit; the
    file's time stays."""
    content, times = path.read_bytes(), path.stat()
    if path.name.endswith("predictions.csv") or path.parent.name == "baseline":
        changed = swap_decision(content.decode()).encode()
    elif path.name == "card.json":
        changed = content.replace(b'"seed": ', b'"seed": 1', 1)
    else:
        place = [found.start() for found in re.finditer(rb"\d", content)][-1]
        digit = b"2" if content[place : place + 1] == b"1" else b"1"
        changed = content[:place] + digit + content[place + 1 :]
    assert changed != content
    path.write_bytes(changed)
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))


def swap_decision(text: str) -> str:
    """The last row decides for another class."""
    *head, last = text.rstrip("\n").split("\n")
    columns = head[0].split(",")
    place = columns.index("predicted" if "predicted" in columns else "logistic_regression")
    fields = last.split(",")
    fields[place] = "anger" if fields[place] != "anger" else "fear"
    return "\n".join([*head, ",".join(fields)]) + "\n"


def lock(root: Path) -> None:
    """dvc.lock of the results as they are: a stage a step, each with a source and a parameter."""
    stages: dict[str, Any] = {}
    before: list[dict[str, str]] = []
    for step in claims.STEPS:
        source = SOURCES[step]
        outs = [
            {"path": name, "md5": dvc_lock.md5(path)}
            for name, path in claims.files(root, [step]).items()
        ]
        deps = [{"path": source, "md5": dvc_lock.md5(root / source)}, *before]
        params = {step: engines.params(root)[step]}
        stages[step] = {"deps": deps, "params": {"params.yaml": params}, "outs": outs}
        before = [{"path": f"results/{step}", "md5": "0.dir"}]
    (root / "dvc.lock").write_text(yaml.safe_dump({"stages": stages}))


def clone(root: Path) -> Path:
    """What git has: the comparison, and dvc.lock."""
    lock(root)
    for step in claims.STEPS[:-1]:
        shutil.rmtree(root / "results" / step)
    return root


def problems(root: Path, capsys: pytest.CaptureFixture[str], **options: Any) -> dict[str, str]:
    """What verify says of each file, and under "" what it says last; it says so by its value."""
    capsys.readouterr()
    held = verify(root, **{"sample": 1, "seed": SEED} | options)
    said = capsys.readouterr().out
    assert held == said.splitlines()[-1].startswith(("verified", "There are no fits")), said
    found = dict(re.findall(r"^  (results/\S+): (.+)$", said, re.MULTILINE))
    assert held == (not found)
    return found | {"": said[said.index("verified") - 4 :]} if not held else {"": said}


def named(found: dict[str, str]) -> set[str]:
    return {*found} - {""}


@pytest.mark.parametrize("kept", [lambda _: None, lock, clone])
@pytest.mark.parametrize("sample", [1, None])
def test_what_nobody_touched_is_verified(
    kept: Callable[[Path], None], sample: int | None, claimed: Path, capsys: Any
) -> None:
    kept(claimed)
    before = {path: path.read_bytes() for path in claimed.rglob("*") if path.is_file()}
    assert named(found := problems(claimed, capsys, sample=sample)) == set()
    files = 3 + 2 + 2 + (24 + 16 if sample is None else 6 + 16 * (kept is not clone))
    assert f"verified: {files} files were made again to the byte" in found[""]
    assert ("intervals, pairs and figures were held" in found[""]) == (
        kept is clone and sample == 1
    )
    assert {path: path.read_bytes() for path in claimed.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize("name", [*COMPARED, *(f"{DRAWN}/{file}" for file in OF_A_FIT), *BEFORE])
def test_a_changed_file_is_found_without_dvc_lock(name: str, claimed: Path, capsys: Any) -> None:
    tamper(claimed / name)
    found = problems(claimed, capsys)
    assert found[name].startswith("not what params.yaml and the sources give; ")
    assert "run `make benchmark`" in found[name]
    others = named(found) - {name}
    assert all(other.startswith("results/compare") for other in others)
    assert not others or name.startswith(("results/train", "results/baseline"))
    assert "neither packages nor the machine explain this" in found[""]


@pytest.mark.parametrize("file", OF_A_FIT)
def test_a_changed_fit_that_is_not_drawn_is_found_by_what_follows_from_it(
    file: str, claimed: Path, capsys: Any
) -> None:
    path = claimed / OTHER / file
    if file == "card.json":  # the comparison prints it
        path.write_text(path.read_text().replace('"trainable": 73686', '"trainable": 73687'))
    else:
        tamper(path)
    found = problems(claimed, capsys)
    expected = f"{OTHER}/{file}" if file == "weights.safetensors" else "results/compare"
    assert found
    assert all(name.startswith(expected) for name in named(found))


def test_dvc_lock_finds_every_change(claimed: Path, capsys: Any) -> None:
    lock(claimed)
    changed = {*(f"{OTHER}/{file}" for file in OF_A_FIT), *BEFORE, *COMPARED}
    for name in changed:
        tamper(claimed / name)
    found = problems(claimed, capsys)
    assert changed <= named(found)
    assert found[f"{OTHER}/history.csv"].startswith("dvc.lock has another checksum; restore it")


def test_dvc_lock_finds_a_changed_page(claimed: Path, capsys: Any) -> None:
    page = claimed / "results/report/comparison.html"
    page.parent.mkdir()
    page.write_text("<td>21.1</td>")
    lock(claimed)
    content = yaml.safe_load((claimed / "dvc.lock").read_text())
    out = {"path": "results/report/comparison.html", "md5": dvc_lock.md5(page)}
    content["stages"]["compare"]["outs"].append(out)
    (claimed / "dvc.lock").write_text(yaml.safe_dump(content))
    assert named(problems(claimed, capsys)) == set()
    tamper(page)
    assert named(problems(claimed, capsys)) == {"results/report/comparison.html"}


def test_a_clone_without_fits(claimed: Path, capsys: Any) -> None:
    clone(claimed)
    for name in COMPARED:
        tamper(claimed / name)
    found = problems(claimed, capsys)
    assert named(found) == {*COMPARED}
    restore = (
        "dvc.lock has another checksum; restore it with `git checkout results/compare/errors.svg"
    )
    assert found["results/compare/errors.svg"].startswith(restore)


@pytest.mark.parametrize("file", ["table.csv", "table.md", "table.tex", "time.csv", "metrics.json"])
def test_a_clone_whose_dvc_lock_was_changed_with_the_file(
    file: str, claimed: Path, capsys: Any
) -> None:
    name = f"results/compare/{file}"
    if file == "metrics.json":
        text = (claimed / name).read_text()
        (claimed / name).write_text(re.sub(r'("mean": 0\.\d)\d', r"\g<1>9", text, count=1))
    else:
        tamper(claimed / name)
    clone(claimed)
    found = problems(claimed, capsys)
    assert "" in found
    assert name in found


@pytest.mark.parametrize("whose", ["architectures.lstm", "baselines.logistic_regression"])
def test_a_clone_whose_numbers_were_all_made_up_together(
    whose: str, claimed: Path, capsys: Any
) -> None:
    results = claimed / "results/compare"
    summary = json.loads((results / "metrics.json").read_text())
    group, name = whose.split(".")
    errors = summary[group][name]["error_rate"]
    errors["folds"] = dict.fromkeys(errors["folds"], 0.0)
    errors.update(mean=0.0, std=0.0)
    (results / "metrics.json").write_text(json.dumps(summary))
    (results / "table.md").write_text(to_markdown(summary, 1))
    (results / "table.tex").write_text(to_latex(summary, 1))
    to_csv(summary, results / "table.csv")
    time_to_csv(summary, results / "time.csv")
    clone(claimed)
    found = problems(claimed, capsys)
    assert named(found) == {"results/compare/metrics.json"}
    assert f"error_rate of {name}, fold 0: 0.0, but" in found["results/compare/metrics.json"]


@pytest.mark.parametrize("content", ["[]", "{", '{"architectures": {}}'])
def test_a_clone_whose_metrics_are_none(content: str, claimed: Path, capsys: Any) -> None:
    (claimed / "results/compare/metrics.json").write_text(content)
    clone(claimed)
    found = problems(claimed, capsys)
    assert "not as compare writes it" in found["results/compare/metrics.json"]


def test_all_in_a_clone_finds_what_the_comparison_cannot_follow_from(
    claimed: Path, capsys: Any
) -> None:
    name = "results/compare/pairs.csv"
    tamper(claimed / name)
    clone(claimed)
    assert named(problems(claimed, capsys)) == set()  # as it says
    found = problems(claimed, capsys, sample=None)
    assert found[name].startswith("neither the file nor dvc.lock is what")


@pytest.mark.parametrize("kept", [lock, clone])
def test_a_changed_checksum(kept: Callable[[Path], None], claimed: Path, capsys: Any) -> None:
    kept(claimed)
    name = f"{DRAWN}/history.csv"
    path = claimed / "dvc.lock"
    path.write_text(path.read_text().replace(dvc_lock.read(claimed).checksums[name], "0" * 32))
    found = problems(claimed, capsys)
    assert named(found) == {name}
    assert found[name].startswith("dvc.lock has another checksum than what params.yaml")


@pytest.mark.parametrize("name", [f"{OTHER}/card.json", BEFORE[0], COMPARED[1]])
@pytest.mark.parametrize("kept", [lambda _: None, lock])
def test_a_missing_file(
    kept: Callable[[Path], None], name: str, claimed: Path, capsys: Any
) -> None:
    kept(claimed)
    (claimed / name).unlink()
    found = problems(claimed, capsys)
    assert named(found) == {name}
    assert found[name].startswith("missing; restore it with")


def test_a_fit_that_cannot_be_read(claimed: Path, capsys: Any) -> None:
    (claimed / OTHER / "card.json").write_text("{}")
    found = problems(claimed, capsys)
    assert named(found) == {"results/compare", f"{OTHER}/card.json"}
    assert "cannot be made of the fits at hand" in found["results/compare"]


def test_what_a_difference_of_every_fit_comes_from(
    claimed: Path, capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for file in OF_A_FIT:
        tamper(claimed / DRAWN / file)
    assert "results were made on a machine of another kind" in problems(claimed, capsys)[""]
    with monkeypatch.context() as patched:
        patched.setattr(determinism, "OUTSIDE", ("the processor is aarch64, not x86-64",))
        said = problems(claimed, capsys)[""]
        assert "none of those that give the same bytes: the processor is aarch64" in said
    lock(claimed)
    (claimed / "params.yaml").write_text(
        (claimed / "params.yaml").read_text().replace("seed: 1", "seed: 2")
    )
    said = problems(claimed, capsys)[""]
    assert re.search(r"may be older than the project: \w+ in params.yaml has changed since", said)


def test_other_packages_are_no_proof(
    claimed: Path, capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    tamper(claimed / COMPARED[0])
    monkeypatch.setattr(versions, "unlike_pinned", lambda _: {"torch": "1.0, not 2.0"})
    said = problems(claimed, capsys)[""]
    assert "Packages here are not those of the results: torch 1.0, not 2.0." in said
    assert "proves nothing" in said
    assert "requirements.lock" in said


def test_versions_that_differ(claimed: Path, pristine: Path, monkeypatch: Any) -> None:
    monkeypatch.undo()
    assert versions.unlike_pinned(claimed) == {}
    pinned = claimed / "requirements.lock"
    pinned.write_text(
        re.sub(r"^(torch|numpy|dvc)==.*$", r"\1==0.1", pinned.read_text(), flags=re.M)
    )
    assert set(versions.unlike_pinned(claimed)) == {"torch", "numpy"}
    assert versions.unlike_pinned(claimed)["torch"].endswith(", not 0.1")
    again = claims.files(pristine, ["train"])
    assert versions.unlike_cards(claimed, again) == {}
    card = claimed / DRAWN / "card.json"
    card.write_text(card.read_text().replace('"numpy": "2.1"', '"numpy": "2.2"'))
    assert versions.unlike_cards(claimed, again) == {"numpy": "2.1, not 2.2"}


def test_the_sample_is_another_each_time_unless_a_seed_is_given(claimed: Path, capsys: Any) -> None:
    def drawn(**options: Any) -> str:
        assert verify(claimed, **options)
        return capsys.readouterr().out.split("\n")[1:3]

    assert drawn(sample=1, seed=4) == drawn(sample=1, seed=4)
    assert len({tuple(drawn(sample=1)) for _ in range(8)}) > 1


def test_nothing_to_verify_or_to_hold_it_against(claimed: Path, capsys: Any) -> None:
    clone(claimed)
    edit = claimed / "src/ferbench/steps/train.py"
    edit.write_text(edit.read_text() + "# edited")
    with pytest.raises(
        ValueError, match=r"card\.json: no fits are at hand, and dvc.lock does"
    ) as why:
        verify(claimed, sample=1, seed=SEED)
    assert "src/ferbench/steps/train.py has changed since; run `make benchmark`" in str(why.value)
    assert "not all can be held against dvc.lock" in problems(claimed, capsys, sample=None)[""]
    (claimed / "dvc.lock").unlink()
    with pytest.raises(ValueError, match=r"there is no dvc\.lock; run `make benchmark`"):
        verify(claimed)
    shutil.rmtree(claimed / "results/compare")
    with pytest.raises(ValueError, match="no results to verify; `make benchmark` makes them"):
        verify(claimed)


@pytest.mark.parametrize("content", ["[", "stages: 3", "stages: {a: {outs: [{path: b}]}}", ""])
def test_a_damaged_dvc_lock(content: str, tmp_path: Path) -> None:
    (tmp_path / "params.yaml").write_text("{}")
    (tmp_path / "dvc.lock").write_text(content)
    with pytest.raises(ValueError, match=r"not as DVC writes it .* `git checkout dvc.lock`"):
        dvc_lock.read(tmp_path)


def test_dvc_lock_as_dvc_writes_it(finished: Path, tmp_path: Path) -> None:
    root = tmp_path / "project"
    shutil.copytree(finished, root, symlinks=True)
    record = dvc_lock.read(root)
    made = {name for job in engines.dvc_jobs(root).values() for name in job.outputs}
    assert (set(record.checksums), record.outdated) == (made, "")
    assert all(dvc_lock.md5(root / name) == record.checksums[name] for name in made)

    def left_out() -> set[str]:
        return {
            "/".join(name.split("/")[1 : 3 if "train" in name else 2])
            for name in made - dvc_lock.read(root).checksums.keys()
        }

    after = {"compare", "track", "report"}
    engines.edit_params(root, lambda params: params["architectures"]["lstm"].update(hidden=7))
    assert left_out() == {"train/lstm", *after}
    assert dvc_lock.read(root).outdated == "architectures.lstm in params.yaml has changed since"
    (root / "src/ferbench/models/architectures/cnn.py").write_text("")
    assert left_out() == {"train/lstm", "train/cnn", *after}
    (root / "src/ferbench/steps/synthesize.py").unlink()
    assert dvc_lock.read(root).checksums == {}


@pytest.mark.parametrize("data", ["data/own", "../own", "../../own"])
def test_a_copy_leads_to_the_same_data(data: str, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(reruns, "copy", lambda _, place: place.mkdir(parents=True))
    project = tmp_path / "a/b/project"
    project.mkdir(parents=True)
    (project / data).mkdir(parents=True)
    (project / data / "it").touch()
    place = reruns.copy_beside_data(project, tmp_path / "copies", data)
    assert (place / data / "it").samefile(project / data / "it")
    assert {path.name for path in (tmp_path / "a").parent.iterdir()} == {"a", "copies"}


def ferbench(root: Path, *arguments: str, **options: Any) -> subprocess.Popen[str]:
    return start(root, Path(sys.executable).with_name("ferbench"), *arguments, **options)


def test_an_interruption_leaves_nothing(tmp_path: Path) -> None:
    ended = signal.SIGTERM  # whoever starts the tests may have switched SIGINT and SIGHUP off
    root = engines.copy(
        tmp_path / "project", lambda params: params["synthesize"]["people"].update(count=999)
    )
    for name in (f"{DRAWN}/card.json", COMPARED[0]):
        (root / name).parent.mkdir(parents=True)
        (root / name).touch()
    with ferbench(root, "verify") as process:
        while not [*tmp_path.glob("ferbench-*/again/project/logs/synthesize.log")]:
            assert process.poll() is None
            time.sleep(0.1)
        process.send_signal(ended)
        process.communicate(timeout=60)
    assert process.returncode == 128 + ended
    assert [path.name for path in tmp_path.iterdir()] == ["project"]
    assert not [
        pid for pid in Path("/proc").glob("[0-9]*") if str(tmp_path).encode() in command(pid)
    ]


def command(process: Path) -> bytes:
    try:
        return (process / "environ").read_bytes()
    except OSError:
        return b""


@pytest.mark.heavy
def test_a_real_project_of_which_much_was_tampered_with(project: Path, tmp_path: Path) -> None:
    root = tmp_path / "project"
    shutil.copytree(project, root)
    params = engines.params(root)
    fits = [f"results/train/{a}/fold-{f}" for a in params["architectures"] for f in (0, 1)]
    (drawn,) = random.Random(5).sample(fits, 1)  # noqa: S311
    other = next(fit for fit in fits if fit != drawn)
    tampered = {
        "results/compare/pairs.csv",
        "results/compare/table.md",
        "results/split/fold-1.json",
        f"{drawn}/weights.safetensors",
        f"{other}/weights.safetensors",
    }
    for name in tampered:
        tamper(root / name)
    with ferbench(root, "verify", "--sample", "1", "--seed", "5") as process:
        said, _ = process.communicate()
    assert process.returncode == 1, said
    assert {*re.findall(r"^  (results/\S+): ", said, re.MULTILINE)} == tampered, said
    assert [path.name for path in tmp_path.iterdir()] == ["project"]
