"""The measures of `lrp_kg.durations` for columns of days, as days after 1 January 1970."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from functools import cache
from typing import Any

import numpy as np

from lrp_kg.cohort.arrays import ABSENT, Array, distinct, once
from lrp_kg.durations import MEASURES, day_number, parse_period

_FIRST = date(1970, 1, 1)
_LAST = day_number(date.max)
_NEAR = range(day_number(date(1900, 1, 1)), day_number(date(2100, 1, 1)))
"""Days of which tables are made."""


def as_date(day: int) -> date:
    """Return a day by its number."""
    return _FIRST + timedelta(days=int(day))


class DayTable:
    """What a function makes of days: of those near today each is worked out once, and then looked up."""

    def __init__(self, function: Callable[[date], date]) -> None:
        self._function = function
        self._made = np.full(len(_NEAR), ABSENT, np.int32)

    def take(self, days: Array) -> Array:
        """Return what the function makes of each day."""
        if not len(days):
            return days
        near = days - _NEAR[0]
        if not (0 <= near.min() and near.max() < len(_NEAR)):
            outside = np.flatnonzero((near < 0) | (near >= len(_NEAR)))
            near[outside] = near[0] if 0 <= near[0] < len(_NEAR) else 0
            some = self.take(near + _NEAR[0])
            first, inverse = distinct([days.take(outside)])
            far = days.take(outside.take(first)).tolist()
            some[outside] = np.array([self._work_out(day) for day in far], np.int32).take(inverse)
            return some
        found: Array = self._made.take(near)
        new = near[np.flatnonzero(found == ABSENT)]
        if len(new):
            for place in once(new).tolist():
                self._made[place] = self._work_out(place + _NEAR[0])
            found = self._made.take(near)
        return found

    def _work_out(self, day: int) -> int:
        return (self._function(as_date(day)) - _FIRST).days


def measure(name: str, start: Array, end: Array) -> Array:
    """Return the durations between two columns of days."""
    known = _COLUMNS.get(name)
    if known:
        found: Array = known(start, end)
        return found
    own = MEASURES[name]
    pairs = zip(start.tolist(), end.tolist(), strict=True)
    return np.array([own(as_date(a), as_date(b)) for a, b in pairs], np.int32)


def added(days: Array, period: str) -> Array:
    """Return each day plus a period, as `add_period` does; `ABSENT` where that is beyond year 9999."""
    months, further = parse_period(period)
    found = days
    if months:
        month, day, _ = _parts(days)
        later = (month + months).astype("datetime64[M]")
        first = later.astype("datetime64[D]").astype(np.int32)
        length = (later + 1).astype("datetime64[D]").astype(np.int32) - first
        found = first + np.minimum(day, length) - 1
    found = found + further
    return np.where(found > _LAST, ABSENT, found)


def of_days_only(name: str) -> bool:
    """Return whether a duration depends on the number of days between two dates only, not on months."""
    return name in ("ElapsedDays", "OrdinalWeek")


def _parts(days: Array) -> tuple[Array, Array, Array]:
    """Return the number of the month, the day of the month, and the length of the month, of each day."""
    near = days - _NEAR[0]
    if len(near) > len(_NEAR) // 100 and 0 <= near.min() and near.max() < len(_NEAR):
        months, days_of_month, lengths = _calendar()
        return months.take(near), days_of_month.take(near), lengths.take(near)
    return _parts_worked_out(days)


@cache
def _calendar() -> tuple[Array, Array, Array]:
    return _parts_worked_out(np.arange(_NEAR[0], _NEAR[-1] + 1))


def _parts_worked_out(days: Array) -> tuple[Array, Array, Array]:
    day = days.astype("datetime64[D]")
    month = day.astype("datetime64[M]")
    first = month.astype("datetime64[D]")
    length = ((month + 1).astype("datetime64[D]") - first).astype(np.int8)
    return month.astype(np.int32), (day - first).astype(np.int8) + np.int8(1), length


def _completed(start: Array, end: Array) -> Array:
    (m0, d0, _), (m1, d1, length) = _parts(start), _parts(end)
    return m1 - m0 - (np.minimum(d0, length) > d1)


def _begun(start: Array, end: Array) -> Array:
    (m0, d0, _), (m1, d1, length) = _parts(start), _parts(end)
    return m1 - m0 + (np.minimum(d0, length) < d1)


def _rolled_over(start: Array, end: Array) -> Array:
    (m0, d0, _), (m1, d1, _) = _parts(start), _parts(end)
    before = _parts(end - d1)[2]
    found: Array = m1 - m0 + (d1 > d0) - ((d1 == 1) & (d0 > before))
    return found


_COLUMNS: dict[str, Callable[[Any, Any], Any]] = {
    "ElapsedDays": lambda start, end: end - start,
    "OrdinalWeek": lambda start, end: (end - start) // 7 + 1,
    "CompletedMonths": _completed,
    "BegunMonths": _begun,
    "BegunMonthsRolledOver": _rolled_over,
}
