"""What an error says when a query reaches a limit: which one, its value, its setting, and what to do."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from lrp_kg.errors import Busy, LimitReached, MemoryLimit, QueryTimeLimit, RowLimit, SizeLimit
from lrp_kg.research.engine.model import Limits, setting
from lrp_kg.words import error as say

LIMITS: dict[str, tuple[type[LimitReached], str]] = {
    "limit-time": (QueryTimeLimit, "seconds"),
    "limit-rows": (RowLimit, "rows"),
    "limit-size": (SizeLimit, "size"),
    "limit-memory": (MemoryLimit, "memory"),
}
"""The error of each limit, and its name in `Limits`."""


def limit_reached(code: str, limits: Limits) -> LimitReached:
    """Return the error of a limit: which one, its value, the setting, and what to do."""
    kind, name = LIMITS[code]
    return say(kind, f"query-{code}", value=f"{getattr(limits, name):.12g}", setting=f"LRP_{setting(name)}")


def time_reached(limits: Limits, used: float, lasted: float, *, by_clock: bool) -> LimitReached:
    """Return the error of a query that used so many CPU seconds, lasted so many, and reached one of the two limits."""
    return say(
        QueryTimeLimit,
        "query-limit-clock" if by_clock else "query-limit-used",
        used=f"{used:.1f}",
        lasted=f"{lasted:.1f}",
        limit=f"{limits.seconds:g}",
        patience=f"LRP_{setting('patience')}",
        setting=f"LRP_{setting('seconds')}",
    )


def copying_reached(kind: type[LimitReached], limits: Limits) -> LimitReached:
    """Return the error of a query that reached a limit of time or memory, for which graphs were copied."""
    seconds, memory = (f"LRP_{setting(name)}" for name in ("seconds", "memory"))
    return say(kind, "query-limit-copying", seconds=seconds, memory=memory)


@contextmanager
def slot(slots: threading.BoundedSemaphore, limits: Limits) -> Iterator[None]:
    """Hold one of the slots of queries that may run at once; raise `Busy` if none is free."""
    if not slots.acquire(blocking=False):
        raise say(Busy, "query-busy", count=limits.concurrent, setting=f"LRP_{setting('concurrent')}")
    try:
        yield
    finally:
        slots.release()
