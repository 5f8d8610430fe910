"""The columns of one decision or programme, and how values become columns of Arrow: their names are a promise."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa

from lrp_kg.cohort.answered import AnsweredRows
from lrp_kg.cohort.arrays import ABSENT, Array
from lrp_kg.cohort.buffers import TEXTS, as_column, column_of, lists, numbers_of, texts
from lrp_kg.cohort.choice import ANSWER, ANSWERS, MISSING, POSSIBLE, STATUS
from lrp_kg.cohort.describing import described
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
        self._g = guideline
        self._kinds = kinds
        self._options = tuple(options)
        self._collects = collects
        self._term = term
        self.name = term.id
        self._results: list[Outcome] = []
        self._tables: dict[str, pa.Array] = {}

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
        makers: dict[str, Callable[[Array], pa.Array]] = {
            ANSWER: self._answer,
            ANSWERS: partial(self._lists, ANSWERS, lambda o: o.answers),
            STATUS: partial(self._ordered, STATUS, lambda o: STATUSES.index(o.status), STATUSES),
            POSSIBLE: partial(self._lists, POSSIBLE, lambda o: o.possible),
            MISSING: partial(self._lists, MISSING, lambda o: [self._g.fields[m].id for m in o.missing]),
        }
        wanted = [maker for kind, maker in makers.items() if kind in self._kinds]
        if not wanted:
            return
        numbers = rows.outcomes(self.name)
        self._results = rows.results(self.name)
        yield from (maker(numbers) for maker in wanted)

    def _answer(self, numbers: Array) -> pa.Array:
        if self._collects:
            return self._lists(ANSWER, lambda o: o.answers if o.status == DECIDED else None, numbers)
        return self._ordered(
            ANSWER, lambda o: self._options.index(o.answers[0]) if o.status == DECIDED else None, self._options, numbers
        )

    def _ordered(
        self, kind: str, place: Callable[[Outcome], int | None], categories: Sequence[str], numbers: Array
    ) -> pa.Array:
        made = self._made(kind, partial(column_of, kind=pa.int16()), place)
        if made.null_count:
            return _categories(made.take(as_column(numbers)), categories)
        return _categories(as_column(numbers_of(made).take(numbers)), categories)

    def _lists(self, kind: str, said: Callable[[Outcome], Sequence[str] | None], numbers: Array) -> pa.Array:
        return self._made(kind, lists, said).take(as_column(numbers))

    def _made(self, kind: str, column: Callable[[list[Any]], pa.Array], function: Callable[[Outcome], Any]) -> pa.Array:
        """Return what a function makes of each outcome that there is so far."""
        known = self._tables.get(kind)
        have = 0 if known is None else len(known)
        if known is None or have < len(self._results):
            new = column([function(outcome) for outcome in self._results[have:]])
            known = self._tables[kind] = new if known is None else pa.concat_arrays([known, new])
        return known


def ordered(numbers: Sequence[int | None], places: Array, categories: Sequence[str]) -> pa.Array:
    """Return a column of ordered categories: for each row the place of its category in a list of numbers."""
    return _categories(column_of(numbers, pa.int16()).take(as_column(places)), categories)


def _categories(indices: pa.Array, categories: Sequence[str]) -> pa.Array:
    return pa.DictionaryArray.from_arrays(indices, texts(categories), ordered=True, safe=False)


def boolean(verdicts: Array) -> pa.Array:
    """Return verdicts as true and false, and null for what is not known."""
    true, known = (pa.py_buffer(np.packbits(bits, bitorder="little")) for bits in (verdicts == TRUE, verdicts != OPEN))
    return pa.Array.from_buffers(pa.bool_(), len(verdicts), [known, true])


def days(numbers: Array) -> pa.Array:
    """Return days by their numbers as dates, and null for `ABSENT`."""
    absent = numbers == ABSENT
    return as_column(np.where(absent, 0, numbers).astype(np.int32), pa.date32(), absent)
