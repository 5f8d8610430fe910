"""The work on one record: what its decisions, programmes and boxes are, asked for once each."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from lrp_kg.answer.missing import open_fields, questions_of, unknown_in
from lrp_kg.answer.notes import notes_of
from lrp_kg.answer.programmes import ProgrammeRun
from lrp_kg.answer.readings import PartReading, Readings
from lrp_kg.answer.results import (
    AskedField,
    DecisionResult,
    EditionResult,
    EligibleDays,
    MarkResult,
    ProgrammeResult,
    StatementResult,
)
from lrp_kg.answer.statements import Dating, dated, dating_of, whole_verdict
from lrp_kg.durations import DateRange
from lrp_kg.guideline.criteria import Expression, Named
from lrp_kg.guideline.model import (
    AGREES,
    CRITICAL,
    Box,
    Caution,
    Decision,
    Edition,
    OpenPoint,
    Programme,
    Statement,
)
from lrp_kg.guideline.validity import Validity
from lrp_kg.logic.calendar import DateRanges, KnownDates
from lrp_kg.logic.cells import Signature
from lrp_kg.logic.classify import FALSE, OPEN, TRUE
from lrp_kg.logic.decide import Completions
from lrp_kg.logic.editions import in_force
from lrp_kg.logic.explain import Reason, Reasons
from lrp_kg.logic.outcomes import NOT_APPLICABLE, UNDETERMINED, AnswersFound, Outcome
from lrp_kg.logic.verdicts import SignatureVerdicts, together
from lrp_kg.record.model import Record

if TYPE_CHECKING:
    from lrp_kg.answer.decisions import Assessor


class _Common(dict[int, int]):
    """The verdicts on which several signatures agree, by the numbers of expressions; unknown where they do not."""

    def __init__(self, found: Sequence[SignatureVerdicts]) -> None:
        super().__init__()
        self._found = found

    def __missing__(self, number: int) -> int:
        own = self[number] = together(verdicts[number] for verdicts in self._found)
        return own


class Run:
    """The work on one record."""

    def __init__(
        self,
        assessor: Assessor,
        record: Record,
        explain: bool,
        signature: Signature | None = None,
        *,
        outcomes_only: bool = False,
    ) -> None:
        self.a = assessor
        self.g = assessor.guideline
        self.record = record = replace(record, dates=KnownDates(record.dates))
        self.because = explain
        """Whether outcomes have their reasons."""
        self.explain = explain and not outcomes_only
        """Whether all else has its reasons too: what is no answer, statements and warnings."""
        self.signature = assessor.signature(record) if signature is None else signature
        self.signatures = assessor.signatures(record, self.signature)
        self.noted: set[int | PartReading] | None = None
        """What is read, noted while a part of the answer is worked out."""
        self._verdicts: dict[str, int] = {}
        self._results: dict[str, Outcome] = {}
        self._programmes: dict[str, ProgrammeRun] = {}
        self._days: dict[str, EligibleDays] = {}
        self.assessed = record.dates.get(self.g.roles.assessment or "")

    def done(self) -> None:
        """Forget what was read, once the answer is there.

        What was read, and programmes, hold the run; without this, garbage would have to be collected.
        """
        self.__dict__.pop("readings", None)
        self.__dict__.pop("by_number", None)
        self._programmes.clear()

    # -- readings ---------------------------------------------------------------------------------

    @cached_property
    def readings(self) -> Readings:
        """What can be read of the record; that of one with uncertain dates is not all that its answer depends on."""
        return Readings(self)

    @cached_property
    def era(self) -> tuple[int, ...]:
        """Return which of the rules with a first or last day are in force."""
        return self.a.eras.of(self.bounds)

    def read(self, reading: PartReading) -> Any:
        """Return the value of a reading."""
        if self.noted is not None:
            self.noted.add(reading)
        return self.readings[reading]

    def knows_assessment(self) -> bool:
        """Return whether the day of the assessment is known."""
        return self.knows(self.g.roles.assessment or "")

    def knows(self, date_field: str) -> bool:
        """Return whether a date is known."""
        if self.noted is not None:
            self.noted.add(self.a.readable.known[date_field])
        return date_field in self.record.dates

    def verdict(self, cls: str | None) -> int:
        """Return the verdict of a class; no class is the class of all records."""
        if cls is None:
            return TRUE
        if self.noted is not None and (number := self.a.verdicts.number(cls)) is not None:
            self.noted.add(number)
        return self._verdict(cls)

    def holds(self, cls: str | None) -> bool:
        """Return whether a class certainly holds."""
        if cls is None:
            return True
        if self.noted is not None and (reading := self.a.readable.holds[cls]) is not None:
            self.noted.add(reading)
        return self._verdict(cls) == TRUE

    def _verdict(self, cls: str) -> int:
        known = self._verdicts.get(cls)
        if known is None:
            known = self._verdicts[cls] = self.a.verdicts.named(self.by_number, cls)
        return known

    def of_expression(self, expression: Expression) -> int:
        """Return the verdict of an expression."""
        number = self.a.program.index[expression]
        if self.noted is not None:
            self.noted.add(number)
        return self.by_number[number]

    @cached_property
    def by_number(self) -> Mapping[int, int]:
        """The verdicts by the numbers of expressions; of several signatures those on which they agree."""
        if self.signatures == (self.signature,):
            return self.readings
        return _Common([SignatureVerdicts(self.a.verdicts, s) for s in self.signatures])

    def result(self, decision: str) -> Outcome:
        """Return the outcome of a decision, by its IRI."""
        if self.noted is not None:
            self.noted.add(self.a.readable.outcome[decision])
        if decision not in self._results:
            self._results[decision] = self.a.decide(decision, self.record, self.signature)
        return self._results[decision]

    def situation(self, decision: str) -> Hashable:
        """Return what the outcome of a decision, by its IRI, depends on of the days of a record."""
        return self.a.decider(decision).situation(self.signature, self.record.dates, {})

    def answers(self, decision: str) -> AnswersFound:
        """Return the answers of a decision, by its IRI."""
        noted, self.noted = self.noted, None
        if noted is not None:
            noted.add(self.a.readable.answers[decision])
        found = self.result(decision)
        self.noted = noted
        return AnswersFound(found.answers, found.possible)

    def chosen(self, decision: Decision) -> list[str]:
        """Return the options, by IRI, that are certain answers of a decision, whatever its status."""
        answers = self.answers(decision.iri).answers
        return [o.iri for o in decision.options if o.id in answers]

    # -- decisions ------------------------------------------------------------------------------

    def decision(self, decision: Decision, result: Outcome | None = None) -> DecisionResult:
        """Return the outcome of a decision with its open points, and reasons where they are asked for."""
        result = self.result(decision.iri) if result is None else result
        because, why_not = self.reasons(decision, result) if self.because else ((), {})
        points, decisive = self.open_points(decision, result)
        return DecisionResult(decision, result, because, why_not, points, decisive)

    def why(self, cls: str) -> tuple[Reason, ...]:
        """Return the reasons for the verdict of a class."""
        reading = self.a.readable.why[cls]
        if self.noted is not None:
            self.noted.add(reading)
        found: Reasons = self.readings[reading]
        return found.reasons

    def reasons_of(self, cls: str) -> Reasons:
        """Return the reasons for the verdict of a class, the same object for the same reasons."""
        return self.a.explainer.reasons(cls, self.by_number)

    def reasons(self, decision: Decision, result: Outcome) -> tuple[tuple[Reason, ...], dict[str, tuple[Reason, ...]]]:
        """Return the reasons for an outcome, and by option, where these are asked for, why it is no answer."""
        if result.status == NOT_APPLICABLE:
            return self.why(decision.scope), {}
        found: dict[str, Reason] = {}
        why_not: dict[str, tuple[Reason, ...]] = {}
        if result.status == UNDETERMINED and self.verdict(decision.scope) == OPEN:
            found.update((r.condition.iri, r) for r in self.why(decision.scope))
        for option in decision.options:
            answers = option.id in result.answers or (result.status == UNDETERMINED and option.id in result.possible)
            if not answers and not self.explain:
                continue
            mine = self.why(option.applies_to)
            if option.refined_by and self.holds(option.applies_to):
                inner, _ = self.reasons(self.g.decisions[option.refined_by], self.result(option.refined_by))
                mine += inner
            if answers:
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
        found = tuple(p for p in points if self.holds(p.applies_to) and self.in_force(p.validity) == TRUE)
        decisive = frozenset(p.iri for p in found if p.decisive_in and self.holds(p.decisive_in))
        if result.status != UNDETERMINED:
            return found, decisive
        if not self.holds(decision.scope):
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
        if self.noted is not None:
            self.noted.add(self.a.readable.touched[programme.iri])
        return any(c.verdict != OPEN for e in editions for c in e.criteria) or self.knows_own(programme)

    def knows_own(self, programme: Programme) -> bool:
        """Return whether a field that only this programme reads is known."""
        known = self.record.values.keys() | self.record.dates.keys() | self.record.lists.keys()
        return not known.isdisjoint(self.a.own_fields[programme.iri])

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

    def outcomes(self, only: Collection[str] | None = None) -> dict[str, Outcome]:
        """Return the outcome of each decision and programme by its identifier, or only of these."""
        found = {d.id: self.result(d.iri) for d in self.g.own_decisions.values() if only is None or d.id in only}
        programmes = [p for p in self.g.programmes.values() if only is None or p.id in only]
        return found | {p.id: self.eligibility(p) for p in programmes}

    # -- days -------------------------------------------------------------------------------------

    def bounds(self, field: str) -> DateRange:
        """Return the first and last day that a date field can have."""
        return self.a.dates.bounds(field, self.record.dates, self.record.ranges)

    def in_force(self, validity: Validity | None) -> int:
        """Return whether a rule is in force."""
        if self.noted is not None and validity is not None:
            self.noted.add(self.a.readable.in_force[validity])
        return in_force(validity, self.bounds)

    # -- boxes and statements ---------------------------------------------------------------------

    def shows(self, box: Box, wanted: set[str] | None) -> bool:
        """Return whether a box is shown with the wanted decisions; ``None`` wants all."""
        decision, option = self.g.shown_with(box)
        if wanted is not None and decision.id not in wanted:
            return False
        if option is not None:
            return option.iri in self.chosen(decision)
        return self.holds(decision.scope) and self.holds(box.applies_to)

    def statements(self, statements: Iterable[Statement], own: int | None = None) -> tuple[StatementResult, ...]:
        """Return the statements that apply or may apply, with their dates; ``own`` is whether they are in force."""
        verdicts = ((s, whole_verdict(s, self.verdict)) for s in statements)
        found = (self.dated(s, verdict, own) for s, verdict in verdicts if verdict != FALSE)
        there = (s for s in found if s.in_force != FALSE or s.statement.printed)
        return tuple(s._replace(marks=marks) if (marks := tuple(self.marks(s.statement))) else s for s in there)

    def marks(self, statement: Statement) -> Iterator[MarkResult]:
        """Yield what rules of that day, and open points, say of a statement."""
        for mark in self.g.marks.get(statement.iri, ()):
            by = mark.by
            holds = whole_verdict(by, self.verdict) if isinstance(by, Statement) else self.verdict(by.applies_to)
            force = self.in_force(by.validity)
            if FALSE in (holds, force):
                continue
            together = mark.stance == AGREES or isinstance(by, Statement) and by.condition == statement.condition
            yield MarkResult(mark, TRUE if force == TRUE and (together or holds == TRUE) else OPEN)

    def dated(self, statement: Statement, verdict: int, own: int | None = None) -> StatementResult:
        """Return a statement with its dates; ``own`` is whether it is in force, where that is not by its own days."""
        own = self.in_force(statement.validity) if own is None else own
        found = dated(statement, self.dating(statement, verdict, own), self.record, self.assessed, own)
        called_by = self._calling(statement.advice) if statement.advice else None
        reached = self.verdict(statement.reached_if) if statement.reached_if else None
        if reached and statement.lifted_if and self.holds(statement.lifted_if):
            reached = FALSE
        because = self.why(statement.condition) if self.explain and statement.condition else ()
        if called_by is None and reached is None and not because:
            return found
        return found._replace(called_by=called_by, reached=reached, because=because)

    def dating(self, statement: Statement, verdict: int, own: int) -> Dating:
        """Return what the dates of a statement are worked out from; ``own`` is whether it is in force."""
        return dating_of(statement, verdict, self.verdict, own, self.in_force)

    def _calling(self, advice: str) -> Caution | None:
        """Return the warning that holds and calls for an advice; of several the last."""
        if self.noted is not None:
            self.noted.add(self.a.readable.calling[advice])
        place = self.calling(advice)
        return None if place is None else self.g.warnings[place]

    def calling(self, advice: str) -> int | None:
        """Return the place of that warning."""
        return next((n for n, cls in self.a.readable.calls[advice] if cls is None or self._verdict(cls) == TRUE), None)

    def notes(self, dated: Sequence[StatementResult]) -> Mapping[str, OpenPoint]:
        """Return the open points noted on dates, by the IRI of the statement."""
        return notes_of(dated, self.a.noted, self.assessed)

    # -- what is urgent, and what is asked --------------------------------------------------------

    def cautions(self, ended: Iterable[Edition] = ()) -> tuple[Caution, ...]:
        """Return what is to be pointed out, the most urgent first; of equals, calls for an advice, then options.

        ``ended`` are the editions by which something is decided though their rules have ended.
        """
        found = [caution for decision, option, caution in self.a.urgent if option.iri in self.chosen(decision)]
        holding = filter(None, map(self._on_the_day, self.holding()))
        found += filter(None, (self.a.calls.given(w, self.answers, self.verdict) for w in holding))
        found += [e.superseded for e in ended if e.superseded]
        return tuple(sorted(found, key=lambda w: (w.severity.priority, w.calls_for is None)))

    def holding(self) -> list[Caution]:
        """Return the warnings whose situation holds."""
        if self.noted is None:
            return [w for w in self.g.warnings if self.holds(w.applies_to)]
        places = self.read(self.a.readable.holding)
        return [self.g.warnings[place] for place in places]

    def _on_the_day(self, caution: Caution) -> Caution | None:
        """Return a warning as it is on the day; ``None`` where it is not in force and not printed."""
        force = self.in_force(caution.validity)
        if force == FALSE and not caution.printed:
            return None
        return caution if force == TRUE else replace(caution, outdated=True if force == FALSE else None)

    def why_warnings(self, cautions: Iterable[Caution]) -> dict[str, tuple[Reason, ...]]:
        """Return the reasons of what is pointed out, by IRI, where they are asked for; rules that ended have none."""
        return {iri: self.why(cls) for iri, cls in self.reasoned(cautions).items()}

    def reasoned(self, cautions: Iterable[Caution]) -> dict[str, str]:
        """Return the situations of what is pointed out that reasons are asked for, by IRI."""
        return {w.iri: w.applies_to for w in cautions if w.applies_to in self.g.conditions} if self.explain else {}

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
        programmes = tuple(programmes)
        return self.worth_asking(missing, lambda: self._of_programmes(programmes), wanted)

    def worth_asking(
        self, missing: Sequence[str], of_programmes: Callable[[], Collection[str]], wanted: set[str] | None
    ) -> Sequence[str]:
        """Return the missing fields that are worth asking for, of which some are ``of_programmes``."""
        if not self.ended:
            return missing
        only_programmes = wanted is not None and wanted <= {p.id for p in self.g.programmes.values()}
        if CRITICAL in self.ended and not only_programmes:
            return ()
        fields = of_programmes()
        return [name for name in missing if name in fields]

    def _of_programmes(self, programmes: Iterable[ProgrammeResult]) -> set[str]:
        fields: set[str] = set()
        for p in programmes:
            fields |= {*p.result.missing, *self.open_fields((*p.steps, *p.settled))}
        return fields

    def open_fields(self, statements: Iterable[StatementResult]) -> set[str]:
        """Return the unknown fields that statements wait for and that the guideline asks for in this record."""

        def unknown_of(cls: str) -> set[str]:
            return unknown_in(Named(cls), self.a.program, self.of_expression, self.knows)

        def undated(statement: Statement) -> set[str]:
            open_ones = (v for v in statement.validities if self.in_force(v) == OPEN)
            return {name for v in open_ones for name in v.fields if not self.knows(name)}

        found = open_fields(statements, self.verdict, unknown_of, undated, self.knows)
        return set(filter(self.asked, found))

    def asked(self, name: str) -> bool:
        """Return whether the guideline asks for a field in this record."""
        field = self.g.fields[name]
        return field.ask_order is not None and self.verdict(field.ask_if) != FALSE
