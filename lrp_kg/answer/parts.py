"""The parts of an answer, each remembered by what it is worked out from, and put together for a record.

An `AnswerPart` is one object for all records that agree in what it depends on; only days differ, which a record adds.
So what a renderer makes of a part can be kept with it: `AnswerPart.said` is for that, by a key that begins with the
renderer's own name and has the language and whatever else the rendering depends on. It is forgotten with the part.
A `WholeAnswer` has the parts for a record; `Composed` has them beside what depends on days; `Composed.assessment` is
the whole as data. So a renderer hangs on it: `assessor.compose(run)`, then for each part
`part.said.get(key)`, else render the part and keep that, with holes for days and values of the record.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, partial
from itertools import chain, islice
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeVar

from lrp_kg.answer.day_runs import NEVER
from lrp_kg.answer.facts import DecidedFacts, StatedFact, decided_facts, stated_facts
from lrp_kg.answer.missing import asking_order
from lrp_kg.answer.programmes import SAID, Share, of_editions, superseded
from lrp_kg.answer.readings import PartReading, ReadingsMade
from lrp_kg.answer.remembered import Remembered, Together
from lrp_kg.answer.results import (
    DecisionResult,
    EligibleDays,
    ProgrammeResult,
    StatementResult,
)
from lrp_kg.answer.statements import Dating
from lrp_kg.guideline.model import Box, Caution, Decision, Programme, Statement
from lrp_kg.logic.explain import Reason
from lrp_kg.logic.memory import BoundedMemory

if TYPE_CHECKING:
    from lrp_kg.answer.decisions import Assessor
    from lrp_kg.answer.run import Run

P = TypeVar("P")
_SIZES = {"statement": 600, "decision": 1500, "statements": 1200, "programme": 3000, "whole": 1000, "warnings": 800}
"""Bytes that a part takes without what renderers keep with it, about."""
_NOTHING_SAID: Mapping[Hashable, Any] = MappingProxyType({})


@dataclass(eq=False)
class AnswerPart:
    """Something that answers to many records share; ``said`` is what renderers keep with it, which never changes."""

    said: Mapping[Hashable, Any] = field(default_factory=lambda: _NOTHING_SAID, init=False, repr=False)

    def keep(self, key: Hashable, said: Any) -> None:
        """Keep what a renderer makes of it; what another thread keeps at the same moment can be lost."""
        self.said = {**self.said, key: said}


@dataclass(eq=False)
class DecisionPart(AnswerPart):
    """A decision, with the boxes that are shown with it, and the options that are chosen and have notices, by IRI."""

    found: DecisionResult
    boxes: tuple[Box, ...]
    noticed: tuple[str, ...]
    facts: DecidedFacts


@dataclass(eq=False)
class StatementPart(AnswerPart):
    """One statement, where it applies or may, with the days of some record, and what these are worked out from.

    ``open`` are the unknown fields that it waits for.
    """

    found: StatementResult
    dating: Dating
    facts: tuple[StatedFact, ...]
    open: frozenset[str]


class NotSaid:
    """In place of a statement that does not apply."""


NOT_SAID = NotSaid()


@dataclass(eq=False)
class StatementsPart(AnswerPart):
    """Statements that are said together, and what each is from: of a programme they have an edition beside it."""

    found: tuple[StatementResult, ...]
    ones: tuple[StatementPart, ...]

    @cached_property
    def open(self) -> frozenset[str]:
        """The unknown fields that they wait for."""
        return frozenset().union(*(one.open for one in self.ones))

    @cached_property
    def dated(self) -> tuple[tuple[int, Dating], ...]:
        """The places of the statements that have days, with what these are worked out from."""
        return tuple((n, one.dating) for n, one in enumerate(self.ones) if one.dating.limits)

    @cached_property
    def stating(self) -> tuple[tuple[int, tuple[StatedFact, ...]], ...]:
        """The places of the statements that have facts, with these."""
        return tuple((n, one.facts) for n, one in enumerate(self.ones) if one.facts)

    def at(self, run: Run) -> tuple[StatementResult, ...]:
        """Return the statements with the days of a record."""
        if not self.dated:
            return self.found
        own = list(self.found)
        dates, today = run.record.dates, run.assessed
        for n, dating in self.dated:
            own[n] = dating.again(own[n], dates, today)
        return tuple(own)


NONE_SAID = StatementsPart((), ())
_Row = tuple[Remembered[StatementPart | NotSaid], ...]
_Rows = tuple[tuple[_Row, ...], ...]
"""What remembers statements by what they say of a programme, as in `SAID`, and then by edition."""


@dataclass(eq=False)
class ProgrammeCore(AnswerPart):
    """Eligibility for a programme without its statements and days.

    ``rows`` are what remembers these statements, and ``statements`` all of them together.
    """

    found: ProgrammeResult
    decision: DecisionResult
    facts: DecidedFacts
    shares: tuple[Share, ...]
    rows: _Rows
    statements: Together[tuple[StatementsPart, ...]]


@dataclass(eq=False)
class ProgrammePart(AnswerPart):
    """Eligibility for a programme but for the eligible days, which a record adds."""

    core: ProgrammeCore
    benefits: StatementsPart
    limits: StatementsPart
    steps: StatementsPart

    @cached_property
    def found(self) -> ProgrammeResult:
        """The eligibility, with the days of some record."""
        return self._with(self.benefits.found, self.limits.found, self.steps.found)

    @cached_property
    def settled(self) -> StatementsPart:
        """The statements that dates and facts are taken from: none unless the patient is eligible."""
        if not self.found.settled:
            return NONE_SAID
        ones = (*self.benefits.ones, *self.limits.ones, *self.steps.ones)
        by_name = {s.statement.iri: one for s, one in zip(self.found.shown, ones, strict=True)}
        return StatementsPart(self.found.settled, tuple(by_name.values()))

    @cached_property
    def to_ask(self) -> frozenset[str]:
        """The fields that its steps, and once it is certain all of it, wait for."""
        return self.settled.open | self.steps.open | frozenset(self.core.found.result.missing)

    @cached_property
    def dated(self) -> bool:
        """Whether any of its statements has days."""
        return bool(self.benefits.dated or self.limits.dated or self.steps.dated)

    def at(self, run: Run, days: EligibleDays) -> ProgrammeResult:
        """Return the eligibility with the days of a record."""
        if not self.dated:
            return self._with(self.benefits.found, self.limits.found, self.steps.found, days)
        return self._with(self.benefits.at(run), self.limits.at(run), self.steps.at(run), days)

    def _with(
        self,
        benefits: tuple[StatementResult, ...],
        limits: tuple[StatementResult, ...],
        steps: tuple[StatementResult, ...],
        days: EligibleDays = NEVER,
    ) -> ProgrammeResult:
        core = self.core.found
        return ProgrammeResult(
            programme=core.programme,
            editions=core.editions,
            result=core.result,
            criteria=core.criteria,
            benefits=benefits,
            limits=limits,
            steps=steps,
            assessed=core.assessed,
            scope_open=core.scope_open,
            days=days,
        )


@dataclass(eq=False)
class CautionsPart(AnswerPart):
    """What is pointed out, and the readings of why where that was asked for, by the IRI of each."""

    found: tuple[Caution, ...]
    why: Mapping[str, PartReading]


@dataclass(eq=False)
class WarningsPart(AnswerPart):
    """What is pointed out, and why, where that was asked for."""

    found: tuple[Caution, ...]
    why: Mapping[str, tuple[Reason, ...]]


class Parts:
    """The parts of the answers of one assessor."""

    def __init__(self, assessor: Assessor) -> None:
        self._a = assessor
        self._g = assessor.guideline
        self.remembered: dict[Hashable, Remembered[Any]] = {}
        self._in_boxes: dict[tuple[str, bool], Together[StatementsPart]] = {}
        """The statements of each box, or of an option, by its IRI."""
        self._of_programmes: dict[Hashable, Together[tuple[StatementsPart, ...]]] = {}
        self._said: BoundedMemory[Hashable, StatementsPart] = BoundedMemory(assessor.memories, _SIZES["statements"])
        self._whole: BoundedMemory[Hashable, ProgrammePart] = BoundedMemory(assessor.memories, _SIZES["whole"])
        self._warned: BoundedMemory[Hashable, WarningsPart] = BoundedMemory(assessor.memories, _SIZES["warnings"])
        self.programme_read = ReadingsMade(self._read_programme)
        self._ended_read = ReadingsMade(self._read_ended)
        self.places = {box.iri: number for number, box in enumerate(assessor.boxes)}
        """The order of boxes, by their IRIs."""
        self._boxes_of: dict[str, list[Box]] = {}
        for box in assessor.boxes:
            self._boxes_of.setdefault(self._g.shown_with(box)[0].iri, []).append(box)
        self._editions = [e for p in self._g.programmes.values() for e in p.editions]
        self._numbers = {e.iri: number for number, e in enumerate(self._editions)}
        self.order = {name: asking_order(self._g, name) for name in self._g.fields}
        """By what fields are sorted to be asked for."""

    def _remembered(self, key: Hashable, make: Any, kind: str, first: PartReading | None = None) -> Remembered[Any]:
        found = self.remembered.get(key)
        if found is None:
            found = self.remembered.setdefault(key, Remembered(make, self._a.memories, _SIZES[kind], first))
        return found

    def decision(self, run: Run, decision: Decision) -> DecisionPart:
        """Return a decision of the guideline's own."""
        key = "decision", decision.iri, run.explain, run.because
        known = self.remembered.get(key) or self._remembered(
            key, partial(self._decision, decision=decision), "decision", self._a.readable.outcome[decision.iri]
        )
        found: DecisionPart = known.of(run)
        return found

    def _decision(self, run: Run, decision: Decision) -> DecisionPart:
        shown = tuple(box for box in self._boxes_of.get(decision.iri, ()) if run.shows(box, None))
        found = run.decision(decision)
        noticed = tuple(o.iri for o in decision.options if o.id in found.result.answers and o.iri in self._g.notices)
        return DecisionPart(found, shown, noticed, decided_facts(found, run.in_force))

    def statements(self, run: Run, name: str, statements: tuple[Statement, ...]) -> StatementsPart:
        """Return the statements of a box, or of an option, by its IRI."""
        key = name, run.explain
        known = self._in_boxes.get(key)
        if known is None:
            members = tuple([self._one(statement, None, run.explain) for statement in statements])
            made = Together(members, partial(self._in_box, name), self._a.memories)
            known = self._in_boxes.setdefault(key, made)
        return known.of(run)

    def _in_box(self, name: str, found: Iterable[StatementPart | NotSaid]) -> StatementsPart:
        ones = _there(found)
        known = self._said.get((name, ones))
        return known or self._said.put((name, ones), StatementsPart(tuple([one.found for one in ones]), ones))

    def _one(self, statement: Statement, own: int | None, explain: bool) -> Remembered[StatementPart | NotSaid]:
        key = "statement", statement.iri, own, explain
        return self.remembered.get(key) or self._remembered(key, lambda run: _one(run, statement, own), "statement")

    def programme(self, run: Run, programme: Programme, asked: bool) -> ProgrammePart:
        """Return the eligibility for a programme; ``asked``: for this one by name."""
        key = "programme", programme.iri, run.explain, run.because, asked
        known = self.remembered.get(key) or self._remembered(
            key,
            partial(self._core, programme=programme, asked=asked),
            "programme",
            self._a.readable.programme[programme.iri],
        )
        core: ProgrammeCore = known.of(run)
        benefits, limits, steps = core.statements.of(run)
        whole = core, benefits, limits, steps
        return self._whole.get(whole) or self._whole.put(whole, ProgrammePart(*whole))

    def _core(self, run: Run, programme: Programme, asked: bool) -> ProgrammeCore:
        own = run.programme_run(programme)
        found, shares = own.core(asked=asked)
        decision = own.decision_result(found.result)
        rows = tuple(
            tuple(tuple(self._one(s, share.in_force, run.explain) for s in share.said[which]) for share in shares)
            for which in SAID
        )
        together = self._together(shares, rows)
        return ProgrammeCore(found, decision, decided_facts(decision, run.in_force), shares, rows, together)

    def _together(self, shares: tuple[Share, ...], rows: _Rows) -> Together[tuple[StatementsPart, ...]]:
        """Return the statements that say something of a programme, which many cores share."""
        key = tuple([(s.edition and s.edition.iri, s.last) for s in shares]), rows
        known = self._of_programmes.get(key)
        if known is None:
            members = tuple([one for row in chain.from_iterable(rows) for one in row])
            made = Together(members, partial(self._of_programme, key, shares), self._a.memories)
            known = self._of_programmes.setdefault(key, made)
        return known

    def _of_programme(
        self, key: tuple[Hashable, _Rows], shares: tuple[Share, ...], found: Iterable[StatementPart | NotSaid]
    ) -> tuple[StatementsPart, ...]:
        each = iter(found)
        own = [tuple([_there(islice(each, len(row))) for row in rows]) for rows in key[1]]
        return tuple([self._said_of(which, key[0], shares, ones) for which, ones in zip(SAID, own, strict=True)])

    def _said_of(
        self, which: str, by: Hashable, shares: tuple[Share, ...], ones: tuple[tuple[StatementPart, ...], ...]
    ) -> StatementsPart:
        if not any(ones):
            return NONE_SAID
        key = which, by, ones
        found = self._said.get(key)
        if found is None:
            each = [*of_editions(shares, [[one.found for one in own] for own in ones])]
            own = tuple(ones[number][place] for _, (number, place) in each)
            found = self._said.put(key, StatementsPart(tuple(s for s, _ in each), own))
        return found

    def _read_programme(self, key: tuple[str, bool]) -> PartReading:
        """Return the reading of the part of a programme, asked by name or not, that other parts depend on."""
        programme, asked = key
        return PartReading(partial(self.programme, programme=self._g.programmes[programme], asked=asked))

    def _read_ended(self, key: tuple[str, bool]) -> PartReading:
        """Return the reading of what `superseded` returns of a programme, as numbers of editions."""
        whole = self.programme_read[key]

        def ended(run: Run) -> tuple[int, ...]:
            return tuple([self._numbers[e.iri] for e in superseded(run.readings[whole].core.found)])

        return PartReading(ended, of_part=True)

    def warnings(self, run: Run, programmes: tuple[str, ...], asked: bool) -> WarningsPart:
        """Return what is pointed out, beside some programmes."""
        key = "warnings", programmes, asked, run.explain
        known = self.remembered.get(key) or self._remembered(
            key, partial(self._cautions, programmes=programmes, asked=asked), "warnings", self._a.readable.holding
        )
        cautions: CautionsPart = known.of(run)
        why = tuple([run.readings[reading] for reading in cautions.why.values()])
        whole = cautions, why
        found = self._warned.get(whole)
        if found is None:
            reasons = {iri: own.reasons for iri, own in zip(cautions.why, why, strict=True)}
            found = self._warned.put(whole, WarningsPart(cautions.found, reasons))
        return found

    def _cautions(self, run: Run, programmes: tuple[str, ...], asked: bool) -> CautionsPart:
        ended = [number for name in programmes for number in run.read(self._ended_read[name, asked])]
        found = run.cautions([self._editions[number] for number in ended])
        return CautionsPart(found, {iri: self._a.readable.why[cls] for iri, cls in run.reasoned(found).items()})


def _one(run: Run, statement: Statement, own: int | None) -> StatementPart | NotSaid:
    for found in run.statements((statement,), own):
        dating = run.dating(statement, found.verdict, found.in_force)
        for limit, _ in dating.limits:
            run.knows(limit.counted_from)
            run.knows_assessment()
        facts = stated_facts(statement, run.verdict, run.in_force)
        return StatementPart(found, dating, facts, frozenset(run.open_fields((found,))))
    return NOT_SAID


def _there(found: Iterable[StatementPart | NotSaid]) -> tuple[StatementPart, ...]:
    """Return those of some statements that apply or may."""
    return tuple([one for one in found if isinstance(one, StatementPart)])
