"""Whether some record gets another answer from a mutant than from the guideline, and which: exact, on diagrams.

The two are compared decision by decision and, for what else an answer shows (criteria, boxes, statements, warnings,
open points), class by class. Where all is the same no record distinguishes the mutant from the guideline.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

from lrp_kg.authoring.compare.aspects import Aspect, belonging, places_of, shown_where
from lrp_kg.authoring.compare.pairs import Axes, PairDiagram
from lrp_kg.authoring.compare.records import Records
from lrp_kg.authoring.compare.shared_space import SharedSpace
from lrp_kg.guideline.model import Guideline

LOOKED_AT = 200
"""Paths to each difference among which the shortest are looked at for an example."""


@dataclass(frozen=True)
class Example:
    """A record whose answer differs, and in what; the record is empty where none is valid."""

    what: str
    record: Mapping[str, object]


def first_difference(space: SharedSpace, classes: Collection[str], decisions: Collection[str]) -> Example | None:
    """Return a record that gets another answer from the second of two versions; some classes and decisions differ.

    Raises `DiagramTooLarge` where that cannot be said.
    """
    for what, before, after in aspects(*space.sides, classes, decisions):
        diagram = PairDiagram(Axes(space, before, after))
        for pair in diagram.differing():
            paths = list(islice(diagram.paths(pair), LOOKED_AT))
            boxes = [box for path in paths for box in diagram.axes.boxes(path)]
            record, _ = Records(space).smallest(boxes, diagram.axes, pair)
            return Example(what, record or {})
    return None


def aspects(
    old: Guideline, new: Guideline, classes: Collection[str], decisions: Collection[str]
) -> Iterator[tuple[str, Aspect, Aspect]]:
    """Yield all that an answer shows and that depends on some classes or decisions, by name, in both versions."""
    for name, decision in old.decisions.items():
        if name in decisions:
            yield decision.id, Aspect(decision), Aspect(new.decisions[name])
    for what, condition in _classes(old):
        if condition in classes:
            yield what, belonging(condition), belonging(condition)
    shown: dict[_Where, str] = {}
    for what, where in _shown(old, classes, decisions):
        shown.setdefault(where, what)
    for where, what in shown.items():
        before, after = (shown_where(g, *where) for g in (old, new))
        if before and after:
            yield what, before, after


_Where = tuple[str, str | None, str | None]
"""For what something is shown, and in which classes; see `shown_where`."""


def _classes(g: Guideline) -> Iterator[tuple[str, str]]:
    for programme in g.programmes.values():
        for edition in programme.editions:
            for c in edition.criteria:
                yield f"criterion {c.id} of {programme.id}", c.applies_to
    yield from ((f"warning {w.id}", w.applies_to) for w in g.warnings)
    yield from ((f"whether {f.id} is asked for", f.ask_if) for f in g.fields.values() if f.ask_if)


def _shown(g: Guideline, classes: Collection[str], decisions: Collection[str]) -> Iterator[tuple[str, _Where]]:
    """Yield the boxes, open points and statements that depend on some classes or decisions, by name."""
    for box in g.boxes.values():
        decision = g.decisions.get(box.shown_for)  # an option is compared with its decision
        if decision and (decision.iri in decisions or not {box.applies_to, decision.scope}.isdisjoint(classes)):
            yield f"box {box.id}", (box.shown_for, box.applies_to, None)
    programmes = {e.decision: (p.iri, e.iri) for p in g.programmes.values() for e in p.editions}
    for point in g.open_points:
        where: list[tuple[str | None, str | None]] = [(None, point.applies_to)] if point.applies_to in classes else []
        where += [(point.applies_to, point.decisive_in)] if point.decisive_in in classes else []
        for within, found in where:
            for name, decision in g.decisions.items():
                if {name, *programmes.get(name, ())}.intersection(point.concerns):
                    yield f"open point {point.id}", (name, within, found)
                for option in decision.options:
                    if option.iri in point.concerns:
                        yield f"open point {point.id}", (option.iri, within, found)
    for place in places_of(g):
        for s in place.statements:
            for condition in s.classes:
                if condition in classes:
                    yield f"statement {s.id}", (place.shown_for, place.applies_to, condition)
