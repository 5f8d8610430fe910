"""What the conformance of a record depends on: few things, which records share though no two records are alike.

`lrp_kg.record.looks` reads from the shapes what their constraints look at, as `ConformanceRules`. `ConformanceKeys`
turns a record into keys: one for each value, pair or combination that a constraint looks at, by no more than it looks
at. A value that is only compared with bounds counts by its place between them, two days by their order, a text of
which only the type matters by its type. So no identifier and no day of a patient is in the keys of ordinary shapes,
and there are as few keys as the shapes can tell apart.

**Why this is complete.** Each constraint component of SHACL Core reads the values of its path, or of the two paths that
it compares, and nothing else; a query reads what it names. Each of them has a key that holds all it reads, or all that
its verdict can depend on. A record whose every key was in a record that pySHACL found conforming violates no
constraint. Where a component is of another kind, its key is the value itself, or nothing is remembered at all.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

from lrp_kg.guideline.index import Node
from lrp_kg.record.model import DATE, INTEGER, STRING, Members, RawRecord, RawValue

CANONICAL = re.compile(r"0|-?[1-9][0-9]{0,17}")
"""Integers as JSON has them. Others, such as 007 in Turtle, count as they are written."""

Key = tuple[tuple[str, ...], Hashable]
"""The properties that something depends on together, and what of their values matters."""

_OPEN_TYPES = (DATE, INTEGER, STRING)
MEMORY = 500_000
"""Remembered values and combinations, after which they are dropped; what shapes can tell apart are a few hundred."""
_CLOSED = 2_000
"""Remembered closed values, and combinations of shapes that apply, after which they are dropped."""

PRESENCE, VALUE, _MEMBER = "presence", "value", "member"


class Look(NamedTuple):
    """What a query looks at of one property: ``of`` is presence, value, or an integer's place beside ``bounds``."""

    property: str
    of: str
    bounds: tuple[int, ...] = ()


class Joint(NamedTuple):
    """What a query looks at together; it says nothing of a record without all of these, unless it is ``needing``.

    ``offsets`` compare two days as eight digits: the first, the second, and the number added to the second.
    """

    looks: tuple[Look, ...]
    needing: bool = False
    offsets: tuple[tuple[str, str, int], ...] = ()


@dataclass(frozen=True)
class ConformanceRules:
    """What the conformance of a record depends on, beside its shapes; properties by IRI.

    ``of_value`` are those of which a constraint looks at more than the type of a value, ``joined`` those of which one
    looks at several values together (``by_presence``: only at whether they are there), ``ordered`` pairs of which one
    compares the values. ``triggers`` are properties whose presence makes more shapes apply, to ``conditional`` ones.
    Where it is not ``rememberable``, constraints look at more than that.

    ``bounded`` are days and integers that are only compared with these bounds (days by `date.toordinal`), ``members``
    lists of which each member is looked at alone, ``joints`` what each query looks at. ``roots`` has, for each shape
    that applies to some records only, the properties that make it apply and those that it constrains; ``demanded`` the
    properties that must be there, with the number of such a shape, or -1 where every record must have them.
    """

    rememberable: bool
    of_value: frozenset[str]
    joined: tuple[tuple[str, ...], ...]
    by_presence: frozenset[tuple[str, ...]]
    ordered: frozenset[tuple[str, str]]
    triggers: tuple[str, ...]
    conditional: frozenset[str]
    bounded: Mapping[str, tuple[str, tuple[int, ...]]] = field(default_factory=dict)
    members: frozenset[str] = frozenset()
    joints: tuple[Joint, ...] = ()
    roots: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = ()
    demanded: tuple[tuple[str, int], ...] = ()


class Conforming:
    """What is known to conform: keys, and closed values of which every key is, by which they are found sooner.

    Values count by the shapes that apply, or together by the number of a query that looks at several.
    """

    def __init__(self) -> None:
        self.keys: set[Key] = set()
        self.values: dict[tuple[int, ...], set[tuple[str, RawValue]]] = {}
        self.together: set[tuple[int, tuple[RawValue | None, ...]]] = set()

    def values_by(self, shapes: tuple[int, ...]) -> set[tuple[str, RawValue]]:
        """Return the closed values that conform to the shapes that apply, which a caller adds to."""
        found = self.values.get(shapes)
        if found is None or len(found) > _CLOSED:
            if len(self.values) > _CLOSED:
                self.values.clear()
            found = self.values[shapes] = set()
        return found

    def remember(self, keys: Iterable[Key]) -> None:
        """Remember keys that conform."""
        if len(self.keys) > MEMORY:
            self.keys.clear()
        if len(self.together) > _CLOSED:
            self.together.clear()
        self.keys.update(keys)


