"""Patient records: from JSON, JSON-LD or Turtle to one form, and on to values, derived durations and a signature.

A record is data only. It is never merged into what is reasoned over, no context or file is fetched for it, and
what cannot be understood is kept, so that validation can name it; nothing is dropped in silence.
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from functools import cached_property
from typing import Any
from urllib.parse import quote

import pyoxigraph as ox

from lrp_kg.durations import DateRange
from lrp_kg.errors import BrokenRdf, ForeignContext, InvalidRecord, RecordError
from lrp_kg.findings import Finding
from lrp_kg.guideline.index import Node
from lrp_kg.guideline.model import Field, Guideline
from lrp_kg.logic.cells import FieldValue
from lrp_kg.namespaces import PATIENT_RECORD, XSD, local_name
from lrp_kg.record.identifiers import resolved
from lrp_kg.record.limits import FIELDS, TEXT, over_list, over_text
from lrp_kg.record.model import BASE, Members, RawRecord, RawValue, Record
from lrp_kg.record.python_values import as_json
from lrp_kg.record.ranges import durations, ends_of, settled
from lrp_kg.record.rdf import rdf_records
from lrp_kg.record.strict_json import named_kind, native
from lrp_kg.record.values import day_of, whole

_ENDS = ("earliest", "latest")
"""What JSON calls the two ends of a date that is uncertain."""

_OURS = ("@id", "@type")
"""Keys of JSON-LD that a record without a context of its own may have."""


class RecordReader:
    """Reads records in the terms of one guideline."""

    def __init__(self, guideline: Guideline) -> None:
        self.guideline = guideline
        self.fields = guideline.field_names
        self.namespace = guideline.namespace
        self._tokens = {(f.id, v.id): Node("iri", v.iri) for f in guideline.fields.values() for v in f.values if v.id}
        self._bounds = {local_name(bound): bound for bound in guideline.bounded}

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
        context |= {name: {"@id": bound, "@type": XSD + "date"} for name, bound in self._bounds.items()}
        return context

    # -- reading --------------------------------------------------------------------------------

    def from_python(self, record: Any) -> RawRecord:
        """Read a record that a Python caller passes; what is wrong with it is among its problems, nothing is raised."""
        dated = {name: f.kind == "date" for name, f in self.fields.items()} | dict.fromkeys(self._bounds, True)
        data, problems = as_json(record, dated)
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
            return RawRecord("", (), problems=(*problems, Finding(error.code, error.message, field=field)))
        return replace(raw, problems=(*problems, *raw.problems)) if problems else raw

    def from_json(self, data: Any) -> RawRecord:
        """Read one parsed JSON object, or JSON-LD whose context is ours or maps every key."""
        if not isinstance(data, dict):
            raise RecordError(f"A record is a JSON object, not {named_kind(data)}.")
        foreign = data.get("@context")
        if foreign is not None and foreign != self.context and foreign != {"@context": self.context}:
            return self._from_foreign(data, foreign)
        if any(key.startswith("@") and key not in ("@context", *_OURS) for key in data):
            return self._from_foreign(data, self.context)
        entries: list[tuple[str, RawValue]] = []
        keys: dict[str, str] = {}
        spelled_out = set()
        problems: list[Finding] = []
        for key, value in data.items():
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
        if kind not in (
            "PatientRecord",
            PATIENT_RECORD,
            "cp:PatientRecord",
            ["PatientRecord"],
            [PATIENT_RECORD],
        ):
            stray.append("@type")
        ident = data.get("@id")
        if isinstance(ident, str) and len(ident) > TEXT:
            problems.append(over_text("@id", ident))
            ident = None
        subject = resolved(ident)
        return RawRecord(subject, tuple(entries), tuple(stray), frozenset(spelled_out), tuple(problems), keys)

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

    def _from_foreign(self, data: dict[str, Any], context: Any) -> RawRecord:
        contexts = context if isinstance(context, list) else [context]
        if any(isinstance(c, str) for c in contexts) or '"@import"' in json.dumps(context):
            raise ForeignContext(
                "A remote JSON-LD context is never fetched. Leave @context out (the keys are then ours), "
                "or send the context itself."
            )
        document = json.dumps({**data, "@context": context}, default=str)
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
            f = g.bounded.get(predicate) or g.fields[predicate]
            if isinstance(value, Members):
                taken = {n.value for n in value.nodes}
                lists[predicate] = tuple(v.id for v in f.values if v.iri in taken)
                for v in f.values:
                    if v.expands_to:
                        values[v.expands_to] = v.iri in taken
            elif f.kind == "date":
                (dates if predicate == f.iri else bounds)[predicate] = date.fromisoformat(value.value)
            elif f.kind == "boolean":
                values[predicate] = value.value in ("true", "1")
            elif f.kind == "integer":
                values[predicate] = int(value.value)
            elif f.kind == "string":
                texts[predicate] = value.value
            else:
                values[predicate] = value.value
        given = {
            f.iri: DateRange(*(bounds[b] for b in f.bounds))
            for f in g.fields.values()
            if f.bounds and bounds.keys() >= set(f.bounds)
        }
        dates, ranges = settled(dates, given, g.date_orders)
        known = {predicate for predicate, _ in raw.entries if values.get(predicate) is not False} | given.keys()
        for f in g.fields.values():
            for implied in f.implies:
                if f.iri in known:
                    values.setdefault(implied, True)
                elif f.kind == "boolean" and values.get(implied) is False:
                    values.setdefault(f.iri, False)
        certain, between = durations(g.derived.values(), dates, ranges)
        return Record(
            raw.subject, values=values | certain, dates=dates, texts=texts, lists=lists, ranges=ranges, between=between
        )


def _date(value: Any) -> Node:
    return Node("literal", day_of(value), XSD + "date") if isinstance(value, str) else native(value)
