"""The axis of a timeline: which days it shows, where a day is, and what is written beside it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from lrp_kg.answer.over_time import DAYS
from lrp_kg.answer.timeline import Timeline
from lrp_kg.svg import width_of

SIZE = 11.0
"""The size of what is written beside the axis."""
_LEAST = 21
"""The fewest days that are shown."""
_STEPS = (1, 2, 4, 8, 13, 26, 52, 104, 208, 520)
_MONTHS = (1, 2, 3, 6, 12, 24, 60, 120)


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark on an axis, with what is written beside it."""

    x: float
    label: str

    @property
    def end(self) -> float:
        """Return where what is written ends."""
        return self.x + width_of(self.label, SIZE)


@dataclass(frozen=True, slots=True)
class DayAxis:
    """The days from ``first`` to ``last`` between two places of a picture."""

    first: date
    last: date
    left: float
    width: float

    @classmethod
    def of(cls, line: Timeline, left: float, width: float) -> DayAxis:
        """Return the axis of a timeline: its days, those more than a year from the assessment left out."""
        days = [day for entry in line.entries for day in entry.days]
        middle = line.assessed or min(days)
        near = sorted(day for day in (*days, middle) if abs((day - middle).days) <= DAYS)
        first, last = near[0], near[-1]
        beside = max(2, (last - first).days // 25)
        after = max(beside, _LEAST - (last - first).days - beside)
        return cls(_shifted(first, -beside), _shifted(last, after), left, width)

    @property
    def right(self) -> float:
        """Return where the axis ends."""
        return self.left + self.width

    def x(self, day: date) -> float:
        """Return where a day begins, also of a day beside the axis."""
        return self.left + (day - self.first).days * self.width / ((self.last - self.first).days + 1)

    def middle(self, day: date) -> float:
        """Return where the middle of a day is."""
        return self.x(day) + self.width / ((self.last - self.first).days + 1) / 2

    def inside(self, ticks: Iterable[Tick]) -> list[Tick]:
        """Return the ticks that have room before the end of the axis."""
        return [tick for tick in ticks if tick.end <= self.right]

    def weeks(self, began: date) -> list[Tick]:
        """Return ticks of the weeks that are counted from a day, the first is week 1."""
        for step in _STEPS:
            first = max(0, -(-(self.first - began).days // (7 * step)))
            found = self.inside(self._weeks(began, range(first * step, 10_000, step)))
            if _fits(found):
                return found
        return []

    def _weeks(self, began: date, weeks: Iterable[int]) -> Iterator[Tick]:
        for week in weeks:
            day = _shifted(began, 7 * week)
            if day >= self.last:
                return
            yield Tick(self.x(day), str(week + 1))

    def dates(self, months: list[str]) -> list[Tick]:
        """Return ticks of the calendar: the days of a short axis, else the first days of months or years."""
        days = (self.last - self.first).days
        if days < 60:
            for step in (1, 7, 14):
                each = (_shifted(self.first, n) for n in range(1, days, step))
                found = self.inside(Tick(self.x(day), f"{day.day} {months[day.month - 1]}") for day in each)
                if _fits(found):
                    return found
        for step in _MONTHS:
            found = self.inside(self._months(step, months))
            if _fits(found):
                return found
        return []

    def _months(self, step: int, months: list[str]) -> Iterator[Tick]:
        number = self.first.year * 12 + self.first.month - 1
        last = self.last.year * 12 + self.last.month - 1
        year = None
        for n in range(-(-number // step) * step, last + 1, step):
            if n // 12 > date.max.year:
                return
            day = date(n // 12, n % 12 + 1, 1)
            if self.first <= day:
                name = [str(day.year)] if day.year != year else []
                year = day.year
                yield Tick(self.x(day), " ".join(([] if step >= 12 else [months[day.month - 1]]) + name))


def _fits(ticks: list[Tick]) -> bool:
    """Return whether what is written beside ticks has room; it begins at its tick."""
    return all(tick.end + 6 <= following.x for tick, following in pairwise(ticks))


def _shifted(day: date, days: int) -> date:
    number = min(max(day.toordinal() + days, 1), date.max.toordinal())
    return date.fromordinal(number)
