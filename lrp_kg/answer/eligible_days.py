"""The days on which a patient can enter a programme: the day on which it is asked for moves, all else stays.

The durations that follow that day matter only up to their cells, so that years fall into a few stretches of one
outcome each. A day is eligible where the outcome is certainly so.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import date, timedelta
from itertools import product
from typing import NamedTuple

from lrp_kg.answer.results import EligibleDays
from lrp_kg.guideline.model import Guideline, Programme
from lrp_kg.logic.cells import UNKNOWN, Signature
from lrp_kg.logic.classify import FALSE, OPEN, TRUE
from lrp_kg.logic.decide import Decider, KleeneDecider
from lrp_kg.logic.diagrams import Builder
from lrp_kg.logic.outcomes import DECIDED, UNDETERMINED, Outcome
from lrp_kg.logic.steps import Stepper, Steps
from lrp_kg.record.model import Record

MEMORY = 20_000
"""Remembered states of knowledge about one programme, after which they are dropped."""
COMPLETIONS = 1000
"""Joint cells of durations from dates within bounds that are looked at; beyond it the durations count as unknown."""

NEVER = EligibleDays(None, None, "never")
UNKNOWN_DAYS = EligibleDays(None, None, "unknown")

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


class _Stretch(NamedTuple):
    """Days of one verdict, up to the day before the next stretch; ``date.min`` means that there is no first."""

    first: date
    verdict: int


class _Bounds(NamedTuple):
    """What a record says of the moving day: the durations that follow it, and the first and last admissible day.

    ``unsettled``: for each date that may still be known better, whether it bounds the day from below, and the day from
    which on (up to which) it cannot.
    """

    following: list[_Following]
    low: date
    high: date
    unsettled: list[tuple[bool, date | None]]


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
        self.field = programme.valid_by or guideline.roles.assessment
        self._stepper = stepper
        self._cells = builder.program.cells
        self._deciders = {e.decision: deciders[e.decision] for e in programme.editions}
        roots = [root for name in self._deciders for root in builder.roots(guideline.decisions[name])]
        read = sorted(builder.reads(roots))
        partners: dict[tuple[str, bool], list[int]] = {}
        for v in read:
            d = builder.dates.derived.get(v)
            if d and self.field in (d.start, d.end):
                partners.setdefault((d.start, True) if d.end == self.field else (d.end, False), []).append(v)
        self._partners = [_Partner(name, end, tuple(vs)) for (name, end), vs in partners.items()]
        self._moving = frozenset(v for p in self._partners for v in p.variables)
        self._fixed = tuple(v for v in read if v not in self._moving)
        names = {p.name for p in self._partners}
        bounding = {x for pair in guideline.date_orders if names.intersection(pair) for x in pair}
        self._dates = tuple((names | bounding) - {self.field})
        self._implied = tuple({i for name in names for i in guideline.fields[name].implies})
        self._plans: dict[bytes, _Plan] = {}
        self._found: dict[tuple[object, ...], tuple[list[_Stretch], _Bounds]] = {}

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
        days = (record.dates.get(name) or record.ranges.get(name) for name in self._dates)
        key = (own, *days, *map(record.values.get, self._implied))
        known = self._found.get(key)
        if known is None:
            if len(self._found) >= MEMORY:
                self._found.clear()
            bounds = self._bounds(record)
            known = self._found[key] = (_joined(self._stretches(plan, bounds)), bounds)
        stretches, bounds = known
        asked = record.dates.get(self.field or "")
        if asked and stretches[_number(stretches, asked)].verdict == OPEN:
            stretches = _joined(_with_day(stretches, asked, _verdict([outcome()])))
        return _chosen(stretches, asked, bounds)

    def _plan(self, own: bytes) -> _Plan:
        """Return what is left of the programme for what is known beside the durations that follow the day."""
        plan = self._plans.get(own)
        if plan is None:
            if len(self._plans) >= MEMORY:
                self._plans.clear()
            fixed = bytearray(self._cells.unknown)
            for v, cell in zip(self._fixed, own, strict=True):
                fixed[v] = cell
            parts = {name: _Part(decider, bytes(fixed), self._moving) for name, decider in self._deciders.items()}
            always = {part.always for part in parts.values()}
            plan = self._plans[own] = _Plan(parts, always.pop() if len(always) == 1 else None)
        return plan

    # -- what a record says of the day --------------------------------------------------------------

    def _bounds(self, record: Record) -> _Bounds:
        """Return the durations that follow the moving day, and the days that the other dates of the programme admit."""
        others = {name: day for name, day in record.dates.items() if name != self.field}
        found = _Bounds([], date.min, date.max, [])
        for name, moves_end, variables in self._partners:
            near = far = others.get(name)
            within = record.ranges.get(name)
            if within:
                near, far = (within.latest, within.earliest) if moves_end else (within.earliest, within.latest)
            elif near is None and self._ruled_out(name, record):
                continue
            elif near is None:
                near = self._stepper.nearest(name, moves_end, others)
            if far:
                low, high = (far, date.max) if moves_end else (date.min, far)
                found = found._replace(low=max(found.low, low), high=min(found.high, high))
            if name not in others:
                found.unsettled.append((moves_end, near))
            for v in variables:
                nearest, farthest = (self._stepper.steps(v, d, moves_end) if d else None for d in (near, far))
                found.following.append(_Following(v, nearest, farthest, self._cells.variables[v].size))
        return found

    def _ruled_out(self, name: str, record: Record) -> bool:
        """Return whether a date cannot be, since it would imply what is known to be false."""
        return any(record.values.get(implied) is False for implied in self.guideline.fields[name].implies)

    # -- the outcome of each day --------------------------------------------------------------------

    def _stretches(self, plan: _Plan, bounds: _Bounds) -> list[_Stretch]:
        cuts = {bounds.low}
        cuts.update(e.valid_from for e in self.programme.editions[1:] if e.valid_from)
        cuts.update(day for f in bounds.following for steps in (f.near, f.far) if steps for day in steps.days)
        found = []
        for day in sorted(cuts):
            if bounds.low <= day <= bounds.high:
                ranges = tuple((f.variable, *f.cells(day)) for f in bounds.following)
                found.append(_Stretch(day, plan.parts[self.programme.in_force(day).decision].verdict(ranges)))
        return found


class _Part:
    """One edition of a programme for what is known beside the durations that follow the moving day."""

    def __init__(self, decider: Decider | KleeneDecider, fixed: Signature, moving: frozenset[int]) -> None:
        self._decider = decider
        self._fixed = fixed
        self._known: dict[tuple[_Range, ...], int] = {}
        self._root = 0
        self.always: int | None = None
        """The verdict on every day, where the durations make no difference."""
        if isinstance(decider, Decider):
            self._root = decider.left(fixed)
            diagram = decider.diagram
            if not any(moving.intersection(diagram.axes[number].variables) for number in diagram.support(self._root)):
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


def _completions(decider: Decider, signature: Signature, ranges: tuple[_Range, ...]) -> Iterator[list[tuple[int, int]]]:
    """Yield the joint cells of durations whose cells are known within ranges; where there are too many, none."""
    sizes = [v.size for v in decider.cells.variables]
    limits = {v: range(low, high + 1) for v, low, high in ranges if low != high and (low, high) != (1, sizes[v])}
    choices = []
    for axis in decider.diagram.axes:
        if limits.keys() & axis.variables:
            fits = [
                list(zip(axis.variables, cells, strict=True))
                for cells in axis.choices
                if all(c in limits.get(v, (signature[v] or c,)) for v, c in zip(axis.variables, cells, strict=True))
            ]
            choices.append(fits)
    total = 1
    for fits in choices:
        total *= len(fits)
    if not 0 < total <= COMPLETIONS:
        choices = []
    for several in product(*choices):
        yield [pair for one in several for pair in one]


# -- choosing a run ---------------------------------------------------------------------------------


def _verdict(outcomes: Collection[Outcome]) -> int:
    """Return whether a patient is certainly eligible, or decided otherwise, where one of several outcomes is right."""
    found = {o[:2] for o in outcomes}
    if len(found) > 1 or any(status == UNDETERMINED for status, _ in found):
        return OPEN
    return TRUE if found == {(DECIDED, ("eligible",))} else FALSE


def _with_day(stretches: list[_Stretch], day: date, verdict: int) -> list[_Stretch]:
    """Return stretches in which one day of an open stretch has a verdict of its own."""
    number = _number(stretches, day)
    before, after = stretches[: number + 1], stretches[number + 1 :]
    rest = [] if day == date.max else [_Stretch(day + timedelta(1), OPEN)]
    if after and rest and after[0].first == rest[0].first:
        rest = []
    return [*before, _Stretch(day, verdict), *rest, *after]


def _number(stretches: list[_Stretch], day: date) -> int:
    return max(sum(s.first <= day for s in stretches) - 1, 0)


def _joined(stretches: list[_Stretch]) -> list[_Stretch]:
    """Return stretches without those that go on with the verdict of the one before, or that have no day."""
    found: list[_Stretch] = []
    for s in stretches:
        if found and found[-1].first == s.first:
            found.pop()
        if not found or found[-1].verdict != s.verdict:
            found.append(s)
    return found


def _chosen(stretches: list[_Stretch], asked: date | None, bounds: _Bounds) -> EligibleDays:
    begin = _number(stretches, asked) if asked else 0
    run = next((i for i, s in enumerate(stretches) if i >= begin and s.verdict == TRUE), None)
    looked_at = stretches[begin:] if run is None else stretches[max(min(begin, run - 1), 0) : run + 2]
    doubt = any(s.verdict == OPEN for s in looked_at)
    if run is None:
        return UNKNOWN_DAYS if doubt else NEVER
    first = stretches[run].first
    last = stretches[run + 1].first - timedelta(1) if run + 1 < len(stretches) else bounds.high
    ends = last != date.max
    for moves_end, near in bounds.unsettled:
        doubt |= ends and (near is None or (first < near if moves_end else last > near))
    return EligibleDays(
        None if first == date.min else first,
        last if ends else None,
        "unknown" if doubt else "known" if ends else "open-ended",
    )
