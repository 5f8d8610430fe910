"""The parts of an assessment, as frozen data that knows no language and no format."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from lrp_kg.guideline.model import (
    DIFFERS,
    Box,
    Caution,
    Criterion,
    Decision,
    Edition,
    Field,
    Guideline,
    Mark,
    OpenPoint,
    Programme,
    Statement,
)
from lrp_kg.logic.classify import FALSE, OPEN, TRUE
from lrp_kg.logic.explain import Reason
from lrp_kg.logic.outcomes import DECIDED, NOT_APPLICABLE, UNDETERMINED, Outcome
from lrp_kg.logic.verdicts import together
from lrp_kg.record.model import Record

ELIGIBLE = "eligible"
EVERY = ""
"""In place of the edition of a statement that all editions which may apply have alike."""


def verdict_of(result: Outcome) -> str:
    """Return the verdict on a programme: eligible, not-eligible, undetermined, or not-applicable."""
    if result.status == DECIDED:
        return result.answers[0]
    return result.status if result.status == NOT_APPLICABLE else UNDETERMINED


@dataclass(frozen=True, slots=True)
class DecisionResult:
    """The outcome of a decision for a record; reasons only where they were asked for.

    ``decisive`` are those of its open points, by IRI, of which another reading gives another answer.
    """

    decision: Decision
    result: Outcome
    because: tuple[Reason, ...]
    why_not: Mapping[str, tuple[Reason, ...]]
    open_points: tuple[OpenPoint, ...]
    decisive: frozenset[str]


@dataclass(frozen=True, slots=True)
class Spread:
    """What a date rests on that is counted from an uncertain one.

    It is counted from ``day``, the first possible one of a field; counted from the last it would be the others.
    """

    counted_from: str
    day: date
    earliest: date | None
    latest: date | None


@dataclass(frozen=True, slots=True)
class MarkResult:
    """A mark of a statement on the day, and whether what marks it holds where the statement does, or may hold."""

    mark: Mark
    holds: int


class StatementResult(NamedTuple):
    """A statement that applies, or may: the ``verdict`` of its whole condition, and its dates.

    ``begins`` is the day on which its time comes, where that is known; ``status`` is None where it has no date, and
    ``begun`` is whether its time has certainly come. ``called_by`` is the warning that calls for it; of a limit that
    can be reached ``reached`` is whether it is. ``in_force`` is false only of what has ended and is shown as printed;
    ``until`` is the last day, of the statement or of its edition. ``edition`` is the identifier of the edition that has
    it, while it is unknown which one applies, or ``EVERY``. ``because`` is why its condition holds or may, where that
    was asked for.
    ``marks`` are what rules of that day and open points say of it.
    """

    statement: Statement
    verdict: int
    earliest: date | None
    latest: date | None
    begins: date | None
    status: str | None
    spread: Spread | None = None
    called_by: Caution | None = None
    reached: int | None = None
    begun: bool = False
    in_force: int = TRUE
    until: date | None = None
    edition: str | None = None
    because: tuple[Reason, ...] = ()
    marks: tuple[MarkResult, ...] = ()

    @property
    def contradicted(self) -> bool:
        """Return whether a rule of that day says otherwise, or may."""
        return any(m.mark.stance == DIFFERS for m in self.marks)

    @property
    def only_named(self) -> bool:
        """Return whether it is only named in an answer: law that may hold, once more is known, and that has no day."""
        return not self.statement.printed and self.verdict == OPEN and not (self.earliest or self.latest)

    @property
    def limit_reached(self) -> str:
        """Return whether a limit is reached: yes, no, or unknown, also where no field could say so."""
        return {TRUE: "yes", FALSE: "no"}.get(OPEN if self.reached is None else self.reached, "unknown")


FactValue = str | int | bool | date | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FactResult:
    """A fact: whether it ``applies`` (yes, later, unknown), from which day if later, and which statements say it.

    Where they disagree there is no value; ``alternatives`` are the values, each with its statements.
    """

    value: FactValue | None
    applies: str
    since: date | None
    statements: tuple[str, ...]
    alternatives: tuple[tuple[FactValue | None, tuple[str, ...]], ...] = ()
    spread: Spread | None = None
    in_force: int = TRUE


@dataclass(frozen=True, slots=True)
class CriterionResult:
    """A criterion and whether it is met."""

    criterion: Criterion
    verdict: int
    because: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class EligibleDays:
    """A run of days on which a patient is eligible if the programme is asked for then; ``None`` where it has no end.

    ``extent`` is known, open-ended, unknown (a field that is not known could move the run), or never (there is none).
    ``outdated`` is the first day of the run that counts by rules that have ended.
    """

    first: date | None
    last: date | None
    extent: str
    outdated: date | None = None


@dataclass(frozen=True, slots=True)
class EditionResult:
    """The verdict by one edition as if it applied; ``last`` is the last day of its rules, ``outdated`` whether past.

    ``ended`` is whether it would be past if the edition applied.
    """

    edition: Edition
    applies: int
    outdated: int
    ended: int
    last: date | None
    result: Outcome
    criteria: tuple[CriterionResult, ...]

    @property
    def verdict(self) -> str:
        """Return the verdict, in the words of a programme's."""
        return verdict_of(self.result)


