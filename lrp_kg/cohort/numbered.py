"""Columns of Arrow by numbers: what is distinct in the rows, lists of texts or categories, is put together once.

The texts of a list are places in a dictionary (`CODED`): that is how Parquet stores them, and what it writes fastest.
Where something else reads them they are made texts (`decoded`).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from lrp_kg.cohort.arrays import Array, Numbering
from lrp_kg.cohort.buffers import TEXTS, as_column, texts

CODED = pa.list_(pa.dictionary(pa.int32(), pa.string()))
_NONE = -1


class ListTable:
    """Lists of texts by their numbers, while there come to be more of them; ``names`` begin the dictionary."""

    def __init__(self, names: Sequence[str] = ()) -> None:
        self._names = Numbering()
        self._names.recall(names)
        self._texts = texts(names)
        self._places = np.zeros(0, np.int32)
        self._begins = np.zeros(0, np.int32)
        self._lengths = np.zeros(0, np.int32)

    def __len__(self) -> int:
        return len(self._lengths)

    def add(self, values: Sequence[Sequence[str] | None]) -> None:
        """Give further lists the next numbers; ``None`` is no list."""
        places = [self._names.number(name) for value in values for name in value or ()]
        lengths = np.array([_NONE if value is None else len(value) for value in values], np.int32)
        ends = len(self._places) + np.cumsum(np.maximum(lengths, 0), dtype=np.int32)
        self._begins = np.concatenate([self._begins, ends - np.maximum(lengths, 0)])
        self._lengths = np.concatenate([self._lengths, lengths])
        self._places = np.concatenate([self._places, np.array(places, np.int32)])
        if len(self._texts) < len(self._names.values):
            self._texts = texts(self._names.values)

    def take(self, numbers: Array) -> pa.ListArray:
        """Return the list of each number, of type `CODED`."""
        lengths = self._lengths.take(numbers)
        absent = None
        if len(lengths) and lengths.min() < 0:
            absent = lengths < 0
            lengths = np.maximum(lengths, 0)
        ends = np.zeros(len(lengths) + 1, np.int32)
        np.cumsum(lengths, out=ends[1:])
        there = np.flatnonzero(lengths != 0)  # of truth values, which is faster than of numbers
        first = self._begins.take(numbers.take(there))
        if len(there) != ends[-1]:
            steps = np.ones(ends[-1], np.int32)  # from each member to the next: one, but to the first of the next list
            steps[0] = first[0]
            steps[ends.take(there[1:])] = np.diff(first) - lengths.take(there[:-1]) + 1
            first = np.cumsum(steps, dtype=np.int32, out=steps)
        values = pa.DictionaryArray.from_arrays(as_column(self._places.take(first)), self._texts, safe=False)
        valid = None if absent is None else pa.py_buffer(np.packbits(~absent, bitorder="little"))
        return pa.Array.from_buffers(CODED, len(lengths), [valid, pa.py_buffer(ends)], children=[values])


class CategoryTable:
    """Ordered categories by their numbers, while there come to be more of them."""

    def __init__(self, categories: Sequence[str]) -> None:
        self._categories = tuple(categories)
        self._places = np.zeros(0, np.int16)
        self._all = True

    def __len__(self) -> int:
        return len(self._places)

    def add(self, values: Sequence[str | None]) -> None:
        """Give further categories the next numbers; ``None`` is none."""
        self._all = self._all and None not in values
        further = [_NONE if value is None else self._categories.index(value) for value in values]
        self._places = np.concatenate([self._places, np.array(further, np.int16)])

    def take(self, numbers: Array) -> pa.Array:
        """Return the category of each number."""
        found = self._places.take(numbers)
        places = as_column(found) if self._all else as_column(np.maximum(found, 0), absent=found < 0)
        return categories_at(places, self._categories)


def categories_at(places: pa.Array, categories: Sequence[str]) -> pa.Array:
    """Return a column of ordered categories by their places."""
    return pa.DictionaryArray.from_arrays(places, texts(categories), ordered=True, safe=False)


def decoded(column: pa.Array) -> pa.Array:
    """Return lists whose texts are places in a dictionary as lists of texts, any other column as it is."""
    return column.cast(TEXTS) if column.type == CODED else column
