"""The reading pages in the service: every page and link, languages, redirects, headers, prefix."""

from __future__ import annotations

import re
from html import unescape
from urllib.parse import urljoin, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient

from lrp_kg import GuidelineService
from lrp_kg.site.catalogue import KINDS
from lrp_kg.web import guide
from lrp_kg.web.guide import site
from lrp_kg.words import LANGUAGES
from tests.support.application import in_a_thread, made
from tests.support.browser import CHROMIUM, Browser, Tab


def one_of_each_kind(app: Flask, lang: str = "nl") -> list[str]:
    with app.test_request_context():
        paths = list(site().language(lang))
    folders = dict.fromkeys(path.rpartition("/")[0] for path in paths)
    return [next(p for p in reversed(paths) if p.rpartition("/")[0] == folder) for folder in folders] + ["index.html"]


@pytest.mark.slow
def test_each_kind_has_a_page(app: Flask, client: FlaskClient) -> None:
    paths = one_of_each_kind(app)
    assert {p.partition("/")[0] for p in paths} >= {*KINDS, "case"}
    for path in paths:
        found = client.get(f"/guide/nl/{path}")
        assert found.status_code == 200, path
        assert found.headers["Content-Language"] == "nl"
        assert found.headers["Cache-Control"] == "no-cache"
        assert "'unsafe-inline'" not in found.headers["Content-Security-Policy"]
        assert found.text.startswith('<!doctype html>\n<html lang="nl" data-base="../..')
        assert "<script" not in found.text or path == "index.html"


def links(page: str, address: str) -> set[tuple[str, str]]:
    """Return path and fragment of the addresses of this service that a page names."""
    found = {
        urlsplit(urljoin(f"http://service{address}", unescape(a))) for a in re.findall(r'(?:href|src)="([^"]+)"', page)
    }
    return {(f"{u.path}?{u.query}" if u.query else u.path, u.fragment) for u in found if u.netloc == "service"}


def broken(client: FlaskClient, addresses: list[str]) -> list[str]:
    """Return what the links of some pages name and is not there."""
    pages: dict[str, tuple[int, str]] = {}
    wrong = []
    for address in addresses:
        for path, fragment in links(client.get(address).text, address):
            if path not in pages:
                found = client.get(path, headers={"Accept": "text/html, */*;q=0.1"}, follow_redirects=True)
                pages[path] = (found.status_code, found.text if found.mimetype == "text/html" else "")
                found.close()
            status, text = pages[path]
            if status != 200 or (fragment and f'id="{fragment}"' not in text):
                wrong.append(f"{address}: {path}#{fragment}: {status}")
    return wrong


@pytest.mark.slow
def test_links_lead_somewhere(app: Flask, client: FlaskClient) -> None:
    few = [p for p in one_of_each_kind(app) if not p.startswith(("condition", "field", "open-point", "source", "case"))]
    assert broken(client, [f"/guide/nl/{p}" for p in few]) == []


@pytest.mark.long
@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_link_leads_somewhere(app: Flask, client: FlaskClient, lang: str) -> None:
    with app.test_request_context():
        paths = [p for p in site().language(lang) if p.endswith(".html")]
    assert len(paths) > 400
    assert broken(client, [f"/guide/{lang}/{p}" for p in paths]) == []


WIDER = """document.querySelectorAll("details").forEach((d) => { d.open = true; });
document.documentElement.scrollWidth - document.documentElement.clientWidth"""


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium, chromium-browser or google-chrome on the path")
@pytest.mark.parametrize("step", [4, pytest.param(1, marks=pytest.mark.long)])
def test_no_page_scrolls_sideways_on_a_phone(app: Flask, browser: Browser, step: int) -> None:
    with in_a_thread(app) as address:
        tab = Tab(browser)
        tab.call("Emulation.setDeviceMetricsOverride", width=360, height=640, deviceScaleFactor=1, mobile=True)
        for path in [*one_of_each_kind(app, "fr")[::step], "decision/management.html"]:
            tab.open(f"{address}/guide/fr/{path}")
            assert tab.js(WIDER) <= 0, path
        for lang in LANGUAGES:
            tab.open(f"{address}/guide/{lang}/")
            assert tab.js("document.querySelector('header.site').offsetHeight") < 100, "the places are in one row"
            assert tab.js("(e => e.scrollWidth <= e.clientWidth)(document.querySelector('.brand'))"), lang
        assert tab.complaints() == []
        tab.close()


