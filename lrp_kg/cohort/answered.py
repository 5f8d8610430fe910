"""A batch of rows and what the logic says of them, each part worked out when a column first asks for it."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from functools import cached_property
from typing import Any, Protocol, TypeVar

import numpy as np

from lrp_kg.answer.decisions import Assessor
from lrp_kg.cohort.arrays import Array, Memory, Numbering, ResultTable
from lrp_kg.cohort.bounds import ColumnBounds
from lrp_kg.cohort.cells import Days, Rows
from lrp_kg.cohort.conditions import ConditionColumn
from lrp_kg.cohort.dated import DateSituations
from lrp_kg.cohort.deciding import DecisionColumn, States
from lrp_kg.cohort.editions import EditionStates
from lrp_kg.cohort.kept import KeptOutcomes
from lrp_kg.cohort.measures import as_date
from lrp_kg.cohort.programmes import ProgrammeColumn
from lrp_kg.cohort.situations import DurationAxis
from lrp_kg.cohort.three_valued import all_of
from lrp_kg.durations import DateRange, day_number
from lrp_kg.guideline.model import Box
from lrp_kg.guideline.validity import Validity
from lrp_kg.logic.classify import FALSE, OPEN, TRUE
from lrp_kg.logic.editions import Candidate, in_force
from lrp_kg.logic.outcomes import Outcome

Found = TypeVar("Found")


class Answering(Protocol):
    """What gives the outcomes of rows: a decision, or a programme."""

    results: Numbering
    """The distinct outcomes so far."""

    def outcomes(self, rows: Rows) -> Array:
        """Return for each row the number of its outcome."""


class CohortLogic:
    """What answers rows by a guideline, with all that it remembers; made once for any number of batches.

    Some of that is ``kept`` on disk.
    """

    def __init__(self, assessor: Assessor, *, kept: bool = True) -> None:
        self.assessor = assessor
        self.guideline = g = assessor.guideline
        self.conditions = ConditionColumn(assessor)
        results = {name: Numbering() for name in g.own_decisions}
        for p in g.programmes.values():
            results |= dict.fromkeys((e.decision for e in p.editions), Numbering())
        decided = self.decided = dict[str, DecisionColumn]()
        dates = dict[tuple[DurationAxis, ...], DateSituations]()
        for name, numbering in results.items():
            decider = assessor.decider(name)
            states = States(decider, assessor.cells, assessor.dates, dates)
            decided[name] = DecisionColumn(name, decider, states, numbering)
        self.programmes = {p.id: ProgrammeColumn(p, assessor, decided) for p in g.programmes.values()}
        self.answering: dict[str, Answering] = {d.id: decided[d.iri] for d in g.own_decisions.values()}
        """Each decision and programme by its identifier."""
        self.answering |= self.programmes
        programmes = ((p.id, [decided[e.decision] for e in p.editions]) for p in g.programmes.values())
        own = [*((d.id, [decided[d.iri]]) for d in g.own_decisions.values()), *programmes]
        key = f"{g.content_hash} {assessor.program.engine.name}"
        self._kept = {name: KeptOutcomes(key, columns[0].results, columns) for name, columns in own} if kept else {}
        self.editions = {p.id: EditionStates(p, g.choosing_field(p)) for p in g.programmes.values()}
        self.in_force: dict[Validity, Memory] = {}
        self.options: dict[tuple[str, str], ResultTable] = {}
        """By decision and option, whether each outcome so far has the option."""

    def outcomes(self, identifier: str, rows: Rows) -> Array:
        """Return for each row the number of the outcome of a decision or programme, among its `results`."""
        if identifier in self._kept:
            self._kept[identifier].recall(rows.size)
        return self.answering[identifier].outcomes(rows)

    def keep(self) -> None:
        """Keep on disk what was asked for the first time, for the next run."""
        for own in self._kept.values():
            own.keep()


class AnsweredRows:
    """A batch of rows, and what is known of them."""

    def __init__(self, logic: CohortLogic, rows: Rows) -> None:
        self.rows = rows
        self.size = rows.size
        self.guideline = logic.guideline
        self._logic = logic
        self._conditions = logic.conditions.of_rows(rows)
        self._outcomes: dict[str, Array] = {}
        self._verdicts: dict[str | None, Array] = {}
        self._shown: dict[str, Array] = {}
        self._editions: dict[str, Array] = {}
        self._days: dict[str, Days] = {}
        self._states: dict[str, Array] = {}
        self._in_force: dict[Validity, Array] = {}
        self._once: dict[Hashable, Any] = {}

    def once(self, what: Hashable, work_out: Callable[[], Found]) -> Found:
        """Return what several kinds of columns ask for of these rows, worked out for the first of them."""
        if what not in self._once:
            self._once[what] = work_out()
        found: Found = self._once[what]
        return found

    def outcomes(self, identifier: str) -> Array:
        """Return for each row the number of the outcome of a decision or programme, among its `results`."""
        if identifier not in self._outcomes:
            self._outcomes[identifier] = self._logic.outcomes(identifier, self.rows)
        return self._outcomes[identifier]

    def results(self, identifier: str) -> list[Outcome]:
        """Return the distinct outcomes of a decision or programme so far, by their numbers."""
        return self._logic.answering[identifier].results.values

    def verdict(self, cls: str | None) -> Array:
        """Return the verdict of a class in each row; no class is the class of all records."""
        if cls not in self._verdicts:
            self._verdicts[cls] = self._conditions.of(cls)
        return self._verdicts[cls]

    def option(self, decision: str, option: str) -> Array:
        """Return as a verdict whether an option is an answer of a decision or programme, both by identifier."""
        table = self._logic.options.get((decision, option))
        if table is None:
            table = ResultTable(self.results(decision), lambda outcome: _verdict_of(outcome, option))
            self._logic.options[decision, option] = table
        return table.take(self.outcomes(decision))

    def of_outcomes(self, identifier: str, function: Callable[[Outcome], int]) -> Array:
        """Return what a function says of the outcome of a decision or programme in each row."""
        numbers = self.outcomes(identifier)
        found: Array = np.array([function(outcome) for outcome in self.results(identifier)], np.int8)[numbers]
        return found

    def shown(self, box: Box) -> Array:
        """Return as a verdict whether a box is shown, as `Run.shows` says it of one record."""
        if box.iri not in self._shown:
            decision, option = self.guideline.shown_with(box)
            if option is not None:
                found = self.option(decision.id, option.id)
            else:
                found = all_of(self.verdict(decision.scope), self.verdict(box.applies_to))
            self._shown[box.iri] = found
        return self._shown[box.iri]

    def editions(self, programme: str) -> Array:
        """Return the editions of a programme, by identifier, that may apply in each row, as bits."""
        if programme not in self._editions:
            self._editions[programme] = self._logic.programmes[programme].chosen(self.rows)[0]
        return self._editions[programme]

    def edition_states(self, programme: str) -> tuple[Array, list[tuple[Candidate, ...]]]:
        """Return a number for what the editions of a programme are in each row, and by number those that may apply."""
        if programme not in self._states:
            states = self._logic.editions[programme]
            field = states.field
            self._states[programme] = states.of(self.days(field)) if field else np.zeros(self.size, np.int32)
        return self._states[programme], self._logic.editions[programme].found

    def days(self, name: str) -> Days:
        """Return what is known of a date, by IRI, and the first and last day that it can have beside the others."""
        if name not in self._days:
            self._days[name] = self._bounds.of(name)
        return self._days[name]

    @cached_property
    def _bounds(self) -> ColumnBounds:
        return ColumnBounds(self._logic.assessor.dates, self.rows)

    def in_force(self, validity: Validity | None) -> Array:
        """Return whether a rule is in force: asked for once for each place of dates beside its first and last days."""
        if validity is None:
            return np.full(self.size, TRUE, np.int8)
        if validity not in self._in_force:
            self._in_force[validity] = self._of_validity(validity)
        return self._in_force[validity]

    def _of_validity(self, validity: Validity) -> Array:
        fields = sorted({name for period in validity.every for name in period.by})
        ends = [day_number(d) for period in validity.every for d in (period.first, period.last) if d]
        own = [self.days(name) for name in fields]
        columns = [np.sign(side - end) for d in own for side in (d.low, d.high) for end in ends]

        def work_out(row: int) -> int:
            ranges = {n: DateRange(as_date(d.low[row]), as_date(d.high[row])) for n, d in zip(fields, own, strict=True)}
            return in_force(validity, ranges.__getitem__)

        return self._logic.in_force.setdefault(validity, Memory()).take(columns, work_out).astype(np.int8)


def _verdict_of(outcome: Outcome, option: str) -> int:
    return TRUE if option in outcome.answers else OPEN if option in outcome.possible else FALSE
