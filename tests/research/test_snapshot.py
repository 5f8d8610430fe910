"""The snapshot (guideline and closure as one file) is written once, and not after its server has ended."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pyoxigraph as ox
import pytest

from lrp_kg import GuidelineService
from lrp_kg.answer import rdf_results
from lrp_kg.guideline.load import load_guideline
from lrp_kg.guideline.named_graphs import CLOSURE
from lrp_kg.research.store.snapshot import content_of, guideline_snapshot, snapshot_file
from tests.support.paths import ANKLE

pytestmark = pytest.mark.slow

COMMAND = [sys.executable, "-m", "lrp_kg.research.store.snapshot", str(ANKLE), "--while-open"]


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LRP_CACHE", str(tmp_path))
    return tmp_path


def start() -> subprocess.Popen[bytes]:
    pipe = subprocess.PIPE
    return subprocess.Popen(COMMAND, stdin=pipe, stdout=pipe, stderr=subprocess.STDOUT, env=dict(os.environ))


def test_concurrent_processes_write_one_snapshot(cache: Path) -> None:
    processes = [start() for _ in range(3)]
    for process in processes:
        assert process.stdin is not None and process.stdout is not None
        assert process.wait(120) == 0
        assert process.stdout.read() == b""
        process.stdin.close()
        process.stdout.close()
    assert len(list(cache.glob("datasets/*.nq"))) == 1
    assert not list(cache.rglob("tmp*"))


def test_snapshot_is_written_once(cache: Path) -> None:
    guideline, steps = load_guideline(ANKLE), list[str]()
    file = guideline_snapshot(guideline, steps.append)
    assert steps == ["closure", "snapshot"]
    assert guideline_snapshot(guideline, steps.append) == file == snapshot_file(guideline)
    assert steps == ["closure", "snapshot"]
    store = ox.Store()
    store.load(path=str(file), format=ox.RdfFormat.N_QUADS)
    assert store.query(f"ASK {{ GRAPH <{CLOSURE}> {{ ?s ?p ?o }} }}")


def test_process_ends_with_its_server(cache: Path) -> None:
    process = start()
    assert process.stdin is not None and process.stdout is not None
    process.stdin.close()
    begun = time.monotonic()
    assert process.wait(60) == 1
    assert process.stdout.read() == b""
    process.stdout.close()
    assert not list(cache.glob("datasets/*.nq"))
    assert time.monotonic() - begun < 60


def test_another_form_of_answers_is_another_content(
    ankle: GuidelineService, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A store that was written in an earlier form is derived again."""
    before = content_of(ankle.guideline)
    changed = tmp_path / "rdf_results.py"
    changed.write_text("# says less\n")
    monkeypatch.setattr(rdf_results, "__file__", str(changed))
    assert content_of(ankle.guideline) != before
