"""Dates that are known only within bounds, and what durations follow from exact and from uncertain dates."""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterable, Mapping
from datetime import date

from lrp_kg.durations import MEASURES, DateRange
from lrp_kg.guideline.model import Derived

_PART = re.compile(r"(\d{4})(?:-(\d{2}))?")


def ends_of(part: str) -> tuple[str, str] | None:
    """Return the first and the last day of a year or month such as ``2024`` or ``2024-01``; ``None`` for other text."""
    match = _PART.fullmatch(part)
    if not match or not part.isascii():
        return None
    year, month = int(match[1]), match[2]
    if not date.min.year <= year or (month and not 1 <= int(month) <= 12):
        return None
    last = calendar.monthrange(year, int(month or 12))[1]
    return f"{match[1]}-{month or '01'}-01", f"{match[1]}-{month or '12'}-{last:02}"


def settled(
    dates: Mapping[str, date], ranges: Mapping[str, DateRange], orders: Iterable[tuple[str, str]]
) -> tuple[dict[str, date], dict[str, DateRange]]:
    """Return dates and ranges without the days that the order of dates excludes; a range of one day is a date."""
    found, open_ones = dict(dates), {}
    if not ranges:
        return found, {}
    for name, given in ranges.items():
        earliest, latest = given.earliest, given.latest
        for first, second in orders:
            if first == name and second in dates:
                latest = min(latest, dates[second])
            if second == name and first in dates:
                earliest = max(earliest, dates[first])
        if earliest == latest:
            found[name] = earliest
        else:
            open_ones[name] = DateRange(earliest, latest)
    return found, open_ones


def durations(
    derived: Iterable[Derived], dates: Mapping[str, date], ranges: Mapping[str, DateRange]
) -> tuple[dict[str, int], dict[str, tuple[int, int]]]:
    """Return the durations that all possible days agree on, and smallest and largest value of the others."""
    certain: dict[str, int] = {}
    between: dict[str, tuple[int, int]] = {}
    for d in derived:
        measure = MEASURES[d.measure]
        first, last = dates.get(d.start), dates.get(d.end)
        if first is not None and last is not None and first <= last:
            certain[d.iri] = measure(first, last)
            continue
        start, end = _within(d.start, dates, ranges), _within(d.end, dates, ranges)
        if start is None or end is None:
            continue
        # measures grow with the end and shrink with a later start
        longest = measure(start.earliest, end.latest)
        shortest = measure(min(start.latest, end.earliest), end.earliest)
        if shortest == longest:
            certain[d.iri] = longest
        else:
            between[d.iri] = (shortest, longest)
    return certain, between


def _within(name: str, dates: Mapping[str, date], ranges: Mapping[str, DateRange]) -> DateRange | None:
    day = dates.get(name)
    return ranges.get(name) if day is None else DateRange(day, day)
