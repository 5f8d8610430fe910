"""The timeline on the page of an answer: two pictures without styles of their own, and a table that says the same."""

from __future__ import annotations

import html
import json
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from lrp_kg import GuidelineService
from lrp_kg.answer.timeline_words import capital
from lrp_kg.words import LANGUAGES, phrase
from tests.support.application import in_a_thread
from tests.support.browser import CHROMIUM, Browser, Tab
from tests.support.records import FIRST_VISIT, FOLLOW_UP, Record

UNCERTAIN = FIRST_VISIT | {"onsetDate": {"earliest": "2023-12-28", "latest": "2024-01-05"}}
ON_SICK_LEAVE = FOLLOW_UP | {"applicationDate": "2024-03-01"}


def page(app: Flask, record: Record, lang: str = "en", **parameters: str) -> str:
    asked = {"lang": lang, "changes": "true", **parameters}
    response = app.test_client().post("/assess", json=record, query_string=asked, headers={"Accept": "text/html"})
    assert response.status_code == 200, response.text[:300]
    return response.text


@pytest.mark.parametrize("lang", LANGUAGES)
def test_page_has_two_pictures_and_a_table(app: Flask, lang: str) -> None:
    shown = page(app, ON_SICK_LEAVE, lang)
    assert shown.count("<svg xmlns") == 2
    assert f"<summary>{phrase('timeline', lang)}</summary>" in shown
    assert "<style" not in shown and not re.search(r"\sstyle=", shown)
    idents = re.findall(r'\bid="([^"]+)"', shown)
    assert len(idents) == len(set(idents))
    assert f'<th scope="col">{phrase("timeline-when", lang)}</th>' in shown


def test_the_table_has_the_days_and_remarks_of_the_answer(app: Flask, service: GuidelineService) -> None:
    shown = page(app, ON_SICK_LEAVE, "nl")
    answer = service.assess(ON_SICK_LEAVE, lang="nl", changes=True)
    sources = {s.id: s.label["nl"] for s in service.guideline.sources.values()}
    stated = {s["id"]: s for box in answer["boxes"] for s in box["statements"]}
    for d in answer["dates"]:
        statement = stated[d["id"]]
        row = next(
            r
            for r in re.findall(rf'<tr class="d-{d["status"]}">.*?</tr>', shown)
            if str(d["latest"] or d["earliest"]) in r and capital(statement["text"]) in html.unescape(r)
        )
        assert d["status"] != "outdated" or "achterhaald" in row
        assert f">{sources[statement['source']]}, {statement['locator']}<" in row
    assert any(d["status"] == "outdated" for d in answer["dates"])
    assert len({stated[d["id"]]["source"] for d in answer["dates"]}) > 1, "what is printed, and the law"


def test_with_nothing_to_draw_it_asks(app: Flask) -> None:
    shown = page(app, {"assessmentDate": "2024-01-10"}, fragment="true")
    assert "<svg xmlns" not in shown
    assert re.search(rf'{phrase("timeline-give", "en")}: <a href="#f-onsetDate" data-ask="onsetDate">', shown)


def test_without_the_day_of_the_assessment_it_is_drawn_and_asked_for(app: Flask) -> None:
    shown = page(app, {name: value for name, value in FIRST_VISIT.items() if name != "assessmentDate"}, fragment="true")
    assert shown.count("<svg xmlns") == 2
    assert f'<p class="missing">{phrase("ask", "en")}: <a href="#f-assessmentDate" data-ask="assessmentDate">' in shown


def test_a_summary_has_none(app: Flask) -> None:
    response = app.test_client().post("/assess?detail=summary", json=FIRST_VISIT, headers={"Accept": "text/html"})
    assert response.status_code == 200
    assert "<svg xmlns" not in response.text


@pytest.fixture(scope="module")
def tab(app: Flask, browser: Browser) -> Iterator[Tab]:
    with in_a_thread(app) as url:
        found = Tab(browser)
        found.open(f"{url}/?lang=de")
        found.wait("document.getElementById('answer-body').childElementCount > 0")
        yield found
        found.close()


MEASURED = """(() => {
  const shown = [...document.querySelectorAll('svg.timeline')].filter((s) => s.getBoundingClientRect().width);
  const out = shown[0].getBoundingClientRect();
  const found = [...shown[0].querySelectorAll('text')].map((t) => t.getBoundingClientRect());
  const before = (a, b) => a.right <= b.left + 0.5 || a.bottom <= b.top + 2;
  const apart = (a, b) => before(a, b) || before(b, a);
  return {
    classes: shown.map((s) => s.getAttribute('class')),
    cut: found.filter((r) => r.left < out.left - 1 || r.right > out.right + 1 || r.bottom > out.bottom + 1).length,
    overlapping: found.filter((a, i) => found.some((b, j) => j > i && !apart(a, b))).length,
    wider: document.documentElement.scrollWidth - document.documentElement.clientWidth,
    fill: getComputedStyle(shown[0].querySelector('.bar')).fill,
  };
})()"""


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium, chromium-browser or google-chrome on the path")
@pytest.mark.parametrize(
    "record", [FIRST_VISIT, UNCERTAIN, ON_SICK_LEAVE], ids=["first-visit", "uncertain", "sick-leave"]
)
def test_chromium_cuts_and_overlaps_nothing(app: Flask, tab: Tab, record: Record) -> None:
    body = page(app, record, "de", fragment="true")
    tab.js(
        f"document.getElementById('answer-body').innerHTML = {json.dumps(body)};"
        "document.getElementById('answer').classList.add('open');"
        "document.querySelector('.timeline-of').open = true; 0"
    )
    for width, name in ((1280, "timeline wide"), (360, "timeline narrow")):
        tab.call("Emulation.setDeviceMetricsOverride", width=width, height=800, deviceScaleFactor=1, mobile=False)
        found = tab.js(MEASURED)
        assert found.pop("fill") not in ("", "rgb(0, 0, 0)")
        assert found == {"classes": [name], "cut": 0, "overlapping": 0, "wider": 0}
    assert tab.complaints() == []


