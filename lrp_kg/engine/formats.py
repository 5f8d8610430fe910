"""The formats of results, by media type."""

from __future__ import annotations

import csv
import io
from typing import IO

import pyoxigraph as ox

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

_LEAST = {
    "application/sparql-results+json": 3,
    "application/sparql-results+xml": 17,
    "text/csv": 1,
    "text/tab-separated-values": 1,
}
"""Bytes that a row takes at least; a triple takes more than one in every format."""


_LONGEST = 2**31 - 1
"""Characters of a field in CSV; the library takes 131,072 otherwise."""


def can_exceed(media_type: str, size: int, rows: int) -> bool:
    """Tell whether a result of that many bytes can hold more than that many rows."""
    return size // _LEAST.get(media_type, 2) > rows


def count(media_type: str, source: IO[bytes]) -> int:
    """Count the rows or triples of a complete result."""
    if media_type in GRAPHS:
        return sum(1 for _ in ox.parse(input=source, format=GRAPHS[media_type], base_iri="urn:base:"))
    if media_type == "text/csv":
        csv.field_size_limit(_LONGEST)
        text = io.TextIOWrapper(source, encoding="utf-8", newline="")
        rows = sum(1 for _ in csv.reader(text)) - 1
        text.detach()  # else the source would be closed with it
        return rows
    results = ox.parse_query_results(input=source, format=SOLUTIONS[media_type])
    return sum(1 for _ in results) if isinstance(results, ox.QuerySolutions) else 1
