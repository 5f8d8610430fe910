"""The assessment of a record, as pure data: decisions, boxes, statements, eligibility, facts, dates, warnings.

Nothing here knows a language or a format; `lrp_kg.answer.as_json` renders it.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from lrp_kg.durations import add_period
from lrp_kg.errors import UnknownParameter
from lrp_kg.guideline.criteria import Between, Expression, Has, Named, parts_of
from lrp_kg.guideline.model import (
    Box,
    Caution,
    Criterion,
    Decision,
    Edition,
    Guideline,
    OpenPoint,
    Programme,
    Statement,
    Term,
)
from lrp_kg.logic.calendar import DateSpace
from lrp_kg.logic.cells import Cells, Signature
from lrp_kg.logic.classify import FALSE, OPEN, TRUE, Engine, Program
from lrp_kg.logic.decide import Decider, KleeneDecider
from lrp_kg.logic.diagram_cache import DiagramStore
from lrp_kg.logic.diagrams import Builder, DiagramTooLarge
from lrp_kg.logic.explain import Explainer, Reason
from lrp_kg.logic.outcomes import DECIDED, NOT_APPLICABLE, SEVERAL, UNDETERMINED, Outcome
from lrp_kg.logic.verdicts import VerdictMemory
from lrp_kg.record.read import Record

REASONS = 200_000
"""Remembered reasons, by class and cells, after which they are dropped."""


@dataclass(frozen=True, slots=True)
class DecisionResult:
    """A decision with what the record makes of it; reasons only where they were asked for."""

    decision: Decision
    result: Outcome
    because: tuple[Reason, ...]
    why_not: Mapping[str, tuple[Reason, ...]]
    open_points: tuple[OpenPoint, ...]


@dataclass(frozen=True, slots=True)
class StatementResult:
    """A statement that applies, or may: ``verdict`` of its condition, and its dates."""

    statement: Statement
    verdict: int
    earliest: date | None
    latest: date | None
    status: str | None


@dataclass(frozen=True, slots=True)
class CriterionResult:
    """A criterion and whether it is met."""

    criterion: Criterion
    verdict: int
    because: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class ProgrammeResult:
    """Eligibility by one edition of a programme."""

    programme: Programme
    edition: Edition
    result: Outcome
    criteria: tuple[CriterionResult, ...]
    benefits: tuple[StatementResult, ...]
    steps: tuple[StatementResult, ...]

    @property
    def verdict(self) -> str:
        """Return eligible, not-eligible, undetermined, or not-applicable outside the scope."""
        if self.result.status == DECIDED:
            return self.result.answers[0]
        return self.result.status if self.result.status == NOT_APPLICABLE else UNDETERMINED


@dataclass(frozen=True, slots=True)
class Assessment:
    """The answer to one record."""

    guideline: Guideline
    record: Record
    decisions: Mapping[str, DecisionResult]
    programmes: Mapping[str, ProgrammeResult]
    boxes: tuple[tuple[Box, tuple[StatementResult, ...]], ...]
    notices: tuple[StatementResult, ...]
    facts: Mapping[str, str | int | bool | date | list[str]]
    dated: tuple[StatementResult, ...]
    warnings: tuple[Caution, ...]
    missing: tuple[str, ...]
    next_question: str | None


class Assessor:
    """Assesses records by one guideline. Made once; safe to share between threads that only read."""

    def __init__(self, guideline: Guideline, engine: Engine | None = None, *, cache: bool = True) -> None:
        self.guideline = guideline
        self.cells = Cells(guideline)
        self.program = Program(guideline, self.cells, engine)
        self.verdicts = VerdictMemory(self.program)
        self.dates = DateSpace(self.cells)
        self.explainer = Explainer(guideline)
        self.reasons: dict[tuple[str, bytes], tuple[Reason, ...]] = {}
        self.builder = Builder(self.program, self.dates, guideline.decisions)
        self.diagrams = DiagramStore(self.builder, cache=cache)
        self._deciders = {name: self._decider(d) for name, d in guideline.decisions.items()}
        generated = {e.decision for p in guideline.programmes.values() for e in p.editions}
        self._plain = {n: d for n, d in guideline.decisions.items() if n not in generated}
        self.decision_ids = tuple(d.id for d in self._plain.values()) + tuple(
            p.id for p in guideline.programmes.values()
        )
        self._boxes = tuple(sorted(guideline.boxes.values(), key=lambda b: (b.section_order, b.priority)))
        # deciders that read the same durations depend on the dates in the same way
        self._dated = tuple({d.durations: d for d in self._deciders.values() if d.durations}.values())
        self._dates_read = {d for x in guideline.derived.values() for d in (x.start, x.end)}
        self.owner = {o.iri: d for d in self._plain.values() for o in d.options}

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

    def decide(self, decision: str, record: Record, signature: Signature | None = None) -> Outcome:
        """Return what a record makes of a decision, by its IRI."""
        own = self.signature(record) if signature is None else signature
        return self._deciders[decision].decide(own, record.dates)

    def date_keys(self, record: Record, signature: Signature) -> Hashable:
        """Return what an assessment depends on of the dates, beside the signature and which of them are known."""
        if record.dates.keys() >= self._dates_read:
            keys: tuple[Hashable, ...] = ()
        else:
            keys = tuple(d.date_key(signature, record.dates) for d in self._dated)
        if all(len(p.editions) == 1 for p in self.guideline.programmes.values()):
            return keys
        return keys, tuple(self.edition(p, record.dates).iri for p in self.guideline.programmes.values())

    def edition(self, programme: Programme, dates: Mapping[str, date]) -> Edition:
        """Choose the edition valid on the programme's own date, else at the assessment, else the newest."""
        if len(programme.editions) == 1:
            return programme.editions[0]
        for field in self.guideline.choosing_fields(programme):
            day = dates.get(field)
            if day is not None:
                valid = [e for e in programme.editions[1:] if e.valid_from and e.valid_from <= day]
                return valid[-1] if valid else programme.editions[0]
        return programme.editions[-1]

    # -- the whole ------------------------------------------------------------------------------

    def assess(self, record: Record, *, only: Collection[str] | None = None, explain: bool = False) -> Assessment:
        """Assess a record; ``only`` limits decisions, missing fields and the next question to these identifiers."""
        unknown = sorted(set(only or ()) - set(self.decision_ids))
        if unknown:
            raise UnknownParameter(f"{', '.join(unknown)} is no decision. Choose among {', '.join(self.decision_ids)}.")
        return self.finish(Run(self, record, explain), None if only is None else set(only))

    def finish(self, run: Run, wanted: set[str] | None = None) -> Assessment:
        """Return the whole answer of a run, some of which may already have been worked out."""
        decisions = {d.id: run.decision(d) for d in self._plain.values() if wanted is None or d.id in wanted}
        programmes = {
            p.id: run.programme(p) for p in self.guideline.programmes.values() if wanted is None or p.id in wanted
        }
        for p in programmes.values():
            decisions[p.programme.id] = run.decision(self.guideline.decisions[p.edition.decision])
        boxes = tuple((box, run.statements(box.statements)) for box in self._boxes if run.shows(box, wanted))
        stages = {o for d in self._plain.values() for o in run.chosen(d, wanted)}
        notices = run.statements(
            s for name in self.guideline.notices if name in stages for s in self.guideline.notices[name]
        )
        everything = [s for _, found in boxes for s in found] + list(notices)
        of_programmes = [s for p in programmes.values() for s in (*p.benefits, *p.steps)]
        missing = self._missing(decisions.values(), run.open_fields(everything + of_programmes))
        return Assessment(
            self.guideline,
            run.record,
            decisions,
            programmes,
            boxes,
            notices,
            facts_of(self.guideline, run.agreed(boxes, notices) + of_programmes, decisions.values()),
            in_order(everything + of_programmes),
            tuple(w for w in self.guideline.warnings if run.verdict(w.applies_to) == TRUE),
            missing,
            next((f for f in missing if run.asked(f)), None),
        )

    def _missing(self, results: Iterable[DecisionResult], further: set[str]) -> tuple[str, ...]:
        """Return the fields that decisions miss, then those that only statements and their dates wait for."""
        first = {name for r in results for name in r.result.missing}
        fields = self.guideline.fields

        def ordered(names: set[str]) -> list[str]:
            return sorted(names, key=lambda name: (fields[name].ask_order or 0, name))

        return tuple(ordered(first) + ordered(further - first))


