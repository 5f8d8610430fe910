"""The days on which a patient can enter a programme: the day on which it is asked for moves, all else stays.

The durations that follow that day matter only up to their cells, so that years fall into a few stretches of one
outcome each. A day is eligible where the outcome is certainly so.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import replace
from datetime import date
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
from lrp_kg.logic.diagrams import Builder
from lrp_kg.logic.outcomes import DECIDED, UNDETERMINED, Outcome
from lrp_kg.logic.steps import Stepper, Steps
from lrp_kg.record.model import Record

MEMORY = 500
"""Remembered states of knowledge about one programme, after which they are dropped."""
COMPLETIONS = 1000
"""Joint cells of durations from dates within bounds that are looked at; beyond it the durations count as unknown."""

_Range = tuple[int, int, int]
"""A variable with its lowest and its highest cell."""


class _Partner(NamedTuple):
    """A date that has durations with the moving one; ``moves_end``: the moving date is their end."""

    name: str
    moves_end: bool
    variables: tuple[int, ...]


class _Following(NamedTuple):
    """A duration while one date moves: its steps from the nearest and from the farthest day of the other date."""

    variable: int
    near: Steps | None
    far: Steps | None
    top: int

    def cells(self, day: date) -> tuple[int, int]:
        """Return the lowest and the highest cell on a day."""
        return self.near.cell(day) if self.near else 1, self.far.cell(day) if self.far else self.top


class DayFinder:
    """Finds the eligible days of one programme. Made once; safe to share between threads that only read."""

    def __init__(
        self,
        guideline: Guideline,
        programme: Programme,
        builder: Builder,
        stepper: Stepper,
        deciders: Mapping[str, Decider | KleeneDecider],
    ) -> None:
        self.guideline = guideline
        self.programme = programme
        self.field = guideline.choosing_field(programme)
        self._stepper = stepper
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
        self._plans: dict[bytes, _Plan] = {}
        self._found: dict[tuple[object, ...], tuple[list[Stretch], DayBounds]] = {}

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
        bounding = tuple(others.items()) if None in days else ()
        first = max((others[name] for name in self._earlier if name in others), default=date.min)
        key = (own, first, bounding, *days, *map(record.values.get, self._implied))
        known = self._found.get(key)
        if known is None:
            if len(self._found) >= MEMORY:
                self._found.clear()
            known = self._found[key] = self._stretches(plan, record, others, first)
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
            if len(self._plans) >= MEMORY:
                self._plans.clear()
            fixed = bytearray(self._cells.unknown)
            for v, cell in zip(self._fixed, own, strict=True):
                fixed[v] = cell
            parts = {n: _Part(self._deciders[n], bytes(fixed), self._moving) for n in self._decisions}
            always = {part.always for part in parts.values()}
            plan = self._plans[own] = _Plan(parts, always.pop() if len(always) == 1 else None)
        return plan

    # -- what a record says of the day --------------------------------------------------------------

    def _follow(
        self, plan: _Plan, record: Record, others: Mapping[str, date], first: date
    ) -> tuple[list[_Following], DayBounds]:
        """Return the durations that follow the moving day, and the days that the other dates of the programme admit."""
        following, unsettled = [], []
        low, high = first, date.max
        for name, moves_end, variables in self._partners:
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
            for v in variables:  # a date that may not be there is no bound from afar
                nearest = self._stepper.steps(v, near, moves_end) if bounded else None
                farthest = self._stepper.steps(v, far, moves_end) if there else None
                following.append(_Following(v, nearest, farthest, self._cells.variables[v].size))
        return following, DayBounds(low, high, tuple(unsettled))

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
        following, limits = self._follow(plan, record, others, first)
        cuts = {limits.low}
        cuts.update(e.valid_from for e in self.programme.editions[1:] if e.valid_from)
        cuts.update(day for f in following for steps in (f.near, f.far) if steps for day in steps.days)
        found = []
        for day in sorted(cuts):
            if limits.low <= day <= limits.high:
                ranges = tuple((f.variable, *f.cells(day)) for f in following)
                found.append(Stretch(day, plan.parts[self.programme.in_force(day).decision].verdict(ranges)))
        return joined(found), limits


class _Part:
    """One edition of a programme for what is known beside the durations that follow the moving day."""

    def __init__(self, decider: Decider | KleeneDecider, fixed: Signature, moving: frozenset[int]) -> None:
        self._decider = decider
        self._fixed = fixed
        self._known: dict[tuple[_Range, ...], int] = {}
        self._root = 0
        self.reads = moving
        """The variables that still make a difference."""
        self.always: int | None = None
        """The verdict on every day, where the durations make no difference."""
        if isinstance(decider, Decider):
            self._root = decider.left(fixed)
            diagram = decider.diagram
            self.reads = frozenset(v for number in diagram.support(self._root) for v in diagram.axes[number].variables)
            if moving.isdisjoint(self.reads):
                self.always = _verdict(diagram.leaves(self._root))

    def verdict(self, ranges: tuple[_Range, ...]) -> int:
        """Return the verdict for the lowest and highest cells of the durations: true where certainly eligible."""
        known = self._known.get(ranges)
        if known is None:
            known = self._known[ranges] = _verdict(self._outcomes(ranges))
        return known

    def _outcomes(self, ranges: tuple[_Range, ...]) -> set[Outcome]:
        decider = self._decider
        signature = bytearray(self._fixed)
        for v, low, high in ranges:
            signature[v] = low if low == high else UNKNOWN
        if not isinstance(decider, Decider):
            return {decider.decide(bytes(signature), {}, {})}
        found: set[Outcome] = set()
        for completion in _completions(decider, bytes(signature), ranges):
            for v, cell in completion:
                signature[v] = cell
            found |= decider.diagram.leaves(decider.left(bytes(signature), self._root))
        return found


class _Plan(NamedTuple):
    """The editions of a programme by their decisions, and the verdict where it is the same on all days."""

    parts: dict[str, _Part]
    always: int | None

    @property
    def reads(self) -> frozenset[int]:
        """The variables that still make a difference in some edition."""
        return frozenset().union(*(part.reads for part in self.parts.values()))


def _completions(decider: Decider, signature: Signature, ranges: tuple[_Range, ...]) -> Iterator[list[tuple[int, int]]]:
    """Yield the joint cells of durations whose cells are known within ranges; where there are too many, none."""
    sizes = [v.size for v in decider.cells.variables]
    limits = {v: range(low, high + 1) for v, low, high in ranges if low != high and (low, high) != (1, sizes[v])}
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
