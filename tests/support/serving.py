"""Run `lrp-kg serve` or the Oxigraph server on a free port for a test, and clean up afterwards."""

from __future__ import annotations

import http.client
import os
import resource
import shutil
import signal
import socket
import subprocess
import sys
import sysconfig
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

import pyoxigraph as ox

from lrp_kg.errors import LrpError
from lrp_kg.research.engine.remote import RemoteEngine
from lrp_kg.research.store.generations import Store

OXIGRAPH = shutil.which("oxigraph", path=sysconfig.get_path("scripts")) or shutil.which("oxigraph")
TOKEN = "a-token-of-the-tests-only"  # noqa: S105 - none of any service
PATIENCE = 90.0
"""Seconds before a service must be ready; the first one for a guideline computes its closure."""


@dataclass
class Answer:
    """An HTTP response with its whole body."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()


@dataclass
class Service:
    """A running service."""

    port: int
    process: subprocess.Popen[bytes]
    token: str | None = None
    output: Path | None = None
    """The output of both streams."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def ask(
        self,
        path: str,
        method: str = "GET",
        body: bytes | str | None = None,
        headers: Mapping[str, str] | None = None,
        *,
        timeout: float = 60.0,
    ) -> Answer:
        """Send one request on a new connection."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        sent = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        try:
            connection.request(method, path, body, {**sent, **(headers or {})})
            response = connection.getresponse()
            found = {k.lower(): v for k, v in response.getheaders()}
            return Answer(response.status, found, response.read())
        finally:
            connection.close()

    def sparql(self, query: str, accept: str = "application/sparql-results+json", **more: str) -> Answer:
        """Send a query by GET."""
        return self.ask("/sparql?" + urlencode({"query": query, **more}), headers={"Accept": accept})

    def processes(self) -> set[int]:
        """Return the process and its descendants."""
        found, todo = set(), [self.process.pid]
        while todo:
            pid = todo.pop()
            found.add(pid)
            for task in Path(f"/proc/{pid}/task").glob("*/children"):
                try:
                    todo += [int(child) for child in task.read_text().split()]
                except OSError:
                    continue
        return found


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serving(
    *options: str,
    token: str | None = None,
    ready: bool = True,
    output: Path | None = None,
    memory: int | None = None,
    **settings: str,
) -> Iterator[Service]:
    """Serve with options and settings (``QUERY_SECONDS="2"``); ``ready`` waits until the service answers queries.

    ``memory`` is the most bytes of data and stacks that each process may reserve (``RLIMIT_DATA``).
    """
    port = free_port()
    environment = {**os.environ, **{f"LRP_{name}": value for name, value in settings.items()}}
    command = [sys.executable, "-m", "lrp_kg.cli", "serve", "--port", str(port), *options]
    with (output or Path(os.devnull)).open("wb") as stream:
        process = subprocess.Popen(
            command, env=environment, stdout=stream, stderr=subprocess.STDOUT, start_new_session=True
        )
    if memory:
        resource.prlimit(process.pid, resource.RLIMIT_DATA, (memory, memory))  # before it starts others
    service = Service(port, process, token, output)
    try:
        _wait(service, "/health")
        if ready:
            _wait(service, "/sparql?query=ASK%7B%7D")
        yield service
    finally:
        started = service.processes()
        process.send_signal(signal.SIGTERM)  # Ctrl+C is ignored where a shell runs the tests in the background
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        end = time.monotonic() + 10
        while any(map(_lives, started)) and time.monotonic() < end:
            time.sleep(0.05)
        left = [pid for pid in started if _lives(pid)]
        for pid in left:
            os.kill(pid, signal.SIGKILL)
        assert not left, "the service left processes behind"


def _lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def _wait(service: Service, path: str) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        try:
            if service.ask(path).status in (200, 401):  # it answers, or asks for a token
                return
        except OSError:
            pass
        if service.process.poll() is not None:
            raise AssertionError(f"the service ended with {service.process.returncode}")
        time.sleep(0.1)
    raise AssertionError(f"{path} was not ready in time")


def make_store(folder: Path, quads: Iterable[ox.Quad]) -> Path:
    """Write a store folder with these quads only, without records."""
    with Store(folder).write() as writer:
        target = writer.next_folder()
        store = ox.Store(str(target))
        store.extend(quads)
        store.flush()
        del store
        about = {"created": "2024-01-01T00:00:00+00:00", "guideline": "", "content": "", "package": "", "records": 0}
        writer.switch(target, **about)
    return folder


@contextmanager
def running_oxigraph(folder: Path, *options: str, data: Path | None = None) -> Iterator[str]:
    """Load a folder with the bulk loader of Oxigraph, run its server, and yield the address."""
    assert OXIGRAPH, "oxigraph is among the packages of the tests"
    if data:
        loader = [OXIGRAPH, "load", "--location", str(folder), "--file", str(data)]
        subprocess.run(loader, check=True, capture_output=True)
    url = f"http://127.0.0.1:{free_port()}"
    command = [OXIGRAPH, "serve", "--location", str(folder), "--bind", url.removeprefix("http://"), *options]
    with running_endpoint(command, url + "/query", subprocess.DEVNULL):
        yield url


@contextmanager
def running_endpoint(command: Sequence[str], url: str, out: int | None = None) -> Iterator[None]:
    """Run a program while it answers queries at an address; its output goes to `out`, or is printed."""
    with subprocess.Popen(command, stdout=out, stderr=out) as process:
        try:
            end = time.monotonic() + 60
            while not _answers(url):
                assert process.poll() is None, f"{command[0]} has ended"
                assert time.monotonic() < end, f"{command[0]} does not answer"
                time.sleep(0.05)
            yield
        finally:
            process.terminate()


def update(url: str, text: str) -> None:
    """Change the data of a running Oxigraph server."""
    connection = http.client.HTTPConnection(url.removeprefix("http://"))
    connection.request("POST", "/update", text, {"Content-Type": "application/sparql-update"})
    assert connection.getresponse().status == 204
    connection.close()


def _answers(url: str) -> bool:
    try:
        RemoteEngine(url).rows("SELECT * {}")
    except LrpError:
        return False
    return True
