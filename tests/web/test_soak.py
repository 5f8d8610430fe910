"""Hours of work at most of what the service takes: good, odd and hostile requests mixed, memory flat, no error of ours.

``SOAK_SECONDS`` says how long, 1,800 by default.
"""

from __future__ import annotations

import http.client
import itertools
import json
import os
import random
import signal
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

import pytest

from tests.support.hostile_bodies import BODIES
from tests.support.serving import Service, serving
from tests.web.test_hostile import DIRECT, HEAVY, JSON, RECORD, STAGES
from tests.web.test_odd_inputs import FAMILIES

pytestmark = [pytest.mark.long, pytest.mark.alone]

SECONDS = float(os.environ.get("SOAK_SECONDS", "1800"))
SLOTS = 12
QUERYING = 7
"""Clients that always have a query running; with the three that sometimes ask one: four fifths of what may run."""

GROWTH = 96 * 1024 * 1024
"""Bytes by which a process of the service may grow after the first third."""

CEILING = 1024 * 1024 * 1024
"""Bytes of a process at which the soak stops, before the machine has none left."""

GOOD = (
    ("POST", "/assess", json.dumps(RECORD).encode(), JSON),
    ("POST", "/assess", (json.dumps(RECORD) + "\n").encode() * 20, {"Content-Type": "application/x-ndjson"}),
    ("POST", "/validate", json.dumps(RECORD).encode(), JSON),
    ("GET", "/sparql?" + urlencode({"query": STAGES}), b"", {}),
    ("GET", "/term/cp:Stage", b"", {"Accept": "text/turtle"}),
    ("GET", "/queries/decisions.csv", b"", {}),
    ("GET", "/health", b"", {}),
)


@dataclass
class Soak:
    """Clients of a service, and what they are answered."""

    service: Service
    end: float
    counts: Counter[str] = field(default_factory=Counter)
    wrong: list[tuple[str, int, str]] = field(default_factory=list)
    slowest: float = 0.0

    def ask(self, kind: str, name: str, method: str, path: str, body: bytes, headers: dict[str, str]) -> None:
        start = time.monotonic()
        try:
            answer = self.service.ask(path, method, body, headers)
            status, text = answer.status, answer.body[:300].decode("utf-8", "replace")
        except (OSError, http.client.HTTPException) as error:
            time.sleep(0.5)
            status, text = 0, type(error).__name__
        if kind == "good":
            self.slowest = max(self.slowest, time.monotonic() - start)
        limits = ('"limit-',) if kind in ("heavy", "hostile") else ()
        fine = status == 200 if kind == "good" else 200 <= status < 500 or any(code in text for code in limits)
        self.counts[f"{kind} {status}"] += 1
        if not fine:
            self.wrong.append((f"{kind} {name}", status, text))

    def good(self, seed: int) -> None:
        chosen = random.Random(seed)
        while time.monotonic() < self.end:
            method, path, body, headers = chosen.choice(GOOD)
            self.ask("good", path, method, path, body, headers)
            time.sleep(0.05)

    def odd(self) -> None:
        entries = [entry for family in FAMILIES.values() for entry in family]
        for name, method, path, headers, body, _, _ in itertools.cycle(entries):
            if time.monotonic() >= self.end:
                return
            if path.isascii() and " " not in path and all(map(str.isprintable, path)) and method != "TRACE":
                self.ask("odd", name, method, path, body.encode(), headers)
            time.sleep(0.05)

    def hostile(self) -> None:
        for body in itertools.cycle(BODIES):
            if time.monotonic() >= self.end:
                return
            for path in ("/assess", "/validate"):
                self.ask("hostile", body.name, "POST", path, body.make(), {"Content-Type": body.media_type})
            time.sleep(0.2)

    def heavy(self, seed: int) -> None:
        names = list(HEAVY)
        random.Random(seed).shuffle(names)
        for name in itertools.cycle(names):
            if time.monotonic() >= self.end:
                return
            self.ask("heavy", name, "POST", "/sparql", HEAVY[name].encode(), DIRECT)


def held(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, IndexError):
        return 0


def lasting(service: Service) -> dict[int, int]:
    """Return the memory of the main process, the workers and what forks: queries have processes of their own."""
    found = {service.process.pid}
    for _ in range(2):
        for pid in list(found):
            for task in Path(f"/proc/{pid}/task").glob("*/children"):
                found |= set(map(int, task.read_text(encoding="ascii").split()))
    return {pid: held(pid) for pid in found}


def test_memory_is_flat_and_no_error_is_ours(capsys: pytest.CaptureFixture[str]) -> None:
    settings = {"QUERY_SECONDS": "2", "QUERY_MEMORY": str(200 * 1024 * 1024), "QUERY_CONCURRENT": str(SLOTS)}
    with serving(**settings) as service:
        begin = time.monotonic()
        soak = Soak(service, begin + SECONDS)
        threads = [threading.Thread(target=soak.heavy, args=(n,)) for n in range(QUERYING)]
        threads += [threading.Thread(target=soak.good, args=(n,)) for n in range(2)]
        threads += [threading.Thread(target=soak.odd), threading.Thread(target=soak.hostile)]
        for thread in threads:
            thread.start()
        seen: list[dict[int, int]] = []
        while time.monotonic() < soak.end:
            time.sleep(min(2.0, SECONDS / 30))
            seen.append(lasting(service))
            if max(seen[-1].values()) > CEILING:
                soak.end = 0.0
                os.kill(max(seen[-1], key=seen[-1].__getitem__), signal.SIGKILL)
        for thread in threads:
            thread.join()
        third = max(1, len(seen) // 3)
        early = {pid: max(s.get(pid, 0) for s in seen[:third]) for pid in seen[0]}
        late = {pid: max(s.get(pid, 0) for s in seen[-third:]) for pid in seen[0]}
        with capsys.disabled():
            figures = ", ".join(f"{early[p] >> 20} then {late[p] >> 20} MB" for p in early)
            sys.stdout.write(f"\n  {SECONDS:.0f} s: {dict(sorted(soak.counts.items()))}; slowest good answer ")
            sys.stdout.write(f"{soak.slowest:.2f} s; memory {figures}; {len(soak.wrong)} wrong: {soak.wrong[:5]}\n")
        assert soak.end, f"a process held {max(seen[-1].values()) >> 20} MB"
        assert soak.wrong == []
        assert all(late.values()), "a process was replaced"
        assert not [pid for pid in early if late[pid] > early[pid] + GROWTH]
        assert service.sparql("ASK {}").status == 200
