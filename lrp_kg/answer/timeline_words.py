"""What is on a timeline, in the words of a language: rows that the picture, its table and calendars share."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from lrp_kg.answer.answer_words import AnswerWords
from lrp_kg.answer.as_json import Renderer, counted_from
from lrp_kg.answer.results import Assessment, LaterChanges, ProgrammeResult, StatementResult
from lrp_kg.answer.timeline import CHANGE, FIELD, PLAN, PROGRAMME, STAGE, Subject, Timeline, TimelineEntry, Undated
from lrp_kg.guideline.model import Field, Option
from lrp_kg.logic.classify import OPEN

_HEADINGS = {FIELD: "timeline-record", PLAN: "timeline-plan", PROGRAMME: "timeline-programmes"}


@dataclass(frozen=True, slots=True)
class Row:
    """An entry in words; ``source`` is where the guideline says it, empty where it does not itself."""

    entry: TimelineEntry
    title: str
    when: str
    remarks: tuple[str, ...]
    source: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """What has no day yet, in words, and the identifiers of the fields that are missing for it."""

    title: str
    missing: tuple[str, ...]


def capital(text: str) -> str:
    """Return a text that begins with a capital."""
    return text[:1].upper() + text[1:]


class TimelineWords:
    """Puts timelines in words."""

    def __init__(self, words: AnswerWords) -> None:
        self.words = words
        self.guideline = words.guideline
        roles = self.guideline.roles
        self.stage = next((d.id for d in self.guideline.own_decisions.values() if d.iri == roles.stage), "")

    def rows(self, line: Timeline, found: Assessment) -> tuple[Row, ...]:
        """Return the entries of a timeline in words."""
        return tuple(
            Row(e, capital(self.title(e.subject)), self.when(e), tuple(self.remarks(e, found)), self.source(e))
            for e in line.entries
        )

    def waiting(self, undated: tuple[Undated, ...]) -> tuple[Waiting, ...]:
        """Return what has no day in words."""
        fields = self.guideline.fields
        return tuple(Waiting(capital(self.title(u.subject)), tuple(fields[f].id for f in u.missing)) for u in undated)

    def group(self, name: str) -> str:
        """Return the heading of a group."""
        say = self.words.say
        if name == STAGE:
            condition = say("changes")
            return f"{capital(self.words.decision(self.stage))} ({condition[:1].lower()}{condition[1:]})"
        return capital(say({**_HEADINGS, CHANGE: "changes"}[name]))

    def title(self, subject: Subject) -> str:
        """Return what an entry is about."""
        match subject:
            case StatementResult():
                return self.words.label(subject.statement)
            case ProgrammeResult():
                return self.words.label(subject.programme)
            case Field() | Option():
                return self.words.label(subject)
        changes = Renderer(self.guideline, self.words.lang).changes(LaterChanges(subject))
        return "; ".join(self.words.outcomes(changes))

    def when(self, entry: TimelineEntry) -> str:
        """Return the days of an entry in words."""
        say = self.words.say
        if entry.group == CHANGE:
            return _day(entry.first)
        if entry.group == FIELD:
            exact = entry.first == entry.last
            return _day(entry.first) if exact else say("timeline-some-day", first=entry.first, last=entry.last)
        if isinstance(entry.subject, StatementResult):
            found = entry.subject
            days = (("earliest", found.earliest), ("latest", found.latest))
            said = ", ".join(f"{say(name)} {day}" for name, day in days if day)
            spread = {"countedFrom": counted_from(found.spread)} if found.spread else {}
            return f"{said} {self.words.counted_from(spread)}".strip()
        first = say("days-from", day=_between(entry.first, entry.first_by)) if entry.first else ""
        last = say("days-until", day=_between(entry.last, entry.last_by)) if entry.last else ""
        return ", ".join(part for part in (first, last) if part)

    def remarks(self, entry: TimelineEntry, found: Assessment) -> Iterator[str]:
        """Yield what is to be said of an entry beside its days."""
        subject = entry.subject
        if isinstance(subject, StatementResult):
            if subject.status:
                yield self.words.date_status(subject.status)
            if subject.verdict == OPEN:
                yield from self._conditions(subject)
            if entry.outdated and subject.until:
                yield f"{self.words.say('ended')} {subject.until}"
            if subject.statement.condition_text:
                yield self.words.text(subject.statement.condition_text)
            note = found.notes.get(subject.statement.iri)
            if note:
                yield self.words.text(note.reading)
        elif isinstance(subject, ProgrammeResult):
            if entry.outdated:
                yield self.words.date_status("outdated")
            yield self.words.status(subject.verdict)
            if subject.days.extent == "unknown":
                yield self.words.say("days-unknown")
            if subject.days.outdated:
                yield self.words.say("days-outdated", day=subject.days.outdated)

    def _conditions(self, found: StatementResult) -> Iterator[str]:
        own = found.statement.condition
        names = [own] if own else [limit.condition for limit in found.statement.limits if limit.condition]
        for name in dict.fromkeys(names):
            yield self.words.text(self.guideline.conditions[name].if_phrase)

    def source(self, entry: TimelineEntry) -> str:
        """Return the source of a statement, and the place in it."""
        if not isinstance(entry.subject, StatementResult):
            return ""
        statement = entry.subject.statement
        source = next((s for s in self.guideline.sources.values() if statement.source in (s.id, s.iri)), None)
        named = self.words.label(source) if source else statement.source
        return f"{named}, {self.words.text(statement.locator)}"


def _day(day: date | None) -> str:
    return day.isoformat() if day else ""


def _between(first: date | None, last: date | None) -> str:
    return _day(first) if first == last or last is None else f"{_day(first)} \N{EN DASH} {_day(last)}"
