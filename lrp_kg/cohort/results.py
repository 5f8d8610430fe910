"""The columns of one decision or programme, and how values become columns of Arrow: their names are a promise."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from lrp_kg.cohort.answered import AnsweredRows
from lrp_kg.cohort.arrays import ABSENT, Array
from lrp_kg.cohort.buffers import TEXTS, as_column, column_of
from lrp_kg.cohort.choice import ANSWER, ANSWERS, MISSING, POSSIBLE, STATUS
from lrp_kg.cohort.describing import described
from lrp_kg.cohort.numbered import CategoryTable, ListTable, categories_at
from lrp_kg.guideline.model import Guideline, Term
from lrp_kg.logic.classify import OPEN, TRUE
from lrp_kg.logic.outcomes import DECIDED, STATUSES, Outcome

ORDERED = pa.dictionary(pa.int16(), pa.string(), ordered=True)
CATEGORIES = pa.dictionary(pa.int16(), pa.string())


class OutcomeColumns:
    """The columns of one decision or programme: its answer, its answers, its status, what is possible and missing."""

    def __init__(
        self, guideline: Guideline, term: Term, options: Sequence[str], kinds: Collection[str], *, collects: bool
    ) -> None:
        self._kinds = kinds
        self._options = tuple(options)
        self._collects = collects
        self._term = term
        self.name = term.id
        self._makers: dict[str, tuple[Callable[[Outcome], Any], ListTable | CategoryTable]] = {
            ANSWER: (lambda o: o.answers if o.status == DECIDED else None, ListTable(self._options)),
            ANSWERS: (lambda o: o.answers, ListTable(self._options)),
            STATUS: (lambda o: o.status, CategoryTable(STATUSES)),
            POSSIBLE: (lambda o: o.possible, ListTable(self._options)),
            MISSING: (lambda o: [guideline.fields[m].id for m in o.missing], ListTable()),
        }
        if not collects:
            table = CategoryTable(self._options)
            self._makers[ANSWER] = (lambda o: o.answers[0] if o.status == DECIDED else None, table)

    def fields(self) -> Iterator[pa.Field]:
        """Yield the fields of the schema."""
        fields: dict[str, tuple[str, pa.DataType, Sequence[str]]] = {
            ANSWER: (self.name, TEXTS if self._collects else ORDERED, self._options),
            ANSWERS: (f"{self.name}_answers", TEXTS, self._options),
            STATUS: (f"{self.name}_status", ORDERED, STATUSES),
            POSSIBLE: (f"{self.name}_possible", TEXTS, self._options),
            MISSING: (f"{self.name}_missing", TEXTS, ()),
        }
        for kind, (name, of_type, categories) in fields.items():
            if kind in self._kinds:
                yield described(name, of_type, kind, self._term, categories=categories)

    def arrays(self, rows: AnsweredRows) -> Iterator[pa.Array]:
        """Yield the columns of rows."""
        wanted = [maker for kind, maker in self._makers.items() if kind in self._kinds]
        if not wanted:
            return
        numbers = rows.outcomes(self.name).astype(np.intp)  # by which NumPy takes fastest
        results = rows.results(self.name)
        for said, table in wanted:
            table.add([said(outcome) for outcome in results[len(table) :]])
            yield table.take(numbers)


def ordered(numbers: Sequence[int | None], places: Array, categories: Sequence[str]) -> pa.Array:
    """Return a column of ordered categories: for each row the place of its category in a list of numbers."""
    return categories_at(column_of(numbers, pa.int16()).take(as_column(places)), categories)


def boolean(verdicts: Array) -> pa.Array:
    """Return verdicts as true and false, and null for what is not known."""
    true, known = (pa.py_buffer(np.packbits(bits, bitorder="little")) for bits in (verdicts == TRUE, verdicts != OPEN))
    return pa.Array.from_buffers(pa.bool_(), len(verdicts), [known, true])


def days(numbers: Array) -> pa.Array:
    """Return days by their numbers as dates, and null for `ABSENT`."""
    absent = numbers == ABSENT
    return as_column(np.where(absent, 0, numbers).astype(np.int32), pa.date32(), absent)
