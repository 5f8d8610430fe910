"""Open points that are noted on dates: where a date lies soon after the assessment, or after another date."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from lrp_kg.answer.results import StatementResult
from lrp_kg.durations import add_period
from lrp_kg.guideline.model import DateNote, OpenPoint


def notes_of(
    dated: Sequence[StatementResult], open_points: Iterable[OpenPoint], today: date | None
) -> Mapping[str, OpenPoint]:
    """Return the open point noted on the date of a statement, by the IRI of the statement.

    ``today`` is the day of the assessment. A date that is unknown has no note.
    """
    by_key: dict[str, list[StatementResult]] = {}
    for s in dated:
        for fact in s.statement.facts:
            by_key.setdefault(fact.key, []).append(s)
    found: dict[str, OpenPoint] = {}
    for point in open_points:
        if point.note:
            others = [s.latest for s in by_key.get(point.note.after or "", ()) if s.latest]
            for s in by_key.get(point.note.key, ()):
                if s.latest and _meets(point.note, s.latest, others, today):
                    found.setdefault(s.statement.iri, point)
    return found


def _meets(note: DateNote, latest: date, others: Iterable[date], today: date | None) -> bool:
    if note.within:
        last = add_period(today, note.within) if today else None
        return last is not None and latest <= last
    return any(other < latest for other in others)
