"""Eligibility for a programme: by its edition, or by all that could be chosen while the day that chooses is unknown."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

from lrp_kg.answer.day_runs import NEVER
from lrp_kg.answer.missing import asking_order
from lrp_kg.answer.results import (
    ELIGIBLE,
    EVERY,
    CriterionResult,
    DecisionResult,
    EditionResult,
    ProgrammeResult,
    StatementResult,
)
from lrp_kg.guideline.model import Edition, Guideline, Programme, Statement
from lrp_kg.logic.calendar import ALWAYS, DateRanges
from lrp_kg.logic.classify import FALSE, OPEN, TRUE
from lrp_kg.logic.decide import Completions
from lrp_kg.logic.editions import Candidate, candidates, states
from lrp_kg.logic.outcomes import DECIDED, NOT_APPLICABLE, UNDETERMINED, Outcome, merged
from lrp_kg.logic.verdicts import together

if TYPE_CHECKING:
    from lrp_kg.answer.run import Run


SAID = ("benefits", "limits", "steps")
"""What the statements of a programme say of it: the fields of a `ProgrammeResult`."""


def of_several(
    guideline: Guideline, programme: Programme, options: Sequence[str], parts: Sequence[Completions]
) -> Outcome:
    """Return what all editions that could be chosen have in common; ``parts`` are what each of them can come to."""
    missing = {name for part in parts for name in part.missing}
    outcomes = frozenset().union(*(part.outcomes for part in parts))
    field = guideline.choosing_field(programme)
    if field and len({part.functions for part in parts}) > 1:
        missing.add(field)
    return merged(outcomes, tuple(options), tuple(sorted(missing, key=lambda name: asking_order(guideline, name))))


def superseded(result: ProgrammeResult) -> tuple[Edition, ...]:
    """Return the editions that say what to point out where the verdict is by rules that have certainly ended."""
    if result.result.status != DECIDED or result.outdated != TRUE:
        return ()
    return tuple(e.edition for e in result.applying if e.edition.superseded)


class Share(NamedTuple):
    """The statements of an edition, by what they say of a programme; ``in_force`` where not their own days say so.

    ``edition`` is there while several may apply, and ``last`` is the last day of its rules.
    """

    edition: Edition | None
    in_force: int | None
    last: date | None
    said: Mapping[str, tuple[Statement, ...]]


def of_editions(
    shares: Sequence[Share], found: Sequence[Sequence[StatementResult]]
) -> Iterator[tuple[StatementResult, tuple[int, int]]]:
    """Yield statements of editions that may apply: once where all of them say the same of it, else with its edition.

    What is said of a statement follows from whether it is in force, and until when; the days in what was ``found`` can
    be those of several records. With each is the place of its share, and its place in what was found of that.
    """
    by_name: dict[str, list[tuple[StatementResult, tuple[int, int]]]] = {}
    for number, (share, statements) in enumerate(zip(shares, found, strict=True)):
        for place, s in enumerate(statements):
            until = s.until or (share.last if s.in_force != TRUE else None)
            own = s._replace(until=until, edition=share.edition.id if share.edition else None)
            by_name.setdefault(s.statement.iri, []).append((own, (number, place)))
    for results in by_name.values():
        first, where = results[0]
        shared = len(results) == len(shares) > 1
        if shared and all((r.in_force, r.until) == (first.in_force, first.until) for r, _ in results):
            yield first._replace(edition=EVERY), where
        else:
            yield from results


class ProgrammeRun:
    """The work on one programme for one record."""

    def __init__(self, run: Run, programme: Programme) -> None:
        self.run = run
        self.programme = programme
        self.field = run.g.choosing_field(programme)
        self.candidates = candidates(programme, run.bounds(self.field) if self.field else ALWAYS)
        self.chosen = tuple(c for c in self.candidates if c.applies != FALSE)
        self._open = len(self.chosen) > 1
        self._completed: dict[str, Completions] = {}

    @property
    def decision(self) -> str:
        """The generated decision whose options are the answers: that of the newest edition that may apply."""
        return self.chosen[-1].edition.decision

    def window(self, candidate: Candidate) -> DateRanges:
        """Return the bounds of uncertain dates, with the days on which an edition would be chosen."""
        return {**self.run.record.ranges, self.field or "": candidate.days}

    def of(self, candidate: Candidate) -> Outcome:
        """Return the outcome by an edition as if it applied, over the days on which it would be chosen."""
        if not self._open or candidate.applies == FALSE:
            return self.run.result(candidate.edition.decision)
        found = self._completions(candidate)
        return merged(found.outcomes, self._options, found.missing)

    def outcome(self) -> Outcome:
        """Return the outcome: what all editions that could be chosen have in common."""
        if not self._open:
            return self.of(self.chosen[0])
        parts = [self._completions(c) for c in self.chosen]
        return of_several(self.run.g, self.programme, self._options, parts)

    def key(self) -> Hashable:
        """Return what the eligibility depends on beside the signature and which dates are known."""
        if not self._open:
            return states(self.candidates)
        run = self.run
        return states(self.candidates), tuple(
            run.a.date_key(c.edition.decision, run.record, run.signature, self.window(c)) for c in self.chosen
        )

    def read(self) -> Hashable:
        """Return all of the editions and of the outcomes by them that the eligibility depends on."""
        return states(self.candidates), self.outcome(), tuple(map(self.of, self.candidates))

    def result(self, *, asked: bool = False) -> ProgrammeResult:
        """Return the eligibility; ``asked``: for this programme by name, so what belongs to it is shown anyhow."""
        core, shares = self.core(asked=asked)
        benefits, limits, steps = (
            tuple(
                found
                for found, _ in of_editions(shares, [self.run.statements(s.said[which], s.in_force) for s in shares])
            )
            for which in SAID
        )
        return replace(core, benefits=benefits, limits=limits, steps=steps, days=self.run.days(self.programme))

    def core(self, *, asked: bool) -> tuple[ProgrammeResult, tuple[Share, ...]]:
        """Return the eligibility without its days and statements, and which statements each edition has a share of."""
        if self.run.noted is not None:
            self.run.noted.add(self.run.a.readable.programme[self.programme.iri])
        result = self.outcome()
        editions = tuple(self._edition(c) for c in self.candidates)
        applying = tuple(e for e in editions if e.applies != FALSE)
        eligible = result.status == DECIDED and result.answers == (ELIGIBLE,)
        perhaps = eligible or result.status == UNDETERMINED
        in_scope = result.status != NOT_APPLICABLE
        scope_open = result.status == UNDETERMINED and self.run.verdict(self._scope) == OPEN
        attainable = {e.edition.id for e in applying if ELIGIBLE in (*e.result.answers, *e.result.possible)}
        assessed = asked or result.status != UNDETERMINED or self.run.touches(self.programme, applying)
        found = ProgrammeResult(
            programme=self.programme,
            editions=editions,
            result=result,
            criteria=tuple(_by_role(applying)),
            benefits=(),
            limits=(),
            steps=(),
            assessed=assessed,
            scope_open=scope_open,
            days=NEVER,
        )
        shares = []
        for c in self.chosen:
            steps = (s for s in c.edition.steps if assessed and (perhaps or (s.any_verdict and in_scope)))
            said = (
                c.edition.benefits if eligible else (),
                c.edition.limits if assessed and c.edition.id in attainable else (),
                tuple(steps),
            )
            ended = {FALSE: None, TRUE: FALSE}.get(c.ended, OPEN)
            shares.append(Share(c.edition if self._open else None, ended, c.last, dict(zip(SAID, said, strict=True))))
        return found, tuple(shares)

    def decision_result(self, result: Outcome) -> DecisionResult:
        """Return the outcome with the reasons and open points of every edition that may apply."""
        g = self.run.g
        parts = [self.run.decision(g.decisions[c.edition.decision], result) for c in reversed(self.chosen)]
        because = {r.condition.iri: r for part in reversed(parts) for r in part.because}
        why_not = {
            o: {r.condition.iri: r for p in reversed(parts) for r in p.why_not.get(o, ())} for o in self._options
        }
        points = {point.iri: point for part in reversed(parts) for point in part.open_points}
        return replace(
            parts[0],
            because=tuple(because.values()),
            why_not={o: tuple(found.values()) for o, found in why_not.items() if o in parts[0].why_not},
            open_points=tuple(points.values()),
            decisive=frozenset().union(*(part.decisive for part in parts)),
        )

    # -- parts ------------------------------------------------------------------------------------

    @property
    def _scope(self) -> str:
        return self.run.g.decisions[self.decision].scope

    @property
    def _options(self) -> tuple[str, ...]:
        return tuple(o.id for o in self.run.g.decisions[self.decision].options)

    def _completions(self, candidate: Candidate) -> Completions:
        name = candidate.edition.iri
        known = self._completed.get(name)
        if known is None:
            known = self.run.completions(candidate.edition.decision, self.window(candidate))
            self._completed[name] = known
        return known

    def _edition(self, candidate: Candidate) -> EditionResult:
        run, result = self.run, self.of(candidate)
        explained = run.explain or not run.because
        return EditionResult(
            edition=candidate.edition,
            applies=candidate.applies,
            outdated=candidate.passed,
            ended=candidate.ended,
            last=candidate.last,
            result=result,
            criteria=tuple(
                CriterionResult(c, run.verdict(c.applies_to), run.why(c.applies_to) if explained else ())
                for c in candidate.edition.criteria
            ),
        )


def _by_role(editions: Iterable[EditionResult]) -> Iterator[CriterionResult]:
    """Yield the criteria, one for each role: met or not met where all editions have it and agree, else unknown."""
    newest_first = tuple(editions)[::-1]
    for role in dict.fromkeys(c.criterion.id for e in newest_first for c in e.criteria):
        own = [c for e in newest_first for c in e.criteria if c.criterion.id == role]
        verdict = together(c.verdict for c in own) if len(own) == len(newest_first) else OPEN
        because = {r.condition.iri: r for c in own for r in c.because}
        yield CriterionResult(own[0].criterion, verdict, tuple(because.values()))
