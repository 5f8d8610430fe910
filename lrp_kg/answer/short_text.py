"""An answer as text of one screen: what its summary does not say in a few lines, none twice."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rich.console import RenderableType
from rich.markup import escape

from lrp_kg.answer.answer_words import beside_summary, points_to_show
from lrp_kg.answer.as_json import Json
from lrp_kg.answer.labels import Labels
from lrp_kg.answer.text_parts import Hanging, TextAnswer
from lrp_kg.guideline.model import CRITICAL, Guideline
from lrp_kg.logic.outcomes import DECIDED, NOT_APPLICABLE, UNDETERMINED

_FEW = 3
"""How many possible answers, or decisions, are named; of more, only how many."""


class ShortAnswer(TextAnswer):
    """Lays out what a clinician reads first; ``how`` is what to ask for to see the rest."""

    agreed = False

    def __init__(self, guideline: Guideline, lang: str, how: str) -> None:
        super().__init__(guideline, lang)
        self.how = how

    def _details(self, answer: Json) -> dict[str, list[RenderableType]]:
        """Return what an answer says beside its summary: after a critical exit only what is to be done."""
        self.labels = Labels(answer)
        said = {line["text"] for line in answer["summary"]}
        found: dict[str, list[RenderableType]] = {
            "warnings": [
                self._warning(item)
                for item in answer["warnings"]
                if item["label"] not in said and item.get("outdated") is not True
            ],
            "also": list(self._also(answer)),
        }
        if all(line["severity"] != CRITICAL for line in answer["summary"]):
            found |= {
                "decisions": [*self._open_decisions(answer), *self._programmes(answer)],
                "missing": list(self._unknown(answer)),
            }
        explained = list(self._explained(answer)) if any("because" in d for d in answer["decisions"].values()) else []
        changes, what_if = self._changes(answer), list(self._what_if(answer))
        return found | {"changes": changes, "whatIf": what_if, "because": explained}

    def _end(self, answer: Json) -> list[RenderableType]:
        """Return where the rest is, which boxes of the source it is from, and what is said at the end."""
        if "decisions" not in answer:
            return super()._end(answer)
        printed = ", ".join(dict.fromkeys(box["label"] for box in answer["boxes"]))
        more = self.words.say("more-in" if printed else "more", boxes=printed, how=self.how)
        return [Hanging(f"\n[dim]{escape(more)}\n{escape(self.words.say('unofficial'))}[/]", "")]

    def _named(self, question: Json) -> str:
        """Return nothing beside the question of a field: its name is for programs."""
        return ""

    # -- parts ------------------------------------------------------------------------------------

    def _also(self, answer: Json) -> Iterator[RenderableType]:
        for s in beside_summary(answer):
            yield self._statement(s, begin="  - ")

    def _open_decisions(self, answer: Json) -> Iterator[RenderableType]:
        """Yield the decisions that are not decided, and those whose answer is neither above nor in a box."""
        above = {line["ref"].get("decision") for line in answer["summary"]} | {self._exit}
        points, open_ones = points_to_show(answer), []
        for name, d in answer["decisions"].items():
            if name in answer["eligibility"] or d["status"] == NOT_APPLICABLE:
                continue
            label, status, own = escape(self.words.decision(name)), self._status(d["status"]), True
            said = "; ".join(self.words.answered(d, a) for a in d["answers"])
            if d["status"] == DECIDED:
                own = name not in above and not d["boxes"]
                if own:
                    yield Hanging(f"{label}{self.words.colon}[bold]{escape(said)}[/]", "  - ")
            elif d["status"] == UNDETERMINED and not said and len(d["possible"]) > _FEW and not points[name]:
                open_ones.append(label)
            else:
                possible = "; ".join(self.words.answered(d, a) for a in d["possible"][:_FEW])
                parts = [
                    said,
                    f"{self.words.say('possible')}{self.words.colon}{possible}"
                    if 0 < len(d["possible"]) <= _FEW
                    else "",
                ]
                rest = "".join(f" – {escape(part)}" for part in parts if part)
                yield Hanging(f"{label}{self.words.colon}{status}{rest}", "  - ")
            yield from self._points(points[name], "" if own else label)
        if open_ones:
            yield Hanging(f"{', '.join(open_ones)}{self.words.colon}{self._status(UNDETERMINED)}", "  - ")

    def _points(self, points: Iterable[Json], label: str) -> Iterator[RenderableType]:
        """Yield open points, under a line of what rests on them, or with its label."""
        for p in points:
            rests = escape(self.words.say("decisive" if p["decisive"] else "openPoints"))
            said = f"[magenta]{rests}[/]{self.words.colon}{escape(p['label'])} → {escape(p['reading'])}"
            yield Hanging(f"{label}{self.words.colon}{said}", "  - ") if label else Hanging(said, "    ")

    @property
    def _exit(self) -> str | None:
        own = self.words.guideline.decisions.get(self.words.guideline.roles.exit or "")
        return own.id if own else None

    def _programmes(self, answer: Json) -> Iterator[RenderableType]:
        """Yield a line for each programme, of those in the summary only with their days; one for all not assessed."""
        above = {line["ref"].get("programme") for line in answer["summary"]}
        aside = [p["label"] for p in answer["eligibility"].values() if not p["assessed"]]
        points = points_to_show(answer)
        for name, p in answer["eligibility"].items():
            if p["verdict"] == NOT_APPLICABLE or not p["assessed"]:
                continue
            days = self.words.days(p, answer.get("assessmentDate")) if p["eligibleFrom"] or p["eligibleUntil"] else ""
            said = [escape(part) for part in (days, self.words.force(p)) if part]
            if name not in above:
                said.insert(0, self._status(p["verdict"]))
            if said:
                yield Hanging(f"{escape(p['label'])}{self.words.colon}{' – '.join(said)}", "  - ")
            yield from self._points(points[name], "" if said else escape(p["label"]))
        if aside:
            yield Hanging(escape(f"{'; '.join(aside)}{self.words.colon}{self.words.say('not-assessed')}"), "  - ")

    def _unknown(self, answer: Json) -> Iterator[RenderableType]:
        """Yield the fields to ask for, together with the decisions that they would decide."""
        aside = {name for name, p in answer["eligibility"].items() if not p["assessed"]}
        groups: dict[tuple[str, ...], list[str]] = {}
        for q in answer["questions"]:
            decides = tuple(name for name in q["decides"] if name not in aside)
            if decides or not q["decides"]:
                groups.setdefault(decides, []).append(q["field"])
        for decides, fields in groups.items():
            named = ", ".join(self.words.decision(name) for name in decides)
            if len(decides) > _FEW:
                named = self.words.say("several-decisions", count=len(decides))
            for_what = f" → {escape(named)}" if named else ""
            yield Hanging(f"{escape(self._fields(fields))}[dim]{for_what}[/]", "  - ")

    def _explained(self, answer: Json) -> Iterator[RenderableType]:
        """Yield why, and why not, each reason with the first decision that it is of."""
        said: set[str] = set()
        for name, d in answer["decisions"].items():
            if d["status"] == NOT_APPLICABLE or not answer["eligibility"].get(name, {}).get("assessed", True):
                continue
            new = [r for r in d["because"] if r["condition"] not in said]
            said.update(r["condition"] for r in new)
            groups: dict[tuple[str, ...], list[str]] = {}
            reasons = {r["condition"]: r for found in d["whyNot"].values() for r in found}
            for option, found in d["whyNot"].items():
                shown = [r for r in found if r["verdict"] != "true"] or found
                own = tuple(r["condition"] for r in shown if r["condition"] not in said)
                if own:
                    groups.setdefault(own, []).append(option)
            if new or groups:
                yield Hanging(f"[bold]{escape(self.words.decision(name))}[/]", "  ")
                yield from (self._reason(r) for r in new)
            for own, options in groups.items():
                fresh = [c for c in own if c not in said]
                said.update(fresh)
                if fresh:
                    labels = "; ".join(self.words.option(name, o) for o in options)
                    heading = f"{self.words.say('whyNot')}{self.words.colon}{labels}"
                    yield Hanging(f"[dim]{escape(heading)}[/]", "    ")
                    yield from (self._reason(reasons[c]) for c in fresh)
