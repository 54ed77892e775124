"""The mirror of the finished fits in MLflow. The files are the truth; this can be made again."""

import hashlib
import json
import re
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ferbench import determinism
from ferbench.config.schema import Track
from ferbench.io.files import publish, read_json
from ferbench.results.fits import Fit, read_all
from ferbench.results.predictions import existing
from ferbench.tracking import store
from ferbench.tracking.contents import FIGURE, jobs
from ferbench.tracking.job import Data, filled
from ferbench.tracking.mirror import NOTE, agree
from ferbench.tracking.page import page, view

AGAIN = "; the results are safe, run the same command again to complete the mirror"
LONGEST = 6000
"""Characters of a note's table; MLflow cuts a note off at 8000."""


def track(
    params: Track,
    *,
    architectures: Sequence[str],
    folds: Sequence[int],
    fits: Path,
    metrics: Path,
    table: Path,
    frames: Path,
    landmarks: Path,
    parts: Path,
    receipt: Path,
    **figures: Path,
) -> None:
    """Make MLflow show a run for each architecture and, nested in it, one for each of its fits.

    The store is `sqlite:///mlflow.db` unless MLFLOW_TRACKING_URI names another. Runs that are there
    already and say the same are left alone; others are superseded, and those of fits that are no
    longer asked for are archived. A mirror that was broken off is completed by the next call.

    Args:
        params: names the experiment.
        architectures: names.
        folds: ids.
        fits: folder of the fits, <architecture>/fold-<id>/.
        metrics: JSON of compare to read, of the same architectures and folds.
        table: Markdown of compare, kept with every architecture's run.
        frames: .npy of preprocess, of which the runs say the digest, as of the next two.
        landmarks: .npy of preprocess.
        parts: folder of split's JSON, fold-<id>.json.
        receipt: JSON to write: which runs there are and the fingerprint of each; no run ids.
        figures: SVG of compare, kept with every architecture's run.

    Raises:
        ValueError: a fit or a result of compare is missing, broken or does not fit the others.
        OSError: MLflow failed; nothing but the receipt is missing then.
    """
    finished = read_all(fits, architectures, folds)
    summary = _summary(metrics, finished)
    data = _data(frames, landmarks, parts, folds, summary)
    note = _note(table)
    wanted = list(jobs(finished, summary, data, [table, *figures.values(), metrics], note))
    name = "-".join([params.experiment, summary["dataset"], *summary["stamps"]])
    content = {"experiment": name, "runs": {job.key: job.fingerprint for job in wanted}}
    tags = {"dataset": summary["dataset"], "data": " ".join(summary["stamps"]) or "real"}
    tags |= {"mlflow.experimentKind": "custom_model_development", **view()}
    uri = store.address()
    with store.opened(uri, AGAIN) as (client, writer):
        experiment = store.experiment(client, name, tags)
        runs = agree(client, experiment, wanted, writer, _provenance())
        store.describe(client, experiment, NOTE, filled(note, runs[wanted[0].key]))
    _give(receipt, json.dumps(content, indent=2) + "\n")
    look = page(store.public(uri, uri), experiment) if uri.startswith("http") else "ferbench ui"
    print(f"MLflow: {len(wanted)} runs in experiment {name}; to look at them: {look}")


def _give(receipt: Path, text: str) -> None:
    """A receipt that says the same already keeps its time, by which Snakemake knows it."""
    if not receipt.exists() or receipt.read_text(encoding="utf-8") != text:
        with publish(receipt) as (to,):
            to.write_text(text, encoding="utf-8")


def _summary(path: Path, fits: Mapping[str, Sequence[Fit]]) -> dict[str, Any]:
    """What metrics.json says; ValueError unless it is of these fits."""
    summary: dict[str, Any] = read_json(path, "architectures")
    try:
        compared = {
            name: {
                int(fold): (epoch, round(row["error_rate"]["folds"][fold], 9))
                for fold, epoch in row["stopping_epochs"].items()
            }
            for name, row in summary["architectures"].items()
        }
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{path}: not what `ferbench compare` writes: {error!r}") from None
    if compared != {
        name: {fit.card.fold: (fit.card.stopping_epoch, _error_rate(fit)) for fit in of_one}
        for name, of_one in fits.items()
    }:
        raise ValueError(f"{path}: of other fits than these; run `ferbench compare` again")
    return summary


def _error_rate(fit: Fit) -> float:
    rows = fit.test.sequences
    return round(float((rows.predicted != rows.label).mean()), 9)


def _data(
    frames: Path, landmarks: Path, parts: Path, folds: Sequence[int], summary: Mapping[str, Any]
) -> dict[int, Data]:
    arrays = [hashlib.sha256(existing(path).read_bytes()).digest() for path in (frames, landmarks)]
    name = " ".join([summary["dataset"], *summary["stamps"]])
    data = {}
    for fold in folds:
        path = parts / f"fold-{fold}.json"
        divided = read_json(existing(path), "parts")["parts"]
        profile = {
            part: {what: len(of_part[what]) for what in ("sequences", "subjects")}
            for part, of_part in divided.items()
        }
        digest = hashlib.sha256(b"".join([*arrays, path.read_bytes()])).hexdigest()
        data[fold] = Data(name, digest, str(frames), fold, profile)
    return data


def _note(table: Path) -> str:
    """The table, its stamps first, and the figure; RUN stands for a run that has the figure."""
    _heading, *said = table.read_text(encoding="utf-8").strip().splitlines()
    lines: list[str] = []
    for line in said:
        # Columns need not be aligned where Markdown is drawn.
        lines.append(re.sub(r"-{3,}", "--", re.sub(r" {2,}", " ", line)))
        if sum(map(len, lines)) > LONGEST:
            lines[-1] = "\n… all of it: table.md, among the artifacts of every architecture's run."
            break
    return "\n".join(
        [*lines, "", f"![Comparison](get-artifact?path={FIGURE}&run_uuid=RUN)"]
    ).strip()


def _provenance() -> dict[str, str]:
    """The machine and the commit at hand, and whether anything but results differs from it."""
    where = ["--", ".", ":!results", ":!dvc.lock"]
    commit, changed = _git("rev-parse", "HEAD"), _git("status", "--porcelain", *where)
    return {
        "mlflow.source.name": "ferbench track",
        "mlflow.source.git.commit": commit or "unknown",
        "machine": determinism.machine(),
        "git.dirty": "unknown" if commit is None or changed is None else str(bool(changed)).lower(),
    }


def _git(*command: str) -> str | None:
    try:
        said = subprocess.run(["git", *command], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return said.stdout.strip()
