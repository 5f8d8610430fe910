"""The formats of results, by media type."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import IO, cast
from xml.parsers import expat

import pyoxigraph as ox

from lrp_kg.errors import NotAcceptable
from lrp_kg.namespaces import RDF
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

_RDF_XML = "application/rdf+xml"
_XML = ("application/sparql-results+xml", _RDF_XML)

_NOT_XML = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]|\xef\xbf[\xbe\xbf]")

_NO_PROPERTIES = frozenset(f"{RDF} {name}" for name in ("aboutEach", "aboutEachPrefix", "bagID"))
"""Names that RDF/XML forbids, and that Oxigraph writes."""


class XmlCheck:
    """Reads XML in parts; raises `NotAcceptable` where an XML parser would end with an error."""

    def __init__(self, media_type: str) -> None:
        self._media_type = media_type
        self._parser = expat.ParserCreate(namespace_separator=" ")
        if media_type == _RDF_XML:
            self._parser.StartElementHandler = self._element

    def read(self, data: bytes) -> None:
        """Read the next part."""
        try:
            self._parser.Parse(data, False)
        except expat.ExpatError:
            raise (_control_characters() if _NOT_XML.search(data) else not_held(self._media_type)) from None

    def _element(self, name: str, _attributes: object) -> None:
        if name in _NO_PROPERTIES:
            raise not_held(_RDF_XML)


def _control_characters() -> NotAcceptable:
    return NotAcceptable("The result has control characters, which XML cannot hold. Ask for JSON.")


def not_held(media_type: str) -> NotAcceptable:
    """Return the error for a result that another format can hold."""
    if media_type == _RDF_XML:
        what = "a property or class whose IRI does not end in an XML name, or is reserved, which RDF/XML cannot hold"
        return NotAcceptable(f"The result has {what}. Ask for Turtle.")
    other = "Turtle" if media_type in GRAPHS else "JSON"
    return NotAcceptable(f"The result has a value that {media_type} cannot hold. Ask for {other}.")


class _CheckedXml:
    """A writable file that keeps carriage returns in XML: written as they are, a parser would take them as newlines."""

    def __init__(self, inner: IO[bytes], media_type: str) -> None:
        self._inner = inner
        self._check = XmlCheck(media_type)

    def write(self, data: bytes) -> int:
        """Write data, with carriage returns as references; raise `NotAcceptable` for what the format cannot hold."""
        self._check.read(data)
        self._inner.write(data.replace(b"\r", b"&#13;") if b"\r" in data else data)
        return len(data)

    def flush(self) -> None:
        """Write through what is buffered."""
        self._inner.flush()


@contextmanager
def writable(media_type: str, file: IO[bytes]) -> Iterator[IO[bytes]]:
    """Give the file to which a result is written, so that it is read back as it was.

    Raise `NotAcceptable` if the format cannot hold the result.
    """
    try:
        yield cast(IO[bytes], _CheckedXml(file, media_type)) if media_type in _XML else file
    except OSError as error:
        if error.errno is not None:
            raise
        raise not_held(media_type) from None  # Oxigraph refuses to write it


def check_passed_on(media_type: str, source: IO[bytes]) -> None:
    """Raise `NotAcceptable` if a result that another program wrote is no XML where its format is."""
    if media_type in _XML:
        check = XmlCheck(media_type)
        while chunk := source.read(CHUNK):
            check.read(chunk)


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
