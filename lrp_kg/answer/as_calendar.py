"""An answer as an iCalendar file (RFC 5545): all-day events for the days by which, or from which, something is due."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from itertools import groupby
from uuid import uuid4

from icalendar import Calendar, Event, Journal

from lrp_kg import __version__
from lrp_kg.answer.as_json import Renderer
from lrp_kg.answer.results import Assessment, ProgrammeResult, StatementResult
from lrp_kg.answer.timeline import Timeline
from lrp_kg.answer.timeline_words import Row, TimelineWords, capital

_NO_DAY = date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class Planned:
    """A day of a calendar; ``certain``: nothing that is unknown decides whether, or when, it is."""

    day: date
    title: str
    about: tuple[str, ...]
    certain: bool


def to_calendar(line: Timeline, found: Assessment, words: TimelineWords) -> bytes:
    """Return a timeline as a calendar, which knows nothing of who the patient is.

    Only what is planned is in it: days of rules that have ended are not. A calendar must have a component, so one
    without events has a journal entry that says so. Identifiers are random, as RFC 7986 wants them: what two patients
    have in common must not have the same one.
    """
    planned = sorted(planned_of(line, found, words), key=lambda p: (p.day, p.title))
    stamp = line.assessed or min((p.day for p in planned), default=_NO_DAY)
    waiting = list(_waiting(line, words))
    calendar = Calendar()
    calendar.add("prodid", f"-//LRP-KG//{__version__}//{words.words.lang.upper()}")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    if planned and waiting:
        calendar.add("description", "\n".join(waiting))
    for p in planned:
        event = Event()
        event.add("dtstart", p.day)
        event.add("transp", "TRANSPARENT")
        event.add("status", "CONFIRMED" if p.certain else "TENTATIVE")
        _describe(event, p.title, (*p.about, *_about(words)), stamp)
        calendar.add_component(event)
    if not planned:
        entry = Journal()
        if line.assessed:
            entry.add("dtstart", line.assessed)
        _describe(entry, words.words.say("calendar-nothing"), (*waiting, *_about(words)), stamp)
        calendar.add_component(entry)
    return bytes(calendar.to_ical())


def _describe(component: Event | Journal, title: str, about: Iterable[str], stamp: date) -> None:
    component.add("uid", str(uuid4()))
    component.add("dtstamp", datetime.combine(stamp, time(), UTC))
    component.add("class", "PRIVATE")
    component.add("summary", title)
    component.add("description", "\n".join(about))


def _about(words: TimelineWords) -> Iterator[str]:
    guideline = words.guideline
    yield f"{words.words.text(guideline.label, guideline.id)}, {guideline.version}"
    yield words.words.say("unofficial")


def _waiting(line: Timeline, words: TimelineWords) -> Iterator[str]:
    """Yield what has no day yet, with the fields that are missing for it."""
    for fields, title in [(line.ask, ""), *((u.missing, capital(words.title(u.subject))) for u in line.undated)]:
        names = ", ".join(words.words.term(name) for name in fields)
        asked = f"{words.words.say('ask')}{words.words.colon}{names}" if names else ""
        if title or asked:
            yield f"{words.words.say('timeline-undated')}{words.words.colon}" + ". ".join(filter(None, (title, asked)))


def planned_of(line: Timeline, found: Assessment, words: TimelineWords) -> Iterator[Planned]:
    """Yield the days of a timeline that something is planned on."""
    for row in words.rows(line, found):
        entry = row.entry
        if entry.outdated:
            continue
        if isinstance(entry.subject, StatementResult):
            yield from _of_statement(row, entry.subject, words)
        elif isinstance(entry.subject, ProgrammeResult):
            yield from _of_programme(row, entry.subject, line.assessed, words)
    yield from _changes(found, words)


def _of_statement(row: Row, s: StatementResult, words: TimelineWords) -> Iterator[Planned]:
    said = words.words
    about = (row.title, row.when, *row.remarks)
    if s.spread:
        about += (said.say("calendar-safe"),)
    for name, day in (("earliest", s.earliest), ("latest", s.latest)):
        if day:
            title = f"{capital(said.say(name))}{said.colon}{row.title}"
            yield Planned(day, title, (*about, row.source), row.entry.certain and not s.spread)


def _of_programme(row: Row, p: ProgrammeResult, assessed: date | None, words: TimelineWords) -> Iterator[Planned]:
    about = (row.title, row.when, *row.remarks)
    ended = p.days.outdated
    for name, day in (("calendar-first-day", p.days.first), ("calendar-last-day", p.days.last)):
        passed = name == "calendar-first-day" and assessed and day and day <= assessed
        if day and not passed and not (ended and day >= ended):
            yield Planned(day, words.words.say(name, what=row.title), about, row.entry.certain)


def _changes(found: Assessment, words: TimelineWords) -> Iterator[Planned]:
    """Yield the days on which decisions change, if nothing but the day of the assessment is different."""
    every = Renderer(found.guideline, words.words.lang).changes(found.changes) if found.changes else None
    for day, changes in groupby(every or (), key=lambda change: str(change["date"])):
        listed = list(changes)
        names = ", ".join(words.words.decision(change["decision"]) for change in listed)
        about = (*words.words.outcomes(listed), words.words.say("changes"))
        yield Planned(date.fromisoformat(day), words.words.say("calendar-change", what=names), about, certain=True)