# -- the calendar file ------------------------------------------------------------------------------

CALENDAR = {"Accept": "text/calendar"}


def without_identifiers(file: bytes) -> bytes:
    return re.sub(rb"UID:[^\r]*", b"", file)


def test_a_record_is_answered_as_a_calendar(app: Flask, service: GuidelineService) -> None:
    response = app.test_client().post("/assess?lang=nl&changes=true", json=ON_SICK_LEAVE, headers=CALENDAR)
    assert response.status_code == 200
    assert response.content_type == "text/calendar; charset=utf-8"
    assert response.headers["Content-Disposition"] == f'attachment; filename="{service.guideline.id}.ics"'
    assert (response.headers["Cache-Control"], response.headers["Content-Language"]) == ("no-store", "nl")
    expected = service.calendar(service.assessment(ON_SICK_LEAVE, changes=True), lang="nl")
    assert without_identifiers(response.data) == without_identifiers(expected)


@pytest.mark.parametrize("query", ["explain=true", "detail=summary"])
def test_a_calendar_refuses_what_it_has_no_place_for(app: Flask, query: str) -> None:
    response = app.test_client().post(f"/assess?lang=nl&{query}", json=FIRST_VISIT, headers=CALENDAR)
    assert (response.status_code, response.json["code"]) == (400, "unknown-parameter")
    assert "agenda" in response.json["detail"]


def test_a_record_that_is_not_valid_gets_no_calendar(app: Flask) -> None:
    response = app.test_client().post("/assess", json={"redFlags": "zork"}, headers=CALENDAR)
    assert (response.status_code, response.mimetype) == (422, "application/problem+json")


def form_of(record: Record) -> dict[str, str]:
    said = {True: "true", False: "false"}
    known = {name: said.get(value, value) if isinstance(value, bool) else value for name, value in record.items()}
    return {name: value for name, value in known.items() if isinstance(value, str)}


def test_the_form_is_answered_as_a_calendar_without_javascript(app: Flask) -> None:
    client = app.test_client()
    record = {name: value for name, value in ON_SICK_LEAVE.items() if name != "medications"}
    by_form = client.post("/calendar?lang=nl", data=form_of(record), headers={"Accept": "text/html,*/*;q=0.8"})
    by_record = client.post("/assess?lang=nl&changes=true", json=record, headers=CALENDAR)
    assert (by_form.status_code, by_form.mimetype) == (200, "text/calendar")
    assert without_identifiers(by_form.data) == without_identifiers(by_record.data)
    filled = client.post("/?lang=nl", data=form_of(record), headers={"Accept": "text/html"})
    assert 'formaction="/calendar?lang=nl"' in filled.text


def test_a_form_with_problems_is_shown_again_instead_of_a_calendar(app: Flask) -> None:
    response = app.test_client().post("/calendar?lang=nl", data={"assessmentDate": "2024-02-30"})
    assert (response.status_code, response.mimetype) == (422, "text/html")
    assert "2024-02-30" in response.text


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium, chromium-browser or google-chrome on the path")
def test_chromium_downloads_the_calendar_of_the_record_that_is_shown(
    app: Flask, tab: Tab, tmp_path: Path, service: GuidelineService
) -> None:
    allowed = {"behavior": "allow", "browserContextId": tab.context}
    tab.browser.call("Browser.setDownloadBehavior", downloadPath=str(tmp_path), **allowed)
    tab.js("document.getElementById('answer-body').replaceChildren(); 0")
    tab.js(f"location.hash = encodeURIComponent({json.dumps(json.dumps(ON_SICK_LEAVE))}); 0")
    tab.wait("document.querySelector('[data-calendar]') !== null")
    tab.js("document.querySelector('.timeline-of').open = true; document.querySelector('[data-calendar]').click(); 0")
    file = tmp_path / f"{service.guideline.id}.ics"
    for _ in range(100):
        if file.exists():
            break
        time.sleep(0.1)
    expected = service.calendar(service.assessment(ON_SICK_LEAVE, changes=True), lang="de")
    assert without_identifiers(file.read_bytes()) == without_identifiers(expected)
    assert "#" not in tab.js("location.href")
    assert tab.complaints() == []
