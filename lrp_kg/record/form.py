"""A record from the fields of an HTML form, as a browser sends them: texts by name."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from lrp_kg.findings import Finding
from lrp_kg.guideline.model import Field
from lrp_kg.record.limits import FIELDS, legible, over_fields, problem, shown
from lrp_kg.record.model import RawRecord
from lrp_kg.record.read import RecordReader

NONE = "[]"
"""What a list of values sends that is known to have none."""

ROUGHLY = "-roughly"
"""How the name ends under which a date that is not known exactly is sent: a month, a year, or two days with a /."""

Sent = Mapping[str, list[str]]
"""The texts that a form sent, by name. An empty text says nothing: what it is about stays unknown."""

_WHOLE = re.compile(r"-?[0-9]{1,18}")


def from_form(reader: RecordReader, sent: Sent) -> RawRecord:
    """Read the record that a form sent.

    What is sent under another name than a field's, more than once, or together with what excludes it is among the
    problems of the record. Raise `InvalidRecord` where there are more names than a record has fields.
    """
    if len(sent) > FIELDS:
        raise over_fields(len(sent))
    data: dict[str, Any] = {}
    problems: list[Finding] = []
    for name, texts in said(sent).items():
        own = name.removesuffix(ROUGHLY)
        f = reader.fields.get(name) or reader.fields.get(own)
        if f is None or (f.id != name and not f.bounds):
            problems.append(problem("unknown-field", "form-unknown", shown(legible(name))))
        elif f.id in data:
            problems.append(problem("values-do-not-agree", "form-two-dates", f.id))
        else:
            problems += _excluded(f, texts)
            data[f.id] = _value(f, texts, roughly=f.id != name)
    raw = reader.from_json(data)
    return replace(raw, problems=(*raw.problems, *problems)) if problems else raw


def said(sent: Sent) -> dict[str, list[str]]:
    """Return what is not empty of the texts of a form, without the spaces around it."""
    found = {name: [text for t in texts if (text := t.strip())] for name, texts in sent.items()}
    return {name: texts for name, texts in found.items() if texts}


def _excluded(f: Field, texts: list[str]) -> Iterator[Finding]:
    if f.kind != "values":
        if len(texts) > 1:
            yield problem("more-than-one-value", "form-twice", f.id)
    elif NONE in texts and len(set(texts)) > 1:
        yield problem("values-do-not-agree", "form-none-and-some", f.id)


def _value(f: Field, texts: list[str], *, roughly: bool) -> Any:
    """Return what JSON would have for a field; a text as it is where it cannot be a value, for validation to say so."""
    text = texts[0]
    if f.kind == "values":
        return [t for t in texts if t != NONE]
    if f.kind == "boolean":
        return {"true": True, "false": False}.get(text, text)
    if f.kind == "integer":
        return int(text) if _WHOLE.fullmatch(text) else text
    first, slash, last = text.partition("/")
    if roughly and slash:
        return {"earliest": first.strip(), "latest": last.strip()}
    return text
