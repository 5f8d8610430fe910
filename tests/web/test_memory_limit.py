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
from collections.abc import Iterator
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


class Connection:
    """A stream of lines over a connection, sent in chunks, with its answers."""

    def __init__(self, service: Service, path: str = "/assess") -> None:
        self.sock = socket.create_connection(("127.0.0.1", service.port), timeout=PATIENCE)
        head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: {NDJSON}\r\nTransfer-Encoding: chunked\r\n\r\n"
        self.sock.sendall(head.encode())

    def send(self, data: bytes) -> None:
        """Send a chunk; an empty one is the end."""
        self.sock.sendall(b"%x\r\n%b\r\n" % (len(data), data))

    def response(self) -> http.client.HTTPResponse:
        """Return the response once its head has arrived."""
        found = http.client.HTTPResponse(self.sock, method="POST")
        found.begin()
        return found

    def close(self) -> None:
        self.sock.close()


def test_each_line_is_answered_before_the_next_is_sent(service: Service) -> None:
    with closing(Connection(service, "/validate")) as stream:
        stream.send(b"{}\n")
        response = stream.response()
        assert orjson.loads(response.readline()) == {"line": 1, "valid": True, "findings": []}
        stream.send(b"\n[]\n")
        assert orjson.loads(response.readline())["line"] == 3
        stream.send(b'{"redFlags"')
        stream.send(b': "none"}')
        stream.send(b"")
        assert orjson.loads(response.readline()) == {"line": 4, "valid": True, "findings": []}
        assert response.read() == b""


def test_client_that_goes_away_ends_the_work(service: Service) -> None:
    """Far more answers than anybody would keep: 180 kB of empty records are a gigabyte of answers."""
    processes = service.processes()
    with ordinary(service):
        for _ in range(20):  # more than are answered at once: each gives its place back
            with closing(Connection(service)) as stream:
                stream.send(b"{}\n" * 60_000)
                response = stream.response()
                assert response.status == 200, response.read()
                for number in range(1, 4):
                    assert orjson.loads(response.readline())["line"] == number
    end = time.monotonic() + PATIENCE
    while cpu(processes) != (spent := cpu(processes)) or not time.sleep(0.3) and cpu(processes) - spent > 0.1:
        assert time.monotonic() < end


def test_client_that_does_not_read_holds_little(service: Service) -> None:
    processes = service.processes()
    end = time.monotonic() + PATIENCE
    streams: list[Connection] = []
    try:
        with ordinary(service):
            while len(streams) < 16:
                streams.append(stream := Connection(service))
                stream.sock.settimeout(0.1)
                try:
                    for _ in range(40):
                        stream.send(b"{}\n" * 100_000)
                except TimeoutError:  # the service takes no more
                    continue
                except ConnectionError:  # refused: a client of the test before has not given its place back yet
                    assert time.monotonic() < end
                    streams.pop().close()
        assert max(map(peak, processes)) < LIMIT
        with closing(Connection(service)) as one_more:
            one_more.send(b"")
            response = one_more.response()
            assert (response.status, orjson.loads(response.read())["code"]) == (503, "busy")
    finally:
        for stream in streams:
            stream.close()
    end = time.monotonic() + PATIENCE  # each gives its place back
    while service.ask("/validate", "POST", b"{}", {"Content-Type": NDJSON}).status != 200:
        assert time.monotonic() < end
        time.sleep(0.05)


CUT = b"Content-Length: 100\r\n\r\n"


@pytest.mark.parametrize(
    ("path", "media_type", "sent", "status", "code"),
    [
        ("/assess", "application/json", CUT + b'{"redFlags":"none"}', 400, "body-cut-short"),
        ("/assess", "text/turtle", CUT + b"@prefix cp: <urn:x> .\n", 400, "body-cut-short"),
        ("/validate", "application/n-triples", CUT + b"<urn:x> <urn:y> 1 .\n", 400, "body-cut-short"),
        ("/validate", NDJSON, CUT + b'{"redFl', 400, "body-cut-short"),
        ("/validate", NDJSON, CUT + b"{}\n", 200, "body-cut-short"),
        ("/validate", NDJSON, CUT + b'{}\n{"redFl', 200, "body-cut-short"),
        ("/assess", "application/json", b"Transfer-Encoding: chunked\r\n\r\n9\r\n{", 400, "broken-json"),
        ("/assess", "text/turtle", b"Transfer-Encoding: chunked\r\n\r\n9\r\n#", 411, "length-required"),
    ],
)
def test_cut_body_is_never_taken_for_a_whole_one(
    service: Service, path: str, media_type: str, sent: bytes, status: int, code: str
) -> None:
    with socket.create_connection(("127.0.0.1", service.port), timeout=PATIENCE) as sock:
        sock.sendall(f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: {media_type}\r\n".encode() + sent)
        sock.shutdown(socket.SHUT_WR)
        response = http.client.HTTPResponse(sock, method="POST")
        response.begin()
        assert (response.status, orjson.loads(response.read().splitlines()[-1])["code"]) == (status, code)
