"""Answers rendered once per signature: JSON with slots for what differs between records of the same signature.

Two records with the same signature, the same known dates and the same bounds on the unknown ones get the same
decisions, boxes, reasons and labels. They differ in the numbers within a cell, in dates, and in the sender's own
identifiers: those are the slots. A record with an uncertain date is rendered without the cache.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import orjson

from lrp_kg.answer.as_json import Json, Renderer
from lrp_kg.answer.decisions import Assessor
from lrp_kg.answer.facts import facts_of
from lrp_kg.answer.labels import points_to_read
from lrp_kg.answer.results import Assessment, DecisionResult, EligibleDays, ProgrammeResult, StatementResult
from lrp_kg.answer.run import Run
from lrp_kg.answer.statements import in_order
from lrp_kg.answer.summary import Settled, Summary, settled_lines
from lrp_kg.guideline.model import OpenPoint
from lrp_kg.record.model import Record

LIMIT = 32 * 1024 * 1024
"""Bytes of cached answers, after which they are dropped."""
_LAST_SAFE_YEAR = 9000
"""Beyond it a period can leave the calendar, and an answer is rendered without the cache."""

_SLOT = re.compile(rb'"\\u0001([^"\\]*)\\u0001"')


def _slot(*parts: str) -> str:
    return "\x01" + " ".join(parts) + "\x01"


class _SlotRenderer(Renderer):
    """Renders with slots in place of what the signature does not settle."""

    def __init__(self, plain: Renderer, open_fields: frozenset[str], numbers: dict[str, int]) -> None:
        super().__init__(plain.guideline, plain.lang)
        self._open = open_fields
        self._numbers = numbers

    def value(self, record: Record, field: str) -> Any:
        """Leave a slot for a number within a cell, a list or a date."""
        known = super().value(record, field)
        return _slot("value", field) if field in self._open and known is not None else known

    def day(self, found: StatementResult, name: str, day: date) -> str:
        """Leave a slot for a date."""
        return _slot(name, str(self._numbers[found.statement.iri]))

    def facts(self, facts: Any) -> Any:
        """Leave a slot for all facts."""
        return _slot("facts")

    def dates(self, found: Any, notes: Any) -> Any:
        """Leave a slot for all dates."""
        return _slot("dates")

    def points(self, found: Any, notes: Any) -> Any:
        """Leave a slot for the open points: some are noted on dates."""
        return _slot("points")

    def eligible_days(self, programme: str, found: EligibleDays) -> Json:
        """Leave a slot for each end of the eligible days, and for what is known of them."""
        return {name: _slot("days", f"{name} {programme}") for name in super().eligible_days(programme, found)}

    def summarised(self, found: Assessment) -> Json:
        """Leave a slot for the summary: its dates, and the programmes that are open soon, differ."""
        return {name: _slot("summary", name) for name in super().summarised(found)}

    def echoed(self, record: Record) -> Json:
        """Leave a slot for each of the sender's identifiers."""
        return {name: _slot("text", name) for name in super().echoed(record)}


@dataclass(frozen=True)
class _CachedAnswer:
    """Bytes with slots between them, and what facts and dates are made from."""

    decisions: tuple[DecisionResult, ...]
    summary: Settled
    points: tuple[OpenPoint, ...]
    programmes: tuple[ProgrammeResult, ...]
    pieces: tuple[bytes, ...]
    slots: tuple[tuple[str, str], ...]
    statements: tuple[StatementResult, ...]
    numbers: Mapping[str, int]
    unsettled: int
    """How many statements, the last ones, are not among the dates and give no facts."""