def test_language_is_that_of_the_reader(client: FlaskClient) -> None:
    found = client.get("/guide/", headers={"Accept-Language": "fr-BE, nl;q=0.5"})
    assert (found.status_code, found.headers["Location"]) == (302, "/guide/fr/")
    assert "Accept-Language" in found.headers["Vary"]
    assert client.get("/guide/box/index.html?lang=de").headers["Location"] == "/guide/de/box/index.html"
    assert client.get("/guide/nl").headers["Location"] == "/guide/nl/"
    assert client.get("/guide/nl/box/index.html?lang=fr").headers["Location"] == "/guide/fr/box/index.html"
    assert client.get("/guide/nl/box/index.html?lang=nl").status_code == 200
    assert client.get("/guide/nl/box/").text == client.get("/guide/nl/box/index.html").text


@pytest.mark.parametrize(
    "path", ["nl/zork.html", "zork.html", "nl/box/zork.html", "nl/../../x", "xx/", "static/zork.css"]
)
def test_unknown_page_is_not_found(client: FlaskClient, path: str) -> None:
    assert client.get(f"/guide/{path}").status_code == 404


def test_page_that_the_reader_has_is_not_sent_again(client: FlaskClient) -> None:
    first = client.get("/guide/en/stage/index.html")
    again = client.get("/guide/en/stage/index.html", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    head = client.head("/guide/en/stage/index.html")
    assert (head.status_code, head.data, head.headers["Content-Length"]) == (200, b"", str(len(first.data)))


def test_picture_may_have_its_own_style(client: FlaskClient) -> None:
    found = client.get("/guide/en/pathway.svg")
    assert (found.status_code, found.mimetype) == (200, "image/svg+xml")
    assert "style-src 'unsafe-inline'" in found.headers["Content-Security-Policy"]


@pytest.mark.slow
def test_pages_work_under_a_prefix(service: GuidelineService) -> None:
    with made(service, PREFIX="/lrp") as app:
        client = app.test_client()
        assert client.get("/lrp/guide/").headers["Location"] == "/lrp/guide/en/"
        text = client.get("/lrp/?lang=nl").text
        assert 'href="/lrp/guide/static/style.css"' in text
        assert 'href="/lrp/guide/nl/index.html"' in text
        found = links(client.get("/lrp/guide/nl/index.html").text, "/lrp/guide/nl/index.html")
        assert ("/lrp/?lang=nl", "") in found
        assert all(path.startswith("/lrp/") for path, _ in found)


def test_terms_have_addresses(app: Flask, service: GuidelineService) -> None:
    g = service.guideline
    with app.test_request_context():
        assert all(guide.address(iri, "nl").startswith("/guide/nl/box/") for iri in g.boxes)
        assert all("#statement-" in guide.address(s.iri, "nl") for box in g.boxes.values() for s in box.statements)
        others = (*g.decisions, *g.conditions, *g.fields, *g.sources, *g.programmes)
        assert all(guide.address(iri, "nl") for iri in others)
        assert guide.address("urn:none", "nl") == ""


@pytest.mark.slow
def test_another_guideline_has_its_own_pages(ankle: GuidelineService) -> None:
    with made(ankle) as app:
        client = app.test_client()
        paths = one_of_each_kind(app, "de")
        assert broken(client, [f"/guide/de/{p}" for p in paths[:6]]) == []
        assert client.get("/?lang=de").status_code == 200
