"""The durations that follow from the dates of a record, as a page lists them beside what was answered."""

from __future__ import annotations

from lrp_kg.answer.answer_words import AnswerWords
from lrp_kg.answer.results import Assessment


def durations_of(found: Assessment, words: AnswerWords) -> list[tuple[str, str]]:
    """Return label and value of each duration that the dates of a record give, or bound."""
    rows = []
    for iri, derived in found.guideline.derived.items():
        value = found.record.values.get(iri)
        bounds = found.record.between.get(iri)
        if value is not None:
            rows.append((words.label(derived), str(value)))
        elif bounds is not None:
            rows.append((words.label(derived), f"{bounds[0]}\N{EN DASH}{bounds[1]}"))
    return rows
