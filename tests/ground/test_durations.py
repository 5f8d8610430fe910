"""Durations between dates: the examples of the design, every month end, and properties over all dates."""

from __future__ import annotations

import calendar
from collections.abc import Callable
from datetime import date, timedelta
from itertools import product

import pytest
from dateutil.relativedelta import relativedelta
from hypothesis import given
from hypothesis import strategies as st

from lrp_kg.durations import (
    MEASURES,
    add_months,
    add_period,
    begun_months,
    completed_months,
    elapsed_days,
    ordinal_week,
    parse_period,
)

DAY = timedelta(days=1)
MONTH_ENDS = [
    date(year, month, calendar.monthrange(year, month)[1]) for year, month in product((2023, 2024), range(1, 13))
]
DATES = st.dates(date(1900, 1, 1), date(2200, 12, 31))
MONTHS = st.integers(0, 600)


def plus(start: date, months: int) -> date:
    """Add months by hand: the same day of the month, or its last day where there is none."""
    year, month0 = divmod(start.year * 12 + start.month - 1 + months, 12)
    return date(year, month0 + 1, min(start.day, calendar.monthrange(year, month0 + 1)[1]))


def d(text: str) -> date:
    return date.fromisoformat(text)


@pytest.mark.parametrize(
    ("start", "end", "months"),
    [
        ("2023-01-15", "2023-01-15", 0),
        ("2023-01-15", "2023-01-16", 1),
        ("2023-01-15", "2023-04-15", 3),
        ("2023-01-15", "2023-04-16", 4),
        ("2022-11-30", "2023-02-28", 3),
        ("2022-11-30", "2023-03-01", 4),
        ("2023-11-30", "2024-02-29", 3),
        ("2023-11-30", "2024-02-28", 3),
        ("2023-11-30", "2024-03-01", 4),
        ("2023-01-31", "2023-04-30", 3),
        ("2023-01-31", "2023-05-01", 4),
        ("2023-07-01", "2023-10-01", 3),
        ("2023-02-01", "2023-05-01", 3),
        ("2023-02-01", "2023-05-02", 4),
        ("2024-02-29", "2025-02-28", 12),
        ("2024-02-29", "2025-03-01", 13),
    ],
)
def test_begun_months(start: str, end: str, months: int) -> None:
    assert begun_months(d(start), d(end)) == months


@pytest.mark.parametrize(
    ("start", "end", "months"),
    [
        ("2024-03-10", "2024-03-10", 0),
        ("2024-03-10", "2024-04-09", 0),
        ("2024-03-10", "2024-04-10", 1),
        ("2024-03-10", "2024-06-09", 2),
        ("2024-03-10", "2024-06-10", 3),
        ("2023-11-30", "2024-02-28", 2),
        ("2023-11-30", "2024-02-29", 3),
        ("2022-11-30", "2023-02-27", 2),
        ("2022-11-30", "2023-02-28", 3),
        ("2024-01-31", "2024-02-28", 0),
        ("2024-01-31", "2024-02-29", 1),
        ("2024-01-31", "2024-04-29", 2),
        ("2024-01-31", "2024-04-30", 3),
        ("2024-02-29", "2025-02-27", 11),
        ("2024-02-29", "2025-02-28", 12),
    ],
)
def test_completed_months(start: str, end: str, months: int) -> None:
    assert completed_months(d(start), d(end)) == months


@pytest.mark.parametrize(
    ("days", "week"),
    [(0, 1), (6, 1), (7, 2), (13, 2), (14, 3), (34, 5), (35, 6), (76, 11), (77, 12), (83, 12), (84, 13)],
)
def test_weeks(days: int, week: int) -> None:
    start = date(2024, 1, 8)
    assert ordinal_week(start, start + days * DAY) == week
    assert elapsed_days(start, start + days * DAY) == days


@pytest.mark.parametrize("start", MONTH_ENDS, ids=str)
def test_every_month_end(start: date) -> None:
    for months in range(14):
        end = plus(start, months)
        assert add_months(start, months) == end
        assert completed_months(start, end) == months
        assert begun_months(start, end) == months
        assert begun_months(start, end + DAY) == months + 1
        if months:
            assert completed_months(start, end - DAY) == months - 1
            assert begun_months(start, end - DAY) == months


@pytest.mark.parametrize("end", MONTH_ENDS, ids=str)
def test_every_start_before_a_month_end(end: date) -> None:
    for days in range(0, 430):
        start = end - days * DAY
        by_hand = max(k for k in range(16) if plus(start, k) <= end)
        assert completed_months(start, end) == by_hand
        assert begun_months(start, end) == min(k for k in range(16) if plus(start, k) >= end)


