"""What a part of an answer was worked out from, noted while that is done, so that it can be remembered.

A part of an answer (a decision with its reasons, a box with its statements) depends on little of a record. Nobody lists
on what: while a part is worked out, its `Run` notes every **reading** that it takes of the record, such as a verdict,
the outcome of a decision, or whether a date is known. The values of these readings are the key under which the part is
remembered. So the key is complete by how it is made: the same work with the same values of all that it read gives the
same part.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Iterable
from itertools import count
from operator import attrgetter, is_not, itemgetter
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

from lrp_kg.logic.cells import Signature, cells_of
from lrp_kg.logic.classify import TRUE
from lrp_kg.logic.editions import StatesByDay
from lrp_kg.logic.memory import BoundedMemory, SharedBound
from lrp_kg.logic.verdicts import CellGroup, SignatureVerdicts

if TYPE_CHECKING:
    from lrp_kg.answer.decisions import Assessor
    from lrp_kg.answer.run import Run
    from lrp_kg.guideline.validity import Validity

T = TypeVar("T")
Key = Callable[["Readings"], tuple[Any, ...]]
FIRSTS = 300
"""Values of a first reading that have a key of their own; all further ones share one."""
_FURTHER = "further"
_BY_CELLS, _TOGETHER = 400, 2500
"""Bytes that what is known by cells takes, of one part and of parts together, about.

