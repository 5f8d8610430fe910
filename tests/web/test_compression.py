"""Responses are compressed for clients that accept it, and are the same content as without."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from lrp_kg import GuidelineService
from tests.support.application import made
from tests.support.paths import ROOT

JSON = {"Content-Type": "application/json"}
RECORD = json.loads((ROOT / "examples" / "first-visit.json").read_text(encoding="utf-8"))
SCRIPT = "/static/vendor/yasgui/yasgui.min.js"
ACCEPTED = (
    "gzip",
    "GZIP",
    "*",
    "br, gzip;q=0.2",
    "gzip, deflate, br, zstd",
    "identity;q=0, gzip",
    "gzip;q=0.0001",
    "gzip;" * 2000,
)
OWN = re.compile(rb"_:[0-9a-f]+|\d{4}-\d\d-\d\dT[\d:+Z]+")
"""What each answer as RDF has of its own: the name of a blank node, and when it was made."""

REFUSED = (
    *("", "identity", "br", "x-gzip", "gzip;q=0", "*;q=0", "gzip;q=0, *", "gzip;q=0.5, identity", "gzip;q=abc"),
    *("gzip;q=-1", "gzip;q=nan", ";;;,,,", "gzip\x7f", "é", "gzip" * 5000, ",".join("abc" * 3000)),
)


@pytest.fixture(scope="module")
def client(service: GuidelineService) -> Iterator[FlaskClient]:
    with made(service) as app:
        yield app.test_client()


def assess(client: FlaskClient, coding: str | None, accept: str = "application/json", **query: str) -> TestResponse:
    asked = {"Accept-Encoding": coding} if coding is not None else {}
    return client.post("/assess", query_string=query, json=RECORD, headers=JSON | asked | {"Accept": accept})


def get(client: FlaskClient, path: str, headers: dict[str, str] | None = None) -> TestResponse:
    return client.get(path, headers=headers, buffered=True)  # which closes the file


@pytest.mark.parametrize("accept", ["application/json", "application/ld+json", "text/html", "text/plain"])
def test_an_answer_is_the_same_compressed(client: FlaskClient, accept: str) -> None:
    plain, small = assess(client, None, accept), assess(client, "gzip", accept)
    assert "Content-Encoding" not in plain.headers
    assert small.headers["Content-Encoding"] == "gzip"
    assert int(small.headers["Content-Length"]) == len(small.data) < len(plain.data) * 0.6
    assert OWN.sub(b"", gzip.decompress(small.data)) == OWN.sub(b"", plain.data)
    assert "Accept-Encoding" in plain.vary and "Accept-Encoding" in small.vary
    assert small.headers["Content-Type"] == plain.headers["Content-Type"]


def test_the_first_visit_is_few_bytes_on_the_way(client: FlaskClient) -> None:
    for lang in ("nl", "fr", "de", "en"):
        assert len(assess(client, "gzip", lang=lang).data) < 8000  # with what the law of the day says


@pytest.mark.parametrize("coding", ACCEPTED)
def test_compressed_where_gzip_is_preferred_or_as_good(client: FlaskClient, coding: str) -> None:
    assert assess(client, coding).headers.get("Content-Encoding") == "gzip"


@pytest.mark.parametrize("coding", REFUSED)
def test_as_it_is_for_all_others(client: FlaskClient, coding: str) -> None:
    found = assess(client, coding)
    assert found.status_code == 200
    assert "Content-Encoding" not in found.headers
    assert found.get_json()["decisions"]


def test_what_is_small_or_sent_line_by_line_is_not_compressed(client: FlaskClient) -> None:
    valid = client.post("/validate", json=RECORD, headers={"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in valid.headers
    lines = client.post(
        "/assess", data=b"{}\n", headers={"Content-Type": "application/x-ndjson", "Accept-Encoding": "gzip"}
    )
    assert "Content-Encoding" not in lines.headers
    assert json.loads(lines.data)["line"] == 1


def test_problems_are_compressed_too(client: FlaskClient) -> None:
    wrong = {f"unknown{i}": i for i in range(30)}
    found = client.post("/assess", json=wrong, headers={"Accept-Encoding": "gzip"})
    assert (found.status_code, found.headers["Content-Encoding"]) == (422, "gzip")
    assert json.loads(gzip.decompress(found.data))["status"] == 422


@pytest.mark.parametrize("path", [SCRIPT, "/guide/static/style.css"])
def test_a_static_file_has_a_weak_tag_and_no_ranges_when_compressed(client: FlaskClient, path: str) -> None:
    plain = get(client, path)
    for _ in range(2):
        small = get(client, path, {"Accept-Encoding": "gzip"})
        assert gzip.decompress(small.data) == plain.data
        assert len(small.data) < len(plain.data) * 0.4
        assert small.headers["ETag"] == f"W/{plain.headers['ETag']}"
        assert "Accept-Ranges" not in small.headers
    again = get(client, path, {"Accept-Encoding": "gzip", "If-None-Match": small.headers["ETag"]})
    assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", small.headers["ETag"])
    head = client.head(path, headers={"Accept-Encoding": "gzip"}, buffered=True)
    assert (head.data, head.headers["Content-Length"]) == (b"", str(len(small.data)))
    other = get(client, path, {"If-None-Match": plain.headers["ETag"]})
    assert (other.status_code, other.headers["ETag"]) == (304, plain.headers["ETag"])


def test_a_part_of_a_file_is_a_part_of_what_is_not_compressed(client: FlaskClient) -> None:
    plain = get(client, SCRIPT)
    part = get(client, SCRIPT, {"Accept-Encoding": "gzip", "Range": "bytes=100-2099"})
    assert (part.status_code, part.data) == (206, plain.data[100:2100])
    assert "Content-Encoding" not in part.headers


@pytest.mark.slow
def test_results_of_queries_keep_their_tag(client: FlaskClient) -> None:
    asked = {"query": "SELECT ?s ?p WHERE { ?s ?p ?o } ORDER BY ?s ?p LIMIT 100"}
    plain = client.get("/sparql", query_string=asked)
    small = client.get("/sparql", query_string=asked, headers={"Accept-Encoding": "gzip"})
    assert gzip.decompress(small.data) == plain.data
    assert small.headers["ETag"] == f"W/{plain.headers['ETag']}"
    again = client.get(
        "/sparql", query_string=asked, headers={"Accept-Encoding": "gzip", "If-None-Match": small.headers["ETag"]}
    )
    assert again.status_code == 304
