"""Parts of answers, remembered by what they were worked out from.

While a part is worked out, what it reads of the record is noted (`readings`). The values of these readings are the key
under which the part is remembered. So the key is complete by how it is made: the same work with the same values of all
that it read gives the same part.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from operator import is_not, itemgetter
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

from lrp_kg.answer.readings import PartReading, Readable, Readings
from lrp_kg.logic.cells import Signature, cells_of
from lrp_kg.logic.memory import BoundedMemory, SharedBound

if TYPE_CHECKING:
    from lrp_kg.answer.run import Run

T = TypeVar("T")
Key = Callable[[Readings], tuple[Any, ...]]
FIRSTS = 300
"""Values of a first reading that have a key of their own; all further ones share one."""
_FURTHER = "further"
_BY_CELLS, _TOGETHER = 400, 2500
"""Bytes that what is known by cells takes, of one part and of parts together, about.

That is their keys, and what only they still hold of parts that are known by readings no more.
"""


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
