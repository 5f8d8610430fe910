"""The language of an answer follows the caller's order, and pages of other origins can use every address."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from lrp_kg import GuidelineService, errors
from lrp_kg.web.compression import SMALLEST
from lrp_kg.web.problems import problem
from lrp_kg.words import LANGUAGES, phrases
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
        ("/term/nothing", {"Accept", "Accept-Language"}),
        ("/term/cp:None", {"Accept", "Accept-Language"}),
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


# -- problems: a detail without translation says that it is English ----------------------------------

NOT_OVER_HTTP = {"Error", "The guideline cannot be used", "A file cannot be read", "The answers were not read"}
NOT_OVER_HTTP |= {"A setting cannot be used", "The path prefix cannot be used", "The file of tokens cannot be used"}
NOT_OVER_HTTP |= {"This needs Linux", "The store cannot be used"}
"""Titles of what goes wrong for who runs the service."""


def constants(file: Path) -> set[object]:
    nodes = ast.walk(ast.parse(file.read_text(encoding="utf-8")))
    return {node.value for node in nodes if isinstance(node, ast.Constant)}


def subclasses(cls: type[errors.LrpError]) -> set[type[errors.LrpError]]:
    return {cls}.union(*(subclasses(c) for c in cls.__subclasses__() if c.__module__ == errors.__name__))


@pytest.mark.slow
def test_every_title_has_a_phrase_and_every_phrase_a_use() -> None:
    said = {text for name, text in phrases("en").items() if name.startswith("problem-")}
    titles = {cls.title for cls in subclasses(errors.LrpError)} - NOT_OVER_HTTP
    assert len(titles) > 25
    assert titles <= said
    names = {"Not Found", "Method Not Allowed", "Request Entity Too Large", "Bad Request"}  # of Werkzeug
    assert said <= names | {text for file in PACKAGE.rglob("*.py") for text in constants(file)}


@pytest.mark.parametrize(
    ("lang", "title", "detail"),
    [
        ("en", "The record is not valid", "The record has 2 problems; nothing was decided."),
        ("nl", "Het dossier is niet geldig", "Het dossier bevat 2 fouten; er is niets beslist."),
        ("fr", "Le dossier n'est pas valide", "Le dossier contient 2 erreurs\u00a0; rien n'a été décidé."),
        ("de", "Der Datensatz ist nicht gültig", "Der Datensatz enthält 2 Fehler; es wurde nichts entschieden."),
    ],
)
def test_invalid_record_is_refused_in_the_language(client: FlaskClient, lang: str, title: str, detail: str) -> None:
    found = client.post("/v1/assess", json={"nonsense": 1, "rubbish": 2}, headers={"Accept-Language": lang})
    assert (found.status_code, found.headers["Content-Language"]) == (422, lang)
    assert (found.json["title"], found.json["detail"]) == (title, detail)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_unknown_address_is_reported_in_the_language(client: FlaskClient, lang: str) -> None:
    found = client.get("/nowhere", headers={"Accept-Language": lang})
    assert found.headers["Content-Language"] == lang
    assert found.json["title"] == phrases(lang)["problem-not-found"]
    assert "{root}" not in found.json["detail"] and "GET /" in found.json["detail"]


def test_detail_put_together_from_the_request_is_in_the_language(client: FlaskClient) -> None:
    found = client.post("/v1/assess?lang=nl", data="{", content_type="application/json")
    assert (found.status_code, found.json["title"]) == (400, "De inhoud is geen JSON")
    assert found.json["detail"] == "Kolom 2: hier hoort een sleutel tussen dubbele aanhalingstekens te staan."
    assert found.headers["Content-Language"] == "nl"


def test_line_of_a_stream_is_refused_in_the_language(client: FlaskClient) -> None:
    found = client.post("/v1/assess?lang=fr", data='{"redFlags": }\n', content_type="application/x-ndjson")
    assert json.loads(found.data)["detail"] == "Colonne 14\u00a0: une valeur est attendue ici."


@pytest.mark.slow
def test_detail_without_translation_says_that_it_is_english(client: FlaskClient) -> None:
    with client.application.test_request_context("/?lang=nl"):
        found = problem(400, "malformed-query", "The query cannot be read", "The query ends too early.")
    assert found.json["title"] == "De vraag is niet leesbaar"
    assert found.headers["Content-Language"] == "nl, en"
