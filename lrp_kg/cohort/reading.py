"""Rows from files, some at a time: CSV by DuckDB, Parquet by Arrow, NDJSON as records are read everywhere."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from lrp_kg.cohort.buffers import TEXTS
from lrp_kg.cohort.csv_head import head_of_csv
from lrp_kg.cohort.encoding import plain
from lrp_kg.cohort.inputs import ID, ids_as_text
from lrp_kg.errors import CohortError, RecordError
from lrp_kg.findings import Finding
from lrp_kg.record.lines import LONGEST, numbered_lines
from lrp_kg.record.strict_json import decode, named_kind, parse_json
from lrp_kg.temporary import demand_regular
from lrp_kg.words import error as say
from lrp_kg.words import of_system

if TYPE_CHECKING:
    import duckdb

    from lrp_kg.cohort.mapping import ColumnMapping

ROWS = 122_880
"""Rows that are looked at together: a row group of DuckDB."""
_LARGE = ROWS // 4
"""Rows of a row group from which on it is read by itself."""
LINES = 20_000
PIECE = 32 * 1024 * 1024
"""Bytes of a piece of NDJSON: so many that starting to read one costs nothing beside it."""
BUFFER = 1024 * 1024
"""Bytes of a column of Parquet that are read at once. To read ahead, Arrow would keep all that it has read."""
_INVALID = "state machine reached an invalid state"
"""What DuckDB says where lines of CSV end in several ways."""
_CAUSES = ("Expected Number of Columns", "Value with unterminated quote", "Invalid unicode", "Maximum line size")
"""How the line of an error of DuckDB begins that says what is wrong with a line of CSV."""
CSV = (".csv",)
_HIDDEN = "_."
"""How the name of a file begins that is no part of a table."""
BESIDE = 5
"""Other files of a folder that an error names."""
KINDS = {".csv": "csv", ".parquet": "parquet", ".ndjson": "ndjson", ".jsonl": "ndjson"}


@dataclass(frozen=True)
class JsonLines:
    """Lines of JSON: the records that were read, and by place among them what is wrong with those that were not."""

    records: list[Mapping[str, Any]]
    broken: dict[int, Finding]


def parts_of(path: Path) -> list[Path]:
    """Return the files of a table: itself, or the parts of a folder of Parquet, in the order of their names.

    Raises `CohortError` where the folder holds folders, or other files than those that programs hide in it: rows could
    be in them, or they could say which of the parts are not valid any more.
    """
    if path.suffix.lower() != ".parquet" or not path.is_dir():
        return [path]
    try:
        inside = sorted(path.iterdir())
    except OSError as error:
        raise say(CohortError, "error-file", file=str(path), what=of_system(error)) from None
    rows = [own for own in inside if own.name[0] not in _HIDDEN]
    parts = [own for own in rows if own.suffix.lower() == ".parquet" and not own.is_dir()]
    others = [own.name for own in inside if own.is_dir() or (own in rows and own not in parts)]
    if parts and others:
        raise say(CohortError, "error-cohort-beside", file=str(path), names=", ".join(others[:BESIDE]))
    return parts or [path]


@dataclass(frozen=True)
class FilePiece:
    """Some rows of a file: from one row group of Parquet, or one byte of NDJSON, to before another."""

    first: int
    end: int


class File:
    """A file with one record a row.

    Only CSV needs a connection. Parquet ``of_text`` is what CSV was turned into: all its values are text.
    """

    def __init__(
        self,
        path: Path,
        connection: duckdb.DuckDBPyConnection | None = None,
        mapping: ColumnMapping | None = None,
        *,
        of_text: bool = False,
    ) -> None:
        self._mapping = mapping
        self.path = path
        self._connection = connection.cursor() if connection else None
        if path.is_dir():
            raise say(CohortError, "error-cohort-parts", file=str(path))
        kind = KINDS.get(path.suffix.lower())
        if kind is None:
            raise say(CohortError, "error-cohort-kind", file=str(path), known=", ".join(KINDS))
        self.kind = kind
        self.text = of_text or kind == "csv"
        """Whether all values are text."""
        try:
            demand_regular(path)  # it is read more than once
            with path.open("rb"):
                pass
            self.own_names = self._names()
        except self._errors() as error:
            raise self._unreadable(error) from None
        mapped = mapping and self.kind != "ndjson"
        self.names = mapping.names(self.own_names) if mapping and mapped else self.own_names

    def _errors(self) -> tuple[type[Exception], ...]:
        """Return what reading can raise; only for CSV is DuckDB imported, which takes a while."""
        if self.kind != "csv":
            return OSError, pa.ArrowException
        import duckdb

        return OSError, pa.ArrowException, csv.Error, duckdb.Error

    def _unreadable(self, error: Exception) -> CohortError:
        # an OSError of Arrow has no number, and says what is wrong in its text
        what = of_system(error) if isinstance(error, OSError) and error.strerror else _first_line(error)
        if _INVALID in what:
            return say(CohortError, "error-cohort-line-ends", file=str(self.path))
        return say(CohortError, "error-file", file=str(self.path), what=what)

    def _csv(self, columns: Sequence[str] | None) -> Any:
        """Return the rows of CSV; nothing of its form is guessed from them, and a line of another form is an error."""
        chosen = "*" if columns is None else ", ".join(_quoted(name, '"') for name in columns)
        types = ", ".join(f"{_quoted(name, chr(39))}: 'VARCHAR'" for name in self.own_names)
        form = f"delim = {_quoted(self._delimiter, chr(39))}, quote = '\"', escape = '\"', header = true"
        assert self._connection  # noqa: S101
        return self._connection.sql(
            f"SELECT {chosen} FROM read_csv($1, columns = {{{types}}}, auto_detect = false, {form})",  # noqa: S608
            params=[str(self.path)],
        )

    def _names(self) -> list[str]:
        if self.kind == "parquet":
            return list(pq.ParquetFile(self.path).schema_arrow.names)
        if self.kind == "ndjson":
            return []
        head = head_of_csv(self.path)
        self._delimiter = head.delimiter
        return head.names

    def pieces(self, rows: int = ROWS, size: int = PIECE) -> list[FilePiece]:
        """Return the pieces of Parquet or NDJSON, of at least so many rows, or bytes."""
        if self.kind == "ndjson":
            length = self.path.stat().st_size
            starts = [*range(0, max(length - size // 2, 1), size), length]
        else:
            metadata = pq.ParquetFile(self.path).metadata
            starts, held = [0], 0
            for group in range(metadata.num_row_groups):
                held += metadata.row_group(group).num_rows
                if held >= rows:
                    starts.append(group + 1)
                    held = 0
            if held or len(starts) == 1:
                starts.append(metadata.num_row_groups)
        return [FilePiece(first, end) for first, end in pairwise(starts)]

    def as_parquet(self, path: Path) -> None:
        """Write the rows of CSV as Parquet, each value the text that it is."""
        try:
            self._csv(None).write_parquet(str(path), compression="zstd", row_group_size=ROWS)
        except self._errors() as error:
            raise self._unreadable(error) from None

    def batches(self, *, scan: bool = False, piece: FilePiece | None = None) -> Iterator[pa.RecordBatch | JsonLines]:
        """Yield the rows in the terms of a record; to ``scan`` them only the ids and what has to be mapped."""
        columns = None
        if scan and self.kind != "ndjson":
            wanted = {self._mapping.source(ID), *self._mapping.coded} if self._mapping else {ID}
            columns = [name for name in self.own_names if name in wanted]
        for batch in self.raw(columns, piece):
            if self._mapping is None:
                yield batch
            elif isinstance(batch, JsonLines):
                yield self._mapped_lines(self._mapping, batch)
            else:
                yield self._mapping.rows(batch, text=self.text)

    @staticmethod
    def _mapped_lines(mapping: ColumnMapping, lines: JsonLines) -> JsonLines:
        """Return lines in the terms of a record; one that says a field under two names is broken."""
        found = JsonLines([], dict(lines.broken))
        for record in lines.records:
            own, twice = mapping.record(record)
            if twice is not None:
                found.broken[len(found.records)] = twice
            found.records.append(own)
        return found

    def raw(
        self, columns: Sequence[str] | None = None, piece: FilePiece | None = None
    ) -> Iterator[pa.RecordBatch | JsonLines]:
        """Yield the rows as they are, or some columns of them; all of them, or those of a piece."""
        try:
            if self.kind == "parquet":
                yield from self._parquet(columns, piece)
            elif self.kind == "csv":
                yield from self._csv(columns).arrow(ROWS)  # a reader in every version of DuckDB from 1.4 on
            else:
                with self.path.open("rb") as stream:
                    yield from _lines(_LinesOf(stream, piece) if piece else stream)
        except self._errors() as error:
            raise self._unreadable(error) from None

    def _parquet(self, columns: Sequence[str] | None, piece: FilePiece | None) -> Iterator[pa.RecordBatch]:
        """Yield the rows of Parquet, texts as places in a dictionary.

        So are those of lists, which no batch may then have of two row groups.
        """
        with pq.ParquetFile(self.path) as file:
            metadata, schema = file.metadata, file.schema_arrow
            paths = [file.schema.column(number).path for number in range(len(file.schema))]
        groups = list(range(piece.first, piece.end) if piece else range(metadata.num_row_groups))
        apart = _has_coded_lists(schema) or all(metadata.row_group(group).num_rows >= _LARGE for group in groups[:-1])
        kinds = (pa.string(), TEXTS) if apart else (pa.string(),)
        texts = {f.name for f in schema if f.type in kinds and f.name != ID}
        coded = [path for path in paths if path.partition(".")[0] in texts]
        with pq.ParquetFile(self.path, read_dictionary=coded, buffer_size=BUFFER, pre_buffer=False) as file:
            for own in [[group] for group in groups] if apart else [groups]:
                yield from file.iter_batches(ROWS, columns=columns, row_groups=own, use_threads=False)


def _has_coded_lists(schema: pa.Schema) -> bool:
    """Return whether a column has lists of categories: Arrow cannot read them across row groups."""
    lists = [f.type for f in schema if pa.types.is_list(f.type) or pa.types.is_large_list(f.type)]
    return any(pa.types.is_dictionary(kind.value_type) for kind in lists)


class _LinesOf:
    """The lines of a stream that begin within a piece of it."""

    def __init__(self, stream: BinaryIO, piece: FilePiece) -> None:
        self._stream = stream
        self._place = max(piece.first - 1, 0)
        self._end = piece.end
        self._begins = not piece.first
        stream.seek(self._place)
        while not self._begins:
            self.readline(LONGEST)

    def readline(self, most: int) -> bytes:
        """Return the next line, or so many bytes of it; nothing after the end."""
        line = b"" if self._begins and self._place >= self._end else self._stream.readline(most)
        self._place += len(line)
        self._begins = line.endswith(b"\n") or not line
        return line


def _lines(stream: BinaryIO | _LinesOf) -> Iterator[JsonLines]:
    found = JsonLines([], {})
    for _, line in numbered_lines(stream.readline):
        record: Any = {}
        try:
            if isinstance(line, RecordError):
                raise line
            record = parse_json(decode(line))
            if not isinstance(record, dict):
                kind, record = named_kind(record), {}
                raise say(RecordError, "error-not-object", kind=kind)
        except RecordError as error:
            found.broken[len(found.records)] = Finding(error.code, error.message, messages=dict(error.messages))
        found.records.append(record)
        if len(found.records) >= LINES:
            yield found
            found = JsonLines([], {})
    if found.records:
        yield found


def _quoted(text: str, mark: str) -> str:
    return mark + text.replace(mark, mark * 2) + mark


def _first_line(error: Exception) -> str:
    """Return the first line of an error; of a line of CSV also what is wrong with it, but not the line itself."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    causes = [line.strip() for line in lines[1:] if line.startswith(_CAUSES)]
    return ": ".join([lines[0].removeprefix("Invalid Input Error: "), *causes[:1]]).rstrip(".")


def ids_of(batch: pa.RecordBatch | JsonLines) -> pa.Array:
    """Return the identifiers of rows as text."""
    if isinstance(batch, JsonLines):
        return pa.array([r[ID] if isinstance(r.get(ID), str) else None for r in batch.records], pa.string())
    return ids_as_text(plain(batch.column(ID)))
