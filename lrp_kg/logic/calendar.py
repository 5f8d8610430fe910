"""Which cells of derived durations can occur together, given what is known of the dates.

Durations that share a date move together: 28 days and more than three months go with some pairs of dates and
not with others. This module knows the calendar; it decides nothing.
"""

from __future__ import annotations

import json
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta
from functools import lru_cache, partial
from itertools import chain, groupby, product

from lrp_kg.cache import remembered
from lrp_kg.durations import COUNTING_DAYS, MEASURES, DateRange, add_months, add_period, parse_period
from lrp_kg.guideline.model import DateSpan, Derived
from lrp_kg.logic.cells import UNKNOWN, Cells, Signature, assign

_CYCLE_START = date(2023, 1, 1)
_CYCLE_DAYS = 731
"""A common year and a leap year: every sequence of month lengths that a duration of less than a year meets."""
_REACH = timedelta(days=366 * 130)
_EARLIEST, _LATEST = date(1, 1, 1), date(9999, 12, 31)
COMPLETIONS = 1000
"""Signatures of one record that are looked at; beyond it what they differ in counts as unknown."""

DateValues = Mapping[str, date]
DateRanges = Mapping[str, DateRange]
ALWAYS = DateRange(_EARLIEST, _LATEST)


class KnownDates(dict[str, date]):
    """The certain dates of one record, which do not change, with what was worked out from them."""

    __slots__ = ("bounds", "joint")

    def __init__(self, dates: Mapping[str, date]) -> None:
        super().__init__(dates)
        self.bounds: dict[str, DateRange] = {}
        self.joint: dict[tuple[str, tuple[int, ...]], tuple[tuple[int, ...], ...]] = {}

    def __reduce__(self) -> tuple[type[KnownDates], tuple[dict[str, date]]]:
        """Leave out what was worked out."""
        return KnownDates, (dict(self),)


