"""A comparison as coloured text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rich.console import Group, RenderableType
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from lrp_kg.authoring.compare.view import ViewData
from lrp_kg.authoring.compare.words import ARROW, DiffWords

_COLOURS = {"major": "bold red", "minor": "yellow", "patch": "green", "none": "green"}
CONDITIONS = 8
"""Conditions of a region that are printed; JSON and HTML have them all."""


def lay_out(view: ViewData, words: DiffWords) -> RenderableType:
    """Return a comparison as something rich can print."""
    return Group(*TextLayout(view, words).parts())


class TextLayout:
    """Lays out a comparison."""

    def __init__(self, view: ViewData, words: DiffWords) -> None:
        self.view = view
        self.words = words

    def parts(self) -> Iterator[RenderableType]:
        """Yield every line."""
        v, say = self.view, self.words.say
        yield Text(f"{v['guideline']}", style="bold")
        for word, side in v["sides"]:
            yield self.line(f"  {say(word)}: [bold]{escape(side.name)}[/] [dim]{escape(side.version)}[/]")
        level = v["level"]
        yield self.line(
            f"  {say('level')}: [{_COLOURS[level]}]{say(f'level-{level}')}[/] – {say(f'level-{level}-means')}"
        )
        if v["next"]:
            yield self.line(f"  {say('next-version')}: [bold]{v['next']}[/]")
        if not v["differs"]:
            yield Text(say("nothing"), style="green")
        else:
            yield from self._changes()
            yield from self._decisions()
            yield from self._places()
        if v["cases"]:
            yield from self._cases()
        if v["cohort"]:
            yield from self._cohort()

    @staticmethod
    def line(markup: str, indent: int = 0) -> RenderableType:
        """Return a line."""
        return Padding(Text.from_markup(markup), (0, 0, 0, indent), expand=False)

    def _heading(self, name: str, more: str = "") -> RenderableType:
        return Text.from_markup(f"\n[bold underline]{escape(self.words.say(name))}[/]{more}")

    # -- changes ----------------------------------------------------------------------------------

    def _changes(self) -> Iterator[RenderableType]:
        say = self.words.say
        counts = ", ".join(f"[{_COLOURS[level]}]{n} {say(f'level-{level}')}[/]" for level, n in self.view["counts"])
        yield self._heading("changes", f"  {counts}" if counts else "")
        if not self.view["changes"]:
            yield self.line(say("no-changes"), 2)
        for c in self.view["changes"]:
            yield from self._change(c)

    def _change(self, c: ViewData) -> Iterator[RenderableType]:
        colour = _COLOURS[c["level"]]
        of = f"{escape(c['of'])}: " if c["of"] else ""
        language = f" \\[{c['language']}]" if c["language"] else ""
        level = self.words.say(f"level-{c['level']}")
        yield self.line(
            f"[{colour}]{level:<6}[/] {c['kind']} [bold]{escape(c['label'])}[/] [dim]{escape(c['id'])}[/]"
            f" – {of}[{colour}]{escape(c['what'])}[/]{language}",
            2,
        )
        sides = [f"[{k}]{escape(c[side])}[/]" for side, k in (("before", "red"), ("after", "green")) if c[side]]
        if sides:
            yield self.line(f" {ARROW} ".join(sides), 9)
        for detail in c["details"]:
            yield self.line(f"[bold]{escape(detail)}[/]", 9)
        for name, word in (("place", "in"), ("through", "through"), ("uses", "concerns")):
            if c[name]:
                yield self.line(f"[dim]{self.words.say(word)} {escape(c[name])}[/]", 9)

    # -- effects ----------------------------------------------------------------------------------

    def _decisions(self) -> Iterator[RenderableType]:
        yield self._heading("effect")
        if not self.view["decisions"]:
            yield self.line(self.words.say("no-effect"), 2)
        for d in self.view["decisions"]:
            period = f" [dim]{escape(d['period'])}[/]" if d["period"] else ""
            note = f"[yellow]{escape(d['note'])}[/]" if d["note"] else f"[dim]{d['count']}[/]"
            yield self.line(f"[bold cyan]{escape(d['label'])}[/] [dim]{d['id']}[/]{period}: {note}", 2)
            for r in d["regions"]:
                yield from self.region(r, 4)
        if self.view["same"] and self.view["decisions"]:
            yield self.line(f"[dim]{self.words.say('as-before')}: {escape('; '.join(self.view['same']))}[/]", 2)

    def region(self, r: ViewData, indent: int, *, full: bool = True) -> Iterator[RenderableType]:
        """Yield the lines of a region; unless in full, its first condition only."""
        yield self.line(
            f"[red]{escape(r['before'])}[/] {ARROW} [green]{escape(r['after'])}[/] [dim]{r['count']}[/]", indent
        )
        shown = r["conditions"][: CONDITIONS if full else 1]
        for condition in shown:
            yield self.line("• " + self.condition(condition["parts"]), indent + 2)
        if len(r["conditions"]) > len(shown):
            yield self.line(f"[dim]{self.words.say('more', n=len(r['conditions']) - len(shown))}[/]", indent + 2)
        if full:
            valid = f" ({r['valid']})" if r["valid"] else ""
            yield self.line(f"[dim]{self.words.say('smallest')}{valid}:[/] {escape(r['example'])}", indent + 2)

    @staticmethod
    def condition(parts: Iterable[tuple[str, str]]) -> str:
        """Return a condition in one line."""
        return " · ".join(
            f"{escape(field)}{': ' * bool(field and allowed)}[bold]{escape(allowed)}[/]" for field, allowed in parts
        )

    def _places(self) -> Iterator[RenderableType]:
        if self.view["places"]:
            yield self._heading("shown-title")
        for p in self.view["places"]:
            printed = f"[bold]{escape(p['printed'])}[/] " if p["printed"] else ""
            stage = f" [dim]({escape(p['stage'])})[/]" if p["stage"] and p["stage"] not in p["label"] else ""
            what = f" [yellow]{escape(p['what'])}[/]" if p["what"] else ""
            yield self.line(f"{p['kind']} {printed}[cyan]{escape(p['label'])}[/]{stage}{what}", 2)
            for r in p["regions"]:
                yield from self.region(r, 4, full=False)
            for s in p["statements"]:
                of = f" ({escape(s['of'])})" if s["of"] else ""
                yield self.line(f"– {escape(s['label'])}: [yellow]{escape(s['what'])}[/]{of}", 4)
                for r in s["regions"]:
                    yield from self.region(r, 8, full=False)

    # -- cases ------------------------------------------------------------------------------------

    def _cases(self) -> Iterator[RenderableType]:
        cases = self.view["cases"]
        yield self._heading("cases")
        yield self.line(escape(cases["count"]), 2)
        for c in cases["failing"]:
            yield self.line(f"[red]{escape(c.id)}[/] [dim]{escape(c.where)}[/] {escape(c.note)}".strip(), 2)
            for own in c.lines:
                yield self.line(escape(own.strip()), 4)

    # -- cohort -----------------------------------------------------------------------------------

    def _cohort(self) -> Iterator[RenderableType]:
        cohort, say = self.view["cohort"], self.words.say
        yield self._heading("cohort")
        for what, count in cohort["rows"]:
            yield self.line(f"{count:>10}  {escape(what)}", 2)
        for d in cohort["decisions"]:
            table = Table(title=f"{d['label']} ({d['id']})", title_justify="left", title_style="bold cyan")
            for name in ("old", "new", "count", "first-record"):
                table.add_column(say(name), justify="left" if name in ("old", "new") else "right")
            for m in d["moves"]:
                table.add_row(escape(m["before"]), escape(m["after"]), m["count"], str(m["first"]))
            table.add_row(say("as-before"), "", d["same"], "", style="dim")
            yield Padding(table, (0, 0, 0, 2))
