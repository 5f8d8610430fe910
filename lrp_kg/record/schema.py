"""The JSON Schema (2020-12) of a record in plain JSON, derived from the fields of a guideline.

What several fields say together, such as the order of dates, is not in it: only the service knows that.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from lrp_kg.guideline.model import Field, Guideline
from lrp_kg.namespaces import local_name
from lrp_kg.record.limits import FIELDS, TEXT
from lrp_kg.record.read import TYPES
from lrp_kg.words import in_language

Schema = dict[str, Any]

DRAFT = "https://json-schema.org/draft/2020-12/schema"
ENDS = ("earliest", "latest")
"""What JSON calls the two ends of a date that is uncertain."""

_DAY = "(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)|02-(?:0[1-9]|[12][0-9]))"
_MIDNIGHT = "(?:T00:00:00(?:\\.0+)?Z?)?"
_NO_CONTROL = "^[^\\u0000-\\u001f\\u007f-\\u009f]*$"


def record_schema(guideline: Guideline, lang: str = "en") -> Schema:
    """Return the schema of a record, its descriptions in a language."""
    properties: Schema = {
        "@id": {"type": ["string", "null"], "maxLength": TEXT, "pattern": '^[^\\s<>\\\\"{}|^`]*$'},
        "@type": {"enum": [*TYPES, *([name] for name in TYPES)]},
        "@context": {
            "type": ["string", "object", "array"],
            "description": "Ours, or its address. With another context keys are as it says, and not as they are here.",
        },
    }
    for f in guideline.fields.values():
        properties[f.id] = field_schema(f, lang)
        for bound in f.bounds or ():
            label = in_language(f.label, lang)
            properties[local_name(bound)] = _or_null(_day(f)) | {"title": f"{label}: {local_name(bound)}"}
    return {
        "$schema": DRAFT,
        "title": "Record",
        "description": in_language(guideline.label, lang),
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
        "maxProperties": FIELDS,
    }


def field_schema(field: Field, lang: str) -> Schema:
    """Return what the value of a field can be; null is unknown, as if it were absent."""
    label = in_language(field.label, lang)
    return _or_null(_value(field)) | {"title": label, "description": in_language(field.question, lang, label)}


def _or_null(schema: Schema) -> Schema:
    if "anyOf" in schema:
        return {"anyOf": [*schema["anyOf"], {"type": "null"}]}
    if "enum" in schema:
        schema = schema | {"enum": [*schema["enum"], None]}
    return schema | {"type": [schema["type"], "null"]}


def _value(field: Field) -> Schema:
    values = {"type": "string", "enum": [v.id for v in field.values]}
    if field.kind == "value":
        return values
    if field.kind == "values":
        return {"type": "array", "items": values, "uniqueItems": True}
    if field.kind == "boolean":
        return {"type": "boolean"}
    if field.kind == "integer":
        limits = {"minimum": field.low, "maximum": field.high}
        return {"type": "integer"} | {name: limit for name, limit in limits.items() if limit is not None}
    if field.kind == "string":
        return {"type": "string", "maxLength": TEXT, "pattern": _NO_CONTROL}
    if not field.bounds:
        return _day(field)
    ends = {"type": "object", "properties": {end: _day(field) for end in ENDS}}
    part = {"type": "string", "pattern": f"^{_year(field)}(?:-(?:0[1-9]|1[0-2]))?$"}
    return {"anyOf": [_day(field), part, ends | {"required": list(ENDS), "additionalProperties": False}]}


def _day(field: Field) -> Schema:
    return {"type": "string", "pattern": f"^{_year(field)}-{_DAY}{_MIDNIGHT}$"}


def _year(field: Field) -> str:
    """Return a pattern of the years that a date can be in."""
    not_after = f"(?!{'|'.join(_later(field.last_day))})" if field.last_day else ""
    if field.first_day is None:
        return f"{not_after}(?!0000)[0-9]{{4}}"
    return f"{not_after}(?:{field.first_day.year:04}|{'|'.join(_later(field.first_day))})"


def _later(day: date) -> list[str]:
    """Return patterns of the years after that of a day."""
    year = f"{day.year:04}"
    return [
        f"{year[:i]}[{int(digit) + 1}-9]" + (f"[0-9]{{{3 - i}}}" if i < 3 else "")
        for i, digit in enumerate(year)
        if digit != "9"
    ]
