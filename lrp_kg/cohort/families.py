"""What the constraints of records look at in each row of a cohort: combinations of the values of some columns."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence, Set
from datetime import date
from itertools import product
from math import prod

import numpy as np

from lrp_kg.cohort.arrays import ABSENT, Array, either, once
from lrp_kg.cohort.inputs import Portion, is_absent
from lrp_kg.cohort.measures import added
from lrp_kg.durations import day_number, parse_period
from lrp_kg.guideline.model import DateSpan, Field

_MANY = 300
"""Combinations of values that are looked through before their columns are."""
_WORD = 31
"""Flags that are put together into one number."""
_NO_DAY = -6000
"""In the place of the kind of a day that is not there; kinds are three for each year since 1970."""
_NEAR = 3
"""Days around the end of a period within which every pair of dates is validated itself."""


class Family:
    """What one constraint looks at in each row: combinations of the values of some columns."""

    def __init__(self, columns: Sequence[Array], options: Sequence[Sequence[int]] = ()) -> None:
        self._columns = columns
        self.options = options
        """The numbers that the values of each column can have, as far as that is known without a look at the rows."""

    def each_is_known(self, _known: Set[tuple[int, ...]]) -> bool:
        """Return whether each combination of the ``options`` is among ``known`` ones."""
        return False

    def columns(self) -> Sequence[Array]:
        """Return the columns of which each combination is to be proven."""
        return self._columns

    def proven(self, known: Set[tuple[int, ...]]) -> bool:
        """Return whether it is certain, without a look at each row, that all combinations are among ``known`` ones."""
        if not self._columns or not len(self._columns[0]) or any(c.strides != (0,) for c in self._columns):
            return False
        return tuple(int(c[0]) for c in self._columns) in known


class OfFields(Family):
    """Of some fields whether there is a value, as bits, and the values of others.

    ``flags`` and ``options`` are the numbers that the values of the first and of the others can have, in the order of
    their ``names``; ``seen`` are the bits that rows have.
    """

    def __init__(
        self,
        names: Sequence[str],
        flags: Sequence[Sequence[int]],
        options: Sequence[Sequence[int]],
        columns: Callable[[], Sequence[Array]],
        seen: Callable[[], Sequence[tuple[int, ...]]],
    ) -> None:
        super().__init__([], (*flags, *options))
        self._seen = seen
        self._values = options
        self._names = names
        self._flags = len(flags)
        self._options = dict(zip(names, (*flags, *options), strict=True))
        self._made = columns

    def columns(self) -> Sequence[Array]:
        """Return the columns of which each combination is to be proven."""
        return self._made()

    def proven(self, known: Set[tuple[int, ...]]) -> bool:
        """Return whether each combination that there can be is known, or else each of bits that rows have."""
        return self.each_is_known(known) or self._each_seen_is_known(known)

    def _each_seen_is_known(self, known: Set[tuple[int, ...]]) -> bool:
        count = prod(map(len, self._values))
        if not (self._flags and known and 0 < count <= _MANY):
            return False
        bits = self._seen()
        return count * len(bits) <= max(_MANY, len(known)) and all(
            (*own, *values) in known for own in bits for values in product(*self._values)
        )

    def each_is_known(self, known: Set[tuple[int, ...]]) -> bool:
        """Return whether each combination of the options is known."""
        count = prod(map(len, self._options.values()))
        if not 0 < count <= max(_MANY, len(known) + 1):
            return False
        places = [list(self._options).index(name) for name in self._names]
        every = ([own[place] for place in places] for own in product(*self._options.values()))
        return all((*_bits(own[: self._flags]), *own[self._flags :]) in known for own in every)


def packed(flags: Sequence[Array], size: int) -> Iterator[Array]:
    """Yield columns of flags as bits of one number, or of several where they are many."""
    for first in range(0, len(flags), _WORD):
        some = [(place, own) for place, own in enumerate(flags[first : first + _WORD]) if own.strides != (0,)]
        bits = np.zeros(size, np.int32) if some else np.broadcast_to(np.int32(0), size)
        for place, own in some:
            bits |= own.astype(np.int32) << place
        yield bits


def _bits(values: Sequence[int]) -> Iterator[int]:
    """Yield the same numbers for one row, of values that are 0 where there is none."""
    for first in range(0, len(values), _WORD):
        yield sum((value > 0) << place for place, value in enumerate(values[first : first + _WORD]))


class OfDays(Family):
    """The year of each day, and whether it is before the first or after the last that can be."""

    def __init__(self, days: Array, f: Field, beside: Sequence[Array]) -> None:
        super().__init__(beside)
        self._days = days
        self._ends = [day_number(day) if day else None for day in (f.first_day, f.last_day)]

    def columns(self) -> Sequence[Array]:
        """Return the columns of which each combination is to be proven."""
        absent = self._days == ABSENT
        days = either(absent, self._days.max(initial=0), self._days)
        first, last = (int(days.min()), int(days.max())) if len(days) else (0, 0)
        kind = self._kind(np.arange(first, last + 1))[days - first] if last - first < len(days) else self._kind(days)
        return [either(absent, _NO_DAY, kind), *self._columns]

    def _kind(self, days: Array) -> Array:
        years = days.astype("datetime64[D]").astype("datetime64[Y]").astype(np.int64)
        first, last = self._ends
        before = days < first if first is not None else np.zeros(len(days), bool)
        after = days > last if last is not None else np.zeros(len(days), bool)
        found: Array = years * 3 + before + 2 * after
        return found

    def proven(self, known: Set[tuple[int, ...]]) -> bool:
        """Return whether each combination that rows have is surely known."""
        if self._columns or not len(self._days):
            return False
        last = int(self._days.max())
        if (_NO_DAY,) not in known or last == ABSENT:
            return last == ABSENT and (_NO_DAY,) in known
        first = int(either(self._days == ABSENT, last, self._days).min())
        kinds = self._kind(np.arange(first, last + 1))
        return {(kind,) for kind in once(kinds).tolist()} <= known


class OfOrder(Family):
    """Which of two dates is the later one."""

    def __init__(self, first: Array, second: Array) -> None:
        super().__init__([])
        self._first = first
        self._second = second

    def columns(self) -> Sequence[Array]:
        """Return the columns of which each combination is to be proven."""
        a, b = self._first, self._second
        return [either((a == ABSENT) | (b == ABSENT), 0, np.sign(a - b) + 2)]

    def proven(self, known: Set[tuple[int, ...]]) -> bool:
        """Return whether each combination that rows have is surely known."""
        if (0,) in known and (is_absent(self._first) or is_absent(self._second)):
            return True
        all_but_later = {(0,), (1,), (2,)} <= known
        return all_but_later and not ((self._first > self._second) & (self._second != ABSENT)).any()


class OfSpan(Family):
    """Where a day is beside the end of the period in which it must be; near it, both days themselves."""

    def __init__(self, batch: Portion, span: DateSpan) -> None:
        super().__init__([])
        self._own, self._start = batch.days[span.field], batch.days[span.counted_from]
        self._period = span.within
        months, days = parse_period(span.within)
        self._surely = months // 12 * 365 + months % 12 * 28 + days
        """Days that the period has at least."""

    def columns(self) -> Sequence[Array]:
        """Return the columns of which each combination is to be proven."""
        own, start = self._own, self._start
        there = (own != ABSENT, start != ABSENT)
        both = np.flatnonzero(there[0] & there[1])
        side, near, near_start = (np.zeros(len(own), np.int64) for _ in range(3))
        ends = added(start[both], self._period)
        beyond = own[both] - np.where(ends == ABSENT, day_number(date.max), ends)
        side[both] = np.sign(beyond) + 2
        close = both[np.abs(beyond) <= _NEAR]
        near[close], near_start[close] = own[close], start[close]
        return [*there, side, near, near_start]

    def proven(self, known: Set[tuple[int, ...]]) -> bool:
        """Return whether each combination that rows have is surely known."""
        within = {(1, 1, 1, 0, 0), (1, 0, 0, 0, 0), (0, 1, 0, 0, 0), (0, 0, 0, 0, 0)} <= known
        both = (self._own != ABSENT) & (self._start != ABSENT)
        return within and not (np.where(both, self._own - self._start, 0) >= self._surely - _NEAR).any()
