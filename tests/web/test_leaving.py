"""A worker that is asked to leave ends once, and also where the system does not show it its sockets."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="needs /proc to see the sockets")

LEAVING = """
import os, signal, socket, time
from types import SimpleNamespace
from lrp_kg.web import leaving

leaving.LEAST_SECONDS, leaving.LEAVE_SECONDS = 0.1, 0.6
app, asked, ended, listed = SimpleNamespace(wsgi_app=None), [], [], os.listdir

def listdir(path):
    if how == "hidden" or how == "hidden later" and asked:
        raise FileNotFoundError(2, "No such file or directory")
    return listed(path)

def leave(number, frame):
    leaving.leave(app, listener)
    asked.append(number)

for how in ("shown", "hidden", "hidden later"):
    if os.fork():
        continue
    os.listdir = listdir
    listener = socket.create_server(("127.0.0.1", 0))
    silent = socket.create_connection(listener.getsockname())
    accepted, _ = listener.accept()
    signal.signal(leaving.LEAVE, leave)
    signal.signal(signal.SIGTERM, lambda number, frame: ended.append(time.monotonic()))
    start = time.monotonic()
    for _ in range(2):
        os.kill(os.getpid(), leaving.LEAVE)
        time.sleep(0.02)
    while time.monotonic() < start + 30 and not (ended and time.monotonic() > ended[0] + 0.2):
        time.sleep(0.02)
    waited = ended[0] - start >= leaving.LEAVE_SECONDS
    os.write(1, f"{how}: asked {len(asked)}, ended {len(ended)}, waited {waited}\\n".encode())
    os._exit(0)
for _ in range(3):
    os.wait()
"""


def test_worker_ends_once_when_it_is_asked_twice() -> None:
    done = subprocess.run([sys.executable, "-c", LEAVING], capture_output=True, text=True, check=True)
    assert done.stderr == ""
    assert sorted(done.stdout.splitlines()) == [
        "hidden later: asked 1, ended 1, waited True",
        "hidden: asked 1, ended 1, waited False",
        "shown: asked 1, ended 1, waited True",
    ]
