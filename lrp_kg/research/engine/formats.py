"""The formats of results, by media type."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import IO, cast

import pyoxigraph as ox

from lrp_kg.errors import NotAcceptable
from lrp_kg.research.engine.model import CHUNK

SOLUTIONS: dict[str, ox.QueryResultsFormat] = {
    "application/sparql-results+json": ox.QueryResultsFormat.JSON,
    "application/sparql-results+xml": ox.QueryResultsFormat.XML,
    "text/csv": ox.QueryResultsFormat.CSV,
    "text/tab-separated-values": ox.QueryResultsFormat.TSV,
}
"""Media types of the results of SELECT and ASK."""

GRAPHS: dict[str, ox.RdfFormat] = {
    "text/turtle": ox.RdfFormat.TURTLE,
    "application/n-triples": ox.RdfFormat.N_TRIPLES,
    "application/ld+json": ox.RdfFormat.JSON_LD,
    "application/rdf+xml": ox.RdfFormat.RDF_XML,
}
"""Media types of the results of CONSTRUCT and DESCRIBE."""

_XML = ("application/sparql-results+xml", "application/rdf+xml")

_NOT_XML = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]|\xef\xbf[\xbe\xbf]")


class Returns:
    """A writable file that keeps carriage returns in XML: written as they are, a parser would take them as newlines."""

    def __init__(self, inner: IO[bytes]) -> None:
        self._inner = inner

    def write(self, data: bytes) -> int:
        """Write data, with carriage returns as references; raise `NotAcceptable` for what XML cannot hold."""
        if _NOT_XML.search(data):
            raise NotAcceptable("The result has control characters, which XML cannot hold. Ask for JSON.")
        self._inner.write(data.replace(b"\r", b"&#13;") if b"\r" in data else data)
        return len(data)

    def flush(self) -> None:
        """Write through what is buffered."""
        self._inner.flush()


def writable(media_type: str, file: IO[bytes]) -> IO[bytes]:
    """Return the file to which a result of a media type is written, so that it is read back as it was."""
    return cast(IO[bytes], Returns(file)) if media_type in _XML else file


_LEAST = {
    "application/sparql-results+json": 3,
    "application/sparql-results+xml": 17,
    "text/csv": 1,
    "text/tab-separated-values": 1,
}
"""Bytes that a row takes at least; a triple takes more than one in every format."""


def can_exceed(media_type: str, size: int, rows: int) -> bool:
    """Return whether a result of that many bytes can hold more than that many rows."""
    return size // _LEAST.get(media_type, 2) > rows


def count(media_type: str, source: IO[bytes]) -> int:
    """Count the rows or triples of a complete result."""
    if media_type in GRAPHS:
        return _length(ox.parse(input=source, format=GRAPHS[media_type], base_iri="urn:base:"))
    if media_type == "text/csv":
        return _rows_of_csv(source)
    results = ox.parse_query_results(input=source, format=SOLUTIONS[media_type])
    if not isinstance(results, ox.QuerySolutions):
        return 1
    try:
        return _length(results)
    finally:
        del results


def _rows_of_csv(source: IO[bytes]) -> int:
    """Count rows without their header: lines that end outside of quotation marks."""
    rows, inside, part = -1, False, b"\n"
    while chunk := source.read(CHUNK):
        part, pieces = chunk, chunk.split(b'"')
        rows += sum(piece.count(b"\n") for piece in pieces[inside::2])
        inside ^= len(pieces) % 2 == 0
    if inside:
        raise ValueError("the result ends within quotation marks")
    return rows + (not part.endswith(b"\n"))  # the last row may have no end


def _length(items: Iterable[object]) -> int:
    """Count items, and leave them in no frame of an error: Oxigraph's may end only in the thread they began in."""
    number = 0
    try:
        for _ in items:
            number += 1
    finally:
        del items
    return number
