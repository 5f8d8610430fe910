"""Reads the records of files, one by one, each with a name for messages; an item that is no record is its error."""

from __future__ import annotations

import re
from codecs import BOM_UTF8
from collections.abc import Callable, Iterator
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any

import pyoxigraph as ox

from lrp_kg.errors import RecordError, WrongCharset
from lrp_kg.record.lines import LONGEST, numbered_lines
from lrp_kg.record.model import RawRecord
from lrp_kg.record.read import RecordReader
from lrp_kg.record.strict_json import decode, parse_json
from lrp_kg.text_files import kind_of
from lrp_kg.words import error as say

SUFFIXES = {
    ".json": "json",
    ".jsonld": "json",
    ".ndjson": "ndjson",
    ".jsonl": "ndjson",
    ".ttl": "turtle",
    ".nt": "turtle",
}
KINDS = ("json", "ndjson", "turtle")

TABLES = {".csv": "CSV", ".parquet": "Parquet"}
"""Suffixes of tables, which another command reads."""

_NOT_IN_A_HEADER = re.compile(rb"[:<>@#{}\[\]]")
"""Turtle has one of these in each line that it can begin with; names of columns have none."""

Readline = Callable[[int], bytes]

Item = tuple[str, str | dict[str, Any] | RawRecord | RecordError]
"""A name, and a record that is not yet parsed, parsed, or no record at all."""


def _begin(readline: Readline, lines: int) -> bytes:
    """Return the beginning of a stream, up to so many lines that are not blank."""
    begin, found = bytearray(), 0
    while found < lines and (line := readline(LONGEST + 1)):
        begin += line
        found += bool(line.strip())
    return bytes(begin)


def _guess(begin: bytes) -> str:
    """Return what a file holds by its first two lines; one record a line begins with two whole ones."""
    lines = [line.strip() for line in begin.removeprefix(BOM_UTF8).split(b"\n") if line.strip()]
    if not lines or lines[0][:1] not in (b"{", b"["):
        return "turtle"
    whole = len(lines) > 1 and lines[0].startswith(b"{") and lines[0].endswith(b"}") and lines[1].startswith(b"{")
    return "ndjson" if whole else "json"


def _table(file: str, begin: bytes) -> str | None:
    """Return what kind of table a file of unknown kind is, by its suffix or its first line."""
    suffix = Path(file).suffix.lower()
    if suffix in TABLES or suffix in SUFFIXES:
        return TABLES.get(suffix)
    first = next((line for line in begin.removeprefix(BOM_UTF8).splitlines() if line.strip()), b"")
    separated = any(mark in first for mark in (b",", b";", b"\t"))
    return "CSV" if separated and not _NOT_IN_A_HEADER.search(first) else None


def items(reader: RecordReader, file: str, body: bytes | Readline, kind: str | None = None) -> Iterator[Item]:
    """Yield what a file holds, one record a line as it arrives, and not yet parsed.

    ``body`` is all of it, or reads a line of at most so many bytes, as `numbered_lines` asks for it. What it holds is
    known by ``kind``, else by the suffix of the file, else by what it looks like.
    """
    following = BytesIO(body).readline if isinstance(body, bytes) else body
    kind = kind or SUFFIXES.get(Path(file).suffix.lower())
    begin = _begin(following, 1 if kind else 2)
    other = kind_of(begin)
    table = other if other in TABLES.values() else None if kind or other else _table(file, begin)
    if table:
        raise say(RecordError, "error-table", kind=table)
    if other:
        raise WrongCharset(f"This is not UTF-8 text but {other}. Give the text itself, as UTF-8.")
    start = BytesIO(begin)

    def readline(most: int) -> bytes:
        return start.readline(most) or following(most)

    kind = kind or _guess(begin)
    if kind == "ndjson":
        for number, line in numbered_lines(readline):
            yield f"line {number}", line if isinstance(line, RecordError) else _text(line)
        return
    text = decode(b"".join(iter(partial(readline, LONGEST), b"")))
    if kind == "turtle":
        for raw in reader.from_rdf(text, ox.RdfFormat.TURTLE, many=True):
            yield raw.subject, raw
        return
    data = parse_json(text)
    if not isinstance(data, list):
        yield "", data
        return
    for number, item in enumerate(data, 1):
        yield f"record {number}", item


def _text(line: bytes) -> str | RecordError:
    try:
        return decode(line)
    except RecordError as error:
        return error


def understand(reader: RecordReader, found: str | dict[str, Any] | RawRecord | RecordError) -> RawRecord | RecordError:
    """Return the record of an item, or the error that says why it is none."""
    if isinstance(found, (RawRecord, RecordError)):
        return found
    try:
        return reader.from_json(parse_json(found) if isinstance(found, str) else found)
    except RecordError as error:
        return error


def records(
    reader: RecordReader, file: str, body: bytes | Readline, kind: str | None = None
) -> Iterator[tuple[str, RawRecord | RecordError]]:
    """Yield the records of a file; a line or item that is none is yielded as its error, so that others still count.

    Raises `RecordError` where the file as a whole cannot be read, or is one object that is no record.
    """
    for name, found in items(reader, file, body, kind):
        record = understand(reader, found)
        if not name and isinstance(record, RecordError):
            raise record
        yield name, record