class Calendar:
    """The joint cells of derived durations of a guideline; with ``keep`` those of any dates are kept on disk."""

    def __init__(self, cells: Cells, *, keep: bool = False) -> None:
        self.cells = cells
        self._keep = keep
        self.derived: dict[int, Derived] = {
            i: cells.guideline.derived[v.iri] for i, v in enumerate(cells.variables) if v.iri in cells.guideline.derived
        }
        self.orders = cells.guideline.date_orders
        spans = [DateSpan(earlier, "P0D", later) for earlier, later in self.orders] + [*cells.guideline.date_spans]
        self._after = {name: tuple(s for s in spans if s.field == name) for name in {s.field for s in spans}}
        self._before = {
            name: tuple(s for s in spans if s.counted_from == name) for name in {s.counted_from for s in spans}
        }
        self._joint = lru_cache(maxsize=3_000)(self._joint_uncached)
        self._reachable: dict[tuple[int, ...], tuple[tuple[int, ...], ...]] = {}

    def group(self, variable: int) -> tuple[int, ...]:
        """Return the variables derived from the same two dates as this one; itself where it is no duration."""
        own = self.derived.get(variable)
        if own is None:
            return (variable,)
        return tuple(i for i, d in self.derived.items() if (d.start, d.end) == (own.start, own.end))

    def measure(self, variable: int, start: date, end: date) -> int:
        """Return the duration of a variable between two dates."""
        return MEASURES[self.derived[variable].measure](start, end)

    def reachable(self, group: tuple[int, ...]) -> tuple[tuple[int, ...], ...]:
        """Return the joint cells of durations between the same two dates that any pair of dates reaches."""
        known = self._reachable.get(group)
        if known is None:
            if self._keep:
                counted = [(self.derived[v].measure, self.cells.variables[v].starts) for v in group]
                known = remembered(
                    "calendars", repr(counted), partial(self._reached, group), dump=json.dumps, load=_cells
                )
            else:
                known = self._reached(group)
            self._reachable[group] = known
        return known

    def _reached(self, group: tuple[int, ...]) -> tuple[tuple[int, ...], ...]:
        counting = {v: self._turns(v, _CYCLE_START) for v in group if self.derived[v].measure in COUNTING_DAYS}
        found: set[tuple[int, ...]] = set()
        for offset in range(_CYCLE_DAYS):
            start = _CYCLE_START + timedelta(days=offset)
            turns = [counting.get(v) or self._turns(v, start) for v in group]
            lengths = {0, *(days for _, later in turns for days in later)}
            found |= {tuple(first + bisect_right(later, days) for first, later in turns) for days in lengths}
        return tuple(sorted(found))

    def _cell(self, variable: int, start: date, end: date) -> int:
        return self.cells.variables[variable].cell(self.measure(variable, start, end))

    def _turns(self, variable: int, start: date) -> tuple[int, list[int]]:
        """Return the first cell of a duration, and after how many days from a start it goes to each further one."""
        lengths = range(min(31 * (self.cells.variables[variable].starts[-1] + 1), _REACH.days) + 1)

        def cell(days: int) -> int:
            return self._cell(variable, start, start + timedelta(days=days))

        first, last = cell(0), cell(lengths[-1])
        return first, [bisect_left(lengths, c, key=cell) for c in range(first + 1, last + 1)]

    @staticmethod
    def _edges(cell: Callable[[date], int], low: date, high: date) -> Iterator[date]:
        """Yield the first date of each new cell of a monotone function, by bisection."""
        stack = [(low, cell(low), high, cell(high))]
        while stack:
            a, cell_a, b, cell_b = stack.pop()
            if cell_a == cell_b:
                continue
            if (b - a).days == 1:
                yield b
                continue
            middle = a + (b - a) // 2
            cell_m = cell(middle)
            stack += [(a, cell_a, middle, cell_m), (middle, cell_m, b, cell_b)]

    def after(self, name: str) -> tuple[DateSpan, ...]:
        """Return the spans within which a date lies, each counted from another date."""
        return self._after.get(name, ())

    def before(self, name: str) -> tuple[DateSpan, ...]:
        """Return the spans that are counted from a date."""
        return self._before.get(name, ())

    @staticmethod
    def last_within(day: date, span: DateSpan) -> date:
        """Return the last day of a span that is counted from a day."""
        return add_period(day, span.within) or _LATEST

    @staticmethod
    def first_within(day: date, span: DateSpan) -> date:
        """Return the first day from which a span reaches a day."""
        return _first_within(day, span.within)

    def bounds(self, name: str, dates: DateValues, ranges: DateRanges) -> DateRange:
        """Return the first and last day that a date can have beside the dates that are known, or known to be within."""
        kept = dates.bounds if isinstance(dates, KnownDates) and not ranges else {}
        found = kept.get(name)
        if found is None:
            known = dates.get(name)
            if known:
                found = DateRange(known, known)
            else:
                found = DateRange(self._low(name, dates, ranges, ()), self._high(name, dates, ranges, ()))
            kept[name] = found
        return found

    def _high(self, name: str, dates: DateValues, ranges: DateRanges, passed: tuple[str, ...]) -> date:
        found = [ranges[name].latest if name in ranges else _LATEST]
        for span in self.after(name):
            other = span.counted_from
            if other not in passed:
                last = dates.get(other) or self._high(other, dates, ranges, (*passed, name))
                found.append(self.last_within(last, span))
        return min(found)

    def _low(self, name: str, dates: DateValues, ranges: DateRanges, passed: tuple[str, ...]) -> date:
        found = [ranges[name].earliest if name in ranges else _EARLIEST]
        for span in self.before(name):
            other = span.field
            if other not in passed:
                first = dates.get(other) or self._low(other, dates, ranges, (*passed, name))
                found.append(self.first_within(first, span))
        return max(found)

    def joint(
        self, name: str, variables: tuple[int, ...], dates: DateValues, ranges: DateRanges | None = None
    ) -> tuple[tuple[int, ...], ...]:
        """Return the joint cells that variables can take over all valid values of one date that is not known exactly.

        There are none where other dates leave it no day.

        ``variables`` are derived from the date ``name`` and from another each, which is known or in ``ranges``; those
        from the same two dates follow each other. For durations in days the cells are exactly those that some days
        reach; for months from a date in a range there can be more.
        """
        kept = dates.joint if isinstance(dates, KnownDates) and not ranges else {}
        found = kept.get((name, variables))
        if found is None:
            found = kept[name, variables] = self._joint_within(name, variables, dates, ranges or {})
        return found

    def _joint_within(
        self, name: str, variables: tuple[int, ...], dates: DateValues, within: DateRanges
    ) -> tuple[tuple[int, ...], ...]:
        partners = {d for v in variables for d in (self.derived[v].start, self.derived[v].end)} - {name}
        others = ((d, DateRange(dates[d], dates[d]) if d in dates else within[d]) for d in sorted(partners))
        return self._joint(name, variables, tuple(others), self.bounds(name, dates, within))

    def _joint_uncached(
        self, name: str, variables: tuple[int, ...], others: tuple[tuple[str, DateRange], ...], days: DateRange
    ) -> tuple[tuple[int, ...], ...]:
        partners = dict(others)
        low = max(days.earliest, _shift(min(*(r.earliest for r in partners.values()), days.latest), -_REACH))
        high = min(days.latest, _shift(max(*(r.latest for r in partners.values()), days.earliest), _REACH))
        if low > high:  # dates that contradict each other, each pair of which can be
            return ()

        def shortest(variable: int, day: date) -> int:
            derived = self.derived[variable]
            if derived.end == name:
                return self._cell(variable, min(partners[derived.start].latest, day), day)
            return self._cell(variable, day, max(partners[derived.end].earliest, day))

        def longest(variable: int, day: date) -> int:
            derived = self.derived[variable]
            if derived.end == name:
                return self._cell(variable, partners[derived.start].earliest, day)
            return self._cell(variable, day, partners[derived.end].latest)

        ends = (shortest, longest) if any(r.earliest != r.latest for r in partners.values()) else (shortest,)
        groups = [tuple(g) for _, g in groupby(variables, lambda v: (self.derived[v].start, self.derived[v].end))]
        edges = {low, high}
        for variable in variables:
            for cell in ends:
                edges.update(self._edges(partial(cell, variable), low, high))
        found: set[tuple[int, ...]] = set()
        for day in edges:
            choices = []
            for group in groups:
                least, most = (tuple(cell(v, day) for v in group) for cell in (ends[0], ends[-1]))
                choices.append(
                    [c for c in self.reachable(group) if _between(least, c, most)] if least != most else [least]
                )
            found.update(tuple(chain(*several)) for several in product(*choices))
        return tuple(sorted(found))

    def completions(self, signature: Signature, dates: DateValues, ranges: DateRanges) -> tuple[Signature, ...]:
        """Return the signatures that a record can have over all days of its uncertain dates, most often a few.

        Durations of which the other date is unknown, or is uncertain too, stay unknown.
        """
        found: list[Signature] = [signature]
        for name in sorted(ranges):
            variables = tuple(
                v
                for v, d in self.derived.items()
                if signature[v] == UNKNOWN and name in (d.start, d.end) and {d.start, d.end} - {name} <= dates.keys()
            )
            if variables:
                cells = self.joint(name, variables, dates, ranges)
                if not cells:
                    return (signature,)
                found = [assign(s, variables, c) for s in found for c in cells]
                if len(found) > COMPLETIONS:
                    return (signature,)
        return tuple(found)


def _cells(text: str) -> tuple[tuple[int, ...], ...]:
    return tuple(map(tuple, json.loads(text)))


def _between(least: tuple[int, ...], cells: tuple[int, ...], most: tuple[int, ...]) -> bool:
    return all(a <= c <= b for a, c, b in zip(least, cells, most, strict=True))


def _first_within(day: date, period: str) -> date:
    """Return the first day after which a period does not end before another day."""
    months, days = parse_period(period)
    try:
        first = add_months(day - timedelta(days=days), -months)
    except (OverflowError, ValueError):
        return _EARLIEST
    while (end := add_period(first, period)) and end < day:
        first += timedelta(days=1)
    return first


def _shift(day: date, by: timedelta) -> date:
    try:
        return day + by
    except OverflowError:
        return _EARLIEST if by < timedelta(0) else _LATEST
