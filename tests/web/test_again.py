"""A request like an earlier one gets the response that it would get if nothing were remembered."""

from __future__ import annotations

import json
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from lrp_kg import GuidelineService
from lrp_kg.errors import RecordTimeLimit
from lrp_kg.web import again
from lrp_kg.web.again import AskedAgain
from tests.support.application import made

RECORDS: list[dict[str, Any]] = [
    {"id": "a", "assessmentDate": "2024-02-12", "onsetDate": "2024-01-08", "careLine": "first-line"},
    {"id": "b", "assessmentDate": "2025-05-01", "onsetDate": "2025-04-30", "redFlags": "cluster"},
    {},
]
REQUESTS: list[tuple[str, dict[str, str]]] = [
    ("/assess", {}),
    ("/v1/assess?explain=1&lang=nl", {}),
    ("/assess?changes=true&whatIf=1", {"Accept-Language": "fr"}),
    ("/assess?detail=summary", {"Accept-Encoding": "gzip"}),
    ("/assess", {"Accept-Encoding": "gzip", "Origin": "https://other.example"}),
    ("/assess?for=stage", {"Accept": "application/json;q=0.5, */*;q=0.1", "Accept-Encoding": "gzip"}),
    ("/assess", {"Accept": "text/plain"}),
    ("/assess", {"Accept": "text/html"}),
    ("/validate", {}),
    ("/validate?record=1", {"Accept-Encoding": "gzip"}),
    ("/assess?explain=1", {"X-Forwarded-Proto": "https", "X-Request-Id": "17"}),
    ("/assess", {"Cookie": "session=x"}),
    ("/assess", {"Authorization": "Bearer x"}),
]
WRONG: list[tuple[str, bytes, dict[str, str]]] = [
    ("not valid", b'{"redFlags": "x", "onsetDate": "2024-13-01"}', {}),
    ("no JSON", b'{"redFlags":', {}),
    ("a key twice", b'{"id": "a", "id": "b"}', {}),
    ("not UTF-8", b'{"id": "\xff"}', {}),
    ("unknown context", b'{"@context": "https://other.example/", "id": "a"}', {}),
    ("other type", b"{}", {"Content-Type": "text/csv"}),
    ("other encoding", b"{}", {"Content-Encoding": "gzip"}),
    ("not acceptable", b"{}", {"Accept": "image/png"}),
]


@pytest.fixture(scope="module")
def app(service: GuidelineService) -> Iterator[Flask]:
    with made(service, queries=False) as found:
        yield found


@pytest.fixture
def plain(app: Flask) -> Any:
    """The application without memory."""
    inner = app.wsgi_app
    while not isinstance(inner, AskedAgain):
        inner = inner._inner  # type: ignore[attr-defined]
    inner._known.clear()
    return inner


def send(app: Flask, path: str, body: bytes, headers: dict[str, str]) -> TestResponse:
    return app.test_client(use_cookies=False).post(
        path, data=body, headers={"Content-Type": "application/json", **headers}
    )


def said(response: TestResponse) -> tuple[int, list[tuple[str, str]], bytes]:
    return response.status_code, sorted(response.headers), response.get_data()


def forgetting(memory: AskedAgain, app: Flask, path: str, body: bytes, headers: dict[str, str]) -> Any:
    memory._known.clear()
    return said(send(app, path, body, headers))


@pytest.mark.parametrize(("path", "headers"), REQUESTS)
def test_the_response_is_the_same(app: Flask, plain: AskedAgain, path: str, headers: dict[str, str]) -> None:
    bodies = [json.dumps(record).encode() for record in (*RECORDS, *RECORDS)]
    expected = [forgetting(plain, app, path, body, headers) for body in bodies]
    plain._known.clear()
    assert [said(send(app, path, body, headers)) for body in bodies] == expected
    assert len({content for _, _, content in expected}) in (1, len(RECORDS))
    whole_way = {"Cookie", "Authorization"} & headers.keys() or "text/" in headers.get("Accept", "")
    assert len(plain._known) == (0 if whole_way else 1)


@pytest.mark.parametrize(("body", "headers"), [w[1:] for w in WRONG], ids=[w[0] for w in WRONG])
def test_what_is_wrong_is_the_same(app: Flask, plain: AskedAgain, body: bytes, headers: dict[str, str]) -> None:
    for path in ("/assess?explain=1&lang=de", "/validate"):
        expected = forgetting(plain, app, path, body, headers)
        assert expected[0] >= 400
        assert send(app, path, b"{}", {}).status_code == 200
        assert said(send(app, path, body, headers)) == expected
        assert send(app, path, b"{}", {}).status_code == 200


def test_flask_is_asked_once(app: Flask, plain: AskedAgain, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []
    inner = plain._inner
    monkeypatch.setattr(plain, "_inner", lambda environ, start: calls.append("") or inner(environ, start))
    for number in range(3):
        assert (
            send(app, "/assess", json.dumps({"id": str(number)}).encode(), {"User-Agent": str(number)}).status_code
            == 200
        )
    assert len(calls) == 1
    send(app, "/assess", b"{}", {"Accept-Language": "nl"})
    send(app, "/assess?lang=nl", b"{}", {})
    assert len(calls) == 3


def test_the_work_on_a_record_is_not_done_twice(app: Flask, plain: AskedAgain, monkeypatch: pytest.MonkeyPatch) -> None:
    send(app, "/assess", b"{}", {})
    read: list[bytes] = []

    def one_record(reader: Any, sent: bytes, *more: Any) -> Any:
        read.append(sent)
        raise RecordTimeLimit("It took too long.")

    monkeypatch.setattr(again, "one_record", one_record)
    monkeypatch.setattr("lrp_kg.web.assess.one_record", one_record)
    assert send(app, "/assess", b'{"id": "x"}', {}).status_code == RecordTimeLimit.status
    assert read == [b'{"id": "x"}']


def test_a_body_that_is_cut_is_refused(app: Flask, plain: AskedAgain) -> None:
    send(app, "/assess", b"{}", {})
    environ = {"CONTENT_LENGTH": "20", "wsgi.input": BytesIO(b"{}")}
    found = app.test_client().post("/assess", content_type="application/json", environ_overrides=environ)
    assert found.status_code == 400


def test_a_body_over_the_limit_is_refused(app: Flask, plain: AskedAgain, monkeypatch: pytest.MonkeyPatch) -> None:
    send(app, "/assess", b"{}", {})
    monkeypatch.setitem(app.config, "MAX_BODY", 10)
    assert send(app, "/assess", b'{"id": "abcdef"}', {}).status_code == 413
    assert send(app, "/assess", b'{"id": ""}', {}).status_code == 200


def test_memory_is_bounded(app: Flask, plain: AskedAgain, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(again, "REMEMBERED", 3)
    for number in range(10):
        assert send(app, "/validate", b"{}", {"X-Other": str(number)}).status_code == 200
        assert 0 < len(plain._known) <= 3
