"""Answers put together from parts: what is the same for all records of a kind, and what days make of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from lrp_kg.answer.facts import merged_facts
from lrp_kg.answer.missing import questions_of
from lrp_kg.answer.parts import DecisionPart, ProgrammePart, StatementsPart, WarningsPart
from lrp_kg.answer.results import (
    AskedField,
    Assessment,
    DecisionResult,
    FactResult,
    ProgrammeResult,
    StatementResult,
)
from lrp_kg.answer.statements import in_order
from lrp_kg.guideline.model import Box

if TYPE_CHECKING:
    from lrp_kg.answer.run import Run


@dataclass(eq=False)
class WholeAnswer:
    """The parts of an answer, and what is put together from them without days; ``order`` sorts fields to ask for."""

    decisions: dict[str, DecisionPart]
    programmes: dict[str, ProgrammePart]
    boxes: list[tuple[Box, StatementsPart]]
    notices: list[StatementsPart]
    warnings: WarningsPart
    order: Mapping[str, tuple[int, str]]
    questions: tuple[AskedField, ...] | None = None
    """What to ask, once somebody wants to know."""

    @cached_property
    def results(self) -> dict[str, DecisionResult]:
        """Decisions and programmes by their identifiers."""
        own = {name: d.found for name, d in self.decisions.items()}
        return own | {name: p.core.decision for name, p in self.programmes.items()}

    @cached_property
    def missing(self) -> tuple[str, ...]:
        """The fields that decisions miss, then those that only statements and their dates wait for."""
        order = self.order.__getitem__
        first = {name for d in self.results.values() for name in d.result.missing}
        further: set[str] = set()
        for part in (*(part for _, part in self.boxes), *self.notices):
            further |= part.open
        for p in self.programmes.values():
            further |= p.settled.open
        return (*sorted(first, key=order), *sorted(further - first, key=order))

    @cached_property
    def to_ask(self) -> Collection[str]:
        """The fields that programmes wait for."""
        return frozenset().union(*(p.to_ask for p in self.programmes.values()))


@dataclass
class Composed:
    """The parts of one answer, and what depends on days or is put together from several parts."""

    run: Run
    wanted: set[str] | None
    whole: WholeAnswer

    @property
    def decisions(self) -> dict[str, DecisionPart]:
        """The decisions of the guideline's own by their identifiers."""
        return self.whole.decisions

    @property
    def programmes(self) -> dict[str, ProgrammePart]:
        """The programmes by their identifiers."""
        return self.whole.programmes

    @property
    def boxes(self) -> list[tuple[Box, StatementsPart]]:
        """The boxes that are shown."""
        return self.whole.boxes

    @property
    def notices(self) -> list[StatementsPart]:
        """The notices of each option that has some."""
        return self.whole.notices

    @property
    def warnings(self) -> WarningsPart:
        """What is pointed out."""
        return self.whole.warnings

    @property
    def questions(self) -> tuple[AskedField, ...]:
        """What to ask, which follows from what settles the whole."""
        whole, run = self.whole, self.run
        if whole.questions is None:
            fields = run.worth_asking(whole.missing, lambda: whole.to_ask, self.wanted)
            whole.questions = questions_of(run.g, filter(run.asked, fields), whole.results, ())
        return whole.questions

    @cached_property
    def _said(self) -> list[tuple[StatementsPart, tuple[StatementResult, ...]]]:
        """The statements that dates and facts are taken from, by part and with the days of the record."""
        own = [(part, said) for (_, part), (_, said) in zip(self.boxes, self.in_boxes, strict=True)]
        own += zip(self.notices, self.notices_said, strict=True)
        return own + [(p.settled, p.settled.at(self.run)) for p in self.programmes.values() if p.settled.found]

    @cached_property
    def in_boxes(self) -> tuple[tuple[Box, tuple[StatementResult, ...]], ...]:
        """The boxes with their statements."""
        return tuple((box, part.at(self.run)) for box, part in self.boxes)

    @cached_property
    def notices_said(self) -> list[tuple[StatementResult, ...]]:
        """The notices of each option that has some, with their statements."""
        return [part.at(self.run) for part in self.notices]

    @cached_property
    def noticed(self) -> tuple[StatementResult, ...]:
        """The notices."""
        return tuple(s for said in self.notices_said for s in said)

    @cached_property
    def eligibility(self) -> dict[str, ProgrammeResult]:
        """The programmes with the eligible days."""
        run = self.run
        return {name: p.at(run, run.days(p.core.found.programme)) for name, p in self.programmes.items()}

    @cached_property
    def dates(self) -> tuple[StatementResult, ...]:
        """The statements that have a date, the earlier first."""
        return in_order(said[n] for part, said in self._said for n, _ in part.dated)

    @cached_property
    def facts(self) -> dict[str, FactResult]:
        """The facts by their keys."""
        stated = ((said[n], facts) for part, said in self._said for n, facts in part.stating)
        decided = [d.facts for d in self.decisions.values()] + [p.core.facts for p in self.programmes.values()]
        return merged_facts(stated, decided)

    @cached_property
    def assessment(self) -> Assessment:
        """The whole, as data."""
        run = self.run
        return Assessment(
            guideline=run.g,
            record=run.record,
            decisions={**self.whole.results},
            programmes=self.eligibility,
            boxes=self.in_boxes,
            notices=self.noticed,
            facts=self.facts,
            dated=self.dates,
            notes=run.notes(self.dates),
            warnings=self.warnings.found,
            why_warnings=self.warnings.why,
            missing=self.whole.missing,
            questions=self.questions,
        )
