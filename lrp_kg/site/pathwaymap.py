"""The pathway as a page: exits, columns of time, lanes of stages, and in each stage its boxes, row by row.

It has the layout of the picture (`lrp_kg.site.layout`); a browser gives it the width of its window.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from itertools import count

from lrp_kg.answer.decisions import Assessor
from lrp_kg.guideline.in_words import short_title
from lrp_kg.guideline.model import Box, Decision, Option, Statement, Term
from lrp_kg.site.catalogue import Catalogue
from lrp_kg.site.layout import Lane, Pathway, Placed, lay_out
from lrp_kg.site.lit import Lit, WayStep
from lrp_kg.site.panels import capital
from lrp_kg.site.tables import bounds_of
from lrp_kg.site.words import SiteWords

MOST = 12
"""Columns and rows that the style sheet has places for; a map with more is stacked at any width."""


@dataclass(frozen=True)
class MapColumn:
    """An interval of the number that the stages depend on: as weeks, empty where it has none, and as that number."""

    weeks: str
    number: str


@dataclass(frozen=True)
class MapBox:
    """A box with its label without what its stage says already."""

    box: Box
    title: str


@dataclass(frozen=True)
class MapStage:
    """A stage in its place: columns, and row of its lane, from 1.

    ``sections`` has the boxes of each section of the map, so that stages side by side have each section at one height.
    """

    stage: Option
    title: str
    first: int
    last: int
    row: int
    column: MapColumn | None
    sections: tuple[tuple[MapBox, ...], ...]
    notices: tuple[Statement, ...]
    passages: tuple[tuple[Option, str], ...]


@dataclass(frozen=True)
class MapLane:
    """A lane: its heading, the IRI of its value, and its stages."""

    title: str
    value: str
    stages: tuple[MapStage, ...]


class PathwayMap:
    """The map of a guideline in one language, lit for a patient if there is one."""

    def __init__(self, catalogue: Catalogue, assessor: Assessor, words: SiteWords, lit: Lit | None = None) -> None:
        self.catalogue = catalogue
        self.assessor = assessor
        self.words = words
        self.lit = lit
        self.layout: Pathway = lay_out(catalogue, assessor)

    # -- the pathway ------------------------------------------------------------------------------

    @property
    def gates(self) -> tuple[Decision, ...]:
        """The decisions before the stages."""
        return self.layout.gates

    @cached_property
    def columns(self) -> tuple[MapColumn, ...]:
        """What each column is, from the earliest."""
        return tuple(self._column(first, last) for first, last in self.layout.columns)

    @cached_property
    def width(self) -> int:
        """How many columns the map has."""
        return max((p.last for lane in self.layout.lanes for p in lane.stages), default=0) + 1

    @cached_property
    def sections(self) -> tuple[Term, ...]:
        """The sections of boxes, in the order of the guideline."""
        boxes = [b for lane in self.layout.lanes for p in lane.stages for b in p.boxes]
        return tuple({b.section.iri: b.section for b in sorted(boxes, key=lambda b: b.section_order)}.values())

    @property
    def in_columns(self) -> bool:
        """Whether the style sheet has a place for every column and row."""
        rows = max((s.row for lane in self.lanes for s in lane.stages), default=1)
        return max(self.width, len(self.sections), rows) <= MOST

    @cached_property
    def lanes(self) -> tuple[MapLane, ...]:
        """The lanes with their stages."""
        return tuple(MapLane(self._lane_title(lane), lane.value, self._stages(lane)) for lane in self.layout.lanes)

    def _column(self, first: int, last: int) -> MapColumn:
        variable = self.layout.column_variable
        assert variable is not None  # noqa: S101 (there are no columns without it)
        low, high = bounds_of(self.assessor.cells, variable, first, last)
        number = f"{self.words.term(variable.iri)}{self.words.colon}{self.words.interval(variable.iri, low, high)}"
        return MapColumn(capital(self.words.weeks(variable.iri, low, high)), capital(number))

    def _lane_title(self, lane: Lane) -> str:
        return capital(self.words.term(lane.value)) if lane.value else ""

    def _stages(self, lane: Lane) -> tuple[MapStage, ...]:
        """Return the stages in the order of the guideline, each in the first row where its columns are free."""
        taken: dict[int, set[int]] = {}
        found = []
        for placed in lane.stages:
            own = set(range(placed.first, placed.last + 1))
            row = next(n for n in count(1) if own.isdisjoint(taken.get(n, ())))
            taken.setdefault(row, set()).update(own)
            found.append(self._stage(placed, lane, row))
        return tuple(found)

    def _stage(self, placed: Placed, lane: Lane, row: int) -> MapStage:
        label = self.words.label(placed.stage)
        title = short_title(label, self.words.term(lane.value) if lane.value else "", "") or label
        columns = self.layout.columns
        column = self._column(columns[placed.first][0], columns[placed.last][1]) if columns else None
        found = [p for p in self.layout.passages if p.stage == placed.stage.iri]
        stages = {s.iri: s for s in self.catalogue.stages}
        return MapStage(
            stage=placed.stage,
            title=capital(title),
            first=placed.first + 1,
            last=placed.last + 1,
            row=row,
            column=column,
            sections=tuple(self._boxes(placed, section, label) for section in self.sections),
            notices=self.catalogue.guideline.notices.get(placed.stage.iri, ()),
            passages=tuple((stages[p.target], ", ".join(p.printed)) for p in found),
        )

    def _boxes(self, placed: Placed, section: Term, stage: str) -> tuple[MapBox, ...]:
        name = self.words.label(section)
        boxes = [b for b in placed.boxes if b.section.iri == section.iri]
        return tuple(MapBox(b, capital(self.words.in_stage(self.words.label(b), stage, name))) for b in boxes)

    # -- the patient ------------------------------------------------------------------------------

    def state(self, name: str) -> str:
        """Return whether a term is *certain* or *possible* for the patient, else nothing."""
        return self.lit.state(name) if self.lit else ""

    def lit_class(self, name: str) -> str:
        """Return the class that a term has on the page by its state."""
        state = self.state(name)
        return f"lit-{state}" if state else ""

    def titles(self, step: WayStep, answers: Iterable[Term]) -> list[str]:
        """Return answers without what the stage and the decision say already; none where nothing else is said."""
        return [title for a in answers if (title := self._title(step, a))]

    def _title(self, step: WayStep, answer: Term) -> str:
        label = self.words.label(answer)
        for stage in self.catalogue.stages:
            own = self.words.label(stage)
            if answer.iri != stage.iri and label.casefold().startswith(own.casefold()):
                label = short_title(label, own, "")
        return short_title(label, self.words.label(step.asked), "")
