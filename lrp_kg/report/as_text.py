"""A report on a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from lrp_kg.report.model import CountTable, ReportCard
from lrp_kg.report.words import ShownWords

WIDE = 2
"""Counts of a row that have their shares beside them."""


def as_text(report: ReportCard) -> RenderableType:
    """Return a report as what a console of rich prints."""
    return Group(*_parts(report))


def _parts(report: ReportCard) -> Iterator[RenderableType]:
    words = ShownWords(report.lang)
    yield Text(report.title, style="bold")
    for said in filter(None, (report.stale, words.suppression(report))):
        yield Text(said, style="yellow")
    for section in report.sections:
        yield Text(f"\n{section.title}", style="bold")
        for said in (section.note, section.lacking):
            if said:
                yield Text(said, style="dim")
        for table in section.tables:
            yield _table(report, table)


def _table(report: ReportCard, table: CountTable) -> RenderableType:
    words = ShownWords(report.lang)
    if not table.rows:
        return Text(words.say("empty"))
    shown = Table(title=Text(table.title), title_justify="left", caption=Text(table.over), caption_justify="left")
    grouped = any(row.group for row in table.rows)
    if grouped:
        shown.add_column("", overflow="fold")
    shown.add_column(Text(words.say("item")), overflow="fold")
    for measure in table.measures:
        shown.add_column(Text(measure.label), justify="right")
    before, below = "", len(table.measures) > WIDE
    for row in table.rows:
        group = [Text("" if row.group == before else row.group)] if grouped else []
        cells = (words.count(report, key) + _share(words.share(report, row, key), below) for key in row.cells)
        shown.add_row(*group, Text(row.label), *(Text(cell) for cell in cells))
        before = row.group
    return shown


def _share(share: str, below: bool) -> str:
    """Return a share behind its count, or below it where a row has many."""
    return "" if not share else f"\n{share}" if below else f" ({share})"
