"""Records of every combination of cells of a decision, made without the package's own comparison.

The thresholds come from both versions; dates are found by trying days; durations are counted by `tests/reference.py`.
"""

from __future__ import annotations

import random
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from itertools import product
from typing import Any

from lrp_kg import GuidelineService, InvalidRecord
from lrp_kg.guideline.model import Decision
from tests.support.outcomes import outcomes
from tests.support.reference import measure

Json = dict[str, Any]
Period = tuple[str | None, str | None]
"""The first and the last day of editions, as dates of a record."""
EXHAUSTIVE = 2_500
"""Combinations beyond which a seeded sample is taken."""
SAMPLE = 2_000
"""Combinations of a larger space that a long test looks at."""
FIRST_DAYS = (date(2023, 1, 1), date(2015, 1, 1))
"""Where the days on which durations end begin; the first whose days all lie in the period of an edition is taken."""
DAYS = 731
LONGEST = 400
REDRAWN = 8
"""How often cells of a sampled combination that both versions refuse are drawn again."""
_LENGTHS = {"ElapsedDays": 1, "OrdinalWeek": 7, "BegunMonths": 31, "CompletedMonths": 31, "BegunMonthsRolledOver": 31}


@dataclass(frozen=True)
class Alternative:
    """One cell of an axis: what it puts in a record; for durations the starts that fit, by the day they end."""

    values: Mapping[str, Any]
    starts: Mapping[date, date] | None = None
    fields: tuple[str, str] = ("", "")
    implied: tuple[str, ...] = ()

    @property
    def names(self) -> set[str]:
        """The fields of a record that it is about."""
        return {*self.values, *self.fields}


@dataclass(frozen=True)
class Space:
    """The axes of a decision in two versions, and the period of the editions that decide."""

    axes: tuple[tuple[Alternative, ...], ...]
    services: tuple[GuidelineService, GuidelineService]
    period: Period

    def dated(self, record: Json) -> Json:
        """Return a record with a date that chooses the editions of the period."""
        chosen = self.period[1] or self.period[0]
        return {"applicationDate": chosen} | record if chosen else record

    def records(self, at_most: int = EXHAUSTIVE) -> tuple[bool, Iterator[Json]]:
        """Return whether all combinations follow, as they do if they are few, and a record of each, or of a sample."""
        total = 1
        for axis in self.axes:
            total *= len(axis)
        if total <= at_most:
            return True, (r for chosen in product(*self.axes) if (r := combined(chosen)) is not None)
        return False, self._sample()

    def _sample(self) -> Iterator[Json]:
        rng = random.Random(20241123)  # noqa: S311  a seeded sample
        found = 0
        while found < 4 * SAMPLE:  # many of them can be invalid
            record = self._drawn(rng)
            if record is not None:
                found += 1
                yield record

    def _drawn(self, rng: random.Random) -> Json | None:
        """Return a record of random cells; those that both versions refuse are drawn again, a few times."""
        chosen = [rng.choice(axis) for axis in self.axes]
        for _ in range(REDRAWN):
            record = combined(chosen)
            if record is None:
                return None
            refused = [{p.field for p in s.validate(self.dated(record))} for s in self.services]
            if not all(refused):
                return record
            chosen = [
                rng.choice(axis) if any(a.names & set.union(*refused) for a in axis) else own
                for axis, own in zip(self.axes, chosen, strict=True)
            ]
        return combined(chosen)


def combined(chosen: Any) -> Json | None:
    """Return a record with some alternatives, or nothing where they exclude each other."""
    record: Json = {}
    for a in chosen:
        for key, value in a.values.items():
            record[key] = [*record.get(key, []), *value] if isinstance(value, list) else value
    ends: dict[str, set[date]] = {}
    for a in chosen:
        if a.starts is None and any(record.get(name) is True for name in a.implied):
            return None  # where a field that a date implies is true the date is there
        if a.starts is not None:
            ends[a.fields[1]] = ends.get(a.fields[1], set(a.starts)) & set(a.starts)
    days = {field: min(found) for field, found in ends.items() if found}
    assert days.keys() == ends.keys(), "no day ends all durations"
    for a in chosen:
        if a.starts is not None:
            start, end = a.fields
            record[start], record[end] = a.starts[days[end]].isoformat(), days[end].isoformat()
    return record


def space_of(
    services: tuple[GuidelineService, GuidelineService],
    decisions: tuple[Decision, Decision],
    period: Period = (None, None),
) -> Space:
    """Return the axes of a decision: every field that either version reads for it."""
    reads: dict[str, None] = {}
    durations: dict[tuple[str, str], dict[str, set[int]]] = {}
    for service, decision in zip(services, decisions, strict=True):
        a = service.assessor
        for v in sorted(a.builder.reads(a.builder.roots(decision))):
            own = a.cells.variables[v]
            reads[own.iri] = None
            d = service.guideline.derived.get(own.iri)
            if d:
                durations.setdefault((d.start, d.end), {}).setdefault(d.measure, set()).update(own.starts)
    axes: list[tuple[Alternative, ...]] = []
    derived = {d.iri for s in services for d in s.guideline.derived.values()}
    axes += [tuple(_plain(services, iri)) for iri in reads if iri not in derived]
    for pair, measures in durations.items():
        cuts = tuple((kind, tuple(sorted(starts))) for kind, starts in measures.items())
        axes.append(tuple(_durations(services, pair, cuts, reads, period)))
    return Space(tuple(axes), services, period)


