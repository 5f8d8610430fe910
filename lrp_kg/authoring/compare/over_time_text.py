"""Changes over time as coloured text."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.markup import escape
from rich.text import Text

from lrp_kg.authoring.compare.astext import CONDITIONS, TextLayout
from lrp_kg.authoring.compare.view import ViewData
from lrp_kg.authoring.compare.words import ARROW, DiffWords


def lay_out_over_time(view: ViewData, words: DiffWords) -> RenderableType:
    """Return changes over time as something rich can print."""
    return Group(*_OverTimeText(view, words).parts())


class _OverTimeText(TextLayout):
    def parts(self) -> Iterator[RenderableType]:
        """Yield every line."""
        yield Text(self.view["guideline"], style="bold")
        for d in self.view["days"]:
            yield Text.from_markup(f"\n[bold underline]{escape(d['two_days'])}[/]")
            if not d["differs"]:
                yield self.line(self.words.say("no-rule-changes"), 2)
            for e in d["editions"]:
                yield from self._edition(e)
            for _, programme, edition in d["ended"]:
                yield self.line(f"[bold cyan]{escape(programme)}[/] [dim]{escape(edition)}[/]", 2)
                yield self.line(f"[yellow]{escape(self.words.say('no-edition-follows'))}[/]", 4)
            for p in d["places"]:
                yield from self._place(p)
        if not self.view["days"]:
            yield Text(self.words.say("no-rule-changes"), style="green")

    def _edition(self, e: ViewData) -> Iterator[RenderableType]:
        say, colon = self.words.say, self.words.colon
        yield self.line(
            f"[bold cyan]{escape(e['programme'])}[/] [dim]{escape(e['before'])} {ARROW} {escape(e['after'])}[/]", 2
        )
        for c in e["criteria"]:
            if not c["same"]:
                yield self.line(f"[red]{escape(c['before'])}[/] {ARROW} [green]{escape(c['after'])}[/]", 4)
        if e["note"]:
            yield self.line(f"[yellow]{escape(e['note'])}[/]", 4)
        for g in e["groups"]:
            asked = f"{say('newly-asked')}{colon}{'; '.join(e['asked'])}" if g["name"] == "still-open" else ""
            yield self.line(f"[bold]{escape(g['title'])}[/] [dim]{escape(asked)}[/]", 4)
            for r in g["regions"]:
                yield from self._verdicts(r)

    def _verdicts(self, r: ViewData) -> Iterator[RenderableType]:
        say, colon = self.words.say, self.words.colon
        yield self.line(f"[red]{escape(r['before'])}[/] {ARROW} [green]{escape(r['after'])}[/] [dim]{r['count']}[/]", 6)
        if r["common"]:
            yield self.line(f"{say('in-all')}{colon}{self.condition(r['common'])}", 8)
        for parts in r["others"][:CONDITIONS]:
            yield self.line(f"• {self.condition(parts)}", 8)
        if len(r["others"]) > CONDITIONS:
            yield self.line(f"[dim]{say('more', n=len(r['others']) - CONDITIONS)}[/]", 8)
        yield self.line(f"[dim]{say('example')}{colon}[/]{escape(r['example'])}", 8)

    def _place(self, p: ViewData) -> Iterator[RenderableType]:
        places = "; ".join(f"[bold]{escape(printed)}[/] {escape(label)}".strip() for _, printed, label in p["places"])
        yield self.line(f"{p['kind']} [cyan]{places}[/]", 2)
        for r in p["rules"]:
            force = ", ".join(part for part in (r["force"], r["actor"]) if part)
            about = "; ".join(part for part in (r["dates"], r["stays"], r["where"]) if part)
            colour = "green" if r["begins"] else "red"
            yield self.line(
                f"[{colour}]{r['what']}[/]{self.words.colon}{escape(r['label'])}"
                + (f" ({escape(force)})" if force else "")
                + (f" – {escape(r['part'])}" if r["part"] else ""),
                4,
            )
            yield self.line(f"[dim]{escape(about)}[/]", 6)
            if r["example"]:
                yield self.line(f"[dim]{self.words.say('example')}{self.words.colon}[/]{escape(r['example'])}", 6)
