"""Workers that do one thing at a time each and can be killed: `Workers`.

A process of one thread forks them on request. A worker that ends takes nothing with it but what it was doing.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import threading
from abc import abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from lrp_kg.effort import resident
from lrp_kg.errors import EngineFailed
from lrp_kg.research.engine import messages
from lrp_kg.research.engine.model import Closing

GRACE = 5.0
"""Seconds that a worker may stay silent beyond its timer."""

STARTING = 20.0
"""Seconds that a worker may take to start, on a machine that is busy."""

RECYCLE = 1000
"""Jobs after which a worker is replaced."""

CRASH = -1
"""In place of a signal: the worker broke off for another reason than memory."""


class Forker(Protocol):
    """The process that forks, as the one that started it sees it."""

    pid: int

    def wait(self, timeout: float | None = None) -> object:
        """Wait until it has ended; raise `subprocess.TimeoutExpired` after so many seconds."""

    def kill(self) -> None:
        """End it at once."""


@dataclass
class Worker:
    """A worker, its end of the line to it, and how much it has done."""

    pid: int
    sock: socket.socket
    resident: int
    sandboxed: bool
    answered: int = 0
    used: float = 0.0
    """CPU seconds that its earlier jobs took."""
    niced: bool = False
    copying: bool = False
    """Whether it copies graphs for the query that it answers."""


class Workers(Closing):
    """Keeps idle workers, and the process that forks them. May be used by many threads."""

    what: ClassVar[str]
    """What an error calls the whole."""

    grown: ClassVar[int]
    """Bytes of memory that a worker may keep between jobs."""

    def __init__(self) -> None:
        self._own()
        with self._channel:
            self._start()
        self._idle.append(self._fork())

    def _own(self) -> None:
        """Begin without any process, as the one that has them."""
        self._owner = os.getpid()
        self._lock = threading.RLock()  # of the idle workers; held for moments only
        self._channel = threading.RLock()  # of the process that forks; held while it works
        self._idle: list[Worker] = []
        self._control: socket.socket | None = None
        self._process: Forker | None = None
        self._closed = False

    @abstractmethod
    def _launch(self, control: socket.socket) -> Forker:
        """Start a process that does `lrp_kg.research.engine.forker.fork_on_request` with this socket."""

    @property
    def sandboxed(self) -> bool:
        """Return whether the kernel also forbids the workers new sockets and programs."""
        worker = self._take()
        self._give_back(worker)
        return worker.sandboxed

    def _take(self) -> Worker:
        with self._lock:
            if self._closed:
                raise EngineFailed(f"{self.what} is closed.")
            if self._idle:
                return self._idle.pop()
        return self._fork()

    def _give_back(self, worker: Worker) -> None:
        if worker.niced:
            with contextlib.suppress(OSError):  # only root may raise a priority again; else the worker is replaced
                os.setpriority(os.PRIO_PROCESS, worker.pid, 0)
                worker.niced = False
        worn = worker.niced or worker.answered >= RECYCLE or resident(worker.pid) > worker.resident + self.grown
        with self._lock:
            if not worn and not self._closed:
                self._idle.append(worker)
                return
        self._replace(worker)

    def _replace(self, worker: Worker) -> tuple[int, float]:
        """End a worker, have another one ready, and return the signal that ended it and its CPU seconds.

        The job that wore it out waits for that, not the next one.
        """
        end = self._discard(worker)
        with contextlib.suppress(EngineFailed):  # then the next query tries again, and reports it
            fresh = self._fork()
            with self._lock:
                if not self._closed:
                    self._idle.append(fresh)
                    return end
            self._discard(fresh)
        return end

    def _discard(self, worker: Worker) -> tuple[int, float]:
        """End a worker and return the signal that ended it and its CPU seconds."""
        worker.sock.close()
        with self._channel:
            if self._control is None:
                return 0, 0.0
            message = _exchange(self._control, {"do": "end", "pid": worker.pid})
            if message is None:
                self._stop()
                return 0, 0.0
            number = int(message.data["signal"])
            broke_off = number == signal.SIGABRT and not message.data["memory"]
            return CRASH if broke_off else number, float(message.data["used"])

    def _fork(self) -> Worker:
        with self._channel:
            message = None
            for _ in range(2):
                if self._closed:
                    raise EngineFailed(f"{self.what} is closed.")
                if self._control is None:
                    self._start()
                assert self._control is not None  # noqa: S101 - set by _start
                message = _exchange(self._control, {"do": "fork"})
                if message is not None and message.descriptor is not None:
                    break
                self._stop()
        if message is None or message.descriptor is None:
            raise EngineFailed(f"{self.what} could not be started.")
        sock = socket.socket(fileno=message.descriptor)
        sock.settimeout(STARTING)
        pid = int(message.data["pid"])
        worker = Worker(pid, sock, resident(pid), sandboxed=False)
        ready = _exchange(sock)
        if ready is None:
            self._discard(worker)
            raise EngineFailed(f"{self.what} could not start a worker. Ask again in a moment.")
        worker.resident, worker.sandboxed = resident(pid), bool(ready.data["sandboxed"])
        return worker

    # -- the process that forks -------------------------------------------------------------------

    def _start(self) -> None:
        ours, theirs = socket.socketpair()
        process = self._launch(theirs)
        theirs.close()
        ready = messages.receive(ours)
        if ready is None or "error" in ready.data:
            ours.close()
            process.wait()
            reason = ready.data["error"] if ready else "it ended at its start"
            raise EngineFailed(f"{self.what} could not be started: {reason}.")
        ours.settimeout(60)
        self._control, self._process = ours, process

    def _stop(self) -> None:
        with self._lock:
            for worker in self._idle:
                worker.sock.close()
            self._idle.clear()
        if self._control is not None:
            self._control.close()
            self._control = None
        if self._process is not None:
            try:
                self._process.wait(GRACE)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None

    def close(self) -> None:
        """End every process; queries that are running end with an error."""
        if os.getpid() != self._owner:
            return
        with self._lock:
            self._closed = True
        with self._channel:
            self._stop()

    def __del__(self) -> None:
        with contextlib.suppress(Exception):  # at the end of the interpreter much is gone already
            self.close()


def _exchange(sock: socket.socket, data: dict[str, Any] | None = None) -> messages.Message | None:
    """Send data, if there is any, and receive a message; return ``None`` if the other side is gone or silent."""
    try:
        if data is not None:
            messages.send(sock, data)
        return messages.receive(sock)
    except (ConnectionError, TimeoutError):
        return None
