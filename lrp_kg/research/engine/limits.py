"""What an error says when a query reaches a limit: which one, its value, its setting, and what to do."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from lrp_kg.errors import Busy, LimitReached, MemoryLimit, QueryTimeLimit, RowLimit, SizeLimit
from lrp_kg.research.engine.model import Limits, setting

NARROW = "Narrow it, or ask for a part with LIMIT"
ROWS = "Count instead, or ask for parts with ORDER BY, LIMIT and OFFSET"
SIZE = "Ask for fewer columns, or for parts with LIMIT and OFFSET"
LIMITS: dict[str, tuple[type[LimitReached], str, str, str]] = {
    "limit-time": (QueryTimeLimit, "seconds", "ran longer than {0:g} seconds and was stopped", NARROW),
    "limit-rows": (RowLimit, "rows", "has more than {0} rows or triples", ROWS),
    "limit-size": (SizeLimit, "size", "has a result of more than {0} bytes", SIZE),
    "limit-memory": (MemoryLimit, "memory", "needed more than {0} bytes of memory and was stopped", NARROW),
}
"""The error of each limit, its name in `Limits`, what a query that reaches it does, and advice."""


def limit_reached(code: str, limits: Limits) -> LimitReached:
    """Return the error of a limit: which one, its value, the setting, and what to do."""
    kind, name, what, advice = LIMITS[code]
    reached = what.format(getattr(limits, name))
    return kind(f"The query {reached} (LRP_{setting(name)}). {advice}. Nothing of the result is given.")


def time_reached(limits: Limits, used: float, lasted: float, *, by_clock: bool) -> LimitReached:
    """Return the error of a query that used so many CPU seconds, lasted so many, and reached one of the two limits."""
    if by_clock:
        return QueryTimeLimit(
            f"The query was stopped after {lasted:.1f} seconds by the clock, in which it got {used:.1f} of the "
            f"{limits.seconds:g} CPU seconds that it may use (LRP_{setting('patience')} times "
            f"LRP_{setting('seconds')}). The machine is busy: ask again later. Nothing of the result is given."
        )
    return QueryTimeLimit(
        f"The query used up its {limits.seconds:g} seconds of CPU time, within {lasted:.1f} by the clock, and was "
        f"stopped (LRP_{setting('seconds')}). {NARROW}. Nothing of the result is given."
    )


@contextmanager
def slot(slots: threading.BoundedSemaphore, limits: Limits) -> Iterator[None]:
    """Hold one of the slots of queries that may run at once; raise `Busy` if none is free."""
    if not slots.acquire(blocking=False):
        raise Busy(
            f"{limits.concurrent} queries are running, which is as many as may run at once "
            f"(LRP_{setting('concurrent')}). Ask again in a moment."
        )
    try:
        yield
    finally:
        slots.release()
