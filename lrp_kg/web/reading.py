"""Reads large bodies in processes of their own, so that records beside them do not wait: `Reading`."""

from __future__ import annotations

import gc
import os
import pickle
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Collection
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NoReturn, cast

import pyoxigraph as ox

from lrp_kg.effort import Effort, limited, memory_reached, time_reached
from lrp_kg.errors import BrokenRdf, Busy, EngineFailed, LrpError, RecordError
from lrp_kg.lifeline import end_with_parent
from lrp_kg.record.strict_json import decode, parse_json
from lrp_kg.research.engine import messages, sandbox
from lrp_kg.research.engine.forker import fork_on_request
from lrp_kg.research.engine.workers import CRASH, GRACE, Worker, Workers
from lrp_kg.words import error as say

if TYPE_CHECKING:
    from lrp_kg.answer.service import GuidelineService
    from lrp_kg.record.model import RawRecord
    from lrp_kg.record.read import RecordReader

LARGE = 16 * 1024
"""Bytes from which a body is read apart: eight times those of a record with every field."""

AT_ONCE = 2
"""Large bodies that are read at once for a worker of the service; others wait."""

PATIENCE = 30.0
"""Seconds that a large body waits for others."""

NICE = 5
"""Priority at which large bodies are read: below that of ordinary requests."""

CLOCK = 12
"""Times the CPU seconds of a record that reading it may last by the clock, on a busy machine."""

BEYOND = 0.25
"""CPU seconds after the limit at which the kernel ends what did not stop by itself."""

ROOM = 64 * 1024 * 1024
"""Bytes of memory beyond the limit of a record, for the body itself and its answer."""

_RDF = {"turtle": ox.RdfFormat.TURTLE, "ntriples": ox.RdfFormat.N_TRIPLES}


def one_record(reader: RecordReader, sent: bytes, kind: str, addresses: Collection[str]) -> RawRecord:
    """Read the only record of a body, or of a line; ``addresses`` are those of our context at this service."""
    text = decode(sent)
    if kind == "json":
        return reader.from_json(parse_json(text), addresses)
    records = reader.from_rdf(text, _RDF[kind])
    if len(records) != 1:
        raise say(RecordError, "error-one-record", count=len(records))
    return records[0]


