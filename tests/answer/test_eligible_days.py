"""The days on which a programme is open: `eligibleFrom`, `eligibleUntil` and `eligibleRange`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrp_kg import GuidelineService, InvalidRecord
from lrp_kg.answer.eligible_days import DayFinder
from lrp_kg.answer.over_time import moved
from lrp_kg.durations import DateRange
from lrp_kg.logic.outcomes import Outcome
from tests.answer.test_invariants import complete_records, partial_records
from tests.support.examples import examples
from tests.support.outcomes import outcomes
from tests.support.paths import ANKLE
from tests.support.records import WORKER

Json = dict[str, Any]
Days = tuple[str | None, str | None, str]
FEDRIS = "fedris-prevention"
REHABILITATION = "multidisciplinary-rehabilitation"
PARTIAL = "partial-resumption"
ASKED = {FEDRIS: "applicationDate", REHABILITATION: "assessmentDate", PARTIAL: "assessmentDate"}
"""The field that says on which day a programme is asked for."""
BOUNDS = {
    FEDRIS: {"incapacityStart", "lowBackSurgeryDate", "returnExaminationDate"},
    REHABILITATION: {"onsetDate", "spinalSurgeryDate"},
    PARTIAL: set(),
}
"""The other dates that the criteria of a programme read."""
PATIENT: Json = {
    "assessmentDate": "2024-05-20",
    "careLine": "second-line",
    "contact": "follow-up",
    "redFlags": "none",
    "radicularPain": False,
    "chronicityRisk": "high",
    "rehabilitationPotential": "none",
    "spinalSurgery": False,
}


def days_of(service: GuidelineService, record: Json, programme: str = FEDRIS) -> Days:
    found = service.assess(record, only=[programme])["eligibility"][programme]
    return found["eligibleFrom"], found["eligibleUntil"], found["eligibleRange"]


def added(day: str, days: int) -> str:
    return (date.fromisoformat(day) + timedelta(days)).isoformat()


@pytest.mark.parametrize(
    ("application", "change", "expected"),
    [
        ("2024-05-20", {}, ("2024-05-21", "2024-10-23", "known")),  # day 27
        ("2024-05-21", {}, ("2024-05-21", "2024-10-23", "known")),  # day 28
        ("2024-10-23", {}, ("2024-05-21", "2024-10-23", "known")),  # the last day of month 6
        ("2024-10-24", {}, (None, None, "never")),
        (None, {}, ("2024-05-21", "2024-10-23", "known")),
        ("2024-05-20", {"priorIncapacityDays": 21}, ("2024-04-30", "2024-10-23", "known")),
        ("2024-09-20", {"priorIncapacityDays": 21}, ("2024-04-30", "2024-10-23", "known")),
        ("2024-05-20", {"priorIncapacityDays": None}, ("2024-05-21", "2024-10-23", "unknown")),
        (
            "2024-05-20",
            {"priorIncapacityDays": 21, "incapacityCause": "low-back-surgery", "lowBackSurgeryDate": "2024-04-23"},
            ("2024-05-21", "2024-10-23", "known"),
        ),
        ("2024-05-20", {"sector": "self-employed"}, (None, None, "never")),
        (None, {"sector": "self-employed", "incapacityStart": None}, (None, None, "never")),
        ("2024-05-20", {"sector": None}, (None, None, "unknown")),
        ("2024-05-20", {"incapacityStart": None}, (None, None, "unknown")),
        ("2024-05-20", {"incapacityStart": None, "incapacitated": False}, (None, None, "unknown")),
        (None, {"incapacityStart": "2023-11-30"}, ("2023-12-28", "2024-05-30", "known")),
        (None, {"incapacityStart": "2022-11-30"}, ("2022-12-28", "2023-05-30", "known")),
    ],
)
def test_application_moves_with_the_start_of_the_incapacity_fixed(
    service: GuidelineService, application: str | None, change: Json, expected: Days
) -> None:
    record = {**WORKER, "applicationDate": application, **change}
    assert days_of(service, record) == expected
    assert json.loads(service.answer_json(record, only=[FEDRIS])) == service.assess(record, only=[FEDRIS])


@pytest.mark.parametrize(
    ("onset", "change", "expected"),
    [
        (42, {}, (1, 77 - 1 - 42, "known")),
        (43, {}, (0, 77 - 1 - 43, "known")),
        (60, {"rehabilitationPotential": "present"}, (43 - 60, None, "open-ended")),
        (20, {"chronicityRisk": "low"}, (None, None, "never")),
        (60, {"spinalSurgery": None}, (43 - 60, 76 - 60, "unknown")),
        (60, {"careLine": "first-line"}, (None, None, "never")),
        (60, {"redFlags": "cluster"}, (None, None, "never")),
        (60, {"redFlags": None}, (None, None, "unknown")),
        (None, {}, (None, None, "unknown")),
    ],
)
def test_assessment_moves_with_the_onset_fixed(
    service: GuidelineService, onset: int | None, change: Json, expected: tuple[int | None, int | None, str]
) -> None:
    """``onset`` is so many days before the assessment, ``expected`` so many days after it."""
    today = PATIENT["assessmentDate"]
    record = {**PATIENT, "onsetDate": None if onset is None else added(today, -onset), **change}
    first, last = (None if n is None else added(today, n) for n in expected[:2])
    assert days_of(service, record, REHABILITATION) == (first, last, expected[2])


def test_surgery_opens_the_programme_for_three_months(service: GuidelineService) -> None:
    record = PATIENT | {"spinalSurgery": True, "spinalSurgeryDate": "2024-01-31", "onsetDate": "2024-04-25"}
    record |= {"assessmentDate": "2024-04-29"}
    assert days_of(service, record, REHABILITATION) == ("2024-04-25", "2024-04-29", "known")
    later = record | {"assessmentDate": "2024-04-30"}
    assert days_of(service, later, REHABILITATION) == ("2024-06-07", "2024-07-10", "known")


def test_programme_without_a_duration_is_open_on_every_day(service: GuidelineService) -> None:
    record = {"resumption": "partial", "employerAgrees": True, "paidBySicknessFund": False}
    assert days_of(service, record, PARTIAL) == (None, None, "open-ended")
    assert days_of(service, record | {"employerAgrees": False}, PARTIAL) == (None, None, "never")
    assert days_of(service, {"resumption": "partial"}, PARTIAL) == (None, None, "unknown")


@pytest.mark.parametrize(
    ("onset", "expected"),
    [
        ("2024-04-08", ("2024-05-21", "2024-06-23", "known")),
        ({"earliest": "2024-04-05", "latest": "2024-04-08"}, ("2024-05-21", "2024-06-20", "unknown")),
        ("2024-04", ("2024-06-12", "2024-06-16", "unknown")),
        ("2024", (None, None, "unknown")),
        (None, (None, None, "unknown")),
    ],
)
def test_day_counts_that_is_eligible_whatever_day_the_onset_was(
    service: GuidelineService, onset: Any, expected: Days
) -> None:
    """Asked in this order, so that nothing of one onset is remembered for another."""
    for _ in range(2):
        assert days_of(service, PATIENT | {"onsetDate": onset}, REHABILITATION) == expected
    never = PATIENT | {"onsetDate": onset, "careLine": "first-line"}
    assert days_of(service, never, REHABILITATION) == (None, None, "never")


@pytest.mark.exhaustive
@pytest.mark.parametrize("start", ["2018-03-06", "2018-03-08", "2018-05-09", "2018-05-10", "2018-05-12", "2018-05-16"])
@pytest.mark.parametrize("prior", [0, 21])
def test_outdated_days_are_those_on_which_the_verdict_would_be(
    service: GuidelineService, start: str, prior: int
) -> None:
    """Days of the run within a year, asked for on that day: by ended rules from ``eligibleOutdatedFrom`` on."""
    record = WORKER | {"incapacityStart": start, "applicationDate": "2018-06-05", "priorIncapacityDays": prior}
    found = service.assess(record, only=[FEDRIS])["eligibility"][FEDRIS]
    first, last = found["eligibleFrom"], found["eligibleUntil"] or added(start, 365)
    length = (date.fromisoformat(last) - date.fromisoformat(first)).days
    cut = (date(2018, 6, 8) - date.fromisoformat(first)).days
    edges = {n for edge in (0, length, cut) for n in range(edge - 3, edge + 4)}
    days = [added(first, n) for n in sorted({n for n in edges if 0 <= n <= length} | set(range(0, length, 9)))]
    outdated = []
    for day in days:
        on_the_day = service.assess(record | {"applicationDate": day}, only=[FEDRIS])["eligibility"][FEDRIS]
        assert on_the_day["verdict"] == "eligible"
        outdated += [day] * on_the_day.get("outdated", False)
    assert outdated == [day for day in days if day >= (found["eligibleOutdatedFrom"] or "9")]


def test_no_run_has_no_outdated_days(service: GuidelineService) -> None:
    for change in ({"sector": None}, {"sector": "self-employed"}, {"applicationDate": "2024-10-24"}):
        found = service.assess(WORKER | change, only=[FEDRIS])["eligibility"][FEDRIS]
        assert (found["eligibleFrom"], found["eligibleOutdatedFrom"]) == (None, None)


def test_days_of_an_ended_edition_with_a_later_one(cache_folder: str) -> None:
    """Between the last day of one edition and the first of the next the rules have ended."""
    programme = next(iter(GuidelineService(ANKLE).guideline.programmes.values()))
    old, new = programme.editions
    cut = date(2024, 11, 30)
    gap = replace(programme, editions=(replace(old, valid_until=cut), new))
    assert gap.first_without_rules(date(2024, 10, 1), cut) is None
    assert gap.first_without_rules(date(2024, 10, 1), date.max) == date(2024, 12, 1)
    assert gap.first_without_rules(date(2024, 12, 20), date(2024, 12, 22)) == date(2024, 12, 20)
    assert gap.first_without_rules(date(2025, 1, 1), date.max) is None
    assert programme.first_without_rules(date.min, date.max) is None
    over = replace(programme, editions=(old, replace(new, valid_until=date.max)))
    assert over.first_without_rules(date.min, date.max) is None


def test_days_are_kept_apart_by_the_bounds_of_other_dates(service: GuidelineService) -> None:
    """The start of the incapacity is not known, but it is not after the assessment, of which only bounds are."""
    programme = next(p for p in service.guideline.programmes.values() if p.id == FEDRIS)
    known = service.read({"incapacitated": True, "incapacityCause": "low-back-pain", "heavyLifting": True})
    assessment, first = service.guideline.roles.assessment or "", date(2020, 1, 1)
    a = service.assessor
    finder = DayFinder(service.guideline, programme, a.builder, {d: a.decider(d) for d in service.guideline.decisions})
    for last in (5, 25, 5, 25):  # days are kept once they are met again
        record = replace(known, ranges={assessment: DateRange(first, first + timedelta(last))})
        finder.find(a.signature(record), record, lambda: Outcome("undetermined"))
    limits = [limits for _, limits in finder._found.young.values()]
    assert [found.unsettled[0] for found in limits] == [(True, first + timedelta(last)) for last in (5, 25)]


# -- brute force -------------------------------------------------------------------------------------


def verdicts(
    service: GuidelineService, record: Json, programme: str, days: Iterator[date]
) -> Iterator[tuple[date, str]]:
    """Yield the verdict on each day, assessed anew; a refused record is *refused*."""
    read = {name: value for name, value in record.items() if not name.endswith("Date") and not name.endswith("Start")}
    read |= {name: record[name] for name in BOUNDS[programme] if name in record}
    read.pop("sicknessFundSince", None)
    for day in days:
        try:
            status, answers = outcomes(service, read | {ASKED[programme]: day.isoformat()}, programme)[programme]
        except InvalidRecord:
            yield day, "refused"
        else:
            yield day, answers[0] if status == "decided" else status


def expected(found: list[tuple[date, str]], asked: str | None) -> Days:
    """Return the days by the words of the contract; what goes on at the ends of the list has no end."""
    states = [state if state in ("eligible", "undetermined", "refused") else "no" for _, state in found]
    begin = next((i for i, (day, _) in enumerate(found) if day.isoformat() == asked), 0)
    start = next((i for i in range(begin, len(found)) if states[i] == "eligible"), None)
    if start is None:
        return None, None, "unknown" if "undetermined" in states[begin:] else "never"
    first = start
    while first > 0 and states[first - 1] == "eligible":
        first -= 1
    last = start
    while last + 1 < len(found) and states[last + 1] == "eligible":
        last += 1
    doubt = "undetermined" in states[min(begin, max(first - 1, 0)) : last + 2]
    first_day = None if first == 0 else found[first][0].isoformat()
    last_day = None if last == len(found) - 1 else found[last][0].isoformat()
    return first_day, last_day, "unknown" if doubt else "known" if last_day else "open-ended"


RECORDS: list[tuple[str, Json]] = [
    (FEDRIS, WORKER | {"applicationDate": "2024-05-20"}),
    (FEDRIS, WORKER | {"applicationDate": "2024-05-20", "priorIncapacityDays": 21}),
    (FEDRIS, {n: v for n, v in WORKER.items() if n != "priorIncapacityDays"}),
    (REHABILITATION, PATIENT | {"onsetDate": "2024-04-20"}),
    (REHABILITATION, PATIENT | {"onsetDate": "2024-02-20", "rehabilitationPotential": "present"}),
    (
        REHABILITATION,
        PATIENT | {"onsetDate": "2024-03-25", "spinalSurgery": True, "spinalSurgeryDate": "2024-01-31"},
    ),
    (REHABILITATION, {n: v for n, v in PATIENT.items() if n != "spinalSurgery"} | {"onsetDate": "2024-04-20"}),
]


@pytest.mark.slow
@pytest.mark.parametrize(("programme", "record"), RECORDS)
def test_days_agree_with_assessing_anew_on_each_day_of_two_years(
    service: GuidelineService, programme: str, record: Json
) -> None:
    asked = record.get(ASKED[programme])
    middle = date.fromisoformat(asked or "2024-05-20")
    every = list(verdicts(service, record, programme, (middle + timedelta(n) for n in range(-365, 366))))
    assert days_of(service, record, programme) == expected(every, asked)


@st.composite
def nearly_eligible(draw: st.DrawFn) -> tuple[str, Json]:
    """Return a programme, and a record of somebody who is eligible for it or not far from it, some fields unknown."""
    today = date(2024, 5, 20) + timedelta(draw(st.integers(-400, 400)))

    def ago(*days: int) -> str:
        return (today - timedelta(draw(st.sampled_from(days)))).isoformat()

    if draw(st.booleans()):
        record = WORKER | {"incapacityStart": ago(0, 7, 27, 28, 60, 89, 90, 91, 92, 93, 150)}
        record |= {"applicationDate": today.isoformat(), "priorIncapacityDays": draw(st.sampled_from((0, 20, 21)))}
        programme = FEDRIS
    else:
        record = PATIENT | {"assessmentDate": today.isoformat(), "onsetDate": ago(0, 13, 34, 35, 42, 43, 76, 77, 150)}
        record |= {"rehabilitationPotential": draw(st.sampled_from(("present", "none")))}
        record |= {"contact": draw(st.sampled_from(("first-contact", "follow-up")))}
        if draw(st.booleans()):
            record |= {"spinalSurgery": True, "spinalSurgeryDate": ago(0, 10, 60, 89, 90, 91, 92, 120)}
        programme = REHABILITATION
    return programme, {n: v for n, v in record.items() if draw(st.integers(0, 9)) > 0}


@pytest.mark.slow
@examples(8, 100)
@given(drawn=nearly_eligible())
def test_days_agree_with_the_decision_on_each_day(service: GuidelineService, drawn: tuple[str, Json]) -> None:
    programme, sent = drawn
    g = service.guideline
    try:
        record = service.read(sent)
    except InvalidRecord:
        return
    field = g.field_names[ASKED[programme]].iri
    bounds = [record.dates[g.field_names[n].iri] for n in BOUNDS[programme] if g.field_names[n].iri in record.dates]
    middle = record.dates.get(field, date(2024, 5, 20))
    every = []
    for day in (middle + timedelta(n) for n in range(-600, 600)):
        status, answers = outcomes(service, moved(g, record, field, day), programme)[programme]
        verdict = answers[0] if status == "decided" else status
        every.append((day, "refused" if any(b > day for b in bounds) else verdict))
    assert days_of(service, sent, programme) == expected(every, sent.get(ASKED[programme]))


@pytest.mark.slow
@examples(15, 60)
@given(record=complete_records(), data=st.data())
def test_days_of_any_record_agree_with_assessing_anew(
    service: GuidelineService, record: Json, data: st.DataObject
) -> None:
    """Of some fields that are known, around the ends of the run, and on other days."""
    programme = data.draw(st.sampled_from(list(ASKED)))
    unknown = data.draw(st.sets(st.sampled_from(sorted(record)), max_size=3))
    record = {name: value for name, value in record.items() if name not in unknown}
    asked = record.get(ASKED[programme])
    first, last, extent = days_of(service, record, programme)
    assert first is None or last is None or first <= last
    assert extent != "never" or first is last is None
    assert extent != "open-ended" or last is None
    ends = [date.fromisoformat(day) for day in (first, last, asked) if day]
    looked_at = sorted({day + timedelta(n) for day in ends for n in (-40, -1, 0, 1, 40)})
    for day, verdict in verdicts(service, record, programme, iter(looked_at)):
        inside = (first or "") <= day.isoformat() <= (last or "9999")
        if extent in ("known", "open-ended") and inside:
            assert verdict == "eligible", (day, verdict)
        if verdict == "eligible" and asked is not None and day.isoformat() >= asked:
            assert extent != "never", day
    if asked and service.assess(record)["eligibility"][programme]["verdict"] == "eligible":
        assert (first or "") <= asked <= (last or "9999")


@pytest.mark.slow
@examples(40, 150)
@given(records=partial_records())
def test_known_days_stay_when_more_becomes_known(service: GuidelineService, records: tuple[Json, Json]) -> None:
    record, whole = records
    before, after = (service.assess(r)["eligibility"] for r in (record, whole))
    for programme, found in before.items():
        if found["eligibleRange"] != "known" or (ASKED[programme] in whole) != (ASKED[programme] in record):
            continue
        for name in ("eligibleFrom", "eligibleUntil", "eligibleRange"):
            assert after[programme][name] == found[name], (programme, name)


# -- another guideline -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("weeks", "expected"),
    [(2, ("2025-01-01", None, "open-ended")), (3, (None, None, "open-ended")), (1, (None, None, "never"))],
)
def test_editions_follow_the_day(cache_folder: str, weeks: int, expected: Days) -> None:
    """An invented programme: from 3 weeks on in the first edition, from 2 weeks on since 2025; the weeks stay."""
    ankle = GuidelineService(ANKLE)
    record = {"assessmentDate": "2024-12-22", "injuryDate": added("2024-12-22", -7 * weeks), "ankleSurgery": False}
    record |= {"deformity": False, "boneTenderness": False, "canBearWeight": True, "painScore": 3}
    for day in (None, "2024-12-23"):
        assert days_of(ankle, record | {"applicationDate": day}, "supervised-training") == expected


@pytest.mark.exhaustive
@pytest.mark.parametrize("application", ["2024-12-20", "2024-12-31", "2025-01-02", None])
def test_known_days_of_two_editions_stay_when_more_becomes_known(cache_folder: str, application: str | None) -> None:
    ankle = GuidelineService(ANKLE)
    whole = {"assessmentDate": "2024-12-22", "deformity": False, "boneTenderness": False, "canBearWeight": True}
    if application:
        whole |= {"applicationDate": application}
    whole |= {"painScore": 7, "surgeryDate": "2024-12-01", "injuryDate": "2024-12-01"}
    extents = set()
    for change in ({}, {"painScore": 6}, {"surgeryDate": None}, {"ankleSurgery": False, "surgeryDate": None}):
        full = {name: value for name, value in (whole | change).items() if value is not None}
        after = days_of(ankle, full, "supervised-training")
        extents.add(after[2])
        for names in combinations(sorted(full.keys() - {"applicationDate"}), 2):
            for unknown in (names[:1], names):
                part = {name: value for name, value in full.items() if name not in unknown}
                before = days_of(ankle, part, "supervised-training")
                if before[2] in ("known", "never"):
                    assert before == after, (full, unknown)
    assert len(extents) > 1
