"""Two versions of a guideline in one space of cells.

Cells are cut at the thresholds of both versions, so that the criteria of both are decided over the same signatures.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass, replace

from lrp_kg.guideline.criteria import All, AnyOf, Between, Expression, Has, Named, Not, fields_of, names_in
from lrp_kg.guideline.model import Condition, Decision, Field, Guideline
from lrp_kg.logic.calendar import Calendar
from lrp_kg.logic.cells import Cells
from lrp_kg.logic.classify import Program
from lrp_kg.logic.diagrams import Axis, Builder, Diagram
from lrp_kg.namespaces import PATIENT_RECORD

OLD, NEW = 0, 1
_AS_BEFORE = "~~old"
"""Ends the name of a field as only the old version has it, where its type changed."""


@dataclass(frozen=True)
class Version:
    """A version of a guideline as it is written, with what decides it in the shared cells."""

    guideline: Guideline
    builder: Builder
    diagrams: dict[Hashable, Diagram]

    def reads(self, decision: Decision, extras: tuple[str, ...]) -> frozenset[int]:
        """Return the variables that a decision and some classes read."""
        return self.builder.reads([*self.builder.roots(decision), *(Named(name) for name in extras)])

    def diagram(self, decision: Decision, axes: tuple[Axis, ...], extras: tuple[str, ...]) -> Diagram:
        """Return the diagram of a decision over some axes; its leaves say which ``extras`` hold."""
        options = tuple((o.id, o.applies_to, o.refined_by) for o in decision.options)
        key = (decision.policy, decision.scope, options, axes, extras)
        if key not in self.diagrams:
            variables = [v for axis in axes for v in axis.variables]
            own = self.builder.build(decision, extras=extras, always=bool(extras), further=variables)
            self.diagrams[key] = own.over(axes)
        return self.diagrams[key]


class SharedSpace:
    """Two versions over common cells: 0 is the old one, 1 the new one."""

    def __init__(self, old: Version, new: Version, retyped: frozenset[str] = frozenset()) -> None:
        self.versions = (old, new)
        self.sides = (old.guideline, new.guideline)
        self.cells = new.builder.program.cells
        self.dates = new.builder.dates
        self.guideline = self.cells.guideline
        self._retyped = retyped
        self._same: dict[str, bool] = {PATIENT_RECORD: True}

    def same(self, old: str, new: str) -> bool:
        """Return whether a class of each version has the same name and definition, and depends on the same."""
        return old == new and self._is_same(old)

    def _is_same(self, condition: str) -> bool:
        known = self._same.get(condition)
        if known is None:
            old, new = (side.classes.get(condition) for side in self.sides)
            known = old is not None and old == new
            if old is not None and known:
                reads = fields_of(old, self.sides[OLD].classes)
                known = not reads & self._retyped and all(map(self._is_same, names_in(old)))
            self._same[condition] = known
        return known

    def alike(self, old: Decision, new: Decision) -> bool:
        """Return whether two decisions are written the same, so that no diagram is needed."""
        if (old.policy, len(old.options)) != (new.policy, len(new.options)) or not self.same(old.scope, new.scope):
            return False
        before, after = (side.decisions for side in self.sides)
        for a, b in zip(old.options, new.options, strict=True):
            if (a.id, bool(a.refined_by)) != (b.id, bool(b.refined_by)) or not self.same(a.applies_to, b.applies_to):
                return False
            if a.refined_by and b.refined_by and not self.alike(before[a.refined_by], after[b.refined_by]):
                return False
        return True

    def valid(self, side: int, variable: int, cell: int) -> bool:
        """Return whether a side accepts a cell of a variable; a field that it does not know is not looked at."""
        own, v = self.sides[side], self.cells.variables[variable]
        if v.iri in self.guideline.expanded:
            source, value = self.guideline.expanded[v.iri]
            known = own.fields.get(source)
            return known is None or v.representative(cell) is not True or value in {x.iri for x in known.values}
        field = own.fields.get(v.iri)
        if field is None or cell == 0:
            return True
        value_or_start = v.representative(cell)
        if field.kind == "value":
            return value_or_start in {x.iri for x in field.values}
        if field.kind == "integer" and isinstance(value_or_start, int):
            first, last = v.bounds(cell)
            above = field.high is None or first <= field.high
            return above and (field.low is None or last is None or last >= field.low)
        return True

    def implied(self, side: int, variable: int) -> frozenset[int]:
        """Return the variables that a side holds true wherever a date of this one has a value."""
        fields = self.sides[side].fields
        dates = [fields[name] for name in self.cells.inputs(variable) if name in fields and fields[name].kind == "date"]
        found = {i for f in dates for i in f.implies}
        return frozenset(self.cells.index[name] for name in found if name in self.cells.index)


def original(field: str) -> tuple[str, bool]:
    """Return the name of a field in its own version, and whether it is one that only the old version has so."""
    return field.removesuffix(_AS_BEFORE), field.endswith(_AS_BEFORE)


def space_of(old: Guideline, new: Guideline) -> SharedSpace:
    """Return the shared space of two versions."""
    before, after = _inputs(old), _inputs(new)
    retyped = frozenset(name for name in before.keys() & after.keys() if before[name] != after[name])
    decided = replace(old, conditions={n: _renamed(c, retyped) for n, c in old.conditions.items()}) if retyped else old
    cells = Cells(_merged(old, new, decided, retyped))
    dates = Calendar(cells)
    builders = [Builder(Program(g, cells), dates, g.decisions) for g in (decided, new)]
    return SharedSpace(Version(old, builders[OLD], {}), Version(new, builders[NEW], {}), retyped)


def _inputs(guideline: Guideline) -> dict[str, tuple[str, ...]]:
    """Return how each field that criteria can read gets its value."""
    found: dict[str, tuple[str, ...]] = {name: ("list",) for name in guideline.expanded}
    found |= {f.iri: ("field", f.kind) for f in guideline.fields.values()}
    return found | {d.iri: ("derived", d.start, d.end, d.measure) for d in guideline.derived.values()}


def _merged(old: Guideline, new: Guideline, decided: Guideline, retyped: frozenset[str]) -> Guideline:
    """Return the new version with the fields and the thresholds of both."""
    fields, derived = dict(new.fields), dict(new.derived)
    for f in old.fields.values():
        name = _name(f.iri, retyped)
        fields[name] = _widest(fields[name], f) if name in fields else replace(f, iri=name)
    for d in old.derived.values():
        name = _name(d.iri, retyped)
        derived[name] = replace(d, iri=name)
    conditions = new.conditions | {name + _AS_BEFORE: c for name, c in decided.conditions.items()}
    for number, cut in enumerate(_cuts(old, new, retyped)):
        name = f"urn:lrp-kg:cut:{number}"
        conditions[name] = Condition(name, name, {}, cut)
    orders = tuple(sorted({*old.date_orders, *new.date_orders}))
    spans = tuple(span for span in new.date_spans if span in old.date_spans)
    return replace(new, fields=fields, derived=derived, conditions=conditions, date_orders=orders, date_spans=spans)


def _cuts(old: Guideline, new: Guideline, retyped: frozenset[str]) -> Iterator[Between]:
    """Yield cuts where the allowed range of an integer field differs, so that a cell is valid or not as a whole."""
    for name in sorted(old.fields.keys() & new.fields.keys() - retyped):
        a, b = old.fields[name], new.fields[name]
        if a.kind != "integer" or (a.low, a.high) == (b.low, b.high):
            continue
        for low in {a.low, b.low} - {None}:
            yield Between(name, low, None)
        for high in {a.high, b.high} - {None}:
            yield Between(name, None, high)


def _widest(new: Field, old: Field) -> Field:
    known = {v.iri for v in new.values}
    low = None if new.low is None or old.low is None else min(new.low, old.low)
    high = None if new.high is None or old.high is None else max(new.high, old.high)
    values = new.values + tuple(v for v in old.values if v.iri not in known)
    implies = tuple(dict.fromkeys(new.implies + old.implies))
    excludes = tuple(dict.fromkeys(new.excludes + old.excludes))
    return replace(new, values=values, low=low, high=high, implies=implies, excludes=excludes)


def _name(field: str, retyped: frozenset[str]) -> str:
    return field + _AS_BEFORE if field in retyped else field


def _renamed(condition: Condition, retyped: frozenset[str]) -> Condition:
    """Return a condition of the old version that reads its fields by their names in the shared space."""

    def leaf(node: Expression) -> Expression:
        return replace(node, field=_name(node.field, retyped)) if isinstance(node, (Has, Between)) else node

    return replace(condition, expression=with_leaves(condition.expression, leaf))


def with_leaves(node: Expression, leaf: Callable[[Expression], Expression]) -> Expression:
    """Return an expression with other leaves."""
    if isinstance(node, Not):
        return Not(with_leaves(node.part, leaf))
    if isinstance(node, (All, AnyOf)):
        return replace(node, parts=tuple(with_leaves(p, leaf) for p in node.parts))
    return leaf(node)
