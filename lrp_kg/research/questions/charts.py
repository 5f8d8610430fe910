"""Draws the result of a query: bars or lines as SVG within a page, without styles or scripts of its own.

The words are at the bars and lines themselves, so that nothing is said by colour alone; the table holds all values.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

from lrp_kg.research.questions.model import Chart
from lrp_kg.research.questions.running import Table
from lrp_kg.svg import width_of, wrap

MOST = 60
"""Bars that are drawn; the table has them all."""

COLOURS = 6
WIDTH = 860.0
SIZE = 13.0
_LABELS = 300.0
_BAR = 18.0
_HIGH = 320.0


@dataclass(frozen=True)
class Point:
    """One value of a picture."""

    x: str
    y: float
    series: str = ""


def points(chart: Chart, table: Table) -> list[Point]:
    """Return the values of a picture, in the order of the rows; rows without a number are left out."""
    place = {name: n for n, name in enumerate(table.columns)}
    found = []
    for row in table.rows:
        y = row[place[chart.y]]
        x = row[place[chart.x]]
        series = row[place[chart.series]] if chart.series else None
        if y is not None and y.number is not None:
            found.append(Point(x.text if x else "–", y.number, series.text if series else ""))
    return found


def draw(chart: Chart, table: Table, *, title: str, lang: str) -> str:
    """Return a picture of a result, empty where there is nothing to draw."""
    found = points(chart, table)
    labels = dict(zip(table.columns, table.labels, strict=True))
    if chart.kind == "line":
        numbered = [p for p in found if _number(p.x) is not None]
        body, height = _lines(numbered, labels[chart.x], labels[chart.y]) if numbered else ([], 0.0)
    else:
        body, height = _bars(found[:MOST]) if found else ([], 0.0)
    if not body:
        return ""
    described = f"{labels[chart.y]} / {labels[chart.x]}" + (f" / {labels[chart.series]}" if chart.series else "")
    return "\n".join(
        (
            f'<svg class="chart" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH:g} {height:g}" role="img" '
            f'aria-labelledby="chart-title chart-description" lang="{lang}">',
            f'<title id="chart-title">{escape(title)}</title>',
            f'<desc id="chart-description">{escape(described)}</desc>',
            *body,
            "</svg>",
        )
    )


def _bars(found: Sequence[Point]) -> tuple[list[str], float]:
    """Draw a bar for each value, those of the same ``x`` together."""
    series = list(dict.fromkeys(p.series for p in found))
    longest = max((p.y for p in found), default=0) or 1
    said = max(width_of(_label(p), SIZE) for p in found)
    room = WIDTH - _LABELS - said - 16
    parts: list[str] = []
    y = 6.0
    for x in dict.fromkeys(p.x for p in found):
        group = [p for p in found if p.x == x]
        lines = wrap(x, _LABELS - 12, SIZE)[:4]
        for n, line in enumerate(lines):
            parts.append(_text(_LABELS - 8, y + SIZE + n * 16, line, "end"))
        top = y
        for p in group:
            width = max(room * p.y / longest, 0)
            colour = series.index(p.series) % COLOURS
            parts.append(
                f'<rect class="c{colour}" x="{_LABELS:g}" y="{top + 2:.1f}" width="{width:.1f}" '
                f'height="{_BAR - 3:g}" rx="2"/>'
            )
            parts.append(_text(_LABELS + width + 6, top + SIZE + 1, _label(p)))
            top += _BAR
        y = max(top, y + 16 * len(lines) + 2) + 8
    return parts, y


def _lines(found: Sequence[Point], x_label: str, y_label: str) -> tuple[list[str], float]:
    """Draw a line for each series over a numeric axis."""
    xs = [_number(p.x) or 0 for p in found]
    low, high = min(xs), max(xs)
    longest = max(p.y for p in found) or 1
    left, right, top, bottom = 56.0, WIDTH - 160, 24.0, _HIGH - 44

    def place(p: Point) -> tuple[float, float]:
        across = ((_number(p.x) or 0) - low) / (high - low) if high > low else 0.5
        return left + across * (right - left), bottom - p.y / longest * (bottom - top)

    parts = [
        f'<path class="axis" d="M{left:g} {top:g}V{bottom:g}H{right:g}"/>',
        _text(left - 6, bottom, "0", "end"),
        _text(left - 6, top + 5, f"{longest:g}", "end"),
        _text(left, 14, y_label),
        _text(left, bottom + 18, f"{low:g}"),
        _text(right, bottom + 18, f"{high:g}", "end"),
        _text((left + right) / 2, bottom + 36, x_label, "middle"),
    ]
    taken: list[float] = []
    for n, series in enumerate(dict.fromkeys(p.series for p in found)):
        spots = [place(p) for p in sorted((p for p in found if p.series == series), key=lambda p: _number(p.x) or 0)]
        path = "L".join(f"{x:.1f} {y:.1f}" for x, y in spots)
        parts.append(f'<path class="line l{n % COLOURS}" d="M{path}"/>')
        parts += [f'<circle class="c{n % COLOURS}" cx="{x:.1f}" cy="{y:.1f}" r="3.5"/>' for x, y in spots]
        if series:
            y = spots[-1][1] + 4
            while any(abs(y - other) < 15 for other in taken):
                y -= 15
            taken.append(y)
            parts.append(_text(right + 8, y, series))
    return parts, _HIGH


def _label(p: Point) -> str:
    return f"{p.y:g} {p.series}".strip()


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _text(x: float, y: float, text: str, anchor: str = "start") -> str:
    place = "" if anchor == "start" else f' text-anchor="{anchor}"'
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="{SIZE:g}"{place}>{escape(text)}</text>'
