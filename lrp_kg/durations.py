"""Calendar arithmetic: dates within bounds, the measures of derived properties, adding a period to a date."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

_FIRST = date(1970, 1, 1)
_PERIOD = re.compile(r"P(?:(?P<months>\d+)M)?(?:(?P<days>\d+)D)?")


@dataclass(frozen=True, slots=True)
class DateRange:
    """A date of which only the first and the last possible day are known."""

    earliest: date
    latest: date


def day_number(day: date) -> int:
    """Return a day as the number of days after 1 January 1970."""
    return (day - _FIRST).days


def elapsed_days(start: date, end: date) -> int:
    """Return the days from start to end; the same day is 0."""
    return (end - start).days


def ordinal_week(start: date, end: date) -> int:
    """Return the week of end, counted from start: days 0 to 6 are week 1."""
    return (end - start).days // 7 + 1


def completed_months(start: date, end: date) -> int:
    """Return the largest k for which start + k months (day clamped to the month) is not after end.

    10 March to 9 June is 2, to 10 June is 3.
    """
    months = (end.year - start.year) * 12 + end.month - start.month
    return months if add_months(start, months) <= end else months - 1


def begun_months(start: date, end: date) -> int:
    """Return the calendar months from start to end, counting a begun month as one.

    15 January to 15 April is 3, to 16 April is 4; 30 November to 28 February is 3.
    """
    complete = completed_months(start, end)
    return complete if add_months(start, complete) == end else complete + 1


def begun_months_rolled_over(start: date, end: date) -> int:
    """Return the begun months where a month without such a day lasts to the first day of the next month.

    30 November to 1 March is 3, to 2 March is 4; with days that every month has they are the begun months.
    """
    months = (end.year - start.year) * 12 + end.month - start.month
    before = monthrange(end.year, end.month - 1)[1] if end.month > 1 else 31
    return months + (end.day > start.day) - (end.day == 1 and start.day > before)


@lru_cache(maxsize=50_000)
def add_months(start: date, months: int) -> date:
    """Return start plus calendar months, with the day clamped to the length of the month."""
    years, month = divmod(start.month - 1 + months, 12)
    year = start.year + years
    return date(year, month + 1, min(start.day, monthrange(year, month + 1)[1] if date.min.year <= year else 31))


def add_period(start: date, period: str) -> date | None:
    """Return start plus an ISO 8601 period of months and days, or ``None`` if that is beyond year 9999."""
    months, days = parse_period(period)
    try:
        return add_months(start, months) + timedelta(days=days)
    except (OverflowError, ValueError):
        return None


@lru_cache(maxsize=1000)
def parse_period(period: str) -> tuple[int, int]:
    """Return the months and days of a period such as ``P3M`` or ``P14D``; raise `ValueError` for any other text."""
    match = _PERIOD.fullmatch(period)
    if not match or period == "P":
        raise ValueError(f"{period!r} is not a period of months and days such as P3M or P14D")
    return int(match["months"] or 0), int(match["days"] or 0)


MEASURES: dict[str, Callable[[date, date], int]] = {
    "ElapsedDays": elapsed_days,
    "OrdinalWeek": ordinal_week,
    "BegunMonths": begun_months,
    "CompletedMonths": completed_months,
    "BegunMonthsRolledOver": begun_months_rolled_over,
}

COUNTING_DAYS = frozenset(("ElapsedDays", "OrdinalWeek"))
"""Measures for which only the number of days between two dates matters."""


def first_end(measure: str, start: date, value: int) -> date | None:
    """Return the first day up to which a duration from ``start`` is ``value`` at least; ``None`` beyond year 9999.

    ``value`` is more than the duration is from a day to itself.
    """
    return _in_calendar(_FIRST_ENDS[measure], start, value)


def last_start(measure: str, end: date, value: int) -> date | None:
    """Return the last day from which a duration up to ``end`` is ``value`` at least; ``None`` before year 1.

    ``value`` is more than the duration is from a day to itself.
    """
    return _in_calendar(_LAST_STARTS[measure], end, value)


def _in_calendar(moved: Callable[[date, int], date], day: date, value: int) -> date | None:
    """Return a day that is moved; ``None`` where it would leave the calendar."""
    try:
        return moved(day, value)
    except (OverflowError, ValueError):
        return None


def _rolled_over(start: date, months: int) -> date:
    """Return start plus months, with a day that the month does not have on the first day of the next one."""
    found = add_months(start, months)
    return found if found.day == start.day else found + _DAY


def _months_before(end: date, months: int) -> date:
    """Return the last day that is not after ``end`` once months are added to it."""
    found = add_months(end, -months)
    if end.day < monthrange(end.year, end.month)[1]:
        return found
    return found.replace(day=monthrange(found.year, found.month)[1])


_DAY = timedelta(days=1)
_FIRST_ENDS: dict[str, Callable[[date, int], date]] = {
    "ElapsedDays": lambda start, days: start + timedelta(days=days),
    "OrdinalWeek": lambda start, week: start + timedelta(weeks=week - 1),
    "BegunMonths": lambda start, months: add_months(start, months - 1) + _DAY,
    "CompletedMonths": add_months,
    "BegunMonthsRolledOver": lambda start, months: _rolled_over(start, months - 1) + _DAY,
}
_LAST_STARTS: dict[str, Callable[[date, int], date]] = {
    "ElapsedDays": lambda end, days: end - timedelta(days=days),
    "OrdinalWeek": lambda end, week: end - timedelta(weeks=week - 1),
    "BegunMonths": lambda end, months: _months_before(end - _DAY, months - 1),
    "CompletedMonths": _months_before,
    "BegunMonthsRolledOver": lambda end, months: add_months(end - _DAY, 1 - months),
}
