"""From the values of rows to their cells: what the reader of records says of each combination of values, once.

Fields that imply or exclude each other are understood together; durations follow from days.
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from math import prod
from typing import Any, TypeVar, cast

import numpy as np

from lrp_kg.cohort.arrays import (
    ABSENT,
    DENSE,
    Array,
    Column,
    Memory,
    Numbering,
    NumberTable,
    either,
    mixed,
    passed,
    taken,
    values_of,
)
from lrp_kg.cohort.inputs import Inputs, Portion, is_absent
from lrp_kg.cohort.measures import as_date, measure, of_days_only
from lrp_kg.durations import DateRange
from lrp_kg.guideline.model import Derived, Guideline
from lrp_kg.logic.cells import Cells, Signature
from lrp_kg.record.read import RecordReader

Found = TypeVar("Found")
_FEW = 4
"""How many times as many rows there are than those that are worked out alone."""
UNKNOWN, EXACT, RANGE = 0, 1, 2
"""What is known of a date."""


@dataclass(frozen=True)
class Days:
    """A date in each row: what is known of it, and the first and last possible day where that is something."""

    state: Array
    low: Array
    high: Array

    def of(self, rows: Array) -> Days:
        """Return it for some rows."""
        return Days(taken(self.state, rows), taken(self.low, rows), taken(self.high, rows))


class Taken(Sequence[Array]):
    """Some rows of columns; a column is taken when it is first asked for."""

    def __init__(self, columns: Sequence[Array], rows: Array) -> None:
        self._columns = columns
        self._rows = rows
        self._taken: dict[int, Array] = {}

    def __len__(self) -> int:
        return len(self._columns)

    def __getitem__(self, number: Any) -> Any:
        if number not in self._taken:
            self._taken[number] = taken(self._columns[number], self._rows)
        return self._taken[number]

    def place(self, row: int) -> tuple[Sequence[Array], int]:
        """Return the columns of which these are some rows, and where one of the rows is in them."""
        return self._columns, int(self._rows[row])


class TakenDays(Mapping[str, Days]):
    """The dates of some rows; one is taken when it is first asked for."""

    def __init__(self, days: Mapping[str, Days], rows: Array) -> None:
        self._days = days
        self._rows = rows
        self._taken: dict[str, Days] = {}

    def __getitem__(self, name: str) -> Days:
        if name not in self._taken:
            self._taken[name] = self._days[name].of(self._rows)
        return self._taken[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._days)

    def __len__(self) -> int:
        return len(self._days)


class CellColumns(Sequence[Array]):
    """The cells of each variable of rows, worked out when they are first asked for; 0 where nothing fills them."""

    def __init__(self, size: int, count: int) -> None:
        self._nothing = np.broadcast_to(np.uint8(0), size)
        self._count = count
        self._found: dict[int, Array] = {}
        self._fillers: dict[int, Callable[[], Mapping[int, Array]]] = {}

    def fill(self, variables: Iterable[int], filler: Callable[[], Mapping[int, Array]]) -> None:
        """Have variables filled by what a function returns once one of them is asked for."""
        self._fillers |= dict.fromkeys(variables, filler)

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, number: Any) -> Any:
        if number not in self._found:
            filler = self._fillers.get(number)
            self._found |= filler() if filler else {number: self._nothing}
        return self._found[number]


@dataclass(frozen=True)
class Rows:
    """Rows as the logic sees them: the cell of each variable, and the days of each date by IRI.

    ``possible`` remembers the first and last days that dates can have beside the others (`ColumnBounds`). Rows that are
    ``among`` others have these, and their places among them; those ``with_other`` days of a date have the rows that
    these are otherwise, and the name of the date.
    """

    size: int
    cells: Sequence[Array]
    days: Mapping[str, Days]
    possible: dict[str, Days] = field(default_factory=dict, compare=False)
    among: tuple[Rows, Array] | None = field(default=None, compare=False)
    with_other: tuple[Rows, str] | None = field(default=None, compare=False)
    _once: dict[Hashable, Any] = field(default_factory=dict, compare=False)

    def has(self, what: Hashable) -> bool:
        """Return whether something was worked out `once`."""
        return what in self._once

    def once(self, what: Hashable, work_out: Callable[[], Found]) -> Found:
        """Return what several decisions ask for of these rows, worked out for the first of them."""
        if what not in self._once:
            self._once[what] = work_out()
        found: Found = self._once[what]
        return found

    @property
    def without(self) -> frozenset[str]:
        """The dates that no row has, as far as that is known without a look at the rows."""
        if self.among:
            return self.among[0].without
        if self.with_other:
            return self.with_other[0].without - {self.with_other[1]}
        return self.once("without", lambda: frozenset(n for n, d in self.days.items() if is_absent(d.state)))

    def of(self, rows: Array) -> Rows:
        """Return some of the rows."""
        return Rows(len(rows), Taken(self.cells, rows), TakenDays(self.days, rows), among=(self, rows))

    def with_days(self, name: str, days: Days) -> Rows:
        """Return the rows with another date."""
        own = ChainMap({name: days}, cast("dict[str, Days]", self.days))
        return Rows(self.size, self.cells, own, with_other=(self, name))

    def signature(self, row: int, variables: Iterable[int]) -> Signature:
        """Return the signature of a row, as far as some variables are read of it; the others are 0."""
        cells = self.cells
        while isinstance(cells, Taken):  # of which no column is taken for one row
            cells, row = cells.place(row)
        found = bytearray(len(cells))
        for variable in variables:
            found[variable] = cells[variable][row]
        return bytes(found)

    def dates(self, row: int) -> tuple[dict[str, date], dict[str, DateRange]]:
        """Return the dates of a row that are known, and those that are known within bounds."""
        if self.among:
            whole, places = self.among
            return whole.dates(int(places[row]))
        if self.with_other:
            rows, name = self.with_other
            known, ranges = rows.dates(row)
            own = Rows(self.size, (), {name: self.days[name]}).dates(row)
            known.pop(name, None), ranges.pop(name, None)
            return known | own[0], ranges | own[1]
        known = {n: as_date(d.low[row]) for n, d in self.days.items() if d.state[row] == EXACT}
        ranges = {
            n: DateRange(as_date(d.low[row]), as_date(d.high[row]))
            for n, d in self.days.items()
            if d.state[row] == RANGE
        }
        return known, ranges


class CellReader:
    """Gives the cells of rows."""

    def __init__(self, guideline: Guideline, cells: Cells, reader: RecordReader, inputs: Inputs) -> None:
        self._g = guideline
        self._cells = cells
        self._reader = reader
        self._inputs = inputs
        self._dates = [f.iri for f in guideline.fields.values() if f.kind == "date"]
        self._parts = [_FieldsTogether(self, fields, variables) for fields, variables in self._together()]
        self._derived = [
            (i, guideline.derived[v.iri]) for i, v in enumerate(cells.variables) if v.iri in guideline.derived
        ]

    def rows(self, batch: Portion) -> Rows:
        """Return the rows of a batch."""
        days = self._settled({name: self._days(batch, name) for name in self._dates})
        found = CellColumns(batch.size, len(self._cells.variables))
        for part in self._parts:
            found.fill(part.variables, partial(part.cells, batch, days))
        for number, derived in self._derived:
            found.fill([number], partial(self._of_duration, number, derived, days))
        return Rows(batch.size, found, days)

    def _of_duration(self, number: int, derived: Derived, days: Mapping[str, Days]) -> Mapping[int, Array]:
        return {number: self.cell(number, derived, days[derived.start], days[derived.end])}

    def cell(self, number: int, derived: Derived, start: Days, end: Days) -> Array:
        """Return the cells of a duration; 0 where its possible values differ."""
        found = np.zeros(len(start.state), np.uint8)
        starts = self._cells.variables[number].starts
        exact = (start.state == EXACT) & (end.state == EXACT) & (start.low <= end.low)
        rows = np.flatnonzero(exact)
        if of_days_only(derived.measure) and _FEW * len(rows) > len(exact):
            found = cell_of(starts, measure(derived.measure, start.low, end.low)).astype(np.uint8)
            found *= exact
        elif len(rows):
            found[rows] = cell_of(starts, measure(derived.measure, start.low[rows], end.low[rows]))
        rows = np.flatnonzero((start.state != UNKNOWN) & (end.state != UNKNOWN) & ~exact)
        if len(rows):
            s, e = start.of(rows), end.of(rows)
            longest = measure(derived.measure, s.low, e.high)
            shortest = measure(derived.measure, np.minimum(s.high, e.low), e.low)
            found[rows] = np.where(shortest == longest, cell_of(starts, longest), 0)
        return found

    def _days(self, batch: Portion, name: str) -> Days:
        """Return a date as the reader of records understands it."""
        exact = batch.days[name]
        bounds = self._g.fields[name].bounds
        if all(is_absent(batch.days[iri]) for iri in (name, *(bounds or ()))):
            return Days(np.broadcast_to(np.int8(UNKNOWN), batch.size), exact, exact)
        state = either(exact == ABSENT, UNKNOWN, EXACT)
        low = high = exact
        if bounds:
            first, last = (batch.days[b] for b in bounds)
            ranged = (first != ABSENT) & (last != ABSENT)
            low, high = either(ranged, first, low), either(ranged, last, high)
            state = either(ranged, either(first == last, EXACT, RANGE), state)
        return Days(state, low, high)

    def _settled(self, days: dict[str, Days]) -> dict[str, Days]:
        """Cut off the days of ranges that the order of dates excludes, as `lrp_kg.record.ranges.settled` does."""
        found = dict(days)
        for name, own in days.items():
            if not self._g.fields[name].bounds:
                continue
            rows = np.flatnonzero(own.state == RANGE)
            if not len(rows):
                continue
            state, low, high = own.state.copy(), own.low.copy(), own.high.copy()
            for first, second in self._g.date_orders:
                if first == name:
                    other = days[second].of(rows)
                    high[rows] = np.where(other.state == EXACT, np.minimum(high[rows], other.low), high[rows])
                if second == name:
                    other = days[first].of(rows)
                    low[rows] = np.where(other.state == EXACT, np.maximum(low[rows], other.low), low[rows])
            state[rows] = np.where(low[rows] == high[rows], EXACT, RANGE)
            found[name] = Days(state, low, high)
        return found

    def _together(self) -> Iterable[tuple[list[str], list[int]]]:
        """Yield fields that are understood together, and the variables that follow from them."""
        group = {name: {name} for name in [*self._g.fields, *self._g.expanded]}
        links = [(f.iri, other) for f in self._g.fields.values() for other in (*f.implies, *f.excludes)]
        links += [(name, own) for name, (own, _) in self._g.expanded.items()]
        for a, b in links:
            joined = group[a] | group[b]
            for name in joined:
                group[name] = joined
        for members in {id(m): m for m in group.values()}.values():
            variables = [i for i, v in enumerate(self._cells.variables) if v.iri in members]
            fields = [f.iri for f in self._g.fields.values() if f.iri in members and f.kind != "string"]
            if variables:
                yield fields, variables

    def understood(self, record: dict[str, Any], variables: Sequence[int]) -> tuple[int, ...]:
        """Return the cells of some variables of a record."""
        values = self._reader.understand(self._reader.from_python(record)).values
        chosen = (self._cells.variables[v] for v in variables)
        return tuple(v.cell(values.get(v.iri)) for v in chosen)

    def count(self, key: str) -> int:
        """Return how many values a field has so far."""
        return len(self._inputs.distinct[key].values)

    def value(self, key: str, code: int) -> Any:
        """Return the value of a field by its number."""
        return self._inputs.distinct[key].values[code]


_NEW = 255
"""In the place of the cell of values that were not asked for; where there is such a cell, it is looked up twice."""


class _FieldsTogether:
    """Fields that imply or exclude each other, and the variables that follow from their values."""

    def __init__(self, reader: CellReader, fields: Sequence[str], variables: Sequence[int]) -> None:
        self._reader = reader
        self._fields = [reader._g.fields[name] for name in fields]
        self.variables = variables
        self._sizes: tuple[int, ...] = ()
        self._table = NumberTable()
        self._by_key: dict[int, Array] = {}
        self._memory = Memory()
        self._found = Numbering()

    def cells(self, batch: Portion, days: Mapping[str, Days]) -> Mapping[int, Array]:
        """Return the cells of the variables in each row."""
        columns: list[Column] = []
        sizes = []
        for f in self._fields:
            if f.kind == "date":
                state = days[f.iri].state
                columns.append(0 if is_absent(state) else (state != UNKNOWN).astype(np.int8))
                sizes.append(2)
            else:
                columns.append(batch.codes[f.id] if f.id in batch.codes else 0)
                sizes.append(1 << self._reader.count(f.id).bit_length() if f.id in batch.codes else 1)
        size = prod(sizes)
        if size > DENSE:
            return self._of(self._memory.take(columns, lambda row: self._ask(values_of(columns, row))))
        key = mixed(columns, sizes, batch.size)
        if self._sizes != tuple(sizes):
            self._sizes, self._table, self._by_key = tuple(sizes), NumberTable(), {}
        found = {variable: own.take(key) for variable, own in self._by_key.items()}
        if found and all(own.max(initial=0) != _NEW for own in found.values()):
            return found
        numbers = self._table.take(key, lambda _, row: self._ask(values_of(columns, row)), size)
        self._by_key = self._of(self._table.of_keys(size), new=True)
        return self._of(numbers)

    def _of(self, numbers: Array, *, new: bool = False) -> dict[int, Array]:
        """Return the cells of the variables by numbers of what values come to; with ``new`` also those of -1."""
        values = self._found.values or [(0,) * len(self.variables)]
        of_each = np.array([*values, (_NEW,) * len(self.variables)] if new else values, np.uint8).T.copy()
        return {variable: of_each[place].take(numbers) for place, variable in enumerate(self.variables)}

    def _ask(self, codes: Sequence[int]) -> int:
        record = {}
        for f, code in zip(self._fields, codes, strict=True):
            if code:
                record[f.id] = "2000-01-01" if f.kind == "date" else self._reader.value(f.id, code)
        return self._found.number(self._reader.understood(record, self.variables))


def cell_of(starts: Sequence[int], values: Array) -> Array:
    """Return the cell of each number, as `Variable.cell` does."""
    return np.maximum(passed(starts, values), 1)
