"""The assessment of a record, as pure data: decisions, boxes, statements, eligibility, facts, dates, warnings.

Nothing here knows a language or a format; `lrp_kg.answer.as_json` renders it.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property

from lrp_kg.answer.calls import Calls
from lrp_kg.answer.eligible_days import DayFinder
from lrp_kg.answer.facts import facts_of
from lrp_kg.answer.missing import asking_order, in_question_order, open_fields, own_fields, questions_of, unknown_in
from lrp_kg.answer.notes import notes_of
from lrp_kg.answer.programmes import ProgrammeRun
from lrp_kg.answer.results import (
    AskedField,
    Assessment,
    DecisionResult,
    EditionResult,
    EligibleDays,
    ProgrammeResult,
    StatementResult,
)
from lrp_kg.answer.statements import dated, in_order, whole_verdict
from lrp_kg.durations import DateRange
from lrp_kg.effort import check
from lrp_kg.errors import UnknownParameter
from lrp_kg.guideline.criteria import Expression, Named
from lrp_kg.guideline.model import (
    CRITICAL,
    Box,
    Caution,
    Decision,
    Guideline,
    OpenPoint,
    Programme,
    Statement,
)
from lrp_kg.guideline.validity import Validity
from lrp_kg.logic.calendar import Calendar, DateRanges
from lrp_kg.logic.cells import Cells, Signature
from lrp_kg.logic.classify import FALSE, OPEN, TRUE, Program, SparqlEngine
from lrp_kg.logic.decide import Completions, Decider, KleeneDecider
from lrp_kg.logic.diagram_cache import DiagramCache
from lrp_kg.logic.diagrams import Builder, DiagramTooLarge
from lrp_kg.logic.editions import in_force
from lrp_kg.logic.explain import Explainer, Reason
from lrp_kg.logic.outcomes import NOT_APPLICABLE, UNDETERMINED, Outcome
from lrp_kg.logic.steps import Stepper
from lrp_kg.logic.verdicts import VerdictMemory, together
from lrp_kg.record.model import Record

REASONS = 200_000
"""Remembered reasons, by class and cells, after which they are dropped."""


class Assessor:
    """Assesses records by one guideline. Made once; safe to share between threads that only read."""

    def __init__(self, guideline: Guideline, engine: SparqlEngine | None = None, *, cache: bool = True) -> None:
        self.guideline = guideline
        self.cells = Cells(guideline)
        self.program = Program(guideline, self.cells, engine)
        self.verdicts = VerdictMemory(self.program)
        self.dates = Calendar(self.cells)
        self.explainer = Explainer(guideline)
        self.reasons: dict[tuple[str, tuple[bytes, ...]], tuple[Reason, ...]] = {}
        self.builder = Builder(self.program, self.dates, guideline.decisions)
        self.diagrams = DiagramCache(self.builder, cache=cache)
        self._deciders = {name: self._decider(d) for name, d in guideline.decisions.items()}
        self.stepper = Stepper(self.dates)
        self._days = {
            p.iri: DayFinder(
                guideline=guideline, programme=p, builder=self.builder, stepper=self.stepper, deciders=self._deciders
            )
            for p in guideline.programmes.values()
        }
        self.decision_ids = tuple(d.id for d in guideline.own_decisions.values()) + tuple(
            p.id for p in guideline.programmes.values()
        )
        self._boxes = tuple(sorted(guideline.boxes.values(), key=lambda b: (b.section_order, b.priority)))
        # deciders that read the same durations depend on the dates in the same way
        self._dated = tuple({d.durations: d for d in self._deciders.values() if d.durations}.values())
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
                self.points_on.setdefault(e.decision, []).extend(self.points_on.get(p.iri, ()))
        self.calls = Calls(guideline)
        self.urgent = [(d, o, o.caution) for d in guideline.own_decisions.values() for o in d.options if o.caution]

    def _decider(self, decision: Decision) -> Decider | KleeneDecider:
        try:
            diagram = self.diagrams.get(decision)
        except DiagramTooLarge:
            return KleeneDecider(self.builder, decision)
        return Decider(diagram, decision, self.cells, self.dates)

    # -- one decision ---------------------------------------------------------------------------

    def signature(self, record: Record) -> Signature:
        """Return the signature of a record."""
        return self.cells.signature(record.values)

    def signatures(self, record: Record, signature: Signature) -> tuple[Signature, ...]:
        """Return the signatures that a record can have over all days of its uncertain dates; mostly its own only."""
        return self.dates.completions(signature, record.dates, record.ranges) if record.ranges else (signature,)

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
        return self._deciders[decision].date_key(signature, record.dates, ranges)

    def eligible_days(self, programme: Programme, run: Run) -> EligibleDays:
        """Return the days on which a patient is eligible for a programme."""
        return self._days[programme.iri].find(run.signature, run.record, lambda: run.eligibility(programme))

    # -- the whole ------------------------------------------------------------------------------

    def assess(self, record: Record, *, only: Collection[str] | None = None, explain: bool = False) -> Assessment:
        """Assess a record; ``only`` limits decisions, missing fields and the next question to these identifiers."""
        return self.finish(Run(self, record, explain), only)

    def finish(self, run: Run, only: Collection[str] | None = None) -> Assessment:
        """Return the whole answer of a run, some of which may already have been worked out."""
        wanted = None if only is None else set(only)
        unknown = sorted((wanted or set()) - set(self.decision_ids))
        if unknown:
            raise UnknownParameter(f"{', '.join(unknown)} is no decision. Choose among {', '.join(self.decision_ids)}.")
        own = [d for d in self.guideline.own_decisions.values() if wanted is None or d.id in wanted]
        decisions = {d.id: run.decision(d) for d in own}
        all_programmes = self.guideline.programmes.values()
        programmes = {
            p.id: run.programme(p, asked=wanted is not None) for p in all_programmes if wanted is None or p.id in wanted
        }
        for p in programmes.values():
            decisions[p.programme.id] = run.programme_run(p.programme).decision_result(p.result)
        boxes = tuple((box, run.statements(box.statements)) for box in self._boxes if run.shows(box, wanted))
        chosen = {o for d in own for o in run.chosen(d)}
        notices = run.statements(s for o, found in self.guideline.notices.items() if o in chosen for s in found)
        everything = [s for _, found in boxes for s in found] + list(notices)
        of_programmes = [s for p in programmes.values() for s in p.settled]
        dates = in_order(everything + of_programmes)
        missing = in_question_order(self.guideline, decisions.values(), run.open_fields(everything + of_programmes))
        missing = tuple(sorted(missing, key=run.record.ranges.__contains__))  # what is known in part comes last
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
            warnings=run.cautions(programmes.values()),
            missing=missing,
            questions=run.questions(missing, decisions, programmes.values(), wanted),
        )


class Run:
    """The work on one record."""

    def __init__(self, assessor: Assessor, record: Record, explain: bool, signature: Signature | None = None) -> None:
        self.a = assessor
        self.g = assessor.guideline
        self.record = record
        self.explain = explain
        self.signature = assessor.signature(record) if signature is None else signature
        self.signatures = assessor.signatures(record, self.signature)
        self._results: dict[str, Outcome] = {}
        self._programmes: dict[str, ProgrammeRun] = {}
        self._days: dict[str, EligibleDays] = {}
        self._assessed = record.dates.get(self.g.roles.assessment or "")

    def verdict(self, cls: str | None) -> int:
        """Return the verdict of a class; no class is the class of all records."""
        return TRUE if cls is None else self.a.verdicts.common(self.signatures, cls)

    def of_expression(self, expression: Expression) -> int:
        """Return the verdict of an expression."""
        number = self.a.program.index[expression]
        return together(self.a.verdicts.of(s, (number,))[number] for s in self.signatures)

    def result(self, decision: str) -> Outcome:
        """Return the outcome of a decision, by its IRI."""
        if decision not in self._results:
            self._results[decision] = self.a.decide(decision, self.record, self.signature)
        return self._results[decision]

    def chosen(self, decision: Decision) -> list[str]:
        """Return the options, by IRI, that are certain answers of a decision, whatever its status."""
        answers = self.result(decision.iri).answers
        return [o.iri for o in decision.options if o.id in answers]

    # -- decisions ------------------------------------------------------------------------------

    def decision(self, decision: Decision, result: Outcome | None = None) -> DecisionResult:
        """Return the outcome of a decision with its open points, and reasons where they are asked for."""
        result = self.result(decision.iri) if result is None else result
        because, why_not = self.reasons(decision, result) if self.explain else ((), {})
        points, decisive = self.open_points(decision, result)
        return DecisionResult(decision, result, because, why_not, points, decisive)

    def why(self, cls: str) -> tuple[Reason, ...]:
        """Return the reasons for the verdict of a class."""
        key = (cls, tuple(self.a.verdicts.projection(s, cls) for s in self.signatures))
        known = self.a.reasons.get(key)
        if known is None:
            if len(self.a.reasons) >= REASONS:
                self.a.reasons.clear()
            known = self.a.reasons[key] = self.a.explainer.reasons(cls, self.of_expression)
        return known

    def reasons(self, decision: Decision, result: Outcome) -> tuple[tuple[Reason, ...], dict[str, tuple[Reason, ...]]]:
        """Return the reasons for an outcome, and by option the reasons why it is no answer."""
        if result.status == NOT_APPLICABLE:
            return self.why(decision.scope), {}
        found: dict[str, Reason] = {}
        why_not: dict[str, tuple[Reason, ...]] = {}
        if result.status == UNDETERMINED and self.verdict(decision.scope) == OPEN:
            found.update((r.condition.iri, r) for r in self.why(decision.scope))
        for option in decision.options:
            mine = self.why(option.applies_to)
            if option.refined_by and self.verdict(option.applies_to) == TRUE:
                inner, _ = self.reasons(self.g.decisions[option.refined_by], self.result(option.refined_by))
                mine += inner
            if option.id in result.answers or (result.status == UNDETERMINED and option.id in result.possible):
                found.update((r.condition.iri, r) for r in mine)
            else:
                why_not[option.id] = mine
        return tuple(found.values()), why_not

    def open_points(self, decision: Decision, result: Outcome) -> tuple[tuple[OpenPoint, ...], frozenset[str]]:
        """Return the open points that an outcome depends on, and by IRI those that are decisive.

        An undetermined outcome depends on the decisive ones only: what else it rests on is not settled.
        """
        if result.status == NOT_APPLICABLE:
            return (), frozenset()
        mine = {decision.iri} | {o.iri for o in decision.options if o.id in result.answers}
        concerned = sorted({number for name in mine for number in self.a.points_on.get(name, ())})
        points = (self.g.open_points[number] for number in concerned)
        found = tuple(p for p in points if self.verdict(p.applies_to) == TRUE)
        decisive = frozenset(p.iri for p in found if p.decisive_in and self.verdict(p.decisive_in) == TRUE)
        if result.status != UNDETERMINED:
            return found, decisive
        if self.verdict(decision.scope) != TRUE:
            return (), frozenset()
        return tuple(p for p in found if p.iri in decisive), decisive

    def programme_run(self, programme: Programme) -> ProgrammeRun:
        """Return the work on one programme."""
        found = self._programmes.get(programme.iri)
        if found is None:
            found = self._programmes[programme.iri] = ProgrammeRun(self, programme)
        return found

    def programme(self, programme: Programme, *, asked: bool = False) -> ProgrammeResult:
        """Return the eligibility for a programme by the edition that is valid, or by all that may be."""
        return self.programme_run(programme).result(asked=asked)

    def touches(self, programme: Programme, editions: Iterable[EditionResult]) -> bool:
        """Return whether a criterion of a programme has a verdict, or a field that only it reads is known."""
        known = self.record.values.keys() | self.record.dates.keys() | self.record.lists.keys()
        return any(c.verdict != OPEN for e in editions for c in e.criteria) or not known.isdisjoint(
            self.a.own_fields[programme.iri]
        )

    def days(self, programme: Programme) -> EligibleDays:
        """Return the days on which the patient is eligible for a programme."""
        if programme.iri not in self._days:
            self._days[programme.iri] = self.a.eligible_days(programme, self)
        return self._days[programme.iri]

    def eligibility(self, programme: Programme) -> Outcome:
        """Return the outcome of a programme."""
        return self.programme_run(programme).outcome()

    def completions(self, decision: str, ranges: DateRanges) -> Completions:
        """Return what a decision, by its IRI, can come to while some dates are within bounds."""
        return self.a.completions(decision, self.record, self.signature, ranges)

    # -- days -------------------------------------------------------------------------------------

    def bounds(self, field: str) -> DateRange:
        """Return the first and last day that a date field can have."""
        return self.a.dates.bounds(field, self.record.dates, self.record.ranges)

    def in_force(self, validity: Validity | None) -> int:
        """Return whether a rule is in force."""
        return in_force(validity, self.bounds)

    # -- boxes and statements ---------------------------------------------------------------------

    def shows(self, box: Box, wanted: set[str] | None) -> bool:
        """Return whether a box is shown with the wanted decisions; ``None`` wants all."""
        decision, option = self.g.shown_with(box)
        if wanted is not None and decision.id not in wanted:
            return False
        if option is not None:
            return option.iri in self.chosen(decision)
        return self.verdict(decision.scope) == TRUE and self.verdict(box.applies_to) == TRUE

    def statements(self, statements: Iterable[Statement], own: int | None = None) -> tuple[StatementResult, ...]:
        """Return the statements that apply or may apply, with their dates; ``own`` is whether they are in force."""
        verdicts = ((s, whole_verdict(s, self.verdict)) for s in statements)
        found = (self.dated(s, verdict, own) for s, verdict in verdicts if verdict != FALSE)
        return tuple(s for s in found if s.in_force != FALSE or s.statement.printed)

    def dated(self, statement: Statement, verdict: int, own: int | None = None) -> StatementResult:
        """Return a statement with its dates; ``own`` is whether it is in force, where that is not by its own days."""
        found = dated(
            statement,
            verdict,
            verdict_of=self.verdict,
            record=self.record,
            today=self._assessed,
            own=self.in_force(statement.validity) if own is None else own,
            in_force=self.in_force,
        )
        called_by = self._calling.get(statement.advice)
        reached = self.verdict(statement.reached_if) if statement.reached_if else None
        if called_by is None and reached is None:
            return found
        return replace(found, called_by=called_by, reached=reached)

    @cached_property
    def _calling(self) -> dict[str | None, Caution]:
        """The warnings that hold and call for an advice, by the advice."""
        return {w.calls_for: w for w in self.g.warnings if w.calls_for and self.verdict(w.applies_to) == TRUE}

    def notes(self, dated: Sequence[StatementResult]) -> Mapping[str, OpenPoint]:
        """Return the open points noted on dates, by the IRI of the statement."""
        return notes_of(dated, self.a.noted, self._assessed)

    # -- what is urgent, and what is asked --------------------------------------------------------

    def cautions(self, programmes: Iterable[ProgrammeResult] = ()) -> tuple[Caution, ...]:
        """Return what is to be pointed out, the most urgent first; of equals, calls for an advice, then options."""
        found = [caution for decision, option, caution in self.a.urgent if option.iri in self.chosen(decision)]
        holding = (w for w in self.g.warnings if self.verdict(w.applies_to) == TRUE)
        found += filter(None, (self.a.calls.given(w, self.result, self.verdict) for w in holding))
        found += [w for p in programmes for w in self.programme_run(p.programme).superseded(p)]
        return tuple(sorted(found, key=lambda w: (w.severity.priority, w.calls_for is None)))

    @property
    def ended(self) -> set[str]:
        """The severities with which the pathway has certainly ended."""
        return {c.severity.id for d, o, c in self.a.urgent if o.ends_pathway and o.iri in self.chosen(d)}

    def questions(
        self,
        missing: Sequence[str],
        decisions: Mapping[str, DecisionResult],
        programmes: Iterable[ProgrammeResult],
        wanted: set[str] | None,
    ) -> tuple[AskedField, ...]:
        """Return what to ask, in the order of the guideline, each with the decisions that miss it."""
        fields = [name for name in self.to_ask(missing, programmes, wanted) if self.asked(name)]
        return questions_of(self.g, fields, decisions, self.record.ranges)

    def to_ask(
        self, missing: Sequence[str], programmes: Iterable[ProgrammeResult], wanted: set[str] | None
    ) -> Sequence[str]:
        """Return the missing fields that are worth asking for.

        Once the pathway has ended, these are the fields of programmes; after a critical end there are none, unless
        only programmes are wanted.
        """
        if not self.ended:
            return missing
        only_programmes = wanted is not None and wanted <= {p.id for p in self.g.programmes.values()}
        if CRITICAL in self.ended and not only_programmes:
            return ()
        fields: set[str] = set()
        for p in programmes:
            fields |= {*p.result.missing, *self.open_fields((*p.steps, *p.settled))}
        return [name for name in missing if name in fields]

    def in_order(self, fields: Iterable[str]) -> tuple[str, ...]:
        """Return fields in the order of questions."""
        return tuple(sorted(fields, key=lambda name: asking_order(self.g, name)))

    def open_fields(self, statements: Iterable[StatementResult]) -> set[str]:
        """Return the unknown fields that statements wait for and that the guideline asks for in this record."""

        def unknown_of(cls: str) -> set[str]:
            return unknown_in(Named(cls), self.a.program, self.of_expression, self.record.dates)

        def undated(statement: Statement) -> set[str]:
            open_ones = (v for v in statement.validities if self.in_force(v) == OPEN)
            return {name for v in open_ones for name in v.by if name not in self.record.dates}

        found = open_fields(statements, self.verdict, unknown_of, undated, self.record.dates)
        return set(filter(self.asked, found))

    def asked(self, name: str) -> bool:
        """Return whether the guideline asks for a field in this record."""
        field = self.g.fields[name]
        return field.ask_order is not None and self.verdict(field.ask_if) != FALSE
