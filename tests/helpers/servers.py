"""Real servers of a test's own on 127.0.0.1, and a gate in front of one."""

import http.client
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

PATIENCE = 120
"""Seconds until a server must answer, on a busy machine."""


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


class Server:
    """A process, started anew on the same port after it was killed."""

    def __init__(self, folder: Path, command: list[str], port: int, **environment: str):
        self.port, self.address = port, f"http://127.0.0.1:{port}"
        self._folder, self._command, self._environment = folder, command, environment
        self.start()

    def start(self) -> None:
        """Returns when it answers."""
        log = self._folder / "log"
        with log.open("a") as to:
            given: dict[str, Any] = {"cwd": self._folder, "env": os.environ | self._environment}
            given |= {"stdout": to, "stderr": to, "start_new_session": True}
            self._process = subprocess.Popen(self._command, **given)
        for _ in range(4 * PATIENCE):
            assert self._process.poll() is None, log.read_text()
            try:
                with urlopen(f"{self.address}/health", timeout=5):  # noqa: S310 - our own address
                    return
            except (URLError, OSError):
                time.sleep(0.25)
        raise AssertionError(log.read_text())

    def end(self, how: signal.Signals = signal.SIGTERM) -> bool:
        """Returns False, when it has ended."""
        if self._process.poll() is None:
            os.killpg(self._process.pid, how)
            self._process.wait(timeout=30)
        return False


@contextmanager
def mlflow(folder: Path, store: str | None = None) -> Iterator[Server]:
    """`mlflow server` over `store`, by default SQLite in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    command = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--workers", "1"]
    command += ["--port", str(port), "--artifacts-destination", str(folder / "artifacts")]
    command += ["--backend-store-uri", store or f"sqlite:///{folder / 'mlflow.db'}"]
    quiet = {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false", "MLFLOW_DISABLE_TELEMETRY": "true"}
    server = Server(folder, command, port, **quiet)
    try:
        yield server
    finally:
        server.end()


@contextmanager
def postgres() -> Iterator[str]:
    """The address of an empty database of Debian's PostgreSQL, which must be installed."""
    programs = max(Path("/usr/lib/postgresql").glob("*/bin"), default=None)
    assert programs, "no /usr/lib/postgresql: apt-get install postgresql"
    as_whom: list[str] = []
    # pytest's own folder is closed to PostgreSQL's user.
    folder = Path(tempfile.mkdtemp(prefix="ferbench-postgres-", dir="/tmp"))
    if os.geteuid() == 0:  # which PostgreSQL refuses
        user = pwd.getpwnam("postgres")
        os.chown(folder, user.pw_uid, user.pw_gid)
        as_whom = ["runuser", "-u", "postgres", "--"]
    data, port = folder / "data", free_port()

    def run(program: str, *arguments: str) -> None:
        command = [*as_whom, str(programs / program), "-D", str(data), *arguments]
        subprocess.run(command, check=True, cwd=folder, stdout=subprocess.DEVNULL)

    try:
        run("initdb", "--auth=trust", "--username=ferbench", "--no-sync")
        options = f"-h 127.0.0.1 -p {port} -k {folder} -F"
        run("pg_ctl", "start", "-w", "-l", str(folder / "log"), "-o", options)
        try:
            yield f"postgresql://ferbench@127.0.0.1:{port}/postgres"
        finally:
            run("pg_ctl", "stop", "-m", "immediate")
    finally:
        shutil.rmtree(folder)


class Gate:
    """Lets requests through to a server one by one, counts them, and may fail or be slow."""

    def __init__(self, server: Server):
        self.requests: list[str] = []
        """Method and path of each."""
        self.delay = 0.0
        """Seconds before each."""
        self.lets: Callable[[int], bool] = lambda _: True
        """Whether a request is let through, by its number from 1."""
        gate = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _pass(self) -> None:
                if self.headers.get("Transfer-Encoding") == "chunked":  # so empty files are sent
                    assert self.rfile.readline() == b"0\r\n"
                    self.rfile.readline()
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                gate.requests.append(f"{self.command} {self.path}")
                if not gate.lets(len(gate.requests)):
                    self.close_connection = True
                    return
                time.sleep(gate.delay)
                through = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
                try:
                    own = ("Connection", "Transfer-Encoding")
                    sent = {k: v for k, v in self.headers.items() if k not in own}
                    through.request(self.command, self.path, body, sent)
                    answer = through.getresponse()
                    content = answer.read()
                except OSError:
                    self.close_connection = True
                    return
                finally:
                    through.close()
                self.send_response(answer.status)
                for name in ("Content-Type", "Location"):
                    if value := answer.headers.get(name):
                        self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _pass  # noqa: N815

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._proxy = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._proxy.daemon_threads = True
        self.address = f"http://127.0.0.1:{self._proxy.server_port}"
        Thread(target=self._proxy.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._proxy.shutdown()
        self._proxy.server_close()
