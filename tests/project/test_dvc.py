"""DVC shows, compares and stores the results; an experiment is one command."""

import csv
import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from dvc.utils.hydra import apply_overrides
from moto.server import ThreadedMotoServer

import engines
from comparison import run_compare
from fits_factory import write_study
from projects import call, commit
from small_store import rows_of

PLOTS = ("confusion", "curves", "errors")
HIDDEN = "architectures.features.lstm.hidden=60"


@pytest.fixture
def changed(copy: Path) -> Path:
    """That copy with other results of other parameters, not committed."""
    engines.edit_params(copy, engines.other_lstm)
    rates = copy / "results/compare/error_rates.json"
    content = json.loads(rates.read_text())
    content["error_rate"]["lstm"] += 0.5
    rates.write_text(json.dumps(content))
    for name in ("confusion.csv", "curves.csv"):
        path = copy / "results/compare" / name
        path.write_text(path.read_text().replace(",lstm,", ",another,"))
    return copy


def asked(root: Path, *command: str) -> Any:
    """What `dvc <command> --json` prints."""
    return json.loads(call(root, "dvc", *command, "--json"))


def systems_of(metrics: dict[str, Any]) -> dict[str, Any]:
    return {**metrics["architectures"], **metrics["baselines"], **metrics["ensembles"]}


def test_metrics_and_params_of_two_revisions(changed: Path) -> None:
    shown = asked(changed, "metrics", "show")[""]["data"]
    rates = shown["results/compare/error_rates.json"]["data"]["error_rate"]
    metrics = json.loads((changed / "results/compare/metrics.json").read_text())
    assert rates.keys() == systems_of(metrics).keys()
    assert rates["majority"] == metrics["baselines"]["majority"]["error_rate"]["mean"]
    (differing,) = asked(changed, "metrics", "diff").values()
    differences = {name: row["diff"] for name, row in differing.items()}
    assert differences == {"error_rate.lstm": pytest.approx(0.5)}
    hidden = {"architectures.features.lstm.hidden": {"old": 120, "new": 7, "diff": -113}}
    assert asked(changed, "params", "diff") == {"params.yaml": hidden}


def test_plots_of_two_revisions(changed: Path) -> None:
    plots = asked(changed, "plots", "diff", "HEAD")
    assert "errors" not in plots
    assert "track" in call(changed, "dvc", "dag")
    assert plots["data"].keys() == {*PLOTS}
    for name in PLOTS:
        (plot,) = plots["data"][name]
        assert sorted(plot["revisions"]) == ["HEAD", "workspace"]
        spec = plot["content"]
        rows = spec["data"]["values"]
        before, now = (
            {row["architecture"] for row in rows if row["rev"] == revision}
            for revision in ("HEAD", "workspace")
        )
        assert (before - now, now - before) == ({"lstm"}, {"another"})
        assert not unknown_fields(spec)
    call(changed, "dvc", "plots", "diff", "HEAD")
    assert (changed / "dvc_plots/index.html").exists()
    assert "dvc_plots" not in call(changed, "git", "status", "--porcelain")


def unknown_fields(spec: dict[str, Any]) -> set[str]:
    """Fields from which a plot draws that no row has and no transformation makes."""
    text = json.dumps({key: value for key, value in spec.items() if key != "data"})
    used = set(re.findall(r'"field": "(\w+)"', text)) | set(re.findall(r"datum\.(\w+)", text))
    made = set(re.findall(r'"as": "(\w+)"', text))
    return used - made - set.intersection(*map(set, spec["data"]["values"]))


def test_a_grid_of_panels_is_not_sorted() -> None:
    """With rows and columns in an order of its own, Vega-Lite puts panels under wrong headings."""
    path = engines.ROOT / ".dvc/plots/confusion_by_architecture.json"
    facet = json.loads(path.read_text())["facet"]
    assert not any("sort" in facet[way] for way in ("row", "column"))


