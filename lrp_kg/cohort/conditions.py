"""The verdict of a condition in each row: of an operator by the verdicts of its parts, which SPARQL says once each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from lrp_kg.answer.decisions import Assessor
from lrp_kg.cohort.arrays import Array, Column, Memory, Numbering, NumberTable
from lrp_kg.cohort.bounds import ColumnBounds
from lrp_kg.cohort.cells import EXACT, RANGE, UNKNOWN, Rows
from lrp_kg.cohort.situations import DurationAxis, Situations
from lrp_kg.guideline.criteria import Named, parts_of
from lrp_kg.logic.calendar import Calendar
from lrp_kg.logic.classify import FALSE, OPEN, TRUE

_STATES = 1 + max(FALSE, TRUE, OPEN)
_WIDEST = 12
"""Parts of which all combinations of verdicts have a place in a table."""


@dataclass(frozen=True)
class Completed:
    """The cells that rows can have over the days of their uncertain dates.

    ``rows`` are those that have several, ``starts`` where those of each begin; ``each`` is the row of each, and
    ``cells`` the cells that differ, by variable.
    """

    rows: Array
    starts: Array
    each: Array
    cells: Mapping[int, Array]


class ConditionColumn:
    """Knows how verdicts follow from those of parts, as far as rows had them."""

    def __init__(self, assessor: Assessor) -> None:
        self._program = assessor.program
        self._parts = [tuple(assessor.program.index[p] for p in parts_of(node)) for node in assessor.program.nodes]
        self._tables: dict[int, NumberTable | Memory] = {}
        self._open_durations = OpenDurations(assessor.dates)
        self._derived = assessor.dates.derived.keys()

    def of_rows(self, rows: Rows) -> Verdicts:
        """Return what gives the verdicts of some rows."""
        return Verdicts(self, rows)

    def number(self, cls: str | None) -> int | None:
        """Return the place of a condition; ``None`` for that of all records."""
        return None if cls is None else self._program.index.get(Named(cls))

    def reads_durations(self, number: int) -> bool:
        """Return whether a condition depends on durations."""
        return not self._derived.isdisjoint(self._program.fields(self._program.nodes[number]))

    def completed(self, rows: Rows) -> Completed:
        """Return the cells of the rows whose uncertain dates leave a duration open."""
        return self._open_durations.completed(rows)

    def verdicts(self, number: int, cells: Sequence[Array] | CellsOver, known: dict[int, Array]) -> Array:
        """Return the verdicts of an expression by the cells of variables; ``known`` are those of other expressions."""
        if number not in known:
            parts = self._parts[number]
            columns = [self.verdicts(part, cells, known) for part in parts]
            if not parts:
                columns = [cells[v] for v in sorted(self._program.fields(self._program.nodes[number]))]
            known[number] = self._by_parts(number, columns, len(cells[0]))
        return known[number]

    def _by_parts(self, number: int, columns: Sequence[Array], size: int) -> Array:
        if not columns:
            return np.full(size, self._program.verdict_by_parts(number, b""), np.int8)

        def ask(row: int) -> int:
            return self._program.verdict_by_parts(number, bytes(int(c[row]) for c in columns))

        if len(columns) > _WIDEST:
            memory = self._tables.setdefault(number, Memory())
            assert isinstance(memory, Memory)  # noqa: S101
            return memory.take(columns, ask).astype(np.int8)
        table = self._tables.setdefault(number, NumberTable())
        assert isinstance(table, NumberTable)  # noqa: S101
        key = columns[0].astype(np.int32)
        for column in columns[1:]:
            key = key * _STATES + column
        return table.take(key, lambda _, row: ask(row)).astype(np.int8)


class CellsOver(Sequence[Array]):
    """The cells of rows over the days of their uncertain dates."""

    def __init__(self, cells: Sequence[Array], completed: Completed) -> None:
        self._cells = cells
        self._completed = completed

    def __len__(self) -> int:
        return len(self._cells)

    def __getitem__(self, variable: int) -> Array:  # type: ignore[override]
        own = self._completed.cells.get(variable)
        if own is not None:
            return own
        found: Array = self._cells[variable][self._completed.each]
        return found


class Verdicts:
    """The verdicts of conditions in some rows, each worked out once."""

    def __init__(self, conditions: ConditionColumn, rows: Rows) -> None:
        self._conditions = conditions
        self._rows = rows
        self._known: dict[int, Array] = {}
        self._known_over: dict[int, Array] = {}

    @cached_property
    def _completed(self) -> Completed:
        return self._conditions.completed(self._rows)

    def of(self, cls: str | None) -> Array:
        """Return the verdict of a condition in each row; no condition is that of all records."""
        number = self._conditions.number(cls)
        if number is None:
            return np.full(self._rows.size, TRUE, np.int8)
        found = self._conditions.verdicts(number, self._rows.cells, self._known)
        if self._conditions.reads_durations(number) and len(self._completed.rows):
            over = CellsOver(self._rows.cells, self._completed)
            own = self._conditions.verdicts(number, over, self._known_over)
            least, most = (f.reduceat(own, self._completed.starts) for f in (np.minimum, np.maximum))
            found = found.copy()
            found[self._completed.rows] = np.where(least == most, least, OPEN)
        return found


class OpenDurations:
    """What durations can be over the days of uncertain dates, asked for once for each situation of dates."""

    def __init__(self, calendar: Calendar) -> None:
        self._calendar = calendar
        ends: dict[tuple[str, str], list[int]] = {}
        for variable, derived in calendar.derived.items():
            ends.setdefault((derived.start, derived.end), []).append(variable)
        self._axes = [DurationAxis(place, *names, tuple(own)) for place, (names, own) in enumerate(ends.items())]
        self._situations = Situations(self._axes, calendar)
        self._memory = Memory()
        self._found = Numbering()

    def completed(self, rows: Rows) -> Completed:
        """Return the cells of the rows in which a duration is open that has an uncertain date at one end."""
        half = np.zeros(rows.size, np.int64)
        for axis in self._axes:
            states = rows.days[axis.start].state, rows.days[axis.end].state
            ranged = (states[0] == RANGE) | (states[1] == RANGE)
            if ranged.any():
                exact = (states[0] == EXACT) | (states[1] == EXACT)
                unknown = np.any([rows.cells[v] == UNKNOWN for v in axis.variables], axis=0)
                half |= (ranged & exact & unknown).astype(np.int64) << axis.place
        places = np.flatnonzero(half != 0)
        if not len(places):
            return Completed(places, places, places, {})
        open_ones = [v for axis in self._axes if (half >> axis.place & 1).any() for v in axis.variables]
        numbers = self._memory.take(self._columns(rows, half, places), lambda row: self._ask(rows, int(places[row])))
        found: list[list[tuple[int, ...]]] = [self._found.values[n] for n in range(len(self._found.values))]
        counts = np.array([len(own) for own in found])
        begins = np.cumsum(counts) - counts
        many = counts[numbers]
        ends = np.cumsum(many)
        place = np.arange(ends[-1]) - np.repeat(ends - many - begins[numbers], many)
        every = np.array([cells for own in found for cells in own], np.uint8)
        each = np.repeat(places, many)
        order = {v: n for n, v in enumerate(self._calendar.derived)}
        cells = {}
        for variable in open_ones:
            own = rows.cells[variable][each]
            cells[variable] = np.where(own == UNKNOWN, every[place, order[variable]], own)
        return Completed(places, ends - many, each, cells)

    def _columns(self, rows: Rows, half: Array, places: Array) -> list[Column]:
        names = self._situations.names
        bounds = ColumnBounds(self._calendar, rows)
        given = {name: rows.days[name].of(places) for name in names}
        possible = {name: bounds.of(name).of(places) for name in names}
        unknown: Array = np.zeros(len(places), np.int64)
        for variable in self._calendar.derived:
            unknown = unknown * 2 + (rows.cells[variable][places] == UNKNOWN)
        return [unknown, *self._situations.columns(half[places], given, possible)]

    def _ask(self, rows: Rows, row: int) -> int:
        found = self._calendar.completions(rows.signature(row, self._calendar.derived), *rows.dates(row))
        return self._found.number(tuple(tuple(s[v] for v in self._calendar.derived) for s in found))
