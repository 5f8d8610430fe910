"""The map of the pathway in the service: whole, lit for the record that is sent, and kept nowhere."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from html.parser import HTMLParser

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from lrp_kg import GuidelineService
from lrp_kg.site.catalogue import slug
from lrp_kg.words import LANGUAGES
from tests.support.records import CLUSTER, FIRST_VISIT, Record

HTML = {"Accept": "text/html"}
FORM = [("redFlags", "none"), ("radicularPain", "false"), ("careLine", "second-line"), ("onsetDate", "")]


class MapPage(HTMLParser):
    """The parts of a map with an identifier, their classes, what is current, and the form that a record came in."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.classes: dict[str, set[str]] = {}
        self.ids: Counter[str] = Counter()
        self.current: list[str] = []
        self.sent: list[tuple[str, str]] = []
        self.scripts = 0
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = {name: value or "" for name, value in attrs}
        assert "style" not in known
        self.scripts += tag == "script"
        if "id" in known:
            self.ids[known["id"]] += 1
            self.classes[known["id"]] = set(known.get("class", "").split())
            if known.get("aria-current") in ("location", "step"):
                self.current.append(known["id"])
        if tag == "input" and known["type"] == "hidden":
            self.sent.append((known["name"], known["value"]))

    def lit(self, state: str) -> set[str]:
        """Return the identifiers of what has a state."""
        return {name for name, classes in self.classes.items() if f"lit-{state}" in classes}


def lit_page(app: Flask, record: Record, lang: str = "en") -> MapPage:
    response = app.test_client().post(f"/guide/{lang}/", json=record, headers=HTML)
    assert response.status_code == 200, response.text[:300]
    assert response.headers["Cache-Control"] == "no-store"
    return MapPage(response.text)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_map_has_every_stage_and_box_once(app: Flask, service: GuidelineService, lang: str) -> None:
    page = MapPage(app.test_client().get(f"/guide/{lang}/").text)
    g = service.guideline
    wanted = {slug(o.iri) for d in (g.roles.exit, g.roles.stage) for o in g.decisions[d or ""].options}
    wanted |= {slug(b) for b in g.boxes}
    assert {name: page.ids[name] for name in wanted} == dict.fromkeys(wanted, 1)
    assert set(page.ids.values()) == {1}
    assert page.lit("certain") == page.lit("possible") == set()


@pytest.mark.parametrize("record", [FIRST_VISIT, CLUSTER, {"careLine": "second-line"}, {}], ids=str)
def test_lit_page_shows_what_the_answer_says(app: Flask, service: GuidelineService, record: Record) -> None:
    page, answer, g = lit_page(app, record), service.assess(record), service.guideline
    stages = g.decisions[g.roles.stage or ""].options
    exits = g.decisions[g.roles.exit or ""]
    boxes = {b.id: slug(b.iri) for b in g.boxes.values()}
    shown = {boxes[b["id"]] for b in answer["boxes"]}
    assert page.lit("certain") & set(boxes.values()) == shown
    for state, wanted in (("certain", "answers"), ("possible", "possible")):
        for decision, options in ((exits, exits.options), (g.decisions[g.roles.stage or ""], stages)):
            own = {slug(o.iri) for o in options if o.id in answer["decisions"][decision.id][wanted]}
            assert page.lit(state) & {slug(o.iri) for o in options} == own
    assert set(page.current) == page.lit("certain") & {slug(o.iri) for o in (*stages, *exits.options)}


def test_after_an_exit_the_way_has_only_what_is_certain(app: Flask) -> None:
    for record, steps in ((CLUSTER, 1), ({"careLine": "second-line"}, 10)):
        response = app.test_client().post("/guide/en/", json=record, headers=HTML)
        assert response.text.count('class="asked"') == steps


def test_what_is_possible_is_listed_whole_or_not(app: Flask) -> None:
    known = {"redFlags": "none", "radicularPain": False, "careLine": "second-line"}
    page = app.test_client().post("/guide/en/", json=known, headers=HTML).text
    assert "possible: second line, weeks 1 to 5; second line, weeks 6 to 11; second line, week 12 and later" in page
    assert (
        "profiles B, C, D and E" not in page.partition('class="below"')[0]
    )  # the option of another stage has no more to say


def test_form_without_script_gets_the_map_and_the_way_back(app: Flask) -> None:
    response = app.test_client().post("/guide/nl/", data=dict(FORM), headers=HTML)
    page = MapPage(response.text)
    assert response.status_code == 200
    assert page.sent == [pair for pair in FORM if pair[1]]
    assert 'formaction="../fr/"' in response.text
    assert page.scripts == 0
    assert response.headers["Cache-Control"] == "no-store"


def test_values_of_the_form_are_text(app: Flask) -> None:
    hostile = '"><script>alert(1)</script>'
    response = app.test_client().post("/guide/nl/", data={"id": hostile, "redFlags": "none"}, headers=HTML)
    if response.status_code == 200:
        assert "<script>alert" not in response.text
        assert ("id", hostile) in MapPage(response.text).sent


def refusals(app: Flask) -> Iterator[tuple[int, TestResponse]]:
    client = app.test_client()
    yield 422, client.post("/guide/nl/", json={"redFlags": "clustr"})
    yield 422, client.post("/guide/nl/", data={"redFlags": "clustr"})
    yield 422, client.post("/guide/nl/", data={"nothing": "1"})
    yield 404, client.post("/guide/xx/", json={})
    yield 415, client.post("/guide/nl/", data="x", content_type="text/csv")
    yield 406, client.post("/guide/nl/", json={}, headers={"Accept": "text/turtle"})
    yield 413, client.post("/guide/nl/", data={"id": "x" * 100_000})
    yield 405, client.post("/guide/nl/index.html", json={})


def test_what_is_wrong_is_refused(app: Flask) -> None:
    assert [(wanted, r.text[:200]) for wanted, r in refusals(app) if r.status_code != wanted] == []


def test_page_is_the_same_for_every_patient_until_a_record_is_sent(app: Flask) -> None:
    before = app.test_client().get("/guide/nl/").text
    lit_page(app, FIRST_VISIT, "nl")
    assert app.test_client().get("/guide/nl/").text == before
