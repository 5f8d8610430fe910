"""Processes of a pool end with the process that started them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.processes import lives, until

STARTER = """
import os, sys, time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from lrp_kg.lifeline import end_with_starter

if __name__ == "__main__":
    with ProcessPoolExecutor(2, get_context("spawn"), end_with_starter) as pool:
        running = [pool.submit(os.getpid), pool.submit(time.sleep, 60)]
        sys.stdout.write(f"{running[0].result()} {' '.join(map(str, pool._processes))}\\n")
        sys.stdout.flush()
        time.sleep(60)
"""


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc to see the processes")
def test_processes_of_a_pool_end_with_a_killed_starter(tmp_path: Path) -> None:
    script = tmp_path / "starter.py"
    script.write_text(STARTER)
    with subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, text=True) as starter:
        assert starter.stdout
        found = [int(pid) for pid in starter.stdout.readline().split()]
        starter.kill()
    assert len(set(found)) == 2
    until(lambda: not any(map(lives, found)))
