"""Small tools for columns: numbers that are worked out once for each distinct key, and keys of several columns."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from functools import partial
from itertools import repeat
from math import prod
from typing import Any

import numpy as np

from lrp_kg.cohort.buffers import Array as Array
from lrp_kg.cohort.buffers import as_column, numbers_of

Column = Array | int
"""A number for each row, or one for all of them."""

WIDEST = 1 << 62
SMALL = 1 << 31
ABSENT = int(np.iinfo(np.int32).min)
"""In the place of a day that is not known."""
_KEYS = 1 << 18
"""Keys for which a table is made without a look at which of them there are."""
_AT_FIRST = 4096
"""Rows with new keys of which the keys are found at once."""
_CELLS = 32
"""Combinations of cells of some axes that are looked up at once."""
_PAIRS = 1 << 20
"""Pairs of numbers for which a table is made."""
REMEMBERED = 1_000_000
"""Keys that one memory holds, after which they are dropped."""


class NumberTable:
    """Numbers by small integer keys, in an array that grows; a key that is new is worked out once."""

    def __init__(self) -> None:
        self._numbers: Array = np.full(1024, -1, np.int32)

    def take(self, keys: Array, work_out: Callable[[int, int], int], size: int | None = None) -> Array:
        """Return the number of each key; ``work_out`` is called with a new key and the first row that has it.

        All keys are less than ``size``, where that is known.
        """
        if not len(keys):
            return np.zeros(0, np.int32)
        top = int(keys.max()) if size is None or size > _KEYS else size - 1
        if top >= len(self._numbers):
            grown = np.full(max(top + 1, 2 * len(self._numbers)), -1, np.int32)
            grown[: len(self._numbers)] = self._numbers
            self._numbers = grown
        found: Array = self._numbers.take(keys)
        if found.min() < 0:
            rows = np.flatnonzero(found < 0)
            while len(rows):  # first a few, which have most of the keys
                some = rows[:_AT_FIRST]
                first = some[distinct([keys.take(some)])[0]]
                for key, row in zip(keys[first].tolist(), first.tolist(), strict=True):
                    self._numbers[key] = work_out(key, row)
                rows = rows[len(some) :]
                rows = rows[self._numbers.take(keys.take(rows)) < 0]
            found = self._numbers.take(keys)
        return found

    def of_keys(self, size: int) -> Array:
        """Return the numbers of all keys that are less than a size, -1 of those that are new."""
        found = np.full(size, -1, np.int32)
        found[: len(self._numbers)] = self._numbers[:size]
        return found

    def __len__(self) -> int:
        return int((self._numbers >= 0).sum())

    def entries(self) -> tuple[list[int], list[int]]:
        """Return the keys, and the number of each."""
        keys = np.flatnonzero(self._numbers >= 0)
        return keys.tolist(), self._numbers[keys].tolist()

    def recall(self, keys: Sequence[int], numbers: Sequence[int]) -> None:
        """Have entries that were worked out before."""
        size = max(len(self._numbers), max(keys, default=0) + 1)
        self._numbers = np.full(size, -1, np.int32)
        self._numbers[np.array(keys, np.int64)] = numbers


class Memory:
    """Numbers by keys of several columns; what is new is worked out once."""

    def __init__(self) -> None:
        self._numbers: dict[Hashable, int] = {}
        self._width = 0
        self._table = NumberTable()

    def take(self, columns: Sequence[Column], work_out: Callable[[int], int]) -> Array:
        """Return a number for each row; ``work_out`` is called with the first row of each key that is new."""
        first, inverse = distinct([c for c in columns if not isinstance(c, int)])
        keys = zip(*(repeat(c) if isinstance(c, int) else c[first].tolist() for c in columns), strict=False)
        found = np.empty(len(first), np.int32)
        for place, (key, row) in enumerate(zip(keys, first.tolist(), strict=False)):
            found[place] = self._number(key, row, work_out)
        of_each: Array = found.take(inverse)
        return of_each

    def take_pairs(self, left: Array, right: Array, count: int, work_out: Callable[[int], int]) -> Array:
        """Return what `take` does of two columns, of which the second has numbers below ``count``, from a table."""
        width = 1 << count.bit_length()
        if not len(left) or (int(left.max()) + 1) * width > _PAIRS:
            return self.take([left, right], work_out)
        if width != self._width:
            self._width, self._table = width, NumberTable()
        keys = left * width + right
        return self._table.take(keys, lambda key, row: self._number(divmod(key, width), row, work_out))

    def _number(self, key: Hashable, row: int, work_out: Callable[[int], int]) -> int:
        number = self._numbers.get(key)
        if number is None:
            if len(self._numbers) >= REMEMBERED:
                self._numbers.clear()
            number = self._numbers[key] = work_out(row)
        return number

    def __len__(self) -> int:
        return len(self._numbers)

    def known(self, key: Hashable) -> int | None:
        """Return the number of a key; ``None`` where it is new."""
        return self._numbers.get(key)

    def entries(self) -> list[tuple[Any, int]]:
        """Return the keys, each with its number."""
        return list(self._numbers.items())

    def recall(self, entries: Iterable[tuple[Hashable, int]]) -> None:
        """Have entries that were worked out before."""
        self._numbers.update(entries)


def taken(column: Array, rows: Array) -> Array:
    """Return a column of some rows; one value for all rows stays one."""
    if column.strides == (0,) and len(column):
        return np.broadcast_to(column[0], len(rows))
    found: Array = column.take(rows)
    return found


_FEW = 8
"""Steps that are compared one by one, which is faster than a table."""
_WIDE = 1 << 12
"""Numbers between the first and the last of some steps of which there is a table."""


def either(chosen: Array, first: Array | np.integer[Any] | int, second: Array | np.integer[Any] | int) -> Array:
    """Return what `numpy.where` does of integers; without a branch for each row, which is slow where rows differ.

    It is of the kind of the columns, or of a wider one where a single number does not fit it.
    """
    sides = (first, second)
    kind = np.result_type(*[own.dtype for own in sides if isinstance(own, np.ndarray)] or [np.dtype(np.int8)])
    for side in sides:
        if not isinstance(side, np.ndarray) and not np.iinfo(kind).min <= side <= np.iinfo(kind).max:
            kind = np.result_type(kind, np.min_scalar_type(int(side)))
    own, other = (s.astype(kind, copy=False) if isinstance(s, np.ndarray) else kind.type(s) for s in sides)
    found: Array = chosen.astype(kind)
    np.negative(found, out=found)
    found &= own ^ other
    found ^= other
    return found


def passed(steps: Sequence[int] | Array, values: Array) -> Array:
    """Return how many of some steps, which are sorted, each value has reached."""
    if not len(values):
        return np.zeros(0, np.int16)
    own = np.asarray(steps)
    kind: Any = np.int16 if len(own) <= np.iinfo(np.int16).max else np.int64
    already, last = np.searchsorted(own, [values.min(), values.max()], side="right").tolist()
    own = own[already:last]
    if len(own) > _FEW:
        first, width = int(own[0]) - 1, int(own[-1]) - int(own[0]) + 2
        if width > _WIDE:
            counts: Array = np.searchsorted(own, values, side="right").astype(kind) + kind(already)
            return counts
        table = np.searchsorted(own, np.arange(first, first + width), side="right") + already
        of_each: Array = table.astype(kind).take(np.clip(values, first, first + width - 1) - first)
        return of_each
    found = np.full(len(values), already, kind)
    for step in own.tolist():
        found += values >= step
    return found


def once(values: Array) -> Array:
    """Return the distinct values of a column, sorted; `numpy.unique` imports what is needed for nothing else here."""
    found = np.sort(values)
    return found[np.diff(found, prepend=found[:1] - 1) != 0] if len(found) else found


def values_of(columns: Sequence[Column], row: int) -> tuple[int, ...]:
    """Return the values of a row."""
    return tuple(c if isinstance(c, int) else int(c[row]) for c in columns)


def mixed(columns: Sequence[Column], sizes: Sequence[int], rows: int) -> Array:
    """Return one key of several columns for each row, where the product of their sizes is small."""
    several = [column for column, size in zip(columns, sizes, strict=True) if size > 1]
    if len(several) == 1 and not isinstance(several[0], int):
        return several[0]
    key = np.zeros(rows, np.int32)
    for column, size in zip(columns, sizes, strict=True):
        if size > 1:
            key *= np.int32(size)
            key += column
    return key


def joined(columns: Sequence[Array], widths: Sequence[int]) -> Array:
    """Return one key of columns of small numbers, in as few bytes as it takes; each is from 0 to below its width."""
    kind = np.min_scalar_type(prod(widths))
    found = columns[0]
    for column, width in zip(columns[1:], widths[1:], strict=True):
        found = found.astype(kind, copy=False) * kind.type(width)
        found += column.astype(kind, copy=False)
    return found


def appended(key: Array, column: Array, bits: int) -> Array:
    """Return a key of 8 bytes that ends in so many bits of a column; raises `OverflowError` where it has no room."""
    if len(key) and int(key.max()) << bits >= WIDEST:
        raise OverflowError("the cells on which a decision depends are more than a key has room for")
    return (key << bits) | column


def spread(column: Column, places: Array, size: int) -> Column:
    """Return a column of some rows as one of all rows, -1 in the others."""
    if not len(places):
        return -1
    found = np.full(size, -1, np.int64)
    found[places] = column
    return found


DENSE = 1 << 18
"""Size of a space of keys up to which a table of all of them is cheaper than a table of those that occur."""


def distinct(columns: Sequence[Array]) -> tuple[Array, Array]:
    """Return the first row of each distinct combination of columns of integers, and for each row which one it has."""
    key, size = np.zeros(len(columns[0]), np.int64), 1
    for column in columns:
        if not len(column) or column.strides == (0,):
            continue
        low = int(column.min())
        width = int(column.max()) - low + 1
        if width == 1:
            continue
        own = column.astype(np.int64)
        if width > WIDEST:
            own, width, low = *_encoded(own), 0
        if size * width >= WIDEST:
            key, size = _encoded(key)
            if size * width >= WIDEST:
                own, width, low = *_encoded(own - low), 0
        key = own - low if size == 1 else key * width + (own - low)
        size *= width
    if size == 1:
        return np.zeros(min(1, len(key)), np.int64), key
    places = key if size <= DENSE else _encoded(key)[0]
    count = size if size <= DENSE else int(places.max()) + 1
    first = np.full(count, -1, np.int64)
    first[places[::-1]] = np.arange(len(places) - 1, -1, -1)
    if size > DENSE:
        return first, places
    there = np.flatnonzero(first >= 0)
    renumbered = np.empty(count, np.int64)
    renumbered[there] = np.arange(len(there))
    return first[there], renumbered.take(places)


def _encoded(key: Array) -> tuple[Array, int]:
    """Return numbers for the distinct values of a column, in the order in which they come, and how many there are."""
    encoded = as_column(key).dictionary_encode()
    return numbers_of(encoded.indices).astype(np.int64), len(encoded.dictionary)


class Numbering:
    """Values in the order in which they came, each once."""

    def __init__(self) -> None:
        self.values: list[Any] = []
        self._numbers: dict[Hashable, int] = {}

    def number(self, value: Hashable) -> int:
        """Return the number of a value."""
        known = self._numbers.get(value)
        if known is None:
            known = self._numbers[value] = len(self.values)
            self.values.append(value)
        return known

    def recall(self, values: Iterable[Hashable]) -> None:
        """Have values that came before, in their order; there are none yet."""
        self.values += values
        self._numbers.update((value, number) for number, value in enumerate(self.values))


class ResultTable:
    """What a function makes of numbered values, of each once, while there come to be more of them."""

    def __init__(self, values: list[Any], function: Callable[[Any], int]) -> None:
        self._values = values
        self._function = function
        self._made: Array = np.zeros(0, np.int16)

    def take(self, numbers: Array) -> Array:
        """Return what the function makes of the value of each number."""
        known = len(self._made)
        if known < len(self._values):
            new = [self._function(value) for value in self._values[known:]]
            self._made = np.concatenate([self._made, np.array(new, np.int16)])
        found: Array = self._made.take(numbers)
        return found


class Automaton:
    """Reads the cells of rows, some axes at once, and remembers each step from one state to the next."""

    def __init__(
        self,
        start: Hashable,
        axes: Sequence[tuple[int, ...]],
        sizes: Sequence[int],
        step: Callable[[Any, int, tuple[int, ...]], Hashable],
    ) -> None:
        self.states = Numbering()
        self.states.number(start)
        self._axes = axes
        self._widths = [size + 1 for size in sizes]
        self._step = step
        self._together = self._few(range(len(axes)))
        self.tables = [NumberTable() for _ in self._together]

    def _few(self, axes: Iterable[int]) -> list[list[int]]:
        """Return axes that follow each other in groups, of which there are few combinations of cells."""
        found: list[list[int]] = []
        count = _CELLS + 1
        for axis in axes:
            own = prod(self._widths[v] for v in self._axes[axis])
            count *= own
            if count > _CELLS:
                found.append([])
                count = own
            found[-1].append(axis)
        return found

    def run(self, cells: Sequence[Array]) -> Array:
        """Return the number of the state in which each row ends."""
        state = np.zeros(len(cells[self._axes[0][0] if self._axes else 0]) if cells else 0, np.int32)
        for axes, table in zip(self._together, self.tables, strict=True):
            variables = [v for axis in axes for v in self._axes[axis]]
            widths = [self._widths[v] for v in variables]
            width, size = prod(widths), len(self.states.values) * prod(widths)
            own = joined([cells[v] for v in variables], widths)
            key = state * (width if size <= SMALL else np.int64(width))
            key += own
            state = table.take(key, partial(self._next, axes), size)
        return state

    def _next(self, axes: Sequence[int], key: int, _row: int) -> int:
        chosen: list[tuple[int, tuple[int, ...]]] = []
        for axis in reversed(axes):
            own: list[int] = []
            for variable in reversed(self._axes[axis]):
                key, cell = divmod(key, self._widths[variable])
                own.append(cell)
            chosen.append((axis, tuple(reversed(own))))
        state = self.states.values[key]
        for axis, cells in reversed(chosen):
            state = self._step(state, axis, cells)
        return self.states.number(state)
