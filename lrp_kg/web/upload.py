"""The body of a request that is read while it is answered: line by line as it arrives, some of it ahead."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from lrp_kg.errors import BodyCutShort, NotReading, RecordError
from lrp_kg.record.lines import Line, numbered_lines
from lrp_kg.web.problems import log_unexpected
from lrp_kg.words import error as say

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

AHEAD = 4 * 1024 * 1024
"""Bytes of lines that are read ahead. Many clients read no answer before they have sent everything."""

OBJECTS = 160
"""Bytes that a line takes besides its own: those of the objects of Python that hold it."""

STALLED = 30.0
"""Seconds without a line answered, while no more can be read ahead, after which the rest is not answered."""

_NOT_READING = (
    f"No answer was read for {STALLED:g} seconds while lines were sent; this line and those after it are not answered. "
    "Read answers while you send, or send less at once."
)


class Body:
    """The body of a WSGI request as lines; it raises `BodyCutShort` where less arrives than was announced.

    Bytes are read one by one: the server blocks until it has as many as it is asked for, and the sender of a line
    may wait for its answer. A byte takes less than a microsecond. One thread alone reads a body, to its end, before the
    answer ends: otherwise a whole worker of Granian 2.8 was seen to stop.
    """

    def __init__(self, environ: WSGIEnvironment) -> None:
        length = environ.get("CONTENT_LENGTH")
        self._read: Callable[[int], bytes] = environ["wsgi.input"].read
        self._left = int(length) if length else None
        if self._left is None and not environ.get("wsgi.input_terminated"):
            self._left = 0  # without a length, and on a server that would not say where the body ends

    def readline(self, most: int) -> bytes:
        """Return the next line, or as much of it as is asked for; nothing at the end of the body."""
        if self._left is not None:
            most = min(most, self._left)
        found = bytearray()
        read = self._read
        while len(found) < most and (byte := read(1)):
            found += byte
            if byte == b"\n":
                break
        if self._left is not None:
            self._left -= len(found)
            if self._left and not found.endswith(b"\n") and len(found) < most:
                raise say(BodyCutShort, "error-cut", count=self._left)
        return bytes(found)


class Upload:
    """Reads the lines of a body on a thread of its own, at most `AHEAD` bytes ahead of what is answered.

    So a client that sends everything before it reads an answer does not wait for a service that waits for it. One
    that sends more than that without reading is given up after `STALLED` seconds: the rest of the body is read and
    dropped, and the last thing that arrives is `NotReading`.
    """

    def __init__(self, readline: Callable[[int], bytes], longest: int) -> None:
        self._readline = readline
        self._longest = longest
        self._arrived: deque[Line] = deque()
        self._ahead = 0
        self._ended = self._closed = False
        self._change = threading.Condition()
        threading.Thread(target=self._run, name="lrp-kg-upload", daemon=True).start()

    def __iter__(self) -> Iterator[Line]:
        """Yield what arrives, waiting for it; an error other than a line that is too long is the last."""
        while True:
            with self._change:
                self._change.wait_for(lambda: self._arrived or self._ended)
                if not self._arrived:
                    return
                number, line = self._arrived.popleft()
                self._ahead -= _size(line)
                self._change.notify_all()
            yield number, line

    def close(self) -> None:
        """Read no further, and forget what was read ahead."""
        with self._change:
            self._closed = True
            self._arrived.clear()
            self._change.notify_all()

    def _run(self) -> None:
        reading, number = True, 0
        try:
            for number, line in numbered_lines(self._readline, self._longest):
                if reading:
                    reading = self._put(number, line)
                if self._closed:
                    return
        except Exception as error:  # whatever it is, an answer that ends early must not look complete
            log_unexpected(error)
            self._arrived.append((number + 1, BodyCutShort("The body could not be read to its end. Send it again.")))
        finally:
            with self._change:
                self._ended = True
                self._change.notify_all()

    def _put(self, number: int, line: bytes | RecordError) -> bool:
        """Add what has arrived once there is room; return whether to read on."""
        with self._change:
            while self._ahead and self._ahead + _size(line) > AHEAD:
                before = self._ahead
                if not self._change.wait_for(lambda b=before: self._closed or self._ahead < b, STALLED):  # type: ignore[misc]
                    self._arrived.append((number, NotReading(_NOT_READING)))
                    return False
                if self._closed:
                    break
            self._arrived.append((number, line))
            self._ahead += _size(line)
            self._change.notify_all()
            return not self._closed


def _size(line: bytes | RecordError) -> int:
    return OBJECTS + (len(line) if isinstance(line, bytes) else 0)
