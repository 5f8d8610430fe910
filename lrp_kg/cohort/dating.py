"""The results of a statement in the rows in which dates and facts are taken from it, and its latest day."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from lrp_kg.answer.results import StatementResult
from lrp_kg.answer.statements import counting, dated, dating_of, in_days, whole_verdict
from lrp_kg.cohort.answered import AnsweredRows
from lrp_kg.cohort.arrays import ABSENT, Array, Memory, Numbering
from lrp_kg.cohort.cells import EXACT, UNKNOWN
from lrp_kg.cohort.measures import added
from lrp_kg.cohort.places import StatementPlace
from lrp_kg.guideline.model import Statement
from lrp_kg.guideline.validity import Validity
from lrp_kg.logic.classify import FALSE, TRUE
from lrp_kg.record.model import Record


@dataclass(frozen=True)
class Dated:
    """A statement in the rows in which an answer takes dates and facts from it: its results by number, its latest day.

    The day is `ABSENT` where there is none.
    """

    rows: Array
    results: Array
    latest: Array


class DatedStatement:
    """A statement in one of its places, asked about once for each combination of what its result depends on.

    These are the verdicts of its conditions, whether it and its limits are in force, what is known of the dates that
    it counts from, and how the days that are counted compare with the day of the assessment. The latest day is then
    the first of the days of those limits that count.
    """

    def __init__(self, statement: Statement, place: StatementPlace) -> None:
        self.statement = statement
        self._place = place
        self._memory = Memory()
        self._kinds = Numbering()
        self._kinds.number(None)
        self._counting: list[tuple[int, ...]] = [()]
        """By number, the limits of which the first latest day is that of the statement."""

    def of(self, rows: AnsweredRows) -> Dated:
        """Return the rows that have the statement, and what it is in each of them."""
        return rows.once(self, lambda: self._of(rows))

    def _of(self, rows: AnsweredRows) -> Dated:
        s = self.statement
        there = np.flatnonzero(self._place.settled(rows))
        columns = [rows.verdict(c)[there] for c in dict.fromkeys((s.condition, *(x.condition for x in s.limits))) if c]
        columns.append(self._place.settled_in_force(rows)[there])
        columns += [rows.in_force(v)[there] for v in dict.fromkeys(x.validity for x in s.limits) if v]
        more, latest = self._days(rows, there) if s.limits else ([], [])
        if not len(there):
            return Dated(there, np.zeros(0, np.int32), np.zeros(0, np.int32))
        results = self._memory.take([*columns, *more], lambda place: self._ask(rows, int(there[place])))
        answered = np.flatnonzero(results)
        found = np.full(len(answered), ABSENT, np.int32)
        for number, day in enumerate(latest):
            counts = np.array([number in own for own in self._counting])[results[answered]]
            first = np.where(found == ABSENT, day[answered], np.minimum(found, day[answered]))
            found = np.where(counts, first, found)
        return Dated(there[answered], results[answered], found)

    def _days(self, rows: AnsweredRows, there: Array) -> tuple[list[Array], list[Array]]:
        """Return what the dates of the statement come to in some rows, and the latest day of each limit.

        This is the safe one, counted from the first possible day of an uncertain date.
        """
        g = rows.guideline
        today = rows.rows.days[g.roles.assessment].of(there) if g.roles.assessment else None
        columns = [today.state == EXACT] if today else []
        latest: list[Array] = []
        earliest: list[Array] = []
        for limit in self.statement.limits:
            start = rows.rows.days[limit.counted_from].of(there)
            columns.append(start.state)
            known = start.state != UNKNOWN
            sides = (start.low, start.high) if g.fields[limit.counted_from].bounds else (start.low,)
            for period, is_latest in ((limit.not_before, False), (limit.within, True)):
                days = [np.where(known, added(np.where(known, s, 0), period), ABSENT) for s in sides] if period else []
                if today:
                    columns += [
                        np.where((d == ABSENT) | (today.state != EXACT), 2, np.sign(d - today.low)) for d in days
                    ]
                if is_latest:
                    latest.append(days[0] if days else known)
                else:
                    earliest += days
        columns += [np.sign(a - b) for a, b in combinations(earliest, 2)]
        return columns, latest

    def _ask(self, rows: AnsweredRows, row: int) -> int:
        """Return the number of what the statement is in a row, as far as it is the same in others."""
        result = self.result(rows, row)
        if result is None:
            return 0
        counted: tuple[int, ...] = ()
        if result.latest is not None:
            limits = [limit for limit, _ in in_days(self.statement, in_force_in(rows, row))]
            counts = [limit for limit, _ in counting(limits, verdict_in(rows, row)) if limit.within]
            counted = tuple(number for number, limit in enumerate(self.statement.limits) if limit in counts)
        number = self._kinds.number((result.verdict, result.in_force, result.begun, counted))
        if number == len(self._counting):
            self._counting.append(counted)
        return number

    def settled_result(self, rows: AnsweredRows, row: int) -> StatementResult | None:
        """Return the result of the statement in a row where dates and facts are taken from it."""
        own = self.of(rows).rows
        place = int(np.searchsorted(own, row))
        return self.result(rows, row) if place < len(own) and own[place] == row else None

    def result(self, rows: AnsweredRows, row: int) -> StatementResult | None:
        """Return the result of the statement in a row; ``None`` where the answer does not have it."""
        verdict_of, in_force = verdict_in(rows, row), in_force_in(rows, row)
        verdict = whole_verdict(self.statement, verdict_of)
        if verdict == FALSE:
            return None
        known, ranges = rows.rows.dates(row)
        record = Record("", values={}, dates=known, texts={}, lists={}, ranges=ranges)
        today = known.get(rows.guideline.roles.assessment or "")
        own = int(self._place.settled_in_force(rows)[row])
        dating = dating_of(self.statement, verdict, verdict_of, own=own, in_force=in_force)
        found = dated(self.statement, dating, record, today, own)
        return None if found.in_force == FALSE and not self.statement.printed else found


def verdict_in(rows: AnsweredRows, row: int) -> Callable[[str | None], int]:
    """Return what gives the verdicts of classes in a row."""
    return lambda cls: TRUE if cls is None else int(rows.verdict(cls)[row])


def in_force_in(rows: AnsweredRows, row: int) -> Callable[[Validity | None], int]:
    """Return what says of rules whether they are in force in a row."""
    return lambda validity: TRUE if validity is None else int(rows.in_force(validity)[row])
