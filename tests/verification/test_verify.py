"""`verify` finds and names what was changed, whatever there is to hold it against."""

import csv
import dataclasses
import json
import os
import random
import re
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped]
import pytest
import yaml

import engines
from comparison import compare_as_it_is
from ferbench import determinism
from ferbench.config.params import load
from ferbench.io.files import sha256
from ferbench.reporting.tables import write_tables
from ferbench.results.comparison import Spread, read_comparison, write_comparison
from ferbench.results.layout import METRICS, TRAIN, outputs
from ferbench.verification import dvc_lock, file_checks, plan, sandbox, versions
from ferbench.verification.verify import SHOWN, Outcome, verify
from fits_factory import write_baselines, write_study
from projects import FERBENCH, many_people, start

ARCHITECTURES, FOLDS = ["lstm", "cnn"], [0, 1]
FITS = [f"results/train/{name}/fold-{fold}" for name in ARCHITECTURES for fold in FOLDS]
DRAWN, OTHER = FITS[0], FITS[3]
SEED = next(seed for seed in range(99) if random.Random(seed).sample(FITS, 1) == [DRAWN])  # noqa: S311
UPSTREAM = [*outputs("synthesize"), *outputs("preprocess")]
SOURCES = {step: f"src/ferbench/steps/{step}.py" for step in file_checks.STEPS}

Keep = Callable[[Path], object]
COMPARED = outputs("compare")
BEFORE = ["results/baseline/fold-1.csv", "results/split/fold-1.json", *UPSTREAM]


def draw(drawn: Any, path: Path) -> None:
    """Write where a figure's lines go, because its picture takes long."""
    lines = [line.get_xydata().tolist() for axes in drawn.axes for line in axes.lines]
    path.write_text(f"{path.stem} 0.5: {lines}")


@pytest.fixture(scope="module")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A project with results that agree with one another; the fake Snakemake below makes them."""
    root = tmp_path_factory.mktemp("verify") / "project"
    (root / "src/ferbench/steps").mkdir(parents=True)
    for name in ("params.yaml", "requirements.lock", *SOURCES.values()):
        shutil.copy(engines.ROOT / name, root / name)

    def edit(params: dict[str, Any]) -> None:
        for group in params["architectures"].values():
            for name in group.keys() - {*ARCHITECTURES}:
                del group[name]
        params["folds"] = FOLDS

    engines.edit_params(root, edit)
    results = root / "results"
    write_study(results / "train", ARCHITECTURES, FOLDS, sequences=12)
    for fit in FITS:
        card = json.loads((root / fit / "card.json").read_text())
        weights = (root / fit / "weights.safetensors").read_bytes()
        card["weights_sha256"] = sha256(weights)
        (root / fit / "card.json").write_text(json.dumps(card, indent=2))
    write_baselines(results / "baseline", results / "train")
    for name in (*UPSTREAM, *(f"results/split/fold-{fold}.json" for fold in FOLDS)):
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_text(f"{name} 0.5")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ferbench.reporting.style.save", draw)
        compare_as_it_is(results, ARCHITECTURES, FOLDS, results / "compare")
        yield root


@pytest.fixture
def changed(pristine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy to change; Snakemake is a fake, and no installed package differs from the lock."""

    def fake(place: Path, *arguments: str, log: Path, say: Callable[[str], None]) -> None:
        asked = [Path(name) for name in arguments if name.startswith("results/")]
        before = "train", "baseline"
        if "--allowed-rules" in arguments and content(place, *before) != content(pristine, *before):
            try:
                results = place / "results"
                compare_as_it_is(results, ARCHITECTURES, FOLDS, results / "compare")
            except ValueError as error:
                raise sandbox.FailedError(str(error)) from None
            return
        steps = [] if "--allowed-rules" in arguments else ["synthesize", "preprocess", "split"]
        for folder in [Path("results", step) for step in steps] + [name.parent for name in asked]:
            shutil.copytree(pristine / folder, place / folder, dirs_exist_ok=True)
        say("all steps (100%) done")

    monkeypatch.setattr(sandbox, "snakemake", fake)
    monkeypatch.setattr(sandbox, "copy", lambda _, place: place.mkdir(parents=True))
    monkeypatch.setattr(versions, "unlike_pinned", lambda _: {})
    root = shutil.copytree(pristine, tmp_path / "project")
    return root


def content(root: Path, *steps: str) -> dict[str, bytes]:
    """Of the files that the steps made."""
    return {name: path.read_bytes() for name, path in file_checks.files(root, steps).items()}


