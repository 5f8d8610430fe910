"""A timeline as SVG, wide with what is said on the left, or narrow with what is said above."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from itertools import groupby

from lrp_kg.answer.timeline import CHANGE, FIELD, PLAN, STAGE, Timeline, TimelineEntry
from lrp_kg.answer.timeline_axis import SIZE, DayAxis, Tick
from lrp_kg.answer.timeline_words import Row, TimelineWords, capital
from lrp_kg.svg import Canvas, Lines, lines, width_of

WIDE, NARROW = 720.0, 320.0
_COLUMN, _MARGIN, _GAP, _BAR, _TITLE = 288.0, 4.0, 9.0, 12.0, 13.0
MOST = 6
"""How many days with changes are drawn; the table has all."""


def draw(line: Timeline, rows: Sequence[Row], words: TimelineWords, *, narrow: bool, style: str = "") -> str:
    """Return a timeline that has something to draw as SVG in one language."""
    return TimelineDrawing(line, rows, words, narrow=narrow).picture(style)


class TimelineDrawing:
    """Draws one timeline; ``texts`` are the places of what is written: left, top, width and height."""

    def __init__(self, line: Timeline, rows: Sequence[Row], words: TimelineWords, *, narrow: bool) -> None:
        self.line, self.words, self.narrow = line, words, narrow
        self.width = NARROW if narrow else WIDE
        changes = [row for row in rows if row.entry.group == CHANGE]
        self.more = max(len(changes) - MOST, 0)
        self.rows = [row for row in rows if row not in changes[MOST:]]
        left = _MARGIN if narrow else _COLUMN + 12
        self.axis = DayAxis.of(line, left, self.width - left - _MARGIN)
        self.canvas, self.ground = Canvas(), Canvas()
        self.texts: list[tuple[float, float, float, float]] = []
        self.dates = self.axis.dates(words.words.say("timeline-months").split())

    def picture(self, style: str) -> str:
        """Return the SVG; without a style of its own that of the page applies."""
        top = self.head(6.0)
        bottom = top
        for name, rows in groupby(self.rows, key=lambda row: row.entry.group):
            bottom = self.heading(name, bottom + 6)
            for row in rows:
                bottom = self.row(row, bottom)
        if self.more:
            bottom = self.write(_MARGIN, bottom, self.words.words.say("timeline-more", count=self.more), "soft")
        bottom = self.legend(bottom + 6)
        if not self.narrow:
            self.grid(top, self.end)
        self.ground.put(self.canvas)
        say = self.words.words.say
        return self.ground.picture(
            self.width,
            bottom + 4,
            title=say("timeline"),
            description=say("timeline-about", count=len(self.rows)),
            lang=self.words.words.lang,
            linked=False,
            name=f"timeline {'narrow' if self.narrow else 'wide'}",
            style=style,
        )

    # -- the head ---------------------------------------------------------------------------------

    def head(self, y: float) -> float:
        """Write the assessment, the weeks and the calendar above the axis; return where they end."""
        words = self.words.words
        assessed = self.line.assessed
        if assessed:
            field = self.words.guideline.fields[self.words.guideline.roles.assessment or ""]
            said = f"{capital(words.label(field))}{words.colon}{assessed}"
            half = width_of(said, 12, bold=True) / 2
            x = min(max(self.axis.middle(assessed), self.axis.left + half), self.axis.right - half)
            self.remember(x - half, y, 2 * half, 16)
            self.canvas.text(x, y, Lines((said,), 12, True), "now-text", middle=True)
            y += 22
        weeks = self.axis.weeks(self.line.began) if self.line.began else []
        if weeks:
            field = self.words.guideline.fields[self.line.counted_from or ""]
            label = words.say("timeline-weeks", field=words.label(field))
            y = self.scale(y, label, weeks)
        return self.scale(y, "", self.dates)

    def scale(self, y: float, label: str, ticks: Sequence[Tick]) -> float:
        """Write the ticks of a scale; return where it ends."""
        if label:
            end = self.write(_MARGIN, y, label, "soft", size=SIZE)
            y = end if self.narrow else y
        for tick in ticks:
            self.remember(tick.x, y, tick.end - tick.x, SIZE * 1.3)
            self.canvas.text(tick.x, y, Lines((tick.label,), SIZE), "soft")
        return max(y + SIZE * 1.3 + 3, end + 3 if label else 0)

    # -- rows -------------------------------------------------------------------------------------

    @property
    def column(self) -> float:
        """Return the width of what is said."""
        return (self.width if self.narrow else _COLUMN) - 2 * _MARGIN

    def remember(self, x: float, y: float, w: float, h: float) -> None:
        """Note where something is written."""
        self.texts.append((x, y, w, h))

    def write(self, x: float, y: float, text: str, cls: str = "", *, size: float = 12, bold: bool = False) -> float:
        """Write wrapped text in the column; return where it ends."""
        found = lines(text, self.column - x + _MARGIN, size, bold=bold)
        widest = max((width_of(part, size, bold=bold) for part in found.lines), default=0)
        self.remember(x, y, widest, found.height)
        return self.canvas.text(x, y, found, cls)

    def heading(self, name: str, y: float) -> float:
        """Write the heading of a group."""
        text = lines(self.words.group(name), self.width - 2 * _MARGIN, 12, bold=True)
        self.ground.line_of("rule", [(0, y), (self.width, y)])
        self.remember(_MARGIN, y + 6, max(width_of(part, 12, bold=True) for part in text.lines), text.height)
        return self.canvas.text(_MARGIN, y + 6, text, "soft") + 4

    def row(self, row: Row, y: float) -> float:
        """Draw an entry with what is said of it; return where it ends."""
        top = y
        y = self.write(_MARGIN, y, row.title, size=_TITLE)
        remarks = row.remarks[: 1 if row.entry.certain and not row.entry.outdated else 2]
        said = "\N{NO-BREAK SPACE}· ".join((row.when, *remarks))
        y = self.write(_MARGIN, y, said, "soft")
        if self.narrow:
            self.grid(y + 3, y + 3 + _BAR + 4)
            self.bar(row.entry, y + 5)
            self.end = y + _BAR + 7 + _GAP
        else:
            self.bar(row.entry, top + 3)
            self.end = y + _GAP
        return self.end

    def grid(self, top: float, bottom: float) -> None:
        """Draw the ticks of the calendar, and the day of the assessment, through the rows."""
        for tick in self.dates:
            self.ground.line_of("tick", [(tick.x, top), (tick.x, bottom)])
        if self.line.assessed:
            x = self.axis.middle(self.line.assessed)
            self.ground.line_of("now-line", [(x, top), (x, bottom)])

    # -- bars -------------------------------------------------------------------------------------

    def bar(self, entry: TimelineEntry, y: float) -> None:
        """Draw the days of an entry: solid where they are sure, an outline where they are not."""
        kind = "ended" if entry.outdated else "now" if self.is_now(entry) else f"{entry.group} {entry.status}".strip()
        if entry.first == entry.last_by and entry.first and self.axis.first <= entry.first <= self.axis.last:
            self.point(entry.first, y, kind)
            return
        if entry.outdated:
            self.span(entry.first, entry.last_by, y, "bar ended")
        elif not entry.certain:
            self.span(entry.first, entry.last_by, y, f"bar {kind} perhaps")
        else:
            if (entry.first, entry.last) != (entry.first_by, entry.last_by):
                self.span(entry.first, entry.last_by, y, f"bar {kind} perhaps")
            self.span(self.elapsed(entry, y), entry.last, y, f"bar {kind}")
        if entry.group not in (FIELD, STAGE) and entry.last and self.axis.first <= entry.last <= self.axis.last:
            x = self.axis.x(entry.last) + self.axis.width / ((self.axis.last - self.axis.first).days + 1)
            self.canvas.line_of(f"limit {kind}", [(x, y - 3), (x, y + _BAR + 3)])

    def elapsed(self, entry: TimelineEntry, y: float) -> date | None:
        """Draw what has elapsed of a time limit by the assessment; return the first day of what is left."""
        day, first = self.line.assessed, entry.first_by
        if entry.group != PLAN or not day or not first or not entry.last or not first < day <= entry.last:
            return first
        self.span(first, day, y, f"bar {STAGE}")
        return day

    def is_now(self, entry: TimelineEntry) -> bool:
        """Return whether a stage is that of the assessment for sure."""
        day = self.line.assessed
        if entry.group != STAGE or day is None or not entry.certain:
            return False
        return (entry.first_by or date.min) <= day <= (entry.last or date.max)

    def point(self, day: date, y: float, kind: str) -> None:
        """Draw a day: a circle, or a diamond where something changes."""
        x, middle, r = self.axis.middle(day), y + _BAR / 2, _BAR / 2
        if kind == CHANGE:
            self.canvas.shape(f"bar {kind}", [(x, middle - r), (x + r, middle), (x, middle + r), (x - r, middle)])
        else:
            self.canvas.circle(x, middle, r - 0.5, f"bar {kind}")

    def span(self, first: date | None, last: date | None, y: float, cls: str) -> None:
        """Draw days; where they go on beside the axis, or have no end, an arrow head says so."""
        axis = self.axis
        day = axis.width / ((axis.last - axis.first).days + 1)
        left = max(axis.x(first), axis.left) if first else axis.left
        right = min(axis.x(last) + day, axis.right) if last else axis.right
        left, right = min(left, axis.right - 8), max(right, axis.left + 8)
        if right - left < 3:
            right = left + 3
        before = first is None or first < axis.first
        after = last is None or last > axis.last
        tip = min(7.0, (right - left) / 2)
        middle = y + _BAR / 2
        start = [(left + tip, y + _BAR), (left, middle), (left + tip, y)] if before else [(left, y + _BAR), (left, y)]
        end = [(right - tip, y), (right, middle), (right - tip, y + _BAR)] if after else [(right, y), (right, y + _BAR)]
        self.canvas.shape(cls, [*start, *end])

    # -- words ------------------------------------------------------------------------------------

    def legend(self, y: float) -> float:
        """Explain the outlines, where there are any."""
        drawn = [row.entry for row in self.rows if not row.entry.outdated]
        unsure = [e for e in drawn if not e.certain or (e.first, e.last) != (e.first_by, e.last_by)]
        if not unsure:
            return y
        self.canvas.rect(_MARGIN, y + 2, 26, _BAR, "bar plan perhaps", radius=0)
        return self.write(_MARGIN + 34, y, self.words.words.say("timeline-uncertain"), "soft") + 2
