"""The situations of the dates of rows by numbers, worked out once for all decisions that read the same durations."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence

import numpy as np

from lrp_kg.cohort.arrays import REMEMBERED, Array, Column, Memory, values_of
from lrp_kg.cohort.bounds import ColumnBounds
from lrp_kg.cohort.cells import EXACT, UNKNOWN, Rows
from lrp_kg.cohort.situations import DurationAxis, Situations
from lrp_kg.logic.calendar import Calendar

Key = tuple[int, ...]
_FEW = 4
"""How many times as many rows are half known as those of which the situations are worked out alone."""


class DateSituations:
    """Numbers the situations of rows in which some durations are half known."""

    def __init__(self, durations: Sequence[DurationAxis], calendar: Calendar) -> None:
        self._durations = durations
        self._calendar = calendar
        self.columns = Situations(durations, calendar)
        self.keys: list[Key] = []
        """By number the values of the columns of a situation."""
        self.generation = 0
        """How often the numbers began anew, because there were too many of them."""
        self._memory = Memory()

    @property
    def dates_named(self) -> int:
        """How many dates the durations are between."""
        return len(self.columns.names)

    def half_known(self, rows: Rows, support: Array) -> Array:
        """Return as bits the durations of the ``support`` of which exactly one end is known, or within bounds."""
        found: Array = np.zeros(rows.size, support.dtype)
        for axis in self._durations:
            if (support >> axis.place & 1).any():
                found |= self._half_known(rows, axis).astype(found.dtype) << axis.place
        found &= support
        return found

    @staticmethod
    def _half_known(rows: Rows, axis: DurationAxis) -> Array:
        return rows.once(("half known", axis.variables), lambda: _is_half_known(rows, axis))

    def of(self, rows: Rows, half: Array, places: Array) -> tuple[Array, int]:
        """Return for each row at some places, which are ``half`` known, the number of its situation.

        Also returns the ``generation`` of the numbers. They have the state of every date, also where nothing that is
        half known reads it: what dates come to is worked out for one row and holds for others.
        """
        if len(self._durations) == 1:
            every = self._half_known(rows, self._durations[0])
            if rows.has(self) or _FEW * len(places) >= np.count_nonzero(every):
                found, generation = rows.once(self, lambda: self._of_all(rows, every))
                if generation == self.generation:
                    return found.take(places), generation
        return self._numbers(rows, half, places), self.generation

    def _of_all(self, rows: Rows, half_known: Array) -> tuple[Array, int]:
        """Return what `of` does of all rows that are half known, for the decisions that ask for some of them."""
        own = np.flatnonzero(half_known)
        found = np.zeros(rows.size, np.int32)
        found[own] = self._numbers(rows, half_known.astype(np.int8) << self._durations[0].place, own)
        return found, self.generation

    def _numbers(self, rows: Rows, half: Array, places: Array) -> Array:
        if len(self.keys) >= REMEMBERED:
            self.keys, self._memory = [], Memory()
            self.generation += 1
        some = rows.of(places)
        bounds = ColumnBounds(self._calendar, some)
        given = {name: some.days[name] for name in self.columns.names}
        possible = {name: bounds.of(name) for name in self.columns.names}
        columns = self.columns.columns(half[places], given, possible)
        return self._memory.take(columns, lambda row: self._new(columns, row))

    def _new(self, columns: Sequence[Column], row: int) -> int:
        self.keys.append(values_of(columns, row))
        return len(self.keys) - 1

    def recall(self, keys: Iterable[Key], joint: Sequence[Hashable]) -> list[int]:
        """Return the numbers of situations that were found before, when the columns had these ``joint`` values."""
        numbers = [0, *(self.columns.joint.number(value) + 1 for value in joint)]
        found = []
        for key in keys:
            own = list(key)
            for place in self.columns.joint_places:
                own[place] = numbers[own[place]]
            found.append(self._recalled(tuple(own)))
        return found

    def _recalled(self, key: Key) -> int:
        number = self._memory.known(key)
        if number is None:
            self.keys.append(key)
            number = len(self.keys) - 1
            self._memory.recall([(key, number)])
        return number


def _is_half_known(rows: Rows, axis: DurationAxis) -> Array:
    open_cells = np.zeros(rows.size, bool)
    for variable in axis.variables:
        open_cells |= rows.cells[variable] == UNKNOWN
    start, end = rows.days[axis.start], rows.days[axis.end]
    found: Array = open_cells & ~((start.state == end.state) & (start.state != EXACT))
    return found
