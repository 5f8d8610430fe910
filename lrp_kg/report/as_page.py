"""A report as one file of HTML that needs no other: with its style, without scripts and without the network."""

from __future__ import annotations

from functools import cache
from itertools import groupby
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from lrp_kg.report.model import CountRow, CountTable, ReportCard
from lrp_kg.report.words import ShownWords

MOST = 15
"""Rows of a ranking that are shown at once; the others can be opened, and are printed."""


def as_page(report: ReportCard) -> str:
    """Return a report as a page."""
    return _template().render(report=report, w=ShownWords(report.lang), view=_View(report))


@cache
def _template() -> Template:
    loader = FileSystemLoader(Path(__file__).parent)
    made = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return made.get_template("report.html")


class _View:
    """What the template asks for."""

    def __init__(self, report: ReportCard) -> None:
        self._report = report

    def parts(self, table: CountTable) -> list[tuple[CountRow, ...]]:
        """Return the rows that are shown at once, and the others."""
        most = MOST if table.ranking else len(table.rows)
        return [part for part in (table.rows[:most], table.rows[most:]) if part]

    def groups(self, rows: tuple[CountRow, ...]) -> list[tuple[str, list[CountRow]]]:
        """Return rows under the group that they follow each other in."""
        return [(name, list(own)) for name, own in groupby(rows, key=lambda row: row.group)]

    def partition(self, table: CountTable) -> bool:
        """Return whether the counts of a row are parts of one whole, so that their strips stand in one line."""
        values = self._report.counts.values
        return len(table.measures) > 1 and all(
            sum(values[key] for key in row.cells if key) == values[row.of] for row in table.rows
        )

    def strips(self, table: CountTable, row: CountRow) -> list[tuple[int, float, float]]:
        """Return the strips of a row: of which measure, where it begins and how long it is, in percent.

        A suppressed count has none, and leaves no gap that would say how large it is.
        """
        found, begin = [], 0.0
        for place, key in enumerate(row.cells if self.partition(table) else row.cells[:1]):
            share = self._report.share(row, key) if key else None
            if share:
                found.append((place, begin, share))
                begin += share
        return found
