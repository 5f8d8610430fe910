"""How much work one record may make: CPU seconds and memory, checked between steps of the work.

`limited` begins to count; `check`, called where the work can become long, raises once a limit is reached. Outside
`limited` there is no limit. Only the work of the thread itself counts, so a busy machine ends nothing; Python's full
collections of garbage do not, which take longer the more the whole process holds.
"""

from __future__ import annotations

import gc
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from lrp_kg.errors import RecordMemoryLimit, RecordTimeLimit

UNNOTICED = 0.05
"""CPU seconds before memory is looked at: most records need less."""

SELDOM = (20_000, 20, 50)
"""After how many new objects, and how many collections of younger ones, a process that answers many records collects
garbage. What is remembered of answers lives long, and is no garbage when it is forgotten: references say so."""
_changing = threading.Lock()
_thresholds: list[tuple[int, int, int]] = []
"""What each of those that collect seldom found, the first one first."""
_OLDEST = 2
"""The generation of Python's collections that walk through all objects."""

_PAGE = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 0

_NOTHING = "Nothing of it was decided. Send less: a record has at most its fields, each once."


@dataclass(frozen=True)
class Effort:
    """The most that one record may need: CPU seconds, and bytes by which the process may grow meanwhile."""

    seconds: float = 2.0
    memory: int = 256 * 1024 * 1024


@dataclass
class _Spent:
    limit: Effort
    began: float
    held: int
    """Bytes that the process held when the work began; 0 where nothing says."""
    collecting: float = 0.0


_spent: ContextVar[_Spent | None] = ContextVar("spent", default=None)


def collect_seldom() -> None:
    """Leave what a process has prepared out of collections of garbage, and collect seldom from now on."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*SELDOM)


@contextmanager
def collecting_seldom() -> Iterator[None]:
    """Collect garbage seldom while many records are answered, in a process that may do something else afterwards.

    Several threads may do so at once: the last one that is done restores what the first one found.
    """
    with _changing:
        _thresholds.append(gc.get_threshold())
        gc.set_threshold(*SELDOM)
    try:
        yield
    finally:
        with _changing:
            gc.set_threshold(*_thresholds.pop())


@contextmanager
def limited(limit: Effort) -> Iterator[None]:
    """Limit the work on one record."""
    if _on_collection not in gc.callbacks:
        gc.callbacks.append(_on_collection)
    token = _spent.set(_Spent(limit, time.thread_time(), resident()))
    try:
        yield
    finally:
        _spent.reset(token)


def _on_collection(phase: str, info: dict[str, Any]) -> None:
    """Count nothing of a collection that walks through all that the process holds."""
    spent = _spent.get()
    if spent is None or info["generation"] < _OLDEST:
        return
    if phase == "start":
        spent.collecting = time.thread_time()
    else:
        spent.began += time.thread_time() - spent.collecting


@contextmanager
def for_all_records() -> Iterator[None]:
    """Count nothing of work whose result is kept and serves every record, whichever record is the first to need it."""
    spent = _spent.get()
    token = _spent.set(None)
    began, held = time.thread_time(), resident()
    try:
        yield
    finally:
        _spent.reset(token)
        if spent is not None:
            spent.began += time.thread_time() - began
            spent.held += resident() - held if spent.held else 0


def check() -> None:
    """Raise `RecordTimeLimit` or `RecordMemoryLimit` if the work on a record has reached its limit."""
    spent = _spent.get()
    if spent is None:
        return
    seconds = time.thread_time() - spent.began
    if seconds > spent.limit.seconds:
        raise time_reached(spent.limit)
    if spent.held and seconds > UNNOTICED and resident() - spent.held > spent.limit.memory:
        raise memory_reached(spent.limit)


def time_reached(limit: Effort) -> RecordTimeLimit:
    """Return the error of a record that needs more CPU seconds."""
    seconds = f"{limit.seconds:g}"
    return RecordTimeLimit(
        f"The record needed more than {seconds} CPU seconds (LRP_RECORD_SECONDS) and was stopped. {_NOTHING}",
        phrase=("limit-record-time", {"seconds": seconds}),
    )


def memory_reached(limit: Effort) -> RecordMemoryLimit:
    """Return the error of a record that needs more memory."""
    return RecordMemoryLimit(
        f"The record needed more than {limit.memory} bytes of memory (LRP_RECORD_MEMORY) and was stopped. {_NOTHING}",
        phrase=("limit-record-memory", {"bytes": limit.memory}),
    )


def resident(pid: int | None = None) -> int:
    """Return the bytes of memory that a process holds, this one or another; 0 where it is gone, or nothing says."""
    try:
        if pid is None:
            return _pages(os.pread(_own_file(), 200, 0))
        with open(f"/proc/{pid}/statm", "rb") as file:
            return _pages(file.read())
    except (AttributeError, OSError, ValueError, IndexError):
        return 0


def _pages(said: bytes) -> int:
    return int(said.split()[1]) * _PAGE


@lru_cache(maxsize=1)
def _own_file() -> int:
    """Return the file that says how much this process holds; opening it for each record takes as long as reading it."""
    return os.open("/proc/self/statm", os.O_RDONLY | os.O_CLOEXEC)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_own_file.cache_clear)  # the file is that of the process that opened it
