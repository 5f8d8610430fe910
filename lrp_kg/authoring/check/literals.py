"""Says whether a literal is one of its datatype, and whether every format can hold its text."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from datetime import date
from functools import lru_cache

import pyoxigraph as ox

from lrp_kg.namespaces import XSD, local_name


def fault_of(literal: ox.Literal) -> str | None:
    """Return what is wrong with a literal, as the rest of a sentence; ``None`` where nothing is."""
    return _fault(literal.value, literal.datatype.value)


@lru_cache(maxsize=100_000)
def _fault(value: str, datatype: str) -> str | None:
    if not _has_form(value, datatype):
        return f"is not an xsd:{local_name(datatype)}"
    control = next((c for c in value if unicodedata.category(c) == "Cc" and c not in "\t\n\r"), None)
    return f"has the control character U+{ord(control):04X}, which XML cannot hold" if control else None


def _has_form(value: str, datatype: str) -> bool:
    form = _FORMS.get(datatype)
    if form or datatype not in _OTHER:
        return form is None or bool(form(value))
    import rdflib

    return rdflib.Literal(value, datatype=rdflib.URIRef(datatype)).ill_typed is not True


def _is_date(value: str) -> bool:
    try:
        return re.fullmatch(r"\d{4}-\d{2}-\d{2}", value) is not None and bool(date.fromisoformat(value))
    except ValueError:
        return False


_FORMS: dict[str, Callable[[str], object]] = {
    XSD + "integer": lambda v: re.fullmatch(r"[+-]?[0-9]+", v),
    XSD + "decimal": lambda v: re.fullmatch(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)", v),
    XSD + "boolean": lambda v: v in ("true", "false", "1", "0"),
    XSD + "date": _is_date,
}
_OTHER = frozenset(
    XSD + name
    for name in "dateTime time gYear gYearMonth gMonth gDay duration dayTimeDuration yearMonthDuration double float "
    "int long short byte nonNegativeInteger positiveInteger nonPositiveInteger negativeInteger unsignedInt".split()
)
"""Datatypes whose literals rdflib judges."""
