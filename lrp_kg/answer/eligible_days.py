"""The days on which a patient can enter a programme: the day on which it is asked for moves, all else stays.

The durations that follow that day matter only up to their cells, so that years fall into a few stretches of one
outcome each. A day is eligible where the outcome is certainly so.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date, timedelta
from itertools import product
from typing import NamedTuple

from lrp_kg.answer.day_runs import (
    NEVER,
    UNKNOWN_DAYS,
    DayBounds,
    Horizon,
    Stretch,
    chosen,
    joined,
    number_of,
    with_day,
)
from lrp_kg.answer.results import ELIGIBLE, EligibleDays
from lrp_kg.durations import add_period
from lrp_kg.guideline.model import Guideline, Programme
from lrp_kg.logic.cells import UNKNOWN, Signature
from lrp_kg.logic.classify import FALSE, OPEN, TRUE
from lrp_kg.logic.decide import Decider, KleeneDecider
from lrp_kg.logic.diagrams import Builder, Function
from lrp_kg.logic.memory import BoundedMemory, SharedBound
from lrp_kg.logic.outcomes import DECIDED, UNDETERMINED, Outcome
from lrp_kg.logic.steps import Moving
from lrp_kg.record.model import Record

LIMIT = 4 * 1024 * 1024
"""Bytes of what is remembered of one programme, where it has a bound of its own."""
COMPLETIONS = 1000
"""Joint cells of durations from dates within bounds that are looked at; beyond it the durations count as unknown."""

_Range = tuple[int, int, int]
"""A variable with its lowest and its highest cell."""
_Cells = tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]
"""Variables with their lowest and their highest cells."""


class _Partner(NamedTuple):
    """A date that has durations with the moving one; ``moves_end``: the moving date is their end."""

    name: str
    moves_end: bool
    variables: tuple[int, ...]


class _Beside(NamedTuple):
    """A partner that can make a difference to a record, with the nearest and the farthest day that it can be."""

    partner: _Partner
    near: date | None
    far: date | None


class DayFinder:
    """Finds the eligible days of one programme. Made once; safe to share between threads that only read."""

    def __init__(
        self,
        guideline: Guideline,
        programme: Programme,
        builder: Builder,
        deciders: Mapping[str, Decider | KleeneDecider],
        memories: SharedBound | None = None,
    ) -> None:
        self.guideline = guideline
        self.programme = programme
        self.field = guideline.choosing_field(programme)
        self._calendar = builder.dates
        self._spans = [span for span in guideline.date_spans if span.field == self.field]
        self._cells = builder.program.cells
        self._deciders = deciders
        self._decisions = tuple(e.decision for e in programme.editions)
        roots = [root for name in self._decisions for root in builder.roots(guideline.decisions[name])]
        read = sorted(builder.reads(roots))
        partners: dict[tuple[str, bool], list[int]] = {}
        for v in read:
            d = builder.dates.derived.get(v)
            if d and self.field in (d.start, d.end):
                partners.setdefault((d.start, True) if d.end == self.field else (d.end, False), []).append(v)
        self._partners = [_Partner(name, end, tuple(vs)) for (name, end), vs in partners.items()]
        self._moving = frozenset(v for p in self._partners for v in p.variables)
        self._fixed = tuple(v for v in read if v not in self._moving)
        self._names = tuple(dict.fromkeys(p.name for p in self._partners))
        self._implied = tuple({i for name in self._names for i in guideline.fields[name].implies})
        settled = {builder.program.cells.variables[v].iri for v in read}
        self._earlier = [
            earlier
            for earlier, later in guideline.date_orders
            if later == self.field and not settled.isdisjoint(guideline.fields[earlier].implies)
        ]
        """Dates that the moving day cannot precede, and that settle a field of the programme."""
        bound = memories or SharedBound(LIMIT)
        self._plans: BoundedMemory[bytes, _Plan] = BoundedMemory(bound, 500)
        self._same_plans: BoundedMemory[tuple[_Part, ...], _Plan] = BoundedMemory(bound, 1000)
        self._parts: BoundedMemory[Hashable, _Part] = BoundedMemory(bound, 1000)
        self._verdicts: BoundedMemory[Hashable, int] = BoundedMemory(bound, 300)
        self._found: BoundedMemory[Hashable, tuple[list[Stretch], DayBounds]] = BoundedMemory(bound, 1500)

    def find(self, signature: Signature, record: Record, outcome: Callable[[], Outcome]) -> EligibleDays:
        """Return the run of eligible days that holds the day asked, else the next run; the first where it is unknown.

        ``outcome`` returns what is decided of the day asked, which can be more than is certain of the days around it.
        """
        own = bytes([signature[v] for v in self._fixed])
        plan = self._plan(own)
        if plan.always == FALSE:
            return NEVER
        if plan.always == OPEN:
            return UNKNOWN_DAYS
        others = {name: day for name, day in record.dates.items() if name != self.field}
        days = [others.get(name) or record.ranges.get(name) for name in self._names]
        bounding = (*others.items(), *record.ranges.items()) if None in days else ()
        first = max((others[name] for name in self._earlier if name in others), default=date.min)
        key = (plan, first, bounding, *days, *map(record.values.get, self._implied))
        known = self._found.get(key) or self._found.put_again(key, self._stretches(plan, record, others, first))
        stretches, limits = known
        asked = record.dates.get(self.field or "")
        if asked and stretches[number_of(stretches, asked)].verdict == OPEN:
            stretches = joined(with_day(stretches, asked, _verdict([outcome()])))
        return self._marked(chosen(stretches, asked, limits, self._horizon(others, record)))

    def _marked(self, found: EligibleDays) -> EligibleDays:
        """Return days with the first of them that counts by rules that have ended."""
        if found in (NEVER, UNKNOWN_DAYS):
            return found
        day = self.programme.first_without_rules(found.first or date.min, found.last or date.max)
        return replace(found, outdated=day)

    def _plan(self, own: bytes) -> _Plan:
        """Return what is left of the programme for what is known beside the durations that follow the day."""
        plan = self._plans.get(own)
        if plan is None:
            fixed = bytearray(self._cells.unknown)
            for v, cell in zip(self._fixed, own, strict=True):
                fixed[v] = cell
            parts = tuple([self._part(name, bytes(fixed)) for name in self._decisions])
            same = self._same_plans.get(parts) or self._same_plans.put(parts, _Plan(self._decisions, parts))
            plan = self._plans.put(own, same)
        return plan

    def _part(self, decision: str, fixed: Signature) -> _Part:
        decider = self._deciders[decision]
        left = decider.left(fixed) if isinstance(decider, Decider) else fixed
        key = decision, left
        return self._parts.get(key) or self._parts.put(key, _Part(decider, left, self._moving, self._cells.unknown))

    # -- what a record says of the day --------------------------------------------------------------

    def _follow(
        self, plan: _Plan, record: Record, others: Mapping[str, date], first: date
    ) -> tuple[list[_Beside], DayBounds]:
        """Return the dates beside the moving day, and the days that they admit."""
        beside, unsettled = [], []
        low, high = first, date.max
        for partner in self._partners:
            name, moves_end, variables = partner
            there = name in others or name in record.ranges
            if not there and (plan.reads.isdisjoint(variables) or self._ruled_out(name, record)):
                continue
            within = self._calendar.bounds(name, others, record.ranges)
            near, far = (within.latest, within.earliest) if moves_end else (within.earliest, within.latest)
            if there and moves_end:
                low = max(low, far)
            elif there:
                high = min(high, far)
            bounded = near not in (date.min, date.max)
            if name not in others:
                unsettled.append((moves_end, near if bounded else None))
            # a date that may not be there is no bound from afar
            beside.append(_Beside(partner, near if bounded else None, far if there else None))
        return beside, DayBounds(low, high, tuple(unsettled))

    def _horizon(self, others: Mapping[str, date], record: Record) -> Horizon:
        """Return the last day that a record admits, by how long after another date the moving one can lie."""
        certain, possible = date.max, date.max
        for span in self._spans:
            from_day = self._calendar.bounds(span.counted_from, others, record.ranges)
            certain = min(certain, add_period(from_day.earliest, span.within) or date.max)
            possible = min(possible, add_period(from_day.latest, span.within) or date.max)
        return Horizon(certain, possible)

    def _ruled_out(self, name: str, record: Record) -> bool:
        """Return whether a date cannot be, since it would imply what is known to be false."""
        return any(record.values.get(implied) is False for implied in self.guideline.fields[name].implies)

    # -- the outcome of each day --------------------------------------------------------------------

    def _stretches(
        self, plan: _Plan, record: Record, others: Mapping[str, date], first: date
    ) -> tuple[list[Stretch], DayBounds]:
        """Return the stretches of admissible days, with the limits of these."""
        beside, limits = self._follow(plan, record, others, first)
        starts = {limits.low, *(e.valid_from for e in self.programme.editions[1:] if e.valid_from)}
        within = sorted(day for day in starts if limits.low <= day <= limits.high)
        found: list[Stretch] = []
        for day, following in zip(within, [*within[1:], None], strict=True):
            last = following - timedelta(days=1) if following else limits.high
            part = plan.parts[self.programme.in_force(day).decision]
            found += self._of_edition(part, beside, day, last)
        return joined(found), limits

    def _of_edition(self, part: _Part, beside: Iterable[_Beside], first: date, last: date) -> Iterator[Stretch]:
        """Yield stretches between two days on which one edition is chosen."""
        if part.always is not None:
            yield Stretch(first, part.always)
            return
        moving = []
        for (_, moves_end, variables), near, far in beside:
            read = tuple([v for v in variables if v in part.reads])
            if read:
                moving.append(Moving(self._calendar.stepper, read, near, far, moves_end))
        low, high = first.toordinal(), last.toordinal()
        before = None
        for day in sorted({low, *(day for m in moving for day in m.turns(low, high))}):
            cells = tuple([(m.variables, *m.cells(day)) for m in moving])
            key = part, cells
            verdict = self._verdicts.get(key)
            if verdict is None:
                verdict = self._verdicts.put(key, part.verdict(tuple(_ranges(cells))))
            if verdict != before:
                yield Stretch(date.fromordinal(day), verdict)
                before = verdict


class _Part:
    """What is left of one edition of a programme beside the durations that follow the moving day."""

    def __init__(
        self, decider: Decider | KleeneDecider, left: Function | Signature, moving: frozenset[int], unknown: Signature
    ) -> None:
        self._decider = decider
        self._function = left if isinstance(left, Function) else None
        self._fixed = unknown if isinstance(left, Function) else left
        self.reads = moving
        """The variables that still make a difference."""
        self.always: int | None = None
        """The verdict on every day, where the durations make no difference."""
        if isinstance(left, Function):
            self.reads = frozenset(v for number in left.support for v in left.diagram.axes[number].variables)
            if moving.isdisjoint(self.reads):
                self.always = _verdict(left.leaves)

    def verdict(self, ranges: tuple[_Range, ...]) -> int:
        """Return the verdict for the lowest and highest cells of the durations: true where certainly eligible."""
        decider = self._decider
        signature = bytearray(self._fixed)
        for v, low, high in ranges:
            signature[v] = low if low == high else UNKNOWN
        if not isinstance(decider, Decider):
            return _verdict([decider.decide(bytes(signature), {}, {})])
        found: set[Outcome] = set()
        for completion in _completions(decider, bytes(signature), ranges):
            for v, cell in completion:
                signature[v] = cell
            found |= decider.left(bytes(signature), self._function).leaves
        return _verdict(found)


class _Plan:
    """The editions of a programme by their decisions, and the verdict where it is the same on all days."""

    def __init__(self, decisions: Iterable[str], parts: Iterable[_Part]) -> None:
        self.parts = dict(zip(decisions, parts, strict=True))
        always = {part.always for part in self.parts.values()}
        self.always = always.pop() if len(always) == 1 else None
        self.reads = frozenset(v for part in self.parts.values() for v in part.reads)
        """The variables that still make a difference in some edition."""


def _ranges(cells: Iterable[_Cells]) -> Iterator[_Range]:
    for variables, least, most in cells:
        yield from zip(variables, least, most, strict=True)


def _completions(decider: Decider, signature: Signature, ranges: tuple[_Range, ...]) -> Iterator[list[tuple[int, int]]]:
    """Yield the joint cells of durations whose cells are known within ranges; where there are too many, none."""
    variables = decider.cells.variables
    limits = {
        v: range(low, high + 1) for v, low, high in ranges if low != high and (low, high) != (1, variables[v].size)
    }
    choices = []
    for axis in decider.diagram.axes:
        if limits.keys() & axis.variables:
            of_choice = {
                number: list(zip(axis.variables, cells, strict=True))
                for cells, number in axis.number.items()
                if all(c in limits.get(v, (signature[v] or c,)) for v, c in zip(axis.variables, cells, strict=True))
            }
            choices.append(list(of_choice.values()))
    total = 1
    for fits in choices:
        total *= len(fits)
    if not 0 < total <= COMPLETIONS:
        choices = []
    for several in product(*choices):
        yield [pair for one in several for pair in one]


def _verdict(outcomes: Collection[Outcome]) -> int:
    """Return whether a patient is certainly eligible, or decided otherwise, where one of several outcomes is right."""
    found = {o[:2] for o in outcomes}
    if len(found) > 1 or any(status == UNDETERMINED for status, _ in found):
        return OPEN
    return TRUE if found == {(DECIDED, (ELIGIBLE,))} else FALSE
