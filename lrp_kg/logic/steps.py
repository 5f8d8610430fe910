"""How durations go from cell to cell while one of their two dates moves, day by day, and the other stays."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from datetime import date, timedelta
from functools import lru_cache
from typing import NamedTuple

from lrp_kg.logic.calendar import Calendar


class Steps(NamedTuple):
    """The cell of a duration from each of some days on; before the first day it has the first cell."""

    days: tuple[date, ...]
    cells: tuple[int, ...]

    def cell(self, day: date) -> int:
        """Return the cell on a day."""
        return self.cells[max(bisect_right(self.days, day) - 1, 0)]


class Stepper:
    """Finds the steps of the durations of a guideline."""

    def __init__(self, calendar: Calendar) -> None:
        self.calendar = calendar
        self._steps = lru_cache(maxsize=8_000)(self._steps_uncached)

    def steps(self, variable: int, fixed: date, moves_end: bool) -> Steps:
        """Return the days on which a duration gets another cell.

        ``moves_end``: its end moves, from the fixed start on; otherwise its start moves, up to the fixed end.
        """
        return self._steps(variable, fixed, moves_end)

    def _steps_uncached(self, variable: int, fixed: date, moves_end: bool) -> Steps:
        starts = self.calendar.cells.variables[variable].starts
        room = (date.max - fixed if moves_end else fixed - date.min).days
        lengths = range(min(31 * (starts[-1] + 1), room) + 1)

        def cell(days: int) -> int:
            other = fixed + timedelta(days if moves_end else -days)
            pair = (fixed, other) if moves_end else (other, fixed)
            return self.calendar.cells.variables[variable].cell(self.calendar.measure(variable, *pair))

        lowest, highest = cell(0), cell(lengths[-1])
        turns = [bisect_left(lengths, c, key=cell) for c in range(lowest + 1, highest + 1)]
        if moves_end:
            return Steps((fixed, *(fixed + timedelta(n) for n in turns)), tuple(range(lowest, highest + 1)))
        # the start moves forward: the last day of a cell is the one on which it is long enough
        days = (date.min, *(fixed - timedelta(n - 1) for n in reversed(turns)))
        return Steps(days, tuple(range(highest, lowest - 1, -1)))
