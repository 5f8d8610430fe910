"""Which ids more than one row has, in bounded memory: hashes of all ids on disk, and the ids of those that repeat."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile, gettempdir
from typing import IO

import numpy as np
import pyarrow as pa

from lrp_kg.cohort.arrays import Array, once
from lrp_kg.cohort.buffers import as_column, flags, nulls
from lrp_kg.cohort.reading import File, ids_of
from lrp_kg.errors import CohortError
from lrp_kg.words import error as say

AT_ONCE = 1 << 21
"""Hashes that are compared together: 16 MB."""
_RANGES = 256
"""Parts of the range of hashes by which those of some rows are found on disk."""
_ENDS = np.arange(1, _RANGES, dtype=np.uint64) << np.uint64(56)
_FACTOR, _START = np.uint64(0x9E3779B97F4A7C15), np.uint64(0x243F6A8885A308D3)
_BITS = np.array([(1 << 8 * n) - 1 for n in range(9)], np.uint64)


class SeenIds:
    """The ids of rows so far, as hashes in a file of a folder."""

    def __init__(self, folder: Path) -> None:
        self._stream = TemporaryFile(dir=folder)  # noqa: SIM115  closed in `__exit__`
        self._runs: list[Array] = []

    def __enter__(self) -> SeenIds:
        return self

    def __exit__(self, *_: object) -> None:
        self._stream.close()

    def add(self, ids: pa.Array) -> bool:
        """Take the ids of further rows; return whether all of these differ."""
        hashes = np.sort(hashed(_there(ids)))
        self._runs.append(np.diff(np.searchsorted(hashes, _ENDS), prepend=0, append=len(hashes)))
        with _room():
            self._stream.write(hashes.tobytes())
        return not (hashes[1:] == hashes[:-1]).any()

    def suspect(self) -> Array:
        """Return the hashes that several rows have."""
        with _room():
            return _repeated(self._stream, np.array(self._runs, np.int64).reshape(-1, _RANGES))


@contextmanager
def _room() -> Iterator[None]:
    """Say of a disk that is full that it is not that of the answers."""
    try:
        yield
    except OSError as error:
        raise say(CohortError, "error-cohort-room", folder=gettempdir(), what=error.strerror) from None


def repeated_ids(files: Sequence[File], folder: Path) -> frozenset[str]:
    """Return the ids that more than one row of some files has; hashes of them are written to a folder."""
    with SeenIds(folder) as seen:
        for ids in _ids(files):
            seen.add(ids)
        suspect = seen.suspect()
    if not len(suspect):
        return frozenset()
    found: Counter[str] = Counter()
    for ids in _ids(files):
        places = np.flatnonzero(np.isin(hashed(ids), suspect))
        found.update(ids.take(as_column(places)).to_pylist())
    return frozenset(name for name, times in found.items() if times > 1)


def hashed(ids: pa.Array) -> Array:
    """Return a number of 64 bits for each text, the same for the same text."""
    starts, ends = (np.frombuffer(ids.buffers()[1], np.int32)[ids.offset + n :][: len(ids)] for n in (0, 1))
    data = np.zeros(int(ends[-1]) + 8 if len(ends) else 8, np.uint8)
    if ids.buffers()[2] is not None:
        data[: len(data) - 8] = np.frombuffer(ids.buffers()[2], np.uint8)[: len(data) - 8]
    words = np.ndarray((len(data) - 7,), "<u8", data, strides=(1,))
    left = (ends - starts).astype(np.int64)
    found = left.astype(np.uint64) * _FACTOR + _START
    rows, place = np.arange(len(left)), starts.astype(np.int64)
    while len(rows):
        word = words[place] & _BITS[np.minimum(left, 8)]
        mixed = (found[rows] ^ word) * _FACTOR
        found[rows] = mixed ^ (mixed >> np.uint64(29))
        more = left > 8
        rows, place, left = rows[more], place[more] + 8, left[more] - 8
    return found


def _ids(files: Sequence[File]) -> Iterator[pa.Array]:
    """Yield the ids of files as text, without rows that have none."""
    for file in files:
        for batch in file.batches(scan=True):
            yield _there(ids_of(batch))


def _there(ids: pa.Array) -> pa.Array:
    """Return ids without those that are none."""
    return ids.filter(flags(nulls(ids) == 0)) if ids.null_count else ids


def _repeated(stream: IO[bytes], runs: Array) -> Array:
    """Return the hashes that are more than once in a file of sorted runs, comparing some of their ranges at a time.

    ``runs`` says of each run how many hashes it has in each range.
    """
    begins = np.cumsum(runs).reshape(runs.shape) - runs
    found = [np.zeros(0, np.uint64)]
    for first, end in _together(runs.sum(axis=0).tolist()):
        own = []
        for begin, count in zip(begins[:, first].tolist(), runs[:, first:end].sum(axis=1).tolist(), strict=True):
            stream.seek(8 * begin)
            own.append(np.frombuffer(stream.read(8 * count), np.uint64))
        every = np.concatenate(own)
        every.sort(kind="stable")  # merges what is sorted in parts
        found.append(once(every[1:][every[1:] == every[:-1]]))
    return np.concatenate(found)


def _together(counts: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Yield the first of some ranges, and the one after the last, that have few hashes together, or are one."""
    first, held = 0, 0
    for place, count in enumerate(counts):
        if held and held + count > AT_ONCE:
            yield first, place
            first, held = place, 0
        held += count
    if held:
        yield first, len(counts)
