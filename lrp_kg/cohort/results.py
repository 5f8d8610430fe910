"""The columns of the answers, as an Arrow table: their names are a promise."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pyarrow as pa

from lrp_kg.cohort.arrays import Array, Numbering
from lrp_kg.guideline.model import Guideline
from lrp_kg.logic.outcomes import DECIDED, NO_ANSWER, NOT_APPLICABLE, SEVERAL, UNDETERMINED, Outcome

TEXTS = pa.list_(pa.string())
STATUSES = (DECIDED, SEVERAL, UNDETERMINED, NO_ANSWER, NOT_APPLICABLE)


class OutcomeColumns:
    """The columns of one decision or programme: its answer, its answers, its status, what is possible and missing."""

    def __init__(
        self, guideline: Guideline, name: str, options: Sequence[str], outcomes: Numbering, *, collects: bool
    ) -> None:
        self._g = guideline
        self._outcomes = outcomes
        self._options = tuple(options)
        self._collects = collects
        self.name = name

    def fields(self) -> Iterator[pa.Field]:
        """Yield the fields of the schema."""
        ordered = pa.dictionary(pa.int16(), pa.string(), ordered=True)
        yield pa.field(self.name, TEXTS if self._collects else ordered)
        yield pa.field(f"{self.name}_answers", TEXTS)
        yield pa.field(f"{self.name}_status", ordered)
        yield pa.field(f"{self.name}_possible", TEXTS)
        yield pa.field(f"{self.name}_missing", TEXTS)

    def arrays(self, numbers: Array) -> Iterator[pa.Array]:
        """Yield the columns of rows, by the numbers of their outcomes."""
        used, places = np.unique(numbers, return_inverse=True)
        found: list[Outcome] = [self._outcomes.values[n] for n in used.tolist()]
        decided = [o.status == DECIDED for o in found]
        if self._collects:
            yield _lists([list(o.answers) if d else None for o, d in zip(found, decided, strict=True)], places)
        else:
            one = [o.answers[0] if d else None for o, d in zip(found, decided, strict=True)]
            yield ordered([self._options.index(a) if a else None for a in one], places, self._options)
        yield _lists([list(o.answers) for o in found], places)
        yield ordered([STATUSES.index(o.status) for o in found], places, STATUSES)
        yield _lists([list(o.possible) for o in found], places)
        yield _lists([[self._g.fields[m].id for m in o.missing] for o in found], places)


def ordered(numbers: Sequence[int | None], places: Array, categories: Sequence[str]) -> pa.Array:
    """Return a column of ordered categories: for each row the place of its category in a list of numbers."""
    indices = pa.array(numbers, pa.int16()).take(pa.array(places))
    return pa.DictionaryArray.from_arrays(indices, pa.array(categories, pa.string()), ordered=True)


def _lists(values: Sequence[list[str] | None], places: Array) -> pa.Array:
    return pa.array(values, TEXTS).take(pa.array(places))
