"""The first and last day that a date can have beside the others, as `Calendar.bounds`, for columns of days."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import lru_cache

import numpy as np

from lrp_kg.cohort.arrays import Array
from lrp_kg.cohort.cells import EXACT, RANGE, UNKNOWN, Days, Rows
from lrp_kg.cohort.measures import DayTable
from lrp_kg.durations import day_number, parse_period
from lrp_kg.guideline.model import DateSpan
from lrp_kg.logic.calendar import ALWAYS, Calendar

FIRST, LAST = day_number(ALWAYS.earliest), day_number(ALWAYS.latest)


class ColumnBounds:
    """The bounds of the dates of some rows; one number where they are the same in all rows."""

    def __init__(self, calendar: Calendar, rows: Rows) -> None:
        self._calendar = calendar
        self._rows = rows

    def of(self, name: str) -> Days:
        """Return the first and last day that a date can have in each row."""
        known = self._rows.possible.get(name)
        if known is None:
            if self._rows.among:
                whole, places = self._rows.among
                known = ColumnBounds(self._calendar, whole).of(name).of(places)
            else:
                known = self._worked_out(name)
            self._rows.possible[name] = known
        return known

    def _worked_out(self, name: str) -> Days:
        own = self._rows.days[name]
        exact = own.state == EXACT
        if exact.all():
            return own
        low, high = self._low(name, ()), self._high(name, ())
        if self._is_unknown(own):
            return Days(own.state, *(np.broadcast_to(side, self._rows.size) for side in (low, high)))
        return Days(own.state, np.where(exact, own.low, low), np.where(exact, own.high, high))

    def _high(self, name: str, passed: tuple[str, ...]) -> Array:
        own = self._rows.days[name]
        found: Array = np.asarray(LAST) if self._is_unknown(own) else np.where(own.state == RANGE, own.high, LAST)
        for span in self._calendar.after(name):
            other = span.counted_from
            if other not in passed:
                last = self._of_other(other, self._high, (*passed, name))
                found = np.minimum(found, _moved(last, span, self._calendar.last_within))
        return found

    def _low(self, name: str, passed: tuple[str, ...]) -> Array:
        own = self._rows.days[name]
        found: Array = np.asarray(FIRST) if self._is_unknown(own) else np.where(own.state == RANGE, own.low, FIRST)
        for span in self._calendar.before(name):
            other = span.field
            if other not in passed:
                first = self._of_other(other, self._low, (*passed, name))
                found = np.maximum(found, _moved(first, span, self._calendar.first_within))
        return found

    def _of_other(self, name: str, bound: Callable[[str, tuple[str, ...]], Array], passed: tuple[str, ...]) -> Array:
        own = self._rows.days[name]
        if self._is_unknown(own):
            return bound(name, passed)
        exact = own.state == EXACT
        return own.low if exact.all() else np.where(exact, own.low, bound(name, passed))

    @staticmethod
    def _is_unknown(days: Days) -> bool:
        """Return whether a date is known in no row, as far as that shows without a look at them."""
        return days.state.strides == (0,) and len(days.state) > 0 and days.state[0] == UNKNOWN


def _moved(days: Array, span: DateSpan, function: Callable[[date, DateSpan], date]) -> Array:
    if parse_period(span.within) == (0, 0):
        return days
    return _table(span, function).take(days.reshape(-1)).reshape(days.shape)


@lru_cache(maxsize=100)
def _table(span: DateSpan, function: Callable[[date, DateSpan], date]) -> DayTable:
    return DayTable(lambda day: function(day, span))
