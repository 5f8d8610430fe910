"""On which days something else can hold of a record while one of its date fields moves and the others stay."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, timedelta

from lrp_kg.answer.decisions import Assessor
from lrp_kg.durations import DateRange
from lrp_kg.record.model import Record


class TurningDays:
    """Finds the turning days of one date field. Made once; safe to share between threads that only read."""

    def __init__(self, assessor: Assessor, field: str) -> None:
        self.assessor = assessor
        self.field = field
        self._calendar = assessor.dates
        self._durations = [
            (v, fixed, other, moves_end)
            for v, d in self._calendar.derived.items()
            for fixed, other, moves_end in ((d.start, d.end, True), (d.end, d.start, False))
            if fixed != field
        ]
        self.beside = frozenset(fixed for _, fixed, other, _ in self._durations if other == field)
        """The date fields whose distance to it is read."""

    def between(self, record: Record, first: date, last: date) -> list[date]:
        """Return the days after the first, up to the last, on which something turns.

        A duration gets another cell on them, or another edition can be chosen. The field has no value in ``record``,
        or one that does not matter.
        """
        others = {name: day for name, day in record.dates.items() if name != self.field}
        ranges = {name: days for name, days in record.ranges.items() if name != self.field}
        days = range((last - first).days + 1)
        found: set[date] = set()
        for name, turns in self._turns(others, ranges):
            if name == self.field:
                found.update(turns)
            elif name not in others:
                for end in (_earliest, _latest):  # where a date that is not known has to be, or can be, on a turn

                    def bound(n: int, name: str = name, end: Callable[[DateRange], date] = end) -> date:
                        dates = {**others, self.field: first + timedelta(n)}
                        return end(self._calendar.bounds(name, dates, ranges))

                    if bound(days[0]) != bound(days[-1]):
                        at = (bisect_left(days, turn, key=bound) for turn in turns)
                        found.update(first + timedelta(n) for n in at if n in days)
        return sorted(day for day in found if first < day <= last)

    def _turns(
        self, others: Mapping[str, date], ranges: Mapping[str, DateRange]
    ) -> Iterator[tuple[str, Iterable[date]]]:
        """Yield date fields, and the days from which on something else holds of them."""
        guideline = self.assessor.guideline
        for p in guideline.programmes.values():
            yield guideline.choosing_field(p) or "", [e.valid_from for e in p.editions if e.valid_from]
        for v, fixed, other, moves_end in self._durations:
            if other == self.field or fixed in others or fixed in ranges:
                within = self._calendar.bounds(fixed, others, ranges)
                for day in {within.earliest, within.latest} - {date.min, date.max}:
                    steps = self._calendar.stepper.steps((v,), day, moves_end)
                    yield other, [*([day] if moves_end else []), *steps.days(day)]


def _earliest(days: DateRange) -> date:
    return days.earliest


def _latest(days: DateRange) -> date:
    return days.latest