@given(DATES, MONTHS)
@pytest.mark.slow
def test_adding_months_is_clamped(start: date, months: int) -> None:
    assert add_months(start, months) == plus(start, months)


@given(DATES, DATES)
def test_completed_and_begun_surround_the_end(a: date, b: date) -> None:
    start, end = sorted((a, b))
    completed, begun = completed_months(start, end), begun_months(start, end)
    assert plus(start, completed) <= end < plus(start, completed + 1)
    assert plus(start, begun) >= end
    assert begun == 0 or plus(start, begun - 1) < end
    assert begun - completed == (0 if plus(start, completed) == end else 1)


@pytest.mark.parametrize(
    ("start", "end", "months"),
    [
        ("2022-11-30", "2023-02-28", 3),
        ("2022-11-30", "2023-03-01", 3),
        ("2022-11-30", "2023-03-02", 4),
        ("2023-11-30", "2024-03-01", 3),
        ("2022-12-01", "2023-03-02", 4),
        ("2023-01-31", "2023-05-01", 3),
        ("2023-01-31", "2023-05-02", 4),
        ("2023-01-30", "2023-05-01", 4),
        ("2023-12-31", "2024-01-01", 1),
    ],
)
def test_months_that_roll_over(start: str, end: str, months: int) -> None:
    assert MEASURES["BegunMonthsRolledOver"](date.fromisoformat(start), date.fromisoformat(end)) == months


@given(DATES, DATES)
def test_months_roll_over_by_one_day_where_the_day_does_not_exist(a: date, b: date) -> None:
    start, end = sorted((a, b))
    begun = begun_months(start, end)
    last = plus(start, begun - 1) if begun else end
    rolled = last.day < start.day and end == last + DAY
    assert MEASURES["BegunMonthsRolledOver"](start, end) == begun - (1 if begun and rolled else 0)


@given(DATES, st.integers(0, 4000), st.integers(0, 4000))
def test_later_ends_never_measure_less(start: date, one: int, other: int) -> None:
    early, late = sorted((one, other))
    for measure in MEASURES.values():
        assert measure(start, start + early * DAY) <= measure(start, start + late * DAY)


@given(DATES, st.integers(0, 4000), st.integers(0, 4000))
def test_later_starts_never_measure_more(end: date, one: int, other: int) -> None:
    near, far = sorted((one, other))
    for measure in MEASURES.values():
        assert measure(end - near * DAY, end) <= measure(end - far * DAY, end)


@given(DATES)
def test_same_day(day: date) -> None:
    assert {name: measure(day, day) for name, measure in MEASURES.items()} == {
        "ElapsedDays": 0,
        "OrdinalWeek": 1,
        "BegunMonths": 0,
        "CompletedMonths": 0,
        "BegunMonthsRolledOver": 0,
    }


@given(DATES, st.integers(0, 4000))
def test_adding_elapsed_days_gives_the_end(start: date, days: int) -> None:
    assert add_period(start, f"P{elapsed_days(start, start + days * DAY)}D") == start + days * DAY


@given(DATES, st.integers(0, 30), st.integers(0, 60))
def test_period_adds_months_before_days(start: date, months: int, days: int) -> None:
    assert add_period(start, f"P{months}M{days}D") == plus(start, months) + days * DAY


def test_periods() -> None:
    assert parse_period("P3M") == (3, 0)
    assert parse_period("P14D") == (0, 14)
    assert parse_period("P0D") == (0, 0)
    assert add_period(date(2023, 12, 31), "P2M") == date(2024, 2, 29)
    assert add_period(date(2024, 1, 8), "P83D") == date(2024, 3, 31)


@pytest.mark.parametrize("period", ["", "P", "3M", "P1Y", "P2W", "PT1H", "P-1D", "P1D1M", "P1.5D", "p1d", "P1D "])
def test_other_periods_raise(period: str) -> None:
    with pytest.raises(ValueError, match="period"):
        parse_period(period)


@pytest.mark.parametrize("period", ["P1D", "P1M", "P120000M", "P9999999D"])
def test_period_past_the_end_of_the_calendar_gives_none(period: str) -> None:
    assert add_period(date.max, period) is None


@given(st.dates(), st.dates())
def test_every_measure_accepts_any_two_dates(a: date, b: date) -> None:
    start, end = sorted((a, b))
    for measure in MEASURES.values():
        assert measure(start, end) >= 0


def _or_error(make: Callable[[], date]) -> date | str:
    try:
        return make()
    except (OverflowError, ValueError) as error:
        return type(error).__name__


@given(st.dates(), st.integers(-130_000, 130_000) | st.integers(-30, 30) | st.integers())
def test_months_are_added_as_dateutil_adds_them(start: date, months: int) -> None:
    assert _or_error(lambda: add_months(start, months)) == _or_error(lambda: start + relativedelta(months=months))
