"""The first and last day that an unknown date can have are those of the records that the shapes accept."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date, timedelta
from itertools import product

import pytest

from lrp_kg import GuidelineService
from lrp_kg.durations import COUNTING_DAYS, MEASURES, DateRange
from lrp_kg.guideline.model import DateSpan
from lrp_kg.logic.calendar import ALWAYS, Calendar
from lrp_kg.logic.cells import Cells
from lrp_kg.logic.memory import SharedBound

DAY = timedelta(days=1)
ASSESSED = ("2024-02-28", "2024-02-29", "2023-02-28", "2024-12-31")


def days(service: GuidelineService, name: str, record: dict[str, str]) -> tuple[date, date]:
    fields = service.guideline.field_names
    known = {fields[n].iri: date.fromisoformat(day) for n, day in record.items()}
    found = service.assessor.dates.bounds(fields[name].iri, known, {})
    return found.earliest, found.latest


def accepted(service: GuidelineService, record: dict[str, str], name: str, day: date) -> bool:
    return not service.validate(record | {name: day.isoformat()})


@pytest.mark.parametrize("assessed", ASSESSED)
def test_application_is_at_most_a_year_after_the_assessment(service: GuidelineService, assessed: str) -> None:
    record = {"assessmentDate": assessed, "incapacityStart": "2023-01-31"}
    first, last = days(service, "applicationDate", record)
    assert first == date(2023, 1, 31)
    assert last == date.fromisoformat(
        {"2024-02-29": "2025-02-28"}.get(assessed, f"{int(assessed[:4]) + 1}{assessed[4:]}")
    )
    assert [accepted(service, record, "applicationDate", d) for d in (first - DAY, first, last, last + DAY)] == [
        *(False, True),
        *(True, False),
    ]


@pytest.mark.parametrize("applied", ["2024-02-28", "2024-02-29", "2024-03-01", "2025-02-28", "2024-12-31"])
def test_assessment_is_at_most_a_year_before_the_application(service: GuidelineService, applied: str) -> None:
    record = {"applicationDate": applied}
    first, last = days(service, "assessmentDate", record)
    assert last == date.max
    assert [accepted(service, record, "assessmentDate", d) for d in (first - DAY, first)] == [False, True]


def test_bounds_reach_through_a_date_that_is_unknown(service: GuidelineService) -> None:
    """The sickness fund pays after the start of the incapacity, which is not after the assessment or application."""
    assert days(service, "incapacityStart", {"sicknessFundSince": "2024-01-08"}) == (date.min, date(2024, 1, 8))
    assert days(service, "onsetDate", {"applicationDate": "2024-01-08"}) == (date.min, date.max)
    first, last = days(service, "applicationDate", {"assessmentDate": "2024-01-08"})
    assert (first, last) == (date.min, date(2025, 1, 8))
    assert days(service, "incapacityStart", {"assessmentDate": "2024-01-08"})[1] == date(2024, 1, 8)
    assert days(service, "assessmentDate", {"assessmentDate": "2024-01-08"}) == (date(2024, 1, 8), date(2024, 1, 8))


def test_a_window_bounds_the_durations_of_an_unknown_date(service: GuidelineService) -> None:
    calendar, fields = service.assessor.dates, service.guideline.field_names
    application, start = fields["applicationDate"].iri, fields["incapacityStart"].iri
    variables = tuple(
        v
        for v, d in calendar.derived.items()
        if (d.start, d.end) == (start, application) and d.measure == "ElapsedDays"
    )
    known = {start: date(2024, 1, 1)}
    free = calendar.joint(application, variables, known)
    week = calendar.joint(application, variables, known, {application: DateRange(date(2023, 12, 25), date(2024, 1, 3))})
    assert set(week) < set(free)
    assert week == calendar.joint(
        application, variables, known, {application: DateRange(date(2024, 1, 1), date(2024, 1, 3))}
    )


def test_dates_that_contradict_each_other_leave_no_day(service: GuidelineService) -> None:
    calendar, fields = service.assessor.dates, service.guideline.field_names
    start, assessed = fields["incapacityStart"].iri, fields["assessmentDate"].iri
    applied = fields["applicationDate"].iri
    known = {
        fields["endedIncapacityUntil"].iri: date(2018, 4, 19),
        assessed: date(2017, 12, 30),
        applied: date(2018, 5, 22),
    }
    variables = tuple(i for i, d in calendar.derived.items() if (d.start, d.end) == (start, applied))
    assert variables
    assert calendar.joint(start, variables, known) == ()


def test_what_follows_from_two_orders_of_dates_is_an_order(service: GuidelineService, ankle: GuidelineService) -> None:
    """A record that contradicts itself through a date that is unknown is refused."""
    for g in (service.guideline, ankle.guideline):
        orders = set(g.date_orders)
        assert {(a, d) for a, b in orders for c, d in orders if b == c} <= orders


def bound(
    calendar: Calendar,
    name: str,
    dates: dict[str, date],
    ranges: dict[str, DateRange],
    latest: bool,
    passed: tuple[str, ...] = (),
) -> date:
    """Return the first or the latest day that a date can have, by all ways from date to date."""
    if name in dates:
        return dates[name]
    own = ranges.get(name, ALWAYS)
    found = [own.latest if latest else own.earliest]
    for span in calendar.after(name) if latest else calendar.before(name):
        other = span.counted_from if latest else span.field
        if other not in passed:
            day = bound(calendar, other, dates, ranges, latest, (*passed, name))
            found.append((calendar.last_within if latest else calendar.first_within)(day, span))
    return min(found) if latest else max(found)


def test_bounds_are_those_of_all_ways_from_date_to_date(service: GuidelineService) -> None:
    """Also of dates that contradict each other, and where more dates than one have a period between them."""
    calendar, rng = service.assessor.dates, random.Random(1)
    dated = [f.iri for f in service.guideline.fields.values() if f.kind == "date"]
    ends = [rng.sample(dated, 2) for _ in "abcd"]
    spans = [
        DateSpan(later, period, earlier) for (earlier, later), period in zip(ends, ("P1M", "P30D") * 2, strict=True)
    ]
    guideline = replace(service.guideline, date_spans=(*service.guideline.date_spans, *spans))
    for of in (calendar, Calendar(Cells(guideline))):
        for _ in range(60):
            dates, ranges = {}, {}
            for name in dated:
                first, last = sorted(date(2024, 2, 29) + DAY * rng.randint(-600, 600) for _ in "ab")
                if rng.random() < 0.2:
                    dates[name] = first
                elif rng.random() < 0.2:
                    ranges[name] = DateRange(first, last)
            for name in dated:
                found = of.bounds(name, dates, ranges)
                assert found.earliest == bound(of, name, dates, ranges, latest=False)
                assert found.latest == bound(of, name, dates, ranges, latest=True)


@pytest.mark.slow
def test_ways_beside_absent_dates_are_bounded(service: GuidelineService) -> None:
    memories, rng = SharedBound(40_000), random.Random(5)
    calendar = Calendar(service.assessor.cells, memories=memories)
    names = [f.iri for f in service.guideline.fields.values() if f.kind == "date"]
    taken = 0
    for _ in range(100):
        without = frozenset(name for name in names if rng.random() < 0.5)
        before = memories.young
        for name, above in product(names, (False, True)):
            calendar.way(name, above=above, without=without)
        taken += memories.young != before
    assert taken > 50 and memories.young <= memories.limit


def test_joint_cells_are_those_of_all_pairs_of_days(service: GuidelineService, ankle: GuidelineService) -> None:
    """From every day of a leap year, to every day on which the longest threshold is reached."""
    groups = 0
    for calendar in (service.assessor.dates, ankle.assessor.dates):
        for group in dict.fromkeys(calendar.group(v) for v in calendar.derived):
            variables = [calendar.cells.variables[v] for v in group]
            if max(v.starts[-1] for v in variables) > 50:
                continue
            found = set()
            for start in (date(2023, 12, 31) + DAY * offset for offset in range(0, 366, 3)):
                for length in range(31 * 9):
                    days = (start, start + DAY * length)
                    found.add(tuple(v.cell(calendar.measure(n, *days)) for n, v in zip(group, variables, strict=True)))
            assert found <= set(calendar.reachable(group))
            assert len(found) >= len(calendar.reachable(group)) - 1  # what only a common year has
            groups += 1
    assert groups > 4


def test_measures_that_count_days_say_the_same_from_every_day() -> None:
    for name in MEASURES:
        lengths = range(100)
        said = {tuple(MEASURES[name](start, start + DAY * n) for n in lengths) for start in map(_day, range(0, 400, 7))}
        assert (len(said) == 1) is (name in COUNTING_DAYS)


def _day(number: int) -> date:
    return date(2023, 1, 1) + DAY * number
