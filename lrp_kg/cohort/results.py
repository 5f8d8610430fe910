"""The columns of one decision or programme, and how values become columns of Arrow: their names are a promise."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence

import numpy as np
import pyarrow as pa

from lrp_kg.cohort.answered import AnsweredRows
from lrp_kg.cohort.arrays import ABSENT, Array
from lrp_kg.cohort.choice import ANSWER, ANSWERS, MISSING, POSSIBLE, STATUS
from lrp_kg.cohort.describing import described
from lrp_kg.guideline.model import Guideline, Term
from lrp_kg.logic.classify import OPEN, TRUE
from lrp_kg.logic.outcomes import DECIDED, NO_ANSWER, NOT_APPLICABLE, SEVERAL, UNDETERMINED, Outcome

TEXTS = pa.list_(pa.string())
ORDERED = pa.dictionary(pa.int16(), pa.string(), ordered=True)
CATEGORIES = pa.dictionary(pa.int16(), pa.string())
STATUSES = (DECIDED, SEVERAL, UNDETERMINED, NO_ANSWER, NOT_APPLICABLE)


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
        makers: dict[str, Callable[[list[Outcome], Array], pa.Array]] = {
            ANSWER: self._answer,
            ANSWERS: lambda found, places: _lists([list(o.answers) for o in found], places),
            STATUS: lambda found, places: ordered([STATUSES.index(o.status) for o in found], places, STATUSES),
            POSSIBLE: lambda found, places: _lists([list(o.possible) for o in found], places),
            MISSING: lambda found, places: _lists([[self._g.fields[m].id for m in o.missing] for o in found], places),
        }
        wanted = [maker for kind, maker in makers.items() if kind in self._kinds]
        if not wanted:
            return
        used, places = np.unique(rows.outcomes(self.name), return_inverse=True)
        results = rows.results(self.name)
        found = [results[n] for n in used.tolist()]
        yield from (maker(found, places) for maker in wanted)

    def _answer(self, found: Sequence[Outcome], places: Array) -> pa.Array:
        if self._collects:
            return _lists([list(o.answers) if o.status == DECIDED else None for o in found], places)
        decided = [self._options.index(o.answers[0]) if o.status == DECIDED else None for o in found]
        return ordered(decided, places, self._options)


def ordered(numbers: Sequence[int | None], places: Array, categories: Sequence[str]) -> pa.Array:
    """Return a column of ordered categories: for each row the place of its category in a list of numbers."""
    indices = pa.array(numbers, pa.int16()).take(pa.array(places))
    return pa.DictionaryArray.from_arrays(indices, pa.array(categories, pa.string()), ordered=True)


def boolean(verdicts: Array) -> pa.Array:
    """Return verdicts as true and false, and null for what is not known."""
    return pa.array(verdicts == TRUE, mask=verdicts == OPEN)


def days(numbers: Array) -> pa.Array:
    """Return days by their numbers as dates, and null for `ABSENT`."""
    absent = numbers == ABSENT
    return pa.array(np.where(absent, 0, numbers).astype(np.int32), pa.int32(), mask=absent).cast(pa.date32())


def _lists(values: Sequence[list[str] | None], places: Array) -> pa.Array:
    return pa.array(values, TEXTS).take(pa.array(places))
