"""The days on which durations go from cell to cell are those that a scan of all days finds."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import chain, groupby, product

import pytest

from lrp_kg import GuidelineService
from lrp_kg.durations import MEASURES, DateRange, first_end, last_start
from lrp_kg.logic.calendar import Calendar

DAY = timedelta(days=1)
LEAPS = [date(year, 2, 28) for year in (1900, 2000, 2023, 2024, 2100)]
Joint = tuple[tuple[int, ...], ...]


def days(rng: random.Random) -> Iterator[date]:
    """Yield days, many of them at the end of a month, in a leap year, or near an end of the calendar."""
    last = date.max.toordinal()
    while True:
        near = rng.choice(LEAPS).toordinal() + rng.randint(-500, 500)
        day = date.fromordinal(rng.choice([near, near, near, near, rng.randint(1, 900), last - rng.randint(0, 900)]))
        month_end = (day.replace(day=28) + 4 * DAY).replace(day=1) - DAY if day < date(9999, 12, 1) else day
        yield rng.choice([day, day, month_end, month_end.replace(day=1), month_end - DAY])


@pytest.mark.parametrize("measure", MEASURES)
def test_a_duration_reaches_a_value_on_the_first_day_and_not_before(measure: str) -> None:
    rng = random.Random(measure)
    of, drawn = MEASURES[measure], days(rng)
    nowhere = 0
    for _ in range(600):
        day, value = next(drawn), rng.randint(of(LEAPS[0], LEAPS[0]) + 1, 30)
        end, start = first_end(measure, day, value), last_start(measure, day, value)
        nowhere += (end is None) + (start is None)
        assert of(day, date.max) < value if end is None else of(day, end) >= value > of(day, end - DAY)
        assert of(date.min, day) < value if start is None else of(start, day) >= value > of(start + DAY, day)
    assert nowhere


def scanned(
    calendar: Calendar, name: str, variables: tuple[int, ...], beside: dict[str, DateRange], within: DateRange
) -> Joint:
    """Return joint cells as they are by the measures on each day, one after the other."""
    away = 366 * 130 * DAY
    low = max(within.earliest, min(*(b.earliest for b in beside.values()), within.latest) - away)
    high = min(within.latest, max(*(b.latest for b in beside.values()), within.earliest) + away)
    if low > high:
        return ()
    around = 400 * DAY
    first = max(low, min(b.earliest for b in beside.values()) - around)
    last = min(high, max(b.latest for b in beside.values()) + around)

    def cell(variable: int, start: date, end: date) -> int:
        return calendar.cells.variables[variable].cell(calendar.measure(variable, min(start, end), end))

    def ends(variable: int, day: date) -> tuple[int, int]:
        d = calendar.derived[variable]
        if d.end == name:
            return cell(variable, beside[d.start].latest, day), cell(variable, beside[d.start].earliest, day)
        return cell(variable, day, beside[d.end].earliest), cell(variable, day, beside[d.end].latest)

    groups = [
        tuple(own) for _, own in groupby(variables, lambda v: (calendar.derived[v].start, calendar.derived[v].end))
    ]
    found: set[tuple[int, ...]] = set()
    for day in {low, high, *(date.fromordinal(n) for n in range(first.toordinal(), last.toordinal() + 1))}:
        choices = []
        for group in groups:
            least, most = zip(*(ends(v, day) for v in group), strict=True)
            between = (
                c for c in calendar.reachable(group) if all(a <= b <= z for a, b, z in zip(least, c, most, strict=True))
            )
            choices.append([least] if least == most else list(between))
        found.update(tuple(chain(*several)) for several in product(*choices))
    return tuple(sorted(found))


@pytest.mark.parametrize("seed", range(3))
def test_joint_cells_are_those_of_all_days_of_a_date(
    service: GuidelineService, ankle: GuidelineService, seed: int
) -> None:
    rng = random.Random(seed)
    kinds = {"several dates": 0, "a range": 0, "no day": 0, "one cell": 0}
    for calendar in (service.assessor.dates, ankle.assessor.dates):
        names = sorted({name for d in calendar.derived.values() for name in (d.start, d.end)})
        for _ in range(40):
            name = rng.choice(names)
            groups = sorted({calendar.group(v) for v, d in calendar.derived.items() if name in (d.start, d.end)})
            chosen = rng.sample(groups, rng.randint(1, len(groups)))
            variables = tuple(v for group in chosen for v in group if rng.random() < 0.8) or chosen[0]
            ends = {n for v in variables for n in (calendar.derived[v].start, calendar.derived[v].end)}
            middle = rng.choice(LEAPS) + rng.randint(-400, 400) * DAY
            known: dict[str, date] = {}
            ranges: dict[str, DateRange] = {}
            for other in sorted(ends):
                first, last = sorted(
                    middle + rng.choice([rng.randint(-40, 40), rng.randint(-300, 300)]) * DAY for _ in "ab"
                )
                if rng.random() < 0.4:
                    ranges[other] = DateRange(first, last)
                elif other != name:
                    known[other] = last
            beside = {n: ranges.get(n) or DateRange(known[n], known[n]) for n in ends - {name}}
            within = calendar.bounds(name, known, ranges)
            found = calendar.joint(name, variables, known, ranges)
            assert found == scanned(calendar, name, variables, beside, within), (name, variables, known, ranges)
            kinds["several dates"] += len(beside) > 1
            kinds["a range"] += any(b.earliest != b.latest for b in beside.values())
            kinds["no day"] += not found
            kinds["one cell"] += len(found) == 1
    assert all(kinds.values()), kinds