def _starts(services: tuple[GuidelineService, GuidelineService], iri: str) -> tuple[int, ...]:
    found: set[int] = set()
    for service in services:
        cells = service.assessor.cells
        if iri in cells.index:
            found |= set(cells.variables[cells.index[iri]].starts)
    return tuple(sorted(found))


def _plain(services: tuple[GuidelineService, GuidelineService], iri: str) -> Iterator[Alternative]:
    guidelines = [s.guideline for s in services]
    name = iri.rsplit("#", 1)[-1]
    for g in guidelines:
        if iri in g.expanded:
            field, value = g.expanded[iri]
            key = field.rsplit("#", 1)[-1]
            notation = next(v.id for v in g.fields[field].values if v.iri == value)
            yield Alternative({key: [notation]})
            yield Alternative({key: []})
            return
    fields = [g.fields[iri] for g in guidelines if iri in g.fields]
    if fields[0].kind == "boolean":
        yield from (Alternative({name: v}) for v in (True, False))
    elif fields[0].kind == "value":
        yield from (Alternative({name: v}) for v in dict.fromkeys(v.id for f in fields for v in f.values))
    else:
        lows = [f.low for f in fields if f.low is not None]
        highs = [f.high for f in fields if f.high is not None]
        starts = set(_starts(services, iri)) | set(lows)
        starts |= {h + 1 for h in highs if h != max(highs)}
        if len(lows) < len(fields):  # a version without a lowest value
            starts.add(min(starts) - 1)
        yield from (Alternative({name: v}) for v in sorted(starts))


def _durations(
    services: tuple[GuidelineService, GuidelineService],
    pair: tuple[str, str],
    cuts: tuple[tuple[str, tuple[int, ...]], ...],
    reads: Mapping[str, None],
    period: Period,
) -> Iterator[Alternative]:
    names = tuple(iri.rsplit("#", 1)[-1] for iri in pair)
    implied = {i for s in services for f in pair if f in s.guideline.fields for i in s.guideline.fields[f].implies}
    bound = tuple(sorted(i.rsplit("#", 1)[-1] for i in implied if i in reads))
    for starts in joint_cells(cuts, first_day(period)):
        yield Alternative({}, starts, (names[0], names[1]), bound)
    if bound:
        yield Alternative({}, None, (names[0], names[1]), bound)


def first_day(period: Period) -> date:
    """Return where the days of a period begin; that of today where a period holds none of them."""
    since, until = (date.fromisoformat(day) if day else None for day in period)
    for first in FIRST_DAYS:
        if (since is None or since <= first) and (until is None or first + timedelta(days=DAYS) <= until):
            return first
    return FIRST_DAYS[0]


@lru_cache(maxsize=64)
def joint_cells(cuts: tuple[tuple[str, tuple[int, ...]], ...], first: date) -> tuple[Mapping[date, date], ...]:
    """Return, for each combination of cells that some pair of days has, a start by end."""
    found: dict[tuple[int, ...], dict[date, date]] = {}
    measured = [(_measured(kind, first), starts) for kind, starts in cuts]
    longest = max(_LENGTHS[kind] * (max(starts) + 1) for kind, starts in cuts) + 1
    assert longest <= LONGEST
    for offset in range(DAYS):
        end = first + timedelta(days=offset)
        for days in range(longest):
            key = tuple(bisect_right(starts, numbers[offset][days]) for numbers, starts in measured)
            own = found.setdefault(key, {})
            if end not in own:
                own[end] = end - timedelta(days=days)
    return tuple(found[key] for key in sorted(found))


@lru_cache(maxsize=8)
def _measured(kind: str, first: date) -> list[list[int]]:
    """Return a duration for every end and every number of days before it."""
    ends = [first + timedelta(days=offset) for offset in range(DAYS)]
    return [[measure(kind, end - timedelta(days=days), end) for days in range(LONGEST)] for end in ends]


# -- what both versions say -----------------------------------------------------------------------


def answer(service: GuidelineService, record: Json, decision: str) -> str:
    """Return status and answers of a decision in one line; invalid where the record is refused."""
    try:
        found = outcomes(service, record, decision)[decision]
    except InvalidRecord:
        return "invalid"
    return " ".join([found[0], *found[1]])


def allowed(services: tuple[GuidelineService, GuidelineService], record: Json, allows: Mapping[str, list[Any]]) -> bool:
    """Tell whether a record meets a condition as the comparison writes it in JSON."""
    for key, found in allows.items():
        name, _, old = key.partition(":")
        value = value_of(services[0 if old else 1], record, name)
        if value is None and not old:
            value = value_of(services[0], record, name)
        if not any(_meets(value, a) for a in found):
            return False
    return True


def _meets(value: Any, wanted: Any) -> bool:
    if isinstance(wanted, dict):
        low, high = wanted["min"], wanted["max"]
        return value is not None and (low is None or value >= low) and (high is None or value <= high)
    return type(value) is type(wanted) and value == wanted


def value_of(service: GuidelineService, record: Json, name: str) -> Any:
    """Return the value of a field of a record, also of one that is derived, or settled by a list or a date."""
    g = service.guideline
    for d in g.derived.values():
        if d.id == name:
            start, end = (record.get(x.rsplit("#", 1)[-1]) for x in (d.start, d.end))
            return measure(d.measure, date.fromisoformat(start), date.fromisoformat(end)) if start and end else None
    for iri, (field, value) in g.expanded.items():
        if iri.rsplit("#", 1)[-1] == name:
            taken = record.get(field.rsplit("#", 1)[-1])
            return None if taken is None else next(v.id for v in g.fields[field].values if v.iri == value) in taken
    return record.get(name)
