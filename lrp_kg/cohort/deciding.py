"""The outcome of a decision in each row: its diagram read cell by cell, and the `Decider` asked for what is distinct.

A row ends in a state, the function of the diagram that is left for its cells. Where that depends on no duration of
which one end is known, the state is all that matters. Otherwise the days matter too: of a date that is not known, by
the cells in which the durations are on its first and on its last possible day.
"""

from __future__ import annotations

from collections.abc import Hashable

import numpy as np

from lrp_kg.cohort.arrays import Array, Automaton, Memory, Numbering, NumberTable, appended
from lrp_kg.cohort.cells import EXACT, UNKNOWN, Rows
from lrp_kg.cohort.dated import DateSituations, Key
from lrp_kg.cohort.situations import DurationAxis
from lrp_kg.logic.calendar import Calendar
from lrp_kg.logic.cells import Cells
from lrp_kg.logic.decide import Decider, KleeneDecider
from lrp_kg.logic.diagrams import Diagram, Function
from lrp_kg.logic.outcomes import Outcome

_MANY = 1 << 22
"""States from which on there is no table with a place for each."""
_DURATIONS = 31
"""Durations that a number of a `NumberTable` has bits for."""
_FEW = 4
"""How many times as many rows there are than those of which the states are worked out alone."""


class States:
    """The state in which each row ends: what is left of a decision for its cells."""

    def __init__(
        self,
        decider: Decider | KleeneDecider,
        cells: Cells,
        calendar: Calendar,
        dates: dict[tuple[DurationAxis, ...], DateSituations],
    ) -> None:
        """``dates`` are those of other decisions, by the durations that they read."""
        self._cells = cells
        sizes = [v.size for v in cells.variables]
        if isinstance(decider, Decider):
            self.diagram: Diagram | None = decider.diagram
            axes = [axis.variables for axis in self.diagram.axes]
            self._numbers = [axis.number for axis in self.diagram.axes]
            self.automaton = Automaton(self.diagram.root, axes, sizes, self._step)
        else:
            self.diagram = None
            axes = [(v,) for v in sorted(decider.reads)]
            self.automaton = Automaton((), axes, sizes, lambda state, _, own: (*state, *own))
        self.axes = axes
        read = [v for axis in axes for v in axis]
        own = [axis for axis in axes if self.diagram and axis[0] in calendar.derived]
        if len(own) > _DURATIONS:
            raise OverflowError("a decision reads more durations than a key has room for")
        ends = [calendar.derived[axis[0]] for axis in own]
        self._durations = tuple(
            DurationAxis(place, d.start, d.end, axis) for place, (axis, d) in enumerate(zip(own, ends, strict=True))
        )
        self._kind = np.dtype(np.int8 if len(own) < 8 else np.int64)  # noqa: PLR2004  bits of a byte beside its sign
        self.dates = dates.setdefault(self._durations, DateSituations(self._durations, calendar))
        asked = {name for v in read for name in cells.inputs(v)}
        implied = {i for name in asked for i in cells.guideline.fields[name].implies}
        self._beside = sorted({cells.index[i] for i in implied if i in cells.index}.difference(read))
        """Variables that say of a field that it cannot have a value."""
        self.reads = (*read, *self._beside)
        """All variables on which the decision depends."""
        read_as_known = sorted(name for name in asked if cells.guideline.fields[name].kind == "date")
        self._dates: list[str] = read_as_known if self.diagram is None else []
        """Dates of which only matters whether they are known."""
        self._open = NumberTable()
        self._bit_of_axis = {self.axes.index(axis.variables): 1 << axis.place for axis in self._durations}
        self._bits_known: dict[int, int] = {}
        """By node of the diagram the durations on which it depends, as bits."""

    def _step(self, node: int, axis: int, own: tuple[int, ...]) -> int:
        """Return the function that is left when an axis has some cells."""
        if UNKNOWN in own or self.diagram is None:
            return node
        chosen: list[int | None] = [None] * len(self.axes)
        chosen[axis] = self._numbers[axis][own]
        return self.diagram.restrict(node, tuple(chosen))

    def of(self, rows: Rows) -> Array:
        """Return a number for the state of each row, with the cells that rule fields out."""
        if self._dates:
            return self._worked_out(rows)
        places: Array | None = None
        while rows.with_other or rows.among:  # the cells are those of other rows
            if rows.with_other:
                rows, _ = rows.with_other
            elif rows.among and _FEW * rows.size >= rows.among[0].size:
                rows, own = rows.among
                places = own if places is None else own.take(places)
            else:
                break
        found = rows.once(("states", id(self)), lambda: self._worked_out(rows))
        return found if places is None else found.take(places)

    def _worked_out(self, rows: Rows) -> Array:
        key = self.automaton.run(rows.cells).astype(np.int64)
        for variable in self._beside:
            key = appended(key, rows.cells[variable], self._bits_of(variable))
        for name in self._dates:
            key = appended(key, rows.days[name].state == EXACT, 1)
        return key

    def support(self, keys: Array) -> Array:
        """Return for each state the duration axes on which it depends, as bits."""
        if self.diagram is None or not self._durations:
            return np.zeros(len(keys), np.int8)
        keys = keys >> sum(map(self._bits_of, self._beside))
        return self._open.take(keys, lambda key, _: self._bits(self.automaton.states.values[key])).astype(self._kind)

    def function(self, key: int) -> Function | None:
        """Return the function that is left in a state; there is none where no diagram decides."""
        key >>= sum(map(self._bits_of, self._beside))
        return Function(self.diagram, self.automaton.states.values[key]) if self.diagram else None

    def _bits_of(self, variable: int) -> int:
        """Return how many bits the cells of a variable take."""
        return self._cells.variables[variable].size.bit_length()

    def _bits(self, node: int) -> int:
        known = self._bits_known.get(node)
        if known is None:
            assert self.diagram is not None  # noqa: S101
            inner = self.diagram.nodes[node]
            known = 0
            if not isinstance(inner, Outcome):
                known = self._bit_of_axis.get(inner[0], 0)
                for child in inner[1]:
                    known |= self._bits(child)
            self._bits_known[node] = known
        return known


