"""Whose turn it is: a record that is sent alone goes before the lines of streams, which take turns."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

from lrp_kg.errors import Busy
from lrp_kg.words import error as say

PATIENCE = 0.05
"""Seconds that a line waits at most for records that are sent alone, so that a busy service answers streams too."""

STREAMS = 16
"""Streams that a worker answers at once. Each may hold as much as is read ahead of it."""


class Turns:
    """Orders the work of a worker: Python computes on one thread at a time, so several only hinder each other."""

    def __init__(self) -> None:
        self._alone = 0
        self._streams = 0
        self._lines: deque[object] = deque()
        self._change = threading.Condition()

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Work on a record that was sent alone."""
        with self._change:
            self._alone += 1
        try:
            yield
        finally:
            with self._change:
                self._alone -= 1
                self._change.notify_all()

    @contextmanager
    def line(self) -> Iterator[None]:
        """Work on a line of a stream, after those that wait already."""
        mine = object()
        with self._change:
            self._lines.append(mine)
            self._change.wait_for(lambda: self._lines[0] is mine)
            self._change.wait_for(lambda: not self._alone, PATIENCE)
        try:
            yield
        finally:
            with self._change:
                self._lines.popleft()
                self._change.notify_all()

    def begin(self) -> None:
        """Count a stream; raise `Busy` over the limit."""
        with self._change:
            if self._streams >= STREAMS:
                raise say(Busy, "error-streams", count=STREAMS)
            self._streams += 1

    def end(self) -> None:
        """Count a stream as ended."""
        with self._change:
            self._streams -= 1
