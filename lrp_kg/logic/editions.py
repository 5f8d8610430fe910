"""Which editions of a programme can be chosen, which rules are in force, when the day that says so may be unknown."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable
from datetime import date, timedelta
from typing import NamedTuple

from lrp_kg.durations import DateRange
from lrp_kg.guideline.model import Edition, Programme
from lrp_kg.guideline.validity import Validity
from lrp_kg.logic.calendar import ALWAYS
from lrp_kg.logic.classify import FALSE, OPEN, TRUE


class Candidate(NamedTuple):
    """An edition, whether it is the one that is chosen, and whether the last day of its rules, ``last``, has passed.

    ``days`` are those of the possible days on which it would be chosen; ``ended`` is about those days.
    """

    edition: Edition
    applies: int
    passed: int
    ended: int
    days: DateRange
    last: date | None


def candidates(programme: Programme, possible: DateRange) -> tuple[Candidate, ...]:
    """Return what each edition of a programme is, the oldest first, where the choosing day is one of some days."""
    found = []
    possible = possible if possible.earliest <= possible.latest else ALWAYS
    first = ALWAYS.earliest
    for edition, until in zip(programme.editions, programme.last_days, strict=True):
        days = DateRange(max(first, possible.earliest), min(until or ALWAYS.latest, possible.latest))
        applies = FALSE if days.earliest > days.latest else TRUE if days == possible else OPEN
        last = min((day for day in (edition.valid_until, until) if day), default=None)
        passed = _after(last, possible)
        ended = passed if applies == FALSE else _after(last, days)
        found.append(Candidate(edition, applies, passed=passed, ended=ended, days=days, last=last))
        first = until + timedelta(days=1) if until and until < ALWAYS.latest else ALWAYS.latest
    return tuple(found)


States = tuple[tuple[int, int, int], ...]
"""Of each edition whether it is the one that is chosen, and whether its last day, and that of its rules, has passed."""


def states(found: Iterable[Candidate]) -> States:
    """Return what editions are, without their days."""
    return tuple([(c.applies, c.passed, c.ended) for c in found])


class StatesByDay:
    """What the editions of a programme are on a known day, remembered by the days between which that changes."""

    def __init__(self, programme: Programme) -> None:
        self._programme = programme
        lasts = {*programme.last_days, *(e.valid_until for e in programme.editions)}
        self._turns = sorted(day for day in lasts if day)
        always = states(candidates(programme, ALWAYS))
        self.constant = None if len(programme.editions) > 1 or self._turns else always
        """What they always are, whatever is known of the choosing day; ``None`` where that depends on it."""
        self._known: dict[int, States] = {}

    def of(self, day: date) -> States:
        """Return what the editions are on a day: exactly one of them is chosen."""
        between = bisect_left(self._turns, day)
        found = self._known.get(between)
        if found is None:
            found = self._known[between] = states(candidates(self._programme, DateRange(day, day)))
        return found


def in_force(validity: Validity | None, days: Callable[[str], DateRange]) -> int:
    """Return whether a rule is in force, by the first and last possible day of each of its date fields."""
    if validity is None:
        return TRUE
    found = TRUE
    for period in validity.every:
        first, last = period.first or ALWAYS.earliest, period.last or ALWAYS.latest
        for possible in map(days, period.by):
            if possible.latest < first or possible.earliest > last:
                return FALSE
            if possible.earliest < first or possible.latest > last:
                found = OPEN
    return found


class Eras:
    """Which of some rules are in force on which days, remembered by the days between which that changes."""

    def __init__(self, rules: Iterable[Validity]) -> None:
        self._rules = tuple(rules)
        periods = [period for rule in self._rules for period in rule.every]
        self._turns: dict[str, list[date]] = {name: [] for period in periods for name in period.by}
        for period in periods:
            for name in period.by:
                first = [period.first] if period.first else []
                after = [period.last + timedelta(days=1)] if period.last and period.last < ALWAYS.latest else []
                self._turns[name] += [*first, *after]
        for days in self._turns.values():
            days.sort()
        self._known: dict[tuple[int, ...], tuple[int, ...]] = {}

    def of(self, days: Callable[[str], DateRange]) -> tuple[int, ...]:
        """Return of each rule whether it is in force; there are few answers, so all are kept."""
        key: list[int] = []
        for name, turns in self._turns.items():
            possible = days(name)
            key += (bisect_right(turns, possible.earliest), bisect_right(turns, possible.latest))
        found = self._known.get(tuple(key))
        if found is None:
            found = self._known[tuple(key)] = tuple([in_force(rule, days) for rule in self._rules])
        return found


def _after(last: date | None, days: DateRange) -> int:
    if last is None or days.latest <= last:
        return FALSE
    return TRUE if days.earliest > last else OPEN
