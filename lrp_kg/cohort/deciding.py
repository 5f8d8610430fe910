"""The outcome of a decision in each row: its diagram read cell by cell, and the `Decider` asked for what is distinct.

A row ends in a state, the function of the diagram that is left for its cells. Where that depends on no duration of
which one end is known, the state is all that matters. Otherwise the days matter too: of a date that is not known, by
the cells in which the durations are on its first and on its last possible day.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import numpy as np

from lrp_kg.cohort.arrays import Array, Automaton, Memory, Numbering, NumberTable
from lrp_kg.cohort.bounds import ColumnBounds
from lrp_kg.cohort.cells import EXACT, RANGE, UNKNOWN, Days, Rows, cell_of
from lrp_kg.cohort.measures import measure, of_days_only
from lrp_kg.durations import day_number
from lrp_kg.logic.calendar import Calendar
from lrp_kg.logic.cells import Cells
from lrp_kg.logic.decide import Decider, KleeneDecider
from lrp_kg.logic.diagrams import Diagram

_CYCLE = 1461
"""Days of four years, after which months have the same lengths again."""
_MIDDLE, _ALIKE = day_number(date(2000, 1, 1)), 97 * 365
"""Around this day, and so many days away from it, each fourth year has a leap day."""
_MONTHS = 24
"""Months within which durations go from one cell to the next, where only the place in these four years matters."""


class States:
    """The state in which each row ends: what is left of a decision for its cells."""

    def __init__(self, decider: Decider | KleeneDecider, cells: Cells, calendar: Calendar) -> None:
        self._cells = cells
        self.calendar = calendar
        sizes = [v.size for v in cells.variables]
        if isinstance(decider, Decider):
            self.diagram: Diagram | None = decider.diagram
            axes = [axis.variables for axis in self.diagram.axes]
            self._numbers = [axis.number for axis in self.diagram.axes]
            self._automaton = Automaton(self.diagram.root, axes, sizes, self._step)
        else:
            self.diagram = None
            axes = [(v,) for v in sorted(decider.reads)]
            self._automaton = Automaton((), axes, sizes, lambda state, _, own: (*state, *own))
        self.axes = axes
        read = [v for axis in axes for v in axis]
        self.durations = [n for n, axis in enumerate(axes) if self.diagram and axis[0] in calendar.derived]
        self._short = [all(self._changes_within(v) for v in axes[n]) for n in self.durations]
        self._ends_named = sorted({n for axis in self.durations for n in self._names(axis)})
        asked = {name for v in read for name in cells.inputs(v)}
        implied = {i for name in asked for i in cells.guideline.fields[name].implies}
        self._beside = sorted({cells.index[i] for i in implied if i in cells.index}.difference(read))
        """Variables that say of a field that it cannot have a value."""
        dates = sorted(name for name in asked if cells.guideline.fields[name].kind == "date")
        self._dates: list[str] = dates if self.diagram is None else []
        """Dates of which only matters whether they are known."""
        self._open = NumberTable()

    def _changes_within(self, variable: int) -> bool:
        """Return whether a duration only changes its cell within a few months."""
        unit = 31 if of_days_only(self.calendar.derived[variable].measure) else 1
        return self._cells.variables[variable].starts[-1] <= _MONTHS * unit

    def _step(self, node: int, axis: int, own: tuple[int, ...]) -> int:
        """Return the function that is left when an axis has some cells."""
        if UNKNOWN in own or self.diagram is None:
            return node
        chosen: list[int | None] = [None] * len(self.axes)
        chosen[axis] = self._numbers[axis][own]
        return self.diagram.restrict(node, tuple(chosen))

    def of(self, rows: Rows) -> Array:
        """Return a number for the state of each row, with the cells that rule fields out."""
        key = self._automaton.run(rows.cells).astype(np.int64)
        for variable in self._beside:
            key = key * (self._cells.variables[variable].size + 1) + rows.cells[variable]
        for name in self._dates:
            key = key * 2 + (rows.days[name].state == EXACT)
        return key

    def support(self, keys: Array) -> Array:
        """Return for each state the duration axes on which it depends, as bits."""
        if self.diagram is None or not self.durations:
            return np.zeros(len(keys), np.int64)
        for variable in self._beside:
            keys = keys // (self._cells.variables[variable].size + 1)
        return self._open.take(keys, lambda key, _: self._bits(self._automaton.states.values[key])).astype(np.int64)

    def _bits(self, node: int) -> int:
        assert self.diagram is not None  # noqa: S101
        support = self.diagram.support(node)
        return sum(1 << place for place, axis in enumerate(self.durations) if axis in support)

    @property
    def dates_named(self) -> int:
        """How many dates the durations are between."""
        return len(self._ends_named)

    # -- days ---------------------------------------------------------------------------------------

    def half_known(self, rows: Rows, support: Array) -> Array:
        """Return as bits the axes of the support of which exactly one end is known, or within bounds."""
        found = np.zeros(rows.size, np.int64)
        for place, axis in enumerate(self.durations):
            open_cells = np.zeros(rows.size, bool)
            for variable in self.axes[axis]:
                open_cells |= rows.cells[variable] == UNKNOWN
            start, end = self._ends(rows, axis)
            both = (start.state == end.state) & (start.state != EXACT)
            found |= (open_cells & ~both).astype(np.int64) << place
        return found & support

    def _ends(self, rows: Rows, axis: int) -> tuple[Days, Days]:
        derived = self.calendar.derived[self.axes[axis][0]]
        return rows.days[derived.start], rows.days[derived.end]

    def situation(self, rows: Rows, half: Array) -> list[Array]:
        """Return columns on which the outcome depends beside the state: what is known of dates, and where."""
        names = self._ends_named
        # of every date, also where the row's state reads none of its durations: what dates come to is worked out for
        # one row and holds for rows in other states
        columns: list[Array] = [half, *(rows.days[n].state for n in names)]
        bounds = ColumnBounds(self.calendar, rows)
        known = {n: bounds.of(n) for n in names}
        counts = self._partners(rows, half)
        for place, axis in enumerate(self.durations):
            used = (half >> place & 1).astype(bool)
            start, end = self._names(axis)
            own = (rows.days[start], rows.days[end])
            free_is_end = (own[0].state == EXACT) | ((own[0].state == RANGE) & (own[1].state == UNKNOWN))
            partner, free = _either(free_is_end, *own), _either(free_is_end, known[end], known[start])
            columns.append(np.where(used, free.low > free.high, False))
            several = np.where(free_is_end, counts[end], counts[start]) > 1
            months = any(not of_days_only(self.calendar.derived[v].measure) for v in self.axes[axis])
            whole = used & (months | several | (partner.state == RANGE))
            exact = whole & ~several & (partner.state == EXACT) & self._short[place]
            shifted = np.where(exact & (np.abs(partner.low - _MIDDLE) < _ALIKE), partner.low % _CYCLE, partner.low)
            columns += [np.where(whole, shifted, 0), np.where(whole & ~exact, partner.high, 0)]
            raw = used & (partner.state == RANGE)
            columns += [np.where(raw, free.low, 0), np.where(raw, free.high, 0)]
            for variable in self.axes[axis]:
                for day in (free.low, free.high):
                    first, last = np.where(free_is_end, partner.low, day), np.where(free_is_end, day, partner.low)
                    at = self._at(variable, first, last)
                    columns.append(np.where(used & ~raw, at, 0))
        return columns

    def _names(self, axis: int) -> tuple[str, str]:
        derived = self.calendar.derived[self.axes[axis][0]]
        return derived.start, derived.end

    def _partners(self, rows: Rows, half: Array) -> dict[str, Array]:
        """Return of how many half-known axes each date is an end."""
        found: dict[str, Array] = {}
        for place, axis in enumerate(self.durations):
            for name in self._names(axis):
                found[name] = found.get(name, np.zeros(rows.size, np.int64)) + (half >> place & 1)
        return found

    def _at(self, variable: int, start: Array, end: Array) -> Array:
        derived = self.calendar.derived[variable]
        return cell_of(self._cells.variables[variable].starts, measure(derived.measure, start, end))


def _either(condition: Array, one: Days, other: Days) -> Days:
    parts = ((one.state, other.state), (one.low, other.low), (one.high, other.high))
    return Days(*(np.where(condition, a, b) for a, b in parts))


class DecisionColumn:
    """The outcomes of one decision."""

    def __init__(self, decision: str, decider: Decider | KleeneDecider, states: States, results: Numbering) -> None:
        self.decision = decision
        self.decider = decider
        self.states = states
        self.results = results
        self._plain = Memory()
        self._dated = Memory()
        self._situations = Memory()
        self._classes = Numbering()
        self._table = NumberTable()

    def outcomes(self, rows: Rows) -> Array:
        """Return the number of the outcome of each row."""
        keys = self.states.of(rows)
        half = self.states.half_known(rows, self.states.support(keys))
        dated = np.flatnonzero(half)

        def ask(row: int) -> int:
            return self.results.number(self.decider.decide(rows.signature(row), *rows.dates(row)))

        if not len(dated):
            return self._of_states(keys, ask)
        plain = np.flatnonzero(half == 0)
        found = np.empty(rows.size, np.int32)
        found[plain] = self._of_states(keys[plain], lambda row: ask(int(plain[row])))
        some = rows.of(dated)
        classes = self._classes_of(some, half[dated])

        def ask_dated(row: int) -> int:
            if not isinstance(self.decider, Decider):
                return ask(int(dated[row]))
            key, _ = self._classes.values[classes[row]]
            return self.results.number(self.decider.decide_by(some.signature(row), some.dates(row)[0], key))

        found[dated] = self._dated.take([keys[dated], classes], ask_dated)
        return found

    def _classes_of(self, rows: Rows, half: Array) -> Array:
        """Return for each row the number of what its dates come to for the decision: far fewer than situations."""
        columns = self.states.situation(rows, half)
        known = columns[: self.states.dates_named + 1]

        def work_out(row: int) -> int:
            key = self.decider.date_key(rows.signature(row), *rows.dates(row))
            return self._classes.number((key, tuple(int(c[row]) for c in known)))

        return self._situations.take(columns, work_out)

    def _of_states(self, keys: Array, ask: Callable[[int], int]) -> Array:
        if len(keys) and keys.max() < 1 << 22:
            return self._table.take(keys, lambda _, row: ask(row))
        return self._plain.take([keys], ask)
