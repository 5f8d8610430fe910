"""Forks workers on request, in a process of its own: what forks has one thread and no connections of the server.

As a program it has the store open, and is started by `lrp_kg.research.engine.pool`.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import re
import signal
import socket
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import IO

import pyoxigraph as ox

from lrp_kg.research.engine import forbidden, messages, worker
from lrp_kg.research.engine.homes import Homes
from lrp_kg.research.engine.store_dataset import StoreDataset


def _open(store: str | None, quads: str | None) -> ox.Store:
    if store:
        return ox.Store.read_only(store)
    found = ox.Store()
    if quads:
        found.bulk_load(path=quads, format=ox.RdfFormat.N_QUADS)
    return found


def _homes(store: str | None) -> Homes:
    """Return where the triples of a store are at home, as the description of a generation beside its folder says."""
    description = Path(store).with_suffix(".json") if store else None
    if description is None or not description.is_file():
        return Homes()
    return Homes.from_json(json.loads(description.read_bytes()).get("homes", {}))


def main() -> None:
    """Open the store, then fork and reap workers until the pool is gone."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--descriptor", type=int, required=True)
    parser.add_argument("--memory", type=int, required=True)
    parser.add_argument("--store")
    parser.add_argument("--quads")
    options = parser.parse_args()
    # Python 3.12 and newer warn at a fork beside other threads: the only ones here are those that RocksDB keeps for
    # writing; a store that is open for reading gives them nothing to do, so they sleep and hold no lock
    warnings.filterwarnings("ignore", "This process .* is multi-threaded, use of fork", DeprecationWarning)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is for the server, which then closes the socket
    control = socket.socket(fileno=options.descriptor)
    try:
        data = StoreDataset(_open(options.store, options.quads), _homes(options.store))
    except (OSError, ValueError, RuntimeError, SyntaxError) as error:
        messages.send(control, {"error": " ".join(str(error).split())[:500]})
        return
    forbidden.preload()
    fork_on_request(control, lambda sock, parent: worker.serve(sock, data, options.memory, parent))


def fork_on_request(control: socket.socket, work: Callable[[socket.socket, int], None]) -> None:
    """Fork and reap workers until the other side, an instance of `Workers`, is gone.

    ``work`` is what a worker does: with its end of a line to the other side, and the process that forked it.
    """
    messages.send(control, {"ready": True})
    children: dict[int, IO[bytes]] = {}
    try:
        while (message := messages.receive(control)) is not None:
            if message.data["do"] == "fork":
                words = tempfile.TemporaryFile()  # noqa: SIM115 - closed with its child
                children[_fork(control, work, words.fileno())] = words
            else:
                pid = message.data["pid"]
                if pid not in children:  # of a process that forked before this one
                    messages.send(control, {"signal": 0, "used": 0, "memory": False})
                    continue
                number, used = _end(pid)
                with children.pop(pid) as said:
                    messages.send(control, {"signal": number, "used": used, "memory": _is_of_memory(said)})
    finally:
        for pid in children:
            _end(pid)


def _fork(control: socket.socket, work: Callable[[socket.socket, int], None], words: int) -> int:
    ours, theirs = socket.socketpair()
    parent = os.getpid()
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            control.close()
            ours.close()
            os.dup2(words, 2)  # Oxigraph writes a backtrace where memory ends
            work(theirs, parent)
            status = 0
        finally:
            os._exit(status)
    theirs.close()
    messages.send(control, {"pid": pid}, descriptor=ours.fileno())
    ours.close()
    return pid


def _end(pid: int) -> tuple[int, float]:
    """End a child that its reader has given up; return the signal that ended it (0: none) and its CPU seconds."""
    done, status, usage = os.wait4(pid, os.WNOHANG)
    if not done:
        os.kill(pid, signal.SIGKILL)
        done, status, usage = os.wait4(pid, 0)
    return os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0, usage.ru_utime + usage.ru_stime


def _is_of_memory(words: IO[bytes]) -> bool:
    """Return whether a child reported, when it ended, that it got no memory."""
    words.seek(0)
    return re.search(rb"memory allocation|bad_alloc|out of memory", words.read(64 * 1024), re.IGNORECASE) is not None


if __name__ == "__main__":
    with contextlib.suppress(ConnectionError):  # the pool is gone
        main()
