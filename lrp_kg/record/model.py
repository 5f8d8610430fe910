"""A patient record, as it was sent and as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from lrp_kg.durations import DateRange
from lrp_kg.findings import Finding
from lrp_kg.guideline.index import Node
from lrp_kg.logic.cells import FieldValue
from lrp_kg.namespaces import XSD


@dataclass(frozen=True)
class Members:
    """The members of a closed list."""

    nodes: tuple[Node, ...]


RawValue = Node | Members

DATE, INTEGER, STRING = XSD + "date", XSD + "integer", XSD + "string"
"""The types of values of records."""

BASE = "https://w3id.org/lrp-kg/record/"
"""What a relative IRI in a record is relative to, in every format."""


@dataclass(frozen=True)
class RawRecord:
    """A record as it was sent: predicates and values, not yet known to be valid.

    ``stray`` names what was sent beside it, ``problems`` is what was already found wrong. ``spelled_out`` are fields,
    by IRI, of which a month, a year or a range was sent, which the entries have as bounds; ``keys`` what the sender
    calls a property, where that is another name.
    """

    subject: str
    entries: tuple[tuple[str, RawValue], ...]
    stray: tuple[str, ...] = ()
    spelled_out: frozenset[str] = frozenset()
    problems: tuple[Finding, ...] = ()
    keys: Mapping[str, str] = field(default_factory=dict, compare=False)


@dataclass(frozen=True)
class Record:
    """A valid record: values by the IRI of their field, derived and settled ones included.

    ``ranges`` are the dates that are known only within bounds, ``between`` the smallest and the largest value of the
    durations that these leave open.
    """

    subject: str
    values: Mapping[str, FieldValue]
    dates: Mapping[str, date]
    texts: Mapping[str, str]
    lists: Mapping[str, tuple[str, ...]]
    ranges: Mapping[str, DateRange] = field(default_factory=dict)
    between: Mapping[str, tuple[int, int]] = field(default_factory=dict)
