"""The one way from what a sender calls a record to its IRI: RFC 3986, as Turtle and JSON-LD resolve it."""

from __future__ import annotations

import re
import unicodedata

import pyoxigraph as ox

from lrp_kg.errors import RecordError
from lrp_kg.record.model import BASE
from lrp_kg.words import error as say

_PLAIN = re.compile(r"(?:https?://[a-z0-9]+(?:[.-][a-z0-9]+)*(?:/[A-Za-z0-9_-]+)+|urn:[a-z0-9]+:[A-Za-z0-9:_-]+)")
"""Absolute IRIs without a sign that could be resolved to another one, as most senders have them."""

_NEVER = frozenset("<>\\")
"""Signs that no IRI has, and that would mean something else where Turtle is parsed."""


def resolved(ident: object) -> str:
    """Return the IRI or blank node of an ``@id``, relative ones resolved; empty where there is none."""
    if ident is None:
        return ""
    if isinstance(ident, str) and _PLAIN.fullmatch(ident):
        return ident
    if not isinstance(ident, str) or _NEVER.intersection(ident):
        raise say(RecordError, "error-id")
    try:
        if ident.startswith("_:"):
            return f"_:{ox.BlankNode(ident[2:]).value}"
        triple = next(ox.parse(f"<{ident}> a <urn:x> .", format=ox.RdfFormat.TURTLE, base_iri=BASE))
    except (ValueError, SyntaxError):
        raise say(RecordError, "error-id") from None
    return demand_no_space(str(triple.subject.value))


def demand_no_space(iri: str) -> str:
    """Return an IRI; raise `RecordError` where it has white space or a control character, which nobody sees."""
    if not iri.isascii() and any(unicodedata.category(c)[0] in "ZC" for c in iri):
        raise say(RecordError, "error-id")
    return iri
