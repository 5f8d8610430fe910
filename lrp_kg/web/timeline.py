"""The timeline of an answer on its page: two pictures, of which the page shows the one that has room, and a table."""

from __future__ import annotations

import re
from dataclasses import dataclass

from markupsafe import Markup, escape

from lrp_kg.answer.answer_words import AnswerWords
from lrp_kg.answer.results import Assessment
from lrp_kg.answer.service import GuidelineService
from lrp_kg.answer.timeline_drawing import draw
from lrp_kg.answer.timeline_words import Row, TimelineWords, Waiting


@dataclass(frozen=True, slots=True)
class TimelineView:
    """A timeline as a template shows it: its rows with the markup of their days; ``ask`` are identifiers of fields."""

    pictures: tuple[Markup, ...]
    rows: tuple[tuple[Row, Markup], ...]
    waiting: tuple[Waiting, ...]
    ask: tuple[str, ...]


_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def _marked(text: str) -> Markup:
    """Return a text with its days marked, which no line breaks."""
    return Markup(_DAY.sub(r"<time>\g<0></time>", str(escape(text))))  # noqa: S704 - the text is escaped


def timeline_view(service: GuidelineService, found: Assessment, words: AnswerWords) -> TimelineView:
    """Return the timeline of an assessment in the words of a language."""
    line, said = service.timeline(found), TimelineWords(words)
    rows = said.rows(line, found)
    pictures = [draw(line, rows, said, narrow=narrow) for narrow in (False, True)] if line.drawn else []
    return TimelineView(
        pictures=tuple(Markup(picture) for picture in pictures),  # noqa: S704 - the drawing escapes every text
        rows=tuple((row, _marked(row.when)) for row in rows),
        waiting=said.waiting(line.undated),
        ask=tuple(service.guideline.fields[name].id for name in line.ask),
    )
