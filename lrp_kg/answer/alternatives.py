"""The other values of a field that an answer names: as JSON, and in words."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
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


def values_in_words(words: GuidelineWords, rendered: Iterable[dict[str, Any]]) -> list[str]:
    """Return the values of rendered alternatives of one field as a person says them, neighbouring intervals as one."""
    found: list[str] = []
    intervals: list[Interval] = []
    for a in rendered:
        to = a["to"]
        if isinstance(to, dict):
            intervals.append(
                Interval(*(date.fromisoformat(end) if isinstance(end, str) else end for end in to.values()))
            )
        else:
            found.append(a["toLabel"])
    intervals.sort(key=lambda i: (i.first is not None, i.first))
    joined: list[Interval] = []
    for i in intervals:
        if joined and _meet(joined[-1], i):
            joined[-1] = Interval(joined[-1].first, i.last)
        else:
            joined.append(i)
    return found + [_between_in_words(words, i) for i in joined]


def _meet(a: Interval, b: Interval) -> bool:
    if isinstance(a.last, date) and isinstance(b.first, date):
        return b.first - a.last == timedelta(1)
    return isinstance(a.last, int) and isinstance(b.first, int) and b.first - a.last == 1


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
