"""Titles of boxes in the page of an answer: as on the map, without the stage that is said above them."""

from __future__ import annotations

import re

from flask.testing import FlaskClient

from lrp_kg import GuidelineService
from tests.support.application import made

SHOWN = r'<span class="label">(.*?)</span> <span class="name">(.*?)</span></summary>'


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
