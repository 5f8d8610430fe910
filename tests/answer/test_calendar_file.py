"""The calendar file of an answer, read again by a parser: what is planned, and nothing of who the patient is."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pytest

from lrp_kg import GuidelineService
from lrp_kg.words import LANGUAGES, phrase
from tests.support.guidelines import valid_records
from tests.support.paths import ANKLE
from tests.support.records import FIRST_VISIT, FOLLOW_UP, Record

NAMED = FOLLOW_UP | {"id": "patient-zork", "episode": "episode-zork"}
UNCERTAIN = FIRST_VISIT | {
    "assessmentDate": "2024-01-08",
    "onsetDate": {"earliest": "2024-01-03", "latest": "2024-01-05"},
}
SAMPLE = [60, pytest.param(1, marks=pytest.mark.long)]


def sent(service: GuidelineService, record: Record, lang: str = "en", *, changes: bool = True) -> bytes:
    return service.calendar(service.assessment(record, changes=changes), lang=lang)


def read(file: bytes) -> Any:
    """Read a file strictly: lines of at most 75 octets that end in CR LF, and everything that RFC 5545 requires."""
    from icalendar import Calendar

    lines = file.split(b"\r\n")
    assert lines.pop() == b""
    assert all(len(line) <= 75 and b"\n" not in line and b"\r" not in line for line in lines)
    found = Calendar.from_ical(file)
    assert found.to_ical() == file
    assert found["version"] == "2.0" and found["prodid"]
    assert found.subcomponents
    for part in found.subcomponents:
        assert not part.errors
        assert part["uid"] and part["dtstamp"] and part["summary"] and part["class"] == "PRIVATE"
    return found


def safe(day: Any) -> str | None:
    return day["earliest"] if isinstance(day, dict) else day


def events(file: bytes) -> list[Any]:
    return read(file).walk("VEVENT")


@pytest.mark.parametrize("step", SAMPLE)
def test_it_has_the_days_of_the_answer(service: GuidelineService, step: int) -> None:
    for n, record in enumerate(valid_records()[::step]):
        lang = LANGUAGES[n % 4]
        answer = service.assess(record, lang=lang, changes=True)
        file = sent(service, record, lang)
        found = events(file)
        expected = {c["date"] for c in answer["changes"] or ()}
        for d in answer["dates"]:
            if d["status"] != "outdated":
                days = (
                    d[name]["earliest"] if isinstance(d[name], dict) else d[name] for name in ("earliest", "latest")
                )
                expected |= set(filter(None, days))
        for p in answer["eligibility"].values():
            if p["assessed"] and p["status"] != "not-applicable" and p["eligibleRange"] != "never":
                ended = p["eligibleOutdatedFrom"] or "9999-12-31"
                first = p["eligibleFrom"] if (p["eligibleFrom"] or "") > (answer["assessmentDate"] or "") else None
                rules = not p.get("outdated") and ended > (p["eligibleFrom"] or "")
                expected |= {day for day in (first, p["eligibleUntil"]) if day and day < ended and rules}
        assert {str(e.decoded("dtstart")) for e in found} == expected
        assert len(read(file).walk("VJOURNAL")) == (not expected)


def test_an_event_says_what_by_when_and_by_which_source(service: GuidelineService) -> None:
    found = events(sent(service, NAMED, "nl", changes=False))
    assert [e.decoded("dtstart") for e in found] == sorted(e.decoded("dtstart") for e in found)
    visit = next(e for e in found if "opvolg" in e["summary"])
    assert visit["summary"].startswith("Uiterlijk: ")
    assert "Belgisch zorgpad voor lage rugpijn (KCE), 4.J" in visit["description"]
    assert phrase("unofficial", "nl") in visit["description"]
    assert (visit["status"], visit["transp"]) == ("CONFIRMED", "TRANSPARENT")
    assert "dtend" not in visit
    assert str(visit.decoded("dtstamp")) == "2024-05-20 00:00:00+00:00"


def test_nothing_says_who_the_patient_is(service: GuidelineService) -> None:
    assert b"zork" not in re.sub(rb"\r\n ", b"", sent(service, NAMED))


def test_two_patients_have_no_identifier_in_common(service: GuidelineService) -> None:
    """Where they had, a calendar would take the second for the first and lose one of them."""
    first, second = ({e["uid"] for e in events(sent(service, NAMED))} for _ in range(2))
    assert first and second and not first & second


def test_but_for_identifiers_the_same_record_gives_the_same_file(service: GuidelineService) -> None:
    first, second = (re.sub(rb"UID:[^\r]*", b"", sent(service, NAMED)) for _ in range(2))
    assert first == second


def test_rules_that_have_ended_are_left_out(service: GuidelineService) -> None:
    answer = service.assess(NAMED, changes=False)
    assert any(d["status"] == "outdated" for d in answer["dates"])
    days = {str(e.decoded("dtstart")) for e in events(sent(service, NAMED, changes=False))}
    assert not days & {d["earliest"] for d in answer["dates"] if d["status"] == "outdated"}


def test_of_an_uncertain_day_the_safe_one_is_planned_and_said_so(service: GuidelineService) -> None:
    d = next(d for d in service.assess(UNCERTAIN)["dates"] if isinstance(d["latest"], dict))
    event = next(
        e for e in events(sent(service, UNCERTAIN, "fr")) if str(e.decoded("dtstart")) == d["latest"]["earliest"]
    )
    assert event["status"] == "TENTATIVE"
    assert phrase("calendar-safe", "fr") in event["description"]


def test_what_may_not_apply_is_tentative_and_says_on_what_it_depends(service: GuidelineService) -> None:
    unknown = {name: value for name, value in NAMED.items() if name != "incapacityPrescribed"}
    found = {e["summary"]: e for e in events(sent(service, unknown, "en", changes=False))}
    event = next(e for title, e in found.items() if "incapacity" in title and e["status"] == "TENTATIVE")
    assert "\nif " in event["description"]


@pytest.mark.parametrize(
    ("record", "day"), [({}, None), ({"assessmentDate": "2024-01-10", "redFlags": "cluster"}, date(2024, 1, 10))]
)
def test_with_nothing_planned_it_says_so(service: GuidelineService, record: Record, day: date | None) -> None:
    (entry,) = read(sent(service, record, "de")).walk("VJOURNAL")
    assert entry["summary"] == phrase("calendar-nothing", "de")
    assert (entry.decoded("dtstart") if "dtstart" in entry else None) == day
    assert ("Schmerzbeginn" in entry["description"]) == (day is None)  # after a critical exit nothing is asked


def test_what_has_no_day_is_in_the_description_of_the_calendar(service: GuidelineService) -> None:
    waiting = {name: value for name, value in NAMED.items() if name != "sicknessFundSince"}
    said = read(sent(service, waiting, "en"))["description"]
    assert "sickness" in said and phrase("timeline-undated", "en") in said


def test_another_guideline_has_one(ankle: GuidelineService) -> None:
    assert any(events(sent(ankle, record)) for record in valid_records(ANKLE / "cases"))
