"""A small canvas for SVG: wrapped text, boxes, arrows, links. One style sheet has the colours, light and dark."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

_NARROW, _THIN, _WIDE = (
    frozenset("ijlI.,:;'|!"),
    frozenset("ftr()[]-/ \u2013\u201c\u201d"),
    frozenset("mwMW@%\u2265\u2264"),
)
_SAFETY = 1.13  # fonts differ from one machine to the next

STYLE = """
.pathway{font-family:system-ui,"Segoe UI",Roboto,"Noto Sans",Helvetica,Arial,sans-serif}
.pathway .ground{fill:#f3f6f9}
.pathway text{fill:#1c2733}
.pathway .soft{fill:#526272}
.pathway .lane{fill:#e6edf3;stroke:#cbd6e0}
.pathway .panel{fill:#fff;stroke:#9fb2c3}
.pathway .leave{fill:#fff;stroke:#526272}
.pathway rect.critical{stroke:#a3232b;stroke-width:2}.pathway text.critical{fill:#a3232b}
.pathway rect.warning{stroke:#8a5a00}.pathway text.warning{fill:#8a5a00}
.pathway .onward{fill:#fff;stroke:#0b5c8a}
.pathway .chip{fill:#dbe7f0;stroke:none}
.pathway .wire{fill:none;stroke:#4a6075;stroke-width:1.8}
.pathway .dashed{stroke-dasharray:6 4}
.pathway .head{fill:#4a6075}
.pathway .rule{stroke:#d5dde5}
.pathway a:hover text{text-decoration:underline}
.pathway a:focus-visible{outline:3px solid #0b5c8a}
@media (prefers-color-scheme:dark){
.pathway .ground{fill:#0e161e}
.pathway text{fill:#e6edf3}
.pathway .soft{fill:#a9b8c6}
.pathway .lane{fill:#16202a;stroke:#35424f}
.pathway .panel{fill:#1d2935;stroke:#4d6072}
.pathway .leave{fill:#1d2935;stroke:#a9b8c6}
.pathway rect.critical{stroke:#ff8f8f}.pathway text.critical{fill:#ff8f8f}
.pathway rect.warning{stroke:#efc063}.pathway text.warning{fill:#efc063}
.pathway .onward{fill:#1d2935;stroke:#6fc0ee}
.pathway .chip{fill:#23425a}
.pathway .wire{stroke:#9fb0c0}
.pathway .head{fill:#9fb0c0}
.pathway .rule{stroke:#35424f}
.pathway a:focus-visible{outline-color:#6fc0ee}
}
@media print{.pathway .ground{fill:#fff}}
"""


def width_of(text: str, size: float, *, bold: bool = False) -> float:
    """Estimate the drawn width of a text in pixels, erring on the wide side."""
    total = 0.0
    for c in text:
        if c in _NARROW:
            total += 0.27
        elif c in _THIN:
            total += 0.34
        elif c in _WIDE:
            total += 0.88
        else:
            total += 0.69 if c.isupper() else 0.555
    return total * size * _SAFETY * (1.12 if bold else 1.0)


def wrap(text: str, width: float, size: float, *, bold: bool = False) -> list[str]:
    """Break a text into lines no wider than a width; a wider word has a line of its own.

    No line ends at a no-break space.
    """
    lines: list[str] = []
    for word in re.findall(r"[^ \t\r\n]+", text):
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and width_of(longer, size, bold=bold) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


@dataclass(frozen=True)
class Lines:
    """Wrapped text with its size."""

    lines: tuple[str, ...]
    size: float
    bold: bool = False

    @property
    def height(self) -> float:
        """Return the height of all lines."""
        return len(self.lines) * self.leading

    @property
    def leading(self) -> float:
        """Return the height of a line."""
        return round(self.size * 1.3, 1)


def lines(text: str, width: float, size: float, *, bold: bool = False) -> Lines:
    """Wrap a text."""
    return Lines(tuple(wrap(text, width, size, bold=bold)), size, bold)


def _n(value: float) -> str:
    return f"{value:.1f}".rstrip("0").rstrip(".")


class Canvas:
    """Collects the elements of a picture."""

    def __init__(self) -> None:
        self._parts: list[str] = []

    def add(self, element: str) -> None:
        """Add an element as given."""
        self._parts.append(element)

    def put(self, other: Canvas) -> None:
        """Add all elements of another canvas."""
        self._parts += other._parts

    def rect(self, x: float, y: float, w: float, h: float, cls: str, *, radius: float = 6) -> None:
        """Add a box."""
        self.add(f'<rect class="{cls}" x="{_n(x)}" y="{_n(y)}" width="{_n(w)}" height="{_n(h)}" rx="{_n(radius)}"/>')

    def text(self, x: float, y: float, text: Lines, cls: str = "", *, middle: bool = False) -> float:
        """Add lines of text below ``y`` and return where they end."""
        weight = ' font-weight="700"' if text.bold else ""
        anchor = ' text-anchor="middle"' if middle else ""
        own = f' class="{cls}"' if cls else ""
        spans = []
        for line in text.lines:
            spans.append(f'<tspan x="{_n(x)}" y="{_n(y + text.size)}">{escape(line)}</tspan>')
            y += text.leading
        joined = " ".join(spans)
        self.add(f'<text{own} font-size="{_n(text.size)}"{weight}{anchor}>{joined}</text>')
        return y

    def chip(self, x: float, y: float, label: str, cls: str = "", size: float = 12) -> float:
        """Add a small label and return its width."""
        w = chip_width(label, size)
        self.rect(x, y, w, size + 7, f"chip {cls}".strip(), radius=4)
        self.text(x + w / 2, y + 2, Lines((label,), size, True), middle=True)
        return w

    def arrow(self, points: Sequence[tuple[float, float]], *, dashed: bool = False) -> None:
        """Add a line through points with a head at its end."""
        (x0, y0), (x1, y1) = points[-2], points[-1]
        size = 8.0
        if x0 == x1:
            back = size if y1 < y0 else -size
            head = [(x1, y1), (x1 - 5, y1 + back), (x1 + 5, y1 + back)]
            stop = (x1, y1 + back)
        else:
            back = size if x1 < x0 else -size
            head = [(x1, y1), (x1 + back, y1 - 5), (x1 + back, y1 + 5)]
            stop = (x1 + back, y1)
        self.line([*points[:-1], stop], dashed=dashed)
        self.add(f'<path class="head" d="M{"L".join(f"{_n(x)} {_n(y)}" for x, y in head)}Z"/>')

    def line(self, points: Sequence[tuple[float, float]], *, dashed: bool = False) -> None:
        """Add a line through points."""
        self.line_of("wire dashed" if dashed else "wire", points)

    def line_of(self, cls: str, points: Sequence[tuple[float, float]]) -> None:
        """Add a line of a class through points."""
        self.add(f'<path class="{cls}" d="M{"L".join(f"{_n(x)} {_n(y)}" for x, y in points)}"/>')

    def shape(self, cls: str, points: Sequence[tuple[float, float]]) -> None:
        """Add a closed shape of a class with corners."""
        self.add(f'<path class="{cls}" d="M{"L".join(f"{_n(x)} {_n(y)}" for x, y in points)}Z"/>')

    def circle(self, x: float, y: float, r: float, cls: str) -> None:
        """Add a circle about a point."""
        self.add(f'<circle class="{cls}" cx="{_n(x)}" cy="{_n(y)}" r="{_n(r)}"/>')

    def open_link(self, href: str) -> None:
        """Begin a link, if there is an address."""
        if href:
            self.add(f"<a href={quoteattr(href)}>")

    def close_link(self, href: str) -> None:
        """End a link, if there is an address."""
        if href:
            self.add("</a>")

    def picture(
        self,
        width: float,
        height: float,
        *,
        title: str,
        description: str,
        lang: str,
        linked: bool,
        name: str = "pathway",
        style: str = STYLE,
    ) -> str:
        """Return the whole picture; screen readers read a picture without links as one image.

        ``name`` are its classes, and the beginning of its identifiers. Without a style that of its page applies.
        """
        role = "group" if linked else "img"
        w, h = _n(width), _n(height)
        ident = name.replace(" ", "-")
        return "\n".join(
            (
                f'<svg xmlns="http://www.w3.org/2000/svg" class="{name}" viewBox="0 0 {w} {h}" width="{w}" '
                f'height="{h}" role="{role}" aria-labelledby="{ident}-title {ident}-description" lang="{lang}" '
                f'xml:lang="{lang}">',
                f'<title id="{ident}-title">{escape(title)}</title>',
                f'<desc id="{ident}-description">{escape(description)}</desc>',
                *([f"<style>{style}</style>"] if style else []),
                *self._parts,
                "</svg>",
                "",
            )
        )


def chip_width(label: str, size: float = 12) -> float:
    """Return the width of a chip with a label."""
    return width_of(label, size, bold=True) + 10
