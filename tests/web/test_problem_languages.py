"""Titles and details of problems are in the language of the request; a detail without translation says so."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from lrp_kg import GuidelineService, errors
from lrp_kg.words import LANGUAGES, phrases
from tests.support.application import made
from tests.support.paths import PACKAGE

NOT_OVER_HTTP = {"Error", "The guideline cannot be used", "A file cannot be read", "The answers were not read"}
NOT_OVER_HTTP |= {"A setting cannot be used", "The path prefix cannot be used", "The file of tokens cannot be used"}
NOT_OVER_HTTP |= {"This needs Linux", "The store cannot be used"}
"""Titles of what goes wrong for who runs the service."""


@pytest.fixture(scope="module")
def client(service: GuidelineService) -> Iterator[FlaskClient]:
    with made(service) as app:
        yield app.test_client()


def constants(file: Path) -> set[object]:
    nodes = ast.walk(ast.parse(file.read_text(encoding="utf-8")))
    return {node.value for node in nodes if isinstance(node, ast.Constant)}


def subclasses(cls: type[errors.LrpError]) -> set[type[errors.LrpError]]:
    return {cls}.union(*(subclasses(c) for c in cls.__subclasses__() if c.__module__ == errors.__name__))


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
        ("fr", "Le dossier n'est pas valide", "Le dossier contient 2 erreurs ; rien n'a été décidé."),
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


def test_detail_without_translation_says_that_it_is_english(client: FlaskClient) -> None:
    found = client.post("/v1/assess?lang=nl", data="{", content_type="application/json")
    assert (found.status_code, found.json["title"]) == (400, "De inhoud is geen JSON")
    assert found.headers["Content-Language"] == "nl, en"
