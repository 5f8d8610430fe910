"""What is known to conform before any record is: each thing that constraints can look at, judged once by pySHACL.

The records that are judged are invented, from the bounds of the shapes and the values of the fields. So what is kept
of them on disk has nothing of a patient.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Set
from dataclasses import replace
from datetime import date

from lrp_kg.guideline.index import Node
from lrp_kg.guideline.model import Guideline
from lrp_kg.namespaces import XSD
from lrp_kg.record.conformance import PRESENCE, ConformanceKeys, ConformanceRules, Joint, Key
from lrp_kg.record.model import BASE, DATE, INTEGER, STRING, Members, RawRecord, RawValue

MOST = 400
"""Combinations of one query that are tried; a record with another one is judged when it is there."""

_TRIES = 20
"""Values of what a record must have beside those that it is about, until it conforms."""

_DAY = date(2000, 6, 15)

Values = dict[str, list[RawValue]]


def proven(guideline: Guideline, rules: ConformanceRules, conforms: Callable[[RawRecord], bool]) -> set[Key]:
    """Return the keys of invented records that conform; ``conforms`` judges one."""
    keys, found = ConformanceKeys(rules), set[Key]()
    if not rules.rememberable:
        return found

    def judged(raw: RawRecord) -> bool:
        own = keys.of(raw)
        if own is None or (not found.issuperset(own) and not conforms(raw)):
            return False
        found.update(own)
        return True

    def judged_with_others(raw: RawRecord) -> bool:
        """Judge a record with what it must have, where that is not what it is about."""
        own = dict(raw.entries)
        return judged(raw) or any(
            judged(replace(raw, entries=(*zip(needed, others, strict=True), *raw.entries)))
            for needed in filter(None, _needed(rules, own.keys()))
            for others in itertools.islice(itertools.product(*(values[name] for name in needed)), _TRIES)
        )

    values: Values = {}
    for predicate in (*guideline.fields, *guideline.bounded):
        values[predicate] = _values(guideline, rules, predicate)
    for subject in ("", BASE + "1"):
        judged_with_others(RawRecord(subject, ()))
    for predicate, every in values.items():
        values[predicate] = [value for value in every if judged_with_others(_record((predicate, value)))]
    for raw in itertools.chain(_conditional(rules, values), _ordered(rules, values), _joint(rules, values)):
        judged_with_others(raw)
    return found


def _needed(rules: ConformanceRules, own: Set[str]) -> Iterator[list[str]]:
    """Yield the properties that a record with some properties must have too; then with those that it may need."""
    yield _demanded(rules, own)
    together = [{look.property for look in joint.looks} for joint in rules.joints if joint.needing]
    beside = dict.fromkeys(name for names in together if names & own for name in sorted(names - own))
    if beside:
        yield [*beside, *_demanded(rules, own | beside.keys())]


def _demanded(rules: ConformanceRules, own: Set[str]) -> list[str]:
    """Return the properties that must be there where some properties are."""
    needed: dict[str, None] = {}
    while True:
        there = own | needed.keys()
        active = {-1, *(n for n, (triggers, _) in enumerate(rules.roots) if not there.isdisjoint(triggers))}
        more = [name for name, number in rules.demanded if number in active and name not in there]
        if not more:
            return list(needed)
        needed |= dict.fromkeys(more)


def _record(*entries: tuple[str, RawValue], subject: str = "") -> RawRecord:
    return RawRecord(subject, entries)


def _values(guideline: Guideline, rules: ConformanceRules, predicate: str) -> list[RawValue]:
    """Return a value for each that constraints tell apart."""
    field = guideline.bounded.get(predicate) or guideline.fields[predicate]
    kind, bounds = rules.bounded.get(predicate, ("", ()))
    if field.kind == "values":
        return [Members(()), *(Members((Node("iri", v.iri),)) for v in field.values)]
    if field.kind == "value":
        return [Node("iri", v.iri) for v in field.values]
    if field.kind == "boolean":
        return [_literal(text, XSD + "boolean") for text in ("true", "false")]
    if field.kind == "string":
        return [_literal("", STRING)]
    if kind == INTEGER:
        return [_literal(str(number), INTEGER) for number in _close_to(bounds or (0,))]
    if kind == DATE:
        return [_day(number) for number in _close_to(bounds or (_DAY.toordinal(),))]
    return []


def _literal(text: str, kind: str) -> Node:
    return Node("literal", text, kind)


def _day(number: int) -> Node:
    return _literal(date.fromordinal(number).isoformat(), DATE)


def _close_to(bounds: tuple[int, ...]) -> list[int]:
    """Return the bounds and the numbers beside them, two of them in the middle; one of these is the first."""
    return sorted({b + more for b in bounds for more in (-1, 0, 1, 2)}, key=lambda number: abs(number - bounds[0] - 1))


def _conditional(rules: ConformanceRules, values: Values) -> Iterator[RawRecord]:
    """Yield records to which a shape applies because of one property."""
    for triggers, constrained in rules.roots:
        for trigger in triggers:
            for first in values.get(trigger, ())[:1]:
                yield from (_record((trigger, first), subject=subject) for subject in ("", BASE + "1"))
                for name in constrained:
                    yield from (_record((trigger, first), (name, value)) for value in values.get(name, ()))


def _ordered(rules: ConformanceRules, values: Values) -> Iterator[RawRecord]:
    """Yield records with two days, in each order."""
    for pair in sorted(rules.ordered):
        if all(rules.bounded.get(name, ("",))[0] == DATE and values.get(name) for name in pair):
            around = [_day(number) for number in _inside(rules, pair)]
            yield from (_record(*zip(pair, days, strict=True)) for days in itertools.permutations(around, 2))
            yield _record(*((name, around[0]) for name in pair))


def _inside(rules: ConformanceRules, names: tuple[str, ...]) -> tuple[int, int]:
    """Return two days in a row, in the middle of the days that properties can have."""
    bounds = [number for name in names for number in rules.bounded[name][1]]
    middle = (max(bounds) + min(bounds)) // 2 if bounds else _DAY.toordinal()
    return middle, middle + 1


def _joint(rules: ConformanceRules, values: Values) -> Iterator[RawRecord]:
    """Yield records with what a query can look at together."""
    for joint in rules.joints:
        if joint.offsets:
            yield from _beside_end(joint, rules, values)
        else:
            yield from itertools.islice(_combined(joint, values), MOST)


def _combined(joint: Joint, values: Values) -> Iterator[RawRecord]:
    choices: list[list[RawValue | None]] = []
    for look in joint.looks:
        own: list[RawValue] = list(values.get(look.property, ()))
        if look.of == PRESENCE:
            own = own[:1]
        elif look.of == INTEGER:
            own = [_literal(str(number), INTEGER) for number in _close_to(look.bounds)]
        choices.append([*own, *([None] if joint.needing else [])])
    for chosen in itertools.product(*choices):
        entries = zip((look.property for look in joint.looks), chosen, strict=True)
        yield _record(*((name, value) for name, value in entries if value is not None))


def _beside_end(joint: Joint, rules: ConformanceRules, values: Values) -> Iterator[RawRecord]:
    """Yield records with two days, the first of them before, on and after the end of a period from the second."""
    names = tuple(look.property for look in joint.looks)
    if len(joint.offsets) > 1 or len(names) > 2 or any(rules.bounded.get(n, ("",))[0] != DATE for n in names):
        return
    first, second, added = joint.offsets[0]
    start = date.fromordinal(_inside(rules, names)[0]).replace(day=15)
    for more in (-1, 0, 1):
        try:
            end = date.fromisoformat(str(int(f"{start:%Y%m%d}") + added + more))
        except ValueError:
            continue
        yield _record((first, _day(end.toordinal())), (second, _day(start.toordinal())))
