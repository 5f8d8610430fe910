"""Facts: keys and values for programs, with when they apply and which statements give them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import date

from lrp_kg.answer.results import DecisionResult, FactResult, FactValue, Spread, StatementResult
from lrp_kg.answer.statements import REACHED
from lrp_kg.guideline.model import Fact
from lrp_kg.logic.classify import FALSE, TRUE
from lrp_kg.logic.outcomes import DECIDED

YES, LATER, UNKNOWN = "yes", "later", "unknown"
_ORDER = (YES, LATER, UNKNOWN)


@dataclass(frozen=True, slots=True)
class _Claim:
    """What one statement says of a key; no value where it is a date that is unknown."""

    value: FactValue | None
    applies: str
    since: date | None
    statement: str | None
    spread: Spread | None = None


def facts_of(
    statements: Iterable[StatementResult],
    decisions: Collection[DecisionResult],
    verdict_of: Callable[[str | None], int],
) -> dict[str, FactResult]:
    """Collect the facts of statements that are shown, and of decisions; a key whose date is unknown is absent."""
    claims: dict[str, list[_Claim]] = {}
    for s in statements:
        for fact in s.statement.facts:
            claim = _claim(fact, s, verdict_of(fact.condition))
            if claim:
                claims.setdefault(fact.key, []).append(claim)
    for d in decisions:
        for option in d.decision.options:
            if option.id in d.result.answers:
                for fact in option.facts:
                    if fact.value is not None:
                        claims.setdefault(fact.key, []).append(_Claim(fact.value, YES, None, None))
        if d.decision.fact_key and d.result.status == DECIDED:
            claims[d.decision.fact_key] = [_Claim(d.result.answers, YES, None, None)]
    return {key: _merged(found) for key, found in claims.items() if all(c.value is not None for c in found)}


def _claim(fact: Fact, s: StatementResult, verdict: int) -> _Claim | None:
    if verdict == FALSE:
        return None
    value, spread = (s.latest, s.spread) if fact.value is None else (fact.value, None)
    if s.verdict != TRUE or verdict != TRUE:
        return _Claim(value, UNKNOWN, None, s.statement.id, spread)
    # a fact that is a date is true at once, one about something that begins later is not
    waits = fact.value is not None and any(limit.waits for limit in s.statement.limits) and s.status not in REACHED
    return _Claim(value, LATER if waits else YES, s.begins if waits else None, s.statement.id, spread)


def _merged(claims: list[_Claim]) -> FactResult:
    """Return what statements say together; one that may apply and says something else leaves open what applies."""
    by_value: dict[FactValue | None, list[_Claim]] = {}
    for claim in claims:
        by_value.setdefault(claim.value, []).append(claim)
    groups = [(value, _when(found), _names(found)) for value, found in by_value.items()]
    applies = UNKNOWN if any(when == UNKNOWN for _, when, _ in groups) else _when(claims)
    later = [c.since for c in claims if c.applies == LATER] if applies == LATER else []
    since = None if None in later else min((day for day in later if day), default=None)
    if len(groups) == 1:
        spread = next((c.spread for c in claims if c.spread), None)
        return FactResult(groups[0][0], applies, since, groups[0][2], spread=spread)
    return FactResult(None, applies, since, _names(claims), tuple((value, names) for value, _, names in groups))


def _when(claims: list[_Claim]) -> str:
    return min((c.applies for c in claims), key=_ORDER.index)


def _names(claims: list[_Claim]) -> tuple[str, ...]:
    return tuple(c.statement for c in claims if c.statement)
