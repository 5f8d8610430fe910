"""Titles of boxes in the page of an answer: as on the map, without the stage that is said above them."""

from __future__ import annotations

import html
import re

from flask.testing import FlaskClient

from lrp_kg import GuidelineService
from tests.support.application import made

SHOWN = r'<span class="label">(.*?)</span> <span class="name">(.*?)</span></summary>'


IN_2026 = {
    "assessmentDate": "2026-11-20",
    "onsetDate": "2026-07-06",
    "careLine": "second-line",
    "redFlags": "none",
    "radicularPain": False,
    "incapacityStart": "2026-07-10",
    "sector": "private",
}
"""A patient whose work box has rules of law beside what the pathway prints."""


def shown(client: FlaskClient, lang: str) -> list[tuple[str, str]]:
    record = {"redFlags": "none", "radicularPain": False, "careLine": "second-line", "chronicityRisk": "high"}
    dates = {"assessmentDate": "2024-05-20", "onsetDate": "2024-04-01"}
    page = client.post(f"/assess?lang={lang}", json=record | dates, headers={"Accept": "text/html"})
    return re.findall(SHOWN, page.text)


def test_titles_are_short(service: GuidelineService) -> None:
    texts = [("nl", "aanpak: hoog risico", "lijn"), ("fr", "prise en charge\u00a0: risque élevé", "ligne")]
    with made(service) as app:
        for lang, title, stage in texts:
            found = shown(app.test_client(), lang)
            assert ("7.C.2", title) in found
            assert not [said for _, said in found if stage in said]


def test_rules_of_law_have_a_heading_below_what_is_printed(service: GuidelineService) -> None:
    printed = {s.id: s.printed for s in service.guideline.statements}
    answer = service.assess(IN_2026, lang="fr")
    with made(service) as app:
        page = app.test_client().post("/assess?lang=fr", json=IN_2026, headers={"Accept": "text/html"}).text
    boxes = re.findall(
        r'<details class="box"><summary>.*?(?=<details class="box"|<div class="folded">)', page, re.DOTALL
    )
    assert len(boxes) == len(answer["boxes"])
    for shown_as, box in zip(boxes, answer["boxes"], strict=True):
        above, *below = shown_as.split("<h4>règles légales</h4>")
        law = [s for s in box["statements"] if not printed[s["id"]]]
        assert bool(law) == bool(below) and len(below) < 2
        for s in box["statements"]:
            assert s["text"] in html.unescape(above if printed[s["id"]] else below[0])
    assert any(not printed[s["id"]] for box in answer["boxes"] for s in box["statements"])
