"""What half-known dates come to: on which days a free date takes durations from one cell to the next.

A duration with one free end goes through its cells one after the other as that end moves. So what it can come to
follows from the cells at the first and at the last possible day of the free end, and from the order in which the
durations that it ends turn between these. Rows in which both are the same are in the same situation.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa

from lrp_kg.cohort.arrays import Array, Column, Numbering, distinct, passed
from lrp_kg.cohort.buffers import as_column, numbers_of
from lrp_kg.cohort.cells import EXACT, RANGE, UNKNOWN, Days
from lrp_kg.cohort.measures import measure
from lrp_kg.durations import COUNTING_DAYS, day_number
from lrp_kg.logic.calendar import ALWAYS, Calendar

CYCLE = 1461
"""Days of four years, after which months have the same lengths again."""
MIDDLE = day_number(date(2000, 1, 1))
NEAR = 64 * 365
"""Around this day, and so many days away from it, each fourth year has a leap day, and the calendar bounds nothing."""
MONTHS = 24
"""Months within which durations of which only the place in four years matters go from one cell to the next."""
NEVER = 1 << 40
_LONGEST = 31 * (MONTHS + 2)
_FIRST, _LAST = day_number(ALWAYS.earliest), day_number(ALWAYS.latest)


@dataclass(frozen=True)
class DurationAxis:
    """Durations between the same two dates, by their variables; ``place`` is its bit among the half-known ones."""

    place: int
    start: str
    end: str
    variables: tuple[int, ...]


class DurationTurns:
    """The days on which durations go to their next cell, as days after the known end; while the other end moves."""

    def __init__(self, axis: DurationAxis, calendar: Calendar) -> None:
        self.axis = axis
        derived = calendar.derived
        self.near = all(
            calendar.cells.variables[v].starts[-1] <= MONTHS * (31 if derived[v].measure in COUNTING_DAYS else 1)
            for v in axis.variables
        )
        """Whether the place of the known end in four years is enough."""
        self._steps = [
            (derived[v].measure, start) for v in axis.variables for start in calendar.cells.variables[v].starts[1:]
        ]
        sizes = [len(calendar.cells.variables[v].starts) - 1 for v in axis.variables]
        self._parts = np.cumsum([0, *sizes]).tolist()
        self._regular = [derived[v].measure in COUNTING_DAYS for v in axis.variables]
        self._tables: dict[bool, tuple[Array, Array]] = {}
        self._orders: dict[bool, Array] = {}
        self.trivial = len(axis.variables) == 1 and self._regular[0]
        """Whether the cells at the two ends say everything."""
        self.columns = 2 + 2 * len(axis.variables) - self.trivial

    def known(self, free_is_end: bool) -> str:
        """Return the date at the end that is not free."""
        return self.axis.start if free_is_end else self.axis.end

    def _table(self, free_is_end: bool) -> tuple[Array, Array]:
        """Return by the known end's place in four years after how many days each step comes, and the same clipped."""
        if free_is_end not in self._tables:
            known = MIDDLE - MIDDLE % CYCLE + np.arange(CYCLE)
            steps = [self._step(known, name, start, free_is_end) for name, start in self._steps]
            plain = np.stack(steps, axis=1) if steps else np.zeros((CYCLE, 0), np.int64)
            always = [bool((measure(name, known, known) >= start).any()) for name, start in self._steps]
            clipped = plain.copy()
            clipped[:, np.array(always, bool)] = -NEVER if free_is_end else NEVER
            self._tables[free_is_end] = plain, clipped
        return self._tables[free_is_end]

    @staticmethod
    def _step(known: Array, name: str, start: int, free_is_end: bool) -> Array:
        """Return the first day of the free end, after the known one, with another cell, by bisection."""
        if name in COUNTING_DAYS and len(known) > 1:
            return np.full(len(known), DurationTurns._step(known[:1], name, start, free_is_end)[0])
        low, high = known - _LONGEST, known + _LONGEST
        while (high - low > 1).any():
            middle = (low + high) // 2
            reached = measure(name, known, middle) >= start if free_is_end else measure(name, middle, known) < start
            low, high = np.where(reached, low, middle), np.where(reached, middle, high)
        found: Array = high - known
        return found

    def after(self, known: Array, free_is_end: bool, *, clipped: bool) -> Array:
        """Return the days of the steps, one column each; ``clipped`` where the known end gives way to the free one."""
        found: Array = known[:, None] + self._table(free_is_end)[clipped].take(known % CYCLE, axis=0)
        return found

    def passed(self, known: Array, free: Array, free_is_end: bool) -> list[Array]:
        """Return for each duration how many steps the free end has passed."""
        table = self._table(free_is_end)[1]
        away = free - known
        place: Array | None = None
        found = []
        for regular, first, last in zip(self._regular, self._parts, self._parts[1:], strict=False):
            if regular:
                found.append(passed(np.sort(table[0, first:last]), away))
                continue
            place = known % CYCLE if place is None else place
            count = np.zeros(len(known), np.int64)
            for step in range(first, last):
                count += away >= table[place, step]
            found.append(count)
        return found

    def orders(self, free_is_end: bool) -> Array:
        """Return by the known end's place in four years the number of the order in which all steps come."""
        if free_is_end not in self._orders:
            seen: dict[bytes, int] = {}
            rows = _ordered(self._table(free_is_end)[1], np.full(CYCLE, -2 * NEVER), np.full(CYCLE, 2 * NEVER))
            self._orders[free_is_end] = np.array([seen.setdefault(r.tobytes(), len(seen)) for r in rows], np.int64)
        return self._orders[free_is_end]


