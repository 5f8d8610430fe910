"""``/search``: as a page that needs no script, and as JSON of the documented shape."""

from __future__ import annotations

import html
import re

import jsonschema_rs
import pytest
from flask import Flask
from flask.testing import FlaskClient

from lrp_kg import GuidelineService
from lrp_kg.words import LANGUAGES, phrase
from tests.support.application import made
from tests.support.browser import CHROMIUM, Browser, Tab

HTML, JSON = {"Accept": "text/html"}, {"Accept": "application/json"}


def test_json_is_as_described_and_its_links_live(client: FlaskClient) -> None:
    described = client.get("/v1/openapi.json").get_json()
    found = {"$ref": "#/components/schemas/Found", "components": described["components"]}
    for number, question in enumerate(("imaging", "onset", "cp:Stage", "records stage", "4.C.1")):
        address = f"/v1/search?q={question}&lang={LANGUAGES[number % 4]}"
        data = client.get(address).get_json()
        jsonschema_rs.Draft202012Validator(found).validate(data)
        assert data["results"]
        for one in {r["kind"]: r for r in data["results"]}.values():
            status = client.head(one["href"], headers=HTML, follow_redirects=True).status_code
            assert status == 200 or (status == 409 and one["kind"] == "query"), one
    assert client.get("/search?q=imaging", headers=JSON).get_json()["lang"] == "en"


@pytest.mark.parametrize("lang", LANGUAGES)
def test_page(client: FlaskClient, lang: str) -> None:
    page = client.get(f"/search?q=imaging&lang={lang}", headers=HTML).text
    assert f'<html lang="{lang}"' in page and 'value="imaging"' in page
    assert len(re.findall(r"<li><a href", page)) > 10
    assert ("<mark>imaging</mark>" in page) or lang != "en"
    assert ('lang="en">English</span>' in page) is (lang != "en"), "another language is said"
    nothing = html.unescape(client.get(f"/search?q=qwertyuiop&lang={lang}", headers=HTML).text)
    assert phrase("search-try", lang) in nothing and f"/guide/{lang}/alphabetical.html" in nothing
    empty = client.get(f"/search?lang={lang}", headers=HTML)
    assert empty.status_code == 200 and "<ol" not in empty.text.split("<main")[1]


@pytest.mark.parametrize(
    "question", ["<script>alert(1)</script>", "\"'><img src=x>", "a\x00b\r\nc", "%F0%9F%A6%B4", "{{7*7}}"]
)
def test_hostile_question_is_shown_as_text(client: FlaskClient, question: str) -> None:
    answer = client.get("/search", query_string={"q": question, "lang": "nl"}, headers=HTML)
    assert answer.status_code == 200
    assert "<script>alert" not in answer.text and "<img" not in answer.text and ">49<" not in answer.text
    assert client.get("/search", query_string={"q": question}, headers=JSON).status_code == 200


@pytest.mark.parametrize(
    ("address", "message"), [("/v1/search", "q"), (f"/v1/search?q={'a' * 201}", "200"), ("/v1/search?q=a&q=b", "q")]
)
def test_wrong_question_is_refused(client: FlaskClient, address: str, message: str) -> None:
    answer = client.get(address)
    assert answer.status_code == 400 and message in answer.get_json()["detail"]
    assert client.get(f"/search?q={'a ' * 100}", headers=HTML).status_code == 200


def test_every_page_has_the_box(client: FlaskClient) -> None:
    for path in ("/?lang=nl", "/queries?lang=nl", "/guide/nl/index.html", "/guide/nl/alphabetical.html"):
        page = client.get(path, headers=HTML).text
        form = re.search(r'<form class="search" role="search" action="([^"]+)">', page)
        assert form and (form[1] == "/search" or form[1].startswith("../")), path
        assert 'name="q" type="search" maxlength="200"' in page and 'name="lang" value="nl"' in page


def test_index_is_made_once(app: Flask, client: FlaskClient) -> None:
    client.get("/search?q=a", headers=JSON)
    first = app.extensions["lrp_kg_search"]
    client.get("/search?q=b", headers=JSON)
    assert app.extensions["lrp_kg_search"] is first


def test_other_guideline_is_searched_without_a_change_of_code(ankle: GuidelineService) -> None:
    with made(ankle) as app:
        data = app.test_client().get("/v1/search?q=ankle&lang=en").get_json()
    assert data["complete"] and data["results"]
    assert all("low-back" not in str(result) for result in data["results"])


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium, chromium-browser or google-chrome on the path")
def test_labels_are_offered_while_typing(browser: Browser, site: str) -> None:
    tab = Tab(browser)
    tab.open(f"{site}/search?lang=nl")
    tab.js("document.getElementById('q').focus()")
    tab.call("Input.insertText", text="beeldv")
    tab.wait("document.querySelectorAll('#suggestions option').length > 2")
    assert tab.js("document.querySelector('#suggestions option').value") == "beeldvorming"
    tab.enter()
    tab.wait("location.search.includes('q=beeldv') && document.querySelectorAll('main ol li').length > 5")
    assert tab.js("document.querySelector('main ol a').innerText").casefold() == "beeldvorming"
    assert tab.complaints() == []
    tab.close()
