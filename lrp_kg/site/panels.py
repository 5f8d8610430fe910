"""The panels of a picture: a stage and its boxes, grouped by section, as rows of wrapped text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from lrp_kg.guideline.in_words import short_title
from lrp_kg.guideline.model import Box, Term
from lrp_kg.site.layout import Placed
from lrp_kg.site.words import SiteWords
from lrp_kg.svg import Lines, chip_width, lines

PAD = 12.0


@dataclass(frozen=True)
class PanelRow:
    """A row of a panel: a heading, or a box with its printed label as a chip."""

    text: Lines
    chip: str = ""
    iri: str = ""
    heading: bool = False

    @property
    def height(self) -> float:
        """Return the height of the row, in pixels."""
        return self.text.height + 4 if self.heading else max(self.text.height, 19) + 5


@dataclass(frozen=True)
class Panel:
    """A stage as rows of text, not yet placed."""

    placed: Placed
    title: Lines
    rows: tuple[PanelRow, ...]
    width: float

    @property
    def height(self) -> float:
        """Return the height of the panel, in pixels."""
        return 2 * PAD + self.title.height + 6 + sum(r.height for r in self.rows)


def capital(text: str) -> str:
    """Return a text with its first letter as a capital."""
    return text[:1].upper() + text[1:]


class Panels:
    """Makes the panels of a guideline in one language."""

    def __init__(self, words: SiteWords) -> None:
        self.words = words

    def of(self, placed: Placed, width: float) -> Panel:
        """Return the panel of a stage."""
        stage = self.words.label(placed.stage)
        title = lines(capital(stage), width - 2 * PAD, 15, bold=True)
        rows: list[PanelRow] = []
        chips = max((chip_width(b.printed) for b in placed.boxes), default=0.0)
        room = width - 2 * PAD - chips - 8
        for section, group in groupby(placed.boxes, key=lambda b: b.section):
            rows += self.rows_of(section, list(group), stage, room, width)
        if not rows:
            rows.append(PanelRow(lines(self.words.say("no-boxes"), width - 2 * PAD, 12.5), heading=True))
        return Panel(placed, title, tuple(rows), width)

    def rows_of(self, section: Term, boxes: Sequence[Box], stage: str, room: float, width: float) -> list[PanelRow]:
        """Return the rows of a section: a single one if its only box says no more than the section."""
        name = self.words.label(section)
        shorts = [short_title(self.words.label(b), stage, name) for b in boxes]
        if len(boxes) == 1 and not shorts[0]:
            return [PanelRow(lines(capital(name), room, 13, bold=True), boxes[0].printed, boxes[0].iri)]
        head = PanelRow(lines(capital(name), width - 2 * PAD, 13, bold=True), heading=True)
        return [head] + [
            PanelRow(lines(capital(short or name), room, 12.5), b.printed, b.iri)
            for b, short in zip(boxes, shorts, strict=True)
        ]
