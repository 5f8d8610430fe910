"""What the editions of a programme are in each row: which may apply, and whether their rules have ended."""

from __future__ import annotations

from datetime import date

import numpy as np

from lrp_kg.cohort.arrays import Array, Memory, Numbering
from lrp_kg.cohort.cells import Days
from lrp_kg.cohort.measures import as_date
from lrp_kg.durations import DateRange, day_number
from lrp_kg.guideline.model import Programme
from lrp_kg.logic.calendar import ALWAYS
from lrp_kg.logic.classify import FALSE
from lrp_kg.logic.editions import Candidate, candidates


class EditionStates:
    """What each edition of a programme is: asked for once for each place of the choosing day beside their days."""

    def __init__(self, programme: Programme, field: str | None) -> None:
        own = candidates(programme, ALWAYS)
        self.field = field
        """The date field that chooses the edition, by IRI."""
        days = {d for c in own for d in (c.days.earliest, c.days.latest, c.last) if d}
        self._programme = programme
        self._turns = sorted(map(day_number, days))
        self._memory = Memory()
        self._states = Numbering()
        self.found: list[tuple[Candidate, ...]] = []
        """By number the editions that may apply, the oldest first; 0 is for a day that can be any."""
        self._ask(ALWAYS.earliest, ALWAYS.latest)

    def of(self, days: Days) -> Array:
        """Return a number for what the editions are in each row; ``days`` are those on which the day can be."""
        columns = [np.sign(days.low - days.high)]
        columns += [np.sign(side - turn) for turn in self._turns for side in (days.low, days.high)]
        return self._memory.take(columns, lambda row: self._ask(as_date(days.low[row]), as_date(days.high[row])))

    def _ask(self, first: date, last: date) -> int:
        found = candidates(self._programme, DateRange(first, last))
        number = self._states.number(tuple((c.applies, c.ended) for c in found))
        if number == len(self.found):
            self.found.append(tuple(c for c in found if c.applies != FALSE))
        return number