class DecisionColumn:
    """What a decision comes to in each row: its `Decider` is asked once for each state and situation of dates."""

    def __init__(self, decision: str, decider: Decider | KleeneDecider, states: States, results: Numbering) -> None:
        self.decision = decision
        self.decider = decider
        self.states = states
        self.results = results
        self.class_of = NumberTable()
        """Of each situation of dates what it comes to for the decision, among ``classes``."""
        self._generation = 0
        self.classes = Numbering()
        self.classes.number(((), ()))
        self.of_state = NumberTable(), NumberTable()
        self.of_situation = Memory(), Memory()
        self._asked: tuple[dict[Hashable, int], ...] = {}, {}
        self.completions = Numbering()
        """What the decision can come to while several editions may apply (`Completions`)."""

    @property
    def memories(self) -> tuple[NumberTable | Memory, ...]:
        """What is remembered of states, and of states in situations: outcomes, and what decisions can come to."""
        return (*self.of_state, *self.of_situation)

    def outcomes(self, rows: Rows) -> Array:
        """Return the number of the outcome of each row."""
        return self._found(rows, 0)

    def completed(self, rows: Rows) -> Array:
        """Return for each row the number of what the decision can come to, among its ``completions``."""
        return self._found(rows, 1)

    def _found(self, rows: Rows, what: int) -> Array:
        keys = self.states.of(rows)
        half = self.states.dates.half_known(rows, self.states.support(keys))
        dated = np.flatnonzero(half != 0)
        classes = np.zeros(rows.size, np.int32)
        if len(dated):
            classes[dated] = self._classes_of(rows, half, dated)

        def ask(row: int) -> int:
            return self._ask(rows, row, int(keys[row]), int(classes[row]), what)

        if len(dated) == rows.size or keys.max() >= _MANY:
            return self.of_situation[what].take([keys, classes], ask)
        plain, undated = keys, int(half.argmin())
        if len(dated):
            plain = keys.copy()
            plain[dated] = keys[undated]
        found = self.of_state[what].take(plain, lambda _, row: ask(undated if half[row] else row))
        if len(dated):
            found[dated] = self.of_situation[what].take_pairs(
                keys.take(dated), classes.take(dated), len(self.classes.values), lambda row: ask(int(dated[row]))
            )
        return found

    def _ask(self, rows: Rows, row: int, state: int, number: int, what: int) -> int:
        signature, known = rows.signature(row, self.states.reads), rows.dates(row)[0]
        key, _ = self.classes.values[number]
        decider = self.decider
        matters: Hashable = ()
        function = self.states.function(state)
        if function and isinstance(decider, Decider):
            function.diagram.forget()
            matters = state, decider.relevant(signature, known, key, function)
            found = self._asked[what].get(matters)
            if found is not None:
                return found
        if what:
            found = self.completions.number(decider.completions_by(signature, known, key, function))
        else:
            found = self.results.number(decider.decide_by(signature, known, key, function))
        if matters:
            self._asked[what][matters] = found
        return found

    def situations(self) -> list[tuple[Key, int]]:
        """Return the situations of dates that were met, as long as their numbers hold, each with what it comes to."""
        dates = self.states.dates
        if self._generation != dates.generation:
            return []
        return [(dates.keys[number], own) for number, own in zip(*self.class_of.entries(), strict=True)]

    def _classes_of(self, rows: Rows, half: Array, dated: Array) -> Array:
        """Return for each dated row the number of what its dates come to for the decision."""
        numbers, generation = self.states.dates.of(rows, half, dated)
        if generation != self._generation:
            self.class_of, self._generation = NumberTable(), generation

        def work_out(number: int, row: int) -> int:
            place = int(dated[row])
            key = self.decider.date_key(rows.signature(place, self.states.reads), *rows.dates(place))
            return self.classes.number((key, self.states.dates.keys[number][: self.states.dates.dates_named + 1]))

        return self.class_of.take(numbers, work_out)
