"""Draws the result of a query within a page: bars as rows of text with a strip each, lines as SVG.

The words are at the bars and lines themselves, so that nothing is said by colour, and texts keep their size on a narrow
screen; the table of the same page holds all values.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

from lrp_kg.research.questions.model import Chart
from lrp_kg.research.questions.running import Table

MOST = 60
"""Bars that are drawn; the table has them all."""

DASHES = ("none", "8 4", "2 3", "12 4 2 4")
WIDTH = 860.0
SIZE = 13.0
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
    described = f"{labels[chart.y]} / {labels[chart.x]}" + (f" / {labels[chart.series]}" if chart.series else "")
    named = f'role="img" aria-label={quoteattr(f"{title} {described}")} lang="{lang}"'
    if chart.kind == "line":
        numbered = [p for p in found if _number(p.x) is not None]
        if not numbered:
            return ""
        body = "\n".join(_lines(numbered, labels[chart.x], labels[chart.y]))
        size = f'viewBox="0 0 {WIDTH:g} {_HIGH:g}"'
        picture = f'<svg class="chart" xmlns="http://www.w3.org/2000/svg" {size} {named}>\n{body}\n</svg>'
        return f'<div class="scroll" role="region" tabindex="0" aria-label={quoteattr(described)}>{picture}</div>'
    if not found:
        return ""
    return f'<div class="bars" {named}>\n' + "\n".join(_bars(found[:MOST])) + "\n</div>"


def _bars(found: Sequence[Point]) -> Iterator[str]:
    """Yield a group for each ``x``, in the order of the rows, with a bar and its words for each value."""
    longest = max((p.y for p in found), default=0) or 1
    for x in dict.fromkeys(p.x for p in found):
        yield f'<div class="group"><p>{escape(x)}</p>'
        for p in found:
            if p.x == x:
                width = max(100 * p.y / longest, 0)
                strip = (
                    f'<svg width="100%" height="14"><rect class="bar" width="{width:.1f}%" height="14" rx="2"/></svg>'
                )
                yield f"<p>{strip}<span>{escape(_label(p))}</span></p>"
        yield "</div>"


def _lines(found: Sequence[Point], x_label: str, y_label: str) -> list[str]:
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
        parts.append(f'<path class="line" stroke-dasharray="{DASHES[n % len(DASHES)]}" d="M{path}"/>')
        parts += [f'<circle class="bar" cx="{x:.1f}" cy="{y:.1f}" r="3.5"/>' for x, y in spots]
        if series:
            y = spots[-1][1] + 4
            while any(abs(y - other) < 15 for other in taken):
                y -= 15
            taken.append(y)
            parts.append(_text(right + 8, y, series))
    return parts


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
