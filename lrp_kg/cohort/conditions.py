"""The verdict of a condition in each row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lrp_kg.answer.decisions import Assessor
from lrp_kg.cohort.arrays import REMEMBERED, Array, distinct
from lrp_kg.cohort.cells import RANGE, UNKNOWN, Rows
from lrp_kg.guideline.criteria import Named
from lrp_kg.logic.cells import assign
from lrp_kg.logic.classify import OPEN, TRUE


@dataclass(frozen=True)
class Completed:
    """The signatures that rows can have over the days of their uncertain dates: a column for each variable.

    ``rows`` are those that have several, ``starts`` where the signatures of each begin.
    """

    rows: Array
    starts: Array
    cells: Array


class ConditionColumn:
    """The verdicts of conditions: SPARQL is asked once for each combination of the cells that one reads."""

    def __init__(self, assessor: Assessor) -> None:
        self._a = assessor
        self._known: dict[str, dict[tuple[int, ...], int]] = {}

    def of(self, cls: str | None, rows: Rows, completed: Completed) -> Array:
        """Return the verdict of a condition in each row; no condition is that of all records.

        ``completed`` are the signatures of rows with uncertain dates.
        """
        if cls is None or Named(cls) not in self._a.program.index:
            return np.full(rows.size, TRUE, np.int8)
        reads = sorted(self._a.program.fields(Named(cls)))
        found = self._of_cells(cls, reads, [rows.cells[v] for v in reads] or [np.zeros(rows.size, np.int8)])
        if len(completed.rows) and any(v in self._a.dates.derived for v in reads):
            own = self._of_cells(cls, reads, [completed.cells[v] for v in reads])
            least, most = (f.reduceat(own, completed.starts) for f in (np.minimum, np.maximum))
            found[completed.rows] = np.where(least == most, least, OPEN)
        return found

    def completed(self, rows: Rows) -> Completed:
        """Return the signatures of the rows whose uncertain dates leave a duration open."""
        open_rows = np.zeros(rows.size, bool)
        for variable, derived in self._a.dates.derived.items():
            ends = (rows.days[derived.start].state == RANGE) | (rows.days[derived.end].state == RANGE)
            open_rows |= ends & (rows.cells[variable] == UNKNOWN)
        places = np.flatnonzero(open_rows)
        every = [self._a.dates.completions(rows.signature(row), *rows.dates(row)) for row in places.tolist()]
        starts = np.cumsum([0, *map(len, every)])[:-1]
        cells = np.frombuffer(b"".join(s for own in every for s in own), np.uint8)
        return Completed(places, starts, cells.reshape(-1, len(rows.cells)).T)

    def _of_cells(self, cls: str, reads: Sequence[int], columns: Sequence[Array]) -> Array:
        known = self._known.setdefault(cls, {})
        first, inverse = distinct(columns)
        keys = list(zip(*(c[first].tolist() for c in columns), strict=True))
        new = [key for key in keys if key not in known]
        if new:
            if len(known) > REMEMBERED:
                known.clear()
                new = keys
            program, empty = self._a.program, self._a.cells.unknown
            signatures = [assign(empty, reads, key[: len(reads)]) for key in new]
            verdicts = program.classify(signatures, program.needed([Named(cls)]))
            number = program.index[Named(cls)]
            known.update((key, v[number]) for key, v in zip(new, verdicts, strict=True))
        found: Array = np.array([known[key] for key in keys], np.int8)[inverse]
        return found
