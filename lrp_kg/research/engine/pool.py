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
from pathlib import Path
from typing import Any, NoReturn

from lrp_kg.errors import (
    EngineFailed,
    LrpError,
    MalformedQuery,
    MemoryLimit,
    NotAcceptable,
    QueryRefused,
    QueryTimeLimit,
    QueryTooLong,
)
from lrp_kg.research.engine import messages
from lrp_kg.research.engine.limits import LIMITS, copying_reached, limit_reached, slot, time_reached
from lrp_kg.research.engine.model import Limits, Question, Reply, setting
from lrp_kg.research.engine.workers import CRASH, GRACE, Worker, Workers
from lrp_kg.words import error as say

PATIENT = 0.03
"""Seconds before the worker of a slow query gets a lower priority than ordinary requests."""

NICE = 5
"""That priority; at the lowest one, other programs on a busy machine would leave a query next to nothing."""

_OF_TIME = (signal.SIGPROF, signal.SIGALRM)
_OF_MEMORY = (signal.SIGABRT, signal.SIGBUS)


class _WorkerGone(Exception):
    """A worker ended, and not because of its query."""


class PoolEngine(Workers):
    """Answers queries over an Oxigraph folder, or over an N-Quads file held in memory.

    May be used by many threads. Raises `Busy` at once where ``limits.concurrent`` queries are running.
    """

    what = "The query engine"
    grown = 256 * 1024 * 1024

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
        super().__init__()

    def _own(self) -> None:
        super()._own()
        self._slots = threading.BoundedSemaphore(self.limits.concurrent)

    # -- asking -----------------------------------------------------------------------------------

    def ask(self, question: Question) -> Reply:
        """Answer a query completely, or raise an `LrpError` that says why not."""
        size = len(question.text.encode("utf-8", "surrogatepass"))
        if size > self.limits.text:
            raise say(QueryTooLong, "query-long", size=size, limit=self.limits.text, setting=f"LRP_{setting('text')}")
        if os.getpid() != self._owner:
            self._own()  # this process was forked: what it inherited belongs to the other
        with slot(self._slots, self.limits):
            for _ in range(2):  # once more if the first worker was ended by something else
                worker = self._take()
                try:
                    return self._ask(worker, question)
                except _WorkerGone:
                    continue
                except (QueryTimeLimit, MemoryLimit) as error:
                    raise copying_reached(type(error), self.limits) if worker.copying else error from None
        raise EngineFailed("The worker was ended before it answered. Ask again in a moment.")

    def _ask(self, worker: Worker, question: Question) -> Reply:
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
        worker.copying = False
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

    def _wait(self, worker: Worker) -> messages.Message | None:
        """Wait for the answer of a worker; ``None`` where it ended. Renice a slow one; note if graphs are copied."""
        worker.sock.settimeout(PATIENT)
        try:
            worker.sock.recv(1, socket.MSG_PEEK)
        except TimeoutError:
            with contextlib.suppress(OSError):
                os.setpriority(os.PRIO_PROCESS, worker.pid, NICE)
            worker.niced = True
        worker.sock.settimeout(self.limits.clock + GRACE)
        message = messages.receive(worker.sock)
        if message is not None and message.data == messages.COPYING:
            worker.copying = True
            message = messages.receive(worker.sock)
        return message

    def _raise(self, data: dict[str, Any]) -> NoReturn:
        code, message = data["error"], data.get("message", "")
        if code in LIMITS:
            raise limit_reached(code, self.limits)
        if code == NotAcceptable.code and message:
            raise NotAcceptable(message, messages=data.get("messages"))
        if code == NotAcceptable.code:
            raise say(NotAcceptable, "query-gives-graph" if data["form"] == "graph" else "query-gives-solutions")
        kind: type[LrpError] = next((k for k in (QueryRefused, MalformedQuery) if k.code == code), EngineFailed)
        raise kind(message, messages=data.get("messages"))

    def _raise_death(self, number: int) -> NoReturn:
        if number == CRASH:
            raise EngineFailed(
                "The engine broke off, and not for want of memory. If it does so with other queries too, the store is "
                "damaged: restore it from a copy."
            )
        if number in _OF_MEMORY:
            raise limit_reached("limit-memory", self.limits)
        if number == signal.SIGSEGV:
            raise MalformedQuery("The query is nested too deeply for the engine. Write it flatter.")
        raise _WorkerGone

    # -- the process that forks -------------------------------------------------------------------

    def _launch(self, control: socket.socket) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "lrp_kg.research.engine.forker", "--descriptor", str(control.fileno())]
        command += ["--memory", str(self.limits.memory), *self._source]
        kept = {k: v for k, v in os.environ.items() if k in ("PATH", "PYTHONPATH", "LANG", "LC_ALL", "TMPDIR")}
        return subprocess.Popen(  # noqa: S603 - our own program
            command, pass_fds=[control.fileno()], stdin=subprocess.DEVNULL, env=kept
        )
