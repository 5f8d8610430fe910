"""A record as plain JSON, in whatever format it was sent: `plain`."""

from __future__ import annotations

from typing import Any

from lrp_kg.guideline.model import Field, Guideline
from lrp_kg.record.model import Members, RawRecord, RawValue
from lrp_kg.record.ranges import ends_of


def plain(raw: RawRecord, guideline: Guideline) -> dict[str, Any]:
    """Return a valid record by the identifiers of its fields and values; its IRI as ``@id`` if it has one.

    A date within bounds is the month or year that has them, where there is one.
    """
    found: dict[str, Any] = {} if not raw.subject or raw.subject.startswith("_:") else {"@id": raw.subject}
    ends: dict[str, dict[str, str]] = {}
    for predicate, value in raw.entries:
        field = guideline.bounded.get(predicate) or guideline.fields[predicate]
        if predicate == field.iri:
            found[field.id] = _value(field, value)
        else:
            own = ends.setdefault(field.id, {})
            own["earliest" if predicate == field.earliest else "latest"] = _value(field, value)
            found[field.id] = _shortest(own)
    return found


def _shortest(ends: dict[str, str]) -> str | dict[str, str]:
    first, last = ends.get("earliest", ""), ends.get("latest", "")
    return next((part for part in (first[:4], first[:7]) if ends_of(part) == (first, last)), ends)


def _value(field: Field, value: RawValue) -> Any:
    if isinstance(value, Members):
        taken = {node.value for node in value.nodes}
        return [v.id for v in field.values if v.iri in taken]
    if field.kind == "value":
        return next(v.id for v in field.values if v.iri == value.value)
    if field.kind == "boolean":
        return value.value in ("true", "1")
    return int(value.value) if field.kind == "integer" else value.value
