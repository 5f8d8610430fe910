"""An answer that was asked for twice is kept for a minute, within a bound, and is the same as the first one."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask

from lrp_kg import GuidelineService
from lrp_kg.web import again
from lrp_kg.web.again import AskedAgain
from lrp_kg.web.repeats import BYTES, LARGEST, SECONDS, Repeats
from tests.support.application import made

RECORD = {"id": "somebody", "assessmentDate": "2024-02-12", "onsetDate": "2024-01-08", "careLine": "first-line"}


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


class Work:
    """Counts how often an answer is worked out."""

    def __init__(self, answer: bytes = b"answer") -> None:
        self.done = 0
        self.answer = answer

    def __call__(self) -> bytes:
        self.done += 1
        return self.answer


def test_the_third_time_nothing_is_worked_out() -> None:
    repeats, work = Repeats(), Work()
    assert [repeats.answer(1, b"body", work) for _ in range(5)] == [b"answer"] * 5
    assert work.done == 2
    other = Work(b"other")
    assert [repeats.answer(*asked, other) for asked in ((2, b"body"), (1, b"Body"))] == [b"other"] * 2


def test_what_was_asked_for_once_is_not_kept() -> None:
    repeats = Repeats()
    for number in range(100):
        repeats.answer(1, b"%d" % number, Work())
    assert repeats.kept == 0


def test_an_answer_is_forgotten_after_a_minute_without_a_request() -> None:
    clock, work = Clock(), Work()
    repeats = Repeats(clock)
    for _ in range(6):  # and kept as long as there are requests
        clock.now += SECONDS
        repeats.answer(1, b"body", work)
    assert work.done == 2
    clock.now += SECONDS
    repeats.answer(1, b"another body", Work())
    clock.now += SECONDS
    repeats.answer(1, b"a third body", Work())
    assert repeats.kept == 0
    repeats.answer(1, b"body", work)
    assert work.done == 3


def test_what_is_kept_has_a_bound() -> None:
    repeats = Repeats()
    size = 100_000
    for number in range(3 * BYTES // size):
        for _ in range(2):
            repeats.answer(1, b"%d" % number, Work(os.urandom(size)))
    assert BYTES // size // 2 < repeats.kept <= 2 * (BYTES // size + 1)
    large = Work(bytes(LARGEST + 1))
    for _ in range(4):
        repeats.answer(1, b"large", large)
    assert large.done == 4


def test_an_error_is_not_kept() -> None:
    repeats = Repeats()

    def wrong() -> bytes:
        raise ValueError

    for _ in range(3):
        with pytest.raises(ValueError):  # noqa: PT011
            repeats.answer(1, b"body", wrong)
    assert repeats.kept == 0


@pytest.fixture(scope="module")
def app(service: GuidelineService) -> Iterator[Flask]:
    with made(service, queries=False) as found:
        yield found


def memory_of(app: Flask) -> AskedAgain:
    inner: Any = app.wsgi_app
    while not isinstance(inner, AskedAgain):
        inner = inner._inner
    return inner


@pytest.mark.parametrize("path", ["/assess?explain=1", "/assess?lang=nl&whatIf=1&changes=1", "/validate?record=1"])
@pytest.mark.parametrize("headers", [{}, {"Accept-Encoding": "gzip"}])
def test_the_response_is_the_same_without_reading_the_record(
    app: Flask, path: str, headers: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    memory_of(app)._known.clear()
    read: list[bytes] = []
    one_record = again.one_record
    monkeypatch.setattr(again, "one_record", lambda r, sent, *more: read.append(sent) or one_record(r, sent, *more))
    client = app.test_client()

    def send(**other: str) -> tuple[int, list[tuple[str, str]], bytes]:
        data = json.dumps(RECORD | other)
        response = client.post(path, data=data, headers={"Content-Type": "application/json", **headers})
        return response.status_code, sorted(response.headers), response.get_data()

    first, *more = [send() for _ in range(6)]
    assert more == [first] * 5
    assert first[0] == 200
    assert ("Cache-Control", "no-store") in first[1] or path.startswith("/validate")
    assert len(read) == 2  # Flask's views read the first one
    assert send(id="somebody else")[2] != first[2]
    assert len(read) == 3


def test_a_wrong_record_is_wrong_each_time(app: Flask) -> None:
    memory_of(app)._known.clear()
    client = app.test_client()
    assert client.post("/assess", json=RECORD).status_code == 200
    wrong = [client.post("/assess", json={"redFlags": "x"}) for _ in range(4)]
    assert {r.status_code for r in wrong} == {422}
    assert len({r.get_data() for r in wrong}) == 1


def test_nothing_is_kept_where_validity_may_depend_on_the_day(
    service: GuidelineService, monkeypatch: pytest.MonkeyPatch
) -> None:
    rules = replace(service.rules, rememberable=False)
    monkeypatch.setattr(GuidelineService, "rules", property(lambda _: rules))
    with made(service, queries=False) as app:
        assert memory_of(app)._repeats is None
