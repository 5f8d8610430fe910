"""Which cells of derived durations can occur together, given what is known of the dates.

Durations that share a date move together: 28 days and more than three months go with some pairs of dates and
not with others. This module knows the calendar; it decides nothing.
"""

from __future__ import annotations

import json
from collections.abc import Hashable, Mapping
from datetime import date, timedelta
from functools import partial
from itertools import chain, groupby, product
from typing import Any, NamedTuple

from lrp_kg.cache import remembered
from lrp_kg.durations import MEASURES, DateRange, add_months, add_period, parse_period
from lrp_kg.guideline.model import DateSpan, Derived
from lrp_kg.logic.cells import UNKNOWN, Cells, Signature, assign
from lrp_kg.logic.memory import BoundedMemory, SharedBound
from lrp_kg.logic.steps import Moving, Stepper, course_of

_CYCLE_START = date(2023, 1, 1)
_CYCLE_DAYS = 731
"""A common year and a leap year: every sequence of month lengths that a duration of less than a year meets."""
_REACH = 366 * 130
_EARLIEST, _LATEST = date(1, 1, 1), date(9999, 12, 31)
LIMIT = 4 * 1024 * 1024
"""Bytes of what is remembered of days, where it has a bound of its own."""
_ENTRY = 2500
_WAY = 600
COMPLETIONS = 1000
"""Signatures of one record that are looked at; beyond it what they differ in counts as unknown."""

DateValues = Mapping[str, date]
DateRanges = Mapping[str, DateRange]
ALWAYS = DateRange(_EARLIEST, _LATEST)


class KnownDates(dict[str, date]):
    """The certain dates of one record, which do not change, with what was worked out from them."""

    __slots__ = ("bounds", "joint", "standing")

    def __init__(self, dates: Mapping[str, date]) -> None:
        super().__init__(dates)
        self.bounds: dict[str, DateRange] = {}
        self.joint: dict[tuple[str, tuple[int, ...]], tuple[tuple[int, ...], ...]] = {}
        self.standing: dict[Hashable, Any] = {}
        """What deciders worked out from them, by decider and what else it is worked out from."""

    def __reduce__(self) -> tuple[type[KnownDates], tuple[dict[str, date]]]:
        """Leave out what was worked out."""
        return KnownDates, (dict(self),)


class Way(NamedTuple):
    """The dates that bound a date on one side, with the period of each, and what bounds these where they are unknown.

    Of a date that bounds it without a period between them, no way by a third one is there: that is never closer.
    """

    name: str
    beside: tuple[tuple[DateSpan | None, Way], ...]


def _pruned(way: Way, without: frozenset[str]) -> Way:
    """Return a way without the dates that have no day, where nothing that has one bounds them."""
    beside = tuple((span, _pruned(other, without)) for span, other in way.beside)
    return Way(way.name, tuple((s, o) for s, o in beside if s or o.beside or o.name not in without))


def is_order(span: DateSpan) -> bool:
    """Return whether a span only says which of two dates is the later one."""
    return parse_period(span.within) == (0, 0)


