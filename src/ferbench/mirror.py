"""Runs as they should be, and an MLflow store made to agree with them."""

import hashlib
import json
import logging
import os
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run

DEFAULT_STORE = "sqlite:///mlflow.db"
"""In the working directory, where a bare `mlflow ui` looks; its files go to ./mlruns."""

JOB, FINGERPRINT, PARENT = "ferbench.job", "ferbench.fingerprint", "mlflow.parentRunId"
MOST_PARAMS, MOST_METRICS = 100, 1000
"""What MLflow takes in one call."""

ENVIRONMENT = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",  # its default keeps a failure waiting for 4 minutes
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "20",  # seconds
}
"""Set before MLflow is imported, unless it is set already."""


class Point(NamedTuple):
    """A value of a metric."""

    name: str
    value: float
    step: int


@dataclass(frozen=True)
class Job:
    """A run as it should be."""

    key: str
    """What the run is of, the same in every store."""
    name: str
    params: Mapping[str, str]
    metrics: Sequence[Point]
    tags: Mapping[str, str]
    files: Sequence[Path]
    parent: str | None = None
    """Key of the job it is nested in, which comes earlier."""

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of all the run holds: names, parameters, metrics, tags and files."""
        said = [self.key, self.name, self.params, self.metrics, self.tags, self.parent]
        digest = hashlib.sha256(json.dumps(said).encode())
        for path in self.files:
            digest.update(path.name.encode() + hashlib.sha256(path.read_bytes()).digest())
        return digest.hexdigest()


def mirror(jobs: Sequence[Job], experiment: str) -> str:
    """Make the experiment hold one finished run for each job and no other run made from a job.

    Returns how to look at it. OSError naming the store if MLflow fails, whatever the reason.
    """
    for variable, value in ENVIRONMENT.items():
        os.environ.setdefault(variable, value)
    uri = os.environ.get("MLFLOW_TRACKING_URI") or DEFAULT_STORE
    try:
        from mlflow import MlflowClient

        for talkative, level in (("mlflow", logging.WARNING), ("urllib3", logging.ERROR)):
            logging.getLogger(talkative).setLevel(level)
        client = MlflowClient(uri)
        _agree(client, _experiment(client, experiment), jobs)
    except Exception as error:  # MLflow lets through those of its databases, drivers and protocols
        said = " ".join(_public(uri, str(error)).split())[:300]
        raise OSError(
            f"MLflow at {_public(uri, uri)} failed: {type(error).__name__}: {said}; the results "
            "are safe, run `ferbench track` again to complete the mirror"
        ) from error
    if uri.startswith("http"):
        return f"open {_public(uri, uri)}"
    option = "" if uri == DEFAULT_STORE else f" --backend-store-uri {_public(uri, uri)}"
    return f"mlflow ui{option}"


def _public(uri: str, text: str) -> str:
    """`text` without the user and password of `uri`."""
    user, _, _ = urlsplit(uri).netloc.rpartition("@")
    return text.replace(f"{user}@", "") if user else text


def _experiment(client: "MlflowClient", name: str) -> str:
    """Its id; made, or restored from MLflow's bin, where it is not there."""
    found = client.get_experiment_by_name(name)
    if found is None:
        return client.create_experiment(name)
    if found.lifecycle_stage == "deleted":
        client.restore_experiment(found.experiment_id)
    return str(found.experiment_id)


def _agree(client: "MlflowClient", experiment: str, jobs: Sequence[Job]) -> None:
    present = _present(client, experiment)
    ids: dict[str, str] = {}
    for job in jobs:
        parent = ids[job.parent] if job.parent else None
        kept = next((run for run in present[job.key] if _holds(run, job)), None)
        if kept:
            present[job.key].remove(kept)
            if parent and kept.data.tags.get(PARENT) != parent:
                client.set_tag(kept.info.run_id, PARENT, parent)
        for outdated in present.pop(job.key):
            client.delete_run(outdated.info.run_id)
        ids[job.key] = kept.info.run_id if kept else _log(client, experiment, job, parent)
    for runs in present.values():
        for run in runs:
            client.delete_run(run.info.run_id)


def _present(client: "MlflowClient", experiment: str) -> defaultdict[str, list["Run"]]:
    """The experiment's runs by the job they were made from; others are none of our business."""
    runs: defaultdict[str, list[Run]] = defaultdict(list)
    page: str | None = None
    while True:
        found = client.search_runs([experiment], page_token=page)
        for run in found:
            if JOB in run.data.tags:
                runs[run.data.tags[JOB]].append(run)
        page = found.token
        if not page:
            return runs


def _holds(run: "Run", job: Job) -> bool:
    return run.info.status == "FINISHED" and run.data.tags.get(FINGERPRINT) == job.fingerprint


def _log(client: "MlflowClient", experiment: str, job: Job, parent: str | None) -> str:
    """Write the run; it counts as finished only when all of it is there."""
    from mlflow.entities import Metric, Param

    nested = {PARENT: parent} if parent else {}
    tags = {**job.tags, **nested, JOB: job.key, FINGERPRINT: job.fingerprint}
    run = client.create_run(experiment, run_name=job.name, tags=tags)
    if run.info.experiment_id != experiment:
        raise ValueError(f"the run went to experiment {run.info.experiment_id}, not {experiment}")
    now = int(time.time() * 1000)
    metrics = [Metric(name, value, now, step) for name, value, step in job.metrics]
    params = [Param(name, value) for name, value in job.params.items()]
    for start in range(0, len(params), MOST_PARAMS):
        client.log_batch(run.info.run_id, params=params[start : start + MOST_PARAMS])
    for start in range(0, len(metrics), MOST_METRICS):
        client.log_batch(run.info.run_id, metrics=metrics[start : start + MOST_METRICS])
    for path in job.files:
        client.log_artifact(run.info.run_id, str(path))
    client.set_terminated(run.info.run_id)
    return str(run.info.run_id)
