"""A limit on clients that read long results, each of which holds a thread and a file until it has finished."""

from __future__ import annotations

import threading

from lrp_kg.errors import Busy

MOST = 128
"""Long results that a worker sends at the same time; short ones need no thread."""

ROOM = 4
"""Total size of the results that are being sent, as a multiple of the limit of one result."""


class Readers:
    """Counts the long results that are being sent, and their bytes."""

    def __init__(self, longest: int, most: int = MOST) -> None:
        self._room = ROOM * longest
        self._most = most
        self._lock = threading.Lock()
        self._number = 0
        self._bytes = 0

    def enter(self, size: int) -> None:
        """Register a result before sending it; raise `Busy` over the limit of number or size."""
        with self._lock:
            if self._number >= self._most or (self._number and self._bytes + size > self._room):
                raise Busy("Too many long results are being read. Ask again in a moment, or for less.")
            self._number += 1
            self._bytes += size

    def leave(self, size: int) -> None:
        """Release a result after it was sent or its client disconnected."""
        with self._lock:
            self._number -= 1
            self._bytes -= size
