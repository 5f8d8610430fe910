"""What a record says, as a printed page lists it: the label of each field with its value in words."""

from __future__ import annotations

from lrp_kg.answer.answer_words import AnswerWords
from lrp_kg.answer.results import Assessment
from lrp_kg.guideline.model import Field
from lrp_kg.record.model import Record
from lrp_kg.web.durations import durations_of


def given_of(found: Assessment, words: AnswerWords) -> list[tuple[str, str]]:
    """Return label and value of each known field in the order of asking, then of what its dates give."""
    fields = sorted(found.guideline.fields.values(), key=lambda f: f.ask_order or 0)
    said = ((words.label(f), _value(f, found.record, words)) for f in fields)
    return [*((label, value) for label, value in said if value), *durations_of(found, words)]


def _value(f: Field, record: Record, words: AnswerWords) -> str:
    if f.iri in record.texts:
        return record.texts[f.iri]
    if f.iri in record.dates:
        return record.dates[f.iri].isoformat()
    if f.iri in record.ranges:
        days = record.ranges[f.iri]
        return f"{days.earliest} \N{EN DASH} {days.latest}"
    if f.iri in record.lists:
        return words.shown(list(record.lists[f.iri]), f.id) if record.lists[f.iri] else words.say("page-none")
    value = record.values.get(f.iri)
    if value is None:
        return ""
    said = words.term(value) if isinstance(value, str) else words.shown(value)
    return f"{said} {words.text(f.unit)}".strip() if type(value) is int else said
