"""Who is reading long results: each holds a thread and a file until it has read, or gone away."""

from __future__ import annotations

import threading

from lrp_kg.errors import Busy

MOST = 128
"""Long results that a worker hands out at once; short ones need no thread."""

ROOM = 4
"""Times that all of them together may be as long as one may be."""


class Readers:
    """Counts long results that are being read, and their bytes."""

    def __init__(self, longest: int, most: int = MOST) -> None:
        self._room = ROOM * longest
        self._most = most
        self._lock = threading.Lock()
        self._number = 0
        self._bytes = 0

    def enter(self, size: int) -> None:
        """Note that a result is about to be read; raise `Busy` where too many are, or too long ones."""
        with self._lock:
            if self._number >= self._most or (self._number and self._bytes + size > self._room):
                raise Busy("Too many long results are being read. Ask again in a moment, or for less.")
            self._number += 1
            self._bytes += size

    def leave(self, size: int) -> None:
        """Note that a result has been read, or that its reader has gone away."""
        with self._lock:
            self._number -= 1
            self._bytes -= size
