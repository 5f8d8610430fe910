"""Processes to measure: servers on free ports of this machine, the load generator, the command line."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
COMMAND = str(Path(sys.executable).with_name("lrp-kg"))
HOST = "127.0.0.1"
Json = dict[str, Any]
RECORD = json.dumps({"assessmentDate": "2024-02-12", "onsetDate": "2024-01-08", "careLine": "first-line"})
PAUSE = 0.01
"""Seconds between two ordinary requests."""


def environment(scratch: Path) -> dict[str, str]:
    """Return an environment with caches of its own: of diagrams, and of bytecode, as an installed package has it."""
    kept = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE" and not k.startswith("LRP_")}
    return kept | {"LRP_CACHE": str(scratch / "cache"), "PYTHONPYCACHEPREFIX": str(scratch / "bytecode")}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


class Server:
    """A server that was started here; ``ready`` is the time in seconds from its start to the first answer."""

    def __init__(self, arguments: list[str], port: int, env: dict[str, str], path: str = "/health") -> None:
        self.port = port
        with tempfile.TemporaryFile() as output:
            start = time.perf_counter()
            self.process = subprocess.Popen(
                arguments, env=env, stdout=output, stderr=output, cwd=HERE, start_new_session=True
            )
            while not _answers(port, path):
                if self.process.poll() is not None or time.perf_counter() - start > 60:
                    self.stop()
                    output.seek(0)
                    raise RuntimeError(f"{arguments} does not serve: {output.read().decode()[-2000:]}")
                time.sleep(0.002)
            self.ready = time.perf_counter() - start

    def stop(self) -> None:
        """Stop the server and its workers, and nothing else: they are a process group of their own."""
        if self.process.poll() is None:
            self.process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(10)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def worker_megabytes(self) -> float:
        """Return the resident memory of the largest worker."""
        listed = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        sizes = [resident_megabytes(int(pid)) for pid in listed]
        return max(sizes, default=0.0)

    def post(self, path: str, body: str) -> bytes:
        connection = http.client.HTTPConnection(HOST, self.port, timeout=60)
        connection.request("POST", path, body, {"Content-Type": "application/json"})
        response = connection.getresponse()
        answer = response.read()
        connection.close()
        assert response.status == 200, answer[:500]
        return answer


def resident_megabytes(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0


def _answers(port: int, path: str) -> bool:
    connection = http.client.HTTPConnection(HOST, port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status < 500
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


@contextlib.contextmanager
def service(env: dict[str, str], workers: int) -> Iterator[Server]:
    """Serve the guideline with the project's own command."""
    port = free_port()
    server = Server([COMMAND, "serve", "--port", str(port), "--workers", str(workers)], port, env)
    try:
        yield server
    finally:
        server.stop()


@contextlib.contextmanager
def constant(env: dict[str, str], workers: int, sizes: list[int]) -> Iterator[Server]:
    """Serve constants of these sizes on the same server software."""
    port = free_port()
    own = env | {"CONSTANT_SIZES": ",".join(map(str, sizes))}
    server = Server([sys.executable, str(HERE / "constant.py"), str(port), str(workers)], port, own)
    try:
        yield server
    finally:
        server.stop()


def load(port: int, path: str, bodies: list[str], connections: int, **limit: float) -> Json:
    """Let the load generator run in a process of its own; ``seconds`` or ``requests`` limit it."""
    job = {"host": HOST, "port": port, "path": path, "bodies": bodies, "connections": connections, **limit}
    done = subprocess.run(
        [sys.executable, str(HERE / "client.py")], input=json.dumps(job), capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"The load generator failed: {done.stderr[-2000:]}")
    result: Json = json.loads(done.stdout)
    return result


def timed(arguments: list[str], env: dict[str, str]) -> tuple[float, str]:
    """Run a command; return its seconds and its output."""
    start = time.perf_counter()
    done = subprocess.run(arguments, env=env, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - start
    if done.returncode:
        raise RuntimeError(f"{arguments} failed: {done.stderr[-2000:]}")
    return seconds, done.stdout


def import_times(code: list[str], env: dict[str, str], top: int = 18) -> str:
    """Return the modules that cost most when Python runs this, from -X importtime."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", *code], env=env, capture_output=True, text=True, check=False
    )
    rows = []
    for line in done.stderr.splitlines():
        own, _, rest = line.removeprefix("import time:").partition("|")
        total, _, name = rest.partition("|")
        if line.startswith("import time:") and own.strip().isdigit():
            rows.append((int(total), int(own), name.rstrip()))
    rows.sort(reverse=True)
    lines = [f"{total / 1000:9.1f} ms, {own / 1000:7.1f} of it its own {name}" for total, own, name in rows[:top]]
    return f"{len(rows)} modules imported; the most expensive (-X importtime)\n" + "\n".join(lines)


def ordinary(port: int, seconds: float) -> list[float]:
    """Return the milliseconds of single requests, one after the other with a pause."""
    connection = http.client.HTTPConnection(HOST, port, timeout=60)
    times, end = [], time.perf_counter() + seconds
    while time.perf_counter() < end:
        start = time.perf_counter()
        connection.request("POST", "/assess", RECORD, {"Content-Type": "application/json"})
        assert connection.getresponse().read()
        times.append(1000 * (time.perf_counter() - start))
        time.sleep(PAUSE)
    connection.close()
    return times