def _ordered(days: Array, low: Array, high: Array) -> Array:
    """Return for each row the order of its steps after ``low`` until ``high``, and which come on the same day.

    Of the steps until ``low`` it only matters which they are; those after ``high`` are left out.
    """
    order = np.argsort(days, axis=1, kind="stable")
    sorted_days = np.take_along_axis(days, order, axis=1)
    together = np.zeros(days.shape, bool)
    together[:, 1:] = sorted_days[:, 1:] == sorted_days[:, :-1]
    within = (sorted_days > low[:, None]) & (sorted_days <= high[:, None])
    before = days <= low[:, None]
    signed = np.where(within, order * 2 + together, -1).astype(np.int16)
    return np.concatenate([signed, before.astype(np.int16)], axis=1)


class Situations:
    """The situations of rows of one decision, in columns of which equal ones are equal situations."""

    def __init__(self, axes: Sequence[DurationAxis], calendar: Calendar) -> None:
        every = [DurationTurns(axis, calendar) for axis in axes]
        self.names = sorted({name for axis in axes for name in (axis.start, axis.end)})
        self._free = {
            name: [(t, t.axis.end == name) for t in every if name in (t.axis.start, t.axis.end)] for name in self.names
        }
        """By a date that is free the durations that it ends, and whether as their later end."""
        self.joint = Numbering()
        columns = [[t.columns for t, _ in own] for own in self._free.values()]
        ends = np.cumsum([sum(own) + 1 for own in columns]) + len(self.names)
        self.joint_places = tuple(ends.tolist())
        """The columns that have numbers of ``joint``, from 1 on; 0 is for rows to which they do not apply."""

    def columns(self, half: Array, given: Mapping[str, Days], possible: Mapping[str, Days]) -> list[Column]:
        """Return the columns of rows: the half-known axes as bits, what is ``given`` of dates, and what they come to.

        ``possible`` are the dates with the first and last day that they can have beside the others.
        """
        size = len(half)
        apart, far = np.zeros(size, bool), np.zeros(size, bool)
        used: dict[str, list[Array]] = {}
        for name, own in self._free.items():
            used[name] = [self._used(turns, way, half, given) for turns, way in own]
            for (turns, way), rows in zip(own, used[name], strict=True):
                if rows.any():
                    partner = given[turns.known(way)]
                    apart |= rows & (partner.state == RANGE)
                    far |= rows & _far(turns, partner, possible[name])
            if len(own) > 1:
                apart |= np.sum(used[name], axis=0, dtype=np.int16) > 1
        near = ~(apart | far)
        found: list[Column] = [half, *(given[name].state for name in self.names)]
        for name, own in self._free.items():
            for (turns, way), rows in zip(own, used[name], strict=True):
                found += _alone(turns, way, rows & near, given, possible[name])
            some = np.flatnonzero(apart & ~far & np.any(used[name], axis=0))
            found.append(self._together(name, some, used[name], given, possible[name]) if len(some) else 0)
        for name in self.names:
            for days in (given[name], possible[name]):
                found += [np.where(far, side, 0) if far.any() else 0 for side in (days.low, days.high)]
        return found

    def has_days(self, key: Sequence[int]) -> bool:
        """Return whether the values of all columns in a row have days, and not only cells and orders."""
        return any(key[-4 * len(self.names) :])

    @staticmethod
    def _used(turns: DurationTurns, way: bool, half: Array, given: Mapping[str, Days]) -> Array:
        """Return the rows in which durations are half known, and free at one of their ends."""
        start, end = given[turns.axis.start], given[turns.axis.end]
        to_end = (start.state == EXACT) | ((start.state == RANGE) & (end.state == UNKNOWN))
        found: Array = (half >> turns.axis.place & 1).astype(bool) & (to_end == way)
        return found

    def _together(self, name: str, some: Array, used: Sequence[Array], given: Mapping[str, Days], free: Days) -> Array:
        """Return the number of what all durations that a date ends come to; of those beside a range too."""
        own = self._free[name]
        columns = [free.low[some], free.high[some]]
        for (turns, way), rows in zip(own, used, strict=True):
            partner = given[turns.known(way)]
            columns += [np.where(rows[some], side[some], 0) for side in (partner.low, partner.high)]
            columns.append(rows[some])
        first, inverse = distinct(columns)
        low, high = columns[0][first], columns[1][first]
        days, there = [], [low > high]
        for number, (turns, way) in enumerate(own):
            early, late, rows = (c[first] for c in columns[2 + 3 * number : 5 + 3 * number])
            nearest, farthest = (late, early) if way else (early, late)
            steps = (turns.after(nearest, way, clipped=True), turns.after(farthest, way, clipped=False))
            days.append(np.where(rows[:, None], np.concatenate(steps, axis=1), 2 * NEVER))
            there.append(rows)
        order = _ordered(np.concatenate(days, axis=1), low, high)
        signs = np.concatenate([order, np.stack(there, axis=1).astype(np.int16)], axis=1)
        kinds = as_column(signs, pa.binary(signs.shape[1] * signs.itemsize)).dictionary_encode()
        numbers = np.array([self.joint.number((name, own)) + 1 for own in kinds.dictionary.to_pylist()], np.int64)
        found = np.zeros(len(used[0]), np.int64)
        found[some] = numbers.take(numbers_of(kinds.indices)).take(inverse)
        return found


