"""Eligibility for a programme in each row: by its edition, or by all editions that could be chosen."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from lrp_kg.answer.decisions import Assessor
from lrp_kg.answer.programmes import of_several
from lrp_kg.cohort.arrays import Array, Column, Memory, spread, values_of
from lrp_kg.cohort.bounds import ColumnBounds
from lrp_kg.cohort.cells import RANGE, Days, Rows
from lrp_kg.cohort.deciding import DecisionColumn
from lrp_kg.durations import day_number
from lrp_kg.guideline.model import Programme
from lrp_kg.logic.calendar import ALWAYS
from lrp_kg.logic.editions import candidates


class ProgrammeColumn:
    """The outcomes of one programme."""

    def __init__(self, programme: Programme, assessor: Assessor, decided: Mapping[str, DecisionColumn]) -> None:
        self.programme = programme
        self._dates = assessor.dates
        self._guideline = assessor.guideline
        self._own = [decided[e.decision] for e in programme.editions]
        self.results = self._own[0].results
        self._field = assessor.guideline.choosing_field(programme)
        self._windows = [
            (day_number(c.days.earliest), day_number(c.days.latest)) for c in candidates(programme, ALWAYS)
        ]
        self._memory = Memory()

    def chosen(self, rows: Rows) -> tuple[Array, Days | None]:
        """Return the editions that may apply in each row, as bits, and the days on which the choosing date can be."""
        if self._field is None or len(self._windows) == 1:
            return np.full(rows.size, (1 << len(self._windows)) - 1, np.int64), None
        possible = ColumnBounds(self._dates, rows).of(self._field)
        contrary = possible.low > possible.high
        low = np.where(contrary, day_number(ALWAYS.earliest), possible.low)
        high = np.where(contrary, day_number(ALWAYS.latest), possible.high)
        found = np.zeros(rows.size, np.int64)
        for place, (first, last) in enumerate(self._windows):
            found |= (np.maximum(first, low) <= np.minimum(last, high)).astype(np.int64) << place
        return found, Days(possible.state, low, high)

    def outcomes(self, rows: Rows) -> Array:
        """Return the number of the outcome of each row."""
        chosen, possible = self.chosen(rows)
        found = np.full(rows.size, -1, np.int32)
        for place, column in enumerate(self._own):
            own = np.flatnonzero(chosen == 1 << place)
            if len(own):
                found[own] = column.outcomes(rows if len(own) == rows.size else rows.of(own))
        left = np.flatnonzero(found < 0)
        if len(left):
            days = None if possible is None else possible.of(left)
            found[left] = self._of_several(rows.of(left), chosen[left], days)
        return found

    def _of_several(self, rows: Rows, chosen: Array, possible: Days | None) -> Array:
        """Return the outcomes where several editions may apply."""
        parts: list[Column] = [chosen]
        for place, (column, (first, last)) in enumerate(zip(self._own, self._windows, strict=True)):
            used = np.flatnonzero((chosen >> place & 1) != 0)
            windowed = rows.of(used)
            if possible is not None and self._field is not None:
                days = possible.of(used)
                within = Days(
                    np.full(len(used), RANGE, np.int8), np.maximum(first, days.low), np.minimum(last, days.high)
                )
                windowed = windowed.with_days(self._field, within)
            parts.append(spread(column.completed(windowed), used, rows.size))

        def work_out(row: int) -> int:
            places = [place for place in range(len(self._own)) if chosen[row] >> place & 1]
            numbers = values_of(parts[1:], row)
            found = [self._own[place].completions.values[numbers[place]] for place in places]
            options = self._guideline.decisions[self._own[places[-1]].decision].options
            return self.results.number(of_several(self._guideline, self.programme, [o.id for o in options], found))

        return self._memory.take(parts, work_out)
