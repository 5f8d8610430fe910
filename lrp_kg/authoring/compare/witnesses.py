"""Records that show a change of rules: valid, and really answered so."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, timedelta
from itertools import islice
from typing import Any

from lrp_kg.answer.service import GuidelineService
from lrp_kg.authoring.compare.aspects import SHOWN, Place, belonging, shown_where
from lrp_kg.authoring.compare.model import Period
from lrp_kg.authoring.compare.pairs import Axes, Box, Pair, PairDiagram
from lrp_kg.authoring.compare.records import Records
from lrp_kg.authoring.compare.shared_space import SharedSpace
from lrp_kg.authoring.examples import Record
from lrp_kg.guideline.model import Edition, Programme, Statement
from lrp_kg.guideline.validity import Validity
from lrp_kg.logic.diagrams import DiagramTooLarge
from lrp_kg.logic.outcomes import DECIDED, Outcome
from lrp_kg.namespaces import PATIENT_RECORD

TRIES = 60
"""Records that are tried for one that is answered so."""
LATER = (0, 7, 30, 91, 183, 300)
"""Days after the first day of a rule on which a record is tried."""

Json = dict[str, Any]


class Witnesses:
    """Finds records for changes of rules of a guideline that is compared with itself."""

    def __init__(self, service: GuidelineService, space: SharedSpace) -> None:
        self.service = service
        self.space = space
        self.records = Records(space)

    def of_verdicts(
        self,
        programme: Programme,
        editions: tuple[Edition, Edition],
        boxes: list[Box],
        axes: Axes,
        pair: Pair,
        day: date,
    ) -> Record | None:
        """Return the smallest record in some boxes that both editions judge as a pair says, asked for on a day."""
        field = self.service.guideline.choosing_field(programme)
        names = (self.service.guideline.fields[field].id,) if field else ()
        wanted = {e.id: _verdict(o) for e, o in zip(editions, (pair.before, pair.after), strict=True) if o}

        def judged(answer: Json) -> bool:
            found = answer["eligibility"].get(programme.id, {}).get("editions", ())
            return {e["id"]: e["verdict"] for e in found if e["id"] in wanted} == wanted

        return self._first(self.records.candidates(boxes, axes, Period(day, day, names)), judged)

    def of_statement(
        self, place: Place, statement: Statement, ruling: Validity, first: date, chosen_by: tuple[str, ...] = ()
    ) -> Record | None:
        """Return a record for which a statement is shown as in force, dated soon after a day of its ruling period.

        ``chosen_by`` is the date field that chooses the edition that it is of.
        """
        g = self.service.guideline
        shown = shown_where(g, place.shown_for, place.applies_to, statement.condition)
        if shown is None or statement.validity is None:
            return None
        dated: dict[str, object] = {}
        for period in statement.validity.every:
            day = first if period is ruling else period.last or period.first
            dated |= {g.fields[name].id: day.isoformat() for name in period.by if day}
        axes = Axes(self.space, belonging(PATIENT_RECORD), shown)
        try:
            diagram = PairDiagram(axes)
        except DiagramTooLarge:
            return None
        pairs = [p for p in diagram.pairs() if p.after == SHOWN]
        boxes = [b for p in pairs for path in islice(diagram.paths(p), TRIES) for b in islice(axes.boxes(path), TRIES)]

        def judged(answer: Json) -> bool:
            found = [s for s in _statements(answer) if s["id"] == statement.id]
            return any(s.get("outdated", False) is False and s.get("applies") != "unknown" for s in found)

        for days in LATER:
            day = first + timedelta(days=days)
            if ruling.last and day > ruling.last:
                return None
            candidates = (dated | r for r in self.records.candidates(boxes, axes, Period(day, day, chosen_by)))
            record = self._first(candidates, judged)
            if record is not None:
                return record
        return None

    def _first(self, candidates: Iterable[Record], judged: Callable[[Json], bool]) -> Record | None:
        """Return the smallest of the first candidates that is valid and is answered as wanted."""
        for record in sorted(islice(candidates, TRIES), key=len):
            if not self.service.validate(record) and judged(self.service.assess(record)):
                return record
        return None


def _statements(answer: Json) -> Iterator[Json]:
    """Yield every statement of an answer."""
    for box in answer["boxes"]:
        yield from box["statements"]
    yield from answer["notices"]
    for programme in answer["eligibility"].values():
        for part in ("benefits", "limits", "nextSteps"):
            yield from programme[part]


def _verdict(outcome: Outcome) -> str:
    return outcome.answers[0] if outcome.status == DECIDED else outcome.status


def accepted(record: Mapping[str, object] | None) -> tuple[bool, bool]:
    """Return what a region says of its example, which the one guideline accepts or does not."""
    return (record is not None,) * 2