class Reading(Workers):
    """Reads and validates large bodies in processes forked from this one, which may not have threads yet.

    They hold the guideline as it is now. If the process that forks them is killed, bodies are read in this process.
    """

    what = "The reading of large bodies"
    grown = 64 * 1024 * 1024

    def __init__(self, service: GuidelineService, effort: Effort) -> None:
        self._service = service
        self._effort = effort
        self._slots = threading.BoundedSemaphore(AT_ONCE)
        self._launched = False
        super().__init__()

    def apart(self, sent: bytes, kind: str, addresses: Collection[str]) -> RawRecord | None:
        """Return the valid record of a large body; ``None`` if the caller is to read it.

        Raises what is wrong with it, or `LimitReached`.
        """
        if not LARGE <= len(sent) < messages.LARGEST // 2:
            return None
        if not self._slots.acquire(timeout=PATIENCE):
            raise Busy("Too many large bodies are being read. Send this one again in a moment.")
        try:
            found = self._asked(sent, {"kind": kind, "addresses": list(addresses)})
        finally:
            self._slots.release()
        if isinstance(found, LrpError):
            raise found
        return found

    def _asked(self, sent: bytes, about: dict[str, Any]) -> RawRecord | LrpError | None:
        for _ in range(2):  # once more if the first process was ended by something else
            try:
                worker = self._take()
            except EngineFailed:
                return None
            with suppress(_Gone):
                return self._ask(worker, sent, about)
        return memory_reached(self._effort)  # the system ends processes where memory is short

    def _ask(self, worker: Worker, sent: bytes, about: dict[str, Any]) -> RawRecord | LrpError | None:
        """Return what a worker makes of a body; ``None`` where it met an error that nobody expected."""
        worker.sock.settimeout(CLOCK * self._effort.seconds + GRACE)
        try:
            messages.send(worker.sock, about, sent)
            message = messages.receive(worker.sock)
        except TimeoutError:
            self._replace(worker)
            return time_reached(self._effort)
        except ConnectionError:
            message = None
        if message is None:
            return self._reason(self._replace(worker)[0])
        worker.answered += 1
        self._give_back(worker)
        found = pickle.loads(message.payload)  # noqa: S301 - written by our own process
        return cast("RawRecord | LrpError | None", found)

    def _reason(self, number: int) -> LrpError:
        """Return why a worker was ended by a signal."""
        if number == signal.SIGPROF:
            return time_reached(self._effort)
        if number == signal.SIGSEGV:
            return say(BrokenRdf, "error-rdf-deep")
        if number in (signal.SIGABRT, signal.SIGBUS, CRASH):
            return memory_reached(self._effort)
        raise _Gone

    def _launch(self, control: socket.socket) -> _Forked:
        if self._launched:
            raise EngineFailed("A process with threads cannot be forked.")
        self._launched = True
        parent = os.getpid()
        pid = os.fork()
        if pid == 0:
            self._be_the_forker(control, parent)
        return _Forked(pid)

    def _be_the_forker(self, control: socket.socket, parent: int) -> NoReturn:
        try:
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                signal.signal(number, signal.SIG_IGN)  # the bodies that are being read are finished
            end_with_parent(parent)
            _close_all_but(control.fileno())  # else a port or a pipe would stay open
            self._service.prepare_findings()  # those that it forks can open no file
            gc.freeze()
            with suppress(ConnectionError):
                fork_on_request(control, self._serve)
        finally:
            os._exit(0)

    def _serve(self, sock: socket.socket, parent: int) -> None:
        """Read bodies until the other side is gone, or ``parent``, which forked this process."""
        sandboxed = sandbox.close_off(parent)
        sandbox.limit_memory(self._effort.memory + ROOM)
        signal.signal(signal.SIGPROF, signal.SIG_DFL)
        os.nice(NICE)
        messages.send(sock, {"ready": True, "sandboxed": sandboxed})
        while (message := messages.receive(sock)) is not None:
            signal.setitimer(signal.ITIMER_PROF, self._effort.seconds + BEYOND)
            found = self._read(message.payload, **message.data)
            signal.setitimer(signal.ITIMER_PROF, 0)
            del message
            messages.send(sock, {}, pickle.dumps(found))

    def _read(self, sent: bytes, kind: str, addresses: list[str]) -> RawRecord | LrpError | None:
        try:
            with limited(self._effort):
                raw = one_record(self._service.reader, sent, kind, addresses)
                self._service.read(raw)
                return raw
        except LrpError as error:
            return error
        except MemoryError:
            return memory_reached(self._effort)
        except Exception:  # noqa: BLE001 - who asked meets it again, and logs it
            return None


class _Gone(Exception):
    """A process was ended, and not because of its body."""


class _Forked:
    """A process that this one forked."""

    def __init__(self, pid: int) -> None:
        self.pid = pid

    def wait(self, timeout: float | None = None) -> None:
        """Wait until it has ended; raise `subprocess.TimeoutExpired` after so many seconds."""
        end = time.monotonic() + timeout if timeout is not None else None
        with suppress(ChildProcessError):
            while os.waitpid(self.pid, 0 if end is None else os.WNOHANG) == (0, 0):
                if end is not None and time.monotonic() >= end:
                    raise subprocess.TimeoutExpired("fork", timeout or 0)
                time.sleep(0.01)

    def kill(self) -> None:
        """End it at once."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)


def _close_all_but(kept: int) -> None:
    """Close every file of this process but its standard streams and one."""
    for number in map(int, os.listdir("/proc/self/fd")):
        if number > 2 and number != kept:
            with suppress(OSError):
                os.close(number)
