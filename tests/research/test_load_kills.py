"""After a load is killed at any moment, the store opens and has all records of the load or none."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pyoxigraph as ox
import pytest

from lrp_kg.namespaces import PATIENT_RECORD, RDF
from lrp_kg.research.store.generations import Store
from tests.support.paths import ANKLE

RECORDS_A_LOAD = 60


def write_load(folder: Path, number: int) -> Path:
    file = folder / f"load-{number:03d}.ndjson"
    lines = [
        json.dumps({"@id": f"https://example.org/{number}/{n}", "painScore": n % 11, "canBearWeight": n % 2 == 0})
        for n in range(RECORDS_A_LOAD)
    ]
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return file


def start(file: Path, store: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "lrp_kg.cli", "load", str(file), "--store", str(store), "--guideline", str(ANKLE)]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, start_new_session=True
    )


def run(file: Path, store: Path, seconds: float) -> tuple[str, bool]:
    """Load a file, kill the process after some seconds; return its output and whether it was killed."""
    with start(file, store) as process:
        try:
            return process.communicate(timeout=seconds)[0], False
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            return process.communicate()[0], True


def held(store: Path) -> dict[int, int]:
    """Return how many records of each load are in the store, which must open."""
    generation = Store(store).current_or_none()
    if generation is None:
        return {}
    found: dict[int, int] = {}
    opened = ox.Store.read_only(str(generation.folder))
    for quad in opened.quads_for_pattern(
        None, ox.NamedNode(RDF + "type"), ox.NamedNode(PATIENT_RECORD), ox.DefaultGraph()
    ):
        number = int(quad.subject.value.split("/")[3])  # type: ignore[union-attr]
        found[number] = found.get(number, 0) + 1
    assert sum(found.values()) == generation.records
    return found


@pytest.mark.parametrize(
    "kills", [pytest.param(6, marks=pytest.mark.slow), pytest.param(100, marks=pytest.mark.long)], ids=str
)
def test_killed_load_stores_all_or_nothing(kills: int, tmp_path: Path) -> None:
    chance = random.Random(20261126)
    store = tmp_path / "store"
    output, _ = run(write_load(tmp_path, 0), store, 120)
    assert f"{RECORDS_A_LOAD} stored" in output  # the first load also computes the closure
    begin = time.monotonic()
    output, _ = run(write_load(tmp_path, 999), store, 60)
    assert f"{RECORDS_A_LOAD} stored" in output
    duration = time.monotonic() - begin
    done = {0: RECORDS_A_LOAD, 999: RECORDS_A_LOAD}
    killed = number = 0
    while number < kills or len(done) == 2:  # the machine may be so busy that no load has ended yet
        number += 1
        assert number < kills + 20, "the kills were all too early"
        # every second kill is late, when the new generation is built and becomes current
        moment = duration * (chance.uniform(0.75, 1.15) if number % 2 else chance.uniform(0.0, 1.0))
        begin = time.monotonic()
        output, was_killed = run(write_load(tmp_path, number), store, moment)
        killed += was_killed
        if not was_killed:
            duration = min(duration, time.monotonic() - begin)  # loads get faster when the machine has less to do
        now = held(store)
        own = now.get(number, 0)
        if was_killed and not own and (number % 2 or number > kills):
            duration *= 1.2  # the machine may have more to do than before
        assert own in (0, RECORDS_A_LOAD), "half a load is there"
        if f"{RECORDS_A_LOAD} stored" in output:
            assert own == RECORDS_A_LOAD, "a load that was reported as stored is not there"
        assert {k: v for k, v in now.items() if k != number} == done, "an earlier load was touched"
        done = now
    assert killed >= kills * 0.6
    assert len(done) - 2 < number, "the kills were all too late"
    interrupted = next(n for n in range(1, number + 1) if n not in done)  # one is enough: the others are the same
    output, _ = run(tmp_path / f"load-{interrupted:03d}.ndjson", store, 60)
    assert f"{RECORDS_A_LOAD} stored" in output
    complete = held(store)
    assert set(complete.values()) == {RECORDS_A_LOAD}
    names = [p.name for p in (store / "generations").iterdir() if p.is_dir()]
    assert len(names) <= 2
    assert not list((store / "staging").iterdir())
