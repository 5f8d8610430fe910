"""Eligibility for a programme in each row: by its edition, or by all editions that could be chosen."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from lrp_kg.answer.decisions import Assessor
from lrp_kg.answer.programmes import ProgrammeRun
from lrp_kg.answer.run import Run
from lrp_kg.cohort.arrays import Array, Column, Memory, Numbering, spread, values_of
from lrp_kg.cohort.bounds import ColumnBounds
from lrp_kg.cohort.cells import RANGE, Days, Rows
from lrp_kg.cohort.deciding import DecisionColumn
from lrp_kg.durations import day_number
from lrp_kg.guideline.model import Programme
from lrp_kg.logic.calendar import ALWAYS
from lrp_kg.logic.editions import candidates
from lrp_kg.record.model import Record


class ProgrammeColumn:
    """The outcomes of one programme."""

    def __init__(self, programme: Programme, assessor: Assessor, decided: Mapping[str, DecisionColumn]) -> None:
        self.programme = programme
        self._assessor = assessor
        self._own = [decided[e.decision] for e in programme.editions]
        self.results = self._own[0].results
        self._field = assessor.guideline.choosing_field(programme)
        self._windows = [
            (day_number(c.days.earliest), day_number(c.days.latest)) for c in candidates(programme, ALWAYS)
        ]
        self._memory = Memory()
        self._situations = Memory()
        self._classes = Numbering()

    def chosen(self, rows: Rows) -> tuple[Array, Days | None]:
        """Return the editions that may apply in each row, as bits, and the days on which the choosing date can be."""
        if self._field is None or len(self._windows) == 1:
            return np.full(rows.size, (1 << len(self._windows)) - 1, np.int64), None
        possible = ColumnBounds(self._assessor.dates, rows).of(self._field)
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
        columns: list[Column] = [chosen]
        dates: list[Column] = [chosen]
        known: list[Column] = [chosen]
        for place, (column, (first, last)) in enumerate(zip(self._own, self._windows, strict=True)):
            used = (chosen >> place & 1).astype(bool)
            windowed = rows
            if possible is not None and self._field is not None:
                days = Days(
                    np.full(rows.size, RANGE, np.int8),
                    np.where(used, np.maximum(first, possible.low), possible.low),
                    np.where(used, np.minimum(last, possible.high), possible.high),
                )
                windowed = rows.with_days(self._field, days)
            keys = column.states.of(rows)
            half = column.states.half_known(windowed, column.states.support(keys))
            columns.append(np.where(used, keys, -1))
            some = np.flatnonzero(used & (half > 0))
            found = [spread(c, some, rows.size) for c in column.states.situation(windowed, half, some)]
            dates += found
            known += found[: column.states.dates_named + 1]

        def class_of(row: int) -> int:
            return self._classes.number((self._run(rows, row).key(), values_of(known, row)))

        columns.append(self._situations.take(dates, class_of))
        return self._memory.take(columns, lambda row: self.results.number(self._run(rows, row).outcome()))

    def _run(self, rows: Rows, row: int) -> ProgrammeRun:
        """Return the work on the programme for one row."""
        known, ranges = rows.dates(row)
        record = Record("", values={}, dates=known, texts={}, lists={}, ranges=ranges)
        return ProgrammeRun(Run(self._assessor, record, explain=False, signature=rows.signature(row)), self.programme)
