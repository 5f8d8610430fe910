"""What a part of an answer was worked out from, noted while that is done, so that it can be remembered.

A part of an answer (a decision with its reasons, a box with its statements) depends on little of a record. Nobody lists
on what: while a part is worked out, its `Run` notes every **reading** that it takes of the record, such as a verdict,
the outcome of a decision, or whether a date is known. The values of these readings are the key under which the part is
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
from lrp_kg.logic.verdicts import CellGroup, SignatureVerdicts

if TYPE_CHECKING:
    from lrp_kg.answer.decisions import Assessor
    from lrp_kg.answer.run import Run
    from lrp_kg.guideline.validity import Validity

T = TypeVar("T")
Key = Callable[["Readings"], Hashable]
FIRSTS = 10_000
"""Values of a first reading, of which there are a few hundred; what has further ones is not remembered."""
_numbers = count()


class PartReading:
    """Something that can be read of a record beside verdicts, which are read by the numbers of expressions.

    ``group`` are the cells that settle it, where few do alone. ``number`` gives readings an order, in which their
    values are in keys.
    """

    __slots__ = ("group", "number", "of")

    def __init__(self, of: Callable[[Run], Hashable], group: CellGroup | None = None) -> None:
        self.of = of
        self.group = group
        self.number = next(_numbers)


class Readings(SignatureVerdicts):
    """The readings of one record, each taken when it is asked for; verdicts by the numbers of expressions."""

    __slots__ = ("run",)

    def __init__(self, run: Run) -> None:
        super().__init__(run.a.verdicts, run.signature)
        self.run = run

    def __missing__(self, reading: Any) -> Any:
        if reading.__class__ is int:
            return self.work_out(reading)
        if reading.group:
            settled = reading.group.settled(self)
            if reading not in settled:
                settled[reading] = reading.of(self.run)
            self.update(settled)
            return settled[reading]
        self[reading] = found = reading.of(self.run)
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
        self.answers = ReadingsMade(lambda decision: PartReading(apart(lambda run: run.answers(decision))))
        self.why = ReadingsMade(self._why)
        places = {rule: place for place, rule in enumerate(g.validities)}
        self.in_force = ReadingsMade(lambda rule: self._in_force(rule, places.get(rule)))
        warned = [(n, self._a.verdicts.number(w.applies_to)) for n, w in enumerate(g.warnings)]
        in_turn = [(n, w.calls_for, w.applies_to) for n, w in reversed([*enumerate(g.warnings)])]
        self.calls = ReadingsMade(lambda advice: [(n, cls) for n, called, cls in in_turn if called == advice])
        """The warnings that call for an advice, the last first: their places, and their situations."""
        self.calling = ReadingsMade(lambda advice: PartReading(lambda run: run.calling(advice)))
        self._warned = [(n, number) for n, number in warned if number is not None]
        self._always = [n for n, number in warned if number is None]
        self.holding = PartReading(self._holding)
        self.programme = ReadingsMade(
            lambda name: PartReading(apart(lambda run: run.programme_run(g.programmes[name]).read()))
        )
        self.touched = ReadingsMade(lambda name: PartReading(lambda run: run.knows_own(g.programmes[name])))
        self.holds = ReadingsMade(self._holds)

    @staticmethod
    def _in_force(rule: Validity, place: int | None) -> PartReading:
        if place is None:
            return PartReading(lambda run: run.in_force(rule))
        return PartReading(lambda run: run.era[place])

    def _holding(self, run: Run) -> Hashable:
        """Return the places of the warnings whose situation holds."""
        verdicts = run.by_number
        found = [n for n, number in self._warned if verdicts[number] == TRUE]
        return tuple(sorted(found + self._always))

    def _holds(self, cls: str) -> PartReading | None:
        """Return the reading of whether a class certainly holds; there is none of the class of all records."""
        number = self._a.verdicts.number(cls)
        if number is None:
            return None
        return PartReading(lambda run: run.by_number[number] == TRUE, self._a.verdicts.group_of[number])

    def _why(self, cls: str) -> PartReading:
        number = self._a.verdicts.number(cls)
        group = None if number is None else self._a.verdicts.group_of[number]
        return PartReading(apart(lambda run: run.reasons_of(cls)), group)


class Remembered(Generic[T]):
    """A part of an answer, remembered by the values of all that it is worked out from.

    For each value of its ``first`` reading the key is made of all that was ever noted. Where one more is noted, the key
    grows by it, and what is remembered under the shorter one is not found again.
    """

    __slots__ = ("_first", "_growing", "_keys", "_known", "_of_readings", "_work")

    def __init__(
        self, work: Callable[[Run], T], memories: SharedBound, size: int, first: PartReading | None = None
    ) -> None:
        self._work = work
        self._first = first
        self._keys: dict[Hashable, tuple[frozenset[Any], Key]] = {}
        self._of_readings: dict[frozenset[Any], tuple[frozenset[Any], Key]] = {}
        """What makes keys of some readings, which many first ones share."""
        self._known: BoundedMemory[Hashable, T] = BoundedMemory(memories, size)
        self._growing = threading.Lock()

    def of(self, run: Run) -> T:
        """Return the part for a record."""
        readings = run.readings
        first = readings[self._first] if self._first else None
        read, key_of = self._keys.get(first, _NOTHING)
        key = first, key_of(readings)
        found = self._known.young.get(key)
        if found is None:
            found = self._known.get(key)
        return self._work_out(run, first, read) if found is None else found

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
                same = self._of_readings.get(read) or (read, _key_of(read))
                self._keys[first] = self._of_readings[read] = same
        return self._known.put((first, self._keys.get(first, _NOTHING)[1](run.readings)), found)


def _no_key(readings: Readings) -> Hashable:
    return ()


_NOTHING: tuple[frozenset[Any], Key] = (frozenset(), _no_key)


def _key_of(read: frozenset[Any]) -> Key:
    """Return what makes a key of some readings; keys of more of them are longer, so that none is taken for another.

    Those of the same readings have their values in the same order, whatever the order in which a set has them.
    """
    ordered = sorted(read, key=lambda one: (0, one) if isinstance(one, int) else (1, one.number))
    if len(ordered) < 2:
        return lambda readings: tuple([readings[one] for one in ordered])
    return itemgetter(*ordered)