class ConformanceKeys:
    """Turns records into the keys of what their conformance depends on."""

    def __init__(self, rules: ConformanceRules) -> None:
        self._rules = rules
        self._roots = [
            (number, frozenset(triggers), frozenset(own)) for number, (triggers, own) in enumerate(rules.roots)
        ]
        self._ordered = sorted(rules.ordered)
        self._joints = [
            (number, joint, tuple(look.property for look in joint.looks)) for number, joint in enumerate(rules.joints)
        ]
        self._places = {p: bounds for p, (kind, bounds) in rules.bounded.items() if kind == INTEGER}
        self._days = {p: bounds for p, (kind, bounds) in rules.bounded.items() if kind == DATE}

    def of(self, raw: RawRecord, known: Conforming | None = None) -> list[Key] | None:
        """Return the keys of a record; ``None`` where its conformance cannot be remembered.

        With what is ``known`` to conform, only the keys that are not.
        """
        rules, entries = self._rules, raw.entries
        values = dict(entries)
        if raw.stray or len(values) != len(entries) or not rules.rememberable:
            return None
        named = bool(raw.subject) and not raw.subject.startswith("_:")
        active = [(number, own) for number, triggers, own in self._roots if not triggers.isdisjoint(values)]
        conforming = known.keys if known else frozenset[Key]()
        numbers = tuple([number for number, _ in active])
        settled = known.values_by(numbers) if known else set()
        keys: list[Key] = [((), named), *(((), (named, number)) for number in numbers)]
        days: dict[str, int] = {}
        for entry in entries:
            if entry in settled:
                continue
            predicate, value = entry
            said = self._alone(predicate, value, days)
            if said is None:
                return None
            alone = (predicate,)
            own_keys: list[Key] = [(alone, one) for one in said]
            for number, own in active:
                if predicate in own:
                    own_keys += [(alone, (one, number)) for one in said]
            if not conforming.issuperset(own_keys):
                keys += own_keys
            elif known and _is_closed(value):
                settled.add(entry)
        for predicate, number in rules.demanded:
            if predicate not in values and (number < 0 or number in numbers):
                keys.append(((predicate,), (None, number)))
        for pair in self._ordered:
            first, second = pair
            if first in values and second in values:
                a, b = days.get(first), days.get(second)
                compared: Key = pair, ((a > b) - (a < b) if a and b else (values[first], values[second]))
                if compared not in conforming:
                    keys.append(compared)
        together = known.together if known else set()
        value_of = values.get
        for number, joint, properties in self._joints:  # the number, since two may look at the same properties
            looked = number, tuple(map(value_of, properties))
            if looked in together or (None in looked[1] and (not joint.needing or not any(looked[1]))):
                continue
            key = properties, (number, self._together(joint, values))
            if key not in conforming:
                keys.append(key)
            elif all(map(_is_closed, looked[1])) and len(together) <= _CLOSED:
                together.add(looked)
        return [key for key in keys if key not in conforming] if known else keys

    def _alone(self, predicate: str, value: RawValue, days: dict[str, int]) -> tuple[Hashable, ...] | None:
        """Return what matters of a value alone, and note its day; ``None`` where it cannot be remembered."""
        rules = self._rules
        if isinstance(value, Members):
            if any(node.is_blank for node in value.nodes):
                return None
            if predicate in rules.members:
                return bool(value.nodes), *[(_MEMBER, node) for node in value.nodes]
            return (value.nodes,)
        if value.datatype == DATE:
            day = _ordinal(value.value)
            if day:
                days[predicate] = day
                bounds = self._days.get(predicate)
                if bounds is not None:
                    return ((DATE, _place(day, bounds)),)
        elif value.datatype == INTEGER:
            bounds = self._places.get(predicate)
            if bounds is not None and CANONICAL.fullmatch(value.value):
                return ((INTEGER, _place(int(value.value), bounds)),)
        elif value.kind == "blank":
            return None
        elif value.datatype == STRING and predicate not in rules.of_value:
            return (STRING,)
        return (value,)

    @staticmethod
    def _together(joint: Joint, values: Mapping[str, RawValue]) -> Hashable:
        """Return what a query looks at."""
        said: list[Hashable] = []
        for look in joint.looks:
            value = values.get(look.property)
            if value is None:
                said.append(None)
            elif look.of == PRESENCE:
                said.append(bool(value.nodes) if isinstance(value, Members) else True)
            elif look.of == VALUE or isinstance(value, Members):
                said.append(value.nodes if isinstance(value, Members) else value)
            elif value.datatype == INTEGER and CANONICAL.fullmatch(value.value):
                said.append(_place(int(value.value), look.bounds))
            else:
                said.append(value)
        for first, second, added in joint.offsets:
            a, b = (values[name] for name in (first, second))
            digits = [_digits(x) for x in (a, b)]
            if None in digits:
                said.append((a, b))
            else:
                beyond = digits[0] - digits[1] - added  # type: ignore[operator]
                said.append((beyond > 0) - (beyond < 0))
        return tuple(said)


def _is_closed(value: RawValue | None) -> bool:
    """Return whether a value is of those of which there are few: no day, no number, no text and no list."""
    return isinstance(value, Node) and value.datatype not in _OPEN_TYPES


def _ordinal(text: str) -> int:
    """Return the number of a day that is written as shapes usually demand; 0 for other texts and days that are none."""
    if len(text) != 10 or text[4] != "-" or text[7] != "-":
        return 0
    try:
        return date.fromisoformat(text).toordinal()
    except ValueError:
        return 0


def _digits(value: RawValue) -> int | None:
    """Return the eight digits of a day."""
    if isinstance(value, Members) or value.datatype != DATE or not _ordinal(value.value):
        return None
    return int(value.value.replace("-", ""))


def _place(number: int, bounds: Sequence[int]) -> int:
    """Return where a number is among bounds: on one of them, or between two."""
    found = bisect_left(bounds, number)
    return 2 * found + (found < len(bounds) and bounds[found] == number)


def representatives(bounds: Sequence[int]) -> list[int]:
    """Return a number for each place that there is among bounds, of those that are close to them."""
    close = sorted({0, *(b + d for b in bounds for d in (-1, 0, 1))})
    found: dict[int, int] = {}
    for number in close:
        found.setdefault(_place(number, bounds), number)
    return list(found.values())


def as_tuples(data: Any) -> Any:
    """Return lists of JSON as tuples, which keys are."""
    return tuple(map(as_tuples, data)) if isinstance(data, list) else data
