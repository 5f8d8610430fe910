"""Facts: keys and values for programs, with when they apply and which statements give them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from typing import NamedTuple

from lrp_kg.answer.results import DecisionResult, FactResult, FactValue, Spread, StatementResult
from lrp_kg.guideline.model import Fact, Statement
from lrp_kg.guideline.validity import Validity
from lrp_kg.logic.classify import FALSE, OPEN, TRUE
from lrp_kg.logic.outcomes import DECIDED
from lrp_kg.logic.verdicts import both, together

YES, LATER, UNKNOWN = "yes", "later", "unknown"
_ORDER = (YES, LATER, UNKNOWN)


class _Claim(NamedTuple):
    """What one statement says of a key; no value where it is a date that is unknown."""

    value: FactValue | None
    applies: str
    since: date | None
    statement: str | None
    spread: Spread | None = None
    in_force: int = TRUE


class StatedFact(NamedTuple):
    """A fact of a statement, the verdict of its condition, and whether it is in force."""

    fact: Fact
    verdict: int
    in_force: int


class DecidedFacts(NamedTuple):
    """What a decision says: of keys that statements give too, and of its ``own`` key, of which nothing else counts."""

    claims: tuple[tuple[str, _Claim], ...]
    own: tuple[str, _Claim] | None


def stated_facts(
    statement: Statement, verdict_of: Callable[[str | None], int], in_force: Callable[[Validity | None], int]
) -> tuple[StatedFact, ...]:
    """Return the facts of a statement, whatever the days of the record."""
    return tuple(StatedFact(f, verdict_of(f.condition), in_force(f.validity)) for f in statement.facts)


def decided_facts(found: DecisionResult, in_force: Callable[[Validity | None], int]) -> DecidedFacts:
    """Return the facts of a decision."""
    chosen = [option for option in found.decision.options if option.id in found.result.answers]
    claims = tuple(
        (fact.key, _Claim(fact.value, YES, None, None))
        for option in chosen
        for fact in option.facts
        if fact.value is not None and in_force(fact.validity) == TRUE
    )
    key = found.decision.fact_key
    if key is None or found.result.status != DECIDED:
        return DecidedFacts(claims, None)
    return DecidedFacts(claims, (key, _Claim(found.result.answers, YES, None, None)))


def facts_of(
    statements: Iterable[StatementResult],
    decisions: Iterable[DecisionResult],
    verdict_of: Callable[[str | None], int],
    in_force: Callable[[Validity | None], int],
) -> dict[str, FactResult]:
    """Collect the facts of statements that are shown, and of decisions; a key whose date is unknown is absent.

    A fact that has ended is there where its statement is printed; any other only where it is or may be in force.
    """
    stated = ((s, stated_facts(s.statement, verdict_of, in_force)) for s in statements)
    return merged_facts(stated, (decided_facts(d, in_force) for d in decisions))


def merged_facts(
    stated: Iterable[tuple[StatementResult, Iterable[StatedFact]]], decided: Iterable[DecidedFacts]
) -> dict[str, FactResult]:
    """Collect the facts of statements and decisions that were worked out before; see `facts_of`."""
    claims: dict[str, list[_Claim]] = {}
    for s, facts in stated:
        for fact, verdict, own in facts:
            claim = _claim(fact, s, verdict, own)
            if claim and (claim.in_force != FALSE or s.statement.printed):
                claims.setdefault(fact.key, []).append(claim)
    for d in decided:
        for key, claim in d.claims:
            claims.setdefault(key, []).append(claim)
        if d.own:
            claims[d.own[0]] = [d.own[1]]
    return {key: _merged(found) for key, found in claims.items() if all(c.value is not None for c in found)}


def _claim(fact: Fact, s: StatementResult, verdict: int, own: int) -> _Claim | None:
    if verdict == FALSE:
        return None
    force = both(own, s.in_force)
    if force == OPEN and not s.statement.printed:
        verdict = OPEN
    value, spread = (s.latest, s.spread) if fact.value is None else (fact.value, None)
    if s.verdict != TRUE or verdict != TRUE:
        return _Claim(value, UNKNOWN, None, s.statement.id, spread, force)
    # a fact that is a date is true at once, one about something that begins later is not
    waits = fact.value is not None and any(limit.waits for limit in s.statement.limits) and not s.begun
    return _Claim(value, LATER if waits else YES, s.begins if waits else None, s.statement.id, spread, force)


def _merged(claims: list[_Claim]) -> FactResult:
    """Return what statements say together; one that may apply and says something else leaves open what applies."""
    if len(claims) == 1:
        value, when, since, statement, spread, force = claims[0]
        return FactResult(value, when, since, (statement,) if statement else (), spread=spread, in_force=force)
    by_value: dict[FactValue | None, list[_Claim]] = {}
    for claim in claims:
        by_value.setdefault(claim.value, []).append(claim)
    groups = [(value, _when(found), _names(found)) for value, found in by_value.items()]
    applies = UNKNOWN if any(when == UNKNOWN for _, when, _ in groups) else _when(claims)
    later = [c.since for c in claims if c.applies == LATER] if applies == LATER else []
    since = None if None in later else min((day for day in later if day), default=None)
    force = together(c.in_force for c in claims)
    if len(groups) == 1:
        spread = next((c.spread for c in claims if c.spread), None)
        return FactResult(groups[0][0], applies, since, groups[0][2], spread=spread, in_force=force)
    alternatives = tuple((value, names) for value, _, names in groups)
    return FactResult(None, applies, since, _names(claims), alternatives, in_force=force)


def _when(claims: list[_Claim]) -> str:
    return min((c.applies for c in claims), key=_ORDER.index)


def _names(claims: list[_Claim]) -> tuple[str, ...]:
    return tuple(c.statement for c in claims if c.statement)
