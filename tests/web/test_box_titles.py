"""Titles of boxes in the page of an answer: as on the map, without the stage that is said above them."""

import re

from flask.testing import FlaskClient


def shown(client: FlaskClient, lang: str) -> list[tuple[str, str]]:
    record = {"redFlags": "none", "radicularPain": False, "careLine": "second-line", "chronicityRisk": "high"}
    dates = {"assessmentDate": "2024-05-20", "onsetDate": "2024-04-01"}
    page = client.post(f"/assess?lang={lang}", json=record | dates, headers={"Accept": "text/html"})
    return re.findall(r'<span class="label">(.*?)</span> <span class="name">(.*?)</span></summary>', page.text)


def test_titles_are_short(client: FlaskClient) -> None:
    assert ("7.C.2", "aanpak: hoog risico") in shown(client, "nl")
    assert ("7.C.2", "prise en charge\u00a0: risque élevé") in shown(client, "fr")
    assert not [title for _, title in shown(client, "nl") if "week" in title]
