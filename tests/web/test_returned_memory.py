"""A large block that is freed leaves the process, also after a larger one was freed before."""

from __future__ import annotations

import subprocess
import sys

import pytest

from lrp_kg.effort import resident

pytestmark = pytest.mark.skipif(not resident(), reason="needs /proc to see the memory")

FREEING = """
from lrp_kg.effort import resident
from lrp_kg.web.server import return_memory
return_memory()
del [bytes(31 << 20)][:]
before = resident()
above = [(b"x" * (16 << 20), b"y" * 400_000) for _ in range(3)]  # the second of each keeps the heap from shrinking
above = [kept for _, kept in above]
print((resident() - before) >> 20)
"""


def test_large_blocks_leave_a_worker_once_they_are_freed() -> None:
    done = subprocess.run([sys.executable, "-c", FREEING], capture_output=True, text=True, check=True)
    assert int(done.stdout) <= 4  # of 48 MB; glibc alone keeps all of them
