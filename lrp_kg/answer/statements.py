"""The dates of statements, and the facts that statements and decided options state."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from datetime import date

from lrp_kg.answer.results import DecisionResult, Spread, StatementResult
from lrp_kg.durations import add_period
from lrp_kg.guideline.model import Guideline, Statement
from lrp_kg.logic.classify import FALSE, OPEN, TRUE
from lrp_kg.logic.outcomes import DECIDED, SEVERAL
from lrp_kg.record.model import Record


def dated(
    statement: Statement,
    verdict: int,
    verdict_of: Callable[[str | None], int],
    record: Record,
    today: date | None,
) -> StatementResult:
    """Return a statement whose condition has a verdict with its dates; ``today`` is the day of the assessment.

    What is counted from an uncertain date has the dates that are counted from its first possible day, the safe ones,
    and beside them those that are counted from its last.
    """
    uncertain = sorted(record.ranges.keys() & {limit.counted_from for limit in statement.limits})
    if not uncertain:
        return _dated(statement, verdict, verdict_of, record.dates, today)
    first, last = (
        _dated(statement, verdict, verdict_of, {**record.dates, **days}, today)
        for days in (
            {name: record.ranges[name].earliest for name in uncertain},
            {name: record.ranges[name].latest for name in uncertain},
        )
    )
    if (first.earliest, first.latest) == (last.earliest, last.latest):
        return first
    counted_from = next((name for name in uncertain if _counts(statement, name, record, first)), uncertain[0])
    spread = Spread(counted_from, record.ranges[counted_from].earliest, last.earliest, last.latest)
    return replace(first, status=first.status if first.status == last.status else "unknown", spread=spread)


def _counts(statement: Statement, name: str, record: Record, found: StatementResult) -> bool:
    """Return whether a date of a statement is the one that is counted from the first possible day of a field."""
    start = record.ranges[name].earliest
    return any(
        period and add_period(start, period) == day
        for limit in statement.limits
        if limit.counted_from == name
        for period, day in ((limit.not_before, found.earliest), (limit.within, found.latest))
    )


def _dated(
    statement: Statement,
    verdict: int,
    verdict_of: Callable[[str | None], int],
    dates: Mapping[str, date],
    today: date | None,
) -> StatementResult:
    earliest: list[date | None] = []
    latest: list[date | None] = []
    verdicts = [(limit, verdict_of(limit.condition)) for limit in statement.limits]
    if all(v == FALSE for _, v in verdicts):
        return StatementResult(statement, verdict, None, None, None)
    doubt = any(v == OPEN for _, v in verdicts)
    for limit in (limit for limit, v in verdicts if v == TRUE):
        start = dates.get(limit.counted_from)
        for period, found in ((limit.not_before, earliest), (limit.within, latest)):
            if period:
                found.append(add_period(start, period) if start else None)
    first = None if None in earliest else min((d for d in earliest if d), default=None)
    last = None if None in latest else min((d for d in latest if d), default=None)
    if first is None and earliest:  # one of several triggers is undated: those that are dated still count
        first = min((d for d in earliest if d), default=None)
        doubt = True
    doubt = doubt or None in latest
    return StatementResult(statement, verdict, first, last, _date_status(first, last, doubt, today))


def _date_status(earliest: date | None, latest: date | None, doubt: bool, today: date | None) -> str:
    begin = earliest or latest
    if today is None or begin is None or doubt:
        return "unknown"
    if latest is not None and today > latest:
        return "past"
    return "due" if today >= begin else "upcoming"


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
    found: dict[str, str | int | bool | date | list[str]] = {
        key: value for key, (value, *others) in candidates.items() if not others and value is not None
    }
    for d in decisions:
        if d.decision.fact_key and d.result.status == DECIDED:
            found[d.decision.fact_key] = list(d.result.answers)
    return found
