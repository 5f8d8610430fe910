"""The verdict of a condition in each row, and what it makes of boxes, criteria, editions and warnings."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import pyarrow as pa

from lrp_kg.answer.decisions import Assessor
from lrp_kg.cohort.arrays import REMEMBERED, Array, Numbering, distinct
from lrp_kg.cohort.cells import RANGE, UNKNOWN, Rows
from lrp_kg.cohort.programmes import ProgrammeColumn
from lrp_kg.cohort.results import ordered
from lrp_kg.cohort.warnings import WarningColumns
from lrp_kg.guideline.criteria import Named
from lrp_kg.guideline.model import Box
from lrp_kg.logic.cells import assign
from lrp_kg.logic.classify import FALSE, OPEN, TRUE
from lrp_kg.logic.outcomes import Outcome


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


class MoreColumns:
    """The columns of boxes, criteria and editions: true, false, or null where it is not known."""

    def __init__(
        self, assessor: Assessor, programmes: Mapping[str, ProgrammeColumn], outcomes: Numbering, names: Sequence[str]
    ) -> None:
        self._a = assessor
        self._g = assessor.guideline
        self._programmes = programmes
        self._outcomes = outcomes
        self._place = {name: n for n, name in enumerate(names)}
        self._conditions = ConditionColumn(assessor)
        self._warnings = WarningColumns(assessor)

    def fields(self) -> Iterator[pa.Field]:
        """Yield the fields of the schema."""
        for box in self._g.boxes.values():
            yield pa.field(f"box.{box.id}", pa.bool_())
        for p in self._programmes.values():
            for role in self._roles(p):
                yield pa.field(f"criterion.{p.programme.id}.{role}", pa.bool_())
            yield pa.field(f"edition.{p.programme.id}", pa.dictionary(pa.int16(), pa.string(), ordered=True))
        yield from self._warnings.fields()

    def arrays(self, rows: Rows, numbers: Sequence[Array]) -> Iterator[pa.Array]:
        """Yield the columns of rows, of which the numbers of the outcomes of decisions are known."""
        known: dict[str | None, Array] = {}
        completed = self._conditions.completed(rows)
        options: dict[str, tuple[list[int], Array]] = {}

        def verdict(cls: str | None) -> Array:
            if cls not in known:
                known[cls] = self._conditions.of(cls, rows, completed)
            return known[cls]

        shown = {box.iri: self._shown(box, numbers, verdict, options) for box in self._g.boxes.values()}
        yield from map(_boolean, shown.values())
        for p in self._programmes.values():
            chosen, _ = p.chosen(rows)
            for role in self._roles(p):
                yield _boolean(_criterion(p, role, chosen, verdict))
            ids = [e.id for e in p.programme.editions]
            only = [bits.bit_length() - 1 if bits.bit_count() == 1 else None for bits in range(1 << len(ids))]
            yield ordered(only, chosen, ids)
        given = self._warnings.arrays(rows, verdict, shown, partial(self._option, numbers, options))
        yield from map(_boolean, given)

    def _shown(
        self,
        box: Box,
        numbers: Sequence[Array],
        verdict: Callable[[str | None], Array],
        distinct_outcomes: dict[str, tuple[list[int], Array]],
    ) -> Array:
        """Return whether a box is shown, as `Run.shows` says it of one record."""
        decision, option = self._g.shown_with(box)
        if option is None:
            scope, own = verdict(decision.scope), verdict(box.applies_to)
            open_or_true = np.where((scope == TRUE) & (own == TRUE), TRUE, OPEN)
            return np.where((scope == FALSE) | (own == FALSE), FALSE, open_or_true)
        return self._option(numbers, distinct_outcomes, decision.iri, option.id)

    def _option(
        self,
        numbers: Sequence[Array],
        distinct_outcomes: dict[str, tuple[list[int], Array]],
        decision: str,
        option: str,
    ) -> Array:
        """Return whether an option is an answer of a decision."""
        if decision not in distinct_outcomes:
            used, inverse = np.unique(numbers[self._place[decision]], return_inverse=True)
            distinct_outcomes[decision] = (used.tolist(), inverse)
        numbered, places = distinct_outcomes[decision]
        found: Array = np.array([_chosen(self._outcomes.values[n], option) for n in numbered], np.int8)[places]
        return found

    @staticmethod
    def _roles(p: ProgrammeColumn) -> list[str]:
        return list(dict.fromkeys(c.id for e in reversed(p.programme.editions) for c in e.criteria))


def _chosen(outcome: Outcome, option: str) -> int:
    return TRUE if option in outcome.answers else OPEN if option in outcome.possible else FALSE


def _criterion(p: ProgrammeColumn, role: str, chosen: Array, verdict: Callable[[str | None], Array]) -> Array:
    """Return whether a criterion is met by all editions that may apply; not known where they differ."""
    found = np.full(len(chosen), -1, np.int8)
    for place, edition in enumerate(p.programme.editions):
        mine = (verdict(c.applies_to) for c in edition.criteria if c.id == role)
        own = next(mine, np.full(len(chosen), OPEN, np.int8))
        applies = (chosen >> place & 1).astype(bool)
        found = np.where(applies, np.where((found == -1) | (found == own), own, OPEN), found)
    return found


def _boolean(verdicts: Array) -> pa.Array:
    return pa.array(verdicts == TRUE, mask=verdicts == OPEN)
