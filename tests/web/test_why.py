"""The page of an answer says why: its reasons are those of the answer, and name what the record has or lacks."""

from __future__ import annotations

from collections.abc import Iterable
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from lrp_kg import GuidelineService
from lrp_kg.answer.answer_words import AnswerWords
from lrp_kg.answer.labels import is_to_read
from lrp_kg.web.why import Explained, Ground
from lrp_kg.words import LANGUAGES, phrase
from tests.support.guidelines import valid_records
from tests.support.paths import ANKLE
from tests.support.records import CLUSTER, DAY_27, FIRST_VISIT, Record

Json = dict[str, Any]


def explained(service: GuidelineService, record: Record, lang: str = "en") -> Explained:
    answer = service.assess(record, lang=lang, explain=True, changes=True, what_if=True)
    return Explained(answer, AnswerWords(service.guideline, lang), lambda iri: f"/{iri}")


def check_grounds(service: GuidelineService, record: Record, found: Explained, lang: str) -> None:
    """Fail where a reason is none of the answer's, or names a field of which it does not say what the record has."""
    answer, words = found.answer, found.words
    known = service.read(record)

    def demand(grounds: Iterable[Ground], reasons: Iterable[Json]) -> None:
        wanted = {
            (answer["conditions"][r["condition"]]["label"], words.field(r["field"]), r["verdict"]) for r in reasons
        }
        assert {(g.condition.text, g.field, g.verdict) for g in grounds} == wanted
        for g in grounds:
            iris = [f.iri for f in service.guideline.fields.values() if words.label(f) == g.field]
            there = any(iri in part for iri in iris for part in (known.values, known.dates, known.lists, known.ranges))
            if iris:
                assert (g.value == phrase("unknown", lang)) != there, g

    for view in found.decisions():
        own = answer["decisions"][view.ident]
        demand(view.why.grounds, own["because"])
        said = {name for names, _ in view.others for name in names}
        assert len(said) <= len(own["whyNot"])
        for _, grounds in view.others:
            demand(grounds, [r for r in _of(own["whyNot"].values()) if _is_among(r, grounds, answer)])
    for box in answer["boxes"]:
        for s in box["statements"]:
            why = found.statement(s["id"])
            assert why
            demand(why.grounds, [*answer["decisions"][box["decision"]]["because"], *s.get("because", ())])
            assert ("because" in s) == ("condition" in s)
    for line in answer["summary"]:
        assert (found.line(line) is None) == (line["kind"] == "question")


def _of(lists: Iterable[list[Json]]) -> list[Json]:
    return [r for reasons in lists for r in reasons]


def _is_among(reason: Json, grounds: Iterable[Ground], answer: Json) -> bool:
    label = answer["conditions"][reason["condition"]]["label"]
    return any((g.condition.text, g.verdict) == (label, reason["verdict"]) for g in grounds)


@pytest.mark.parametrize("step", [80, pytest.param(1, marks=pytest.mark.long)])
@pytest.mark.slow
def test_reasons_are_those_of_the_answer(service: GuidelineService, step: int) -> None:
    for number, record in enumerate(valid_records()[::step]):
        lang = LANGUAGES[number % len(LANGUAGES)]
        check_grounds(service, record, explained(service, record, lang), lang)


def test_reasons_of_another_guideline(ankle: GuidelineService) -> None:
    for record in valid_records(Path(ANKLE) / "cases")[::4]:
        check_grounds(ankle, record, explained(ankle, record), "en")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_options_are_told_apart_without_the_stage(service: GuidelineService, lang: str) -> None:
    """The stage now is left out of labels; that of another option, or of a later day, is not."""
    found = explained(service, FIRST_VISIT, lang)
    decision = service.guideline.decisions[service.guideline.roles.stage or ""]
    stages = {o.id: found.words.label(o) for o in decision.options}
    view = found.decision("management")
    assert not view.answers[0].text.startswith(stages[found.answer["stage"]])
    named = [name for names, _ in view.others for name in names] + [a.text for a in view.answers]
    assert len(named) == len(set(named))
    (_, said), *_ = found.later("management")
    assert any(text in said[0] for name, text in stages.items() if name != found.answer["stage"])
    rows = [row for row in found.what_if("management") if row.field == "onsetDate"]
    assert any(text in row.outcomes[0] for row in rows for text in stages.values())


