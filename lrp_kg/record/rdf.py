"""Patient records in RDF."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

import pyoxigraph as ox

from lrp_kg.effort import check
from lrp_kg.errors import BrokenRdf
from lrp_kg.guideline.index import Node, node_of
from lrp_kg.namespaces import PATIENT_RECORD, RDF
from lrp_kg.record.identifiers import demand_no_space
from lrp_kg.record.limits import TRIPLES, over_triples
from lrp_kg.record.model import BASE, Members, RawRecord, RawValue
from lrp_kg.words import error as say


def rdf_records(
    text: str, rdf_format: ox.RdfFormat, list_fields: Collection[str], *, many: bool = False
) -> list[RawRecord]:
    """Read every ``cp:PatientRecord`` of an RDF document; triples of no record are kept as stray.

    Raises `InvalidRecord` where the document says more than one record can, unless it may hold ``many``.
    """
    about: dict[str, list[tuple[str, Node]]] = {}
    try:
        for number, quad in enumerate(ox.parse(text, format=rdf_format, base_iri=BASE)):
            if number >= TRIPLES and not many:
                raise over_triples()
            if not number % 1000:
                check()
            if isinstance(quad.subject, ox.Triple) or isinstance(quad.object, ox.Triple):
                raise say(BrokenRdf, "error-triple-about")
            about.setdefault(_key(node_of(quad.subject)), []).append((quad.predicate.value, node_of(quad.object)))
    except (SyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None)
        name, column = ("error-rdf-line" if line else "error-rdf"), getattr(error, "offset", "?")
        raise say(BrokenRdf, name, line=line, column=column, form=rdf_format.name) from None
    records, used = [], set()
    for subject, pairs in about.items():
        if not any(p == RDF + "type" and o.value == PATIENT_RECORD for p, o in pairs):
            continue
        used.add(subject)
        entries: list[tuple[str, RawValue]] = []
        stray = []
        for predicate, node in pairs:
            if predicate == RDF + "type":
                if node.value != PATIENT_RECORD:
                    stray.append(predicate)
                continue
            members = _members(about, node, used) if predicate in list_fields else None
            entries.append((predicate, node if members is None else members))
        keys = {predicate: predicate for predicate, _ in entries}
        records.append(RawRecord(demand_no_space(subject), tuple(entries), tuple(stray), keys=keys))
    rest = {name for subject in about.keys() - used for name in _names(subject, about[subject])}
    if records and rest:
        first = records[0]
        records[0] = replace(first, stray=(*first.stray, *sorted(rest)))
    return records


def _names(subject: str, pairs: Sequence[tuple[str, Node]]) -> Iterable[str]:
    """Return by what its sender knows something that is said: its subject, or the predicates where that has no name."""
    return (predicate for predicate, _ in pairs) if subject.startswith("_:") else (subject,)


def _members(about: Mapping[str, list[tuple[str, Node]]], head: Node, used: set[str]) -> Members | None:
    members: list[Node] = []
    seen: set[str] = set()
    while head.value != RDF + "nil":
        key = _key(head)
        pairs = dict(about.get(key, []))
        if head.is_literal or key in seen or RDF + "first" not in pairs or RDF + "rest" not in pairs:
            return None
        seen.add(key)
        members.append(pairs[RDF + "first"])
        head = pairs[RDF + "rest"]
    used |= seen
    return Members(tuple(members))


def _key(subject: Node) -> str:
    return f"_:{subject.value}" if subject.is_blank else subject.value
