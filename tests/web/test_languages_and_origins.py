"""The language of an answer follows the caller's order, and pages of other origins can use every address."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient

from lrp_kg import GuidelineService
from lrp_kg.web.compression import SMALLEST
from lrp_kg.words.languages import look_up
from tests.support.application import made
from tests.support.paths import PACKAGE


@pytest.fixture(scope="module")
def client(service: GuidelineService) -> Iterator[FlaskClient]:
    with made(service) as app:
        yield app.test_client()


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("nl-BE,en-US;q=0.7,en;q=0.3", "nl"),
        ("fr-BE,nl;q=0.8", "fr"),
        ("fr-BE,de-BE;q=0.9,en;q=0.1", "fr"),
        ("en;q=0.1,de-Latn-AT;q=0.2", "de"),
        ("pt-BR,nl;q=0.5", "nl"),
        ("nl;q=0,fr;q=0.1", "fr"),
        ("nl;q=0,nl-BE", "en"),
        ("en;q=0,*", "nl"),
        ("fr,nl", "fr"),
        ("nl,fr", "nl"),
        ("*", "en"),
        ("pt", "en"),
        ("", "en"),
        (";;q=x,,", "en"),
    ],
)
def test_header_is_looked_up_in_the_order_of_the_caller(header: str, language: str, client: FlaskClient) -> None:
    for found in (
        client.post("/assess", json={}, headers={"Accept-Language": header}),
        client.get("/", headers={"Accept-Language": header}),
    ):
        assert found.status_code == 200
        assert found.headers["Content-Language"] == language
        assert "Accept-Language" in found.headers["Vary"]


@pytest.mark.parametrize("asked", ["nl", "NL", "nl-BE", "nl_BE"])
def test_parameter_is_looked_up_alike(asked: str, client: FlaskClient) -> None:
    found = client.post("/assess", query_string={"lang": asked}, json={}, headers={"Accept-Language": "fr"})
    assert (found.status_code, found.headers["Content-Language"]) == (200, "nl")


@pytest.mark.parametrize("asked", ["", "pt", "pt-nl", "nl-", "-nl", "nlx", "nl BE", "*", "é"])
def test_unknown_language_is_refused_with_those_there_are(asked: str, client: FlaskClient) -> None:
    found = client.post("/assess", query_string={"lang": asked}, json={})
    assert found.status_code == 400
    assert "en, nl, fr, de" in found.get_json()["detail"]
    assert look_up(asked) is None


def test_two_languages_are_refused(client: FlaskClient) -> None:
    assert client.post("/assess?lang=nl&lang=fr", json={}).status_code == 400


ADDRESSES = [
    ("POST", "/assess", {"json": {}}, 200),
    ("POST", "/validate", {"json": {}}, 200),
    ("POST", "/validate", {"json": {"no such field": 1}}, 422),
    ("POST", "/assess", {"data": b"{", "content_type": "application/json"}, 400),
    ("POST", "/assess", {"data": b"x", "content_type": "text/csv"}, 415),
    ("POST", "/assess", {"json": {}, "headers": {"Accept": "image/png"}}, 406),
    ("POST", "/assess", {"data": b" " * 2_000_000, "content_type": "application/json"}, 413),
    ("GET", "/ids", {}, 200),
    ("GET", "/context.jsonld", {}, 200),
    ("GET", "/openapi.json", {}, 200),
    ("GET", "/health", {}, 200),
    ("GET", "/query.rq", {}, 200),
    ("GET", "/derive.rq", {}, 200),
    ("GET", "/nothing", {}, 404),
    ("DELETE", "/assess", {}, 405),
    ("GET", "/sparql", {}, 200),
    ("GET", "/queries", {}, 200),
]


@pytest.mark.parametrize(("method", "address", "options", "status"), ADDRESSES)
def test_other_origins_can_read_every_response(
    method: str, address: str, options: dict[str, object], status: int, client: FlaskClient
) -> None:
    found = client.open(address, method=method, **options)  # type: ignore[arg-type]
    assert found.status_code == status
    assert found.headers.getlist("Access-Control-Allow-Origin") == ["*"]
    assert "Access-Control-Allow-Credentials" not in found.headers


@pytest.mark.parametrize("address", sorted({each[1] for each in ADDRESSES}))
def test_browser_may_ask_first(address: str, client: FlaskClient) -> None:
    asked = {"Origin": "https://app.example", "Access-Control-Request-Method": "POST"}
    found = client.options(address, headers=asked)
    assert found.status_code == 204
    assert found.headers["Access-Control-Allow-Origin"] == "*"
    assert "Content-Type" in found.headers["Access-Control-Allow-Headers"]
    assert found.headers["Access-Control-Allow-Methods"]


@pytest.mark.parametrize(
    ("address", "depends_on"),
    [
        ("/", {"Accept", "Accept-Language"}),
        ("/?lang=nl", {"Accept"}),
        ("/ids", {"Accept-Language"}),
        ("/ids?lang=nl", set()),
        ("/queries", {"Accept", "Accept-Language"}),
        ("/queries/decisions", {"Accept", "Accept-Language"}),
        ("/queries/decisions.rq", {"Accept-Language"}),
        ("/query", {"Accept-Language"}),
        ("/query?lang=fr", set()),
        ("/query/terms.json", {"Accept-Language"}),
        ("/term/", {"Accept", "Accept-Language"}),
        ("/term/cp:Stage", {"Accept"}),
        ("/ontology", {"Accept"}),
        ("/sparql", {"Accept"}),
        ("/sparql?query=ASK%7B%7D", {"Accept"}),
        ("/.well-known/void", {"Accept"}),
        ("/openapi.json", set()),
        ("/health", set()),
        ("/context.jsonld", set()),
        ("/query.rq", set()),
        ("/term/nothing", {"Accept-Language"}),
        ("/term/cp:None", {"Accept-Language"}),
    ],
)
def test_vary_names_what_a_response_was_chosen_by(address: str, depends_on: set[str], client: FlaskClient) -> None:
    found = client.get(address, headers={"Accept": "text/turtle, application/json, */*;q=0.1"})
    assert found.status_code in (200, 404)
    compressible = len(found.data) >= SMALLEST
    assert set(found.vary) == depends_on | ({"Accept-Encoding"} if compressible else set())


def test_one_place_sets_vary() -> None:
    files = [f for f in (PACKAGE / "web").glob("*.py") if re.search(r"[Vv]ary\b", f.read_text(encoding="utf-8"))]
    assert [f.name for f in files] == ["negotiation.py"]
