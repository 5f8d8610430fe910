"""What a part of an answer was worked out from, noted while that is done, so that it can be remembered.

A part of an answer (a decision with its reasons, a box with its statements) depends on little of a record. Nobody lists
on what: while a part is worked out, its `Run` notes every **reading** that it takes of the record, such as a cell, the
outcome of a decision, or whether a date is known. The values of these readings are the key under which the part is
remembered. So the key is complete by how it is made: the same work with the same values of all that it read gives the
same part.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from itertools import count
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from lrp_kg.logic.classify import TRUE
from lrp_kg.logic.memory import BoundedMemory, SharedBound

if TYPE_CHECKING:
    from lrp_kg.answer.decisions import Assessor
    from lrp_kg.answer.run import Run

T = TypeVar("T")
Key = Callable[["Readings"], Hashable]
FEW = 2
"""Cells by which the verdict of a condition is read; what more of them say is read as a verdict, which repeats more."""
FIRSTS = 10_000
"""Values of a first reading, of which there are a few hundred; what has further ones is not remembered."""
_numbers = count()


class PartReading:
    """Something that can be read of a record beside its cells; ``cells`` are those that settle it, if they do alone.

    ``number`` gives readings an order, in which their values are in keys.
    """

    __slots__ = ("cells", "number", "of")

    def __init__(self, of: Callable[[Run], Hashable], cells: tuple[int, ...] | None = None) -> None:
        self.of = of
        self.cells = cells
        self.number = next(_numbers)


class Readings(dict[Any, Any]):
    """The readings of one record by what is read: a cell by its number, all others when they are asked for."""

    __slots__ = ("run",)

    def __init__(self, run: Run) -> None:
        super().__init__(enumerate(run.signature))
        self.run = run

    def __missing__(self, reading: PartReading) -> Hashable:
        """Take a reading."""
        found = self[reading] = reading.of(self.run)
        return found


def apart(of: Callable[[Run], Hashable]) -> Callable[[Run], Hashable]:
    """Return a reading of which nobody who takes it notes what it is itself worked out from."""

    def found(run: Run) -> Hashable:
        noted, run.noted = run.noted, None
        try:
            return of(run)
        finally:
            run.noted = noted

    return found


class ReadingsMade(dict[Any, Any]):
    """Readings by what they are about, each made when it is asked for."""

    def __init__(self, make: Callable[[Any], Any]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, about: Any) -> Any:
        return self.setdefault(about, self._make(about))


class Readable:
    """All that can be read of a record by one assessor; of verdicts what is read for them."""

    def __init__(self, assessor: Assessor) -> None:
        g = assessor.guideline
        self._a = assessor
        self.known = ReadingsMade(lambda name: PartReading(lambda run: name in run.record.dates))
        self.outcome = ReadingsMade(lambda decision: PartReading(apart(lambda run: run.result(decision))))
        self.why = ReadingsMade(self._why)
        era = PartReading(lambda run: run.era)
        rules = set(g.validities)
        self.in_force = ReadingsMade(lambda v: era if v in rules else PartReading(lambda run: run.in_force(v)))
        warned = [(n, self._a.verdicts.number(w.applies_to)) for n, w in enumerate(g.warnings)]
        self._warned = [(n, number) for n, number in warned if number is not None]
        self._always = [n for n, number in warned if number is None]
        self.holding = PartReading(self._holding)
        self.programme = ReadingsMade(
            lambda name: PartReading(apart(lambda run: run.programme_run(g.programmes[name]).read()))
        )
        self.touched = ReadingsMade(lambda name: PartReading(lambda run: run.knows_own(g.programmes[name])))
        self.verdict = ReadingsMade(lambda cls: self._verdict(assessor.verdicts.number(cls)))
        self.expression = ReadingsMade(self._verdict)

    def _holding(self, run: Run) -> Hashable:
        """Return the places of the warnings whose situation holds."""
        of = run.a.verdicts.verdict_of
        found = [n for n, number in self._warned if of(run.signature, number) == TRUE]
        return tuple(sorted(found + self._always))

    def _verdict(self, number: int | None) -> tuple[int | PartReading, ...]:
        if number is None:
            return ()
        cells = self._a.verdicts.read_by(number)
        one = self._a.verdicts.reader(number)
        return cells if len(cells) <= FEW else (PartReading(lambda run: one(run.signature), cells),)

    def _why(self, cls: str) -> PartReading:
        slow = apart(lambda run: run.reasons_of(cls))
        own = self._a.reasons_by(cls)
        key = self._a.verdicts.key(cls)

        def reasons(run: Run) -> Hashable:
            return own.young.get((key(run.signature),)) or slow(run)

        return PartReading(reasons, self._a.verdicts.reads(cls))


class Remembered(Generic[T]):
    """A part of an answer, remembered by the values of all that it is worked out from.

    For each value of its ``first`` reading the key is made of all that was ever noted. Where one more is noted, the key
    grows by it, and what is remembered under the shorter one is not found again. Beside it the part is remembered by
    the cells that settle these readings: that is a longer key, which repeats less and is made sooner.
    """

    __slots__ = ("_by_cells", "_first", "_growing", "_keys", "_known", "_of_readings", "_work")

    def __init__(
        self, work: Callable[[Run], T], memories: SharedBound, size: int, first: PartReading | None = None
    ) -> None:
        self._work = work
        self._first = first
        self._keys: dict[Hashable, tuple[frozenset[Any], Key, Key]] = {}
        self._of_readings: dict[frozenset[Any], tuple[frozenset[Any], Key, Key]] = {}
        """What makes keys of some readings, which many first ones share."""
        self._known: BoundedMemory[Hashable, T] = BoundedMemory(memories, size)
        self._by_cells: BoundedMemory[Hashable, T] = BoundedMemory(memories, 400)
        self._growing = threading.Lock()

    def within(self, run: Run) -> T:
        """Return the part for a record as a piece of a larger one, which depends on all that this one was ever."""
        found = self.of(run)
        if run.noted is not None:
            first = run.readings[self._first] if self._first else None
            run.noted.update(self._keys.get(first, _NOTHING)[0])
        return found

    def of(self, run: Run) -> T:
        """Return the part for a record."""
        readings = run.readings
        first = readings[self._first] if self._first else None
        read, by_cells, by_readings = self._keys.get(first, _NOTHING)
        cells = first, by_cells(readings)
        found = self._by_cells.young.get(cells)
        if found is not None:
            return found
        found = self._by_cells.get(cells)
        if found is not None:
            return found
        found = self._known.get((first, by_readings(readings)))
        if found is not None:
            return self._by_cells.put(cells, found)
        return self._work_out(run, first, read)

    def _work_out(self, run: Run, first: Hashable, read: frozenset[Any]) -> T:
        outer, run.noted = run.noted, set()
        try:
            found = self._work(run)
            noted = run.noted
        finally:
            run.noted = outer
        noted.discard(self._first)
        if first not in self._keys and len(self._keys) >= FIRSTS:
            return found
        if not noted <= read:
            with self._growing:
                read = self._keys.get(first, _NOTHING)[0] | noted
                same = self._of_readings.get(read) or (read, _key_of(_settled_by(read)), _key_of(read))
                self._keys[first] = self._of_readings[read] = same
        _, by_cells, by_readings = self._keys.get(first, _NOTHING)
        self._known.put((first, by_readings(run.readings)), found)
        return self._by_cells.put((first, by_cells(run.readings)), found)


def _no_key(readings: Readings) -> Hashable:
    return ()


_NOTHING: tuple[frozenset[Any], Key, Key] = (frozenset(), _no_key, _no_key)


def _settled_by(read: frozenset[Any]) -> frozenset[Any]:
    """Return the cells that settle readings, and the readings that no cells settle."""
    return frozenset(
        cell
        for reading in read
        for cell in ((reading,) if isinstance(reading, int) or reading.cells is None else reading.cells)
    )


def _key_of(read: frozenset[Any]) -> Key:
    """Return what makes a key of some readings; keys of more of them are longer, so that none is taken for another.

    Those of the same readings have their values in the same order, whatever the order in which a set has them.
    """
    ordered = sorted(read, key=lambda one: (0, one) if isinstance(one, int) else (1, one.number))
    if len(ordered) < 2:
        return lambda readings: tuple([readings[one] for one in ordered])
    return itemgetter(*ordered)