def tamper(path: Path) -> None:
    """Another decision in the last row, another seed in a card, elsewhere another last digit; the
    file's time stays."""
    content, times = path.read_bytes(), path.stat()
    if path.name.endswith("predictions.csv") or path.parent.name == "baseline":
        *head, last = csv.reader(content.decode().splitlines())
        place = head[0].index("predicted" if "predicted" in head[0] else "logistic_regression")
        last[place] = "anger" if last[place] != "anger" else "fear"
        changed = "".join(f"{','.join(row)}\n" for row in [*head, last]).encode()
    elif path.name == "card.json":
        changed = content.replace(b'"fit_seed": ', b'"fit_seed": 1', 1)
    else:
        place = [found.start() for found in re.finditer(rb"\d", content)][-1]
        digit = b"2" if content[place : place + 1] == b"1" else b"1"
        changed = content[:place] + digit + content[place + 1 :]
    assert changed != content
    path.write_bytes(changed)
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))


def lock(root: Path) -> None:
    """dvc.lock of the results as they are: a stage a step, each with a source and a parameter."""
    stages: dict[str, Any] = {}
    before: list[dict[str, str]] = []
    for step in file_checks.STEPS:
        source = SOURCES[step]
        made = file_checks.files(root, [step])
        outs = [{"path": name, "md5": dvc_lock.md5(path)} for name, path in made.items()]
        deps = [{"path": source, "md5": dvc_lock.md5(root / source)}, *before]
        params = {step: engines.params(root)[step]}
        stages[step] = {"deps": deps, "params": {"params.yaml": params}, "outs": outs}
        before = [{"path": f"results/{step}", "md5": "0.dir"}]
    (root / "dvc.lock").write_text(yaml.safe_dump({"stages": stages}))


def clone(root: Path) -> Path:
    """What git has: the comparison, and dvc.lock."""
    lock(root)
    for step in file_checks.STEPS[:-1]:
        shutil.rmtree(root / "results" / step)
    return root


def verified(root: Path, **options: Any) -> Outcome:
    """With the one fit DRAWN made again, unless `options` say otherwise."""
    return verify(root, **{"sample": 1, "seed": SEED} | options)


def paths(found: Outcome) -> set[str]:
    """Of the problems, which are all different."""
    assert len({*found.problems}) == len(found.problems)
    return {problem.path for problem in found.problems}


def text(found: Outcome, path: str) -> str:
    """The one thing that is wrong with a file."""
    (problem,) = (one for one in found.problems if one.path == path)
    return problem.text


CHANGED = "not what params.yaml and the sources give; "
CHECKSUM = "dvc.lock has another checksum than what params.yaml and the sources give; "
UNLIKE_RECORD = "dvc.lock has another checksum; "


