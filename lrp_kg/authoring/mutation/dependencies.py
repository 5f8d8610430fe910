"""Which decisions and classes each part of an answer depends on; a change elsewhere cannot alter it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce
from operator import or_

from lrp_kg.authoring.cases.expectations import Part
from lrp_kg.authoring.cases.names import ELIGIBLE_DAYS
from lrp_kg.authoring.cases.view import PartIndex
from lrp_kg.authoring.compare.aspects import places_of
from lrp_kg.guideline.model import Guideline, Statement


@dataclass(frozen=True)
class DependsOn:
    """Decisions, by IRI, and classes."""

    decisions: frozenset[str] = frozenset()
    classes: frozenset[str] = frozenset()

    def __or__(self, other: DependsOn) -> DependsOn:
        return DependsOn(self.decisions | other.decisions, self.classes | other.classes)


NOTHING = DependsOn()


class Dependencies:
    """What the parts of the answers of a guideline depend on."""

    def __init__(self, guideline: Guideline) -> None:
        self.guideline = guideline
        self.index = PartIndex(guideline)
        self._owners = {o.iri: d.iri for d in guideline.decisions.values() for o in d.options}
        self._known: dict[tuple[str, str], DependsOn] = {}

    def of(self, part: Part) -> DependsOn:
        """Return what an expectation of a case depends on."""
        key = (part.kind, part.about)
        if key not in self._known:
            self._known[key] = self._of(*key)
        return self._known[key]

    def _of(self, kind: str, about: str) -> DependsOn:
        if kind in ("decision", "statuses", "eligibility", ELIGIBLE_DAYS):
            return self._decisions(about)
        if kind == "editions":
            return DependsOn(frozenset(e.decision for e in self.guideline.editions if e.id == about))
        if kind == "criteriaNotMet":
            criteria = {c.applies_to for e in self.index.programmes[about].editions for c in e.criteria}
            return self._decisions(about) | DependsOn(classes=frozenset(criteria))
        if kind == "boxes":
            own = self._decisions(about) if self.index.decision_of(about) else NOTHING
            return reduce(or_, (self._place(b.shown_for, b.applies_to) for b in self.index.sections[about]), own)
        if kind in ("dates", "limits", "statements"):
            return self._statements([self.index.statements[about]])
        if kind == "facts":
            carriers = [s for s in self.index.statements.values() if any(f.key == about for f in s.facts)]
            deciding = {
                d.iri
                for d in self.guideline.decisions.values()
                if d.fact_key == about or any(f.key == about for o in d.options for f in o.facts)
            }
            return self._statements(carriers) | DependsOn(frozenset(deciding))
        everything = frozenset(self.guideline.decisions)
        if kind == "warnings":
            return self._warnings(about)
        if kind == "openPoints":
            point = self.index.open_points[about]
            return DependsOn(everything, frozenset((point.applies_to,) if point.applies_to else ()))
        if kind == "decisive":
            point = self.index.open_points[about]
            return DependsOn(everything, frozenset(c for c in (point.applies_to, point.decisive_in) if c))
        return DependsOn(everything, frozenset(() if kind == "missing" else self.guideline.conditions))

    def _decisions(self, ident: str) -> DependsOn:
        programme = self.index.programmes.get(ident)
        names = [e.decision for e in programme.editions] if programme else [self.index.decisions[ident].iri]
        return DependsOn(frozenset(names))

    def _place(self, shown_for: str, applies_to: str | None) -> DependsOn:
        classes = {applies_to} if applies_to else set()
        decision = self.guideline.decisions.get(shown_for)
        if decision is not None:
            classes.add(decision.scope)
        owner = shown_for if decision else self._owners.get(shown_for)
        return DependsOn(frozenset((owner,) if owner else ()), frozenset(classes))

    def _warnings(self, ident: str) -> DependsOn:
        """Return what a warning depends on: its situation, and where the advice is that it calls for."""
        own = [w for w in self.guideline.warnings if w.id == ident]
        advice = {w.calls_for for w in own if w.calls_for}
        called = [b for b in self.guideline.boxes.values() if advice.intersection(s.advice for s in b.statements)]
        found = DependsOn(classes=frozenset(w.applies_to for w in own))
        return reduce(or_, (self._place(b.shown_for, b.applies_to) for b in called), found)

    def _statements(self, statements: Iterable[Statement]) -> DependsOn:
        """Return what decides whether some statements are shown, and their dates."""
        wanted = {s.iri: s for s in statements}
        conditions = {c for s in wanted.values() for c in s.classes}
        found = DependsOn(classes=frozenset(conditions))
        for place in places_of(self.guideline):
            if any(s.iri in wanted for s in place.statements):
                found |= self._place(place.shown_for, place.applies_to)
        return found
