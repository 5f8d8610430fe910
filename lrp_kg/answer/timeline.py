"""An assessment on one axis of days: dates of the record, stages, what is planned, programmes, later changes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from lrp_kg.answer.results import Assessment, LaterChange, ProgrammeResult, StatementResult
from lrp_kg.answer.stage_days import StageDays
from lrp_kg.durations import DateRange, add_period
from lrp_kg.guideline.model import Field, Option
from lrp_kg.logic.classify import TRUE
from lrp_kg.logic.outcomes import NOT_APPLICABLE

FIELD, STAGE, PLAN, PROGRAMME, CHANGE = "record", "stage", "plan", "programmes", "changes"
"""The groups of what is on a timeline, in the order in which they are shown."""
Subject = Field | Option | StatementResult | ProgrammeResult | tuple[LaterChange, ...]
"""What an entry is about; a day with changes is about all of them."""


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """Something that has a place on the axis: a day, or the days from ``first`` to ``last``.

    ``None`` is no known first, or no last, day. Where an end is uncertain, ``first`` and ``last`` are the earliest
    days that it can be (the safe ones), and ``first_by`` and ``last_by`` the latest. It is not ``certain`` while a
    condition of it is unknown, or what is unknown may move it; ``outdated``: by rules that have ended.
    """

    group: str
    subject: Subject
    first: date | None
    last: date | None
    first_by: date | None
    last_by: date | None
    certain: bool = True
    outdated: bool = False

    @property
    def status(self) -> str:
        """Return where a day of the guideline lies, seen from the assessment; empty of what has no such status."""
        return (self.subject.status or "") if isinstance(self.subject, StatementResult) else ""

    @property
    def days(self) -> Iterator[date]:
        """Yield the days that it names."""
        yield from {day for day in (self.first, self.first_by, self.last, self.last_by) if day}


@dataclass(frozen=True, slots=True)
class Undated:
    """Something that has no place on the axis, and the fields to ask for, by IRI, that are missing for it."""

    subject: StatementResult | ProgrammeResult
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Timeline:
    """What an assessment says about days.

    ``counted_from`` is the field, by IRI, from which weeks are counted, ``began`` its day where that is exact. ``ask``
    are the fields to ask for, by IRI, without which the day of the assessment or the stages have no place.
    """

    assessed: date | None
    counted_from: str | None
    began: date | None
    entries: tuple[TimelineEntry, ...]
    undated: tuple[Undated, ...]
    ask: tuple[str, ...]

    @property
    def drawn(self) -> bool:
        """Return whether there is anything to draw: one day beside that of the assessment."""
        return any(day != self.assessed for entry in self.entries for day in entry.days)


def timeline_of(found: Assessment, stages: StageDays) -> Timeline:
    """Return the timeline of an assessment."""
    record, guideline = found.record, found.guideline
    plan = [(s, _planned(found, s)) for s in found.dated]
    programmes = [p for p in found.programmes.values() if p.assessed and p.result.status != NOT_APPLICABLE]
    windows = [(p, _window(p)) for p in programmes]
    field = guideline.roles.assessment or ""
    needed = [name for name in (field, stages.counted_from) if name]
    runs = stages.runs(record)
    asked = {question.field for question in found.questions}
    entries = (
        *sorted(_of_record(found), key=lambda e: (e.first or date.min, e.last or date.max)),
        *(_entry(STAGE, r.option, (r.first, r.last), (r.sure_first, r.sure_last)) for r in runs),
        *(entry for _, entry in plan if entry),
        *(entry for _, entry in windows if entry),
        *_changes(found, stages=bool(runs)),
    )
    return Timeline(
        assessed=record.dates.get(field),
        counted_from=stages.counted_from,
        began=record.dates.get(stages.counted_from or ""),
        entries=entries,
        undated=(
            *(Undated(s, tuple(filter(asked.__contains__, _counted(s)))) for s, entry in plan if not entry),
            *(
                Undated(p, tuple(filter(asked.__contains__, p.result.missing)))
                for p, entry in windows
                if not entry and p.days.extent == "unknown"
            ),
        ),
        ask=tuple(name for name in needed if name in asked and name not in record.ranges),
    )


def _entry(
    group: str,
    subject: Subject,
    within: tuple[date | None, date | None],
    sure: tuple[date | None, date | None],
    *,
    certain: bool = True,
    outdated: bool = False,
) -> TimelineEntry:
    """Return an entry that is possible within two days, and for sure between two others where there are such."""
    (first, last), (sure_first, sure_last) = within, sure
    return TimelineEntry(
        group=group,
        subject=subject,
        first=first,
        last=sure_last if sure_first else last,
        first_by=sure_first or first,
        last_by=last,
        certain=certain and (sure_first is not None or first is None),
        outdated=outdated,
    )


def _of_record(found: Assessment) -> Iterator[TimelineEntry]:
    guideline, record = found.guideline, found.record
    days = {name: DateRange(day, day) for name, day in record.dates.items()} | dict(record.ranges)
    for name, within in days.items():
        if name != guideline.roles.assessment and name in guideline.fields:
            ends = (within.earliest, within.latest)
            certain = within.earliest == within.latest
            yield TimelineEntry(FIELD, guideline.fields[name], *ends, *ends, certain=certain)


def _planned(found: Assessment, s: StatementResult) -> TimelineEntry | None:
    """Return the days of a statement: from the day that it is counted from, or begins, to the latest day."""
    if not s.earliest and not s.latest:
        return None
    late = s.spread
    first = s.earliest or next(_counted_days(found, s), None)
    first_by = late.earliest if late and s.earliest else first
    known = s.begins is not None and (s.status != "unknown" or late is not None)
    return TimelineEntry(
        group=PLAN,
        subject=s,
        first=first,
        last=s.latest,
        first_by=first_by or first,
        last_by=late.latest if late else s.latest,
        certain=known and s.verdict == TRUE and s.in_force == TRUE,
        outdated=s.status == "outdated",
    )


def _counted_days(found: Assessment, s: StatementResult) -> Iterator[date]:
    """Yield the day, or the first possible one, from which the latest day of a statement is counted."""
    record = found.record
    for limit in s.statement.limits:
        within = record.ranges.get(limit.counted_from)
        start = record.dates.get(limit.counted_from) or (within.earliest if within else None)
        if start and limit.within and add_period(start, limit.within) == s.latest:
            yield start


def _counted(s: StatementResult) -> Iterable[str]:
    """Return the fields that the days of a statement are counted from."""
    return dict.fromkeys(limit.counted_from for limit in s.statement.limits)


def _window(p: ProgrammeResult) -> TimelineEntry | None:
    days = p.days
    if days.extent == "never" or (days.first is None and days.last is None):
        return None
    ended = days.outdated is not None and days.outdated <= (days.first or date.min)
    ends = (days.first, days.last)
    known = days.extent != "unknown"
    return TimelineEntry(PROGRAMME, p, *ends, *ends, certain=known, outdated=ended or p.outdated == TRUE)


def _changes(found: Assessment, *, stages: bool) -> Iterator[TimelineEntry]:
    """Yield the days on which decisions change; ``stages``: that of the stage alone is on the timeline already."""
    stage = next((d.id for d in found.guideline.own_decisions.values() if d.iri == found.guideline.roles.stage), "")
    for day, changes in groupby((found.changes.found if found.changes else None) or (), key=lambda change: change.day):
        subject = tuple(changes)
        if not (stages and all(change.decision == stage for change in subject)):
            yield TimelineEntry(CHANGE, subject, day, day, day, day)
