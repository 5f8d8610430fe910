"""The processes of the service and their memory, as figures for Prometheus."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from lrp_kg.effort import resident

if TYPE_CHECKING:
    from prometheus_client.metrics_core import Metric


class Processes:
    """Collects the number and memory of the processes by role: main, worker, and engine, which answers queries."""

    def collect(self) -> Iterator[Metric]:
        """Yield the figures of this moment."""
        from prometheus_client.metrics_core import GaugeMetricFamily

        number = GaugeMetricFamily("lrp_kg_processes", "Processes of the service.", labels=["role"])
        total = GaugeMetricFamily(
            "lrp_kg_resident_bytes", "Memory they hold; what they share counts twice.", labels=["role"]
        )
        largest = GaugeMetricFamily("lrp_kg_resident_bytes_max", "Memory of the largest one.", labels=["role"])
        for role, sizes in memory_by_role(os.getpid(), os.getppid()).items():
            number.add_metric([role], len(sizes))
            total.add_metric([role], sum(sizes))
            largest.add_metric([role], max(sizes, default=0))
        yield from (number, total, largest)


def memory_by_role(worker: int, main: int) -> dict[str, list[int]]:
    """Return the bytes that each process of a role holds, as one of the workers sees them."""
    workers = _children(main) or [worker]
    engines, todo = [], list(workers)
    while todo:
        found = _children(todo.pop())
        engines += found
        todo += found
    return {
        role: [size for pid in pids if (size := resident(pid))]
        for role, pids in (("main", [main]), ("worker", workers), ("engine", engines))
    }


def _children(pid: int) -> list[int]:
    found = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            found += [int(child) for child in task.read_text(encoding="ascii").split()]
        except OSError:  # the thread has ended
            continue
    return found
