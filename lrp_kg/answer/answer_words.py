"""The words of an answer, as text or as a page."""

from __future__ import annotations

from datetime import date
from typing import Any

from lrp_kg.answer.as_json import DAY_KEYS, Json
from lrp_kg.guideline.in_words import GuidelineWords
from lrp_kg.logic.outcomes import DECIDED


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
        return f"({self.say('counted-from')} {self.field(start['field'])}{self.colon}{start['date']})" if start else ""

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
            rows.append((c["date"], f"{self.decision(c['decision'])}{self.colon}{said}"))
        return rows

    def decisions_of(self, question: Json, answer: Json, few: int = 3) -> str:
        """Return the decisions that the answer to a question can change, of more than a few only how many."""
        aside = {name for name, p in answer["eligibility"].items() if not p["assessed"]}
        named = [self.decision(name) for name in question["decides"] if name not in aside]
        return ", ".join(named) if len(named) <= few else self.say("several-decisions", count=len(named))

    def force(self, part: Json) -> str:
        """Return that a statement or verdict is by a rule that has ended or may have, or nothing."""
        if "outdated" in part and part["outdated"] is not False:
            words = self.say("ended" if part["outdated"] else "perhaps-ended")
            return f"{words} {part['validUntil']}" if part["validUntil"] else self.say("perhaps-in-force")
        return self.say("perhaps-in-force") if part.get("applies") == "unknown" else ""

    def editions(self, programme: Json) -> str:
        """Return the editions of a programme that apply or may."""
        named = " / ".join(e["label"] for e in programme["editions"] if e["applies"] != "no")
        return named if programme["edition"] else f"{self.say('edition-unknown')}{self.colon}{named}"

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
