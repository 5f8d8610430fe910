"""The supervisor of the workers: what it does when one ends, at each signal, and when it is killed itself."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.processes import children, lives, until

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc to see the processes")


@dataclass
class Tiny:
    """The service of `tests.support.supervised`."""

    process: subprocess.Popen[str]
    folder: Path
    port: int = 0

    def ask(self) -> tuple[int, str]:
        """Return the process that answers, and what it was started from."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as connection:
            text = connection.makefile().read()
        if not text:
            raise ConnectionResetError  # the worker ended
        pid, version = text.split()
        return int(pid), version

    def workers(self) -> list[int]:
        return children(self.process.pid)

    def serve(self, count: int = 2) -> bool:
        """Return whether so many workers run, and all of them serve."""
        found = self.workers()
        return len(found) == count and all((self.folder / f"serves-{pid}").exists() for pid in found)

    def signal(self, number: int) -> None:
        self.process.send_signal(number)

    def put(self, name: str, text: str = "") -> None:
        new = self.folder / f"{name}.new"
        new.write_text(text)
        new.replace(self.folder / name)  # it may be read at any moment

    def ended(self, seconds: float = 5) -> tuple[int, str]:
        """Wait for its end and return the exit code and what it printed."""
        _, said = self.process.communicate(timeout=seconds)
        return self.process.returncode, said


def start(folder: Path, workers: int = 1, group: bool = True) -> Tiny:
    (folder / "version").write_text("one")
    command = [sys.executable, "-m", "tests.support.supervised", str(workers), str(folder)]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=group
    )
    return Tiny(process, folder)


@pytest.fixture
def tiny(tmp_path: Path) -> Iterator[Tiny]:
    found = start(tmp_path, 2)
    try:
        assert found.process.stdout
        found.port = int(found.process.stdout.readline().split()[1])
        until(found.serve)
        yield found
    finally:
        left = [found.process.pid, *found.workers()] if found.process.poll() is None else []
        for pid in left:
            os.kill(pid, signal.SIGKILL)
        found.process.communicate()
        until(lambda: not any(map(lives, left)))


def kill(pids: list[int]) -> None:
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    until(lambda: not any(map(lives, pids)))


def test_killed_worker_is_replaced_and_the_other_goes_on(tiny: Tiny) -> None:
    before = tiny.workers()
    kill(before[:1])
    assert tiny.ask()[1] == "one"  # a connection waits at most
    until(lambda: tiny.serve() and before[0] not in tiny.workers())
    assert before[1] in tiny.workers()
    kill(tiny.workers())
    assert tiny.ask()[1] == "one"
    until(tiny.serve)
    tiny.signal(signal.SIGTERM)
    code, said = tiny.ended()
    assert code == 0
    assert said.count("was ended by SIGKILL") == 3
    assert said.count("is replaced") == 3


def test_nothing_outlives_the_main_process(tiny: Tiny) -> None:
    workers = tiny.workers()
    tiny.signal(signal.SIGKILL)
    until(lambda: not any(map(lives, workers)))
    with pytest.raises(OSError):
        tiny.ask()


def test_hangup_loads_again_without_losing_a_connection(tiny: Tiny) -> None:
    before, seen, stop = tiny.workers(), set(), threading.Event()
    failed: list[OSError] = []

    def ask() -> None:
        while not stop.is_set():
            try:
                seen.add(tiny.ask()[1])
            except OSError as error:
                failed.append(error)

    asking = threading.Thread(target=ask)
    asking.start()
    try:
        tiny.put("version", "two")
        tiny.signal(signal.SIGHUP)
        until(lambda: tiny.serve() and not set(before) & set(tiny.workers()))
        until(lambda: "two" in seen)
    finally:
        stop.set()
        asking.join()
    assert not failed
    assert tiny.ask()[1] == "two"


def test_hangups_in_a_row_leave_workers_that_serve_the_last(tiny: Tiny) -> None:
    for number in range(30):  # some arrive while a worker that starts has just said that it serves
        tiny.put("version", f"version-{number}")
        tiny.signal(signal.SIGHUP)
        time.sleep(0.003 * (number % 10))
    tiny.put("version", "last")
    tiny.signal(signal.SIGHUP)
    until(lambda: tiny.process.poll() is not None or (tiny.serve() and tiny.ask()[1] == "last"))
    assert tiny.process.poll() is None
    tiny.signal(signal.SIGTERM)
    assert tiny.ended() == (0, "")


@pytest.mark.parametrize("why", ["unusable", "broken"])
def test_hangup_keeps_what_is_served_where_the_new_is_no_good(tiny: Tiny, why: str) -> None:
    before = tiny.workers()
    tiny.put(why)
    tiny.put("version", "two")
    tiny.signal(signal.SIGHUP)
    time.sleep(0.3)
    assert tiny.ask()[1] == "one"
    assert set(before) <= set(tiny.workers())
    (tiny.folder / why).unlink()
    tiny.signal(signal.SIGHUP)
    until(lambda: not set(before) & set(tiny.workers()) and tiny.ask()[1] == "two")
    tiny.signal(signal.SIGTERM)
    assert tiny.ended()[0] == 0


@pytest.mark.slow
def test_workers_that_never_serve_are_not_tried_for_ever(tmp_path: Path) -> None:
    (tmp_path / "broken").touch()
    code, said = start(tmp_path, 2).ended(20)
    assert code == 1
    assert said.count("ended with status 3 before it served") < 8
    assert "The service ends" in said


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_waits_for_answers_under_way(tiny: Tiny, number: int) -> None:
    workers = tiny.workers()
    tiny.put("busy")
    os.killpg(tiny.process.pid, number)  # as Ctrl+C on a terminal does
    time.sleep(0.2)
    assert all(map(lives, [tiny.process.pid, *workers]))
    (tiny.folder / "busy").unlink()
    code, said = tiny.ended()
    assert (code, said) == (0, "")


def test_second_interrupt_ends_at_once(tiny: Tiny) -> None:
    workers = tiny.workers()
    tiny.put("busy")
    tiny.signal(signal.SIGINT)
    time.sleep(0.2)
    tiny.signal(signal.SIGINT)
    assert tiny.ended(2)[0] == 130
    until(lambda: not any(map(lives, workers)))
