"""Measure ordinary requests beside bodies that are made to be hard to read, sent one after the other.

Run it alone on a machine: ``python benchmarks/beside.py [SECONDS] [ROUNDS]``. Each round measures for so many seconds
without and with the bodies.
"""

from __future__ import annotations

import contextlib
import http.client
import itertools
import statistics
import sys
import tempfile
import threading
import time
from collections import defaultdict
from pathlib import Path

import serving

sys.path.insert(0, str(Path(__file__).parent.parent))
from tests.support.hostile_bodies import BODIES

SLOWEST = 3
"""Bodies that are named, by the time they took."""


class Attack(threading.Thread):
    """Sends the bodies in turn, each on a connection of its own."""

    def __init__(self, port: int, bodies: list[tuple[str, str, bytes]]) -> None:
        super().__init__()
        self.port, self.bodies, self.stop = port, bodies, threading.Event()
        self.taken: dict[str, list[float]] = defaultdict(list)

    def run(self) -> None:
        for name, media_type, body in itertools.cycle(self.bodies):
            if self.stop.is_set():
                return
            connection = http.client.HTTPConnection(serving.HOST, self.port, timeout=60)
            start = time.perf_counter()
            with contextlib.suppress(OSError):
                connection.request("POST", "/assess", body, {"Content-Type": media_type})
                connection.getresponse().read()
            self.taken[name].append(1000 * (time.perf_counter() - start))
            connection.close()


def p99(times: list[float]) -> float:
    return statistics.quantiles(times, n=100)[98]


def main() -> None:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 10.0
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 3
    bodies = [(b.name, b.media_type, b.make()) for b in BODIES]
    ratios = []
    with (
        tempfile.TemporaryDirectory() as scratch,
        serving.service(serving.environment(Path(scratch)), workers=1) as server,
    ):
        serving.ordinary(server.port, 2)
        for _ in range(rounds):
            alone = serving.ordinary(server.port, seconds)
            attack = Attack(server.port, bodies)
            attack.start()
            beside = serving.ordinary(server.port, seconds)
            attack.stop.set()
            attack.join()
            ratios.append(p99(beside) / p99(alone))
            sent = sum(map(len, attack.taken.values()))
            slowest = sorted(((max(t), name) for name, t in attack.taken.items()), reverse=True)[:SLOWEST]
            sys.stdout.write(
                f"alone {statistics.median(alone):.1f} ms, p99 {p99(alone):.1f} ms; beside {sent} bodies "
                f"{statistics.median(beside):.1f} ms, p99 {p99(beside):.1f} ms: {ratios[-1]:.1f} times that alone; "
                f"slowest bodies {', '.join(f'{name} ({ms:.0f} ms)' for ms, name in slowest)}\n"
            )
            sys.stdout.flush()
    sys.stdout.write(f"p99 beside bodies: {min(ratios):.1f} to {max(ratios):.1f} times that alone\n")


if __name__ == "__main__":
    main()