class AnswerCache:
    """Answers as JSON bytes."""

    def __init__(self, assessor: Assessor) -> None:
        self.assessor = assessor
        self._known: dict[Hashable, _CachedAnswer] = {}
        self._kept = 0
        cells = assessor.cells
        settled = {v.iri for v in cells.variables if v.values}
        guideline = assessor.guideline
        self._programmes = {p.id: p for p in guideline.programmes.values()}
        self._open = frozenset((guideline.fields.keys() | guideline.derived.keys()) - settled)

    def render(
        self, record: Record, renderer: Renderer, only: Collection[str] | None, *, explain: bool, detail: str
    ) -> bytes:
        """Return the answer to a record as JSON; without changes on later days, which depend on too much."""
        assessor = self.assessor
        if record.ranges or any(day.year > _LAST_SAFE_YEAR for day in record.dates.values()):
            found = assessor.assess(record, only=only, explain=explain)
            return orjson.dumps(renderer.render(found, explain=explain, detail=detail))
        run = Run(assessor, record, explain)
        key = (
            renderer.lang,
            explain,
            detail,
            None if only is None else frozenset(only),
            run.signature,
            frozenset(record.dates),
            frozenset(record.lists),
            frozenset(record.texts),
            assessor.date_keys(run),
        )
        cached = self._known.get(key)
        if cached is None:
            cached = self._make(run, assessor.finish(run, only), renderer, detail)
            self._kept += sum(map(len, cached.pieces))
            if self._kept > LIMIT:
                self._known.clear()
                self._kept = sum(map(len, cached.pieces))
            self._known[key] = cached
        return self._fill(cached, run, renderer)

    def _make(self, run: Run, found: Assessment, renderer: Renderer, detail: str) -> _CachedAnswer:
        own = [s for _, statements in found.boxes for s in statements] + list(found.notices)
        settled = [s for p in found.programmes.values() for s in p.settled]
        unsettled = [s for p in found.programmes.values() if not p.settled for s in p.shown]
        statements = own + settled + unsettled
        numbers = {s.statement.iri: i for i, s in enumerate(statements)}
        data = _SlotRenderer(renderer, self._open, numbers).render(found, explain=run.explain, detail=detail)
        parts = _SLOT.split(orjson.dumps(data))
        slots = tuple((kind, rest) for kind, _, rest in (p.decode().partition(" ") for p in parts[1::2]))
        bare = tuple(replace(d, because=(), why_not={}, open_points=()) for d in found.decisions.values())
        return _CachedAnswer(
            decisions=bare,
            summary=settled_lines(found),
            points=points_to_read(found, explain=run.explain),
            programmes=tuple(found.programmes.values()),
            pieces=tuple(parts[::2]),
            slots=slots,
            statements=tuple(statements),
            numbers=numbers,
            unsettled=len(unsettled),
        )

    def _summary(self, cached: _CachedAnswer, statements: Sequence[StatementResult], run: Run) -> Summary:
        """Return the summary of a record: its dates, and the programmes that are open soon, are its own."""
        advice = tuple(
            replace(line, dated=statements[cached.numbers[line.dated.statement.iri]]) if line.dated else line
            for line in cached.summary.advice
        )
        programmes = (replace(p, days=run.days(p.programme)) for p in cached.programmes)
        today = run.record.dates.get(self.assessor.guideline.roles.assessment or "")
        return replace(cached.summary, advice=advice).with_programmes(programmes, today)

    def _fill(self, cached: _CachedAnswer, run: Run, renderer: Renderer) -> bytes:
        record = run.record
        statements = [
            run.dated(s.statement, s.verdict, s.in_force) if s.statement.limits else s for s in cached.statements
        ]
        settled = statements[: len(statements) - cached.unsettled]
        out = [cached.pieces[0]]
        values: dict[str, bytes] = {}
        days: dict[str, Json] = {}
        summary: Json = {}
        notes: Mapping[str, OpenPoint] = {}
        for (kind, name), piece in zip(cached.slots, cached.pieces[1:], strict=True):
            if kind == "value":
                filled = values.get(name)
                if filled is None:
                    filled = values[name] = orjson.dumps(renderer.value(record, name))
            elif kind == "text":
                filled = orjson.dumps(renderer.echoed(record)[name])
            elif kind == "days":
                end, _, programme = name.partition(" ")
                if programme not in days:
                    days[programme] = renderer.eligible_days(programme, run.days(self._programmes[programme]))
                filled = orjson.dumps(days[programme][end])
            elif kind == "summary":
                summary = summary or renderer.summary(self._summary(cached, statements, run))
                filled = orjson.dumps(summary[name])
            elif kind == "facts":
                filled = orjson.dumps(renderer.facts(facts_of(settled, cached.decisions, run.verdict, run.in_force)))
            elif kind == "dates":
                dates = in_order(settled)
                notes = run.notes(dates)
                filled = orjson.dumps(renderer.dates(dates, notes))
            elif kind == "points":  # after the dates that they are noted on
                filled = orjson.dumps(renderer.points(cached.points, notes))
            else:
                found = statements[int(name)]
                filled = orjson.dumps(found.earliest if kind == "earliest" else found.latest)
            out += (filled, piece)
        return b"".join(out)
