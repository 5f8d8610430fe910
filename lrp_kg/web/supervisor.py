"""Keeps worker processes running: replaces those that end, loads again on SIGHUP, and stops them.

It has one thread, so that it can fork at any time. Workers share the listening socket that they inherit: while one is
replaced, connections wait, and those that it has accepted are answered (`lrp_kg.web.leaving`).
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import NoReturn

import click

from lrp_kg.lifeline import end_with_parent

KILL_SECONDS = 10.0
"""Seconds in which a worker can finish its answers when it is asked to stop."""

ATTEMPTS = 4
"""Workers in a row that may end before they serve where none serves; then the service ends."""

PAUSES = (0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
"""Seconds before another worker is tried, by how many in a row ended before they served."""

LEAVE = signal.SIGUSR1
"""Asks a worker that is replaced to accept no more connections, to answer those that are open, and to end."""

LEAVE_SECONDS = 2.0
"""Seconds for which it waits at most for requests on connections that are open; then the `KILL_SECONDS` begin."""

SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
STOPPING = frozenset((signal.SIGTERM, signal.SIGINT))

Ready = Callable[[], None]
Work = Callable[[int, Ready], None]
"""What a worker does: gets its number, calls the function once it serves, and returns when it has been stopped.

It ends at SIGTERM, and at `LEAVE` in such a way that no connection is lost that it has accepted.
"""


def say(message: str, *, bad: bool = False) -> None:
    """Print one line for the operator; a closed output stops nothing."""
    with suppress(OSError, ValueError):
        click.secho(message, err=True, fg="red" if bad else None)


@dataclass
class _Running:
    number: int
    process: BaseProcess
    pipe: Connection
    ready: bool = False
    kill_at: float | None = None
    """When it was asked to stop: the time at which it is killed."""

    @property
    def name(self) -> str:
        return f"Worker {self.number} (process {self.process.pid})"


class Supervisor:
    """Runs ``work`` in so many processes until it is asked to stop.

    ``announce`` is called once, when the first worker serves. ``reload`` prepares what new workers start from, and
    returns whether it can be used.
    """

    def __init__(
        self, work: Work, count: int, *, announce: Callable[[], None], reload: Callable[[], bool], stopping: Ready
    ) -> None:
        self._work = work
        self._count = count
        self._announce = announce
        self._reload = reload
        self._stopping = stopping
        self._main = os.getpid()
        self._running: list[_Running] = []
        self._due: dict[int, float] = {}  # numbers of workers to start, and when
        self._failures = 0
        self._announced = False
        self._asked: set[signal.Signals] = set()
        self._terminal = _has_terminal() and signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN

    def run(self) -> int:
        """Serve until stopped; return the exit code."""
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        theirs.setblocking(False)
        kept = {number: signal.signal(number, self._note) for number in SIGNALS}
        wakeup = signal.set_wakeup_fd(theirs.fileno(), warn_on_full_buffer=False)
        try:
            gc.collect()
            gc.freeze()  # else collections in the workers would copy what they share
            self._due = dict.fromkeys(range(1, self._count + 1), 0.0)
            return self._loop(ours)
        finally:
            for worker in self._running:  # only after an error of our own
                worker.process.kill()
            signal.set_wakeup_fd(wakeup)
            for number, handler in kept.items():
                signal.signal(number, handler)
            ours.close()
            theirs.close()

    def _note(self, number: int, _frame: object) -> None:
        """Note a signal; the second one that asks to stop ends everything at once."""
        if number != signal.SIGHUP and self._asked & STOPPING:
            self._end_at_once()
        self._asked.add(signal.Signals(number))

    def _end_at_once(self) -> NoReturn:
        for worker in self._running:
            worker.process.kill()
        os._exit(130)

    def _loop(self, wakeup: socket.socket) -> int:
        while True:
            with suppress(BlockingIOError):
                wakeup.recv(64)
            if self._asked & STOPPING:
                return self._stop()
            if signal.SIGHUP in self._asked:
                self._asked.discard(signal.SIGHUP)
                if self._terminal and not _has_terminal():  # it was closed, and the service with it
                    return self._stop()
                self._replace_all()
            self._start_due()
            self._look(wakeup, self._patience())
            if not self._running and not self._due:
                say(f"{ATTEMPTS} workers in a row ended before they served. The service ends.", bad=True)
                return 1

    def _patience(self) -> float | None:
        """Return the seconds until something has to be done, whatever happens."""
        moments = [*self._due.values(), *(w.kill_at for w in self._running if w.kill_at is not None)]
        return max(0.0, min(moments) - time.monotonic()) if moments else None

    def _look(self, wakeup: socket.socket | None, seconds: float | None) -> None:
        """Wait for a signal, or for workers that serve or end, so many seconds at most, and treat them."""
        waited: list[object] = [wakeup] if wakeup else []
        waited += [w.process.sentinel for w in self._running]
        waited += [w.pipe for w in self._running if not w.ready]
        found = wait(waited, seconds)  # type: ignore[arg-type]
        for worker in list(self._running):
            if worker.pipe in found and not worker.ready:
                self._hear(worker)
            if worker.process.sentinel in found:
                self._bury(worker)
            elif worker.kill_at is not None and time.monotonic() >= worker.kill_at:
                say(f"{worker.name} did not finish its answers in {KILL_SECONDS:g} seconds and was killed.", bad=True)
                worker.process.kill()
                self._bury(worker)

    def _hear(self, worker: _Running) -> None:
        try:
            worker.pipe.recv_bytes()
        except (EOFError, OSError):
            return  # it ends
        worker.ready = True
        if worker.kill_at is not None:  # a later one takes its place: those beside it go on until then
            return
        self._failures = 0
        for other in self._running:
            if other.number == worker.number and other is not worker:
                self._ask_to_leave(other)
        if not self._announced:
            self._announced = True
            self._announce()

    def _ask_to_end(self, worker: _Running, by: signal.Signals, seconds: float) -> None:
        """Ask a worker to end by a signal, and give it some seconds; one that was asked before is not asked again."""
        if worker.kill_at is None:
            worker.kill_at = time.monotonic() + seconds
            if worker.process.pid and worker.process.exitcode is None:
                os.kill(worker.process.pid, by)

    def _ask_to_stop(self, worker: _Running) -> None:
        """Ask a worker to end with the service."""
        self._ask_to_end(worker, signal.SIGTERM, KILL_SECONDS)

    def _ask_to_leave(self, worker: _Running) -> None:
        """Ask a worker to end as soon as it can without losing a request; one that does not serve yet ends at once."""
        self._ask_to_end(worker, LEAVE, LEAVE_SECONDS + KILL_SECONDS)

    def _bury(self, worker: _Running) -> None:
        """Report a worker that ended, and have another one started in its place."""
        worker.process.join()
        what = f"{worker.name} {_reason(worker.process.exitcode)}"
        worker.pipe.close()
        worker.process.close()
        self._running.remove(worker)
        if worker.kill_at is not None or self._asked & STOPPING:  # Ctrl+C reaches workers too
            return
        others = [w for w in self._running if w.kill_at is None]
        if worker.ready:
            say(f"{what} and is replaced.", bad=True)
            self._due[worker.number] = 0.0
            return
        self._failures += 1
        if any(w.number == worker.number for w in others):
            say(f"{what} before it served. The one before it goes on.", bad=True)
        elif self._failures < ATTEMPTS or any(w.ready for w in others):
            say(f"{what} before it served. Another one is tried.", bad=True)
            self._wait(worker.number)
        else:
            say(f"{what} before it served.", bad=True)

    def _wait(self, number: int) -> None:
        """Have a worker started after a pause."""
        self._due[number] = time.monotonic() + PAUSES[min(self._failures, len(PAUSES)) - 1]

    def _replace_all(self) -> None:
        """Start a new worker beside each; the old one goes on until the new one serves."""
        gc.unfreeze()
        if self._reload():
            gc.collect()
            self._failures = 0
            starting = [w for w in self._running if not w.ready and w.kill_at is None]
            for worker in starting:  # from what is not wanted any more
                self._ask_to_leave(worker)
            self._due |= dict.fromkeys(range(1, self._count + 1), 0.0)
        gc.freeze()

    def _start_due(self) -> None:
        now = time.monotonic()
        for number in [n for n, moment in self._due.items() if moment <= now]:
            del self._due[number]
            try:
                self._running.append(self._start(number))
            except OSError as error:
                self._failures += 1
                say(f"Worker {number} cannot be started: {error.strerror or type(error).__name__}.", bad=True)
                if self._failures < ATTEMPTS or any(w.ready for w in self._running):
                    self._wait(number)

    def _start(self, number: int) -> _Running:
        """Fork a worker; signals wait until it has its own handlers."""
        ours, theirs = multiprocessing.Pipe(duplex=False)
        with _signals_held():
            process = multiprocessing.get_context("fork").Process(target=self._begin, args=(number, theirs))
            try:
                process.start()
            except OSError:
                ours.close()
                raise
            finally:
                theirs.close()
        return _Running(number, process, ours)

    def _begin(self, number: int, pipe: Connection) -> None:
        """Begin as a worker: end with the main process, and leave Ctrl+C and SIGHUP to it."""
        end_with_parent(self._main)
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        signal.signal(LEAVE, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
        for other in self._running:
            other.pipe.close()

        def ready() -> None:
            with suppress(OSError):
                pipe.send_bytes(b"ready")
            pipe.close()

        self._work(number, ready)

    def _stop(self) -> int:
        """Ask every worker to finish its answers, kill those that take too long, and return the exit code."""
        self._due.clear()
        self._stopping()
        for worker in self._running:
            worker.kill_at = None  # one that leaves has to hurry now
            self._ask_to_stop(worker)
        while self._running:
            self._look(None, self._patience())
        return 0


@contextmanager
def _signals_held() -> Iterator[None]:
    before = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _reason(code: int | None) -> str:
    """Return how a process ended, in words."""
    if code is None or code >= 0:
        return f"ended with status {code or 0}"
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = f"signal {-code}"
    if -code == signal.SIGKILL:
        return f"was ended by {name} (the system does so where memory is short)"
    return f"was ended by {name}"


def _has_terminal() -> bool:
    """Return whether this process has a terminal that can close."""
    try:
        os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY))
    except OSError:
        return False
    return True
