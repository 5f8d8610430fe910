"""What a record lights on the map: exits, lanes, stages and boxes that are certain or possible, and the way there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from lrp_kg.answer.decisions import Assessor
from lrp_kg.answer.run import Run
from lrp_kg.guideline.model import Box, Caution, Decision, Option, Term
from lrp_kg.logic.classify import FALSE, TRUE
from lrp_kg.logic.outcomes import NOT_APPLICABLE
from lrp_kg.record.model import Record

CERTAIN, POSSIBLE = "certain", "possible"


@dataclass(frozen=True)
class WayStep:
    """A step of the way: what was asked (a decision, or the field that splits the lanes), and what came of it.

    ``boxes`` are those shown with it; ``status`` is that of the decision, empty for a field.
    """

    asked: Term
    certain: tuple[Term, ...]
    possible: tuple[Term, ...] = ()
    boxes: tuple[Box, ...] = ()
    status: str = ""


@dataclass(frozen=True)
class Lit:
    """What is certain and what is possible, by IRI, the steps in the order of the guideline, and what ends the way."""

    certain: frozenset[str]
    possible: frozenset[str]
    way: tuple[WayStep, ...]
    stages: tuple[Option, ...]
    possible_stages: tuple[Option, ...]
    exits: tuple[tuple[Option, Caution | None], ...]

    def state(self, name: str) -> str:
        """Return whether a term is *certain* or *possible*, else nothing."""
        return CERTAIN if name in self.certain else POSSIBLE if name in self.possible else ""


def lit_by(assessor: Assessor, record: Record, stages: Iterable[Option], lane_field: str = "") -> Lit:
    """Return what a record lights; ``lane_field`` is the IRI of the field that splits the lanes, if there is one."""
    return _Lighting(assessor, record, stages, lane_field).lit()


class _Lighting:
    def __init__(self, assessor: Assessor, record: Record, stages: Iterable[Option], lane_field: str) -> None:
        self.assessor = assessor
        self.guideline = assessor.guideline
        self.stages = {s.iri: s for s in stages}
        self.lane_field = self.guideline.fields.get(lane_field)
        self.run = Run(assessor, record, explain=False)
        self.lane = record.values.get(lane_field)
        shown = {b.iri: assessor.calls.shown(b, self.run.answers, self.run.verdict) for b in self.boxes}
        self.shown = {name: state for name, state in shown.items() if state != FALSE}

    @property
    def boxes(self) -> Iterable[Box]:
        return self.guideline.boxes.values()

    def lit(self) -> Lit:
        certain = {name for name, state in self.shown.items() if state == TRUE}
        possible = self.shown.keys() - certain
        way: list[WayStep] = []
        for decision in self.guideline.own_decisions.values():
            if any(o.iri in self.stages for o in decision.options):
                way += self._lanes()
            step = self._step(decision)
            certain.update(o.iri for o in step.certain)
            possible.update(o.iri for o in step.possible)
            if step.status != NOT_APPLICABLE:
                way.append(step)
        if isinstance(self.lane, str):
            certain.add(self.lane)
        ending = [o for d in self.guideline.own_decisions.values() for o in d.options if o.ends_pathway]
        return Lit(
            certain=frozenset(certain),
            possible=frozenset(possible),
            way=tuple(way),
            stages=tuple(s for s in self.stages.values() if s.iri in certain),
            possible_stages=tuple(s for s in self.stages.values() if s.iri in possible),
            exits=tuple((o, o.caution) for o in ending if o.iri in certain),
        )

    def _lanes(self) -> Iterable[WayStep]:
        if self.lane_field is not None:
            values = tuple(v for v in self.lane_field.values if v.iri == self.lane)
            if values:
                yield WayStep(self.lane_field, values)

    def _step(self, decision: Decision) -> WayStep:
        result = self.run.result(decision.iri)
        return WayStep(
            asked=decision,
            certain=tuple(o for o in decision.options if o.id in result.answers),
            possible=tuple(o for o in decision.options if o.id in result.possible and o.id not in result.answers),
            boxes=tuple(b for b in self.boxes if b.iri in self.shown and self.guideline.shown_with(b)[0] is decision),
            status=result.status,
        )