@dataclass(frozen=True, slots=True)
class ProgrammeResult:
    """Eligibility for a programme; criteria are one for each role over the editions that may apply.

    It is ``assessed`` unless nothing that only it asks about is known; then nothing is said of its limits and steps.
    While its scope is open (``scope_open``) it is not certain that the programme is for the patient at all.
    """

    programme: Programme
    editions: tuple[EditionResult, ...]
    result: Outcome
    criteria: tuple[CriterionResult, ...]
    benefits: tuple[StatementResult, ...]
    limits: tuple[StatementResult, ...]
    steps: tuple[StatementResult, ...]
    assessed: bool
    scope_open: bool
    days: EligibleDays

    @property
    def applying(self) -> tuple[EditionResult, ...]:
        """The editions that apply or may, the oldest first."""
        return tuple(e for e in self.editions if e.applies != FALSE)

    @property
    def edition(self) -> Edition | None:
        """The edition that applies; ``None`` while several may."""
        return self.applying[0].edition if len(self.applying) == 1 else None

    @property
    def decision(self) -> str:
        """The generated decision whose options are the answers: that of the newest edition that may apply."""
        return self.applying[-1].edition.decision

    @property
    def outdated(self) -> int:
        """Whether the rules by which the verdict is given have ended."""
        return together(e.ended for e in self.applying)

    @property
    def until(self) -> date | None:
        """The last day of the rules by which the verdict is given, where it has passed or may have."""
        return max((e.last for e in self.applying if e.ended != FALSE and e.last), default=None)

    @property
    def verdict(self) -> str:
        """Return eligible, not-eligible, undetermined, or not-applicable outside the scope."""
        return verdict_of(self.result)

    @property
    def settled(self) -> tuple[StatementResult, ...]:
        """Return the statements that dates and facts are taken from: none unless the patient is eligible."""
        return tuple({s.statement.iri: s for s in self.shown}.values()) if self.verdict == ELIGIBLE else ()

    @property
    def shown(self) -> tuple[StatementResult, ...]:
        """Return everything that is said of the programme."""
        return self.benefits + self.limits + self.steps


@dataclass(frozen=True, slots=True)
class AskedField:
    """A field to ask for, by IRI, and the identifiers of the decisions that miss it; ``partial``: bounds are known."""

    field: str
    decides: tuple[str, ...]
    partial: bool = False


@dataclass(frozen=True, slots=True)
class LaterChange:
    """The status and answers that a decision has from a day on."""

    day: date
    decision: str
    status: str
    answers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LaterChanges:
    """What changes on later days, in order; ``None`` where an unknown date leaves that open."""

    found: tuple[LaterChange, ...] | None


@dataclass(frozen=True, slots=True)
class Interval:
    """Numbers or days from the first to the last; ``None`` where only the rules of a valid record end it."""

    first: int | date | None
    last: int | date | None


WithValue = str | bool | tuple[str, ...] | Interval
"""A value by its IRI, a truth value, the identifiers of a list, or numbers or days."""


@dataclass(frozen=True, slots=True)
class Alternative:
    """Another value, or values, of one field, and the outcomes by identifier that differ with it."""

    field: Field
    to: WithValue
    outcomes: Mapping[str, Outcome]


@dataclass(frozen=True, slots=True)
class Alternatives:
    """What would change decisions, the most relevant first, and how many more were left out."""

    found: tuple[Alternative, ...]
    more: int


@dataclass(frozen=True, slots=True)
class Assessment:
    """The answer to one record; ``changes`` and ``what_if`` where they were asked for.

    ``why_warnings`` are the reasons of warnings, by their IRI, where they were asked for.
    """

    guideline: Guideline
    record: Record
    decisions: Mapping[str, DecisionResult]
    programmes: Mapping[str, ProgrammeResult]
    boxes: tuple[tuple[Box, tuple[StatementResult, ...]], ...]
    notices: tuple[StatementResult, ...]
    facts: Mapping[str, FactResult]
    dated: tuple[StatementResult, ...]
    notes: Mapping[str, OpenPoint]
    warnings: tuple[Caution, ...]
    why_warnings: Mapping[str, tuple[Reason, ...]]
    missing: tuple[str, ...]
    questions: tuple[AskedField, ...]
    changes: LaterChanges | None = None
    what_if: Alternatives | None = None

    @property
    def shown(self) -> Iterator[StatementResult]:
        """Yield every statement that the answer shows: in boxes, as notices, and of programmes."""
        for _, statements in self.boxes:
            yield from statements
        yield from self.notices
        for programme in self.programmes.values():
            yield from programme.shown

    @property
    def said(self) -> Iterator[StatementResult]:
        """Yield every statement that the answer says in full: all but those of boxes that it only names."""
        yield from (s for _, statements in self.boxes for s in statements if not s.only_named)
        yield from self.notices
        for programme in self.programmes.values():
            yield from programme.shown

    @property
    def next_question(self) -> str | None:
        """Return the field to ask for next, if there is one."""
        return self.questions[0].field if self.questions else None
