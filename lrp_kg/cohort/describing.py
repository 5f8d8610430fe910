"""What a column is, as metadata of its Arrow field: its kind, the term that it is about, the order of its categories.

Readers need not guess it from the name, which has dots and underscores of its own.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from lrp_kg.guideline.model import Guideline, Term
from lrp_kg.words import in_language

KIND, ID, IRI, LABEL, PROGRAMME, CATEGORIES = "kind", "id", "iri", "label", "programme", "categories"
"""Keys of the metadata of a field; the last is a JSON list, in order."""
GUIDELINE = "guideline"
"""The key of the metadata of a schema: JSON with id, iri, version and content of the guideline."""


def described(
    name: str,
    of_type: pa.DataType,
    kind: str,
    term: Term,
    *,
    categories: Sequence[str] = (),
    programme: str | None = None,
) -> pa.Field:
    """Return the field of a column of a kind that is about a term; the label is English."""
    said = {KIND: kind, ID: term.id, IRI: term.iri, LABEL: in_language(term.label, "en", term.id)}
    if programme:
        said[PROGRAMME] = programme
    if categories:
        said[CATEGORIES] = json.dumps(list(categories))
    return pa.field(name, of_type, metadata=said)


def description(field: pa.Field) -> dict[str, Any]:
    """Return what the metadata of a field says; nothing where it is no column of answers."""
    said = _texts(field.metadata)
    if CATEGORIES in said:
        said[CATEGORIES] = json.loads(said[CATEGORIES])
    return said


def of_guideline(guideline: Guideline) -> dict[str, str]:
    """Return the metadata of a schema: which rules the answers are by."""
    g = guideline
    said = {ID: g.id, IRI: g.iri, "version": g.version, "content": f"sha256:{g.content_hash}"}
    return {GUIDELINE: json.dumps(said)}


def _texts(metadata: Mapping[bytes, bytes] | None) -> dict[str, Any]:
    return {key.decode(): value.decode() for key, value in (metadata or {}).items()}
