"""The kinds of columns of answers: each says which fields it adds to the schema, and gives their arrays."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import numpy as np
import pyarrow as pa

from lrp_kg.answer.columns import box_column, criteria_of, criterion_column, edition_column
from lrp_kg.cohort.answered import AnsweredRows, CohortLogic
from lrp_kg.cohort.arrays import Array
from lrp_kg.cohort.choice import BOX, CRITERION, EDITION, FACT, LATEST, STATEMENT, WARNING, Choice
from lrp_kg.cohort.dating import DatedStatement
from lrp_kg.cohort.describing import described
from lrp_kg.cohort.facts import FactColumns
from lrp_kg.cohort.places import places_of
from lrp_kg.cohort.results import ORDERED, OutcomeColumns, boolean, ordered
from lrp_kg.cohort.statements import LatestColumns, StatementColumns
from lrp_kg.cohort.warnings import WarningColumns
from lrp_kg.guideline.model import Programme
from lrp_kg.logic.classify import OPEN


class Columns(Protocol):
    """Some columns of answers. What is not chosen is in no field and is not worked out."""

    def fields(self) -> Iterator[pa.Field]:
        """Yield the fields of the schema; they follow from the guideline and the choice, never from the rows."""

    def arrays(self, rows: AnsweredRows) -> Iterator[pa.Array]:
        """Yield the columns of some rows, one for each field."""


def columns_of(logic: CohortLogic, choice: Choice) -> list[Columns]:
    """Return the columns of a choice, in their order."""
    g = logic.guideline
    found: list[Columns] = [
        OutcomeColumns(g, d, [o.id for o in d.options], choice.kinds, collects=d.policy == "Collect")
        for d in g.own_decisions.values()
        if choice.of(d.id)
    ]
    programmes = [p for p in g.programmes.values() if choice.of(p.id)]
    for p in programmes:
        options = [o.id for o in g.decisions[p.editions[-1].decision].options]
        found.append(OutcomeColumns(g, p, options, choice.kinds, collects=False))
    if BOX in choice.kinds:
        found.append(BoxColumns(logic, choice))
    found += [EditionColumns(p, choice) for p in programmes]
    places = places_of(g, choice)
    dated = [
        DatedStatement(p.statement, p)
        for own in places.values()
        for p in own
        if p.statement.facts or p.statement.limits
    ]
    if FACT in choice.kinds:
        facts = (FactColumns(g, term, choice, dated) for term in g.fact_keys.values())
        found += [columns for columns in facts if columns.there]
    if LATEST in choice.kinds:
        found.append(LatestColumns(dated))
    if WARNING in choice.kinds:
        found.append(WarningColumns(logic, choice))
    if STATEMENT in choice.kinds:
        found.append(StatementColumns(g, places))
    return found


class BoxColumns:
    """Whether each box is shown that belongs to a decision of the choice; null where that is not known."""

    def __init__(self, logic: CohortLogic, choice: Choice) -> None:
        g = logic.guideline
        self._boxes = [box for box in g.boxes.values() if choice.of(g.shown_with(box)[0].id)]

    def fields(self) -> Iterator[pa.Field]:
        """Yield the fields of the schema."""
        for box in self._boxes:
            yield described(box_column(box.id), pa.bool_(), BOX, box)

    def arrays(self, rows: AnsweredRows) -> Iterator[pa.Array]:
        """Yield the columns of rows."""
        for box in self._boxes:
            yield boolean(rows.shown(box))


class EditionColumns:
    """Whether each criterion of a programme is met, and its edition; null where that is not known."""

    def __init__(self, programme: Programme, choice: Choice) -> None:
        self._programme = programme
        self._kinds = choice.kinds
        self._criteria = criteria_of(programme)

    def fields(self) -> Iterator[pa.Field]:
        """Yield the fields of the schema."""
        p = self._programme
        if CRITERION in self._kinds:
            for role, criterion in self._criteria.items():
                yield described(criterion_column(p.id, role), pa.bool_(), CRITERION, criterion, programme=p.id)
        if EDITION in self._kinds:
            yield described(edition_column(p.id), ORDERED, EDITION, p, categories=[e.id for e in p.editions])

    def arrays(self, rows: AnsweredRows) -> Iterator[pa.Array]:
        """Yield the columns of rows."""
        if CRITERION in self._kinds:
            for role in self._criteria:
                yield boolean(self._criterion(role, rows))
        if EDITION in self._kinds:
            ids = [e.id for e in self._programme.editions]
            only = [bits.bit_length() - 1 if bits.bit_count() == 1 else None for bits in range(1 << len(ids))]
            yield ordered(only, rows.editions(self._programme.id), ids)

    def _criterion(self, role: str, rows: AnsweredRows) -> Array:
        """Return whether a criterion is met by all editions that may apply; not known where they differ."""
        found = np.full(rows.size, -1, np.int8)
        for place, edition in enumerate(self._programme.editions):
            mine = (rows.verdict(c.applies_to) for c in edition.criteria if c.id == role)
            own = next(mine, np.full(rows.size, OPEN, np.int8))
            applies = (rows.editions(self._programme.id) >> place & 1).astype(bool)
            found = np.where(applies, np.where((found == -1) | (found == own), own, OPEN), found)
        return found
