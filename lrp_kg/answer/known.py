"""What can be in a record and in an answer: every identifier with its label, and every field with what to ask."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from lrp_kg.guideline.graph_reader import GraphReader
from lrp_kg.guideline.model import Field, Guideline, Term
from lrp_kg.namespaces import local_name
from lrp_kg.words import in_language, phrase

Json = dict[str, Any]

VERDICTS = ("eligible", "not-eligible", "undetermined", "not-applicable")
"""What the verdict on a programme can be; the last two are statuses of decisions."""


def known_ids(guideline: Guideline, lang: str = "en") -> Mapping[str, list[Json]]:
    """Return every identifier that an answer can hold, by kind, with its IRI and label."""

    def rows(terms: Iterable[Term]) -> list[Json]:
        return [{"id": t.id, "iri": t.iri, "label": in_language(t.label, lang)} for t in terms]

    g = guideline
    own = g.own_decisions.values()
    reader = GraphReader(g.index.graph, g.index.positions)
    statuses = rows(reader.terms("Status").values())
    words = {row["id"]: row["label"] for row in statuses} | {v: phrase(v, lang) for v in VERDICTS[:2]}
    return {
        "fields": rows(g.fields.values()),
        "decisions": rows(own),
        "options": [row | {"decision": d.id} for d in own for row in rows(d.options)],
        "boxes": rows(g.boxes.values()),
        "statements": rows(g.statements),
        "programmes": rows(g.programmes.values()),
        "editions": rows(g.editions),
        "criteria": [r | {"edition": e.id} for e in g.editions for r in rows(e.criteria)],
        "actors": rows({s.actor.iri: s.actor for s in g.statements if s.actor}.values()),
        "facts": rows(g.fact_keys.values()),
        "conditions": rows(g.conditions.values()),
        "warnings": rows(g.cautions),
        "openPoints": rows(g.open_points),
        "openPointKinds": rows({p.kind.iri: p.kind for p in g.open_points}.values()),
        "sources": rows(g.sources.values()),
        "sections": rows(reader.terms("Section").values()),
        "modalities": rows(reader.terms("Modality").values()),
        "severities": rows(reader.terms("Severity").values()),
        "statuses": statuses,
        "dateStatuses": rows(reader.terms("DateStatus").values()),
        "conditionVerdicts": rows(reader.terms("Verdict").values()),
        "verdicts": [{"id": v, "label": words[v]} for v in VERDICTS],
    }


def known_fields(guideline: Guideline, lang: str = "en") -> list[Json]:
    """Return every field of a record: its values and limits, and what to ask, in the order of asking."""
    last = len(guideline.fields)
    fields = sorted(guideline.fields.values(), key=lambda f: f.ask_order or last)
    return [_field(guideline, f, lang) for f in fields]


def _field(guideline: Guideline, field: Field, lang: str) -> Json:
    return {
        "id": field.id,
        "iri": field.iri,
        "label": in_language(field.label, lang),
        "type": field.kind,
        "order": field.ask_order,
        "question": in_language(field.question, lang) or None,
        "hint": in_language(field.hint, lang) or None,
        "considers": [in_language(t.label, lang) for t in field.considers],
        "unit": in_language(field.unit, lang) or None,
        "values": [{"id": v.id, "iri": v.iri, "label": in_language(v.label, lang)} for v in field.values],
        "minimum": field.low,
        "maximum": field.high,
        "firstDay": field.first_day.isoformat() if field.first_day else None,
        "lastDay": field.last_day.isoformat() if field.last_day else None,
        "uncertain": field.bounds is not None,
        "implies": [guideline.fields[name].id for name in field.implies],
        "excludes": [guideline.fields[name].id for name in field.excludes],
        "columns": _columns(field),
    }


def _columns(field: Field) -> list[Json]:
    """Return the columns that a table has for a field: one for each value of a list, and for each bound of a date."""
    if field.kind == "values":
        return [
            {"name": local_name(v.expands_to), "type": "boolean", "value": v.id} for v in field.values if v.expands_to
        ]
    names = (field.id, *map(local_name, field.bounds or ()))
    return [{"name": name, "type": field.kind} for name in names]
