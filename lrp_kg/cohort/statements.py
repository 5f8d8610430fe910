"""The columns of statements: the latest day of each, and whether it applies."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pyarrow as pa

from lrp_kg.answer.statements import whole_verdict
from lrp_kg.cohort.answered import AnsweredRows
from lrp_kg.cohort.arrays import ABSENT, Array, Memory
from lrp_kg.cohort.choice import LATEST, STATEMENT
from lrp_kg.cohort.dating import DatedStatement, verdict_in
from lrp_kg.cohort.describing import described
from lrp_kg.cohort.places import StatementPlace
from lrp_kg.cohort.results import ORDERED, days, ordered
from lrp_kg.cohort.three_valued import all_of, any_of
from lrp_kg.guideline.model import Guideline, Statement
from lrp_kg.logic.classify import FALSE, OPEN, TRUE

ANSWERS = {TRUE: "yes", OPEN: "unknown", FALSE: "no"}


class LatestColumns:
    """The latest day of each statement that has one, as the dates of answers give it; null where there is none."""

    def __init__(self, dated: Sequence[DatedStatement]) -> None:
        self._dated: dict[str, list[DatedStatement]] = {}
        for d in dated:
            if any(limit.within for limit in d.statement.limits):
                self._dated.setdefault(d.statement.id, []).append(d)

    def fields(self) -> Iterator[pa.Field]:
        """Yield the fields of the schema."""
        for name, own in self._dated.items():
            yield described(f"latest.{name}", pa.date32(), LATEST, own[0].statement)

    def arrays(self, rows: AnsweredRows) -> Iterator[pa.Array]:
        """Yield the columns of rows."""
        for own in self._dated.values():
            found = np.full(rows.size, ABSENT, np.int64)
            for d in own:
                place = d.of(rows)
                found[place.rows] = place.latest
            yield days(found)


class StatementColumns:
    """Whether each statement applies: yes, unknown where it may once more is known, no.

    It applies where a place of it is certainly shown, its whole condition holds, and it is in force there.
    """

    def __init__(self, guideline: Guideline, places: Mapping[str, Sequence[StatementPlace]]) -> None:
        statements = {s.iri: s for s in guideline.statements}
        self._places = [(s, places[iri], Memory()) for iri, s in statements.items() if iri in places]

    def fields(self) -> Iterator[pa.Field]:
        """Yield the fields of the schema."""
        for statement, _, _ in self._places:
            categories = tuple(ANSWERS.values())
            yield described(f"statement.{statement.id}", ORDERED, STATEMENT, statement, categories=categories)

    def arrays(self, rows: AnsweredRows) -> Iterator[pa.Array]:
        """Yield the columns of rows."""
        places = [list(ANSWERS).index(verdict) for verdict in sorted(ANSWERS)]
        for statement, own, memory in self._places:
            shown = any_of(*(all_of(place.shows(rows), place.in_force(rows)) for place in own))
            found = all_of(shown, _holds(statement, rows, memory))
            if statement.condition_text:  # no field of a record says whether it holds
                found = np.where(found == TRUE, OPEN, found)
            yield ordered(places, found, tuple(ANSWERS.values()))


def _holds(statement: Statement, rows: AnsweredRows, memory: Memory) -> Array:
    """Return the verdict of the whole condition of a statement."""
    conditions = dict.fromkeys((statement.condition, *(limit.condition for limit in statement.limits)))
    columns = [rows.verdict(c) for c in conditions if c]
    if not columns:
        return rows.verdict(None)
    return memory.take(columns, lambda row: whole_verdict(statement, verdict_in(rows, row)))
