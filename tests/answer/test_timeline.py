"""The timeline has every day of an answer, stages as the assessment of each day gives them, and room for its texts."""

from __future__ import annotations

import re
from datetime import date, timedelta
from itertools import pairwise
from xml.etree import ElementTree

import pytest

from lrp_kg import GuidelineService
from lrp_kg.answer.answer_words import AnswerWords
from lrp_kg.answer.results import ProgrammeResult, StatementResult
from lrp_kg.answer.timeline import CHANGE, FIELD, PLAN, PROGRAMME, STAGE, Timeline, TimelineEntry
from lrp_kg.answer.timeline_drawing import NARROW, WIDE, TimelineDrawing
from lrp_kg.answer.timeline_words import TimelineWords
from lrp_kg.words import LANGUAGES
from tests.support.examples import MANY
from tests.support.guidelines import valid_records
from tests.support.paths import ANKLE
from tests.support.records import FIRST_VISIT, Record

SAMPLE = [60, pytest.param(1, marks=pytest.mark.long)]


def timeline(service: GuidelineService, record: Record) -> Timeline:
    return service.timeline(service.assessment(record, changes=True))


def ends(entry: TimelineEntry) -> tuple[date | None, ...]:
    return entry.first, entry.first_by, entry.last, entry.last_by


def decisions(entry: TimelineEntry) -> list[str]:
    assert isinstance(entry.subject, tuple)
    return [change.decision for change in entry.subject]


def stages(found: Timeline) -> dict[str, tuple[date | None, ...]]:
    return {e.subject.id: ends(e) for e in found.entries if e.group == STAGE}


# -- what is on it ------------------------------------------------------------------------------


@pytest.mark.parametrize("step", SAMPLE)
def test_every_day_of_an_answer_is_on_it(service: GuidelineService, step: int) -> None:
    for record in valid_records()[::step]:
        assessment = service.assessment(record, changes=True)
        answer = service.renderer("en").render(assessment)
        found = service.timeline(assessment)
        by_id = {e.subject.statement.id: e for e in found.entries if isinstance(e.subject, StatementResult)}
        undated = {u.subject.statement.id for u in found.undated if isinstance(u.subject, StatementResult)}
        assert by_id.keys() | undated == {d["id"] for d in answer["dates"]}
        assert not by_id.keys() & undated
        for d in answer["dates"]:
            safe = {n: d[n]["earliest"] if isinstance(d[n], dict) else d[n] for n in ("earliest", "latest")}
            assert (d["id"] in undated) == (not any(safe.values()))
            if entry := by_id.get(d["id"]):
                assert safe["latest"] in (None, str(entry.last))
                assert safe["earliest"] in (None, str(entry.first))
                assert entry.outdated == (d["status"] == "outdated")
                assert entry.certain <= (d["status"] != "unknown" or "countedFrom" in d)
        windows = {e.subject.programme.id: e for e in found.entries if isinstance(e.subject, ProgrammeResult)}
        for name, p in answer["eligibility"].items():
            there = p["assessed"] and p["status"] != "not-applicable" and (p["eligibleFrom"] or p["eligibleUntil"])
            assert bool(there) == (name in windows)
            if there:
                shown = [str(day) if day else None for day in (windows[name].first, windows[name].last)]
                assert shown == [p["eligibleFrom"], p["eligibleUntil"]]
                assert windows[name].certain == (p["eligibleRange"] != "unknown")
        changes = {(c["date"], c["decision"]) for c in answer["changes"] or ()}
        drawn = {(str(e.first), name) for e in found.entries if e.group == CHANGE for name in decisions(e)}
        days = {day for day, _ in drawn}
        assert drawn == changes or (stages(found) and {n for day, n in changes - drawn if day not in days} == {"stage"})


@pytest.mark.parametrize(
    "record",
    [
        FIRST_VISIT,
        FIRST_VISIT | {"onsetDate": {"earliest": "2023-12-28", "latest": "2024-01-05"}},
        FIRST_VISIT | {"recurrentPain": True, "incapacityStart": "2024-01-20"},
    ],
    ids=["exact", "uncertain", "recurrent"],
)
def test_stages_are_those_of_an_assessment_on_each_day(service: GuidelineService, record: Record) -> None:
    found = stages(timeline(service, record))
    assert len(found) > 1
    onset = record["onsetDate"]
    first = date.fromisoformat(onset["latest"] if isinstance(onset, dict) else onset)
    for n in range(0, 150, 1 if MANY else 3):
        day = first + timedelta(n)
        asked = {name: value for name, value in record.items() if name != "incapacityStart"}
        answer = service.assess(asked | {"assessmentDate": str(day)}, only=["stage"])["decisions"]["stage"]
        on = {name for name, (first_day, _, _, last) in found.items() if first_day <= day <= (last or date.max)}
        sure = {name for name in on if _sure(found[name], day)}
        assert on == set(answer["answers"]) | set(answer["possible"])
        assert sure == (set(answer["answers"]) if answer["status"] == "decided" else set())


def _sure(days: tuple[date | None, ...], day: date) -> bool:
    _, first_by, last, _ = days
    return (first_by or date.min) <= day <= (last or date.max)