def test_plots_say_what_the_comparison_says(tmp_path: Path) -> None:
    write_study(tmp_path / "train", ["rnn", "lstm"], [0, 1])
    made = tmp_path / "compare"
    run_compare(tmp_path, ["rnn", "lstm"], [0, 1], made)
    metrics = json.loads((made / "metrics.json").read_text())
    rates = json.loads((made / "error_rates.json").read_text())["error_rate"]
    decided, curves = (rows_of(made / name) for name in ("confusion.csv", "curves.csv"))
    assert {row["stamps"] for row in (*decided, *curves)} == {"SYNTHETIC"}
    systems = systems_of(metrics)
    assert {row["architecture"] for row in decided} == systems.keys() == rates.keys()
    for name, system in systems.items():
        assert rates[name] == system["error_rate"]["mean"]
        for fold, (rate,) in system["error_rate"]["folds"].items():
            counts = {"right": 0, "wrong": 0}
            for row in decided:
                if (row["architecture"], row["fold"]) == (name, fold):
                    kind = "right" if row["label"] == row["decision"] else "wrong"
                    counts[kind] += int(row["sequences"])
            assert counts["wrong"] / sum(counts.values()) == pytest.approx(rate)
    for name, system in metrics["architectures"].items():
        kept = [row for row in curves if row["architecture"] == name and row["kept"] == "yes"]
        assert {row["fold"]: [int(row["epoch"])] for row in kept} == system["stopping_epochs"]
        for row in (row for row in curves if row["architecture"] == name):
            history = rows_of(tmp_path / f"train/{name}/fold-{row['fold']}/history.csv")
            (written,) = (line for line in history if line["epoch"] == row["epoch"])
            for loss in ("train_loss", "validation_loss", "validation_error"):
                assert float(row[loss]) == float(written[loss])


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Address of an S3 server with a bucket `results`."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    boto3.client("s3", endpoint_url=f"http://{host}:{port}").create_bucket(Bucket="results")
    yield f"http://{host}:{port}"
    server.stop()


def round_trip(copy: Path, clone: Path) -> None:
    """Push to the default remote and clone; everything comes back, and nothing has to run."""
    commit(copy, "remote")
    call(copy, "dvc", "push")
    call(copy.parent, "git", "clone", "--quiet", str(copy), str(clone))
    call(clone, "dvc", "pull")
    weights = sorted((copy / "results/train").rglob("*.safetensors"))
    assert weights
    for path in weights:
        assert (clone / path.relative_to(copy)).read_bytes() == path.read_bytes()
    assert not list((clone / "results").rglob("*.zip"))
    printed = call(clone, "dvc", "repro", "--allow-missing")
    assert {*re.findall("^Running stage '(.*)'", printed, re.MULTILINE)} <= {"track"}
    assert call(clone, "git", "status", "--porcelain") == ""


def test_round_trip_by_a_folder(copy: Path, tmp_path: Path) -> None:
    call(copy, "dvc", "remote", "add", "--default", "store", str(tmp_path / "store"))
    round_trip(copy, tmp_path / "clone")


def test_round_trip_by_s3(copy: Path, tmp_path: Path, bucket: str) -> None:
    call(copy, "dvc", "remote", "add", "--default", "store", "s3://results/ferbench")
    call(copy, "dvc", "remote", "modify", "store", "endpointurl", bucket)
    round_trip(copy, tmp_path / "clone")
    listed = boto3.client("s3", endpoint_url=bucket).list_objects_v2(Bucket="results")
    stored = sum(1 for path in (copy / ".dvc/cache/files").rglob("*") if path.is_file())
    assert listed["KeyCount"] == stored


@pytest.mark.parametrize("override", [HIDDEN, "inputs.crops.recipe.epochs=3", "compare.seed=2"])
def test_an_override_rewrites_one_line(override: str, tmp_path: Path) -> None:
    """As `dvc exp run -S` applies it: comments and everything else stay."""
    before = (engines.ROOT / "params.yaml").read_text()
    path = tmp_path / "params.yaml"
    path.write_text(before)
    apply_overrides(path, [override])
    pairs = zip(before.splitlines(), path.read_text().splitlines(), strict=True)
    assert len([one for one, other in pairs if one != other]) == 1


@pytest.mark.heavy
def test_an_experiment_on_a_clean_clone(adopted: Path, tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    call(tmp_path, "git", "clone", "--quiet", str(adopted), str(clone))
    shutil.copytree(adopted / ".dvc/cache", clone / ".dvc/cache")  # as `dvc fetch` would
    call(clone, "dvc", "checkout")
    params = (clone / "params.yaml").read_text()
    printed = call(clone, "dvc", "exp", "run", "--allow-missing", "-S", HIDDEN)
    ran = re.findall("^Running stage '(.*)'", printed, re.MULTILINE)
    assert {"train-features@lstm-0", "train-features@lstm-1", "compare", "track"} <= {*ran}
    assert not [stage for stage in ran if stage.split("@")[0] in engines.STEPS[:4]]
    edited = params.replace("    lstm:\n      hidden: 120\n", "    lstm:\n      hidden: 60\n")
    assert (clone / "params.yaml").read_text() == edited
    table = call(clone, "dvc", "exp", "show", "--only-changed", "--csv").splitlines()
    sizes = {row["rev"]: row[HIDDEN.removesuffix("=60")] for row in csv.DictReader(table)}
    assert sizes.pop("workspace") == "60"
    assert sorted(sizes.values()) == ["120", "60"]
