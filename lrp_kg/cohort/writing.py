"""Answers to a file, all or nothing: a Parquet, CSV or NDJSON file that has its name once it is whole."""

from __future__ import annotations

import contextlib
import os
import shutil
from base64 import b64encode
from collections.abc import Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol

import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq

from lrp_kg.cohort.choice import ANSWER, FACT
from lrp_kg.cohort.describing import KIND, description
from lrp_kg.cohort.inputs import EMPTY, ID, SEPARATOR
from lrp_kg.errors import CohortError
from lrp_kg.temporary import overlapping, place_of
from lrp_kg.words import error as say
from lrp_kg.words import of_system

NULLABLE = (ANSWER, FACT)
"""Kinds of columns in which a list of nothing says something else than no list."""
GROUP = 122_880
"""Rows of a row group."""
KINDS = (".parquet", ".csv", ".ndjson", ".jsonl")


def demand_kind(path: Path) -> None:
    """Raise `CohortError` where a file of answers has another suffix than one of `KINDS`."""
    if path.suffix.lower() not in KINDS:
        raise say(CohortError, "error-cohort-kind", file=str(path), known=", ".join(KINDS))


def demand_apart(read: Iterable[Path | None], written: Iterable[Path | None]) -> None:
    """Raise `CohortError` where what is written is, holds or is within what is read or written too."""
    if found := overlapping(read, written):
        raise say(CohortError, "error-files-overlap", file=str(found[0]), other=str(found[1]))


def not_written(path: Path, error: Exception) -> CohortError:
    """Return the error that a file cannot be written."""
    said = str(error).strip().partition("\n")[0].rstrip(".") or type(error).__name__
    what = of_system(error) if isinstance(error, OSError) and error.strerror else said
    return say(CohortError, "error-cohort-write", file=str(path), what=what)


