"""Patient records: from JSON, JSON-LD or Turtle to one form, and on to values, derived durations and a signature.

A record is data only. It is never merged into what is reasoned over, no context or file is fetched for it, and
what cannot be understood is kept, so that validation can name it; nothing is dropped in silence.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import replace
from datetime import date
from functools import cached_property
from typing import Any
from urllib.parse import quote

import pyoxigraph as ox

from lrp_kg.durations import DateRange
from lrp_kg.effort import check
from lrp_kg.errors import BrokenRdf, ForeignContext, InvalidRecord, RecordError
from lrp_kg.findings import Finding
from lrp_kg.guideline.index import Node
from lrp_kg.guideline.model import Field, Guideline
from lrp_kg.logic.cells import FieldValue
from lrp_kg.namespaces import PATIENT_RECORD, XSD, local_name
from lrp_kg.record.identifiers import resolved
from lrp_kg.record.limits import FIELDS, TEXT, over_list, over_text
from lrp_kg.record.linked import only_node, read_linked, says_keywords
from lrp_kg.record.model import BASE, DATE, INTEGER, STRING, Members, RawRecord, RawValue, Record
from lrp_kg.record.python_values import as_json
from lrp_kg.record.ranges import durations, ends_of, settled
from lrp_kg.record.rdf import rdf_records
from lrp_kg.record.strict_json import named_kind, native
from lrp_kg.record.values import day_of, whole
from lrp_kg.words import error as say

_ENDS = ("earliest", "latest")
"""What JSON calls the two ends of a date that is uncertain."""

_OURS = ("@id", "@type")
"""Keys of JSON-LD that a record without a context of its own may have."""


_TRUE, _FALSE = native(True), native(False)

_Usual = Callable[[Any], "tuple[str, RawValue] | None"]

TYPES = ("PatientRecord", PATIENT_RECORD, "cp:PatientRecord")
"""What a record without a context of its own may say as its type, alone or in a list."""


class RecordReader:
    """Reads records in the terms of one guideline."""

    def __init__(self, guideline: Guideline) -> None:
        self.guideline = guideline
        self.fields = guideline.field_names
        self.namespace = guideline.namespace
        self._tokens = {(f.id, v.id): Node("iri", v.iri) for f in guideline.fields.values() for v in f.values if v.id}
        self._bounds = {local_name(bound): bound for bound in guideline.bounded}
        self._iris = {**guideline.fields, **guideline.bounded}
        self._dated = {name: f.kind == "date" for name, f in self.fields.items()} | dict.fromkeys(self._bounds, True)
        self._usual = {name: _usual(f, self._tokens) for name, f in self.fields.items() if f.kind != "values"}
        """For each field: the type of the values that it usually has, and what makes entries of them."""
        self._kinds = {iri: (f, f.kind) for iri, f in self._iris.items()}
        self._uncertain = [(f.iri, f.bounds) for f in guideline.fields.values() if f.bounds]
        self._settling = list(_settling(guideline))
        self._implying = {name for name, implied, _, _ in self._settling if implied is not None}

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
                term["@type"] = DATE
            context[f.id] = term
        context |= {name: {"@id": bound, "@type": DATE} for name, bound in self._bounds.items()}
        return context

    # -- reading --------------------------------------------------------------------------------

    def from_python(self, record: Any) -> RawRecord:
        """Read a record that a Python caller passes; what is wrong with it is among its problems, nothing is raised."""
        data, problems = as_json(record, self._dated)
        if problems:
            spoiled = {f.field for f in problems}
            data = {key: value for key, value in data.items() if not (key.startswith("@") and key in spoiled)}
        try:
            raw = self.from_json(data)
        except InvalidRecord as error:
            return RawRecord("", (), problems=(*problems, *error.findings))
        except RecordError as error:
            field = "@id"
            if isinstance(error, (ForeignContext, BrokenRdf)):
                field = next((k for k in ("@context", *data) if k in data and k[:1] == "@" and k not in _OURS), field)
            said = Finding(error.code, error.message, field=field, messages=dict(error.messages))
            return RawRecord("", (), problems=(*problems, said))
        return replace(raw, problems=(*problems, *raw.problems)) if problems else raw

    @cached_property
    def context_address(self) -> str:
        """The address under which the context is published; it is known by it and never fetched."""
        return f"{self.namespace.rstrip('#/')}/context.jsonld"

    def from_json(self, data: Any, addresses: Collection[str] = ()) -> RawRecord:
        """Read one parsed JSON object, or JSON-LD with one node whose context is ours or maps every key.

        Our context may be named by its published address, or by one of the ``addresses`` at which it is served.
        """
        data = only_node(data)
        if not isinstance(data, dict):
            raise say(RecordError, "error-not-object", kind=named_kind(data))
        if "@context" in data:
            data = {**data, "@context": self._with_ours(data["@context"], addresses)}
        context = data.get("@context")
        ours = context is None or context in (self.context, [self.context], {"@context": self.context})
        if not ours:
            return self._from_linked(data, context, ours)
        entries: list[tuple[str, RawValue]] = []
        keys: dict[str, str] = {}
        spelled_out = set()
        problems: list[Finding] = []
        usual_of, alone, number = self._usual.get, "@context" not in data, 0
        for key, value in data.items():
            usual = usual_of(key)
            if usual is not None and type(value) is usual[0] and (entry := usual[1](value)) is not None:
                entries.append(entry)
                continue
            number += 1
            if number % 1000 == 999:
                check()
            if self._is_linked(key, value, alone):
                return self._from_linked(data, self.context, ours)
            f = self.fields.get(key)
            if key.startswith("@") or (value is None and (f or key in self._bounds)):
                continue
            ends = self._ends(value) if f and f.bounds else None
            if f and f.bounds and ends is not None:
                spelled_out.add(f.iri)
                entries += [(iri, _date(end)) for iri, end in zip(f.bounds, ends, strict=True) if end is not None]
            else:
                iri = f.iri if f else self._bounds.get(key)
                if iri is None:
                    iri = self.namespace + quote(key, errors="replace")
                    keys[iri] = key
                if f and f.kind == "values" and isinstance(value, list) and len(value) > FIELDS:
                    problems.append(over_list(key, len(value), len(f.values)))
                    entries.append((iri, self._value(key, value[: len(f.values)])))
                else:
                    entries.append((iri, self._value(key, value)))
        stray: list[str] = []
        kind = data.get("@type", "PatientRecord")
        if kind not in (*TYPES, *([name] for name in TYPES)):
            stray.append("@type")
        subject, too_long = _identified(data)
        problems += too_long
        return RawRecord(subject, tuple(entries), tuple(stray), frozenset(spelled_out), tuple(problems), keys)

    def _with_ours(self, context: Any, addresses: Collection[str]) -> Any:
        """Return a context with ours in the place of its addresses."""
        if isinstance(context, list):
            return [self._with_ours(c, addresses) if isinstance(c, str) else c for c in context]
        named = isinstance(context, str) and (context == self.context_address or context in addresses)
        return self.context if named else context

    def _is_linked(self, key: str, value: Any, alone: bool) -> bool:
        """Return whether a value is said as only JSON-LD says it; ``alone``: our context is not named beside it."""
        if key == "@context":
            return False
        nested = isinstance(value, (dict, list)) and says_keywords(value)
        if nested or key in self._iris or (key.startswith("@") and key not in _OURS):
            return True
        if alone or not isinstance(value, list) or len(value) != 1:
            return False
        f = self.fields.get(key)
        return f is not None and f.kind != "values"

    def _from_linked(self, data: dict[str, Any], context: Any, ours: bool) -> RawRecord:
        """Read a node of JSON-LD; dates may be what they may be in JSON."""
        subject, problems = _identified(data)
        if problems:
            return RawRecord(subject, (), problems=problems)
        node = dict(data)
        spelled_out: set[str] = set()
        if ours:
            node.setdefault("@type", PATIENT_RECORD)
            for key in data.keys() & self.fields.keys():
                f, ends = self.fields[key], self._ends(data[key]) if isinstance(data[key], dict) else None
                if f.bounds and ends:
                    del node[key]
                    spelled_out.add(f.iri)
                    node |= zip(map(local_name, f.bounds), ends, strict=True)
        lists = {f.iri for f in self.fields.values() if f.kind == "values"}
        found = read_linked(node, context, lists)
        keys = {iri: key for iri, key in found.keys.items() if key != local_name(iri)}
        entries: list[tuple[str, RawValue]] = []
        for predicate, value in found.record.entries:
            known = self._iris.get(predicate)
            if predicate in found.nulls and known:
                continue
            if known and known.kind == "date" and isinstance(value, Node) and value.datatype == DATE:
                part = ends_of(value.value) if known.iri == predicate else None
                if part and known.bounds:
                    spelled_out.add(predicate)
                    entries += [(iri, _date(end)) for iri, end in zip(known.bounds, part, strict=True)]
                    continue
                value = _date(value.value)
            entries.append((predicate, value))
        if not ours:
            found.demand_all_mapped()
        for key, value in found.lost.items():
            iri = self.namespace + quote(key, errors="replace")
            keys[iri] = key
            entries.append((iri, native(value)))
        return replace(found.record, entries=tuple(entries), spelled_out=frozenset(spelled_out), keys=keys)

    @staticmethod
    def _ends(value: Any) -> tuple[Any, Any] | None:
        """Return the ends of a month, a year or a range; ``None`` where the value is none of these."""
        if isinstance(value, str):
            return ends_of(value)
        if isinstance(value, dict) and value and value.keys() <= set(_ENDS):
            return value.get(_ENDS[0]), value.get(_ENDS[1])
        return None

    def _value(self, key: str, value: Any) -> RawValue:
        f = self.fields.get(key)
        if f is None:
            return _date(value) if key in self._bounds else native(value)
        if f.kind == "values" and isinstance(value, list):
            return Members(tuple(self._one(f, item) for item in value))
        return self._one(f, value)

    def _one(self, f: Field, value: Any) -> Node:
        if isinstance(value, str) and f.kind in ("value", "values"):
            return self._tokens.get((f.id, value)) or Node("literal", value, XSD + "string")
        if f.kind == "date":
            return _date(value)
        return native(whole(value) if f.kind == "integer" and isinstance(value, float) else value)

    def from_rdf(self, text: str, rdf_format: ox.RdfFormat, *, many: bool = False) -> list[RawRecord]:
        """Read every ``cp:PatientRecord`` of an RDF document; triples of no record are kept as stray.

        Raises `InvalidRecord` where the document says more than one record can, unless it may hold ``many``.
        """
        return rdf_records(text, rdf_format, {f.iri for f in self.fields.values() if f.kind == "values"}, many=many)

    # -- understanding ----------------------------------------------------------------------------

    def understand(self, raw: RawRecord) -> Record:
        """Turn a validated record into values; settle implied fields and derive durations, exactly once."""
        values: dict[str, FieldValue] = {}
        dates: dict[str, date] = {}
        texts: dict[str, str] = {}
        lists: dict[str, tuple[str, ...]] = {}
        bounds: dict[str, date] = {}
        g = self.guideline
        for predicate, value in raw.entries:
            f, kind = self._kinds[predicate]
            if isinstance(value, Members):
                taken = {n.value for n in value.nodes}
                lists[predicate] = tuple([v.id for v in f.values if v.iri in taken])
                for v in f.values:
                    if v.expands_to:
                        values[v.expands_to] = v.iri in taken
            elif kind == "boolean":
                values[predicate] = value.value in ("true", "1")
            elif kind == "date":
                (dates if predicate == f.iri else bounds)[predicate] = date.fromisoformat(value.value)
            elif kind == "integer":
                values[predicate] = int(value.value)
            elif kind == "string":
                texts[predicate] = value.value
            else:
                values[predicate] = value.value
        given = {
            iri: DateRange(bounds[ends[0]], bounds[ends[1]])
            for iri, ends in self._uncertain
            if bounds and bounds.keys() >= set(ends)
        }
        dates, ranges = settled(dates, given, g.date_orders)
        sent = dict(raw.entries)
        known = {name for name in self._implying if name in given or (name in sent and values.get(name) is not False)}
        for name, implied, excluded, boolean in self._settling:
            if implied is not None:
                if name in known:
                    values.setdefault(implied, True)
                elif boolean and values.get(implied) is False:
                    values.setdefault(name, False)
            elif excluded is not None:
                if values.get(name) is True:
                    values.setdefault(excluded, False)
                elif values.get(excluded) is True:
                    values.setdefault(name, False)
        certain, between = durations(g.derived.values(), dates, ranges)
        return Record(
            raw.subject, values=values | certain, dates=dates, texts=texts, lists=lists, ranges=ranges, between=between
        )


def _usual(f: Field, tokens: Mapping[tuple[str, str], Node]) -> tuple[type, _Usual]:
    """Return of which type the values are that a field usually has, and what makes entries of those it knows."""
    iri = f.iri
    if f.kind == "boolean":
        return bool, {True: (iri, _TRUE), False: (iri, _FALSE)}.get
    if f.kind == "value":
        return str, {name: (iri, node) for (field, name), node in tokens.items() if field == f.id}.get
    if f.kind == "date":  # ten characters are no month, no year and no date-time
        return str, lambda value: (iri, Node("literal", value, DATE)) if len(value) == 10 else None
    if f.kind == "integer":
        return int, lambda value: (iri, Node("literal", str(value), INTEGER))
    return str, lambda value: (iri, Node("literal", value, STRING))


def _settling(guideline: Guideline) -> Iterator[tuple[str, str | None, str | None, bool]]:
    """Yield what fields settle in each other, in their order: the field, what it implies, what it excludes."""
    for f in guideline.fields.values():
        for implied in f.implies:
            yield f.iri, implied, None, f.kind == "boolean"
        for excluded in f.excludes:
            yield f.iri, None, excluded, True


def _identified(data: dict[str, Any]) -> tuple[str, tuple[Finding, ...]]:
    """Return the subject of a record by its ``@id``, and the problem that this is too long."""
    ident = data.get("@id")
    if isinstance(ident, str) and len(ident) > TEXT:
        return "", (over_text("@id", ident),)
    return resolved(ident), ()


def _date(value: Any) -> Node:
    return Node("literal", day_of(value), DATE) if isinstance(value, str) else native(value)
