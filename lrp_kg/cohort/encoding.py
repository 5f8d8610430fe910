"""From a column of Arrow to the numbers of its values, each distinct value looked at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from functools import partial
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from lrp_kg.cohort.arrays import ABSENT, SMALL, WIDEST, Array, distinct, either
from lrp_kg.cohort.buffers import as_column, bits_of, nulls, numbers_of
from lrp_kg.durations import day_number

_TEXTS = 1 << 14
"""Texts of one key that Arrow looks up; with all that ever came each batch would take longer than the one before."""
_EVER = day_number(date.min), day_number(date.max)


class Distinct:
    """The distinct values of one key, each with a number; 0 is for no value."""

    def __init__(self) -> None:
        self.values: list[Any] = [None]
        self._numbers: dict[Any, int] = {}
        self._latest: tuple[pa.Array, Array] | None = None
        self._texts = pa.nulls(1, pa.string())
        self._of_texts: Array = np.zeros(1, np.int32)

    def of_dictionary(self, dictionary: pa.Array, from_text: Callable[[str | None], Any] | None) -> Array:
        """Return the numbers of the values of a dictionary, and 0 at the end; the same one often comes twice.

        ``from_text`` is the same at every call.
        """
        if self._latest is None or not self._latest[0].equals(dictionary):
            numbered = self._of_many_texts if pa.types.is_string(dictionary.type) else self._of_each
            self._latest = dictionary, np.append(numbered(dictionary, from_text), np.int32(0))
        return self._latest[1]

    def _of_each(self, values: pa.Array, from_text: Callable[[str | None], Any] | None) -> Array:
        every = values_of(values)
        if from_text is not None:
            every = [from_text(value) for value in every]
        return np.array([self.number(value) for value in every], np.int32)

    def _of_many_texts(self, texts: pa.Array, from_text: Callable[[str | None], Any] | None) -> Array:
        """Return what `_of_each` does, of texts of which some came before; some of the first that came are known."""
        places = pc.index_in(texts, value_set=self._texts)
        found = self._of_texts.take(_or_else(places, 0))
        new = np.flatnonzero(nulls(places))
        if len(new):
            further = texts.take(as_column(new))
            found[new] = numbers = self._of_each(further, from_text)
            if room := max(_TEXTS - len(self._texts), 0):
                self._texts = pa.concat_arrays([self._texts, further[:room]])
                self._of_texts = np.append(self._of_texts, numbers[:room])
        return found

    def number(self, value: Any) -> int:
        """Return the number of a value; of two that Python takes for equal, such as 1 and true, each its own."""
        if value is None or value != value:  # noqa: PLR0124 - only NaN is not itself
            return 0
        plain = isinstance(value, (str, bool, int, float, date))
        key = (type(value), value) if plain else orjson.dumps(value, default=repr)
        known = self._numbers.get(key)
        if known is None:
            known = self._numbers[key] = len(self.values)
            self.values.append(value)
        return known


class Codes(Mapping[str, Array]):
    """The numbers of the values of rows by key; those of a key are worked out when they are first asked for."""

    def __init__(self) -> None:
        self._found: dict[str, Array | Callable[[], Array]] = {}

    def __setitem__(self, key: str, codes: Array | Callable[[], Array]) -> None:
        self._found[key] = codes

    def __getitem__(self, key: str) -> Array:
        codes = self._found[key]
        if not isinstance(codes, np.ndarray):
            codes = self._found[key] = codes()
        return codes

    def __contains__(self, key: object) -> bool:
        return key in self._found

    def __iter__(self) -> Iterator[str]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)

    def head(self, size: int) -> Codes:
        """Return those of the first rows."""
        return self._some(lambda codes: codes[:size])

    def of(self, rows: Array) -> Codes:
        """Return those of some rows."""
        return self._some(lambda codes: codes.take(rows))

    def _some(self, choose: Callable[[Array], Array]) -> Codes:
        """Return those of the rows that are chosen of a column once somebody asks for it."""
        found = Codes()
        for key in self:
            found[key] = partial(self._chosen, key, choose)
        return found

    def _chosen(self, key: str, choose: Callable[[Array], Array]) -> Array:
        return choose(self[key])


def codes_of(column: pa.Array, own: Distinct, from_text: Callable[[str | None], Any] | None = None) -> Array:
    """Return the number of the value of each row; ``from_text`` says which value a text is."""
    return coding_of(column, own, from_text)()


def coding_of(
    column: pa.Array, own: Distinct, from_text: Callable[[str | None], Any] | None = None
) -> Callable[[], Array]:
    """Return what gives the number of the value of each row; the values themselves are numbered at once."""
    column = usual(column)
    kind = column.type
    if pa.types.is_null(kind):
        return lambda: np.zeros(len(column), np.int32)
    if pa.types.is_boolean(kind):
        false, true = own.number(False), own.number(True)
        numbers = np.array([false, true - false], np.int8 if len(own.values) < 1 << 7 else np.int32)
        small = numbers.dtype
        return lambda: (bits_of(column).astype(small) * numbers[1] + numbers[0]) * (1 - nulls(column)).astype(small)
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        lists = _of_lists(column, own)
        return lambda: lists
    if pa.types.is_nested(kind):
        nested = np.fromiter((own.number(value) for value in column.to_pylist()), np.int32, len(column))
        return lambda: nested
    encoded = _encoded(column)
    return partial(_of_places, encoded.indices, own.of_dictionary(encoded.dictionary, from_text))


def _encoded(column: pa.Array) -> pa.DictionaryArray:
    """Return a column as places in a dictionary of its values, which may have one twice."""
    kind = column.type
    known = pa.types.is_dictionary(kind) and pa.types.is_signed_integer(kind.index_type)
    return column if known else plain(column).dictionary_encode()


def _of_places(places: pa.Array, numbers: Array) -> Array:
    """Return the number at each place, the last for none."""
    found: Array = numbers.take(_or_else(places, len(numbers) - 1))
    return found


def _or_else(column: pa.Array, number: int) -> Array:
    """Return the numbers of a column, another where it has none."""
    found = numbers_of(column)
    return either(nulls(column), number, found) if column.null_count else found


def days_of(column: pa.Array) -> Array | None:
    """Return the days of a column of dates, `ABSENT` where there is none; ``None`` where it has no such days."""
    if not pa.types.is_date32(column.type):
        return None
    days = _or_else(column, ABSENT)
    never = np.count_nonzero(days < _EVER[0]) != column.null_count or days.max(initial=0) > _EVER[1]
    return None if never else days


def usual(column: pa.Array) -> pa.Array:
    """Return a column of lists that are stored in another way, or whose texts are, as usual lists."""
    kind = column.type
    odd = ("is_fixed_size_list", "is_list_view", "is_large_list_view")
    lists = ("is_list", "is_large_list")
    other = any(getattr(pa.types, name)(kind) for name in odd)
    if not other and not any(getattr(pa.types, name)(kind) for name in lists):
        return column
    member = pa.string() if pa.types.is_string_view(kind.value_type) else kind.value_type
    return pa.array(column.to_pylist(), pa.list_(member)) if other or member != kind.value_type else column


def values_of(column: pa.Array) -> list[Any]:
    """Return the values of a column; days that Python does not have are text, which is no date."""
    try:
        found: list[Any] = column.to_pylist()
    except (OverflowError, ValueError):
        if not pa.types.is_temporal(column.type):
            raise
        found = [_value(own) for own in column]
    return found


def _value(own: pa.Scalar) -> Any:
    try:
        return own.as_py()
    except (OverflowError, ValueError):
        return own.cast(pa.string()).as_py()


def plain(column: pa.Array) -> pa.Array:
    """Return a column as its values, text as plain text."""
    column = column.dictionary_decode() if pa.types.is_dictionary(column.type) else column
    return column.cast(pa.string()) if pa.types.is_string_view(column.type) else column


def _of_lists(column: pa.Array, own: Distinct) -> Array:
    """Return the numbers of lists: each is known by the places of its members, in their order."""
    members = column.flatten()
    if pa.types.is_nested(members.type):
        return np.fromiter((own.number(value) for value in column.to_pylist()), np.int32, len(column))
    lengths = _or_else(pc.list_value_length(column), 0)
    encoded = _encoded(members)
    longest = int(lengths.max(initial=0))
    if (len(encoded.dictionary) + 2) ** longest >= WIDEST:  # which may be for the values of more rows
        encoded = plain(members).dictionary_encode()
    base = len(encoded.dictionary) + 2
    if base**longest >= WIDEST:
        return np.fromiter((own.number(value) for value in column.to_pylist()), np.int32, len(column))
    kind: Any = np.int32 if base**longest < SMALL else np.int64
    digits = _or_else(encoded.indices, len(encoded.dictionary)).astype(kind) + kind(1)
    sums = np.zeros(len(digits) + 1, kind)  # what goes over in them is gone in their differences
    np.cumsum(digits * np.array([base**n for n in range(longest)] or [1], kind).take(_places(lengths)), out=sums[1:])
    ends = np.cumsum(lengths, dtype=np.int64)
    key = sums.take(ends) - sums.take(ends - lengths)
    key[nulls(column) != 0] = -1
    first, inverse = distinct([key])
    numbers = np.array([own.number(value) for value in column.take(as_column(first)).to_pylist()], np.int32)
    of_each: Array = numbers[inverse]
    return of_each


def _places(lengths: Array) -> Array:
    """Return the place of each member in its list, of lists of these lengths that follow each other."""
    there = lengths[lengths != 0]
    steps = np.ones(int(there.sum()), np.int32)
    if len(there):
        steps[0] = 0
        steps[np.cumsum(there[:-1], dtype=np.int64)] -= there[:-1]
    return np.cumsum(steps, dtype=np.int32, out=steps)
