"""What would change it: every other value of one single field with which a decision comes to something else."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta

from lrp_kg.answer.decisions import Assessor
from lrp_kg.answer.missing import inputs_of
from lrp_kg.answer.results import Alternative, Alternatives, Interval, WithValue
from lrp_kg.answer.run import Run
from lrp_kg.answer.turning_days import TurningDays
from lrp_kg.effort import check
from lrp_kg.findings import Finding
from lrp_kg.guideline.index import Node
from lrp_kg.guideline.model import Field
from lrp_kg.logic.outcomes import Outcome
from lrp_kg.namespaces import XSD
from lrp_kg.record.model import Members, RawRecord, RawValue, Record
from lrp_kg.record.read import RecordReader

MOST = 100
"""How many alternatives are listed."""
_CALENDAR = (date(1000, 1, 1), date(9000, 12, 31))
"""Days of a field without limits: far from the ends of the calendar, which bound what lies before or after a day."""
_NEAR = 2
"""How many steps to either side of what is known count as near."""


@dataclass(frozen=True, slots=True)
class _Candidate:
    """Values of a field that no decision distinguishes: what they are, the first and the last as it would be sent.

    ``distance`` is how many such steps they are from what is known.
    """

    to: WithValue
    first: RawValue
    last: RawValue
    distance: int = 1


class _Sent:
    """A record as it was sent, but for one field."""

    def __init__(self, raw: RawRecord, field: Field) -> None:
        self.field = field
        self._raw = raw
        self._others = tuple(e for e in raw.entries if e[0] != field.iri and e[0] not in (field.bounds or ()))

    def with_value(self, value: RawValue) -> RawRecord:
        """Return the record with another value of the field."""
        return replace(self._raw, entries=(*self._others, (self.field.iri, value)))


class WhatIf:
    """Finds alternatives of records of a guideline. Made once; safe to share between threads that only read."""

    def __init__(
        self, assessor: Assessor, reader: RecordReader, problems: Callable[[RawRecord], Collection[Finding]]
    ) -> None:
        self.assessor = assessor
        self.guideline = assessor.guideline
        self._reader = reader
        self._problems = problems
        self._reading = _decisions_by_field(assessor)
        self._pairs = [
            (name, implied) for name, f in self.guideline.fields.items() for implied in f.implies + f.excludes
        ]
        self._dates = [*self.guideline.date_orders, *((s.field, s.counted_from) for s in self.guideline.date_spans)]
        dates = [f for f in self.guideline.fields.values() if f.kind == "date"]
        self._turning = {f.iri: TurningDays(assessor, f.iri) for f in dates}

    def alternatives(self, raw: RawRecord, record: Record, only: Collection[str] | None = None) -> Alternatives:
        """Return the alternatives of a valid record, the most relevant first.

        Each is a record that is valid. Of a list, one value more or less is looked at. The day of the assessment, once
        it is known, is not: its later days are the changes over time.
        """
        before = Run(self.assessor, record, explain=False).outcomes(only)
        found: list[tuple[tuple[object, ...], Alternative]] = []
        own = {d.id for d in self.guideline.own_decisions.values()}
        ranks = {name: number for number, name in enumerate(before)}
        for f in self.guideline.fields.values():
            asked = before.keys() & self._following(f, record)
            if not asked or (f.iri == self.guideline.roles.assessment and f.iri in record.dates):
                continue
            check()
            known = any(f.iri in part for part in (record.values, record.dates, record.lists, record.ranges))
            sent = _Sent(raw, f)
            for number, (candidate, changed) in enumerate(self._changing(sent, record, before, asked)):
                first = min(ranks[name] for name in changed)
                key = (not own & changed.keys(), candidate.distance > _NEAR, not known, first, f.ask_order or 0)
                alternative = Alternative(f, candidate.to, changed)
                found.append(((*key, f.iri, candidate.distance, number), alternative))
        found.sort(key=lambda item: item[0])
        return Alternatives(tuple(a for _, a in found[:MOST]), max(0, len(found) - MOST))

    def _following(self, f: Field, record: Record) -> set[str]:
        """Return what a field can change: by itself, by what it settles, or by the unknown dates that it bounds."""
        reached = _connected({f.iri}, self._pairs)
        if f.kind == "date":
            unknown = [pair for pair in self._dates if not record.dates.keys() & {*pair} - {f.iri}]
            reached |= _connected({f.iri}, unknown)
        return set().union(*(self._reading.get(name, ()) for name in reached))

    def _changing(
        self, sent: _Sent, record: Record, before: dict[str, Outcome], asked: Collection[str]
    ) -> Iterator[tuple[_Candidate, dict[str, Outcome]]]:
        """Yield the candidates that are valid and change a decision; neighbours that change the same are one."""
        last: tuple[_Candidate, dict[str, Outcome]] | None = None
        for candidate in self._candidates(sent.field, record):
            changed = self._changed(sent, candidate, record, before, asked)
            if last and last[1] == changed and (joined := _joined(last[0], candidate)):
                last = joined, changed
                continue
            if last and self._is_valid(sent, last[0]):
                yield last
            last = (candidate, changed) if changed else None
        if last and self._is_valid(sent, last[0]):
            yield last

    def _changed(
        self, sent: _Sent, candidate: _Candidate, record: Record, before: dict[str, Outcome], asked: Collection[str]
    ) -> dict[str, Outcome]:
        """Return the outcomes that differ with a candidate."""
        other = self._reader.understand(sent.with_value(candidate.first))
        if sent.field.kind != "date" and other.values == record.values:
            return {}
        now = Run(self.assessor, other, explain=False).outcomes(asked)
        return {name: outcome for name, outcome in now.items() if outcome[:2] != before[name][:2]}

    def _is_valid(self, sent: _Sent, candidate: _Candidate) -> bool:
        ends = dict.fromkeys((candidate.first, candidate.last))
        return not any(self._problems(sent.with_value(end)) for end in ends)

    # -- candidates -------------------------------------------------------------------------------

    def _candidates(self, f: Field, record: Record) -> Iterator[_Candidate]:
        if f.kind == "value":
            for v in f.values:
                yield _one(v.iri, Node("iri", v.iri))
        elif f.kind == "boolean":
            for value in (True, False):
                yield _one(value, Node("literal", "true" if value else "false", XSD + "boolean"))
        elif f.kind == "values":
            yield from self._lists(f, record)
        elif f.kind == "integer":
            yield from self._numbers(f, record)
        elif f.kind == "date":
            yield from self._days(f, record)

    @staticmethod
    def _lists(f: Field, record: Record) -> Iterator[_Candidate]:
        known = record.lists.get(f.iri)
        if known is None:
            yield _one((), Members(()))
        for v in f.values:
            taken = [o for o in f.values if (o.id in (known or ())) != (o is v)]
            nodes = tuple(Node("iri", o.iri) for o in taken)
            yield _one(tuple(o.id for o in taken), Members(nodes))

    def _numbers(self, f: Field, record: Record) -> Iterator[_Candidate]:
        variable = self.assessor.cells.variables[self.assessor.cells.index[f.iri]]
        value = record.values.get(f.iri)
        now = variable.cell(value) if value is not None else None
        for cell in range(1, variable.size + 1):
            if cell == now:
                continue
            low, high = variable.bounds(cell)
            most = next(n for n in (high, f.high, low) if n is not None)
            first, last = (Node("literal", str(n), XSD + "integer") for n in (low, most))
            to = Interval(None if cell == 1 else low, high)
            yield _Candidate(to, first, last, 1 if now is None else abs(cell - now))

    def _days(self, f: Field, record: Record) -> Iterator[_Candidate]:
        others = {name: day for name, day in record.dates.items() if name != f.iri}
        ranges = {name: days for name, days in record.ranges.items() if name != f.iri}
        possible = self.assessor.dates.bounds(f.iri, others, ranges)
        first = max(possible.earliest, f.first_day or _CALENDAR[0])
        last = min(possible.latest, f.last_day or _CALENDAR[1])
        if first > last:
            return
        begins = [first, *self._turning[f.iri].between(record, first, last)]
        ends = [*(day - timedelta(1) for day in begins[1:]), last]
        known = record.dates.get(f.iri)
        now = next((n for n, end in enumerate(ends) if known and known <= end), None)
        for number, (begin, end) in enumerate(zip(begins, ends, strict=True)):
            to = Interval(None if begin == first else begin, None if end == last else end)
            distance = 1 if now is None else abs(number - now)
            one, other = (Node("literal", day.isoformat(), XSD + "date") for day in (begin, end))
            yield _Candidate(to, one, other, distance)


def _decisions_by_field(assessor: Assessor) -> dict[str, set[str]]:
    """Return the identifiers of the decisions and programmes that read each field."""
    g = assessor.guideline
    found: dict[str, set[str]] = {name: set() for name in g.fields}
    read = {d.id: inputs_of(g, assessor.program, (d,)) for d in g.own_decisions.values()}
    for p in g.programmes.values():
        generated = inputs_of(g, assessor.program, (g.decisions[e.decision] for e in p.editions))
        read[p.id] = generated | ({g.choosing_field(p) or ""} & g.fields.keys())
    for ident, names in read.items():
        for name in names:
            found[name].add(ident)
    return found


def _connected(found: set[str], pairs: Collection[tuple[str, str]]) -> set[str]:
    """Return what is connected with some names by pairs."""
    more = {name for pair in pairs if found.intersection(pair) for name in pair}
    return found if more <= found else _connected(found | more, pairs)


def _one(value: WithValue, node: RawValue) -> _Candidate:
    return _Candidate(value, node, node)


def _joined(a: _Candidate, b: _Candidate) -> _Candidate | None:
    """Return two neighbouring intervals as one; ``None`` where they are single values."""
    if not isinstance(a.to, Interval) or not isinstance(b.to, Interval):
        return None
    return _Candidate(Interval(a.to.first, b.to.last), a.first, b.last, min(a.distance, b.distance))
