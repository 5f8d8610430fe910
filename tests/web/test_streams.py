"""NDJSON is answered line by line as it arrives, and a body that is cut is never taken for a whole one."""

from __future__ import annotations

from io import BytesIO

import orjson
import pytest
from flask import Flask
from flask.testing import FlaskClient

from lrp_kg import GuidelineService
from lrp_kg.effort import Effort, check, limited
from lrp_kg.errors import RecordTimeLimit, UnknownParameter
from lrp_kg.record.lines import numbered_lines
from lrp_kg.web import application
from lrp_kg.web.application import create_app

NDJSON = "application/x-ndjson"
CUT = {"CONTENT_LENGTH": "99"}


@pytest.fixture(scope="module")
def app() -> Flask:
    return create_app()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def test_lines_are_numbered_and_bounded() -> None:
    found = list(numbered_lines(BytesIO(b"{}\n\n" + b"x" * 30 + b"\n1234567890\n12").readline, 10))
    assert [(n, line if isinstance(line, bytes) else line.code) for n, line in found] == [
        (1, b"{}\n"),
        (3, "request-entity-too-large"),
        (4, b"1234567890\n"),
        (5, b"12"),
    ]


@pytest.mark.parametrize(("sent", "line"), [(b"{}\n", 2), (b'{}\n{"red', 2), (b"{}\n\n", 3)])
def test_cut_stream_ends_with_its_error(client: FlaskClient, sent: bytes, line: int) -> None:
    answer = client.post("/validate", input_stream=BytesIO(sent), environ_overrides=CUT, content_type=NDJSON)
    last = orjson.loads(answer.data.splitlines()[-1])
    assert (answer.status_code, last["line"], last["code"]) == (200, line, "body-cut-short")


def test_stream_that_is_cut_before_its_first_line_is_refused(client: FlaskClient) -> None:
    answer = client.post("/validate", input_stream=BytesIO(b'{"re'), environ_overrides=CUT, content_type=NDJSON)
    assert (answer.status_code, orjson.loads(answer.data)["code"]) == (400, "body-cut-short")


@pytest.mark.parametrize("kind", ["application/json", "text/turtle"])
def test_cut_body_is_refused(client: FlaskClient, kind: str) -> None:
    answer = client.post("/assess", input_stream=BytesIO(b"{}"), environ_overrides=CUT, content_type=kind)
    assert (answer.status_code, orjson.loads(answer.data)["code"]) == (400, "body-cut-short")


def test_end_that_nothing_shows_needs_a_length(client: FlaskClient) -> None:
    headers = {"Content-Type": "text/turtle", "Transfer-Encoding": "chunked"}
    answer = client.post("/assess", input_stream=BytesIO(b""), headers=headers)
    assert (answer.status_code, orjson.loads(answer.data)["code"]) == (411, "length-required")


@pytest.mark.parametrize("encoding", ["gzip", "br", "zstd", "identity, gzip", "x"])
def test_compressed_body_is_refused(client: FlaskClient, encoding: str) -> None:
    answer = client.post("/assess", data=b"{}", content_type="application/json", headers={"Content-Encoding": encoding})
    assert (answer.status_code, answer.headers["Accept-Encoding"]) == (415, "identity")
    assert orjson.loads(answer.data)["code"] == "unsupported-content-encoding"


def test_limit_of_a_record_is_named(monkeypatch: pytest.MonkeyPatch, service: GuidelineService) -> None:
    monkeypatch.setattr(application, "GuidelineService", lambda folder=None: service)
    client = create_app({"RECORD_SECONDS": "0.000001"}).test_client()
    for path in ("/assess", "/validate"):
        answer = client.post(path, data=b'{"redFlags": "some-new-word"}', content_type="application/json")
        said = orjson.loads(answer.data)
        assert (answer.status_code, said["code"]) == (503, "limit-time")
        assert "LRP_RECORD_SECONDS" in said["detail"]
        lines = client.post(path, data=b'{"redFlags": "some-new-word"}\n[]', content_type=NDJSON).data.splitlines()
        assert [orjson.loads(line)["code"] for line in lines] == ["limit-time", "record-not-readable"]
    with pytest.raises(UnknownParameter, match="LRP_RECORD_MEMORY"):
        create_app({"RECORD_MEMORY": "much"})


def test_work_on_a_record_is_limited() -> None:
    check()
    with limited(Effort(seconds=0.01)), pytest.raises(RecordTimeLimit, match="0.01 CPU seconds"):
        while True:
            check()


def test_no_memory_left_is_named(app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise MemoryError

    monkeypatch.setattr(app.extensions["lrp_kg"], "answer_json", fail)
    answer = client.post("/assess", data=b"{}", content_type="application/json")
    assert (answer.status_code, orjson.loads(answer.data)["code"]) == (503, "limit-memory")
    line = orjson.loads(client.post("/assess", data=b"{}", content_type=NDJSON).data)
    assert (line["line"], line["code"]) == (1, "limit-memory")
