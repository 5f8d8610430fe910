"""The first and last day that a date can have beside the others, as `Calendar.bounds`, for columns of days."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import lru_cache

import numpy as np

from lrp_kg.cohort.arrays import Array
from lrp_kg.cohort.cells import EXACT, RANGE, UNKNOWN, Days, Rows
from lrp_kg.cohort.measures import DayTable
from lrp_kg.durations import day_number
from lrp_kg.guideline.model import DateSpan
from lrp_kg.logic.calendar import ALWAYS, Calendar, is_order

FIRST, LAST = day_number(ALWAYS.earliest), day_number(ALWAYS.latest)
_FEW = 4
"""How many times as many rows there are than those of which the bounds are worked out alone."""
_Bound = Callable[[str, Array, frozenset[str]], Array]


class ColumnBounds:
    """The bounds of the dates of some rows; one number where they are the same in all rows.

    A date is bounded by others, and by what bounds these. Of a date that bounds it without a period between them, no
    way by a third one has to be looked at: that is never closer.
    """

    def __init__(self, calendar: Calendar, rows: Rows) -> None:
        self._calendar = calendar
        self._rows = rows

    def of(self, name: str) -> Days:
        """Return the first and last day that a date can have in each row."""
        known = self._rows.possible.get(name)
        if known is None:
            known = self._of_whole(name) or self._worked_out(name)
            self._rows.possible[name] = known
        return known

    def _of_whole(self, name: str) -> Days | None:
        """Return the bounds as those of the rows among which these are; ``None`` where these are few of them."""
        if not self._rows.among:
            return None
        whole, places = self._rows.among
        if name not in whole.possible and _FEW * len(places) < whole.size:
            return None
        return ColumnBounds(self._calendar, whole).of(name).of(places)

    def _worked_out(self, name: str) -> Days:
        own = self._rows.days[name]
        rows = np.flatnonzero(own.state != EXACT)
        if not len(rows):
            return own
        low, high = self._low(name, rows, frozenset()), self._high(name, rows, frozenset())
        if self._is_unknown(own) and not (low.ndim or high.ndim):
            return Days(own.state, *(np.broadcast_to(side, self._rows.size) for side in (low, high)))
        found = own.low.copy(), own.high.copy()
        for side, bound in zip(found, (low, high), strict=True):
            side[rows] = bound
        return Days(own.state, *found)

    def _high(self, name: str, rows: Array, passed: frozenset[str]) -> Array:
        own = self._rows.days[name]
        found = np.asarray(LAST)
        if not self._is_unknown(own):
            found = np.where(own.state.take(rows) == RANGE, own.high.take(rows), LAST)
        spans = self._calendar.after(name)
        beyond = passed.union((name, *(s.counted_from for s in spans if is_order(s))))
        for span in spans:
            other = span.counted_from
            if other not in passed:
                last = self._of_other(other, self._high, rows, beyond)
                found = np.minimum(found, _moved(last, span, self._calendar.last_within))
        return found

    def _low(self, name: str, rows: Array, passed: frozenset[str]) -> Array:
        own = self._rows.days[name]
        found = np.asarray(FIRST)
        if not self._is_unknown(own):
            found = np.where(own.state.take(rows) == RANGE, own.low.take(rows), FIRST)
        spans = self._calendar.before(name)
        beyond = passed.union((name, *(s.field for s in spans if is_order(s))))
        for span in spans:
            other = span.field
            if other not in passed:
                first = self._of_other(other, self._low, rows, beyond)
                found = np.maximum(found, _moved(first, span, self._calendar.first_within))
        return found

    def _of_other(self, name: str, bound: _Bound, rows: Array, passed: frozenset[str]) -> Array:
        """Return the day of another date in some rows, or its bound where it is not known."""
        own = self._rows.days[name]
        if self._is_unknown(own):
            return bound(name, rows, passed)
        found: Array = own.low.take(rows)
        left = np.flatnonzero(own.state.take(rows) != EXACT)
        if len(left):
            found[left] = bound(name, rows[left], passed)
        return found

    @staticmethod
    def _is_unknown(days: Days) -> bool:
        """Return whether a date is known in no row, as far as that shows without a look at them."""
        return days.state.strides == (0,) and len(days.state) > 0 and days.state[0] == UNKNOWN


def _moved(days: Array, span: DateSpan, function: Callable[[date, DateSpan], date]) -> Array:
    if is_order(span):
        return days
    return _table(span, function).take(days.reshape(-1)).reshape(days.shape)


@lru_cache(maxsize=100)
def _table(span: DateSpan, function: Callable[[date, DateSpan], date]) -> DayTable:
    return DayTable(lambda day: function(day, span))