def test_stages_follow_one_another_without_a_gap(service: GuidelineService) -> None:
    found = list(stages(timeline(service, FIRST_VISIT)).values())
    for (_, _, before, _), (after, _, _, _) in pairwise(found):
        assert before and after == before + timedelta(1)
    assert found[-1][2] is None


def test_an_uncertain_day_of_the_record_is_a_range(service: GuidelineService) -> None:
    found = timeline(service, FIRST_VISIT | {"onsetDate": "2024-01"})
    onset = next(e for e in found.entries if e.group == FIELD)
    assert (str(onset.first), str(onset.last_by), onset.certain) == ("2024-01-01", "2024-01-28", False)
    assert found.began is None


def test_what_has_no_day_says_which_field_is_missing(service: GuidelineService) -> None:
    known = {"assessmentDate": "2024-03-10", "incapacityPrescribed": True, "paidBySicknessFund": True}
    found = timeline(service, FIRST_VISIT | known)
    fields = {service.guideline.fields[name].id for u in found.undated for name in u.missing}
    assert "sicknessFundSince" in fields


@pytest.mark.parametrize(
    ("record", "ask"),
    [
        ({}, ["assessmentDate", "onsetDate"]),
        ({"assessmentDate": "2024-01-10"}, ["onsetDate"]),
        ({"assessmentDate": "2024-01-10", "redFlags": "cluster"}, []),
    ],
)
def test_with_nothing_to_draw_it_says_what_to_give(service: GuidelineService, record: Record, ask: list[str]) -> None:
    found = timeline(service, record)
    assert not found.drawn
    assert [service.guideline.fields[name].id for name in found.ask] == ask


def test_days_at_the_ends_of_the_calendar_are_drawn(service: GuidelineService) -> None:
    for days in ({"assessmentDate": "9999-12-31", "onsetDate": "9999-12-01"}, {"onsetDate": "0001-01-01"}):
        record = {"careLine": "first-line", "contact": "first-contact", "redFlags": "none"} | days
        if not service.validate(record):
            picture(service, record, "en", narrow=True)


# -- how it is drawn ----------------------------------------------------------------------------


def picture(service: GuidelineService, record: Record, lang: str, *, narrow: bool) -> TimelineDrawing | None:
    assessment = service.assessment(record, changes=True)
    line, words = service.timeline(assessment), TimelineWords(AnswerWords(service.guideline, lang))
    if not line.drawn:
        return None
    drawing = TimelineDrawing(line, words.rows(line, assessment), words, narrow=narrow)
    svg = drawing.picture("")
    root = ElementTree.fromstring(svg)
    check_texts(drawing, float(root.get("width")), float(root.get("height")))
    assert "style" not in re.sub(r">[^<]*<", "><", svg)
    for path in root.iter("{http://www.w3.org/2000/svg}path"):
        xs = [float(x) for x in re.findall(r"[ML](-?[\d.]+) ", path.get("d"))]
        assert all(-1 <= x <= float(root.get("width")) + 1 for x in xs)
    return drawing


def check_texts(drawing: TimelineDrawing, width: float, height: float) -> None:
    for x, y, w, h in drawing.texts:
        assert x >= 0 and y >= 0 and x + w <= width + 0.1 and y + h <= height + 0.1, (x, y, w, h)
    inside = sorted(drawing.texts, key=lambda t: t[1])
    for n, (x, y, w, h) in enumerate(inside):
        for x2, y2, w2, h2 in inside[n + 1 :]:
            if y2 >= y + h - 0.1:
                break
            assert x2 >= x + w - 0.1 or x >= x2 + w2 - 0.1, ((x, y, w, h), (x2, y2, w2, h2))


@pytest.mark.parametrize("step", SAMPLE)
def test_nothing_overlaps_or_is_cut(service: GuidelineService, step: int) -> None:
    drawn = 0
    for n, record in enumerate(valid_records()[::step]):
        for narrow in (False, True):
            drawn += picture(service, record, LANGUAGES[n % 4], narrow=narrow) is not None
    assert drawn > 10


@pytest.mark.parametrize("lang", LANGUAGES)
def test_it_is_drawn_in_each_language(service: GuidelineService, lang: str) -> None:
    drawings = [picture(service, FIRST_VISIT, lang, narrow=narrow) for narrow in (False, True)]
    assert [d.width for d in drawings if d] == [WIDE, NARROW]


def test_no_line_begins_with_the_colon_of_french(service: GuidelineService) -> None:
    for record in valid_records()[::60]:
        drawing = picture(service, record, "fr", narrow=True)
        assert drawing is None or not re.search(r"<tspan[^>]*>[:;]", drawing.picture(""))


def test_another_guideline_has_one(ankle: GuidelineService) -> None:
    found = [timeline(ankle, record) for record in valid_records(ANKLE / "cases")]
    groups = {e.group for line in found for e in line.entries}
    assert groups >= {FIELD, STAGE, PLAN, PROGRAMME, CHANGE}
    for record in valid_records(ANKLE / "cases")[::5]:
        picture(ankle, record, "en", narrow=True)
