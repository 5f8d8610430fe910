"""How much one record can say; each limit is far above what a record needs, and is named in the finding it causes."""

from __future__ import annotations

import json

from lrp_kg.errors import InvalidRecord
from lrp_kg.findings import Finding
from lrp_kg.words import in_every_language

FIELDS = 200
"""Keys of a JSON object, or values of properties in RDF."""

TRIPLES = 1_000
"""Triples of a document that holds one record."""

TEXT = 1_000
"""Characters of a value, of an identifier and of the name of a field."""

FINDINGS = 100
"""Problems that are listed; one more says how many are not."""

_SHOWN = 60
"""Characters of something too long that are shown."""


def problem(name: str, text: str, /, field: str | None = None, value: object = None, **fill: object) -> Finding:
    """Return a problem of a record, worded by a phrase; the phrase may name the field and the value."""
    texts = in_every_language(text, field=field, value=value, **fill)
    return Finding(name, texts["en"], field=field, value=value, messages=texts)


def shown(text: str) -> str:
    """Return a text, or the beginning of one that is too long."""
    return text if len(text) <= TEXT else f"{text[:_SHOWN]}…"


def legible(name: str) -> str:
    """Return a name as it is; in quotation marks where it could not be seen otherwise."""
    return name if name.strip() and name.isprintable() else json.dumps(name, ensure_ascii=False)


def over_triples() -> InvalidRecord:
    """Return the error for a document that says more than one record can."""
    finding = problem("over-limit", "limit-triples", limit=TRIPLES)
    return InvalidRecord(finding.message, [finding])


def over_fields(count: int) -> InvalidRecord:
    """Return the error for a record with more fields than are read."""
    finding = problem("over-limit", "limit-fields", count=count, limit=FIELDS)
    return InvalidRecord(finding.message, [finding])


def over_text(field: str, text: str) -> Finding:
    """Return the problem that a text is too long."""
    return problem("over-limit", "limit-text", shown(field), shown(text), count=len(text), limit=TEXT)


def over_list(field: str, count: int, limit: int) -> Finding:
    """Return the problem that a list is longer than its field has values."""
    return problem("over-limit", "limit-list", field, count=count, limit=limit)


def capped(findings: list[Finding], unlisted: int = 0) -> list[Finding]:
    """Return problems, or the first of them and how many more there are; ``unlisted`` are not among the findings."""
    more = len(findings) + unlisted - FINDINGS
    if more <= 0:
        return findings
    return [*findings[:FINDINGS], problem("more-problems", "limit-findings", count=more)]
