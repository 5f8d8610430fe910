"""The first and last day that a date can have beside the others, as `Calendar.bounds`, for columns of days."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import lru_cache

import numpy as np

from lrp_kg.cohort.arrays import Array
from lrp_kg.cohort.cells import EXACT, RANGE, Days, Rows
from lrp_kg.cohort.measures import DayTable
from lrp_kg.durations import day_number, parse_period
from lrp_kg.guideline.model import DateSpan
from lrp_kg.logic.calendar import ALWAYS, Calendar

FIRST, LAST = day_number(ALWAYS.earliest), day_number(ALWAYS.latest)


class ColumnBounds:
    """The bounds of the dates of some rows."""

    def __init__(self, calendar: Calendar, rows: Rows) -> None:
        self._calendar = calendar
        self._rows = rows

    def of(self, name: str) -> Days:
        """Return the first and last day that a date can have in each row."""
        known = self._rows.possible.get(name)
        if known is None:
            own = self._rows.days[name]
            exact = own.state == EXACT
            known = own
            if not exact.all():
                low, high = self._low(name, ()), self._high(name, ())
                known = Days(own.state, np.where(exact, own.low, low), np.where(exact, own.high, high))
            self._rows.possible[name] = known
        return known

    def _high(self, name: str, passed: tuple[str, ...]) -> Array:
        own = self._rows.days[name]
        found: Array = np.where(own.state == RANGE, own.high, LAST)
        for span in self._calendar.after(name):
            other = span.counted_from
            if other not in passed:
                last = self._of_other(other, self._high, (*passed, name))
                found = np.minimum(found, _moved(last, span, self._calendar.last_within))
        return found

    def _low(self, name: str, passed: tuple[str, ...]) -> Array:
        own = self._rows.days[name]
        found: Array = np.where(own.state == RANGE, own.low, FIRST)
        for span in self._calendar.before(name):
            other = span.field
            if other not in passed:
                first = self._of_other(other, self._low, (*passed, name))
                found = np.maximum(found, _moved(first, span, self._calendar.first_within))
        return found

    def _of_other(self, name: str, bound: Callable[[str, tuple[str, ...]], Array], passed: tuple[str, ...]) -> Array:
        own = self._rows.days[name]
        exact = own.state == EXACT
        return own.low if exact.all() else np.where(exact, own.low, bound(name, passed))


def _moved(days: Array, span: DateSpan, function: Callable[[date, DateSpan], date]) -> Array:
    return days if parse_period(span.within) == (0, 0) else _table(span, function).take(days)


@lru_cache(maxsize=100)
def _table(span: DateSpan, function: Callable[[date, DateSpan], date]) -> DayTable:
    return DayTable(lambda day: function(day, span))
