"""The page of an answer begins with its summary, line by line; the rest is folded."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from lrp_kg import GuidelineService
from lrp_kg.words import LANGUAGES
from tests.support.application import made
from tests.support.guidelines import CASES, cases
from tests.support.paths import ANKLE
from tests.support.records import CLUSTER, FIRST_VISIT, Record


class FirstLines(HTMLParser):
    """The lines of the summary of a page, and what is not folded."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.lines: list[str] = []
        self.dates: list[str] = []
        self.seen = ""
        self.said: str | None = None
        self.classes: set[str] = set()
        self._into: list[str] | None = None
        self._within: list[str] = []
        self._unseen: list[bool] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = dict(attrs)
        self.classes |= set((known.get("class") or "").split())
        self.said = known.get("data-said", self.said)
        self._within.append(tag)
        self._unseen.append("hidden" in known or "printed" in (known.get("class") or "").split())
        if "data-line" in known:
            self._into = self.lines
            self.lines.append("")
        elif tag == "time" and "ul" in self._within and not self._folded:
            self._into = self.dates
            self.dates.append("")

    def handle_endtag(self, tag: str) -> None:
        self._into = None
        last = ""
        while self._within and last != tag:
            last = self._within.pop()
            self._unseen.pop()

    def handle_data(self, data: str) -> None:
        if self._into is not None:
            self._into[-1] += data
        if not self._folded and not any(self._unseen):
            self.seen += data

    @property
    def _folded(self) -> bool:
        """Whether what is read now is seen only once something is opened: its own line always is."""
        opened = self._within.index("details") if "details" in self._within else len(self._within)
        return "details" in self._within and self._within[opened + 1 : opened + 2] != ["summary"]


def page_of(client: FlaskClient, record: Record, lang: str = "en") -> FirstLines:
    response = client.post(f"/assess?lang={lang}&fragment=true", json=record, headers={"Accept": "text/html"})
    assert response.status_code == 200, response.text[:300]
    return FirstLines(response.text)


def check_lines(client: FlaskClient, service: GuidelineService, record: Record, lang: str) -> None:
    page = page_of(client, record, lang)
    summary = service.assess(record, lang=lang, detail="summary")["summary"]
    assert page.lines == [line["text"] for line in summary]
    assert page.dates == [line["date"] for line in summary if "date" in line]
    assert (page.said or "").endswith(f": {summary[0]['text']}" if summary else "")


@pytest.mark.parametrize("step", [60, pytest.param(1, marks=pytest.mark.long)])
@pytest.mark.slow
def test_lines_are_those_of_the_summary(app: Flask, service: GuidelineService, step: int) -> None:
    """For worked cases; the languages take turns."""
    worked = [case["record"] for case in cases(CASES) if not case["expect"].get("invalid")]
    for number, record in enumerate(worked[::step]):
        check_lines(app.test_client(), service, record, LANGUAGES[number % len(LANGUAGES)])


@pytest.mark.slow
def test_lines_of_another_guideline(ankle: GuidelineService) -> None:
    worked = [case["record"] for case in cases(Path(ANKLE) / "cases") if not case["expect"].get("invalid")]
    assert worked
    with made(ankle) as app:
        for record in worked[::5]:
            check_lines(app.test_client(), ankle, record, "en")


def test_modalities_are_told_apart(app: Flask, service: GuidelineService) -> None:
    page = page_of(app.test_client(), FIRST_VISIT)
    stated = {s["id"]: s["modality"] for box in service.assess(FIRST_VISIT)["boxes"] for s in box["statements"]}
    summary = service.assess(FIRST_VISIT)["summary"]
    wanted = {stated[line["ref"]["statement"]] for line in summary if line["kind"] == "advice"}
    assert len(wanted) > 1
    assert {f"m-{modality}" for modality in wanted} <= page.classes


@pytest.mark.parametrize("record", [FIRST_VISIT, CLUSTER, {}], ids=["first visit", "cluster", "empty"])
def test_the_rest_is_folded(app: Flask, service: GuidelineService, record: Record) -> None:
    page = page_of(app.test_client(), record)
    answer = service.assess(record)
    shown = page.seen.split()
    assert len(shown) < 300  # with the titles of what is folded
    above = " ".join(page.lines)
    folded = [s["text"] for box in answer["boxes"] for s in box["statements"] if s["text"] not in above]
    assert [text for text in folded if text in page.seen] == []
