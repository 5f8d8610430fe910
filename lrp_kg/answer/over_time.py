"""What changes when a patient is assessed on a later day and nothing but that day is different."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import date, timedelta

from lrp_kg.answer.decisions import Assessor, Run
from lrp_kg.answer.results import Change, Changes
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
        self._durations = [
            (v, d.start if d.end == self.field else d.end, d.end == self.field)
            for v, d in assessor.dates.derived.items()
            if self.field in (d.start, d.end)
        ]
        self._beside = {name for _, name, _ in self._durations}
        choosing = [p for p in self.guideline.programmes.values() if p.valid_by in (None, self.field)]
        self._editions = {e.valid_from for p in choosing for e in p.editions if e.valid_from}

    def changes(self, record: Record, only: Collection[str] | None = None) -> Changes:
        """Return each change of the status or the answers of a decision, for a year after the assessment.

        There are none to tell while the day of the assessment is unknown, or a date whose distance to it a decision
        depends on.
        """
        first = record.dates.get(self.field or "")
        if first is None:
            return Changes(None)
        found: list[Change] = []
        before = self._outcomes(record, only)
        for day in (None, *self._days(record, first)):
            now = before if day is None else self._outcomes(moved(self.guideline, record, self.field or "", day), only)
            if any(self._needed(name, record) for outcome in now.values() for name in outcome.missing):
                return Changes(None)
            found += [
                Change(day, name, outcome.status, outcome.answers)
                for name, outcome in now.items()
                if day and outcome[:2] != before[name][:2]
            ]
            before = now
        return Changes(tuple(found[:MOST]))

    def _days(self, record: Record, first: date) -> list[date]:
        """Return the days on which a duration gets another cell, or another edition becomes valid."""
        last = first + timedelta(min(DAYS, (date.max - first).days))
        days = set(self._editions)
        for v, name, moves_end in self._durations:
            within = record.ranges.get(name)
            fixed = record.dates.get(name) or self.assessor.stepper.nearest(name, moves_end, record.dates)
            for day in (within.earliest, within.latest) if within else (fixed,) if fixed else ():
                days.update(self.assessor.stepper.steps(v, day, moves_end).days)
        admissible = [record.dates[b] for a, b in self.guideline.date_orders if a == self.field and b in record.dates]
        return sorted(day for day in days if first < day <= min([last, *admissible]))

    def _outcomes(self, record: Record, only: Collection[str] | None) -> dict[str, Outcome]:
        run = Run(self.assessor, record, explain=False)
        found = {d.id: run.result(d.iri) for d in self.guideline.own_decisions.values() if only is None or d.id in only}
        programmes = [p for p in self.guideline.programmes.values() if only is None or p.id in only]
        return found | {p.id: run.eligibility(p) for p in programmes}

    def _needed(self, name: str, record: Record) -> bool:
        """Return whether a missing field is a date that is there, of unknown but needed distance to the assessment."""
        implied = self.guideline.fields[name].implies
        return name in self._beside and name not in record.ranges and all(record.values.get(i) is True for i in implied)
