"""Two versions of a guideline in one space of cells.

The two are merged into one guideline: a condition that means the same in both stands once, any other once for each
side. Cells are then cut at the thresholds of both, and SPARQL decides both sides over the same signatures.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import replace

from lrp_kg.guideline.criteria import All, AnyOf, Between, Expression, Has, Named, Not, fields_of, names_in
from lrp_kg.guideline.model import Condition, Decision, Derived, Field, Guideline
from lrp_kg.logic.calendar import DateSpace
from lrp_kg.logic.cells import Cells
from lrp_kg.logic.classify import Program
from lrp_kg.logic.diagrams import Axis, Builder, Diagram
from lrp_kg.namespaces import PATIENT_RECORD

OLD, NEW = 0, 1
_SUFFIX = ("~~old", "~~new")


class SharedSpace:
    """Both versions over common cells. Sides are 0 (old) and 1 (new)."""

    def __init__(self, old: Guideline, new: Guideline) -> None:
        self.sides = (old, new)
        self._same: dict[str, bool] = {}
        self._apart = {n for n in _inputs(old).keys() & _inputs(new).keys() if _inputs(old)[n] != _inputs(new)[n]}
        self.guideline = self._merged()
        self.cells = Cells(self.guideline)
        self.program = Program(self.guideline, self.cells)
        self.dates = DateSpace(self.cells)
        self.builder = Builder(self.program, self.dates, self.guideline.decisions)
        self._diagrams: dict[Hashable, Diagram] = {}

    # -- merging --------------------------------------------------------------------------------

    def same(self, condition: str) -> bool:
        """Tell whether a condition is written the same in both, and so is all it refers to."""
        known = self._same.get(condition)
        if known is None:
            old, new = (side.classes.get(condition) for side in self.sides)
            known = old is not None and old == new
            if old is not None and known:
                reads = fields_of(old, self.sides[OLD].classes)
                known = not reads & self._apart and all(self.same(n) for n in names_in(old))
            self._same[condition] = known
        return known

    def name(self, side: int, condition: str) -> str:
        """Return what a condition of a side is called here."""
        return condition if condition == PATIENT_RECORD or self.same(condition) else condition + _SUFFIX[side]

    def input_name(self, side: int, field: str) -> str:
        """Return what a field of a side is called here: a field whose type changed stands twice."""
        return field + _SUFFIX[side] if field in self._apart and side == OLD else field

    def original(self, field: str) -> tuple[str, bool]:
        """Return the name of a field in its own version, and whether it is one that only the old version has so."""
        name, _, suffix = field.partition(_SUFFIX[OLD])
        return name, name != field and not suffix

    def expression(self, side: int, expression: Expression) -> Expression:
        """Return an expression of a side in the names used here."""
        if isinstance(expression, Named):
            return Named(self.name(side, expression.iri))
        if isinstance(expression, Has):
            return Has(self.input_name(side, expression.field), expression.value)
        if isinstance(expression, Between):
            return Between(self.input_name(side, expression.field), expression.low, expression.high)
        if isinstance(expression, Not):
            return Not(self.expression(side, expression.part))
        if isinstance(expression, (All, AnyOf)):
            return type(expression)(tuple(self.expression(side, p) for p in expression.parts))
        return expression

    def decision(self, side: int, decision: Decision) -> Decision:
        """Return a decision of a side in the names used here."""
        options = tuple(
            replace(
                o,
                applies_to=self.name(side, o.applies_to),
                refined_by=o.refined_by + _SUFFIX[side] if o.refined_by else None,
            )
            for o in decision.options
        )
        return replace(
            decision, iri=decision.iri + _SUFFIX[side], scope=self.name(side, decision.scope), options=options
        )

    def _merged(self) -> Guideline:
        fields: dict[str, Field] = {}
        derived: dict[str, Derived] = {}
        conditions: dict[str, Condition] = {}
        decisions: dict[str, Decision] = {}
        for side in (NEW, OLD):
            own = self.sides[side]
            for f in own.fields.values():
                name = self.input_name(side, f.iri)
                fields[name] = _widest(fields[name], f) if name in fields else replace(f, iri=name)
            for d in own.derived.values():
                name = self.input_name(side, d.iri)
                derived[name] = replace(d, iri=name)
            for c in own.conditions.values():
                name = self.name(side, c.iri)
                conditions[name] = replace(c, iri=name, expression=self.expression(side, c.expression))
            for decision in own.decisions.values():
                decisions[decision.iri + _SUFFIX[side]] = self.decision(side, decision)
        for number, cut in enumerate(self._cuts()):
            name = f"urn:lrp-kg:cut:{number}"
            conditions[name] = Condition(name, name, {}, cut)
        new = self.sides[NEW]
        orders = tuple(sorted({*self.sides[OLD].date_orders, *new.date_orders}))
        return replace(
            new, fields=fields, derived=derived, conditions=conditions, decisions=decisions, date_orders=orders
        )

    def _cuts(self) -> Iterator[Between]:
        """Yield cuts where the allowed range of an integer field differs, so that a cell is valid or not as a whole."""
        old, new = (side.fields for side in self.sides)
        for name in sorted(old.keys() & new.keys()):
            a, b = old[name], new[name]
            if name in self._apart or a.kind != "integer" or (a.low, a.high) == (b.low, b.high):
                continue
            for low in {a.low, b.low} - {None}:
                yield Between(name, low, None)
            for high in {a.high, b.high} - {None}:
                yield Between(name, None, high)

    # -- what is valid --------------------------------------------------------------------------

    def valid(self, side: int, variable: int, cell: int) -> bool:
        """Tell whether a side accepts a cell of a variable; a field that it does not know is not looked at."""
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
        """Return the variables that a side holds true wherever this one has a value."""
        fields = self.sides[side].fields
        found = {i for name in self.cells.inputs(variable) if name in fields for i in fields[name].implies}
        return frozenset(self.cells.index[name] for name in found if name in self.cells.index)

    # -- reading both -----------------------------------------------------------------------------

    def axes(self, *decisions: Decision, extras: tuple[str, ...] = ()) -> tuple[Axis, ...]:
        """Return the axes that any of some decisions of either side branches on."""
        roots = [root for d in decisions for root in self.builder.roots(d)]
        roots += [Named(name) for name in extras if Named(name) in self.program.index]
        return self.builder.axes(self.builder.reads(roots))

    def diagram(self, decision: Decision, axes: tuple[Axis, ...], extras: tuple[str, ...] = ()) -> Diagram:
        """Return the diagram of a decision over some axes; its leaves say which ``extras`` hold."""
        options = tuple((o.id, o.applies_to, o.refined_by) for o in decision.options)
        key = (decision.policy, decision.scope, options, axes, extras)
        if key not in self._diagrams:
            self._diagrams[key] = self.builder.build(decision, extras=extras, always=bool(extras), axes=axes)
        return self._diagrams[key]


def _inputs(guideline: Guideline) -> dict[str, tuple[str, ...]]:
    """Return how each field that criteria can read gets its value."""
    found: dict[str, tuple[str, ...]] = {name: ("list",) for name in guideline.expanded}
    found |= {f.iri: ("field", f.kind) for f in guideline.fields.values()}
    return found | {d.iri: ("derived", d.start, d.end, d.measure) for d in guideline.derived.values()}


def _widest(new: Field, old: Field) -> Field:
    known = {v.iri for v in new.values}
    low = None if new.low is None or old.low is None else min(new.low, old.low)
    high = None if new.high is None or old.high is None else max(new.high, old.high)
    values = new.values + tuple(v for v in old.values if v.iri not in known)
    implies = tuple(dict.fromkeys(new.implies + old.implies))
    return replace(new, values=values, low=low, high=high, implies=implies)
