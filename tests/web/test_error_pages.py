"""Errors as pages for browsers, in four languages; for programs they stay problems."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient

from lrp_kg.web import error_page, pages
from lrp_kg.words import LANGUAGES, phrase

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
JSON = "application/json"

REQUESTS: list[tuple[int, str, str, dict[str, Any]]] = [
    (404, "GET", "/no/such/page", {}),
    (404, "GET", "/term/no-such-term", {}),
    (404, "GET", "/queries/no-such-question", {}),
    (404, "GET", "/ontology/no-such-module", {}),
    (404, "HEAD", "/nothing", {}),
    (405, "POST", "/queries", {}),
    (405, "DELETE", "/", {}),
    (405, "GET", "/assess", {}),
    (400, "GET", "/?zork=1", {}),
    (400, "GET", "/queries?lang=tlh", {}),
    (400, "POST", "/assess", {"data": "{", "content_type": JSON}),
    (413, "POST", "/assess", {"data": "x" * (1024 * 1024 + 1), "content_type": JSON}),
    (413, "POST", "/", {"data": "a=" + "x" * 70_000, "content_type": "application/x-www-form-urlencoded"}),
    (415, "POST", "/assess", {"data": "redFlags=none", "content_type": "application/x-www-form-urlencoded"}),
    (415, "POST", "/", {"data": "{}", "content_type": JSON}),
    (422, "POST", "/assess", {"json": {"redFlags": "Jan Peeters", "Jan": "Peeters"}}),
    (503, "GET", "/health", {}),
    (500, "GET", "/health", {}),
]


def fails(*_: object, **__: object) -> None:
    raise RuntimeError("Jan Peeters")


def out_of_memory() -> None:
    raise MemoryError("Jan Peeters")


@pytest.mark.parametrize(("status", "method", "path", "sent"), REQUESTS)
def test_a_browser_gets_a_page(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch, status: int, method: str, path: str, sent: dict[str, Any]
) -> None:
    """With the status and headers that programs get, what to do, a way on, and nothing of the record."""
    if path == "/health":
        monkeypatch.setattr(pages, "service", out_of_memory if status == 503 else fails)
    kind = error_page._SAID.get(status, error_page._REQUEST)
    for lang in LANGUAGES:
        answer = client.open(path, method=method, headers={"Accept": BROWSER, "Accept-Language": lang}, **sent)
        other = client.open(path, method=method, headers={"Accept": "*/*", "Accept-Language": lang}, **sent)
        assert (answer.status_code, other.status_code) == (status, status)
        assert (answer.mimetype, other.mimetype) == ("text/html", "application/problem+json")
        for name in ("Allow", "Retry-After", "Cache-Control", "Access-Control-Allow-Origin"):
            assert answer.headers.get(name) == other.headers.get(name)
        assert "Accept" in answer.vary
        assert "Content-Security-Policy" in answer.headers
        if method == "HEAD":
            continue
        shown = answer.text.replace("&#39;", "'")
        assert f'<html lang="{"en" if "tlh" in path else lang}"' in shown
        for name in (*kind, "failed-home", "site-place-patient"):
            assert phrase(name, "en" if "tlh" in path else lang) in shown
        assert "Peeters" not in shown
        assert other.get_json()["code"] in shown


@pytest.mark.parametrize(
    ("accept", "page"),
    [
        (BROWSER, True),
        ("text/html", True),
        ("text/html;charset=utf-8, application/json;q=0.5", True),
        ("", False),
        ("*/*", False),
        ("text/*", True),
        ("text/html, application/problem+json", False),
        ("text/html;q=0.5, application/problem+json", False),
        ("text/html;q=0", False),
        ("text/plain", False),
        ("application/json, text/html;q=0.1", True),
    ],
)
def test_who_gets_a_page(client: FlaskClient, accept: str, page: bool) -> None:
    answer = client.get("/nothing", headers={"Accept": accept} if accept else {})
    assert (answer.mimetype == "text/html") == page


def test_scripts_get_problems(client: FlaskClient) -> None:
    """The page of a patient asks for a part of a page, and reads what is wrong as programs do."""
    answer = client.post("/assess?fragment=true", json={"redFlags": "x"}, headers={"Accept": "text/html"})
    assert answer.get_json()["findings"]


@pytest.mark.parametrize(("path", "lang"), [("/guide/fr/nothing.html", "fr"), ("/guide/nothing.html", "de")])
def test_language_of_a_page_that_is_not_there(client: FlaskClient, path: str, lang: str) -> None:
    """It is that of the path, else that of the reader."""
    answer = client.get(path, headers={"Accept": BROWSER, "Accept-Language": "de"})
    assert answer.status_code == 404
    assert f'<html lang="{lang}"' in answer.text


def test_page_that_cannot_be_made(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """The problem is sent as to programs."""
    monkeypatch.setattr(error_page, "html", fails)
    answer = client.get("/nothing", headers={"Accept": BROWSER})
    assert (answer.status_code, answer.mimetype) == (404, "application/problem+json")


@pytest.mark.parametrize("path", ["/nothing/<script>alert(1)</script>", "/?<b>=<script>alert(1)</script>"])
def test_addresses_are_escaped(client: FlaskClient, path: str) -> None:
    answer = client.get(path, headers={"Accept": BROWSER})
    assert answer.status_code in (400, 404)
    assert "<script>alert" not in answer.text
    assert "<b>" not in answer.text
