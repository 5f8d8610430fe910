"""From verdicts to the status of a decision: a pure function in the words of DMN."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import NamedTuple

from lrp_kg.guideline.model import Decision
from lrp_kg.logic.classify import FALSE, OPEN, TRUE

DECIDED, SEVERAL, UNDETERMINED = "decided", "several", "undetermined"
NO_ANSWER, NOT_APPLICABLE = "no-answer", "not-applicable"
STATUSES = (DECIDED, SEVERAL, UNDETERMINED, NO_ANSWER, NOT_APPLICABLE)
"""Every status, in the order in which they are listed."""


class Outcome(NamedTuple):
    """The status of a decision and the identifiers of its answers, which are certain whatever the status.

    While it is undetermined, ``possible`` are further options that may become answers, and ``missing`` are IRIs of
    input fields, in the order of questions. ``holding`` are further classes that hold, where an analysis asks for them.
    """

    status: str
    answers: tuple[str, ...] = ()
    possible: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    holding: tuple[str, ...] = ()


class AnswersFound(NamedTuple):
    """The identifiers of the certain answers of a decision, and of further possible ones, whatever else is of it."""

    answers: tuple[str, ...]
    possible: tuple[str, ...]


def outcome_of(
    decision: Decision, verdict: Callable[[str], int], refined: Callable[[str], Outcome] | None = None
) -> Outcome:
    """Return the outcome of a decision from the verdicts of classes (0 false, 1 true, 2 unknown).

    ``refined`` gives the outcome of another decision, for an option that another decision refines.
    """
    scope = verdict(decision.scope)
    if scope == FALSE:
        return Outcome(NOT_APPLICABLE)
    if scope == OPEN:
        return Outcome(UNDETERMINED)
    verdicts = [verdict(option.applies_to) for option in decision.options]
    if decision.policy == "First":
        for option, found in zip(decision.options, verdicts, strict=True):
            if found == TRUE:
                return Outcome(DECIDED, (option.id,))
            if found == OPEN:
                return Outcome(UNDETERMINED)
        return Outcome(NO_ANSWER)
    holding = [o for o, v in zip(decision.options, verdicts, strict=True) if v == TRUE]
    inner = {o.id: refined(o.refined_by) for o in holding if o.refined_by and refined}
    answers = tuple(o.id for o in holding if o.id not in inner or _settled(inner[o.id]))
    if OPEN in verdicts:
        return Outcome(UNDETERMINED, answers)
    if decision.policy == "Collect":
        return Outcome(DECIDED, answers)
    if not holding:
        return Outcome(NO_ANSWER)
    if len(holding) > 1:
        return Outcome(SEVERAL, answers)
    return Outcome(DECIDED, answers) if answers else Outcome(inner[holding[0].id].status)


def _settled(inner: Outcome) -> bool:
    """Return whether an option that another decision refines holds: as soon as that one has an answer."""
    return bool(inner.answers) or inner.status == DECIDED


def merged(outcomes: Collection[Outcome], options: Sequence[str], missing: tuple[str, ...]) -> Outcome:
    """Return what is certain where one of several outcomes is right: the one there is, else undetermined.

    ``options`` are all answers in their order, ``missing`` the fields that make a difference.
    """
    if len(outcomes) == 1:
        (only,) = outcomes
        if only.status != UNDETERMINED:
            return only
    certain = set.intersection(*(set(o.answers) for o in outcomes))
    found = {answer for o in outcomes for answer in (*o.answers, *o.possible)}
    ever = [answer for answer in options if answer in found]
    return Outcome(
        UNDETERMINED,
        tuple(a for a in ever if a in certain),
        tuple(a for a in ever if a not in certain),
        missing,
    )
