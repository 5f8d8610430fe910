"""Whether two versions of a guideline can answer differently, and for which record: exact, on diagrams.

Both versions are turned into diagrams over the same axes, decision by decision and, for what else an answer shows
(criteria, boxes, statements, warnings, open points), class by class. Where all are equal no record can tell the
versions apart.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Collection, Hashable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice

from lrp_kg.answer.decisions import Assessor
from lrp_kg.authoring.gaps import Coverage
from lrp_kg.guideline.criteria import Named
from lrp_kg.guideline.model import Decision, Guideline, Option
from lrp_kg.logic.calendar import DateSpace
from lrp_kg.logic.cells import Cells
from lrp_kg.logic.diagrams import Builder, Diagram, DiagramTooLarge
from lrp_kg.logic.membership import membership
from lrp_kg.logic.outcomes import NOT_APPLICABLE, UNDETERMINED, Outcome
from lrp_kg.namespaces import PATIENT_RECORD

LOOKED_AT = 200
"""Differing paths among which the shortest is taken as witness."""

Project = Callable[[Outcome], Hashable]


@dataclass(frozen=True)
class Shown:
    """Something an answer shows: where it hangs in both versions, and what of an outcome it depends on."""

    what: str
    before: Decision
    after: Decision
    extras: tuple[str, ...]
    project: Project


@dataclass(frozen=True)
class Witness:
    """A record whose answer differs, and in what."""

    what: str
    record: Mapping[str, object]


class Comparison:
    """Compares versions of a guideline with the one it was made for."""

    def __init__(self, assessor: Assessor, cells: Cells, dates: DateSpace, builder: Builder) -> None:
        wide = copy.copy(assessor)
        wide.cells, wide.dates = cells, dates
        self.coverage = Coverage(wide)
        self.builder = builder
        self._known: dict[Hashable, Diagram] = {}

    def witness(self, after: Builder, shown: Collection[Shown]) -> Witness | None:
        """Return a record that tells the versions apart in something shown; ``None`` where there is none.

        Raises `DiagramTooLarge` where that cannot be said.
        """
        for item in shown:
            variables = self._variables(self.builder, item.before, item.extras)
            variables |= self._variables(after, item.after, item.extras)
            key = (_key(item.before), item.extras, variables)
            one = self._known.get(key)
            if one is None:
                one = self._known[key] = self._build(self.builder, variables, item.before, item.extras)
            other = self._build(after, variables, item.after, item.extras)
            paths = (path for path in differing(one, other, item.project) if self.coverage.reachable(one, path))
            found = sorted(islice(paths, LOOKED_AT), key=len)
            if found:
                return Witness(item.what, self._record(one, found))
        return None

    def _record(self, diagram: Diagram, paths: list[dict[int, int]]) -> Mapping[str, object]:
        """Return a record that takes one of some paths; empty where none is found, for want of fitting dates."""
        for path in paths:
            with suppress(ValueError):
                return self.coverage.witnesses.record(diagram, path)
        return {}

    @staticmethod
    def _variables(builder: Builder, decision: Decision, extras: tuple[str, ...]) -> frozenset[int]:
        return builder.reads([*builder.roots(decision), *(Named(name) for name in extras)])

    @staticmethod
    def _build(builder: Builder, variables: frozenset[int], decision: Decision, extras: tuple[str, ...]) -> Diagram:
        return builder.build(decision, extras=extras, always=bool(extras), axes=builder.axes(variables))


def _key(decision: Decision) -> Hashable:
    return decision.iri, decision.scope, decision.policy, tuple(o.applies_to for o in decision.options)


def differing(one: Diagram, other: Diagram, project: Project) -> Iterator[dict[int, int]]:
    """Yield paths, choices by axis, to leaves of two diagrams over the same axes that differ in what is projected."""
    same: set[tuple[int, int]] = set()

    def walk(a: int, b: int) -> Iterator[dict[int, int]]:
        if (a, b) in same:
            return
        left, right = one.nodes[a], other.nodes[b]
        if isinstance(left, Outcome) and isinstance(right, Outcome):
            if project(left) != project(right):
                yield {}
                return
        else:
            axis = min(node[0] for node in (left, right) if not isinstance(node, Outcome))
            equal = True
            for choice in range(len(one.axes[axis].choices)):
                below_a = a if isinstance(left, Outcome) or left[0] != axis else left[1][choice]
                below_b = b if isinstance(right, Outcome) or right[0] != axis else right[1][choice]
                for path in walk(below_a, below_b):
                    equal = False
                    yield {axis: choice, **path}
            if not equal:
                return
        same.add((a, b))

    yield from walk(one.root, other.root)


# -- what an answer shows ---------------------------------------------------------------------------


def shown_by(before: Guideline, after: Guideline, classes: Collection[str], decisions: Collection[str]) -> list[Shown]:
    """Return everything an answer shows that rests on some classes or decisions, which differ in two versions."""
    found = [
        Shown(d.id, d, after.decisions[name], (), _answer) for name, d in before.decisions.items() if name in decisions
    ]
    found += _classes(before, classes)
    found += _boxes(before, after, classes, decisions)
    found += _open_points(before, after, classes)
    found += _statements(before, after, classes)
    return found


def _answer(outcome: Outcome) -> Hashable:
    return outcome.status, outcome.answers


def _class(what: str, name: str) -> Shown:
    decision = membership({"in": name})
    return Shown(what, decision, decision, (), _answer)


def _classes(g: Guideline, classes: Collection[str]) -> Iterator[Shown]:
    for programme in g.programmes.values():
        for edition in programme.editions:
            for c in edition.criteria:
                if c.applies_to in classes:
                    yield _class(f"criterion {c.id} of {programme.id}", c.applies_to)
    for w in g.warnings:
        if w.applies_to in classes:
            yield _class(f"warning {w.id}", w.applies_to)
    for f in g.fields.values():
        if f.ask_if in classes:
            yield _class(f"whether {f.id} is asked for", f.ask_if or "")


def _boxes(before: Guideline, after: Guideline, classes: Collection[str], changed: Collection[str]) -> Iterator[Shown]:
    for box in before.boxes.values():
        decision = before.decisions.get(box.shown_for)
        if decision is None:
            continue  # an option, compared with its decision
        if box.applies_to in classes or decision.scope in classes or decision.iri in changed:
            classes = {"shown": box.applies_to or PATIENT_RECORD}
            one, other = (membership(classes, g.decisions[decision.iri].scope) for g in (before, after))
            yield Shown(f"box {box.id}", one, other, (), _answer)


def _open_points(before: Guideline, after: Guideline, classes: Collection[str]) -> Iterator[Shown]:
    programmes = {e.decision: p.iri for p in before.programmes.values() for e in p.editions}
    for point in before.open_points:
        if point.applies_to is None or point.applies_to not in classes:
            continue
        for name, decision in before.decisions.items():
            what = f"open point {point.id}"
            if {name, programmes.get(name, name)}.intersection(point.concerns):
                yield _beside(what, before, after, name, None, point.applies_to)
            for option in decision.options:
                if option.iri in point.concerns:
                    yield _beside(what, before, after, name, option, point.applies_to)


def _beside(
    what: str, before: Guideline, after: Guideline, name: str, option: Option | None, condition: str, box: str = ""
) -> Shown:
    """Return what is shown where a decision applies, an option is an answer and a condition holds."""
    decision = before.decisions[name]
    if option is not None and (decision.policy == "First" or option.refined_by):
        project = _Answered(option.id, condition)
        return Shown(what, decision, after.decisions[name], (condition,), project)
    wanted = [cls for cls in (option.applies_to if option else None, box, condition) if cls]
    classes = {str(n): cls for n, cls in enumerate(wanted)}
    one, other = (membership(classes, g.decisions[name].scope) for g in (before, after))
    return Shown(what, one, other, (), _All(len(classes)))


@dataclass(frozen=True)
class _All:
    """Whether all of several classes hold."""

    number: int

    def __call__(self, outcome: Outcome) -> Hashable:
        return len(outcome.answers) == self.number


@dataclass(frozen=True)
class _Answered:
    """Whether an option is an answer where a condition holds."""

    option: str
    condition: str

    def __call__(self, outcome: Outcome) -> Hashable:
        certain = outcome.status not in (NOT_APPLICABLE, UNDETERMINED)
        return certain and self.option in outcome.answers and self.condition in outcome.holding


def _statements(before: Guideline, after: Guideline, classes: Collection[str]) -> Iterator[Shown]:
    owners = {o.iri: (d, o) for d in before.decisions.values() for o in d.options}
    places = [(box.shown_for, box.applies_to or "", box.statements) for box in before.boxes.values()]
    places += [(option, "", own) for option, own in before.notices.items()]
    for programme in before.programmes.values():
        for e in programme.editions:
            eligible = next(o.iri for o in before.decisions[e.decision].options if o.id == "eligible")
            places.append((eligible, "", (*e.benefits, *e.limits, *e.steps)))
    seen: set[tuple[str, str]] = set()
    for place, applies_to, statements in places:
        for s in statements:
            for name in (s.condition, *(limit.condition for limit in s.limits)):
                if name is None or name not in classes or (place, name) in seen:
                    continue
                seen.add((place, name))
                if place in owners:
                    decision, option = owners[place]
                    yield _beside(f"statement {s.id}", before, after, decision.iri, option, name)
                elif place in before.decisions:
                    yield _beside(f"statement {s.id}", before, after, place, None, name, applies_to)


__all__ = ["Comparison", "DiagramTooLarge", "Shown", "Witness", "differing", "shown_by"]
