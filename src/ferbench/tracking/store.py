"""MLflow's store, opened by one process at a time; its failures become one line."""

import fcntl
import gc
import logging
import os
import re
import sqlite3
import tempfile
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from ferbench.io.files import sha256
from ferbench.tracking.moved import move_along

if TYPE_CHECKING:
    from mlflow import MlflowClient

DATABASE, FILES = Path("mlflow.db"), Path("mlruns")
"""In the working directory, where a bare `mlflow ui` looks, too."""
SQLITE = "sqlite:///"
DEFAULT = f"{SQLITE}{DATABASE}"
LONGEST = 300  # characters of the message of a failure
ENVIRONMENT = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",  # its default keeps a failure waiting for 4 minutes
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "20",  # seconds
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",  # of every run
}
"""Set before MLflow is imported, unless it is set already."""


def address() -> str:
    """Address of the store: MLFLOW_TRACKING_URI, or mlflow.db in the working directory."""
    return os.environ.get("MLFLOW_TRACKING_URI") or DEFAULT


def public(uri: str, text: str) -> str:
    """`text` without what may be secret in `uri`: user, password and query."""
    found = re.match(r"(?!sqlite)[^:]+://(?:(.*)@)?[^?]*(.*)", uri)
    if not found:
        return text
    user, query = (part or "" for part in found.groups())
    for secret in (f"{user}@", user.partition(":")[2], query):
        for written in (secret, unquote(secret)):
            text = text.replace(written, "") if len(written) > 1 else text
    return text


@contextmanager
def opened(uri: str, advice: str = "") -> Iterator[tuple["MlflowClient", str]]:
    """The store's client and the name of the writer, which belongs to the lock that is held.

    OSError, one line that ends with `advice`, if MLflow fails in whatever way.
    """
    here = str(Path.cwd())
    if uri == DEFAULT and unquote(here) != here:
        raise OSError(f"{here}: MLflow takes what follows % for a code; move the project{advice}")
    for variable, value in ENVIRONMENT.items():
        os.environ.setdefault(variable, value)
    gc.disable()  # finds no garbage in MLflow's imports, and takes an eighth of the time
    try:
        with _alone(uri) as writer:
            if uri == DEFAULT:
                move_along(DATABASE, FILES)
            yield _client(uri), writer
    except Exception as error:  # databases, drivers and protocols raise their own through MLflow
        said = " ".join(public(uri, str(error)).split())
        if len(said) > LONGEST:  # the beginning says what failed, the end why
            said = f"{said[: LONGEST // 2]} … {said[-LONGEST // 2 :]}"
        raise OSError(
            f"MLflow at {public(uri, uri)} failed: {type(error).__name__}: {said}{advice}"
        ) from error
    finally:
        gc.enable()


@contextmanager
def _alone(uri: str) -> Iterator[str]:
    """Wait until no other process of this user and machine mirrors into the store.

    The writer's name stands in the lock's file. A process that this lock does not keep out (on
    another machine, or with another temporary folder) has another name.
    """
    store = str(Path(uri.removeprefix(SQLITE)).resolve()) if uri.startswith(SQLITE) else uri
    name = sha256(f"{os.getuid()} {store}".encode())[:16]
    place = Path(tempfile.gettempdir()) / f"ferbench-{name}.lock"
    # No link is followed: every user of the machine may put one into this folder.
    descriptor = os.open(place, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "r+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        writer = lock.read()
        if not writer:
            writer = uuid.uuid4().hex
            lock.write(writer)
            lock.flush()
        yield writer


def _client(uri: str) -> "MlflowClient":
    from mlflow import MlflowClient

    for talkative in ("mlflow", "urllib3"):  # of every attempt, in several lines
        logging.getLogger(talkative).setLevel(logging.ERROR)
    if not uri.startswith("http"):
        from mlflow.store.db import utils

        utils.MAX_RETRY_COUNT = 5  # its 10 keep a failure waiting for 100 seconds, not 3
        if uri.startswith(SQLITE) and not Path(uri.removeprefix(SQLITE)).exists():
            # Until a new store is filled, SQLite need not wait for the disk. A killed process harms
            # nothing. If the power fails, the store may be lost, but it was new.
            from sqlalchemy import event
            from sqlalchemy.engine import Engine

            if not event.contains(Engine, "connect", _no_wait):
                event.listen(Engine, "connect", _no_wait)
    return MlflowClient(uri)


def _no_wait(connection: Any, _: object) -> None:
    if isinstance(connection, sqlite3.Connection):
        connection.execute("PRAGMA synchronous = OFF")


def experiment(client: "MlflowClient", name: str, tags: Mapping[str, str]) -> str:
    """Id of the experiment of that name; it is made, or restored from MLflow's bin, if need be."""
    from mlflow.exceptions import MlflowException

    found = client.get_experiment_by_name(name)
    if found is None:
        try:
            return client.create_experiment(name, tags=dict(tags))
        except MlflowException:  # another machine has just made it
            found = client.get_experiment_by_name(name)
            if found is None:
                raise
    if found.lifecycle_stage == "deleted":
        client.restore_experiment(found.experiment_id)
    for key, value in tags.items():
        describe(client, found.experiment_id, key, value)
    return str(found.experiment_id)


def describe(client: "MlflowClient", experiment: str, key: str, value: str) -> None:
    """Set a tag of the experiment, unless it is set."""
    from mlflow.exceptions import MlflowException

    if client.get_experiment(experiment).tags.get(key) != value:
        try:
            client.set_experiment_tag(experiment, key, value)
        except MlflowException:  # another machine has set it between MLflow's look and its insert
            client.set_experiment_tag(experiment, key, value)
