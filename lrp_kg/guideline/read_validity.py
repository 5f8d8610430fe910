"""Reads when rules and editions are valid."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import date

from lrp_kg.guideline.graph_reader import GraphReader
from lrp_kg.guideline.index import Node
from lrp_kg.guideline.validity import Validity
from lrp_kg.namespaces import CP, DCTERMS, XSD, local_name


def read_validity(r: GraphReader, node: Node) -> Validity | None:
    """Return the validity of a rule, if it is limited; without ``cp:validBy`` it is by the date of the assessment.

    A ``cp:validity`` is a further period, by other date fields.
    """
    own = _read_period(r, node)
    further = tuple(filter(None, (_read_period(r, n) for n in r.graph.all(node, CP + "validity"))))
    if own and further:
        return replace(own, further=further)
    if further:
        r.complain("validity-without-day", node, "has a further period, cp:validity, and no first or last day.")
    return own


def _read_period(r: GraphReader, node: Node) -> Validity | None:
    first, last = read_days(r, node)
    by = r.fields_of_kind(node, CP + "validBy", "date")
    if first is None and last is None:
        if by:
            r.complain("validity-without-day", node, "names a date field with cp:validBy, and no first or last day.")
        return None
    if not by and r.assessment:
        by = (r.assessment,)
    if not by:
        r.complain("value-missing", node, "needs a cp:validBy, a date field that its days are compared with.")
    return Validity(first, last, by)


def read_days(r: GraphReader, node: Node) -> tuple[date | None, date | None]:
    """Return the first and last day of a rule or edition, each where it has one."""
    first, last = (_day(r, node, name) for name in (DCTERMS + "valid", CP + "validUntil"))
    if first and last and last < first:
        r.complain("validity-reversed", node, f"ends on {last}, before its first day {first}.")
    return first, last


def _day(r: GraphReader, node: Node, predicate: str) -> date | None:
    found, *others = r.graph.all(node, predicate) or (None,)
    if found and others:
        days = ", ".join(day.value for day in (found, *others))
        r.complain("not-a-date", node, f"has {len(others) + 1} days for {local_name(predicate)}: {days}. Keep one.")
        return None
    if found is None:
        return None
    if found.datatype == XSD + "date":
        with suppress(ValueError):
            return date.fromisoformat(found.value)
    message = f'{found.value!r} is not a date. Write it as "2026-01-31"^^xsd:date.'
    r.complain("not-a-date", node, message, about=found.value)
    return None
