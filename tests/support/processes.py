"""Processes of this machine, as /proc shows them."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path


def lives(pid: int) -> bool:
    """Return whether a process runs, or a thread of it; one that ended and was not waited for does not."""
    process = Path(f"/proc/{pid}")
    try:
        ended = (process / "stat").read_text().rpartition(")")[2].split()[0] == "Z"
        return not ended or sum(1 for _ in (process / "task").iterdir()) > 1
    except OSError:
        return False


def children(pid: int) -> list[int]:
    """Return the processes that a process has started and that run.

    Read from each process: the kernel's own list of children skips some while others end.
    """
    return [child for child, parent in _parents().items() if parent == pid]


def family(pid: int) -> set[int]:
    """Return a process and its descendants, as far as they run."""
    parents = _parents()
    found, left = {pid} & set(parents), [pid]
    while left:
        under = [child for child, parent in parents.items() if parent == left[-1]]
        left = left[:-1] + under
        found |= set(under)
    return found


def _parents() -> dict[int, int]:
    found = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError):
                state, parent = (entry / "stat").read_text().rpartition(")")[2].split()[:2]
                if state != "Z":
                    found[int(entry.name)] = int(parent)
    return found


def until(true: Callable[[], object], seconds: float = 10.0) -> float:
    """Wait until something holds and return the seconds that took; fail where it does not in time."""
    start = time.monotonic()
    while not true():
        assert time.monotonic() - start < seconds, "it did not happen in time"
        time.sleep(0.01)
    return time.monotonic() - start