class Run:
    """The work on one record."""

    def __init__(self, assessor: Assessor, record: Record, explain: bool, signature: Signature | None = None) -> None:
        self.a = assessor
        self.g = assessor.guideline
        self.record = record
        self.explain = explain
        self.signature = assessor.signature(record) if signature is None else signature
        self._results: dict[str, Outcome] = {}
        self._assessed = record.dates.get(self.g.roles.assessment or "")

    def verdict(self, cls: str | None) -> int:
        return TRUE if cls is None else self.a.verdicts.one(self.signature, cls)

    def of_expression(self, expression: Expression) -> int:
        number = self.a.program.index[expression]
        return self.a.verdicts.of(self.signature, (number,))[number]

    def result(self, decision: str) -> Outcome:
        if decision not in self._results:
            self._results[decision] = self.a.decide(decision, self.record, self.signature)
        return self._results[decision]

    def chosen(self, decision: Decision, wanted: set[str] | None) -> list[str]:
        if wanted is not None and decision.id not in wanted:
            return []
        result = self.result(decision.iri)
        if result.status == UNDETERMINED:
            return []
        return [o.iri for o in decision.options if o.id in result.answers]

    # -- decisions ------------------------------------------------------------------------------

    def decision(self, decision: Decision) -> DecisionResult:
        result = self.result(decision.iri)
        because: tuple[Reason, ...] = ()
        why_not: dict[str, tuple[Reason, ...]] = {}
        if self.explain:
            because, why_not = self.reasons(decision, result)
        return DecisionResult(decision, result, because, why_not, self.open_points(decision, result))

    def why(self, cls: str) -> tuple[Reason, ...]:
        key = (cls, self.a.verdicts.projection(self.signature, cls))
        known = self.a.reasons.get(key)
        if known is None:
            if len(self.a.reasons) >= REASONS:
                self.a.reasons.clear()
            known = self.a.reasons[key] = self.a.explainer.reasons(cls, self.of_expression)
        return known

    def reasons(self, decision: Decision, result: Outcome) -> tuple[tuple[Reason, ...], dict[str, tuple[Reason, ...]]]:
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

    def open_points(self, decision: Decision, result: Outcome) -> tuple[OpenPoint, ...]:
        if result.status in (NOT_APPLICABLE, UNDETERMINED):
            return ()
        mine = {decision.iri} | {o.iri for o in decision.options if o.id in result.answers}
        mine |= {p.iri for p in self.g.programmes.values() for e in p.editions if e.decision == decision.iri}
        return tuple(
            p for p in self.g.open_points if mine.intersection(p.concerns) and self.verdict(p.applies_to) == TRUE
        )

    def programme(self, programme: Programme) -> ProgrammeResult:
        edition = self.a.edition(programme, self.record.dates)
        result = self.result(edition.decision)
        criteria = tuple(
            CriterionResult(c, self.verdict(c.applies_to), self.why(c.applies_to))
            for c in edition.criteria
            if result.status != NOT_APPLICABLE
        )
        eligible = result.status == DECIDED and result.answers == ("eligible",)
        return ProgrammeResult(
            programme,
            edition,
            result,
            criteria,
            self.statements(edition.benefits + edition.limits) if eligible else (),
            self.statements(edition.steps) if eligible else (),
        )

    # -- boxes and statements ---------------------------------------------------------------------

    def shows(self, box: Box, wanted: set[str] | None) -> bool:
        decision = self.g.decisions.get(box.shown_for)
        if decision is None:
            owner = self.a.owner.get(box.shown_for)
            return owner is not None and box.shown_for in self.chosen(owner, wanted)
        if wanted is not None and decision.id not in wanted:
            return False
        return self.verdict(decision.scope) == TRUE and self.verdict(box.applies_to) == TRUE

    def statements(self, statements: Iterable[Statement]) -> tuple[StatementResult, ...]:
        return tuple(
            self.dated(statement, verdict)
            for statement in statements
            if (verdict := self.verdict(statement.condition)) != FALSE
        )

    def dated(self, statement: Statement, verdict: int) -> StatementResult:
        if not statement.limits:
            return StatementResult(statement, verdict, None, None, None)
        earliest: list[date | None] = []
        latest: list[date | None] = []
        doubt = False
        counted = False
        for limit in statement.limits:
            counts = self.verdict(limit.condition)
            if counts == FALSE:
                continue
            counted = True
            if counts == OPEN:
                doubt = True
                continue
            start = self.record.dates.get(limit.counted_from)
            for period, found in ((limit.not_before, earliest), (limit.within, latest)):
                if period:
                    found.append(add_period(start, period) if start else None)
        if not counted:
            return StatementResult(statement, verdict, None, None, None)
        first = None if None in earliest else min((d for d in earliest if d), default=None)
        last = None if None in latest else min((d for d in latest if d), default=None)
        if first is None and earliest:  # one of several triggers is undated: those that are dated still count
            first = min((d for d in earliest if d), default=None)
            doubt = True
        doubt = doubt or None in latest
        return StatementResult(statement, verdict, first, last, self.date_status(first, last, doubt))

    def date_status(self, earliest: date | None, latest: date | None, doubt: bool) -> str:
        today = self._assessed
        if today is None or (earliest is None and latest is None):
            return "unknown"
        if latest is not None and today > latest:
            return "unknown" if doubt else "past"
        due = earliest is not None and today >= earliest or (earliest is None and today == latest)
        if doubt:
            return "unknown"
        return "due" if due else "upcoming"

    def agreed(
        self, boxes: Iterable[tuple[Box, tuple[StatementResult, ...]]], notices: Iterable[StatementResult]
    ) -> list[StatementResult]:
        """Return the statements that facts are taken from: not those of boxes that exclude each other."""
        found = list(notices)
        for box, statements in boxes:
            owner = self.a.owner.get(box.shown_for)
            if owner is None or self.result(owner.iri).status != SEVERAL:
                found += statements
        return found

    def open_fields(self, statements: Iterable[StatementResult]) -> set[str]:
        """Return the unknown fields that shown statements and their dates wait for."""
        found: set[str] = set()
        for s in statements:
            if s.verdict == OPEN and s.statement.condition:
                found |= self.unknown_in(Named(s.statement.condition))
            for limit in s.statement.limits:
                counts = self.verdict(limit.condition)
                if counts == OPEN and limit.condition:
                    found |= self.unknown_in(Named(limit.condition))
                if counts != FALSE and limit.counted_from not in self.record.dates:
                    found.add(limit.counted_from)
        return {name for name in found if self.asked(name)}

    def unknown_in(self, expression: Expression) -> set[str]:
        """Return the unknown input fields that keep an expression from being told."""
        node = self.a.program.nodes[self.a.program.index[expression]]
        if self.of_expression(expression) != OPEN:
            return set()
        if isinstance(node, (Has, Between)):
            inputs = self.a.cells.inputs(self.a.cells.index[node.field])
            return {name for name in inputs if name not in self.record.dates}
        return set().union(*(self.unknown_in(p) for p in parts_of(node)))

    def asked(self, name: str) -> bool:
        field = self.g.fields[name]
        return field.ask_order is not None and self.verdict(field.ask_if) != FALSE


