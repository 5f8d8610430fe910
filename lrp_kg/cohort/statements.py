"""The columns of statements: the latest day of each, and whether it applies."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pyarrow as pa

from lrp_kg.answer.columns import has_latest_day, latest_column
from lrp_kg.answer.statements import whole_verdict
from lrp_kg.cohort.answered import AnsweredRows
from lrp_kg.cohort.arrays import ABSENT, Array, NumberTable
from lrp_kg.cohort.buffers import as_column, texts
from lrp_kg.cohort.choice import LATEST, STATEMENT
from lrp_kg.cohort.dating import DatedStatement, verdict_in
from lrp_kg.cohort.describing import described
from lrp_kg.cohort.places import StatementPlace
from lrp_kg.cohort.results import ORDERED, days
from lrp_kg.cohort.three_valued import all_of, any_of
from lrp_kg.guideline.model import Guideline, Statement
from lrp_kg.logic.classify import FALSE, OPEN, TRUE

ANSWERS = {TRUE: "yes", OPEN: "unknown", FALSE: "no"}


class LatestColumns:
    """The latest day of each statement that has one, as the dates of answers give it; null where there is none."""

    def __init__(self, dated: Sequence[DatedStatement]) -> None:
        self._dated: dict[str, list[DatedStatement]] = {}
        for d in dated:
            if has_latest_day(d.statement):
                self._dated.setdefault(d.statement.id, []).append(d)

    def fields(self) -> Iterator[pa.Field]:
        """Yield the fields of the schema."""
        for name, own in self._dated.items():
            yield described(latest_column(name), pa.date32(), LATEST, own[0].statement)

    def arrays(self, rows: AnsweredRows) -> Iterator[pa.Array]:
        """Yield the columns of rows."""
        for own in self._dated.values():
            found = np.full(rows.size, ABSENT, np.int32)
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
        self._places = [(s, places[iri], NumberTable()) for iri, s in statements.items() if iri in places]

    def fields(self) -> Iterator[pa.Field]:
        """Yield the fields of the schema."""
        for statement, _, _ in self._places:
            categories = tuple(ANSWERS.values())
            yield described(f"statement.{statement.id}", ORDERED, STATEMENT, statement, categories=categories)

    def arrays(self, rows: AnsweredRows) -> Iterator[pa.Array]:
        """Yield the columns of rows."""
        words = texts(list(ANSWERS.values()))
        places = np.array([list(ANSWERS).index(verdict) for verdict in sorted(ANSWERS)], np.int16)
        for statement, own, table in self._places:
            shown = any_of(*(all_of(place.shows(rows), place.in_force(rows)) for place in own))
            found = all_of(shown, _holds(statement, rows, table))
            if statement.condition_text:  # no field of a record says whether it holds
                found = np.where(found == TRUE, np.int8(OPEN), found)
            yield pa.DictionaryArray.from_arrays(as_column(places[found]), words, ordered=True)


def _holds(statement: Statement, rows: AnsweredRows, table: NumberTable) -> Array:
    """Return the verdict of the whole condition of a statement, asked for once for each combination of its parts."""
    conditions = [c for c in dict.fromkeys((statement.condition, *(x.condition for x in statement.limits))) if c]
    if not conditions:
        return rows.verdict(None)
    key = rows.verdict(conditions[0])
    for condition in conditions[1:]:
        key = key.astype(np.int64) * 3 + rows.verdict(condition)
    return table.take(key, lambda _, row: whole_verdict(statement, verdict_in(rows, row))).astype(np.int8)
