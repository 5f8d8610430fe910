"""Patient records: from JSON, JSON-LD or Turtle to one form, and on to values, derived durations and a signature.

A record is data only. It is never merged into what is reasoned over, no context or file is fetched for it, and
what cannot be understood is kept, so that validation can name it; nothing is dropped in silence.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any
from urllib.parse import quote, urljoin

import pyoxigraph as ox

from lrp_kg.durations import MEASURES
from lrp_kg.errors import BrokenJson, BrokenRdf, DuplicateKey, ForeignContext, RecordError, WrongCharset
from lrp_kg.guideline.index import Node
from lrp_kg.guideline.model import Field, Guideline
from lrp_kg.logic.cells import FieldValue
from lrp_kg.namespaces import CP, PATIENT_RECORD, RDF, XSD, local_name


@dataclass(frozen=True)
class Members:
    """The members of a closed list."""

    nodes: tuple[Node, ...]


Value = Node | Members

BASE = "https://w3id.org/lrp-kg/record/"
"""What a relative IRI in a record is relative to, in every format."""

LONGEST_INTEGER = 18
"""Digits of an integer beyond which JSON is refused; what follows fits in 64 bits everywhere."""

MAX_DEPTH = 50
"""Nesting of JSON beyond which a record is refused; a record needs two levels."""


@dataclass(frozen=True)
class RawRecord:
    """A record as it was sent: predicates and values, not yet known to be valid."""

    subject: str
    entries: tuple[tuple[str, Value], ...]
    stray: tuple[str, ...] = ()


@dataclass(frozen=True)
class Record:
    """A valid record: values by the IRI of their field, derived and settled ones included."""

    subject: str
    values: Mapping[str, FieldValue]
    dates: Mapping[str, date]
    texts: Mapping[str, str]
    lists: Mapping[str, tuple[str, ...]]


# -- JSON -----------------------------------------------------------------------------------------


def decode(body: bytes) -> str:
    """Decode a body as UTF-8; JSON and Turtle know no other charset."""
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise WrongCharset(f"Byte {error.start} is not UTF-8. Send the body as UTF-8.") from None


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        keys = [k for k, _ in pairs]
        twice = sorted({k for k in keys if keys.count(k) > 1})
        raise DuplicateKey(f"The key {', '.join(map(repr, twice))} stands twice in one object. Send it once.")
    return found


def _integer(text: str) -> int:
    if len(text.lstrip("-")) > LONGEST_INTEGER:
        raise BrokenJson(f"An integer is too long: it has more than {LONGEST_INTEGER} digits.")
    return int(text)


def _no_constant(name: str) -> Any:
    raise BrokenJson(f"{name} is not JSON.")


def parse_json(text: str) -> Any:
    """Parse JSON strictly: no duplicate keys, no NaN, no deep nesting; errors name line and column only."""
    try:
        data = json.loads(text, object_pairs_hook=_no_duplicates, parse_constant=_no_constant, parse_int=_integer)
    except json.JSONDecodeError as error:
        raise BrokenJson(f"Line {error.lineno}, column {error.colno}: {error.msg}.") from None
    except (RecursionError, ValueError):
        raise BrokenJson(f"The JSON is nested deeper than {MAX_DEPTH} levels or has a number too long.") from None
    if "\\u" in text and _has_half_characters(data):
        raise BrokenJson("A text holds half of a surrogate pair, which is no character.")
    if _depth(data) > MAX_DEPTH:
        raise BrokenJson(f"The JSON is nested deeper than {MAX_DEPTH} levels.")
    return data


def _has_half_characters(data: Any) -> bool:
    try:
        json.dumps(data, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return True
    return False


def _depth(data: Any) -> int:
    depth, level = 0, [data]
    while level:
        depth += 1
        level = [
            inner
            for item in level
            if isinstance(item, (dict, list))
            for inner in (item.values() if isinstance(item, dict) else item)
            if isinstance(inner, (dict, list))
        ]
    return depth


def _native(value: Any) -> Node:
    if isinstance(value, bool):
        return Node("literal", str(value).lower(), XSD + "boolean")
    if isinstance(value, int):
        return Node("literal", str(value), XSD + "integer")
    if isinstance(value, float):
        return Node("literal", repr(value), XSD + "double")
    if isinstance(value, str):
        return Node("literal", value, XSD + "string")
    return Node("literal", json.dumps(value, ensure_ascii=False, sort_keys=True), RDF + "JSON")


class RecordReader:
    """Reads records in the terms of one guideline."""

    def __init__(self, guideline: Guideline) -> None:
        self.guideline = guideline
        self.fields = guideline.field_names
        self.namespace = guideline.namespace
        self._tokens = {(f.id, v.id): Node("iri", v.iri) for f in guideline.fields.values() for v in f.values if v.id}

    @cached_property
    def context(self) -> dict[str, Any]:
        """The JSON-LD context of a record: our field names, values by their notation per field."""
        context: dict[str, Any] = {
            "@version": 1.1,
            "@base": BASE,
            "@vocab": self.namespace,
            "PatientRecord": PATIENT_RECORD,
        }
        for f in self.guideline.fields.values():
            term: dict[str, Any] = {"@id": f.iri}
            if f.kind in ("value", "values"):
                term["@type"] = "@vocab"
                # property-scoped: the same notation means another value in another field
                term["@context"] = {v.id: v.iri for v in f.values}
                if f.kind == "values":
                    term["@container"] = "@list"
            elif f.kind == "date":
                term["@type"] = XSD + "date"
            context[f.id] = term
        return context

    # -- reading --------------------------------------------------------------------------------

    def from_json(self, data: Any) -> RawRecord:
        """Read one parsed JSON object, or JSON-LD whose context is ours or maps every key."""
        if not isinstance(data, dict):
            raise RecordError("A record is a JSON object, not " + type(data).__name__ + ".")
        foreign = data.get("@context")
        if foreign is not None and foreign != self.context and foreign != {"@context": self.context}:
            return self._from_foreign(data, foreign)
        if any(key.startswith("@") and key not in ("@context", "@id", "@type") for key in data):
            return self._from_foreign(data, self.context)
        entries = [
            (self.fields[key].iri if key in self.fields else self.namespace + quote(key), value)
            for key, raw in data.items()
            if not key.startswith("@") and raw is not None
            for value in [self._value(key, raw)]
        ]
        stray: list[str] = []
        kind = data.get("@type", "PatientRecord")
        if kind not in (
            "PatientRecord",
            PATIENT_RECORD,
            "cp:PatientRecord",
            ["PatientRecord"],
            [PATIENT_RECORD],
        ):
            stray.append("@type")
        return RawRecord(_subject(data.get("@id")), tuple(entries), tuple(stray))

    def _value(self, key: str, raw: Any) -> Value:
        f = self.fields.get(key)
        if f is None:
            return _native(raw)
        if f.kind == "values" and isinstance(raw, list):
            return Members(tuple(self._one(f, item) for item in raw))
        return self._one(f, raw)

    def _one(self, f: Field, raw: Any) -> Node:
        if isinstance(raw, str):
            if f.kind in ("value", "values"):
                return self._tokens.get((f.id, raw)) or Node("literal", raw, XSD + "string")
            if f.kind == "date":
                return Node("literal", raw, XSD + "date")
        return _native(raw)

    def _from_foreign(self, data: dict[str, Any], context: Any) -> RawRecord:
        contexts = context if isinstance(context, list) else [context]
        if any(isinstance(c, str) for c in contexts) or '"@import"' in json.dumps(context):
            raise ForeignContext(
                "A remote JSON-LD context is never fetched. Leave @context out (the keys are then ours), "
                "or send the context itself."
            )
        document = json.dumps({**data, "@context": context})
        records = self.from_rdf(document, ox.RdfFormat.JSON_LD)
        if len(records) != 1:
            raise ForeignContext(
                "With this JSON-LD context the body is not one cp:PatientRecord. Add its @type, or leave @context out."
            )
        keys = sum(1 for k, v in data.items() if not k.startswith("@") and v not in (None, []))
        if len(records[0].entries) < keys:
            raise ForeignContext(
                f"This JSON-LD context maps only {len(records[0].entries)} of {keys} keys; the others would be lost. "
                "Map every key, or leave @context out."
            )
        return records[0]

    def from_rdf(self, text: str, rdf_format: ox.RdfFormat) -> list[RawRecord]:
        """Read every ``cp:PatientRecord`` of an RDF document; triples of no record are kept as stray."""
        about: dict[str, list[tuple[str, Node]]] = {}
        try:
            for quad in ox.parse(text, format=rdf_format, base_iri=BASE):
                if not isinstance(quad.subject, (ox.NamedNode, ox.BlankNode)):
                    raise BrokenRdf("A triple about a triple cannot be part of a record.")
                about.setdefault(_key(quad.subject), []).append((quad.predicate.value, _term(quad.object)))
        except (SyntaxError, ValueError) as error:
            line = getattr(error, "lineno", None)
            place = f"Line {line}, column {getattr(error, 'offset', '?')}: t" if line else "T"
            raise BrokenRdf(f"{place}he text cannot be parsed as {rdf_format.name}.") from None
        records, used = [], set()
        for subject, pairs in about.items():
            if not any(p == RDF + "type" and o.value == PATIENT_RECORD for p, o in pairs):
                continue
            used.add(subject)
            entries: list[tuple[str, Value]] = []
            stray = []
            for predicate, node in pairs:
                if predicate == RDF + "type":
                    if node.value != PATIENT_RECORD:
                        stray.append(predicate)
                    continue
                f = self.guideline.fields.get(predicate)
                members = self._members(about, node, used) if f and f.kind == "values" else None
                entries.append((predicate, node if members is None else members))
            records.append(RawRecord(subject, tuple(entries), tuple(stray)))
        rest = tuple(sorted(about.keys() - used))
        if records and rest:
            first = records[0]
            records[0] = RawRecord(first.subject, first.entries, first.stray + rest)
        return records

    @staticmethod
    def _members(about: Mapping[str, list[tuple[str, Node]]], head: Node, used: set[str]) -> Members | None:
        members: list[Node] = []
        seen: set[str] = set()
        while head.value != RDF + "nil":
            key = head.value if head.kind == "iri" else f"_:{head.value}"
            pairs = dict(about.get(key, []))
            if head.is_literal or key in seen or RDF + "first" not in pairs or RDF + "rest" not in pairs:
                return None
            seen.add(key)
            members.append(pairs[RDF + "first"])
            head = pairs[RDF + "rest"]
        used |= seen
        return Members(tuple(members))

    # -- understanding ----------------------------------------------------------------------------

    def understand(self, raw: RawRecord) -> Record:
        """Turn a validated record into values; settle implied fields and derive durations, exactly once."""
        values: dict[str, FieldValue] = {}
        dates: dict[str, date] = {}
        texts: dict[str, str] = {}
        lists: dict[str, tuple[str, ...]] = {}
        g = self.guideline
        for predicate, value in raw.entries:
            f = g.fields[predicate]
            if isinstance(value, Members):
                taken = {n.value for n in value.nodes}
                lists[predicate] = tuple(v.id for v in f.values if v.iri in taken)
                for v in f.values:
                    if v.expands_to:
                        values[v.expands_to] = v.iri in taken
            elif f.kind == "date":
                dates[predicate] = date.fromisoformat(value.value)
            elif f.kind == "boolean":
                values[predicate] = value.value in ("true", "1")
            elif f.kind == "integer":
                values[predicate] = int(value.value)
            elif f.kind == "string":
                texts[predicate] = value.value
            else:
                values[predicate] = value.value
        for predicate in (*dates, *tuple(values), *texts, *lists):
            for implied in g.fields[predicate].implies if predicate in g.fields else ():
                values.setdefault(implied, True)
        for d in g.derived.values():
            if d.start in dates and d.end in dates:
                values[d.iri] = MEASURES[d.measure](dates[d.start], dates[d.end])
        return Record(raw.subject, values, dates, texts, lists)


def _subject(ident: Any) -> str:
    """Return the IRI or blank node of an ``@id``, relative ones resolved; empty where there is none."""
    if ident is None:
        return ""
    if isinstance(ident, str):
        try:
            if ident.startswith("_:"):
                return f"_:{ox.BlankNode(ident[2:]).value}"
            return ox.NamedNode(urljoin(BASE, ident)).value
        except ValueError:
            pass
    raise RecordError("The @id of a record is an IRI, or a blank node such as _:p1. Mend it, or leave it out.")


def _key(subject: ox.NamedNode | ox.BlankNode) -> str:
    return subject.value if isinstance(subject, ox.NamedNode) else f"_:{subject.value}"


def _term(term: ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple) -> Node:
    if isinstance(term, ox.NamedNode):
        return Node("iri", term.value)
    if isinstance(term, ox.BlankNode):
        return Node("blank", term.value)
    if isinstance(term, ox.Literal):
        return Node("literal", term.value, term.datatype.value, term.language or "")
    raise BrokenRdf("A triple about a triple cannot be part of a record.")


def ndjson(text: str) -> Iterator[tuple[int, str]]:
    """Yield the lines of newline-delimited JSON with their numbers, empty ones left out."""
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            yield number, line


__all__ = ["CP", "RawRecord", "Record", "RecordReader", "decode", "local_name", "ndjson", "parse_json"]
