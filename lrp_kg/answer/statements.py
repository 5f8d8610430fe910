"""The verdict of a statement by its whole condition, and its dates."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from lrp_kg.answer.results import Spread, StatementResult
from lrp_kg.durations import add_period
from lrp_kg.guideline.model import Statement, TimeLimit
from lrp_kg.guideline.validity import Validity
from lrp_kg.logic.classify import FALSE, OPEN, TRUE
from lrp_kg.record.model import Record

REACHED = ("due", "past")
"""The statuses of a date whose time has come."""


class _Days(NamedTuple):
    """The dates of a statement, as in its result; none of them where no limit counts."""

    earliest: date | None = None
    latest: date | None = None
    begins: date | None = None
    status: str | None = None


def whole_verdict(statement: Statement, verdict_of: Callable[[str | None], int]) -> int:
    """Return the verdict of a statement: that of its condition and, of limits that all have one, of any of theirs."""
    own = verdict_of(statement.condition)
    conditions = [limit.condition for limit in statement.limits]
    if own == FALSE or not conditions or None in conditions:
        return own
    triggers = [verdict_of(condition) for condition in conditions]
    if TRUE in triggers:
        return own
    return OPEN if OPEN in triggers else FALSE


@dataclass(frozen=True, slots=True)
class Dating:
    """What the dates of a statement are worked out from, beside the days of a record.

    ``limits`` are those that count, or may, each with whether it certainly does; ``others`` do not. ``ended`` says
    that what it says has certainly ended, ``doubt`` that it may not be in force.
    """

    verdict: int
    limits: tuple[tuple[TimeLimit, bool], ...]
    others: tuple[TimeLimit, ...]
    ended: bool
    doubt: bool

    def days(self, dates: Mapping[str, date], today: date | None) -> _Days:
        """Return the dates, for the days of a record; ``today`` is that of the assessment."""
        return _days(self.limits, self.verdict, dates, today)

    def again(self, found: StatementResult, dates: Mapping[str, date], today: date | None) -> StatementResult:
        """Return a statement of one record as it is with the days of another that has the same dates, all certain."""
        if not self.limits:
            return found
        days = self.days(dates, today)
        return found._replace(
            earliest=days.earliest,
            latest=days.latest,
            begins=days.begins,
            status=self.status(days),
            begun=days.status in REACHED,
        )

    def status(self, days: _Days) -> str | None:
        """Return the status of dates, by whether the statement is in force."""
        return days.status and ("outdated" if self.ended else "unknown" if self.doubt else days.status)


def dating_of(
    statement: Statement,
    verdict: int,
    verdict_of: Callable[[str | None], int],
    own: int,
    in_force: Callable[[Validity | None], int],
) -> Dating:
    """Return what the dates of a statement that has a verdict are worked out from; ``own``: whether it is in force."""
    limits = in_days(statement, in_force)
    there = tuple(counting((limit for limit, _ in limits), verdict_of))
    return Dating(
        verdict=verdict,
        limits=there,
        others=tuple(limit for limit, _ in limits if all(limit is not other for other, _ in there)),
        ended=own == FALSE or (bool(limits) and all(force == FALSE for _, force in limits)),
        doubt=own == OPEN or any(force == OPEN for _, force in limits),
    )


def dated(statement: Statement, dating: Dating, record: Record, today: date | None, own: int) -> StatementResult:
    """Return a statement that has a verdict with its dates; ``today`` is the day of the assessment.

    ``own`` says whether it is in force. Of several days the earliest counts: a trigger whose time has come is due
    whatever the others are, and a latest day is known only where no other limit can bring an earlier one. What is
    counted from an uncertain date has the dates that are counted from its first possible day, the safe ones, and beside
    them those that are counted from its last.
    """
    days, spread = _with_spread(dating, record, today)
    return StatementResult(
        statement=statement,
        verdict=dating.verdict,
        earliest=days.earliest,
        latest=days.latest,
        begins=days.begins,
        status=dating.status(days),
        spread=spread,
        begun=days.status in REACHED,
        in_force=own,
        until=statement.validity.last if statement.validity else None,
    )


def in_days(statement: Statement, in_force: Callable[[Validity | None], int]) -> list[tuple[TimeLimit, int]]:
    """Return the time limits that can count on their days, each with whether it is in force.

    Those that are not do not count, unless none is and they are printed.
    """
    there = [(limit, in_force(limit.validity)) for limit in statement.limits]
    return [found for found in there if found[1] != FALSE] or (there if statement.printed else [])


def counting(limits: Iterable[TimeLimit], verdict_of: Callable[[str | None], int]) -> Iterator[tuple[TimeLimit, bool]]:
    """Yield the time limits whose situation holds, or may, each with whether it certainly does."""
    for limit in limits:
        counts = verdict_of(limit.condition)
        if counts != FALSE:
            yield limit, counts == TRUE


def _with_spread(dating: Dating, record: Record, today: date | None) -> tuple[_Days, Spread | None]:
    limits = [*(limit for limit, _ in dating.limits), *dating.others]
    uncertain = sorted(record.ranges.keys() & {limit.counted_from for limit in limits})
    if not uncertain:
        return dating.days(record.dates, today), None
    first, last = (
        dating.days({**record.dates, **days}, today)
        for days in (
            {name: record.ranges[name].earliest for name in uncertain},
            {name: record.ranges[name].latest for name in uncertain},
        )
    )
    if (first.earliest, first.latest) == (last.earliest, last.latest):
        return first, None
    counted_from = next((name for name in uncertain if _counts(limits, name, record, first)), uncertain[0])
    spread = Spread(counted_from, record.ranges[counted_from].earliest, last.earliest, last.latest)
    return first._replace(status=first.status if first.status == last.status else "unknown"), spread


def _counts(limits: Iterable[TimeLimit], name: str, record: Record, found: _Days) -> bool:
    """Return whether a date of a statement is the one that is counted from the first possible day of a field."""
    start = record.ranges[name].earliest
    return any(
        period and add_period(start, period) == day
        for limit in limits
        if limit.counted_from == name
        for period, day in ((limit.not_before, found.earliest), (limit.within, found.latest))
    )


def _days(
    counted: Collection[tuple[TimeLimit, bool]], verdict: int, dates: Mapping[str, date], today: date | None
) -> _Days:
    if not counted:
        return _Days()
    earliest: list[date | None] = []
    latest: list[date | None] = []
    for limit, holds in counted:
        start = dates.get(limit.counted_from) if holds else None
        for period, found in ((limit.not_before, earliest), (limit.within, latest)):
            if period:
                found.append(add_period(start, period) if start else None)
    first = min((day for day in earliest if day), default=None)
    last = min((day for day in latest if day), default=None)
    doubt = None in earliest or None in latest
    begins = first or last
    status = "unknown"
    if today and begins and verdict == TRUE:
        if last and last < today:
            status = "past"
        elif begins <= today:
            status = "due"
        elif not doubt:
            status = "upcoming"
    certain = None if None in latest else last
    return _Days(first, certain, None if doubt else begins, status)


def in_order(statements: Iterable[StatementResult]) -> tuple[StatementResult, ...]:
    """Return the statements that have a date, the earlier first; not what is only named."""
    dated = (s for s in statements if s.status and not s.only_named)
    return tuple(sorted(dated, key=lambda s: (s.latest or s.earliest or date.max, s.statement.id)))
