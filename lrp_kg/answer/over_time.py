"""What changes when a patient is assessed on a later day and nothing but that day is different."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import date, timedelta

from lrp_kg.answer.decisions import Assessor
from lrp_kg.answer.results import LaterChange, LaterChanges
from lrp_kg.answer.run import Run
from lrp_kg.answer.turning_days import TurningDays
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
        self._turning = TurningDays(assessor, self.field or "")

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
        others = {name: day for name, day in record.dates.items() if name != self.field}
        last = self.assessor.dates.bounds(self.field or "", others, record.ranges).latest
        return self._turning.between(record, first, min(last, _later(first)))

    def _outcomes(self, record: Record, only: Collection[str] | None) -> dict[str, Outcome]:
        return Run(self.assessor, record, explain=False).outcomes(only)

    def _needed(self, name: str, record: Record) -> bool:
        """Return whether a missing field is a date that is there, of unknown but needed distance to the assessment."""
        implied = self.guideline.fields[name].implies
        beside = name in self._turning.beside and name not in record.ranges
        return beside and all(record.values.get(i) is True for i in implied)


def _later(day: date) -> date:
    return day + timedelta(min(DAYS, (date.max - day).days))
