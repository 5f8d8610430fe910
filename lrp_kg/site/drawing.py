"""The pathway as one picture: the exits above, then lanes, columns, and a panel per stage."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

from lrp_kg.answer.decisions import Assessor
from lrp_kg.guideline.model import CRITICAL, Decision, Option
from lrp_kg.site.catalogue import Catalogue
from lrp_kg.site.layout import Lane, Pathway, Placed, lay_out
from lrp_kg.site.panels import PAD, Panel, Panels, capital
from lrp_kg.site.tables import bounds_of
from lrp_kg.site.words import SiteWords
from lrp_kg.svg import Canvas, Lines, chip_width, lines, width_of

MARGIN, COLUMN, GAP, STACK, LANE_GAP = 16.0, 240.0, 28.0, 30.0, 52.0
NARROW, LANE_HEAD = 640.0, 36.0
"""The least width of a picture, and the height of the heading of a lane."""

Link = Callable[[str], str]
"""Returns the address of a term by its IRI, empty if it has none."""


def _pairs(stack: Sequence[Placed], following: Sequence[Placed]) -> list[tuple[Placed, Placed]]:
    """Pair two stacks of stages: one to one in stacks of one size, one stage to all, or all to one."""
    size = max(len(stack), len(following))
    return [(stack[min(n, len(stack) - 1)], following[min(n, len(following) - 1)]) for n in range(size)]


def draw(catalogue: Catalogue, assessor: Assessor, words: SiteWords, link: Link | None = None) -> str:
    """Return the pathway of a guideline as SVG in one language."""
    return Drawing(catalogue, assessor, words, link).picture()


class Drawing:
    """Draws one pathway in one language."""

    def __init__(self, catalogue: Catalogue, assessor: Assessor, words: SiteWords, link: Link | None = None) -> None:
        self.catalogue = catalogue
        self.assessor = assessor
        self.words = words
        self.link: Link = link or (lambda _: "")
        self.linked = link is not None
        self.canvas = Canvas()
        self.pathway: Pathway = lay_out(catalogue, assessor)
        self.left = MARGIN
        spans = [p.last for lane in self.pathway.lanes for p in lane.stages]
        self.columns = max(len(self.pathway.columns), max(spans, default=-1) + 1)
        self.panels = Panels(words)
        self.places: dict[str, tuple[float, float, float, float]] = {}
        self.lane_tops: list[tuple[float, float]] = []

    def picture(self) -> str:
        """Return the SVG."""
        width = self.left + self.columns * COLUMN + max(self.columns - 1, 0) * GAP + 2 * PAD + MARGIN
        width = max(width, NARROW)
        title = self.words.text(self.catalogue.guideline.label)
        y = self.canvas.text(MARGIN, MARGIN, lines(title, width - 2 * MARGIN, 22, bold=True)) + 10
        for gate in self.pathway.gates:
            y = self.draw_gate(gate, y, width - 2 * MARGIN) + 14
        bottom = self.draw_lanes(self.column_heads(y))
        bottom = self.legend(bottom + 14, width)
        whole = Canvas()
        whole.rect(0, 0, width, bottom + MARGIN, "ground", radius=0)
        whole.put(self.canvas)
        return whole.picture(
            width,
            bottom + MARGIN,
            title=self.words.say("pathway-title", guideline=title),
            description=self.description(),
            lang=self.words.lang,
            linked=self.linked,
        )

    # -- columns and lanes ------------------------------------------------------------------------

    def x_of(self, column: int) -> float:
        """Return the left edge of a column."""
        return self.left + PAD + column * (COLUMN + GAP)

    def width_of(self, placed: Placed) -> float:
        """Return the width of a stage's panel."""
        return self.x_of(placed.last) + COLUMN - self.x_of(placed.first)

    def column_heads(self, y: float) -> float:
        """Write above each column its interval of the number; return where the headings end."""
        variable = self.pathway.column_variable
        if variable is None or not self.pathway.columns:
            return y
        bottom = y
        label = self.words.term(variable.iri)
        for number, (first, last) in enumerate(self.pathway.columns):
            bounds = bounds_of(self.assessor.cells, variable, first, last)
            weeks = lines(capital(self.words.weeks(variable.iri, *bounds)), COLUMN, 13, bold=True)
            text = capital(f"{label}{self.words.colon}{self.words.interval(variable.iri, *bounds)}")
            place = self.x_of(number) + COLUMN / 2
            below = self.canvas.text(place, y, weeks, middle=True) if weeks.lines else y
            bottom = max(bottom, self.canvas.text(place, below, lines(text, COLUMN, 13), "soft", middle=True))
        return bottom + 8

    def draw_lanes(self, y: float) -> float:
        """Draw the lanes one below the other, and the arrows; return where they end."""
        panels: list[tuple[Panel, float, float]] = []
        several = len(self.pathway.lanes) > 1
        grounds = Canvas()
        for lane in self.pathway.lanes:
            top = y
            head = lines(self.lane_title(lane), self.columns * COLUMN, 16, bold=True) if several else None
            start = y + (max(LANE_HEAD, (head.height if head else 0) + 16) if several else PAD)
            skyline = [start] * self.columns
            for placed in lane.stages:
                panel = self.panels.of(placed, self.width_of(placed))
                at = max(skyline[placed.first : placed.last + 1])
                panels.append((panel, self.x_of(placed.first), at))
                for column in range(placed.first, placed.last + 1):
                    skyline[column] = at + panel.height + STACK
            y = max(skyline, default=start) - STACK + PAD
            right = self.x_of(self.columns - 1) + COLUMN + PAD if self.columns else self.left
            grounds.rect(self.left, top, right - self.left, y - top, "lane", radius=10)
            if head:
                grounds.text(self.left + PAD, top + 10, head)
            self.lane_tops.append((top, y))
            y += LANE_GAP
        for panel, x, at in panels:
            self.places[panel.placed.stage.iri] = (x, at, panel.width, panel.height)
        self.canvas.put(grounds)
        self.draw_arrows()
        for panel, x, at in panels:
            self.draw_panel(panel, x, at)
        return y - LANE_GAP

    def lane_title(self, lane: Lane) -> str:
        """Return the heading of a lane: the field, and the value that its stages share."""
        if not lane.value:
            return ""
        return capital(f"{self.words.term(self.pathway.lane_field)}{self.words.colon}{self.words.term(lane.value)}")

    def draw_panel(self, panel: Panel, x: float, y: float) -> None:
        """Draw a stage."""
        c = self.canvas
        c.add("<g>")
        c.rect(x, y, panel.width, panel.height, "panel", radius=8)
        href = self.link(panel.placed.stage.iri)
        c.open_link(href)
        y = c.text(x + PAD, y + PAD, panel.title) + 6
        c.close_link(href)
        chips = max((chip_width(r.chip) for r in panel.rows if r.chip), default=0.0)
        for row in panel.rows:
            if row.heading:
                c.text(x + PAD, y, row.text, "soft")
            else:
                href = self.link(row.iri)
                c.open_link(href)
                c.chip(x + PAD, y, row.chip)
                c.text(x + PAD + chips + 8, y + 1, row.text)
                c.close_link(href)
            y += row.height
        c.add("</g>")

    # -- arrows -----------------------------------------------------------------------------------

    def draw_arrows(self) -> None:
        """Draw the arrows within stacks, to the next stages of a lane, and between lanes."""
        for lane in self.pathway.lanes:
            clusters = list(lane.clusters().items())
            for (_, last), stack in clusters:
                for upper, lower in pairwise(stack):
                    x, y, w, h = self.places[upper.stage.iri]
                    self.canvas.arrow([(x + w / 2, y + h), (x + w / 2, self.places[lower.stage.iri][1])])
                following = [other for (first, _), other in clusters if first == last + 1]
                for other in following:
                    for here, there in _pairs(stack, other):
                        self.across(here, there)
        self.draw_passages()

    def across(self, here: Placed, there: Placed) -> None:
        """Draw an arrow from a stage to the next one in its lane."""
        x, y, w, _ = self.places[here.stage.iri]
        to_x, to_y, _, _ = self.places[there.stage.iri]
        if y == to_y:
            self.canvas.arrow([(x + w, y + 22), (to_x, to_y + 22)])
        else:
            middle = x + w + GAP / 2
            self.canvas.arrow([(x + w, y + 22), (middle, y + 22), (middle, to_y + 22), (to_x, to_y + 22)])

    def draw_passages(self) -> None:
        """Draw the passages between lanes, with one arrow per stack and target."""
        home = {p.stage.iri: (n, p) for n, lane in enumerate(self.pathway.lanes) for p in lane.stages}
        joined: dict[tuple[int, tuple[int, int], str], dict[str, None]] = {}
        for passage in self.pathway.passages:
            number, placed = home[passage.stage]
            target = home[passage.target][1]
            stack = self.pathway.lanes[passage.lane].clusters()[(target.first, target.last)]
            down = passage.lane > number
            end = stack[0] if down else stack[-1]
            key = (number, (placed.first, placed.last), end.stage.iri)
            joined.setdefault(key, {}).update(dict.fromkeys(passage.printed))
        for (number, span, target_iri), labels in joined.items():
            stack = self.pathway.lanes[number].clusters()[span]
            down = home[target_iri][0] > number
            x, y, w, h = self.places[stack[-1 if down else 0].stage.iri]
            to_x, to_y, to_w, to_h = self.places[target_iri]
            share = 0.3 if down else 0.7
            start = (x + w * share, y + h if down else y)
            end_point = (to_x + to_w * share, to_y if down else to_y + to_h)
            top, bottom = self.lane_tops[number]
            middle = bottom + LANE_GAP / 2 if down else top - LANE_GAP / 2
            points = [start, end_point]
            if start[0] != end_point[0]:
                points = [start, (start[0], middle), (end_point[0], middle), end_point]
            self.canvas.arrow(points, dashed=True)
            text = ", ".join(labels)
            self.canvas.chip(start[0] - chip_width(text) / 2, middle - 10, text)

    # -- gates --------------------------------------------------------------------------------------

    def draw_gate(self, gate: Decision, y: float, width: float) -> float:
        """Draw a decision before the stages, with its options side by side; return where it ends."""
        c = self.canvas
        inner = width - 2 * PAD
        title = lines(capital(self.words.label(gate)), inner, 15, bold=True)
        each = (inner - (len(gate.options) - 1) * PAD) / max(len(gate.options), 1)
        texts = [
            lines(capital(self.words.label(o)), each - 2 * PAD, 13, bold=self.urgency(o) in (CRITICAL, ""))
            for o in gate.options
        ]
        tall = max((text.height for text in texts), default=0.0) + 16
        c.rect(MARGIN, y, width, title.height + tall + 3 * PAD, "lane", radius=8)
        href = self.link(gate.iri)
        c.open_link(href)
        top = c.text(MARGIN + PAD, y + PAD, title) + PAD / 2
        c.close_link(href)
        for number, (option, text) in enumerate(zip(gate.options, texts, strict=True)):
            x = MARGIN + PAD + number * (each + PAD)
            href = self.link(option.iri)
            c.open_link(href)
            kind = f"leave {self.urgency(option)}" if option.ends_pathway else "onward"
            c.rect(x, top, each, tall, kind, radius=6)
            c.text(x + PAD, top + 8, text, self.urgency(option))
            c.close_link(href)
        return y + title.height + tall + 3 * PAD

    def urgency(self, option: Option) -> str:
        """Return the identifier of how urgent an option is, empty if it does not say."""
        return option.caution.severity.id if option.caution else ""

    # -- words --------------------------------------------------------------------------------------

    def legend(self, y: float, width: float) -> float:
        """Explain the arrows and add the disclaimer; return where the legend ends."""
        c = self.canvas
        x = MARGIN
        wanted = [(False, "legend-next")] + ([(True, "legend-passage")] if self.pathway.passages else [])
        for dashed, phrase in wanted:
            text = capital(self.words.say(phrase))
            c.arrow([(x, y + 9), (x + 44, y + 9)], dashed=dashed)
            c.text(x + 52, y, Lines((text,), 13), "soft")
            x += 52 + width_of(text, 13) + 28
            if x > width * 0.6:
                x, y = MARGIN, y + 22
        if x > MARGIN:
            y += 22
        return c.text(MARGIN, y, lines(self.words.say("unofficial"), width - 2 * MARGIN, 12), "soft")

    def description(self) -> str:
        """Return the picture in words: the exits, then lane by lane the stages with their boxes."""
        label = self.words.label
        parts = []
        for gate in self.pathway.gates:
            parts.append(f"{label(gate)}{self.words.colon}{'; '.join(label(o) for o in gate.options)}.")
        for lane in self.pathway.lanes:
            if lane.value:
                parts.append(f"{self.lane_title(lane)}.")
            for placed in lane.stages:
                boxes = "; ".join(f"{b.printed} {label(b.section)}" for b in placed.boxes)
                parts.append(f"{label(placed.stage)}{self.words.colon}{boxes or self.words.say('no-boxes')}.")
        return " ".join(parts)
