"""Reads the records of files, one by one, each with a name for messages; an item that is no record is its error."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyoxigraph as ox

from lrp_kg.errors import RecordError
from lrp_kg.record.model import RawRecord
from lrp_kg.record.read import RecordReader
from lrp_kg.record.strict_json import decode, ndjson, parse_json

SUFFIXES = {
    ".json": "json",
    ".jsonld": "json",
    ".ndjson": "ndjson",
    ".jsonl": "ndjson",
    ".ttl": "turtle",
    ".nt": "turtle",
}
KINDS = ("json", "ndjson", "turtle")

Item = tuple[str, str | dict[str, Any] | RawRecord | RecordError]
"""A name, and a record that is not yet parsed, parsed, or no record at all."""


def kind_of(file: str, text: str) -> str:
    """Return what a file holds, by its suffix, else by what it looks like."""
    return SUFFIXES.get(Path(file).suffix.lower()) or _guess(text)


def _guess(text: str) -> str:
    head = text.lstrip()[:1]
    if head not in ("{", "["):
        return "turtle"
    lines = [line for line in text.split("\n") if line.strip()]
    whole = all(line.lstrip().startswith("{") and line.rstrip().endswith("}") for line in lines)
    return "ndjson" if len(lines) > 1 and whole else "json"


def items(reader: RecordReader, file: str, body: bytes, kind: str | None = None) -> Iterator[Item]:
    """Yield what a file holds, not yet parsed where it is one record a line."""
    text = decode(body)
    kind = kind or kind_of(file, text)
    if kind == "turtle":
        for raw in reader.from_rdf(text, ox.RdfFormat.TURTLE, many=True):
            yield raw.subject, raw
    elif kind == "ndjson":
        for number, line in ndjson(text):
            yield f"line {number}", line
    else:
        data = parse_json(text)
        if not isinstance(data, list):
            yield "", data
            return
        for number, item in enumerate(data, 1):
            yield f"record {number}", item


def understand(reader: RecordReader, found: str | dict[str, Any] | RawRecord | RecordError) -> RawRecord | RecordError:
    """Return the record of an item, or the error that says why it is none."""
    if isinstance(found, (RawRecord, RecordError)):
        return found
    try:
        return reader.from_json(parse_json(found) if isinstance(found, str) else found)
    except RecordError as error:
        return error


def records(
    reader: RecordReader, file: str, body: bytes, kind: str | None = None
) -> Iterator[tuple[str, RawRecord | RecordError]]:
    """Yield the records of a file; a line or item that is none is yielded as its error, so that others still count.

    Raises `RecordError` where the file as a whole cannot be read, or is one object that is no record.
    """
    for name, found in items(reader, file, body, kind):
        record = understand(reader, found)
        if not name and isinstance(record, RecordError):
            raise record
        yield name, record
