"""An answer as readable text: coloured on a terminal, plain elsewhere, in the language of its labels."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.markup import escape
from rich.padding import Padding
from rich.text import Text

from lrp_kg.answer.as_json import DAY_KEYS, Json
from lrp_kg.answer.labels import Labels
from lrp_kg.guideline.in_words import GuidelineWords
from lrp_kg.guideline.model import Guideline
from lrp_kg.logic.outcomes import DECIDED, NOT_APPLICABLE

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


class AnswerWords(GuidelineWords):
    """The words of an answer, as text or as a page."""

    def verdict(self, name: str) -> str:
        """Return the word for a verdict."""
        return self.say({"true": "yes", "false": "no"}.get(name, name))

    def answered(self, decision: Json, ident: str) -> str:
        """Return an answer of a decision in words; those of programmes are verdicts."""
        return str(decision["labels"].get(ident) or self.status(ident))

    def counted_from(self, found: Json) -> str:
        """Return from which field and day a date is counted that rests on an uncertain one; else nothing."""
        start = found.get("countedFrom")
        return f"({self.say('counted-from')} {self.field(start['field'])}: {start['date']})" if start else ""

    def shown(self, value: Any, field: str = "") -> str:
        """Return a value as a person reads it; the names of a list of values are those of its field."""
        if value is None:
            return self.say("unknown")
        if isinstance(value, bool):
            return self.yes_no(value)
        if isinstance(value, list):
            return ", ".join(self.value(field, v) for v in value) or "–"
        if isinstance(value, dict):
            return " – ".join(self.say("unknown") if end is None else str(end) for end in value.values())
        return self.value(field, value) if isinstance(value, str) else str(value)

    def days(self, programme: Json, today: str | None) -> str:
        """Return on which days a patient is eligible, seen from the day of the assessment; empty without an end."""
        first, last, extent, outdated = (programme[name] for name in DAY_KEYS)
        found = []
        if first:
            tomorrow = today and (date.fromisoformat(today).toordinal() + 1 == date.fromisoformat(first).toordinal())
            found.append(self.say("days-from-tomorrow") if tomorrow else self.say("days-from", day=first))
        if last:
            found.append(self.say("days-until", day=last))
        if outdated and not programme.get("outdated"):
            found.append(self.say("days-outdated", day=outdated))
        if found and extent == "unknown":
            return f"{', '.join(found)} ({self.say('days-unknown')})"
        if extent == "never" and programme["verdict"] == "not-eligible":
            return self.say("days-never")
        return ", ".join(found)

    def changes(self, found: list[Json]) -> list[tuple[str, str]]:
        """Return what changes on later days: the day, and what the decision is from then on."""
        rows = []
        for c in found:
            answers = ", ".join(self.option(c["decision"], a) for a in c["answers"])
            status = self.status(c["status"]) if c["status"] != DECIDED or not answers else ""
            said = " – ".join(part for part in (status, answers) if part)
            rows.append((c["date"], f"{self.decision(c['decision'])}: {said}"))
        return rows

    def force(self, part: Json) -> str:
        """Return that a statement or verdict is by a rule that has ended or may have, or nothing."""
        if "outdated" in part and part["outdated"] is not False:
            words = self.say("ended" if part["outdated"] else "perhaps-ended")
            return f"{words} {part['validUntil']}" if part["validUntil"] else self.say("perhaps-in-force")
        return self.say("perhaps-in-force") if part.get("applies") == "unknown" else ""

    def editions(self, programme: Json) -> str:
        """Return the editions of a programme that apply or may."""
        named = " / ".join(e["label"] for e in programme["editions"] if e["applies"] != "no")
        return named if programme["edition"] else f"{self.say('edition-unknown')}: {named}"

    def edition(self, name: str) -> str:
        """Return the label of an edition by its identifier."""
        return next((self.label(e) for e in self.guideline.editions if e.id == name), name)


def points_to_show(answer: Json) -> dict[str, list[Json]]:
    """Return by decision the open points worth a line, each with the first decision that rests on it.

    Those are what is decisive, and what declares that there is no answer, or several.
    """
    found: dict[str, list[Json]] = {}
    said: set[str] = set()
    for name, decision in answer.get("decisions", {}).items():
        known = [p | answer["openPoints"].get(p["id"], {"declares": ()}) for p in decision["openPoints"]]
        own = [p for p in known if p["decisive"] or decision["status"] in p["declares"]]
        found[name] = [p for p in own if p["id"] not in said]
        said.update(p["id"] for p in own)
    return found


class TextAnswer:
    """Lays out an answer."""

    def __init__(self, guideline: Guideline, lang: str) -> None:
        self.words = AnswerWords(guideline, lang)

    def lay_out(self, answer: Json) -> RenderableType:
        """Return an answer as something rich can print; what is urgent comes first."""
        lines = list(self._summary(answer))
        parts = [self._heading("summary", above=""), *lines] if lines else []
        if "decisions" in answer:
            for name, lines in self._details(answer).items():
                parts += [self._heading(name), *lines] if lines else []
        parts.append(Text("\n" + self.words.say("unofficial"), style="dim"))
        return Group(*parts)

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
            yield Text.from_markup(f"  [{colour}]{mark} {escape(line['text'])}[/]{date}{counted}")
        if answer["summaryMore"]:
            yield Text.from_markup(f"  [dim]{escape(self.words.say('summaryMore', count=answer['summaryMore']))}[/]")

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
            "missing": [Padding(Text(self._fields(asked)), (0, 0, 0, 2))] if asked else [],
            "nextQuestion": [self._question(question)] if question else [],
        }

    def _heading(self, name: str, above: str = "\n") -> RenderableType:
        text = self.words.say(name)
        return Text(above + text[:1].upper() + text[1:], style="bold underline")

    def _fields(self, names: Iterable[str]) -> str:
        return ", ".join(self.words.field(name) for name in names)

    def _box(self, box: Json) -> Iterator[RenderableType]:
        yield Text.from_markup(f"[bold cyan]{escape(box['label'])}[/]  {escape(self.labels.title(box))}")
        for statement in box["statements"]:
            yield self._statement(statement)

    def _status(self, status: str) -> str:
        return f"[{_COLOURS.get(status, 'white')}]{escape(self.words.status(status))}[/]"

    def _decision(self, name: str, decision: Json, points: Iterable[Json]) -> list[RenderableType]:
        answers = "; ".join(self.words.answered(decision, a) for a in decision["answers"])
        line = f"  [bold]{escape(self.words.decision(name))}[/]: {self._status(decision['status'])}"
        if answers:
            line += f" – {escape(answers)}"
        if decision["possible"]:
            possible = ", ".join(self.words.answered(decision, a) for a in decision["possible"])
            line += f" ({escape(self.words.say('possible'))}: {escape(possible)})"
        lines: list[RenderableType] = [Text.from_markup(line)]
        if decision["missing"]:
            asks = escape(self._fields(decision["missing"]))
            lines.append(Text.from_markup(f"    [yellow]{escape(self.words.say('ask'))}[/]: {asks}"))
        if decision.get("because"):
            lines.append(Text.from_markup(f"    [dim]{escape(self.words.say('because'))}:[/]"))
            lines += [self._reason(r) for r in decision["because"]]
        for option, reasons in decision.get("whyNot", {}).items():
            shown = [r for r in reasons if r["verdict"] != "true"] or reasons
            if shown:
                heading = f"{self.words.say('whyNot')}: {self.words.option(name, option)}"
                lines.append(Text.from_markup(f"    [dim]{escape(heading)}[/]"))
                lines += [self._reason(r) for r in shown]
        shown = [p | self.labels.point(p["id"]) for p in decision["openPoints"]] if "because" in decision else points
        for p in shown:
            rests = escape(self.words.say("decisive" if p["decisive"] else "openPoints"))
            line = f"    [magenta]{rests}[/]: {escape(p['label'])} → {escape(p['reading'])}"
            lines.append(Text.from_markup(line))
        return lines

    def _reason(self, reason: Json) -> RenderableType:
        shown = self.words.shown(reason["value"], reason["field"])
        return Text.from_markup(
            f"      {escape(self.labels.condition(reason['condition']))}: {self._verdict(reason['verdict'])}"
            f" [dim]({escape(self.words.field(reason['field']))}: {escape(shown)})[/]"
        )

    def _verdict(self, verdict: str) -> str:
        colour = {"true": "green", "false": "red"}.get(verdict, "yellow")
        return f"[{colour}]{escape(self.words.verdict(verdict))}[/]"

    def _statement(self, s: Json, known: str = "") -> RenderableType:
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
        if "edition" in s:
            line += f" [yellow]({escape(self.words.edition(s['edition']))})[/]"
        line += f" [dim]{escape(s['locator'])}[/]"
        return Padding(Text.from_markup(line), (0, 0, 0, 4))

    def _programme(self, p: Json, today: str | None) -> list[RenderableType]:
        if not p["assessed"]:
            return [Text.from_markup(f"  [bold]{escape(p['label'])}[/]: {escape(self.words.say('not-assessed'))}")]
        head = f"  [bold]{escape(p['label'])}[/]: {self._status(p['verdict'])} [dim]{escape(self.words.editions(p))}[/]"
        mark = self.words.force(p)
        if mark:
            head += f" [red]({escape(mark)})[/]"
        lines: list[RenderableType] = [Text.from_markup(head)]
        days = self.words.days(p, today)
        if days:
            lines.append(Text.from_markup(f"    [bold]{escape(days)}[/]"))
        for c in p["criteria"] if p["verdict"] != NOT_APPLICABLE else ():
            lines.append(Text.from_markup(f"    {self._status(c['verdict'])}  {escape(c['label'])}"))
        for key, show in (("benefits", self._statement), ("limits", self._limit), ("nextSteps", self._statement)):
            if p[key]:
                lines.append(Text.from_markup(f"    [underline]{escape(self.words.say(key))}[/]"))
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
        return [Text.from_markup(f"  [bold]{day}[/] {escape(said)}") for day, said in self.words.changes(found)]

    def _dated(self, item: Json) -> RenderableType:
        named = [f"{self.words.say(n)} {self.words.shown(item[n])}" for n in ("earliest", "latest") if item[n]]
        days = "  ".join(named + ([self.words.counted_from(item)] if "countedFrom" in item else []))
        colour, status = _COLOURS.get(item["status"], "white"), self.words.date_status(item["status"])
        line = f"  [{colour}]{escape(status)}[/] [bold]{escape(days)}[/] {escape(self.labels.statement(item['id']))}"
        if "note" in item:
            point = self.labels.point(item["note"])
            note = f"{point['label']} → {point['reading']}"
            line += f"\n    [magenta]{escape(self.words.say('openPoints'))}[/]: {escape(note)}"
        return Text.from_markup(line)

    def _warning(self, item: Json) -> RenderableType:
        mark, colour = _SEVERITIES[item["severity"]]
        return Text.from_markup(f"  [{colour}]{mark} {escape(item['label'])}[/]")

    def _question(self, question: Json) -> RenderableType:
        options = " / ".join(o["label"] for o in question["options"])
        line = f"  [bold]? {escape(question['question'])}[/] [dim]({question['field']})[/]"
        return Text.from_markup(line + (f"\n    {escape(options)}" if options else ""))


def to_text(guideline: Guideline, answer: Json, lang: str, *, width: int = 110) -> str:
    """Return an answer as plain text."""
    console = Console(width=width, no_color=True, force_terminal=False, highlight=False)
    with console.capture() as captured:
        console.print(TextAnswer(guideline, lang).lay_out(answer))
    return captured.get()
