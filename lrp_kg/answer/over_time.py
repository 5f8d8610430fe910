"""What changes when a patient is assessed on a later day and nothing but that day is different."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date, timedelta

from lrp_kg.answer.decisions import Assessor
from lrp_kg.answer.results import LaterChange, LaterChanges
from lrp_kg.answer.run import Run
from lrp_kg.durations import DateRange
from lrp_kg.effort import check
from lrp_kg.guideline.model import Guideline
from lrp_kg.logic.outcomes import Outcome
from lrp_kg.record.model import Record
from lrp_kg.record.ranges import durations

DAYS = 366
"""How many days after the assessment are looked at."""
MOST = 20
"""How many changes are listed."""


def moved(guideline: Guideline, record: Record, field: str, day: date) -> Record:
    """Return the record of the same patient with another day in one date field: other dates stay, durations follow."""
    dates = {**record.dates, field: day}
    values = {name: value for name, value in record.values.items() if name not in guideline.derived}
    certain, between = durations(guideline.derived.values(), dates, record.ranges)
    return replace(record, dates=dates, values=values | certain, between=between)


class OverTime:
    """Finds the changes of records of a guideline. Made once; safe to share between threads that only read."""

    def __init__(self, assessor: Assessor) -> None:
        self.assessor = assessor
        self.guideline = assessor.guideline
        self.field = self.guideline.roles.assessment
        self._calendar = assessor.dates
        self._durations = [
            (v, fixed, other, moves_end)
            for v, d in self._calendar.derived.items()
            for fixed, other, moves_end in ((d.start, d.end, True), (d.end, d.start, False))
            if fixed != self.field
        ]
        self._beside = {fixed for _, fixed, other, _ in self._durations if other == self.field}

    def changes(self, record: Record, only: Collection[str] | None = None) -> LaterChanges:
        """Return each change of the status or the answers of a decision, for a year after the assessment.

        There are none while the day of the assessment is unknown, or a date whose distance to it a decision
        depends on.
        """
        first = record.dates.get(self.field or "")
        if first is None:
            return LaterChanges(None)
        found: list[LaterChange] = []
        before = self._outcomes(record, only)
        for day in (None, *self._days(record, first)):
            check()
            now = before if day is None else self._outcomes(moved(self.guideline, record, self.field or "", day), only)
            if any(self._needed(name, record) for outcome in now.values() for name in outcome.missing):
                return LaterChanges(None)
            found += [
                LaterChange(day, name, outcome.status, outcome.answers)
                for name, outcome in now.items()
                if day and outcome[:2] != before[name][:2]
            ]
            before = now
        return LaterChanges(tuple(found[:MOST]))

    def _days(self, record: Record, first: date) -> list[date]:
        """Return the days on which a duration gets another cell, or another edition can be chosen."""
        field = self.field or ""
        others = {name: day for name, day in record.dates.items() if name != field}
        last = self._calendar.bounds(field, others, record.ranges).latest
        days = range(min(DAYS, (last - first).days) + 1)
        found: set[date] = set()
        for name, turns in self._turns(record, others):
            if name == field:
                found.update(turns)
            elif name not in others:
                for end in (_earliest, _latest):  # where a date that is not known has to be, or can be, on a turn

                    def bound(n: int, name: str = name, end: Callable[[DateRange], date] = end) -> date:
                        dates = {**others, field: first + timedelta(n)}
                        return end(self._calendar.bounds(name, dates, record.ranges))

                    if bound(days[0]) != bound(days[-1]):
                        found.update(first + timedelta(bisect_left(days, turn, key=bound)) for turn in turns)
        return sorted(day for day in found if first < day <= first + timedelta(days[-1]))

    def _turns(self, record: Record, others: Mapping[str, date]) -> Iterator[tuple[str, Iterable[date]]]:
        """Yield date fields, and the days from which on something else holds of them."""
        for p in self.guideline.programmes.values():
            yield self.guideline.choosing_field(p) or "", [e.valid_from for e in p.editions if e.valid_from]
        for v, fixed, other, moves_end in self._durations:
            if other == self.field or fixed in others or fixed in record.ranges:
                within = self._calendar.bounds(fixed, others, record.ranges)
                for day in {within.earliest, within.latest} - {date.min, date.max}:
                    yield other, self.assessor.stepper.steps(v, day, moves_end).days

    def _outcomes(self, record: Record, only: Collection[str] | None) -> dict[str, Outcome]:
        run = Run(self.assessor, record, explain=False)
        found = {d.id: run.result(d.iri) for d in self.guideline.own_decisions.values() if only is None or d.id in only}
        programmes = [p for p in self.guideline.programmes.values() if only is None or p.id in only]
        return found | {p.id: run.eligibility(p) for p in programmes}

    def _needed(self, name: str, record: Record) -> bool:
        """Return whether a missing field is a date that is there, of unknown but needed distance to the assessment."""
        implied = self.guideline.fields[name].implies
        return name in self._beside and name not in record.ranges and all(record.values.get(i) is True for i in implied)


def _earliest(days: DateRange) -> date:
    return days.earliest


def _latest(days: DateRange) -> date:
    return days.latest
