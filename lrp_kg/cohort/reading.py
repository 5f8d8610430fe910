"""Rows from files, some at a time: CSV by DuckDB, Parquet by Arrow, NDJSON as records are read everywhere."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from lrp_kg.cohort.inputs import ID
from lrp_kg.cohort.mapping import ColumnMapping
from lrp_kg.errors import CohortError, RecordError
from lrp_kg.findings import Finding
from lrp_kg.record.lines import LONGEST, numbered_lines
from lrp_kg.record.strict_json import decode, named_kind, parse_json
from lrp_kg.words import error as say

ROWS = 122_880
"""Rows that are looked at together: a row group of DuckDB."""
LINES = 20_000
DELIMITERS = (",", ";", "\t", "|")
"""What separates the columns of CSV: of these the one that its first line has most often."""
KINDS = {".csv": "csv", ".parquet": "parquet", ".ndjson": "ndjson", ".jsonl": "ndjson"}


@dataclass(frozen=True)
class JsonLines:
    """Lines of JSON: the records that were read, and by place among them what is wrong with those that were not."""

    records: list[Mapping[str, Any]]
    broken: dict[int, Finding]


class File:
    """A file with one record a row."""

    def __init__(self, path: Path, connection: duckdb.DuckDBPyConnection, mapping: ColumnMapping | None = None) -> None:
        self._mapping = mapping
        self.path = path
        self._connection = connection.cursor()
        kind = KINDS.get(path.suffix.lower())
        if kind is None:
            raise say(CohortError, "error-cohort-kind", file=str(path), known=", ".join(KINDS))
        self.kind = kind
        try:
            with path.open("rb"):
                pass
            self.own_names = self._names()
        except (OSError, duckdb.Error, pa.ArrowException, UnicodeDecodeError) as error:
            raise self._unreadable(error) from None
        mapped = mapping and self.kind != "ndjson"
        self.names = mapping.names(self.own_names) if mapping and mapped else self.own_names

    @property
    def text(self) -> bool:
        """Return whether all values are text."""
        return self.kind == "csv"

    def _unreadable(self, error: Exception) -> CohortError:
        what = error.strerror if isinstance(error, OSError) and error.strerror else _first_line(error)
        return say(CohortError, "error-file", file=str(self.path), what=what)

    def _csv(self, columns: Sequence[str] | None) -> Any:
        """Return the rows of CSV; nothing of its form is guessed from them, and a line of another form is an error."""
        chosen = "*" if columns is None else ", ".join(_quoted(name, '"') for name in columns)
        types = ", ".join(f"{_quoted(name, chr(39))}: 'VARCHAR'" for name in self.own_names)
        form = f"delim = {_quoted(self._delimiter, chr(39))}, quote = '\"', escape = '\"', header = true"
        return self._connection.sql(
            f"SELECT {chosen} FROM read_csv($1, columns = {{{types}}}, auto_detect = false, {form})",  # noqa: S608
            params=[str(self.path)],
        )

    def _names(self) -> list[str]:
        if self.kind == "parquet":
            return list(pq.ParquetFile(self.path).schema_arrow.names)
        if self.kind == "ndjson":
            return []
        with self.path.open(encoding="utf-8-sig", newline="") as stream:
            head = stream.readline(LONGEST)
        self._delimiter = max(DELIMITERS, key=head.count)
        return next(csv.reader([head], delimiter=self._delimiter), [])

    def batches(self, *, scan: bool = False) -> Iterator[pa.RecordBatch | JsonLines]:
        """Yield the rows in the terms of a record; to ``scan`` them only the ids and what has to be mapped."""
        columns = None
        if scan and self.kind != "ndjson":
            wanted = {self._mapping.source(ID), *self._mapping.coded} if self._mapping else {ID}
            columns = [name for name in self.own_names if name in wanted]
        for batch in self.raw(columns):
            if self._mapping is None:
                yield batch
            elif isinstance(batch, JsonLines):
                yield JsonLines([self._mapping.record(r) for r in batch.records], batch.broken)
            else:
                yield self._mapping.rows(batch, text=self.text)

    def raw(self, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch | JsonLines]:
        """Yield the rows as they are, or some columns of them."""
        try:
            if self.kind == "parquet":
                file = pq.ParquetFile(self.path, read_dictionary=self._texts())
                yield from file.iter_batches(ROWS, columns=columns)
            elif self.kind == "csv":
                yield from self._csv(columns).to_arrow_reader(ROWS)
            else:
                yield from self._lines()
        except (OSError, duckdb.Error, pa.ArrowException) as error:
            raise self._unreadable(error) from None

    def _texts(self) -> list[str]:
        schema = pq.ParquetFile(self.path).schema_arrow
        return [f.name for f in schema if pa.types.is_string(f.type) and f.name != ID]

    def _lines(self) -> Iterator[JsonLines]:
        found = JsonLines([], {})
        with self.path.open("rb") as stream:
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
                    said = dict(error.messages)
                    found.broken[len(found.records)] = Finding(error.code, error.message, messages=said)
                found.records.append(record)
                if len(found.records) >= LINES:
                    yield found
                    found = JsonLines([], {})
        if found.records:
            yield found


def _quoted(text: str, mark: str) -> str:
    return mark + text.replace(mark, mark * 2) + mark


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0].rstrip(".") if str(error).strip() else type(error).__name__


def repeated_ids(files: Sequence[File], connection: duckdb.DuckDBPyConnection) -> frozenset[str]:
    """Return the ids that more than one row of some files has; the memory that this takes is bounded."""
    connection.execute("CREATE OR REPLACE TEMP TABLE seen (id VARCHAR)")
    for file in files:
        for batch in file.batches(scan=True):
            if isinstance(batch, JsonLines):
                ids = pa.array([r[ID] if isinstance(r.get(ID), str) else None for r in batch.records], pa.string())
            else:
                ids = batch.column(ID)
            ids = ids.dictionary_decode() if pa.types.is_dictionary(ids.type) else ids
            some = pa.table({"id": ids.cast(pa.string())})
            connection.register("ids", some)
            connection.execute("INSERT INTO seen SELECT id FROM ids")
            connection.unregister("ids")
    found = connection.execute("SELECT id FROM seen WHERE id IS NOT NULL GROUP BY id HAVING count(*) > 1").fetchall()
    connection.execute("DROP TABLE seen")
    return frozenset(row[0] for row in found)
