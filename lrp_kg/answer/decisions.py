"""The assessment of a record, as pure data: decisions, boxes, statements, eligibility, facts, dates, warnings.

Nothing here knows a language or a format; `lrp_kg.answer.as_json` renders it.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable
from functools import cached_property

from lrp_kg.answer.calls import Calls
from lrp_kg.answer.composed import Composed
from lrp_kg.answer.eligible_days import DayFinder
from lrp_kg.answer.facts import facts_of
from lrp_kg.answer.missing import in_question_order, own_fields
from lrp_kg.answer.parts import Parts
from lrp_kg.answer.programmes import superseded
from lrp_kg.answer.readings import Readable
from lrp_kg.answer.results import Assessment, EligibleDays
from lrp_kg.answer.run import Run
from lrp_kg.answer.statements import in_order
from lrp_kg.answer.wholes import Wholes
from lrp_kg.effort import check
from lrp_kg.errors import UnknownParameter
from lrp_kg.guideline.model import Decision, Guideline, Programme
from lrp_kg.logic.calendar import Calendar, DateRanges
from lrp_kg.logic.cells import Cells, Signature
from lrp_kg.logic.classify import Program, SparqlEngine
from lrp_kg.logic.decide import Completions, Decider, KleeneDecider, decider_of
from lrp_kg.logic.diagram_cache import DiagramCache
from lrp_kg.logic.diagrams import Builder
from lrp_kg.logic.editions import Eras
from lrp_kg.logic.explain import Explainer
from lrp_kg.logic.memory import SharedBound
from lrp_kg.logic.outcomes import Outcome
from lrp_kg.logic.verdicts import VerdictMemory
from lrp_kg.record.model import Record
from lrp_kg.words import error as say

MEMORY = 15 * 1024 * 1024
"""Bytes of what is remembered of answers in the young half of the memories, about."""
LAST_SAFE_YEAR = 9000
"""Beyond it a period can leave the calendar, and whether a statement has a date depends on the day."""


def composable(record: Record) -> bool:
    """Return whether an answer can be put together from remembered parts: the dates are certain, and in safe years."""
    return not record.ranges and all(day.year <= LAST_SAFE_YEAR for day in record.dates.values())


class _Deciders(dict[str, "Decider | KleeneDecider"]):
    """The deciders of decisions by IRI, each made when it is asked for."""

    def __init__(self, assessor: Assessor) -> None:
        super().__init__()
        self._assessor = assessor

    def __missing__(self, name: str) -> Decider | KleeneDecider:
        found = self[name] = self._assessor.made_decider(self._assessor.guideline.decisions[name])
        return found


class Assessor:
    """Assesses records by one guideline. Made once; safe to share between threads that only read."""

    def __init__(self, guideline: Guideline, engine: SparqlEngine | None = None, *, cache: bool = True) -> None:
        self.guideline = guideline
        self.cells = Cells(guideline)
        self.program = Program(guideline, self.cells, engine)
        self.memories = SharedBound(MEMORY)
        self.verdicts = VerdictMemory(self.program)
        self.dates = Calendar(self.cells, keep=cache, memories=self.memories)
        self.explainer = Explainer(self.program, self.memories)
        self.builder = Builder(self.program, self.dates, guideline.decisions)
        self.diagrams = DiagramCache(self.builder, cache=cache)
        self._deciders = _Deciders(self)
        self._days = {
            p.iri: DayFinder(
                guideline=guideline, programme=p, builder=self.builder, deciders=self._deciders, memories=self.memories
            )
            for p in guideline.programmes.values()
        }
        self.decision_ids = tuple(d.id for d in guideline.own_decisions.values()) + tuple(
            p.id for p in guideline.programmes.values()
        )
        self.boxes = tuple(sorted(guideline.boxes.values(), key=lambda b: (b.section_order, b.priority)))
        self._changing = [
            p for p in guideline.programmes.values() if len(p.editions) > 1 or any(e.valid_until for e in p.editions)
        ]
        self._dates_read = {d for x in guideline.derived.values() for d in (x.start, x.end)}
        self.own_fields = own_fields(guideline, self.program)
        self.noted = [p for p in guideline.open_points if p.note]
        self.points_on: dict[str, list[int]] = {}
        """The numbers of the open points that concern a term, by IRI; of a programme also by those of its decisions."""
        for number, point in enumerate(guideline.open_points):
            for name in point.concerns:
                self.points_on.setdefault(name, []).append(number)
        for p in guideline.programmes.values():
            for e in p.editions:
                self.points_on.setdefault(e.decision, []).extend(
                    [*self.points_on.get(p.iri, ()), *self.points_on.get(e.iri, ())]
                )
        self.calls = Calls(guideline)
        self.readable = Readable(self)
        self.eras = Eras(guideline.validities)
        self.urgent = [(d, o, o.caution) for d in guideline.own_decisions.values() for o in d.options if o.caution]

    @cached_property
    def parts(self) -> Parts:
        """The parts of answers, with what is remembered of them."""
        return Parts(self)

    @cached_property
    def wholes(self) -> Wholes:
        """Whole answers, with what is remembered of them."""
        return Wholes(self)

    def warm(self) -> None:
        """Prepare now what the first record would have to wait for: the diagram of every decision."""
        for name in self.guideline.decisions:
            self._deciders[name]

    @cached_property
    def _dated(self) -> tuple[Decider | KleeneDecider, ...]:
        """One of the deciders that distinguish the same durations: they depend on the dates in the same way."""
        deciders = [self._deciders[name] for name in self.guideline.decisions]
        return tuple({d.durations: d for d in deciders if d.durations}.values())

    # -- one decision ---------------------------------------------------------------------------

    def signature(self, record: Record) -> Signature:
        """Return the signature of a record."""
        return self.cells.signature(record.values)

    def signatures(self, record: Record, signature: Signature) -> tuple[Signature, ...]:
        """Return the signatures that a record can have over all days of its uncertain dates; mostly its own only."""
        return self.dates.completions(signature, record.dates, record.ranges) if record.ranges else (signature,)

    def made_decider(self, decision: Decision) -> Decider | KleeneDecider:
        """Make what decides a decision, when it is asked for; a subclass may have it already."""
        return decider_of(self.builder, decision, self.diagrams.get, self.memories)

    def decider(self, decision: str) -> Decider | KleeneDecider:
        """Return what decides a decision, by its IRI."""
        return self._deciders[decision]

    def decide(self, decision: str, record: Record, signature: Signature | None = None) -> Outcome:
        """Return the outcome of a decision, by its IRI, for a record."""
        check()
        own = self.signature(record) if signature is None else signature
        return self._deciders[decision].decide(own, record.dates, record.ranges)

    def date_keys(self, run: Run) -> Hashable:
        """Return what an assessment depends on of the dates, beside the signature and which of them are known."""
        record, signature = run.record, run.signature
        if record.dates.keys() >= self._dates_read:
            keys: tuple[Hashable, ...] = ()
        else:
            keys = tuple(d.date_key(signature, record.dates, record.ranges) for d in self._dated)
        if not self._changing and not self.guideline.validities:
            return keys
        editions = tuple(run.programme_run(p).key() for p in self._changing)
        return keys, editions, tuple(map(run.in_force, self.guideline.validities))

    def completions(self, decision: str, record: Record, signature: Signature, ranges: DateRanges) -> Completions:
        """Return what a decision, by its IRI, can come to while some dates are within bounds."""
        return self._deciders[decision].completions(signature, record.dates, ranges)

    def date_key(self, decision: str, record: Record, signature: Signature, ranges: DateRanges) -> Hashable:
        """Return what that depends on beside the signature and which dates are known."""
        return self._deciders[decision].situation(signature, record.dates, ranges)

    def eligible_days(self, programme: Programme, run: Run) -> EligibleDays:
        """Return the days on which a patient is eligible for a programme."""
        return self._days[programme.iri].find(run.signature, run.record, lambda: run.eligibility(programme))

    # -- the whole ------------------------------------------------------------------------------

    def assess(self, record: Record, *, only: Collection[str] | None = None, explain: bool = False) -> Assessment:
        """Assess a record; ``only`` limits decisions, missing fields and the next question to these identifiers."""
        run = Run(self, record, explain)
        found = self.compose(run, only).assessment if composable(record) else self.finish(run, only)
        run.done()
        return found

    def compose(self, run: Run, only: Collection[str] | None = None) -> Composed:
        """Return the parts of the answer to a record that is `composable`."""
        return self.wholes.of(run, self._wanted(only))

    def _wanted(self, only: Collection[str] | None) -> set[str] | None:
        wanted = None if only is None else set(only)
        unknown = sorted((wanted or set()) - set(self.decision_ids))
        if unknown:
            raise say(UnknownParameter, "error-decision", names=", ".join(unknown), known=", ".join(self.decision_ids))
        return wanted

    def finish(self, run: Run, only: Collection[str] | None = None) -> Assessment:
        """Return the whole answer of a run without its parts being remembered."""
        wanted = self._wanted(only)
        own = [d for d in self.guideline.own_decisions.values() if wanted is None or d.id in wanted]
        decisions = {d.id: run.decision(d) for d in own}
        all_programmes = self.guideline.programmes.values()
        programmes = {
            p.id: run.programme(p, asked=wanted is not None) for p in all_programmes if wanted is None or p.id in wanted
        }
        for p in programmes.values():
            decisions[p.programme.id] = run.programme_run(p.programme).decision_result(p.result)
        boxes = tuple((box, run.statements(box.statements)) for box in self.boxes if run.shows(box, wanted))
        chosen = {o for d in own for o in run.chosen(d)}
        notices = run.statements(s for o, found in self.guideline.notices.items() if o in chosen for s in found)
        everything = [s for _, found in boxes for s in found] + list(notices)
        of_programmes = [s for p in programmes.values() for s in p.settled]
        dates = in_order(everything + of_programmes)
        missing = in_question_order(self.guideline, decisions.values(), run.open_fields(everything + of_programmes))
        missing = tuple(sorted(missing, key=run.record.ranges.__contains__))  # what is known in part comes last
        warnings = run.cautions(e for p in programmes.values() for e in superseded(p))
        return Assessment(
            guideline=self.guideline,
            record=run.record,
            decisions=decisions,
            programmes=programmes,
            boxes=boxes,
            notices=notices,
            facts=facts_of(everything + of_programmes, decisions.values(), run.verdict, run.in_force),
            dated=dates,
            notes=run.notes(dates),
            warnings=warnings,
            why_warnings=run.why_warnings(warnings),
            missing=missing,
            questions=run.questions(missing, decisions, programmes.values(), wanted),
        )
