"""MLflow's pages in a browser, on this machine alone."""

import os
import socket
import sys

from ferbench.tracking import store
from ferbench.tracking.page import page, view

FIRST = 5000  # port, if it is free; else the next one that is


def ui() -> None:
    """Print where the runs are to be seen, and serve MLflow's pages until interrupted.

    Raises:
        OSError: there is no store, MLflow failed, or no port is free.
    """
    uri = store.address()
    if uri == store.DEFAULT and not store.DATABASE.exists():
        raise OSError(
            f"{store.DATABASE}: no such file, so there are no runs; `make benchmark` makes them"
        )
    remote = uri.startswith("http")
    server = store.public(uri, uri).rstrip("/") if remote else f"http://127.0.0.1:{_port()}"
    with store.opened(uri) as (client, _):
        ours = [
            (found.name, page(server, found.experiment_id))
            for found in client.search_experiments()
            if view().keys() <= found.tags.keys()
        ]
    for name, where in ours or [("no runs yet", server)]:
        print(f"{name}: {where}", flush=True)
    if remote:
        return
    # The store's address may hold a password, which no list of processes should show.
    os.environ["MLFLOW_BACKEND_STORE_URI"] = uri
    os.environ.setdefault("MLFLOW_SERVER_ENABLE_JOB_EXECUTION", "false")  # no page needs it
    options = ["--host", "127.0.0.1", "--port", server.rpartition(":")[2], "--workers", "1"]
    command = [sys.executable, "-m", "mlflow", "ui", *options]
    os.execv(sys.executable, command)  # noqa: S606 - no shell is wanted


def _port() -> int:
    for port in range(FIRST, FIRST + 100):
        with socket.socket() as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                trial.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise OSError(f"no port of 127.0.0.1 from {FIRST} to {FIRST + 99} is free; stop a server")
