"""Queries answered by workers that can be killed: `PoolEngine`.

A process with the store open (`lrp_kg.research.engine.forker`) forks the workers. Each answers one query at a time, and
timers of the kernel, one of CPU time and one of the clock, stop it whatever Oxigraph is doing. A worker that ends takes
nothing with it but its query.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from lrp_kg.effort import resident
from lrp_kg.errors import (
    EngineFailed,
    LrpError,
    MalformedQuery,
    NotAcceptable,
    QueryRefused,
    QueryTooLong,
)
from lrp_kg.research.engine import messages
from lrp_kg.research.engine.limits import LIMITS, limit_reached, slot, time_reached
from lrp_kg.research.engine.model import Closing, Limits, Question, Reply, setting

PATIENT = 0.03
"""Seconds before the worker of a slow query gets a lower priority than ordinary requests."""

NICE = 5
"""That priority; at the lowest one, other programs on a busy machine would leave a query next to nothing."""

GRACE = 5.0
"""Seconds that a worker may stay silent beyond its timer."""

STARTING = 20.0
"""Seconds that a worker may take to start, on a machine that is busy."""

RECYCLE = 1000
"""Queries after which a worker is replaced."""

GROWN = 256 * 1024 * 1024
"""Bytes of memory that a worker may keep between queries."""

_OF_TIME = (signal.SIGPROF, signal.SIGALRM)
_OF_MEMORY = (signal.SIGABRT, signal.SIGBUS)

_CRASH = -1
"""In place of a signal: the worker broke off for another reason than memory."""


class _WorkerGone(Exception):
    """A worker ended, and not because of its query."""


@dataclass
class _Worker:
    pid: int
    sock: socket.socket
    resident: int
    sandboxed: bool
    answered: int = 0
    used: float = 0.0
    """CPU seconds that its earlier queries took."""
    niced: bool = False


class PoolEngine(Closing):
    """Answers queries over an Oxigraph folder, or over an N-Quads file held in memory.

    May be used by many threads. Raises `Busy` at once where ``limits.concurrent`` queries are running.
    """

    def __init__(
        self,
        *,
        store: Path | None = None,
        quads: Path | None = None,
        limits: Limits | None = None,
        version: str = "",
        has_records: bool = False,
    ) -> None:
        self.limits = limits or Limits()
        self.version = version
        self.has_records = has_records
        self._source = ["--store", str(store)] if store else ["--quads", str(quads)] if quads else []
        self._reset()
        with self._channel:
            self._start()
        self._idle.append(self._fork())

    def _reset(self) -> None:
        self._owner = os.getpid()
        self._lock = threading.RLock()  # of the idle workers; held for moments only
        self._channel = threading.RLock()  # of the process that forks; held while it works
        self._slots = threading.BoundedSemaphore(self.limits.concurrent)
        self._idle: list[_Worker] = []
        self._control: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._closed = False

    # -- asking -----------------------------------------------------------------------------------

    def ask(self, question: Question) -> Reply:
        """Answer a query completely, or raise an `LrpError` that says why not."""
        size = len(question.text.encode("utf-8", "surrogatepass"))
        if size > self.limits.text:
            raise QueryTooLong(
                f"The query has {size} bytes; {self.limits.text} are taken (LRP_{setting('text')}). Shorten it."
            )
        if os.getpid() != self._owner:
            self._reset()  # this process was forked: what it inherited belongs to the other
        with slot(self._slots, self.limits):
            for _ in range(2):  # once more if the first worker was ended by something else
                with contextlib.suppress(_WorkerGone):
                    return self._ask(self._take(), question)
        raise EngineFailed("The worker was ended before it answered. Ask again in a moment.")

    def _ask(self, worker: _Worker, question: Question) -> Reply:
        limits = self.limits
        request = {
            "text": question.text,
            "default": question.default_graphs,
            "named": question.named_graphs,
            "solutions": question.solutions,
            "graph": question.graph,
            "seconds": limits.seconds,
            "clock": limits.clock,
            "rows": limits.rows,
            "size": limits.size,
        }
        begun = time.monotonic()
        try:
            messages.send(worker.sock, request)
            message = self._wait(worker)
        except TimeoutError:
            lasted = time.monotonic() - begun
            raise time_reached(limits, self._replace(worker)[1] - worker.used, lasted, by_clock=True) from None
        except ConnectionError:
            message = None
        if message is None:
            lasted = time.monotonic() - begun
            number, used = self._replace(worker)
            if number in _OF_TIME:
                raise time_reached(limits, used - worker.used, lasted, by_clock=number == signal.SIGALRM)
            self._raise_death(number)
        worker.answered += 1
        worker.used = message.data["used"]
        self._give_back(worker)
        data = message.data
        if "error" in data:
            self._raise(data)
        source = message.payload if message.descriptor is None else os.fdopen(message.descriptor, "rb")
        return Reply(data["form"], data["media"], data["size"], data["rows"], source, tuple(data["graphs"]))

    def _wait(self, worker: _Worker) -> messages.Message | None:
        """Wait for the answer of a worker; ``None`` where it ended. Renice a slow one."""
        worker.sock.settimeout(PATIENT)
        try:
            worker.sock.recv(1, socket.MSG_PEEK)
        except TimeoutError:
            with contextlib.suppress(OSError):
                os.setpriority(os.PRIO_PROCESS, worker.pid, NICE)
            worker.niced = True
        worker.sock.settimeout(self.limits.clock + GRACE)
        return messages.receive(worker.sock)

    def _raise(self, data: dict[str, Any]) -> NoReturn:
        code, message = data["error"], data.get("message", "")
        if code in LIMITS:
            raise limit_reached(code, self.limits)
        if code == NotAcceptable.code and message:
            raise NotAcceptable(message)
        if code == NotAcceptable.code:
            what = "a graph; accept an RDF format" if data["form"] == "graph" else "solutions; accept a results format"
            raise NotAcceptable(f"The result of this query is {what}.")
        kind: type[LrpError] = next((k for k in (QueryRefused, MalformedQuery) if k.code == code), EngineFailed)
        raise kind(message)

    def _raise_death(self, number: int) -> NoReturn:
        if number == _CRASH:
            raise EngineFailed(
                "The engine broke off, and not for want of memory. If it does so with other queries too, the store is "
                "damaged: restore it from a copy."
            )
        if number in _OF_MEMORY:
            raise limit_reached("limit-memory", self.limits)
        if number == signal.SIGSEGV:
            raise MalformedQuery("The query is nested too deeply for the engine. Write it flatter.")
        raise _WorkerGone

    # -- workers ----------------------------------------------------------------------------------

    @property
    def sandboxed(self) -> bool:
        """Return whether the kernel also forbids the workers new sockets and programs."""
        worker = self._take()
        self._give_back(worker)
        return worker.sandboxed

    def _take(self) -> _Worker:
        with self._lock:
            if self._closed:
                raise EngineFailed("The engine is closed.")
            if self._idle:
                return self._idle.pop()
        return self._fork()

    def _give_back(self, worker: _Worker) -> None:
        if worker.niced:
            with contextlib.suppress(OSError):  # only root may raise a priority again; else the worker is replaced
                os.setpriority(os.PRIO_PROCESS, worker.pid, 0)
                worker.niced = False
        worn = worker.niced or worker.answered >= RECYCLE or resident(worker.pid) > worker.resident + GROWN
        with self._lock:
            if not worn and not self._closed:
                self._idle.append(worker)
                return
        self._replace(worker)

    def _replace(self, worker: _Worker) -> tuple[int, float]:
        """End a worker, have another one ready, and return the signal that ended it and its CPU seconds.

        The query that wore it out waits for that, not the next one.
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

    def _discard(self, worker: _Worker) -> tuple[int, float]:
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
            return _CRASH if broke_off else number, float(message.data["used"])

    def _fork(self) -> _Worker:
        with self._channel:
            message = None
            for _ in range(2):
                if self._closed:
                    raise EngineFailed("The engine is closed.")
                if self._control is None:
                    self._start()
                assert self._control is not None  # noqa: S101 - set by _start
                message = _exchange(self._control, {"do": "fork"})
                if message is not None and message.descriptor is not None:
                    break
                self._stop()
        if message is None or message.descriptor is None:
            raise EngineFailed("The query engine could not be started.")
        sock = socket.socket(fileno=message.descriptor)
        sock.settimeout(STARTING)
        pid = int(message.data["pid"])
        worker = _Worker(pid, sock, resident(pid), sandboxed=False)
        ready = _exchange(sock)
        if ready is None:
            self._discard(worker)
            raise EngineFailed("A worker of the query engine could not be started. Ask again in a moment.")
        worker.resident, worker.sandboxed = resident(pid), bool(ready.data["sandboxed"])
        return worker

    # -- the process that forks -------------------------------------------------------------------

    def _start(self) -> None:
        ours, theirs = socket.socketpair()
        command = [sys.executable, "-m", "lrp_kg.research.engine.forker", "--descriptor", str(theirs.fileno())]
        command += ["--memory", str(self.limits.memory), *self._source]
        kept = {k: v for k, v in os.environ.items() if k in ("PATH", "PYTHONPATH", "LANG", "LC_ALL", "TMPDIR")}
        self._process = subprocess.Popen(  # noqa: S603 - our own program
            command, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL, env=kept
        )
        theirs.close()
        ready = messages.receive(ours)
        if ready is None or "error" in ready.data:
            ours.close()
            self._process.wait()
            self._process = None
            reason = ready.data["error"] if ready else "it ended at its start"
            raise EngineFailed(f"The query engine could not be started: {reason}.")
        ours.settimeout(60)
        self._control = ours

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