@pytest.mark.parametrize("kept", [lambda _: None, lock, clone])
@pytest.mark.parametrize("sample", [1, None])
def test_unchanged_results_are_verified(kept: Keep, sample: int | None, changed: Path) -> None:
    kept(changed)
    before = {path: path.read_bytes() for path in changed.rglob("*") if path.is_file()}
    found = verified(changed, sample=sample)
    assert (found.problems, found.reading) == ((), "")
    alone = kept is clone and sample == 1
    fits, compared = (len(FITS), True) if sample is None else (1, not alone)
    made = len(UPSTREAM) + 2 * len(FOLDS) + len(TRAIN) * fits + len(COMPARED) * compared
    assert len(found.again) == made
    assert found.plan.compares == compared
    assert len(found.held_against_record) == (made if kept in (lock, clone) else 0)
    present = len(COMPARED) * compared if kept is clone else made
    assert len(found.held_against_files) == present
    assert {path: path.read_bytes() for path in changed.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize("name", [*COMPARED, *(f"{DRAWN}/{file}" for file in TRAIN), *BEFORE])
def test_a_changed_file_is_found_without_dvc_lock(name: str, changed: Path) -> None:
    tamper(changed / name)
    found = verified(changed)
    assert re.fullmatch(f"{CHANGED}.*run `make benchmark`", text(found, name))
    others = paths(found) - {name}
    assert all(other.startswith("results/compare") for other in others)
    assert not others or name.startswith(("results/train", "results/baseline"))
    assert "neither packages nor the machine explain this" in found.reading


@pytest.mark.parametrize("file", TRAIN)
def test_a_changed_fit_that_is_not_drawn_is_found_by_what_follows_from_it(file: str, changed: Path):
    path = changed / OTHER / file
    if file == "card.json":  # the comparison prints it
        path.write_text(path.read_text().replace('"trainable": 73686', '"trainable": 73687'))
    else:
        tamper(path)
    found = verified(changed)
    expected = f"{OTHER}/{file}" if file == "weights.safetensors" else "results/compare"
    assert found.problems
    assert all(name.startswith(expected) for name in paths(found))


def test_dvc_lock_finds_every_change(changed: Path) -> None:
    lock(changed)
    tampered = {*(f"{OTHER}/{file}" for file in TRAIN), *BEFORE, *COMPARED}
    for name in tampered:
        tamper(changed / name)
    found = verified(changed)
    assert tampered <= paths(found)
    assert text(found, f"{OTHER}/history.csv").startswith(UNLIKE_RECORD)
    assert text(found, BEFORE[0]).startswith(CHANGED)


def test_dvc_lock_finds_a_changed_page(changed: Path) -> None:
    page = changed / "results/report/comparison.html"
    page.parent.mkdir()
    page.write_text("<td>21.1</td>")
    lock(changed)
    content = yaml.safe_load((changed / "dvc.lock").read_text())
    out = {"path": "results/report/comparison.html", "md5": dvc_lock.md5(page)}
    content["stages"]["compare"]["outs"].append(out)
    (changed / "dvc.lock").write_text(yaml.safe_dump(content))
    assert not verified(changed).problems
    tamper(page)
    assert paths(verified(changed)) == {"results/report/comparison.html"}


def test_a_clone_without_fits(changed: Path) -> None:
    clone(changed)
    for name in COMPARED:
        tamper(changed / name)
    found, name = verified(changed), "results/compare/errors.svg"
    assert paths(found) == {*COMPARED}
    assert text(found, name).startswith(f"{UNLIKE_RECORD}restore it with `git checkout {name}")


@pytest.mark.parametrize("file", ["table.csv", "table.md", "table.tex", "time.csv", METRICS])
def test_a_clone_whose_dvc_lock_was_changed_with_the_file(file: str, changed: Path) -> None:
    path = changed / "results/compare" / file
    if file == METRICS:
        path.write_text(re.sub(r'("mean": 0\.\d)\d', r"\g<1>9", path.read_text(), count=1))
    else:
        tamper(path)
    clone(changed)
    said = [one.text for one in verified(changed).problems if one.path.endswith(f"/{file}")]
    assert re.search("is not that of its folds|does not follow from", "; ".join(said))


@pytest.mark.parametrize("whose", ["architectures.lstm", "baselines.logistic_regression"])
def test_a_clone_whose_numbers_were_all_made_up_together(whose: str, changed: Path) -> None:
    results = changed / "results/compare"
    comparison = read_comparison(results)
    group, name = whose.split(".")
    made_up = Spread.of({fold: [0.0] for fold in FOLDS})
    getattr(comparison, group)[name].metrics["error_rate"] = made_up
    write_comparison(results, comparison)
    write_tables(comparison, results, 1)
    clone(changed)
    found = verified(changed)
    assert paths(found) == {"results/compare/metrics.json"}
    assert f"error_rate of {name}, fold 0: [0.0], but" in text(
        found, "results/compare/metrics.json"
    )


@pytest.mark.parametrize("content", ["[]", "{", '{"architectures": {}}'])
def test_a_clone_whose_metrics_cannot_be_read(content: str, changed: Path) -> None:
    (changed / "results/compare/metrics.json").write_text(content)
    clone(changed)
    said = text(verified(changed), "results/compare/metrics.json")
    assert said.startswith("not as compare writes it")


def test_all_in_a_clone_finds_what_metrics_do_not_determine(changed: Path) -> None:
    name = "results/compare/pairs.csv"
    tamper(changed / name)
    clone(changed)
    found = verified(changed)
    assert not found.problems
    assert "pairs and figures were held against dvc.lock alone" in str(found)
    said = text(verified(changed, sample=None), name)
    assert said.startswith("neither the file nor dvc.lock is what params.yaml")


@pytest.mark.parametrize("kept", [lock, clone])
def test_a_changed_checksum(kept: Keep, changed: Path) -> None:
    kept(changed)
    name = f"{DRAWN}/history.csv"
    path = changed / "dvc.lock"
    path.write_text(path.read_text().replace(dvc_lock.read(changed).checksums[name], "0" * 32))
    found = verified(changed)
    assert paths(found) == {name}
    assert text(found, name).startswith(CHECKSUM)


@pytest.mark.parametrize("name", [f"{OTHER}/card.json", BEFORE[0], COMPARED[1]])
@pytest.mark.parametrize("kept", [lambda _: None, lock])
def test_a_missing_file(kept: Keep, name: str, changed: Path) -> None:
    kept(changed)
    (changed / name).unlink()
    found = verified(changed)
    assert paths(found) == {name}
    assert text(found, name).startswith("missing; restore it with")


def test_a_fit_that_cannot_be_read(changed: Path) -> None:
    (changed / OTHER / "card.json").write_text("{}")
    found = verified(changed)
    assert paths(found) == {"results/compare", f"{OTHER}/card.json"}
    assert text(found, "results/compare").startswith("cannot be made from the fits")
    assert text(found, f"{OTHER}/card.json").startswith("cannot be read")


def test_reading_of_a_difference_in_every_file_of_a_fit(changed: Path, monkeypatch: Any) -> None:
    for file in TRAIN:
        tamper(changed / DRAWN / file)
    assert "results were made on a machine of another kind" in verified(changed).reading
    with monkeypatch.context() as patched:
        patched.setattr(determinism, "OUTSIDE", ("the processor is aarch64, not x86-64",))
        said = verified(changed).reading
        assert "not one of those that give the same bytes: the processor is aarch64" in said
    lock(changed)
    settings = changed / "params.yaml"
    settings.write_text(settings.read_text().replace("seed: 1", "seed: 2"))
    said = verified(changed).reading
    assert re.search(r"may be older than the project: \w+ in params.yaml has changed since", said)


def test_other_packages_are_no_proof(changed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tamper(changed / COMPARED[0])
    monkeypatch.setattr(versions, "unlike_pinned", lambda _: {"torch": "1.0, not 2.0"})
    said = verified(changed).reading
    assert "Packages here are not those of the results: torch 1.0, not 2.0." in said
    assert "proves nothing" in said
    assert "requirements.lock" in said


def test_versions_that_differ(changed: Path, pristine: Path, monkeypatch: Any) -> None:
    monkeypatch.undo()
    assert versions.unlike_pinned(changed) == {}
    pinned = changed / "requirements.lock"
    pinned.write_text(re.sub(r"(?m)^(torch|numpy|dvc)==.*$", r"\1==0.1", pinned.read_text()))
    assert set(versions.unlike_pinned(changed)) == {"torch", "numpy"}
    assert versions.unlike_pinned(changed)["torch"].endswith(", not 0.1")
    again = file_checks.files(pristine, ["train"])
    assert versions.unlike_cards(changed, again) == {}
    card = changed / DRAWN / "card.json"
    card.write_text(card.read_text().replace('"numpy": "2.1"', '"numpy": "2.2"'))
    assert versions.unlike_cards(changed, again) == {"numpy": "2.1, not 2.2"}


def test_the_sample_is_another_each_time_unless_a_seed_is_given(changed: Path) -> None:
    assert plan.draw(changed, 1, 4).chosen == plan.draw(changed, 1, 4).chosen
    drawn = [plan.draw(changed, 1, None) for _ in range(8)]
    assert len({tuple(one.chosen) for one in drawn}) > 1
    assert verified(changed, seed=drawn[0].seed).plan == drawn[0]
    every = plan.draw(changed, None, 4)
    assert (every.chosen, every.seed) == (FITS, None)


def test_nothing_to_verify_or_to_hold_it_against(changed: Path) -> None:
    clone(changed)
    edit = changed / "src/ferbench/steps/train.py"
    edit.write_text(edit.read_text() + "# edited")
    said = r"card\.json: the project has no fits, and dvc\.lock has no checksum"
    with pytest.raises(ValueError, match=said) as why:
        verify(changed, sample=1, seed=SEED)
    assert "src/ferbench/steps/train.py has changed since; run `make benchmark`" in str(why.value)
    assert "train.py has changed since" in verified(changed, sample=None).plan.record.outdated
    (changed / "dvc.lock").unlink()
    with pytest.raises(ValueError, match=r"there is no dvc\.lock; run `make benchmark`"):
        verify(changed)
    shutil.rmtree(changed / "results/compare")
    with pytest.raises(ValueError, match="no results to verify; `make benchmark` makes them"):
        verify(changed)


def test_what_is_printed(changed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = verified(changed)
    progress = capsys.readouterr().out
    assert progress.startswith(
        "making 1 of 4 fits again, and all that they need, in a temporary folder\n"
        f"drawn by --seed {SEED}:\n  {DRAWN}\n"
        "not all results can be held against dvc.lock: there is no dvc.lock\n"
    )
    assert f"verified: {len(found.again)} files were made again to the byte" in str(found)
    tampered = [*COMPARED, f"{DRAWN}/card.json", f"{OTHER}/weights.safetensors"]
    for name in tampered:
        tamper(changed / name)
    found = verified(changed)
    said = str(found).splitlines()
    assert said[0] == f"NOT verified, {len(found.problems)} problems:"
    assert said[1:-1] == [f"  {problem}" for problem in found.problems]
    assert said[-1] == found.reading
    more = dataclasses.replace(found, problems=found.problems * 3)
    assert len(str(more).splitlines()) == 1 + SHOWN + 2
    assert f"and {len(more.problems) - SHOWN} more" in str(more)


@pytest.mark.parametrize("content", ["[", "stages: 3", "stages: {a: {outs: [{path: b}]}}", ""])
def test_a_damaged_dvc_lock(content: str, tmp_path: Path) -> None:
    (tmp_path / "params.yaml").write_text("{}")
    (tmp_path / "dvc.lock").write_text(content)
    with pytest.raises(ValueError, match=r"not as DVC writes it .* `git checkout dvc.lock`"):
        dvc_lock.read(tmp_path)


def test_dvc_lock_as_dvc_writes_it(finished: Path, tmp_path: Path) -> None:
    root = shutil.copytree(finished, tmp_path / "project", symlinks=True)
    record = dvc_lock.read(root)
    made = {name for job in engines.dvc_jobs(root).values() for name in job.outputs}
    assert (set(record.checksums), record.outdated) == (made, "")
    assert all(dvc_lock.md5(root / name) == record.checksums[name] for name in made)

    def left_out() -> set[str]:
        names = [name.split("/") for name in made - dvc_lock.read(root).checksums.keys()]
        return {"/".join(parts[1 : 3 if "train" in parts else 2]) for parts in names}

    after = {"compare", "track", "report"}
    engines.edit_params(root, engines.other_lstm)
    assert left_out() == {"train/lstm", *after}
    why = "architectures.features.lstm in params.yaml has changed since"
    assert dvc_lock.read(root).outdated == why
    (root / "src/ferbench/models/architectures/cnn.py").write_text("")
    assert left_out() == {"train/lstm", "train/cnn", *after}
    (root / "src/ferbench/steps/synthesize.py").unlink()
    assert dvc_lock.read(root).checksums == {}


@pytest.mark.parametrize("data", ["data/own", "../own", "../../own"])
def test_a_copy_leads_to_the_same_data(data: str, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(sandbox, "copy", lambda _, place: place.mkdir(parents=True))
    project = tmp_path / "a/b/project"
    project.mkdir(parents=True)
    (project / data).mkdir(parents=True)
    (project / data / "it").touch()
    place = sandbox.copy_with_data(project, tmp_path / "copies", data)
    assert (place / data / "it").samefile(project / data / "it")
    assert {path.name for path in (tmp_path / "a").parent.iterdir()} == {"a", "copies"}


def test_an_interruption_leaves_nothing(tmp_path: Path) -> None:
    ended = signal.SIGTERM  # SIGINT and SIGHUP may be ignored where the tests run
    root = engines.copy(tmp_path / "project", many_people)
    for name in (f"{DRAWN}/card.json", COMPARED[0]):
        (root / name).parent.mkdir(parents=True)
        (root / name).touch()
    with start(root, FERBENCH, "verify") as process:
        while not [*tmp_path.glob("ferbench-*/again/project/logs/synthesize.log")]:
            assert process.poll() is None
            time.sleep(0.1)
        process.send_signal(ended)
        process.communicate(timeout=60)
    assert process.returncode == 128 + ended
    assert [path.name for path in tmp_path.iterdir()] == ["project"]
    running = psutil.process_iter(["environ"])
    assert not [one for one in running if str(tmp_path) in str(one.info["environ"])]


@pytest.mark.heavy
def test_a_real_project_with_many_changed_files(project: Path, tmp_path: Path) -> None:
    root = shutil.copytree(project, tmp_path / "project")
    names = load(root / "params.yaml").names
    fits = [f"results/train/{name}/fold-{fold}" for name in names for fold in (0, 1)]
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
    with start(root, FERBENCH, "verify", "--sample", "1", "--seed", "5") as process:
        said, _ = process.communicate()
    assert process.returncode == 1, said
    assert {*re.findall(r"^  (results/\S+): ", said, re.MULTILINE)} == tampered, said
    assert [path.name for path in tmp_path.iterdir()] == ["project"]