That is their keys, and what only they still hold of parts that are known by readings no more.
"""
_numbers = count()
_number = attrgetter("number")


class PartReading:
    """Something that can be read of a record beside verdicts, which are read by the numbers of expressions.

    ``cells`` are those that settle it, together with ``others`` that are read; without cells it is settled by itself.
    One that is ``late`` is an empty tuple in all records with the same cells and other readings, or in none of them.
    One ``of_part`` is taken of another part of the answer, so that what settles that part settles it too.
    ``number`` gives readings an order, in which their values are in keys.
    """

    __slots__ = ("cells", "group", "late", "number", "of", "of_part", "others")

    def __init__(
        self,
        of: Callable[[Run], Hashable],
        cells: tuple[int, ...] | None = None,
        others: tuple[PartReading, ...] = (),
        group: CellGroup | None = None,
        *,
        late: bool = False,
        of_part: bool = False,
    ) -> None:
        self.of = of
        self.late = late
        self.of_part = of_part
        self.cells = cells
        self.others = (self,) if cells is None and not others else others
        self.group = group
        """What these cells settle, where they are few and alone."""
        self.number = next(_numbers)


class Readings(SignatureVerdicts):
    """The readings of one record, each taken when it is asked for; verdicts by the numbers of expressions.

    Those of a record with an uncertain date are not what its cells settle, so they are not kept with these.
    """

    __slots__ = ("_by_cells", "run")

    def __init__(self, run: Run) -> None:
        super().__init__(run.a.verdicts, run.signature)
        self.run = run
        self._by_cells = run.signatures == (run.signature,)
        readable = run.a.readable
        self.update(readable.no_dates)
        for name in run.record.dates:
            if name in readable.known:
                self[readable.known[name]] = True

    def __missing__(self, reading: Any) -> Any:
        if reading.__class__ is int:
            return self.work_out(reading)
        if reading.group and self._by_cells:
            settled = reading.group.settled(self)
            if reading not in settled:
                settled[reading] = self._take(reading)
            self.update(settled)
            return settled[reading]
        self[reading] = found = self._take(reading)
        return found

    def _take(self, reading: PartReading) -> Hashable:
        """Take a reading; what it is itself worked out from is not noted."""
        run = self.run
        noted, run.noted = run.noted, None
        try:
            return reading.of(run)
        finally:
            run.noted = noted


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
        self.grown = object()
        """Another one each time that more settles some part."""
        self.no_dates: dict[PartReading, bool] = {}
        """That no date is known, by the readings of whether one is."""
        self.known = ReadingsMade(self._known)
        self._situation = ReadingsMade(lambda name: PartReading(lambda run: run.situation(name), late=True))
        self.outcome = ReadingsMade(lambda name: self._decided(name, lambda run: run.result(name)))
        self.answers = ReadingsMade(lambda name: self._decided(name, lambda run: run.answers(name)))
        self.why = ReadingsMade(lambda cls: self._settled(cls, lambda run: run.reasons_of(cls)))
        self.holds = ReadingsMade(self._holds)
        self._era = PartReading(lambda run: run.era)
        places = {rule: place for place, rule in enumerate(g.validities)}
        self.in_force = ReadingsMade(lambda rule: self._in_force(rule, places.get(rule)))
        in_turn = [(n, w.calls_for, w.applies_to) for n, w in reversed([*enumerate(g.warnings)])]
        self.calls = ReadingsMade(lambda advice: [(n, cls) for n, called, cls in in_turn if called == advice])
        """The warnings that call for an advice, the last first: their places, and their situations."""
        self.calling = ReadingsMade(
            lambda advice: self._of_classes((c for _, c in self.calls[advice]), lambda run: run.calling(advice))
        )
        warned = [(n, self._a.verdicts.number(w.applies_to)) for n, w in enumerate(g.warnings)]
        self._warned = [(n, number) for n, number in warned if number is not None]
        self._always = [n for n, number in warned if number is None]
        self.holding = self._of_classes((w.applies_to for w in g.warnings), self._holding)
        self.programme = ReadingsMade(self._programme)
        self.touched = ReadingsMade(lambda name: PartReading(lambda run: run.knows_own(g.programmes[name])))

    def settling(self, read: Iterable[int | PartReading]) -> tuple[frozenset[int], frozenset[PartReading]]:
        """Return the cells that settle readings, and what else does."""
        cells: set[int] = set()
        others: set[PartReading] = set()
        for one in read:
            if isinstance(one, int):
                cells.update(self._a.verdicts.read_by(one))
            else:
                cells.update(one.cells or ())
                others.update(one.others)
        return frozenset(cells), frozenset(others)

    def _known(self, name: str) -> PartReading:
        """Return the reading of whether a date is known."""
        found = PartReading(lambda run: name in run.record.dates)
        self.no_dates[found] = False
        return found

    def _decided(self, name: str, of: Callable[[Run], Hashable]) -> PartReading:
        """Return a reading of the outcome of a decision, by its IRI."""
        decider = self._a.decider(name)
        known = tuple(self.known[date] for date in decider.dates_read)
        situation = (self._situation[name],) if decider.durations else ()
        return PartReading(of, decider.cells_read, (*known, *situation))

    def _programme(self, name: str) -> PartReading:
        """Return the reading of all of a programme, by its IRI, that its part depends on."""
        programme = self._a.guideline.programmes[name]
        outcomes = [self.outcome[e.decision] for e in programme.editions]
        cells, others = self.settling(outcomes)
        known = {self.known[date] for e in programme.editions for date in self._a.decider(e.decision).dates_read}
        by_day = StatesByDay(programme)
        field = self._a.guideline.choosing_field(programme)

        def key(run: Run) -> Hashable:
            day = None if field in run.record.ranges else run.record.dates.get(field or "")
            return by_day.of(day) if day else run.programme_run(programme).key()

        if by_day.constant is None:
            known.add(PartReading(key))

        def whole(run: Run) -> Hashable:
            return run.programme_run(programme).read()

        return PartReading(whole, tuple(sorted(cells)), tuple(sorted(known | others, key=_number)))

    def _in_force(self, rule: Validity, place: int | None) -> PartReading:
        if place is None:
            return PartReading(lambda run: run.in_force(rule))
        return PartReading(lambda run: run.era[place], (), (self._era,))

    def _holding(self, run: Run) -> Hashable:
        """Return the places of the warnings whose situation holds."""
        verdicts = run.by_number
        found = [n for n, number in self._warned if verdicts[number] == TRUE]
        return tuple(sorted(found + self._always))

    def _holds(self, cls: str) -> PartReading | None:
        """Return the reading of whether a class certainly holds; there is none of the class of all records."""
        number = self._a.verdicts.number(cls)
        return None if number is None else self._settled(cls, lambda run: run.by_number[number] == TRUE)

    def _settled(self, cls: str, of: Callable[[Run], Hashable]) -> PartReading:
        """Return the reading of something that the cells of a class settle."""
        number = self._a.verdicts.number(cls)
        reads = () if number is None else self._a.verdicts.read_by(number)
        return PartReading(of, reads, group=None if number is None else self._a.verdicts.group_of[number])

    def _of_classes(self, classes: Iterable[str | None], of: Callable[[Run], Hashable]) -> PartReading:
        """Return the reading of something that the cells of some classes settle."""
        numbers = {n for cls in classes if cls and (n := self._a.verdicts.number(cls)) is not None}
        return PartReading(of, tuple(sorted(self.settling(numbers)[0])))


class _MoreToRead:
    """In place of a part that late readings settle too."""


_MORE = _MoreToRead()


class ReadingKeys(NamedTuple):
    """What makes a key of the readings of a part, all of which are ``read``."""

    read: frozenset[Any]
    of: Key


class Settling(NamedTuple):
    """What settles all that a part was ever worked out from: cells, and readings, of which some are late."""

    cells: frozenset[int]
    of_cells: Callable[[Signature], Hashable]
    others: ReadingKeys
    late: ReadingKeys

    def more(self, cells: frozenset[int], others: frozenset[PartReading], late: frozenset[PartReading]) -> Settling:
        """Return what settles more; keys of more are longer, so that none is taken for another."""
        cells, others, late = cells | self.cells, others | self.others.read, late | self.late.read
        return Settling(
            cells,
            self.of_cells if cells == self.cells else cells_of(tuple(sorted(cells))),
            self.others if others == self.others.read else ReadingKeys(others, key_of(others)),
            self.late if late == self.late.read else ReadingKeys(late, key_of(late)),
        )

    def of(self, run: Run) -> tuple[Any, ...]:
        """Return the key of a record, but for late readings."""
        return self.of_cells(run.signature), self.others.of(run.readings)


class Remembered(Generic[T]):
    """A part of an answer, remembered by the values of all that it is worked out from.

    For each value of its ``first`` reading the key is made of all that was ever noted. Where one more is noted, the key
    grows by it, and what is remembered under the shorter one is not found again. Beside it the part is remembered by
    what settles all these readings, the cells of a record above all: that key repeats less and is made much sooner.
    """

    __slots__ = ("_by_cells", "_first", "_growing", "_keys", "_known", "_of_readings", "_work", "settling")

    def __init__(
        self, work: Callable[[Run], T], memories: SharedBound, size: int, first: PartReading | None = None
    ) -> None:
        self._work = work
        self._first = first
        self._keys: dict[Hashable, ReadingKeys] = {}
        self._of_readings: dict[frozenset[Any], ReadingKeys] = {}
        """What makes keys of some readings, which many first ones share."""
        self.settling = _SETTLED
        """What settles the part; it becomes more before the keys of readings do.

        So where it is asked for after these, it settles them.
        """
        self._known: BoundedMemory[Hashable, T] = BoundedMemory(memories, size)
        self._by_cells: BoundedMemory[Hashable, T | _MoreToRead] = BoundedMemory(memories, _BY_CELLS)
        self._growing = threading.Lock()

    def of(self, run: Run) -> T:
        """Return the part for a record."""
        settled = self.settling.of(run)
        found = self._by_cells.young.get(settled) or self._by_cells.get(settled)
        if isinstance(found, _MoreToRead):
            found = self._by_cells.get((*settled, self.settling.late.of(run.readings)))
        if found is not None:
            return found  # type: ignore[return-value]
        readings = run.readings
        first = readings[self._first] if self._first else None
        keys = self._keys.get(first) or self._keys.get(_FURTHER, NOTHING_READ)
        known = self._known.get((first, keys.of(readings)))
        if known is None:
            return self._work_out(run, first)
        settling = self.settling  # again: another thread may have made the keys longer
        settled, late = settling.of(run), settling.late.of(readings)
        if any(late):
            self._by_cells.put_again(settled, _MORE)
            settled = (*settled, late)
        self._by_cells.put_again(settled, known)
        return known

    def _work_out(self, run: Run, first: Hashable) -> T:
        outer, run.noted = run.noted, set()
        try:
            found = self._work(run)
            noted = run.noted
        finally:
            run.noted = outer
        noted.discard(self._first)
        own = first if first in self._keys or len(self._keys) < FIRSTS else _FURTHER
        if own not in self._keys or not noted <= self._keys[own].read:
            with self._growing:
                self._grow(run.a.readable, own, noted)
        return self._known.put((first, self._keys[own].of(run.readings)), found)

    def _grow(self, readable: Readable, first: Hashable, noted: set[Any]) -> None:
        """Make keys that have what was noted too, for a value of the first reading."""
        read = self._keys.get(first, NOTHING_READ).read | noted
        same = self._of_readings.get(read)
        if same is None:
            same = self._of_readings[read] = ReadingKeys(read, key_of(read))
        cells, others = readable.settling(read | {self._first} if self._first else read)
        late = frozenset(one for one in others if one.late)
        settling = self.settling
        if not (cells <= settling.cells and late <= settling.late.read and others - late <= settling.others.read):
            self.settling = settling.more(cells, others - late, late)
            readable.grown = object()
        self._keys[first] = same


class Together(Generic[T]):
    """Parts of an answer that are asked for together, and what is made of them, remembered by what settles them all.

    Statements of a box depend on the same few things, so that a record asks for one of these instead of for each.
    """

    __slots__ = ("_known", "_make", "_members", "_settling")

    def __init__(
        self,
        members: tuple[Remembered[Any], ...],
        make: Callable[[tuple[Any, ...]], T],
        memories: SharedBound,
    ) -> None:
        self._members = members
        self._make = make
        self._settling: tuple[tuple[Settling, ...], Settling] = (), _SETTLED
        """What settles each of the parts, when that was last looked at, and what settles all of them."""
        self._known: BoundedMemory[Hashable, T] = BoundedMemory(memories, _TOGETHER)

    def of(self, run: Run) -> T:
        """Return what is made of the parts for a record."""
        key = self._settling[1].of(run)
        found = self._known.young.get(key) or self._known.get(key)
        if found is None:
            made = self._make(tuple([member.of(run) for member in self._members]))
            # now, since to work out a part may have shown that more settles it
            found = self._known.put_again(self._all_settling().of(run), made)
        return found

    def _all_settling(self) -> Settling:
        """Return what settles all parts; nothing is late in it, so that it is all in the key."""
        each = tuple([member.settling for member in self._members])
        before, found = self._settling
        if len(each) != len(before) or any(map(is_not, each, before)):
            cells: frozenset[int] = frozenset().union(*(own.cells for own in each))
            others: frozenset[PartReading] = frozenset().union(*(own.others.read | own.late.read for own in each))
            found = found.more(cells, others, frozenset())
            self._settling = each, found
        return found


def _no_key(readings: Readings) -> tuple[Any, ...]:
    return ()


NOTHING_READ = ReadingKeys(frozenset(), _no_key)
_SETTLED = Settling(frozenset(), cells_of(()), NOTHING_READ, NOTHING_READ)


def key_of(read: frozenset[Any]) -> Key:
    """Return what makes a key of some readings; keys of more of them are longer, so that none is taken for another.

    Those of the same readings have their values in the same order, whatever the order in which a set has them.
    """
    ordered = sorted(read, key=lambda one: (0, one) if isinstance(one, int) else (1, one.number))
    if len(ordered) < 2:
        return lambda readings: tuple([readings[one] for one in ordered])
    return itemgetter(*ordered)
