"""From when until when each stage applies, if nothing but the day of the assessment is different."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta

from lrp_kg.answer.decisions import Assessor
from lrp_kg.answer.over_time import DAYS, moved
from lrp_kg.answer.run import Run
from lrp_kg.guideline.model import Decision, Option
from lrp_kg.logic.outcomes import DECIDED, Outcome
from lrp_kg.record.model import Record


@dataclass(frozen=True, slots=True)
class StageRun:
    """Days of one stage: possible from ``first`` to ``last``, certain from ``sure_first`` to ``sure_last``.

    No last day: nothing ends it within the days that are looked at. No certain days: it is only possible.
    """

    option: Option
    first: date
    last: date | None
    sure_first: date | None
    sure_last: date | None


class StageDays:
    """Finds the days of the stages of a guideline. Made once; safe to share between threads that only read."""

    def __init__(self, assessor: Assessor) -> None:
        self.assessor = assessor
        guideline = assessor.guideline
        self.field = guideline.roles.assessment or ""
        self.decision = next((d for d in guideline.own_decisions.values() if d.iri == guideline.roles.stage), None)
        read = assessor.builder.reads(assessor.builder.roots(self.decision)) if self.decision else ()
        derived = {v: assessor.dates.derived[v] for v in sorted(read) if v in assessor.dates.derived}
        self._durations = {v: d.start for v, d in derived.items() if d.end == self.field}
        weeks = [d.start for d in derived.values() if d.end == self.field and d.measure == "OrdinalWeek"]
        self.counted_from = next(iter([*weeks, *self._durations.values()]), None)
        """The date field from which stages are counted, in weeks where the guideline counts so."""

    def runs(self, record: Record) -> tuple[StageRun, ...]:
        """Return the stages that follow one another from the first day on, in order.

        There are none where no day is sure to have one: what is unknown beside the days leaves the stage open.
        """
        if self.decision is None:
            return ()
        days = self._days(record)
        found = [(day, self._outcome(self.decision, record, day)) for day in days]
        if not any(outcome.status == DECIDED for _, outcome in found):
            return ()
        ends = [day - timedelta(1) for day in days[1:]] + [None]
        order: dict[str, list[tuple[date, date | None, bool]]] = {}
        for (day, outcome), end in zip(found, ends, strict=True):
            for name in dict.fromkeys(outcome.answers + outcome.possible):
                order.setdefault(name, []).append((day, end, outcome.status == DECIDED))
        options = {o.id: o for o in self.decision.options}
        return tuple(_run(options[name], parts) for name, parts in order.items())

    def _days(self, record: Record) -> list[date]:
        """Return the first day that the stages are counted from, and the days on which the stage can change."""
        within = record.ranges.get(self.counted_from or "")
        first = record.dates.get(self.counted_from or "") or (within.earliest if within else None)
        if first is None:
            return []
        assessed = record.dates.get(self.field)
        last = max(assessed or first, within.latest if within else first)
        last += min(timedelta(DAYS), date.max - last)
        found = {first}
        for v, start in self._durations.items():
            bounds = record.ranges.get(start)
            for day in (record.dates.get(start), bounds and bounds.earliest, bounds and bounds.latest):
                if day:
                    found.update((day, *self.assessor.dates.stepper.steps((v,), day, True).days(day)))
        return sorted(day for day in found if first <= day <= last)

    def _outcome(self, decision: Decision, record: Record, day: date) -> Outcome:
        """Return the stage on a day; a date of which the day comes before is not known on it."""
        later = {start for start in self._durations.values() if record.dates.get(start, day) > day}
        dates = {name: known for name, known in record.dates.items() if name not in later}
        ranges = dict(record.ranges)
        for name, bounds in record.ranges.items():
            if name in self._durations.values() and bounds.latest > day:
                ranges[name] = replace(bounds, latest=max(day, bounds.earliest))
        known = replace(record, dates=dates, ranges=ranges)
        run = Run(self.assessor, moved(self.assessor.guideline, known, self.field, day), explain=False)
        return run.result(decision.iri)


def _run(option: Option, parts: list[tuple[date, date | None, bool]]) -> StageRun:
    sure = [(first, last) for first, last, decided in parts if decided]
    return StageRun(
        option=option,
        first=parts[0][0],
        last=parts[-1][1],
        sure_first=sure[0][0] if sure else None,
        sure_last=sure[-1][1] if sure else None,
    )
