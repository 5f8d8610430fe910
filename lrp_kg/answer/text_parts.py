"""The whole answer as readable text, part by part: coloured on a terminal, in the language of its labels."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rich.console import Console, ConsoleOptions, Group, RenderableType
from rich.markup import escape
from rich.text import Text

from lrp_kg.answer.answer_words import AnswerWords, points_to_show
from lrp_kg.answer.as_json import Json
from lrp_kg.answer.labels import Labels
from lrp_kg.guideline.model import Guideline
from lrp_kg.logic.outcomes import NOT_APPLICABLE

_COLOURS = {
    "decided": "green",
    "several": "yellow",
    "undetermined": "yellow",
    "no-answer": "magenta",
    "not-applicable": "dim",
    "eligible": "green",
    "not-eligible": "red",
    "met": "green",
    "not-met": "red",
    "unknown": "yellow",
    "past": "red",
    "due": "yellow",
    "upcoming": "green",
    "outdated": "dim",
}
_SEVERITIES = {"critical": ("!!", "bold white on red"), "warning": ("!", "bold yellow"), "info": ("i", "cyan")}
_MODALITY_COLOURS = {
    "must": "bold",
    "maximum": "bold",
    "must-not": "bold red",
    "not-routinely": "red",
    "may": "cyan",
    "optional": "cyan",
}

_NO_BREAK = "\N{NO-BREAK SPACE}"
_STAND_IN = "\ue000"
"""What is in the place of a no-break space while lines are made: rich breaks lines at that too."""


class Hanging:
    """A text whose further lines begin where the first does after its mark."""

    def __init__(self, markup: str, mark: str, style: str = "") -> None:
        self.text = Text.from_markup(markup.replace(_NO_BREAK, _STAND_IN))
        self.mark = Text(mark, style if style != "none" else "")

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[RenderableType]:
        """Yield the lines, none with spaces at its end."""
        begin = self.mark
        for line in self.text.wrap(console, max(20, options.max_width - len(begin))):
            line.rstrip()
            line.plain = line.plain.replace(_STAND_IN, _NO_BREAK)
            yield begin + line
            begin = Text(" " * len(begin))


def hang(markup: str) -> Hanging:
    """Return a text that is indented as its first line is."""
    bare = markup.lstrip(" ")
    return Hanging(bare, " " * (len(markup) - len(bare)))


class TextAnswer:
    """Lays out an answer."""

    agreed = True
    """Whether it is said where the rules of that day agree."""

    def __init__(self, guideline: Guideline, lang: str) -> None:
        self.words = AnswerWords(guideline, lang)

    def lay_out(self, answer: Json) -> RenderableType:
        """Return an answer as something rich can print; what is urgent comes first."""
        lines = list(self._summary(answer))
        parts = [self._heading("summary", above=""), *lines] if lines else []
        if "decisions" in answer:
            for name, lines in self._details(answer).items():
                parts += [self._heading(name), *lines] if lines else []
        return Group(*parts, *self._end(answer))

    def _end(self, answer: Json) -> list[RenderableType]:
        """Return what is said at the end."""
        return [Hanging(f"\n[dim]{escape(self.words.say('unofficial'))}[/]", "")]

    def _summary(self, answer: Json) -> Iterator[RenderableType]:
        for line in answer["summary"]:
            if line["kind"] == "question":
                yield self._question(answer["nextQuestion"])
                continue
            urgent = line["kind"] in ("exit", "warning") or line["severity"] != "info"
            mark, colour = _SEVERITIES[line["severity"]] if urgent else ("-", "none")
            arrow = "→ " if line["kind"] == "advice" else ""
            date = f" [bold]{arrow}{line['date']}[/]" if "date" in line else ""
            counted = f" [yellow]{escape(self.words.counted_from(line))}[/]" if "countedFrom" in line else ""
            yield Hanging(f"[{colour}]{escape(line['text'])}[/]{date}{counted}", f"  {mark} ", colour)
        if answer["summaryMore"]:
            yield hang(f"  [dim]{escape(self.words.say('summaryMore', count=answer['summaryMore']))}[/]")

    def _details(self, answer: Json) -> dict[str, list[RenderableType]]:
        """Return what an answer says beside its summary, by section."""
        said = {line["text"] for line in answer["summary"]}
        points = points_to_show(answer)
        self.labels = Labels(answer)
        asked = [q["field"] for q in answer["questions"]]
        question = answer["nextQuestion"] if all(line["kind"] != "question" for line in answer["summary"]) else None
        return {
            "warnings": [self._warning(item) for item in answer["warnings"] if item["label"] not in said],
            "decisions": [
                line
                for name, d in answer["decisions"].items()
                if answer["eligibility"].get(name, {}).get("assessed", True)
                for line in self._decision(name, d, points[name])
            ],
            "notices": [self._statement(s) for s in answer["notices"]],
            "boxes": [line for box in answer["boxes"] for line in self._box(box)],
            "eligibility": [
                line
                for p in answer["eligibility"].values()
                for line in self._programme(p, answer.get("assessmentDate"))
            ],
            "dates": [self._dated(item) for item in answer["dates"]],
            "changes": self._changes(answer),
            "whatIf": list(self._what_if(answer)),
            "missing": [Hanging(escape(self._fields(asked)), "  ")] if asked else [],
            "nextQuestion": [self._question(question)] if question else [],
        }

    def _heading(self, name: str, above: str = "\n") -> RenderableType:
        text = self.words.say(name)
        return Text(above + text[:1].upper() + text[1:], style="bold underline")

    def _fields(self, names: Iterable[str]) -> str:
        return ", ".join(self.words.field(name) for name in names)

    def _box(self, box: Json) -> Iterator[RenderableType]:
        yield hang(f"[bold cyan]{escape(box['label'])}[/]  {escape(self.labels.title(box))}")
        for statement in box["statements"]:
            yield self._statement(statement)
        for ident in self.labels.points_on(box):
            yield self._point(self.labels.point(ident))
        if named := self.words.may_apply(box):
            yield Hanging(
                f"[yellow]{escape(self.words.say('may-apply'))}{self.words.colon}{escape('; '.join(named))}[/]", "    "
            )

    def _status(self, status: str) -> str:
        return f"[{_COLOURS.get(status, 'white')}]{escape(self.words.status(status))}[/]"

    def _decision(self, name: str, decision: Json, points: Iterable[Json]) -> list[RenderableType]:
        answers = "; ".join(self.words.answered(decision, a) for a in decision["answers"])
        line = f"  [bold]{escape(self.words.decision(name))}[/]{self.words.colon}{self._status(decision['status'])}"
        if answers:
            line += f" – {escape(answers)}"
        if decision["possible"]:
            possible = ", ".join(self.words.answered(decision, a) for a in decision["possible"])
            line += f" ({escape(self.words.say('possible'))}{self.words.colon}{escape(possible)})"
        lines: list[RenderableType] = [hang(line)]
        if decision["missing"]:
            asks = escape(self._fields(decision["missing"]))
            lines.append(hang(f"    [yellow]{escape(self.words.say('ask'))}[/]{self.words.colon}{asks}"))
        if decision.get("because"):
            lines.append(hang(f"    [dim]{escape(self.words.say('because'))}:[/]"))
            lines += [self._reason(r) for r in decision["because"]]
        for option, reasons in decision.get("whyNot", {}).items():
            shown = [r for r in reasons if r["verdict"] != "true"] or reasons
            if shown:
                heading = f"{self.words.say('whyNot')}{self.words.colon}{self.words.option(name, option)}"
                lines.append(hang(f"    [dim]{escape(heading)}[/]"))
                lines += [self._reason(r) for r in shown]
        shown = [p | self.labels.point(p["id"]) for p in decision["openPoints"]] if "because" in decision else points
        return lines + [self._point(p) for p in shown]

    def _point(self, point: Json) -> RenderableType:
        rests = escape(self.words.say("decisive" if point.get("decisive") else "openPoints"))
        return hang(f"    [magenta]{rests}[/]{self.words.colon}{escape(point['label'])} → {escape(point['reading'])}")

    def _reason(self, reason: Json) -> RenderableType:
        shown = self.words.shown(reason["value"], reason["field"])
        condition = escape(self.labels.condition(reason["condition"]))
        return hang(
            f"      {condition}{self.words.colon}{self._verdict(reason['verdict'])}"
            f" [dim]({escape(self.words.field(reason['field']))}{self.words.colon}{escape(shown)})[/]"
        )

    def _verdict(self, verdict: str) -> str:
        colour = {"true": "green", "false": "red"}.get(verdict, "yellow")
        return f"[{colour}]{escape(self.words.verdict(verdict))}[/]"

    def _statement(self, s: Json, known: str = "", begin: str = "    ") -> RenderableType:
        """Return a statement; that it has ended is said unless it is known already."""
        modality = self.words.modality(s["modality"])
        colour = _MODALITY_COLOURS.get(s["modality"], "white")
        line = f"[{colour}]\\[{escape(modality)}][/] {escape(s['text'])}"
        if "calledFor" in s:
            line += f" [bold red]({escape(self.words.say('called-for'))})[/]"
        condition = s.get("condition")
        if condition and condition["verdict"] == "unknown":
            line += f" [yellow]({escape(self.words.condition(condition['id']))})[/]"
        if "conditionText" in s:
            line += f" [yellow]({escape(s['conditionText'])})[/]"
        for name in ("earliest", "latest"):
            if name in s:
                line += f" [bold]{escape(self.words.say(name))} {s[name]}[/]"
        if "countedFrom" in s:
            line += f" [yellow]{escape(self.words.counted_from(s))}[/]"
        if (mark := self.words.force(s)) and mark != known:
            line += f" [red]({escape(mark)})[/]"
        for mark in self.words.marks(s, agreed=self.agreed):
            line += f" [red]({escape(mark)})[/]"
        if s.get("edition"):
            line += f" [yellow]({escape(self.words.edition(s['edition']))})[/]"
        line += f" [dim]{escape(s['locator'])}[/]"
        return Hanging(line, begin)

    def _programme(self, p: Json, today: str | None) -> list[RenderableType]:
        if not p["assessed"]:
            return [hang(f"  [bold]{escape(p['label'])}[/]{self.words.colon}{escape(self.words.say('not-assessed'))}")]
        head = f"  [bold]{escape(p['label'])}[/]{self.words.colon}{self._status(p['verdict'])}"
        head += f" [dim]{escape(self.words.editions(p))}[/]"
        mark = self.words.force(p)
        if mark:
            head += f" [red]({escape(mark)})[/]"
        lines: list[RenderableType] = [hang(head)]
        days = self.words.days(p, today)
        if days:
            lines.append(hang(f"    [bold]{escape(days)}[/]"))
        for c in p["criteria"] if p["verdict"] != NOT_APPLICABLE else ():
            lines.append(hang(f"    {self._status(c['verdict'])}  {escape(c['label'])}"))
        for key, show in (("benefits", self._statement), ("limits", self._limit), ("nextSteps", self._statement)):
            if p[key]:
                lines.append(hang(f"    [underline]{escape(self.words.say(key))}[/]"))
                lines += [show(s, mark) for s in p[key]]
        return lines

    def _limit(self, limit: Json, known: str) -> RenderableType:
        mark = f" ({self.words.say('limit-reached')})" if limit["reached"] == "yes" else ""
        return self._statement(limit | {"text": limit["label"] + mark}, known)

    def _changes(self, answer: Json) -> list[RenderableType]:
        found = answer.get("changes", ())
        if found is None:
            return [Text(f"  {self.words.say('changes-unknown')}")]
        if not found:
            return [Text(f"  {self.words.say('changes-none')}")] if "changes" in answer else []
        rows = self.words.changes(found, answer["stage"])
        return [Hanging(f"[bold]{day}[/] → {escape('; '.join(said))}", "  - ") for day, said in rows]

    def _what_if(self, answer: Json) -> Iterator[RenderableType]:
        """Yield with which other value of a field decisions change, not those of programmes that are not assessed."""
        if "whatIf" not in answer:
            return
        aside = [name for name, p in answer["eligibility"].items() if not p["assessed"]]
        rows = self.words.what_if(answer["whatIf"], aside, answer["stage"])
        for row in rows:
            said = f"[bold]{escape(row.label)}{self.words.colon}{escape(row.value)}[/] [dim]({escape(row.known)})[/]"
            yield Hanging(f"{said} → {escape('; '.join(row.outcomes))}", "  - ")
        if not rows:
            yield Text(f"  {self.words.say('what-if-none')}")
        if answer["whatIf"]["more"]:
            yield Text(f"  {self.words.say('what-if-more', count=answer['whatIf']['more'])}")

    def _dated(self, item: Json) -> RenderableType:
        named = [f"{self.words.say(n)} {self.words.shown(item[n])}" for n in ("earliest", "latest") if item[n]]
        days = "  ".join(named + ([self.words.counted_from(item)] if "countedFrom" in item else []))
        colour, status = _COLOURS.get(item["status"], "white"), self.words.date_status(item["status"])
        line = f"  [{colour}]{escape(status)}[/] [bold]{escape(days)}[/] {escape(self.labels.statement(item['id']))}"
        if "note" in item:
            point = self.labels.point(item["note"])
            note = f"{point['label']} → {point['reading']}"
            line += f"\n    [magenta]{escape(self.words.say('openPoints'))}[/]{self.words.colon}{escape(note)}"
        return hang(line)

    def _warning(self, item: Json) -> RenderableType:
        mark, colour = _SEVERITIES[item["severity"]]
        return hang(f"  [{colour}]{mark} {escape(self.words.warning(item))}[/]")

    def _question(self, question: Json) -> RenderableType:
        options = " / ".join(o["label"] for o in question["options"])
        line = f"[bold]{escape(question['question'])}[/]{self._named(question)}"
        return Hanging(line + (f"\n{escape(options)}" if options else ""), "  ? ", "bold")

    def _named(self, question: Json) -> str:
        """Return the name of the field of a question, as markup."""
        return f" [dim]({question['field']})[/]"
