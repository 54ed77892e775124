"""An MLflow experiment, made to agree with jobs.

The tags of every run name its job, the fingerprint of what it holds, and its state. Each job has
one current run. A run whose results have changed since is superseded, and nested in the current
one. A run whose job is no longer wanted is archived. Of finished runs only second copies are
deleted; a run whose fingerprint is wanted again becomes the current one again.
"""

import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ferbench.tracking.job import Job, Shared
from ferbench.tracking.log import log_run, provenance
from ferbench.tracking.page import illustrated

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run

JOB, FINGERPRINT, SHARED = "ferbench.job", "ferbench.fingerprint", "ferbench.shared"
STATE, WRITER = "ferbench.state", "ferbench.writer"
PARENT, NOTE = "mlflow.parentRunId", "mlflow.note.content"
CURRENT, SUPERSEDED, ARCHIVED = "current", "superseded", "archived"
ABANDONED = 3600
"""Seconds after which an unfinished run of another writer counts as left by a crash."""
Runs = Mapping[str, Sequence["Run"]]  # by the key of their job


def update(
    client: "MlflowClient", experiment: str, jobs: Sequence[Job], shared: Shared, writer: str
) -> dict[str, str]:
    """Make the experiment hold a current run of each job; return their ids, by the job's key.

    Only what differs is written. What was broken off is done again.

    Args:
        client: of the store.
        experiment: id.
        jobs: parents before their children.
        shared: what the runs without a parent show, too.
        writer: name of the process that writes; one process at a time has it.
    """
    runs = _present(client, experiment)
    current = _chosen(runs, jobs)
    missing = [job for job in jobs if job.key not in current]
    # MLflow lists the latest first: in the order of the jobs.
    began, origin = int(time.time() * 1000), provenance()
    for place, job in enumerate(missing):
        ours = {JOB: job.key, FINGERPRINT: job.fingerprint, STATE: CURRENT, WRITER: writer}
        nested = {PARENT: current[job.parent].info.run_id} if job.parent else {}
        tags = {**job.tags, **nested, **ours, **origin}
        run = client.create_run(experiment, began - place, tags, job.name)
        if run.info.experiment_id != experiment:
            raise ValueError(f"a run went to experiment {run.info.experiment_id}")
        log_run(client, run, job)
        current[job.key] = run
    if missing:  # another writer may have written the same meanwhile; of two the first stays
        runs = _present(client, experiment)
        current = _chosen(runs, jobs)
    _settle(client, runs, jobs, current, writer)
    for job in jobs:
        if not job.parent:
            _share(client, current[job.key], shared)
    return {key: run.info.run_id for key, run in current.items()}


def _present(client: "MlflowClient", experiment: str) -> Runs:
    """The experiment's runs that were made from a job; others, made by hand, are left alone."""
    runs = defaultdict(list)
    page: str | None = None
    while True:
        found = client.search_runs([experiment], page_token=page)
        for run in found:
            if JOB in run.data.tags:
                runs[run.data.tags[JOB]].append(run)
        page = found.token
        if not page:
            return runs


def _chosen(runs: Runs, jobs: Sequence[Job]) -> dict[str, "Run"]:
    """The run of each job that has one; of two, the same one for every process that asks."""
    chosen = {}
    for job in jobs:
        whole = [run for run in runs.get(job.key, ()) if _holds(run, job)]
        if whole:
            chosen[job.key] = min(whole, key=lambda run: (run.info.start_time, run.info.run_id))
    return chosen


def _holds(run: "Run", job: Job) -> bool:
    same = run.data.tags.get(FINGERPRINT) == job.fingerprint
    lost = (job.files or job.figures) and _lost(run)
    return same and run.info.status == "FINISHED" and not lost


def _lost(run: "Run") -> bool:
    """Whether files of the run or of its model are missing on this machine."""
    from mlflow.utils.file_utils import local_file_uri_to_path

    if urlsplit(run.info.artifact_uri).scheme not in ("", "file"):
        return False
    # <experiment>/<run>/artifacts
    place = Path(local_file_uri_to_path(run.info.artifact_uri))  # type: ignore[no-untyped-call]
    models = run.outputs.model_outputs if run.outputs else []
    kept = [place, *(place.parents[1] / "models" / model.model_id for model in models)]
    return not all(path.is_dir() for path in kept)


def _settle(
    client: "MlflowClient",
    runs: Runs,
    jobs: Sequence[Job],
    current: Mapping[str, "Run"],
    writer: str,
) -> None:
    """Bring the state of every run up to date, and delete what crashes left."""
    asked = {job.key: job for job in jobs}
    for key, of_job in runs.items():
        job = asked.get(key)
        for run in of_job:
            if job and run is current[key]:
                parent = current[job.parent].info.run_id if job.parent else None
                _set(client, run, CURRENT, job.name, parent)
            elif run.info.status != "FINISHED":
                # This writer is not writing it; another may be.
                too_old = (time.time() - ABANDONED) * 1000
                if run.data.tags.get(WRITER) == writer or run.info.start_time < too_old:
                    _delete(client, run)
            elif job and run.data.tags[FINGERPRINT] == job.fingerprint:
                _delete(client, run)
            else:
                name = str(run.info.run_name)
                for state in (SUPERSEDED, ARCHIVED):
                    name = name.removesuffix(f" ({state})")
                state = SUPERSEDED if job else ARCHIVED
                above = current[key].info.run_id if job else run.data.tags.get(PARENT)
                _set(client, run, state, f"{name} ({state})", above)


def _set(client: "MlflowClient", run: "Run", state: str, name: str, parent: str | None) -> None:
    """Set name, state and parent. The tag comes last, so that what was broken off is done again."""
    from mlflow.entities import RunTag

    if PARENT in run.data.tags and not parent:
        client.delete_tag(run.info.run_id, PARENT)
    if run.info.run_name != name:
        client.update_run(run.info.run_id, name=name)
    if run.data.tags.get(STATE) != state and run.outputs:
        for model in run.outputs.model_outputs:
            client.set_logged_model_tags(model.model_id, {STATE: state})
    wanted = {STATE: state} | ({PARENT: parent} if parent else {})
    tags = [RunTag(key, value) for key, value in wanted.items() if run.data.tags.get(key) != value]
    if tags:
        client.log_batch(run.info.run_id, tags=tags)


def _delete(client: "MlflowClient", run: "Run") -> None:
    ours = f"source_run_id = '{run.info.run_id}'"
    for model in client.search_logged_models([run.info.experiment_id], filter_string=ours):
        client.delete_logged_model(model.model_id)
    client.delete_run(run.info.run_id)


def _share(client: "MlflowClient", run: "Run", shared: Shared) -> None:
    """Bring the shared files up to date. The tag comes last: what was broken off is done again."""
    from mlflow.entities import RunTag

    fingerprint = shared.fingerprint
    if run.data.tags.get(SHARED) == fingerprint and not _lost(run):
        return
    for path in shared.files:
        client.log_artifact(run.info.run_id, str(path))
    tags = {NOTE: illustrated(shared.note, run.info.run_id), SHARED: fingerprint}
    client.log_batch(run.info.run_id, tags=[RunTag(*tag) for tag in tags.items()])