def test_warning_says_why_it_is_given(service: GuidelineService) -> None:
    found = explained(service, FIRST_VISIT | {"severePain": True})
    warnings = [w for w in found.answer["warnings"] if "because" in w]
    assert any(g.field == "severe pain" for w in warnings for g in found.warning(w).grounds)


@pytest.mark.parametrize(
    "record", [FIRST_VISIT, CLUSTER, DAY_27, {}], ids=["first visit", "cluster", "worker", "empty"]
)
def test_page_shows_reasons_with_the_pages_of_their_terms(app: Flask, record: Record) -> None:
    client = app.test_client()
    shown = client.post("/assess?lang=fr&fragment=true", json=record, headers={"Accept": "text/html"}).text
    assert 'class="reasons"' in shown
    assert phrase("whatIf", "fr") in unescape(shown)
    links = {part.partition('"')[0].partition("#")[0] for part in shown.split('href="/')[1:]}
    guide = sorted(link for link in links if link.startswith("guide/fr/"))
    assert guide
    for link in guide[::7]:
        assert client.get(f"/{link}").status_code == 200, link


def test_page_alone_leads_to_no_form(app: Flask) -> None:
    shown = app.test_client().post("/assess?lang=nl", json={}, headers={"Accept": "text/html"}).text
    assert "#f-" not in shown


def test_page_leaves_out_what_is_not_asked_for(app: Flask) -> None:
    path = "/assess?lang=en&explain=false&changes=false&whatIf=false"
    shown = app.test_client().post(path, json=FIRST_VISIT, headers={"Accept": "text/html"}).text
    assert 'class="reasons"' not in shown
    assert phrase("whatIf", "en") not in shown


def test_undetermined_decision_does_not_look_like_an_answer(app: Flask) -> None:
    record = {"careLine": "second-line", "situationUnclear": True, "assessmentDate": "2024-05-20"}
    record |= {"onsetDate": "2024-01-10", "redFlags": "none", "radicularPain": False, "contact": "first-contact"}
    shown = app.test_client().post("/assess?lang=en&fragment=true", json=record, headers={"Accept": "text/html"}).text
    profile = shown.partition('data-key="why profile"')[2].partition("</summary>")[0]
    assert '<strong class="answer">' not in profile
    assert f'<span class="certain">{phrase("why-certain", "en")}: profile D' in profile
    assert f'<span class="possible">{phrase("possible", "en")}: profile A' in profile


def test_what_the_summary_has_no_room_for_is_one_tap_away(app: Flask, service: GuidelineService) -> None:
    answer = service.assess(FIRST_VISIT)
    shown = app.test_client().post("/assess?lang=en&fragment=true", json=FIRST_VISIT, headers={"Accept": "text/html"})
    also = unescape(shown.text).partition('data-key="also"')[2].partition("</ul></details>")[0]
    strong = [s for b in answer["boxes"] for s in b["statements"] if s["modality"] in ("must", "must-not", "maximum")]
    known = {line["text"] for line in answer["summary"]}
    left = [s["text"] for s in strong if not any(text.startswith(s["text"]) for text in known)]
    assert left
    assert [text for text in left if text not in also] == []


@pytest.mark.parametrize(
    ("status", "decisive", "declares", "shown"),
    [("decided", True, (), True), ("no-answer", False, ("no-answer",), True), ("decided", False, ("several",), False)],
)
def test_which_open_points_are_to_read(status: str, decisive: bool, declares: tuple[str, ...], shown: bool) -> None:
    assert is_to_read(status, decisive, declares) == shown
