"""A service whose processes may reserve 512 MB answers hostile bodies and long streams, and others beside them."""

from __future__ import annotations

import http.client
import itertools
import json
import os
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import orjson
import pytest

from tests.support.hostile_bodies import BODIES, NDJSON
from tests.support.serving import Service, serving

pytestmark = pytest.mark.slow

LIMIT = 512 << 20
"""Bytes that each process may reserve for data and stacks."""

SECONDS = 2.0
"""CPU seconds in which the service answers a body. A busy machine may take longer by the clock."""

PATIENCE = 20.0
"""Seconds by the clock in which anything is answered, however busy the machine is."""

JSON = {"Content-Type": "application/json"}
LINES = {"Content-Type": NDJSON}
RECORD = json.dumps({"assessmentDate": "2024-02-12", "onsetDate": "2024-01-08", "careLine": "first-line"})
TICK = os.sysconf("SC_CLK_TCK")


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    with serving(memory=LIMIT) as found:
        yield found
        assert max(map(peak, found.processes())) < LIMIT


def peak(pid: int) -> int:
    """Return the most bytes that a process has held in memory."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(re.findall(r"VmHWM:\s*(\d+)", status)[0]) * 1024


def cpu(pids: set[int]) -> float:
    """Return the CPU seconds that processes have taken."""
    fields = [Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split() for pid in pids]
    return sum(int(f[11]) + int(f[12]) for f in fields) / TICK


@contextmanager
def ordinary(service: Service) -> Iterator[None]:
    """Send ordinary records meanwhile; each is answered."""
    stop = threading.Event()
    failed: list[object] = []

    def client() -> None:
        while not stop.wait(0.05):
            try:
                answer = service.ask("/assess?detail=summary", "POST", RECORD, JSON, timeout=PATIENCE)
            except (OSError, http.client.HTTPException) as error:
                failed.append(error)
            else:
                failed.extend([answer.text] if answer.status != 200 else [])

    thread = threading.Thread(target=client)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
    assert failed == []


def test_hostile_bodies(service: Service) -> None:
    processes, before = service.processes(), 0.0
    with ordinary(service):
        for body, path in zip(BODIES, itertools.cycle(("/validate", "/assess"))):
            data, before = body.make(), cpu(processes)
            answer = service.ask(path, "POST", data, {"Content-Type": body.media_type}, timeout=PATIENCE)
            assert answer.status == (200 if body.media_type == NDJSON else body.status), (body.name, answer.text[:300])
            assert cpu(processes) - before < SECONDS, body.name
    assert service.processes() == processes
