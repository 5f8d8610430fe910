"""Whose turn it is: a record that is sent alone goes before the lines of streams, which take turns."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from lrp_kg.errors import Busy
from lrp_kg.web.upload import STALLED

PATIENCE = 0.05
"""Seconds that a line waits at most for records that are sent alone, so that a busy service answers streams too."""

STREAMS = 16
"""Streams that a worker answers at once. Each may hold as much as is read ahead of it."""


class StreamPlace:
    """The place of a stream among those that a worker answers at once."""

    def __init__(self) -> None:
        self.given_up = False
        self._waiting: float | None = time.monotonic()
        self._close: Callable[[], object] | None = None

    @property
    def waited(self) -> float:
        """The seconds for which the client has neither sent a line nor taken an answer."""
        since = self._waiting
        return 0.0 if since is None else time.monotonic() - since

    def wait(self) -> None:
        """Begin to wait for the client."""
        self._waiting = time.monotonic()

    def work(self) -> None:
        """Work on what the client has sent."""
        self._waiting = None

    def on_giving_up(self, close: Callable[[], object]) -> None:
        """Say what ends the waiting for the client."""
        self._close = close

    def give_up(self) -> None:
        """End the stream."""
        self.given_up = True
        if self._close:
            self._close()


class Turns:
    """Orders the work of a worker: Python computes on one thread at a time, so several only hinder each other."""

    def __init__(self) -> None:
        self._alone = 0
        self._places: list[StreamPlace] = []
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

    def begin(self) -> StreamPlace:
        """Return a place for a stream, if need be of one that waits for its client; raise `Busy` if there is none."""
        with self._change:
            if len(self._places) >= STREAMS:
                longest = max(self._places, key=lambda place: place.waited)
                if longest.waited < STALLED:
                    raise Busy(f"{STREAMS} streams are being answered. Send this one again in a moment.")
                self._places.remove(longest)
                longest.give_up()
            place = StreamPlace()
            self._places.append(place)
            return place

    def end(self, place: StreamPlace) -> None:
        """Free a place, unless it was given up."""
        with self._change:
            if place in self._places:
                self._places.remove(place)