class Target:
    """A file that is written beside its place, and moved there in the end."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._place = place_of(path)
            self._beside = self._place.with_name(f".{self._place.name}.{os.getpid()}.part")
            self._kept = self._beside.with_suffix(".old")
            self._moved = False
            """Whether the file has its name and could not be put back."""
            self.stream = self._beside.open("wb")
        except OSError as error:
            raise say(CohortError, "error-cohort-write", file=str(path), what=of_system(error)) from None

    def close(self) -> None:
        """Write all that is in a buffer."""
        self.stream.flush()
        os.fsync(self.stream.fileno())
        self.stream.close()

    def move(self) -> None:
        """Give the file its name; what had it before is kept until `drop`."""
        self._kept.unlink(missing_ok=True)
        if self._place.exists():
            try:
                os.link(self._place, self._kept)
            except OSError:  # a file system without links
                shutil.copy2(self._place, self._kept)
        self._beside.replace(self._place)

    def put_back(self) -> None:
        """Take the name from the file again, and give it to what had it before."""
        if self._beside.exists():
            return
        self._moved = True
        if self._kept.exists():
            self._kept.replace(self._place)
        else:
            self._place.unlink()
        self._moved = False

    def drop(self) -> None:
        """Remove what is not whole, where it has not been moved."""
        with contextlib.suppress(OSError):  # what is left in the buffer of a full disk
            self.stream.close()
        self._beside.unlink(missing_ok=True)
        if not self._moved:
            self._kept.unlink(missing_ok=True)


class Movable(Protocol):
    """What has its name once it is moved."""

    path: Path

    def close(self) -> None:
        """Write all that is in a buffer."""

    def move(self) -> None:
        """Give it its name."""

    def put_back(self) -> None:
        """Undo what was done of `move`."""


def move_all(targets: Sequence[Movable]) -> None:
    """Give all their names, or none: what had the names before is then there as before."""
    try:
        for target in targets:
            target.close()
        for target in targets:
            target.move()
    except BaseException as error:
        for own in targets:
            with contextlib.suppress(OSError):  # then what was there is kept beside its place
                own.put_back()
        if isinstance(error, OSError):
            raise not_written(target.path, error) from None
        raise


class Output:
    """Where answers and refused rows go; what is written is there once all of it is.

    A thread writes some rows while others are worked out.
    """

    def __init__(self, schema: pa.Schema, answers: Path, rejected: Path | None) -> None:
        demand_kind(answers)
        self._targets = [Target(answers)]
        try:
            if rejected is not None:
                self._targets.append(Target(rejected))
            self._writer = writer_of(answers.suffix.lower(), schema, self._targets[0].stream)
        except (CohortError, OSError):
            for target in self._targets:
                target.drop()
            raise
        self._thread = ThreadPoolExecutor(1)
        self._pending: Future[None] | None = None

    def __enter__(self) -> Output:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        try:
            if isinstance(error, OSError):
                raise self._not_written(error) from None
            if kind is None:
                self._wait()
                self._writer.close()
                move_all(self._targets)
        except OSError as refused:
            raise self._not_written(refused) from None
        finally:
            self._thread.shutdown()
            with contextlib.suppress(OSError, pa.ArrowException):  # a writer that is left open complains in the end
                self._writer.close()
            for target in self._targets:
                target.drop()

    def _wait(self) -> None:
        """Wait for what is being written, and raise what prevents it."""
        pending, self._pending = self._pending, None
        if pending:
            pending.result()

    def _not_written(self, error: OSError) -> CohortError:
        return not_written(self._targets[0].path, error)

    def write(self, answers: pa.RecordBatch, refused: Iterable[dict[str, Any]]) -> None:
        """Write some answers and refused rows, once those before them are."""
        left = list(refused)
        self._wait()
        self._pending = self._thread.submit(self._write, answers, left)

    def _write(self, answers: pa.RecordBatch, refused: Sequence[dict[str, Any]]) -> None:
        if answers.num_rows:
            self._writer.write_batch(answers)
        if len(self._targets) > 1:
            self._targets[1].stream.writelines(orjson.dumps(row) + b"\n" for row in refused)


def writer_of(suffix: str, schema: pa.Schema, stream: Any) -> Any:
    """Return what writes answers to a stream: it has ``write_batch`` and ``close``."""
    if suffix == ".parquet":
        return _Parquet(schema, stream)
    return _Csv(schema, stream) if suffix == ".csv" else _Lines(stream)


class _Parquet:
    """Writes Parquet in row groups of many rows, read with a schema also where the lists in them are `CODED`."""

    def __init__(self, schema: pa.Schema, stream: Any) -> None:
        self._schema = schema
        self._stream = stream
        repeated = [f"{f.name}.list.element" if pa.types.is_list(f.type) else f.name for f in schema if f.name != ID]
        sorted_ = [f.name for f in schema if not (pa.types.is_nested(f.type) or pa.types.is_dictionary(f.type))]
        self._form = {
            "compression": "zstd",
            "compression_level": 1,
            "use_dictionary": repeated,
            "write_statistics": sorted_,  # of categories and lists nobody could use them
            "store_schema": False,  # it would have lists of dictionaries
        }
        self._writer: pq.ParquetWriter | None = None
        self._held: list[pa.RecordBatch] = []

    def write_batch(self, batch: pa.RecordBatch) -> None:
        self._held.append(batch)
        if sum(held.num_rows for held in self._held) >= GROUP:
            self._flush()

    def _flush(self) -> None:
        held, self._held = self._held, []
        if held:
            self._opened(held[0].schema).write_table(pa.Table.from_batches(held), GROUP)

    def _opened(self, schema: pa.Schema) -> pq.ParquetWriter:
        if self._writer is None:
            self._writer = pq.ParquetWriter(self._stream, schema, **self._form)
            stored = {b"ARROW:schema": b64encode(self._schema.serialize())}
            self._writer.add_key_value_metadata(self._schema.metadata | stored)
        return self._writer

    def close(self) -> None:
        self._flush()
        self._opened(self._schema).close()


class _Csv:
    """Writes CSV: lists are joined, categories are text, what is not there is empty."""

    def __init__(self, schema: pa.Schema, stream: Any) -> None:
        self._schema = pa.schema([pa.field(f.name, _text_type(f.type)) for f in schema])
        self._writer = pyarrow.csv.CSVWriter(stream, self._schema)

    def write_batch(self, batch: pa.RecordBatch) -> None:
        arrays = [_as_text(batch.column(n), batch.field(n)).cast(f.type) for n, f in enumerate(self._schema)]
        self._writer.write_batch(pa.RecordBatch.from_arrays(arrays, schema=self._schema))

    def close(self) -> None:
        self._writer.close()


class _Lines:
    """Writes one JSON object a row."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def write_batch(self, batch: pa.RecordBatch) -> None:
        self._stream.writelines(orjson.dumps(row) + b"\n" for row in batch.to_pylist())

    def close(self) -> None:
        pass


def _text_type(kind: pa.DataType) -> pa.DataType:
    nested = pa.types.is_list(kind) or pa.types.is_dictionary(kind)
    return pa.string() if nested else kind


def _as_text(column: pa.Array, field: pa.Field) -> pa.Array:
    if pa.types.is_dictionary(column.type):
        return column.dictionary_decode()
    if not pa.types.is_list(column.type):
        return column
    joined = pc.binary_join(column, SEPARATOR)
    if description(field).get(KIND) in NULLABLE:
        joined = pc.if_else(pc.equal(pc.list_value_length(column), 0), EMPTY, joined)
    return joined
