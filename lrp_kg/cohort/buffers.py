"""Between columns of Arrow and arrays of NumPy, by their buffers.

Arrow's own ways (`pyarrow.array`, `to_numpy`, scalars of `pyarrow.compute`) look for pandas, which takes a quarter of a
second to import and is needed for none of this.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

Array = np.ndarray[Any, Any]
_TYPES = {np.dtype(name): getattr(pa, name)() for name in ("int8", "int16", "int32", "int64", "uint8", "uint64")}
_WIDTHS = {pa.date32(): np.dtype(np.int32)} | {own: dtype for dtype, own in _TYPES.items()}
TEXTS = pa.list_(pa.string())
_SPACE, _LAST = 0x20, 0x7E
"""The printable characters of ASCII are these and those between them."""


def numbers_of(column: pa.Array) -> Array:
    """Return the numbers of a column of integers or days; where there is no value, any number."""
    dtype = _WIDTHS[column.type]
    if not len(column):
        return np.zeros(0, dtype)
    return np.frombuffer(column.buffers()[1], dtype)[column.offset : column.offset + len(column)]


def bits_of(column: pa.Array) -> Array:
    """Return the truth values of a column as 0 and 1; where there is none, either."""
    return _unpacked(column.buffers()[1], column)


def nulls(column: pa.Array) -> Array:
    """Return 1 where there is no value, else 0."""
    if not column.null_count:
        return np.zeros(len(column), np.uint8)
    if pa.types.is_null(column.type):
        return np.ones(len(column), np.uint8)
    found: Array = 1 - _unpacked(column.buffers()[0], column)
    return found


def _unpacked(buffer: pa.Buffer | None, column: pa.Array) -> Array:
    if buffer is None:
        return np.zeros(len(column), np.uint8)
    first, end = column.offset // 8, (column.offset + len(column) + 7) // 8
    bits = np.unpackbits(np.frombuffer(buffer, np.uint8)[first:end], bitorder="little")
    found: Array = bits[column.offset % 8 :][: len(column)]
    return found


def as_column(numbers: Array, kind: pa.DataType | None = None, absent: Array | None = None) -> pa.Array:
    """Return numbers as a column, with no value where it is ``absent``."""
    own = np.ascontiguousarray(numbers)
    valid = None if absent is None else pa.py_buffer(np.packbits(~absent, bitorder="little"))
    return pa.Array.from_buffers(kind or _TYPES[own.dtype], len(own), [valid, pa.py_buffer(own)])


def column_of(values: Sequence[Any], kind: pa.DataType) -> pa.Array:
    """Return whole numbers, truth values, texts or lists of texts as a column of a kind; ``None`` is no value."""
    if kind == pa.string():
        return texts(values)
    if kind == TEXTS:
        return lists(values)
    filled = [value or 0 for value in values]
    if kind == pa.bool_():
        buffers = [_valid(values), pa.py_buffer(np.packbits(np.array(filled, bool), bitorder="little"))]
        return pa.Array.from_buffers(kind, len(values), buffers)
    absent = np.array([value is None for value in values], bool)
    return as_column(np.array(filled, _WIDTHS[kind]), kind, absent if absent.any() else None)


def flags(values: Array) -> pa.Array:
    """Return truth values as a column."""
    return pa.Array.from_buffers(pa.bool_(), len(values), [None, pa.py_buffer(np.packbits(values, bitorder="little"))])


def texts(values: Sequence[str | None]) -> pa.Array:
    """Return texts as a column."""
    encoded = [b"" if value is None else value.encode() for value in values]
    buffers = [_valid(values), _ends([len(own) for own in encoded]), pa.py_buffer(b"".join(encoded))]
    return pa.Array.from_buffers(pa.string(), len(values), buffers)


def lists(values: Sequence[Sequence[str] | None]) -> pa.Array:
    """Return lists of texts as a column."""
    members = texts([member for own in values for member in own or ()])
    ends = _ends([len(own or ()) for own in values])
    return pa.Array.from_buffers(TEXTS, len(values), [_valid(values), ends], children=[members])


def _valid(values: Sequence[Any]) -> pa.Buffer | None:
    there = np.array([value is not None for value in values], bool)
    return None if there.all() else pa.py_buffer(np.packbits(there, bitorder="little"))


def _ends(lengths: Sequence[int]) -> pa.Buffer:
    return pa.py_buffer(np.cumsum([0, *lengths]).astype(np.int32))


def plain_texts(column: pa.Array, longest: int) -> bool:
    """Return whether each text begins with a visible character, and is of printable ASCII, and not too long.

    Of a column of which that is not so, each text has to be looked at.
    """
    if not len(column) or column.null_count or not pa.types.is_string(column.type):
        return False
    offsets = np.frombuffer(column.buffers()[1], np.int32)[column.offset : column.offset + len(column) + 1]
    lengths = np.diff(offsets)
    if not 0 < lengths.min() <= lengths.max() <= longest:
        return False
    data = np.frombuffer(column.buffers()[2], np.uint8)
    own = data[offsets[0] : offsets[-1]]
    return bool(_SPACE <= own.min() and own.max() <= _LAST and data[offsets[:-1]].min() > _SPACE)
