"""What a report says: sections of tables, each count with what it is over."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date

from lrp_kg.report.counts import Counts, Key


@dataclass(frozen=True)
class Measure:
    """A column of a table; one that is ``open`` counts what is not known."""

    id: str
    label: str
    open: bool = False


@dataclass(frozen=True)
class CountRow:
    """A line of a table: the counts of its measures (``None``: there is none), and the count that they are part of.

    One that is ``open`` counts what is not known.
    """

    id: str
    label: str
    cells: tuple[Key | None, ...]
    of: Key
    group: str = ""
    open: bool = False


@dataclass(frozen=True)
class CountTable:
    """Rows of counts; ``over`` says in words what the shares are of. The rows of a ranking are shown largest first.

    One that is ``folded`` is long, and goes into the detail of another.
    """

    id: str
    title: str
    over: str
    measures: tuple[Measure, ...]
    rows: tuple[CountRow, ...]
    note: str = ""
    ranking: bool = False
    folded: bool = False


@dataclass(frozen=True)
class ReportSection:
    """A part of the report; ``lacking`` says what it would need where something is not given."""

    id: str
    title: str
    tables: tuple[CountTable, ...] = ()
    note: str = ""
    lacking: str = ""


@dataclass(frozen=True)
class ReportCard:
    """Everything that is counted, in one language; ``stale`` says so where the guideline that answered was another."""

    lang: str
    guideline: str
    version: str
    title: str
    label: str
    counts: Counts = field(repr=False)
    sections: tuple[ReportSection, ...]
    on: date | None = None
    stale: str = ""
    below: int | None = None

    @property
    def tables(self) -> Iterator[CountTable]:
        """Yield all tables."""
        for section in self.sections:
            yield from section.tables

    @property
    def published(self) -> frozenset[Key]:
        """Return every count that is shown somewhere, if it is not suppressed."""
        every = {key for table in self.tables for row in table.rows for key in (*row.cells, row.of) if key}
        return frozenset(every)

    @property
    def suppressed(self) -> int:
        """Return how many counts are not shown."""
        return len(self.published & self.counts.suppressed)

    def share(self, row: CountRow, key: Key) -> float | None:
        """Return the share of a count in its row, in percent; ``None`` where one of the two is not shown, or 0."""
        part, whole = self.counts.shown(key), self.counts.shown(row.of)
        return None if part is None or not whole else 100 * part / whole

    def ranked(self) -> ReportCard:
        """Return the report with the rows of rankings in order; what is suppressed comes last, in the order it had.

        The place of a count in a ranking says about how large it is.
        """

        def place(row: CountRow) -> int:
            found = self.counts.shown(row.cells[0]) if row.cells[0] else 0
            return 1 if found is None else -found

        def ordered(table: CountTable) -> CountTable:
            return replace(table, rows=tuple(sorted(table.rows, key=place))) if table.ranking else table

        sections = (replace(s, tables=tuple(ordered(t) for t in s.tables)) for s in self.sections)
        return replace(self, sections=tuple(sections))
