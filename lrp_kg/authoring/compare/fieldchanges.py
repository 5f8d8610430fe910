"""What changed about the fields of a record and the rules for a valid one: looser, stricter, or neither."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from math import inf

from lrp_kg.authoring.compare.model import Change, Level
from lrp_kg.authoring.compare.shared_space import NEW, OLD
from lrp_kg.authoring.compare.snapshot import Snapshot, TripleObject
from lrp_kg.guideline.model import Field
from lrp_kg.namespaces import RDFS, SH, SKOS, local_name

_OF_THE_FIELD = {SH + name for name in ("in", "datatype", "minInclusive", "maxInclusive")}
_NO_CONSTRAINT = {SH + "message", SH + "path", RDFS + "label", SKOS + "definition"}

Sides = tuple[Snapshot, Snapshot]


def field_changes(sides: Sides, before: str, after: str) -> Iterator[Change]:
    """Yield changes of the type and range of a field, and of the order in which its values are offered."""
    old, new = sides[OLD].guideline.fields.get(before), sides[NEW].guideline.fields.get(after)
    if old is None or new is None:
        return
    change = Change(after, new.id, "field", "changed", Level.MAJOR)
    if old.kind != new.kind:
        yield replace(change, of="type", before=(old.kind,), after=(new.kind,))
    elif (old.low, old.high) != (new.low, new.high):
        (old_low, old_high), (new_low, new_high) = _bounds(old), _bounds(new)
        looser, tighter = new_low <= old_low and old_high <= new_high, old_low <= new_low and new_high <= old_high
        what, level = _direction(looser, tighter)
        yield replace(change, what=what, level=level, of="bounds", before=_range(old), after=_range(new))
    was, now = ([v.iri for v in f.values if v.iri in {w.iri for w in o.values}] for f, o in ((old, new), (new, old)))
    if was != now:
        yield replace(change, level=Level.PATCH, of="priority", before=tuple(was), after=tuple(now))


def _direction(looser: bool, tighter: bool) -> tuple[str, Level]:
    return ("loosened", Level.MINOR) if looser else ("tightened" if tighter else "changed", Level.MAJOR)


def _bounds(field: Field) -> tuple[float, float]:
    return -inf if field.low is None else field.low, inf if field.high is None else field.high


def _range(field: Field) -> tuple[str, ...]:
    return (f"{'' if field.low is None else field.low} – {'' if field.high is None else field.high}".strip(),)


def rule_changes(sides: Sides, before: str, after: str) -> Iterator[Change]:
    """Yield changes of the constraints of a shape, but for those that are reported with its field."""
    old, new = sides[OLD].said(before), sides[NEW].said(after)
    paths = sides[NEW].paths(after)
    for predicate in sorted(p for p in old.keys() | new.keys() if p.startswith(SH)):
        a, b = old.get(predicate, frozenset()), new.get(predicate, frozenset())
        if a == b or predicate in _NO_CONSTRAINT or (predicate in _OF_THE_FIELD and _field_differs(sides, paths)):
            continue
        if predicate == SH + "property":
            a, b = _kept(sides, a), _kept(sides, b)
            if a == b:
                continue
        gone, come = (tuple(sorted(v.text for v in side)) for side in (a - b, b - a))
        what, level = _direction(not come, not gone)
        change = Change(after, sides[NEW].identifier(after), "rule", what, level, local_name(predicate))
        yield replace(change, before=tuple(map(local_name, gone)), after=tuple(map(local_name, come)))


def _field_differs(sides: Sides, paths: list[str]) -> bool:
    """Return whether the values, type or range of a field differ, which is reported with the field."""
    for path in paths:
        a, b = (side.guideline.fields.get(path) for side in sides)
        if a and b:
            differs = (a.kind, a.low, a.high) != (b.kind, b.low, b.high)
            return differs or {v.iri for v in a.values} != {v.iri for v in b.values}
    return False


def _kept(sides: Sides, values: frozenset[TripleObject]) -> frozenset[TripleObject]:
    """Return the shapes among values that are in both versions: what is new or gone is reported as a term."""
    return frozenset(v for v in values if all(v.text in side.kinds for side in sides))
