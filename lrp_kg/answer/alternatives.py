"""The other values of a field that an answer names: as JSON, and in words."""

from __future__ import annotations

from datetime import date
from typing import Any

from lrp_kg.answer.results import Alternative, Interval
from lrp_kg.guideline.in_words import GuidelineWords


def other_value(words: GuidelineWords, found: Alternative) -> dict[str, Any]:
    """Return ``to``, what a record has in the field then, and ``toLabel``, how a person says it."""
    field, to = found.field, found.to
    if isinstance(to, Interval):
        return {"to": _between(to, dated=field.kind == "date"), "toLabel": _between_in_words(words, to)}
    if isinstance(to, bool):
        return {"to": to, "toLabel": words.yes_no(to)}
    if isinstance(to, tuple):
        named = ", ".join(words.value(field.id, name) for name in to)
        return {"to": list(to), "toLabel": named or words.say("none-of-them")}
    return {"to": next(v.id for v in field.values if v.iri == to), "toLabel": words.term(to)}


def _between(to: Interval, *, dated: bool) -> Any:
    first, last = (end.isoformat() if isinstance(end, date) else end for end in (to.first, to.last))
    if first == last and first is not None:
        return first
    return {"earliest": first, "latest": last} if dated else {"lowest": first, "highest": last}


def _between_in_words(words: GuidelineWords, to: Interval) -> str:
    if to.first == to.last:
        return words.say("whatever-it-is") if to.first is None else str(to.first)
    dated = isinstance(to.first or to.last, date)
    if to.last is None:
        return words.say("from-day-on" if dated else "at-least", first=to.first)
    if to.first is None:
        return words.say("up-to-day" if dated else "at-most", last=to.last)
    return words.say("from-to", first=to.first, last=to.last)
