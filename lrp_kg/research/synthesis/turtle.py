"""A record as N-Triples, which is Turtle too."""

from __future__ import annotations

from typing import Any

from lrp_kg.record.read import RecordReader
from lrp_kg.research.store.quads import name_record, record_triples


def to_turtle(reader: RecordReader, record: dict[str, Any]) -> bytes:
    """Return the triples of a record in the record contract, as it would be stored."""
    return "".join(f"{triple} .\n" for triple in record_triples(name_record(reader.from_json(record)))).encode()
