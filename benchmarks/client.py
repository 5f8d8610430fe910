"""The load generator, a process of its own: keep-alive connections on raw sockets, one request at a time on each.

Reads a JSON job on standard input (host, port, path, bodies, connections, and seconds or requests), prints a JSON
result. It parses no more of an answer than its status and length; its own processor time is reported, so that a run
in which it was the bottleneck can be recognised.
"""

from __future__ import annotations

import json
import re
import selectors
import socket
import sys
import time
from typing import Any

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


class Connection:
    """One connection: what it waits for, and since when."""

    def __init__(self, host: str, port: int) -> None:
        self.socket = socket.create_connection((host, port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.since = 0
        self.pieces: list[bytes] = []
        self.missing = -1

    def ask(self, request: bytes) -> None:
        self.pieces, self.missing = [], -1
        self.since = time.perf_counter_ns()
        self.socket.sendall(request)

    def read(self) -> int | None:
        """Read what is there; return the length of the body once the answer is complete."""
        piece = self.socket.recv(1 << 18)
        if not piece:
            raise ConnectionError("The server closed a connection.")
        self.pieces.append(piece)
        if self.missing < 0:
            head = b"".join(self.pieces)
            end = head.find(b"\r\n\r\n")
            if end < 0:
                return None
            length = _LENGTH.search(head, 0, end)
            if not head.startswith(b"HTTP/1.1 200") or not length:
                raise ConnectionError(f"Not an answer of known length: {head[:300]!r}")
            self.length = int(length[1])
            self.missing = end + 4 + self.length - len(head)
        else:
            self.missing -= len(piece)
        return self.length if self.missing == 0 else None


def run(job: dict[str, Any]) -> dict[str, Any]:
    """Send requests and return how many were answered in which time."""
    head = (
        f"POST {job['path']} HTTP/1.1\r\nHost: {job['host']}:{job['port']}\r\nAccept: application/json\r\n"
        "Content-Type: application/json\r\nContent-Length: "
    )
    bodies = [body.encode() for body in job["bodies"]]
    requests = [f"{head}{len(body)}\r\n\r\n".encode() + body for body in bodies]
    limit = job.get("requests") or 1 << 60
    watch = selectors.DefaultSelector()
    for _ in range(job["connections"]):
        connection = Connection(job["host"], job["port"])
        watch.register(connection.socket, selectors.EVENT_READ, connection)
    times: list[int] = []
    received = sent = 0
    spent = time.process_time()
    start = time.perf_counter_ns()
    end = start + int(job.get("seconds", 600) * 1e9)
    busy = set()
    for key in watch.get_map().values():
        if sent < limit:
            key.data.ask(requests[sent % len(requests)])
            busy.add(key.data)
            sent += 1
    while busy:
        for key, _ in watch.select():
            connection = key.data
            length = connection.read()
            if length is None:
                continue
            now = time.perf_counter_ns()
            times.append(now - connection.since)
            received += length
            if sent < limit and now < end:
                connection.ask(requests[sent % len(requests)])
                sent += 1
            else:
                busy.discard(connection)
    seconds = (time.perf_counter_ns() - start) / 1e9
    spent = time.process_time() - spent
    for key in list(watch.get_map().values()):
        key.data.socket.close()
    times.sort()
    return {
        "requests": len(times),
        "seconds": seconds,
        "perSecond": len(times) / seconds,
        "p50": times[len(times) // 2] / 1000,
        "p99": times[99 * len(times) // 100] / 1000,
        "meanBytes": received / len(times),
        "generatorBusy": spent / seconds,
    }


if __name__ == "__main__":
    print(json.dumps(run(json.load(sys.stdin))))
