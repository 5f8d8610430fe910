"""The service as real processes: what happens when one of them is killed, and what is left."""

from __future__ import annotations

import http.client
import json
import os
import random
import shutil
import signal
import socket
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import pytest

from lrp_kg.web.listening import listen
from tests.support.paths import ANKLE
from tests.support.processes import children, family, lives, until
from tests.support.serving import Service, serving

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc to see the processes")

SLOW = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i FILTER (?a < ?i) }"
AGAIN = 2.0
"""Seconds in which the service answers again."""


def members(service: Service) -> dict[str, list[int]]:
    """Return the processes of a service by what they do."""
    workers = children(service.process.pid)
    forkers = [pid for worker in workers for pid in children(worker)]
    queries = [pid for forker in forkers for pid in children(forker)]
    return {"main": [service.process.pid], "worker": workers, "forker": forkers, "query": queries}


def answers(service: Service) -> bool:
    try:
        return service.ask("/assess", "POST", json.dumps({}), {"Content-Type": "application/json"}).status == 200
    except OSError:  # it was accepted by the worker that is killed
        return False


def ask_slowly(service: Service) -> None:
    with suppress(OSError):
        service.sparql(SLOW)


def kill_in_turn(victims: Sequence[str], chosen: random.Random, output: Path) -> None:
    """Kill processes of these kinds; a killed main process ends the service, and another one takes its port."""
    left = list(victims)
    while left:
        with serving("--workers", "2", output=output, QUERY_SECONDS="1") as service:
            asking = [threading.Thread(target=ask_slowly, args=(service,), daemon=True) for _ in range(2)]
            for thread in asking:
                thread.start()
            while left:
                kind = left.pop(0)
                until(lambda: members(service)[kind])  # noqa: B023 - used at once
                time.sleep(chosen.random() / 5)
                everyone = family(service.process.pid)
                victim = chosen.choice(members(service)[kind] or members(service)["worker"])
                with suppress(ProcessLookupError):  # its query was over
                    os.kill(victim, signal.SIGKILL)
                if kind == "main":
                    service.process.wait()
                    until(lambda: not any(map(lives, everyone)), AGAIN)  # noqa: B023 - used at once
                    listen("127.0.0.1", service.port).close()
                    break
                until(lambda: answers(service), AGAIN)
                until(lambda: service.sparql("ASK {}").status == 200)
            for thread in asking:
                thread.join()
        assert "Traceback" not in output.read_text()


@pytest.mark.slow
def test_what_is_killed_is_replaced_or_takes_everything_with_it(tmp_path: Path) -> None:
    kill_in_turn(["worker", "query", "main"], random.Random(1), tmp_path / "output")
    said = (tmp_path / "output").read_text()
    assert said.count("serves at http://127.0.0.1:") == 1
    assert said.count("was ended by SIGKILL") == 1


@pytest.mark.long
def test_processes_killed_at_random_moments(tmp_path: Path) -> None:
    chosen = random.Random(20)
    kinds = ["worker"] * 7 + ["query"] * 5 + ["forker"] * 4 + ["main"] * 4
    chosen.shuffle(kinds)
    kill_in_turn(kinds, chosen, tmp_path / "output")


@pytest.mark.slow
def test_hangup_serves_the_new_guideline_or_keeps_the_old(tmp_path: Path) -> None:
    folder, output = tmp_path / "guideline", tmp_path / "output"
    shutil.copytree(ANKLE, folder)
    file = folder / "ontology" / "pathway.ttl"
    asked: list[tuple[int, str]] = []
    stop = threading.Event()

    def version() -> str:
        answer = service.ask("/assess", "POST", "{}", {"Content-Type": "application/json"})
        found = str(json.loads(answer.text)["guideline"]["version"])
        asked.append((answer.status, found))
        return found

    def ask_on() -> None:
        while not stop.wait(0.01):
            version()

    with serving("--workers", "2", "--guideline", str(folder), output=output, ready=False) as service:
        old = version()
        asking = threading.Thread(target=ask_on)
        asking.start()
        for changed in (file, folder / "ontology" / "record.ttl", folder / "shapes" / "record.ttl"):
            text = changed.read_text(encoding="utf-8").replace(f'versionInfo "{old}"', 'versionInfo "9.9.9"')
            changed.write_text(text, encoding="utf-8")
        service.process.send_signal(signal.SIGHUP)
        until(lambda: {version() for _ in range(8)} == {"9.9.9"})
        file.write_text("broken", encoding="utf-8")
        service.process.send_signal(signal.SIGHUP)
        until(lambda: "What was served before goes on." in output.read_text())
        assert version() == "9.9.9"
        stop.set()
        asking.join()
        assert {status for status, _ in asked} == {200}
        assert file.name in output.read_text()


@pytest.mark.slow
def test_hangup_loses_no_connection_that_a_worker_has_accepted(tmp_path: Path) -> None:
    head = "POST /assess HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 2\r\n"
    with serving("--workers", "2", "--guideline", str(ANKLE), output=tmp_path / "output", ready=False) as service:
        before = members(service)["worker"]
        held = http.client.HTTPConnection("127.0.0.1", service.port, timeout=20)
        silent = [socket.create_connection(("127.0.0.1", service.port), timeout=20) for _ in range(8)]
        silent[0].sendall(head.encode())  # the rest of its request comes later
        service.process.send_signal(signal.SIGHUP)
        last = None
        while last is None:  # the worker goes on answering until it says that this is its last answer
            held.request("POST", "/assess", "{}", {"Content-Type": "application/json"})
            response = held.getresponse()
            assert response.status == 200
            response.read()
            last = response.getheader("Connection")
        assert last == "close"
        for number, connection in enumerate(silent):
            connection.sendall(b"\r\n{}" if number == 0 else f"{head}Connection: close\r\n\r\n{{}}".encode())
            assert connection.makefile("rb").readline() == b"HTTP/1.1 200 OK\r\n"
            connection.close()
        held.close()
        until(lambda: not set(before) & set(members(service)["worker"]))
        assert answers(service)


@pytest.mark.slow
def test_a_stop_lets_answers_under_way_finish(tmp_path: Path) -> None:
    line = b"{}\n"
    with serving(output=tmp_path / "output", QUERY_SECONDS="0.5") as service:
        found: list[str] = []
        query = threading.Thread(target=lambda: found.append(service.sparql(SLOW).text))
        query.start()
        connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=20)
        connection.putrequest("POST", "/assess")
        connection.putheader("Content-Type", "application/x-ndjson")
        connection.putheader("Content-Length", str(2 * len(line)))
        connection.endheaders(line)
        until(lambda: members(service)["query"])
        time.sleep(0.2)
        service.process.send_signal(signal.SIGTERM)
        until(lambda: not accepts(service.port))
        connection.send(line)
        assert len(connection.getresponse().read().splitlines()) == 2
        connection.close()
        query.join()
        assert json.loads(found[0])["code"] == "limit-time"
        assert service.process.wait(5) == 0


def accepts(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True
