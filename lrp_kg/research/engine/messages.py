"""Messages between the pool, the process that forks, and the workers: JSON, bytes, and a file where they are many."""

from __future__ import annotations

import json
import os
import socket
import struct
from typing import Any, NamedTuple

_HEAD = struct.Struct("!II")
LARGEST = 64 * 1024 * 1024
"""Bytes of a message that are received."""

COPYING = {"copying": True}
"""What a worker sends before its answer, where it copies graphs for a query."""


class Message(NamedTuple):
    """A message: JSON data, bytes, and perhaps a file descriptor that now belongs to the receiver."""

    data: dict[str, Any]
    payload: bytes
    descriptor: int | None


def send(sock: socket.socket, data: dict[str, Any], payload: bytes = b"", descriptor: int | None = None) -> None:
    """Send a message whole."""
    text = json.dumps(data).encode()
    head = _HEAD.pack(len(text), len(payload))
    if descriptor is None:
        sock.sendall(head + text + payload)
        return
    sent = socket.send_fds(sock, [head], [descriptor])
    sock.sendall(head[sent:] + text + payload)


def receive(sock: socket.socket) -> Message | None:
    """Receive a message whole; ``None`` where the other side is gone."""
    descriptors: list[int] = []
    head = _exactly(sock, _HEAD.size, descriptors)
    lengths = _HEAD.unpack(head) if head else (0, 0)
    if sum(lengths) > LARGEST:
        raise ConnectionError("a message is too long")
    body = _exactly(sock, sum(lengths), descriptors) if head else None
    if body is None:
        for descriptor in descriptors:
            os.close(descriptor)
        return None
    return Message(json.loads(body[: lengths[0]]), body[lengths[0] :], descriptors[0] if descriptors else None)


def _exactly(sock: socket.socket, size: int, descriptors: list[int]) -> bytes | None:
    """Receive so many bytes, and note the file descriptors with them; ``None`` if the other side is gone."""
    parts = bytearray()
    while len(parts) < size:
        try:
            part, passed, _flags, _address = socket.recv_fds(sock, size - len(parts), 1)
        except ConnectionError:
            return None
        descriptors += passed
        if not part:
            return None
        parts += part
    return bytes(parts)