class Calendar:
    """The joint cells of derived durations of a guideline; with ``keep`` those of any dates are kept on disk."""

    def __init__(self, cells: Cells, *, keep: bool = False, memories: SharedBound | None = None) -> None:
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
        self._ways: dict[tuple[str, bool], Way] = {}
        bound = memories or SharedBound(LIMIT)
        self._ways_without: BoundedMemory[tuple[str, bool, frozenset[str]], Way] = BoundedMemory(bound, _WAY)
        self.stepper = Stepper(cells, self.derived, bound)
        self._joint: BoundedMemory[Hashable, tuple[tuple[int, ...], ...]] = BoundedMemory(bound, _ENTRY)
        self._partners: dict[tuple[str, tuple[int, ...]], tuple[tuple[str, bool, tuple[int, ...]], ...]] = {}
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
        found: set[tuple[int, ...]] = set()
        for offset in range(_CYCLE_DAYS):
            steps = self.stepper.steps(group, _CYCLE_START + timedelta(days=offset), True)
            found.update(steps.cells[: steps.place(_REACH) + 1])
        return tuple(sorted(found))

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
                first = self._low(self.way(name, above=False), dates, ranges)
                found = DateRange(first, self._high(self.way(name, above=True), dates, ranges))
            kept[name] = found
        return found

    def way(self, name: str, *, above: bool, without: frozenset[str] = frozenset()) -> Way:
        """Return what bounds a date from ``above``, or else from below.

        Dates that are surely ``without`` a day, and what these only pass on, are left out.
        """
        if without:
            key = name, above, without
            found = self._ways_without.get(key)
            return found or self._ways_without.put(key, _pruned(self.way(name, above=above), without))
        known = self._ways.get((name, above))
        if known is None:
            known = self._ways[name, above] = self._found_way(name, above, frozenset())
        return known

    def _found_way(self, name: str, above: bool, passed: frozenset[str]) -> Way:
        spans = self.after(name) if above else self.before(name)
        others = [(span.counted_from if above else span.field, span) for span in spans]
        beyond = passed.union((name, *(other for other, span in others if is_order(span))))
        return Way(
            name,
            tuple(
                (None if is_order(span) else span, self._found_way(other, above, beyond))
                for other, span in others
                if other not in passed
            ),
        )

    def _high(self, way: Way, dates: DateValues, ranges: DateRanges) -> date:
        found = ranges[way.name].latest if way.name in ranges else _LATEST
        for span, other in way.beside:
            last = dates.get(other.name) or self._high(other, dates, ranges)
            if span:
                last = self.last_within(last, span)
            if last < found:
                found = last
        return found

    def _low(self, way: Way, dates: DateValues, ranges: DateRanges) -> date:
        found = ranges[way.name].earliest if way.name in ranges else _EARLIEST
        for span, other in way.beside:
            first = dates.get(other.name) or self._low(other, dates, ranges)
            if span:
                first = self.first_within(first, span)
            if first > found:
                found = first
        return found

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
        others = {}
        for partner, *_ in self._beside(name, variables):
            day = dates.get(partner)
            others[partner] = DateRange(day, day) if day else within[partner]
        return self.joint_beside(name, variables, others, self.bounds(name, dates, within))

    def joint_beside(
        self, name: str, variables: tuple[int, ...], others: DateRanges, days: DateRange
    ) -> tuple[tuple[int, ...], ...]:
        """Return the joint cells of `joint` by the days that the date can have, and those that the other dates can."""
        earliest, latest = days.earliest.toordinal(), days.latest.toordinal()
        low = max(earliest, min(*(r.earliest.toordinal() for r in others.values()), latest) - _REACH)
        high = min(latest, max(*(r.latest.toordinal() for r in others.values()), earliest) + _REACH)
        if low > high:  # dates that contradict each other, each pair of which can be
            return ()
        moving = []
        for partner, moves_end, own in self._beside(name, variables):
            bounds = others[partner]
            near, far = (bounds.latest, bounds.earliest) if moves_end else (bounds.earliest, bounds.latest)
            moving.append(Moving(self.stepper, own, near, far, moves_end))
        key = course_of(moving, low, high)
        return self._joint.get(key) or self._joint.put(key, self._joint_cells(moving, low, high))

    def _joint_cells(self, moving: list[Moving], low: int, high: int) -> tuple[tuple[int, ...], ...]:
        found: set[tuple[int, ...]] = set()
        for day in {low, *(day for m in moving for day in m.turns(low, high))}:
            choices = []
            for m in moving:
                least, most = m.cells(day)
                if least == most:
                    choices.append([least])
                else:
                    choices.append([c for c in self.reachable(m.variables) if _between(least, c, most)])
            found.update(tuple(chain(*several)) for several in product(*choices))
        return tuple(sorted(found))

    def _beside(self, name: str, variables: tuple[int, ...]) -> tuple[tuple[str, bool, tuple[int, ...]], ...]:
        """Return the dates that variables have beside one, whether that is their end, and which have each of them."""
        key = name, variables
        found = self._partners.get(key)
        if found is None:
            ends = groupby(variables, lambda v: (self.derived[v].start, self.derived[v].end))
            found = self._partners[key] = tuple(
                (start if end == name else end, end == name, tuple(own)) for (start, end), own in ends
            )
        return found

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