def _far(turns: DurationTurns, partner: Days, free: Days) -> Array:
    """Return the rows of which the place of the days in four years is not enough."""
    if not turns.near:
        return np.ones(len(free.low), bool)
    found: Array = (np.abs(partner.low - MIDDLE) > NEAR) | (np.abs(partner.high - MIDDLE) > NEAR)
    for day, no_bound in ((free.low, _FIRST), (free.high, _LAST)):
        found |= (day != no_bound) & (np.abs(day - MIDDLE) > NEAR)
    return found


def _alone(turns: DurationTurns, way: bool, rows: Array, given: Mapping[str, Days], free: Days) -> list[Column]:
    """Return what durations come to while one of their ends is free, and no other duration ends there; else 0."""
    places = np.flatnonzero(rows)
    if not len(places):
        return [0] * turns.columns
    known = given[turns.known(way)].low[places]
    low, high = free.low[places], free.high[places]
    own: list[Array] = [low > high, *turns.passed(known, low, way), *turns.passed(known, high, way)]
    if not turns.trivial:
        own.append(turns.orders(way)[known % CYCLE])
    found: list[Column] = []
    for column in own:
        whole = np.zeros(len(rows), np.int16)
        whole[places] = column
        whole[places] += 1
        found.append(whole)
    return found
