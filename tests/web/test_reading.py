"""Large bodies are read in processes of their own, with the same answers, within limits that the kernel keeps."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.hostile_bodies import JSON, JSON_LD, NDJSON, RECORD, TURTLE
from tests.support.processes import children, until
from tests.support.serving import Answer, Service, serving

pytestmark = pytest.mark.slow

SECONDS = 0.05
PADDING = b" " * 20_000
KNOWN = b'{"redFlags": "none"}'
LONG_CONTEXT = json.dumps({"@context": {f"t{n}": "urn:t" for n in range(50_000)}, "@type": RECORD}).encode()
"""One call of the parser, which takes ten times as long as a record may, and asks nobody."""


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    output = tmp_path_factory.mktemp("reading") / "output"
    with serving(ready=False, output=output, RECORD_SECONDS=str(SECONDS), PREFIX="/lrp") as found:
        yield found
    said = output.read_text(encoding="utf-8")
    assert f"serves at http://127.0.0.1:{found.port}/lrp/ (" in said
    assert "Traceback" not in said


def send(service: Service, body: bytes, media_type: str = JSON, path: str = "/assess") -> Answer:
    return service.ask(path, "POST", body, {"Content-Type": media_type})


def forkers(service: Service) -> list[int]:
    """Return the processes that fork those that read: they run the same command as the worker."""
    (worker,) = children(service.process.pid)
    return [pid for pid in children(worker) if command(pid) == command(worker)]


def command(pid: int) -> bytes:
    return Path(f"/proc/{pid}/cmdline").read_bytes()


def test_large_body_has_the_answer_of_a_small_one(service: Service) -> None:
    small, large = send(service, KNOWN), send(service, KNOWN + PADDING)
    assert (large.status, large.body) == (200, small.body)
    turtle = b"@prefix cp: <https://w3id.org/lrp-kg/care-pathway#> .\n<urn:x> a cp:PatientRecord .\n"
    assert send(service, turtle + b"\n" * 20_000, TURTLE, "/validate").text == '{"valid":true,"findings":[]}'


@pytest.mark.parametrize("body", [b'{"redFlags": 1, "x": 2}', b'{"a": 1, "a": 1}', b"{", b"[]", b"\xff"])
def test_large_body_has_the_problems_of_a_small_one(service: Service, body: bytes) -> None:
    small, large = send(service, body), send(service, PADDING + body)
    assert large.status == small.status >= 400
    found, expected = (json.loads(a.text) for a in (large, small))
    assert (found["code"], found.get("findings")) == (expected["code"], expected.get("findings"))


def test_large_line_is_answered_among_others(service: Service) -> None:
    wrong = b'{"redFlags": 1}'
    body = b"\n".join([KNOWN, KNOWN + PADDING, wrong, PADDING + wrong, b"{" + PADDING, KNOWN])
    lines = [json.loads(line) for line in send(service, body, NDJSON, "/validate").text.splitlines()]
    assert [line["line"] for line in lines] == [1, 2, 3, 4, 5, 6]
    assert [line["valid"] for line in lines] == [True, True, False, False, False, True]
    assert lines[3]["findings"] == lines[2]["findings"]
    assert lines[4]["detail"].startswith("Column 20003: ")


def test_parser_that_takes_too_long_is_stopped(service: Service) -> None:
    workers = children(service.process.pid)
    found = send(service, LONG_CONTEXT, JSON_LD)
    assert (found.status, json.loads(found.text)["code"]) == (503, "limit-time")
    assert f"{SECONDS:g} CPU seconds (LRP_RECORD_SECONDS)" in found.text
    assert send(service, KNOWN + PADDING).status == 200
    assert children(service.process.pid) == workers


def test_what_reads_may_be_killed(service: Service) -> None:
    (forker,) = forkers(service)
    for pid in children(forker):
        os.kill(pid, signal.SIGKILL)
    assert send(service, KNOWN + PADDING).status == 200
    os.kill(forker, signal.SIGKILL)
    until(lambda: not children(forker))
    for _ in range(2):
        assert send(service, KNOWN + PADDING).status == 200
    assert send(service, PADDING + b"{").status == 400


UNEXPECTED = """
from lrp_kg.effort import Effort
from lrp_kg.web.reading import Reading

class Service:
    reader = None  # so that whatever is asked of it fails

    def prepare_findings(self): pass

with Reading(Service(), Effort()) as reading:
    found = [reading.apart(b" " * 20_000 + b"{}", "json", ()) for _ in range(2)]
    assert found == [None, None] and [w.answered for w in reading._idle] == [2]
"""


def test_unexpected_error_is_left_to_the_one_who_logs_it() -> None:
    subprocess.run([sys.executable, "-c", UNEXPECTED], check=True, timeout=60)