def in_order(statements: Iterable[StatementResult]) -> tuple[StatementResult, ...]:
    """Return the statements that have a date, the earlier first."""
    dated = (s for s in statements if s.status)
    return tuple(sorted(dated, key=lambda s: (s.latest or s.earliest or date.max, s.statement.id)))


def facts_of(
    guideline: Guideline, statements: Iterable[StatementResult], decisions: Collection[DecisionResult]
) -> dict[str, str | int | bool | date | list[str]]:
    """Collect facts; a key whose statements do not agree, or whose date is unknown, is absent."""
    candidates: dict[str, set[str | int | bool | date | None]] = {}
    for s in statements:
        for fact in s.statement.facts:
            if s.verdict != TRUE and guideline.fact_keys[fact.key].only_if_certain:
                continue
            candidates.setdefault(fact.key, set()).add(s.latest if fact.value is None else fact.value)
    for d in decisions:
        for option in d.decision.options:
            if d.result.status in (DECIDED, SEVERAL) and option.id in d.result.answers:
                for fact in option.facts:
                    candidates.setdefault(fact.key, set()).add(fact.value)
    found: dict[str, str | int | bool | date | list[str]] = {}
    for key, values in candidates.items():
        value = next(iter(values))
        if len(values) == 1 and value is not None:
            found[key] = value
    for d in decisions:
        if d.decision.fact_key and d.result.status == DECIDED:
            found[d.decision.fact_key] = list(d.result.answers)
    return found


__all__ = ["Assessment", "Assessor", "Term"]
