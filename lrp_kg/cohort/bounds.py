"""The first and last day that a date can have beside the others, as `Calendar.bounds`, for columns of days."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import lru_cache

import numpy as np

from lrp_kg.cohort.arrays import Array, either
from lrp_kg.cohort.cells import EXACT, RANGE, UNKNOWN, Days, Rows
from lrp_kg.cohort.measures import DayTable
from lrp_kg.durations import day_number
from lrp_kg.guideline.model import DateSpan
from lrp_kg.logic.calendar import ALWAYS, Calendar, Way

FIRST, LAST = day_number(ALWAYS.earliest), day_number(ALWAYS.latest)
_FEW = 4
"""How many times as many rows there are than those of which the bounds are worked out alone."""


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
        without = self._rows.without
        low, high = (
            self._side(self._calendar.way(name, above=above, without=without), rows, above) for above in (False, True)
        )
        if self._is_unknown(own) and not (low.ndim or high.ndim):
            return Days(own.state, *(np.broadcast_to(side, self._rows.size) for side in (low, high)))
        found = own.low.copy(), own.high.copy()
        for side, bound in zip(found, (low, high), strict=True):
            side[rows] = bound
        return Days(own.state, *found)

    def _side(self, way: Way, rows: Array, above: bool) -> Array:
        """Return the last day of a date that is not known in some rows, or where it is not from ``above`` the first."""
        own = self._rows.days[way.name]
        found = np.asarray(LAST if above else FIRST, np.int32)
        if not self._is_unknown(own):
            ranged = own.state.take(rows) == RANGE
            if ranged.any():
                found = either(ranged, (own.high if above else own.low).take(rows), found)
        for span, other in way.beside:
            day = self._of_other(other, rows, above)
            if span:
                day = _moved(day, span, self._calendar.last_within if above else self._calendar.first_within)
            found = np.minimum(found, day) if above else np.maximum(found, day)
        return found

    def _of_other(self, way: Way, rows: Array, above: bool) -> Array:
        """Return the day of another date in some rows, or its bound where it is not known."""
        own = self._rows.days[way.name]
        if self._is_unknown(own):
            return self._side(way, rows, above)
        found: Array = own.low.take(rows)
        left = np.flatnonzero(own.state.take(rows) != EXACT)
        if len(left):
            found[left] = self._side(way, rows[left], above)
        return found

    @staticmethod
    def _is_unknown(days: Days) -> bool:
        """Return whether a date is known in no row, as far as that shows without a look at them."""
        return days.state.strides == (0,) and len(days.state) > 0 and days.state[0] == UNKNOWN


def _moved(days: Array, span: DateSpan, function: Callable[[date, DateSpan], date]) -> Array:
    return _table(span, function).take(days.reshape(-1)).reshape(days.shape)


@lru_cache(maxsize=100)
def _table(span: DateSpan, function: Callable[[date, DateSpan], date]) -> DayTable:
    return DayTable(lambda day: function(day, span))
