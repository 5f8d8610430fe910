"""Requests sent byte by byte, as data in ``raw_requests.json``: each is answered as it should be.

An entry has a name; how it is sent (empty: as it is, ``ends``: the client ends its side, ``slow``: in pieces); the
request, in which ``{9*x}`` stands for nine times x; and the statuses that may come, one list for each possibility.
"""

from __future__ import annotations

import json
import re
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.serving import Service, serving

REQUESTS = json.loads(Path(__file__).with_name("raw_requests.json").read_text(encoding="utf-8"))
NEVER = (b"Traceback", b"site-packages", b"s3cret", b"evil", b"<script>", b"root:")
PIECES = 10


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    with serving(ready=False) as found:
        yield found


def sent(port: int, how: str, raw: str) -> bytes:
    """Send a request, and return all that is answered."""
    whole = re.sub(r"\{(\d+)\*(.*?)\}", lambda m: int(m[1]) * m[2], raw, flags=re.DOTALL).encode("latin-1")
    size = max(1, len(whole) // PIECES) if how == "slow" else len(whole)
    found = bytearray()
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        try:
            for start in range(0, len(whole), size or 1):
                connection.sendall(whole[start : start + size])
                if how == "slow":
                    time.sleep(0.02)
            if how == "ends":
                connection.shutdown(socket.SHUT_WR)
            while part := connection.recv(65536):
                found += part
        except ConnectionError:
            pass  # the service has answered and closed before all was sent
    return bytes(found)


@pytest.mark.slow
def test_raw_requests(service: Service) -> None:
    assert len(REQUESTS) > 70
    wrong = []
    for name, how, raw, possible in REQUESTS:
        answer = sent(service.port, how, raw)
        statuses = [int(status) for status in re.findall(rb"HTTP/1\.[01] (\d{3})", answer)]
        if statuses not in possible or any(word in answer for word in NEVER):
            wrong.append((name, possible, statuses, answer[:200]))
    assert not wrong
    assert service.ask("/health").status == 200
