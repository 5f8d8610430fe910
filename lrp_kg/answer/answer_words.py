"""The words of an answer, as text or as a page."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from lrp_kg.answer.alternatives import values_in_words
from lrp_kg.answer.as_json import DAY_KEYS, Json
from lrp_kg.answer.labels import is_to_read
from lrp_kg.guideline.in_words import GuidelineWords, short_title
from lrp_kg.guideline.model import AGREES, DIFFERS, DOUBTFUL, Decision, Statement
from lrp_kg.logic.outcomes import DECIDED
from lrp_kg.words import Text

_MARKS = {
    AGREES: ("mark-agrees", "mark-agrees-perhaps"),
    DIFFERS: ("mark-differs", "mark-differs-perhaps"),
    DOUBTFUL: ("mark-doubtful", "mark-doubtful"),
}
"""What is said of a statement by what its marks say, where that is certain and where it is not."""


@dataclass(frozen=True, slots=True)
class OtherValue:
    """In words: another value, or values, of a field, what is ``known`` of it, and what decisions would be then."""

    field: str
    label: str
    value: str
    known: str
    outcomes: tuple[str, ...]


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

    def changes(self, found: list[Json], stage: str | None = None) -> list[tuple[str, tuple[str, ...]]]:
        """Return what changes on later days: each day, and what decisions are from then on.

        ``stage`` is the stage now, which need not be repeated.
        """
        days: dict[str, list[Json]] = {}
        for c in found:
            days.setdefault(c["date"], []).append(c)
        rows = []
        for day, changed in days.items():
            stage = self._stage_of(changed, stage)
            rows.append((day, self.outcomes(changed, stage)))
        return rows

    def outcomes(self, found: Iterable[Json], stage: str | None = None) -> tuple[str, ...]:
        """Return what decisions would be: their answers, then those of each other status together.

        ``stage`` is the stage that the reader knows: with a new one goes another answer of some decisions that says no
        more than that.
        """
        found = list(found)
        staged = self._stage is not None and any(d["decision"] == self._stage.id and d["answers"] for d in found)
        answers: list[str] = []
        others: dict[str, list[str]] = {}
        for d in found:
            if d["answers"]:
                options = (self.option(d["decision"], a) for a in d["answers"])
                said = "; ".join(self.brief(o, stage) for o in options)
                status = f"{self.status(d['status'])} – " if d["status"] != DECIDED else ""
                label = self.decision(d["decision"])
                if status or not said.startswith(label):
                    answers.append(f"{label}{self.colon}{status}{said}")
                elif said != label or not staged:
                    answers.append(said)
            else:
                others.setdefault(d["status"], []).append(self.decision(d["decision"]))
        return (*answers, *(f"{self.status(status)}{self.colon}{', '.join(of)}" for status, of in others.items()))

    def brief(self, label: str, stage: str | None) -> str:
        """Return the label of an option without the stage, by its identifier, that it begins with."""
        return short_title(label, self._label_of(stage), "") or label

    def box_title(self, box: Json, label: str, stage: str | None) -> str:
        """Return the label of a rendered box without the stage, by its identifier, that it begins with."""
        named = self._label_of(stage)
        if not named or not label.startswith(named):
            return label
        section = next(self.label(b.section) for b in self.guideline.boxes.values() if b.section.id == box["section"])
        return self.in_stage(label, named, section)

    def _label_of(self, stage: str | None) -> str:
        return next((self.label(o) for o in self._stage.options if o.id == stage), "") if self._stage else ""

    @cached_property
    def _stage(self) -> Decision | None:
        return self.guideline.decisions.get(self.guideline.roles.stage or "")

    def _stage_of(self, found: Iterable[Json], otherwise: str | None) -> str | None:
        """Return the stage that outcomes decide, if they are about it."""
        own = [d for d in found if self._stage and d["decision"] == self._stage.id]
        if not own:
            return otherwise
        return own[0]["answers"][0] if own[0]["status"] == DECIDED else None

    def what_if(self, found: Json, aside: Collection[str] = (), stage: str | None = None) -> list[OtherValue]:
        """Return what would change decisions, values of a field that change the same in one row.

        ``aside`` are decisions that are not spoken of, ``stage`` is the stage now, which need not be repeated.
        """
        rows: dict[tuple[str, tuple[str, ...]], list[Json]] = {}
        for a in found["alternatives"]:
            shown = [d for d in a["decisions"] if d["decision"] not in aside]
            then = self._stage_of(a["decisions"], stage)
            known = then == stage or then == self._stage_of(shown, None)
            outcomes = self.outcomes(shown, then if known else None)
            if outcomes:
                rows.setdefault((a["field"], outcomes), []).append(a)
        return [self._other_value(several, outcomes) for (_, outcomes), several in rows.items()]

    def _other_value(self, several: list[Json], outcomes: tuple[str, ...]) -> OtherValue:
        first = several[0]
        now = first["from"]
        known = self.say("what-if-unknown")
        if now is not None:
            shown = self.say("none-of-them") if now == [] else self.shown(now, first["field"])
            known = self.say("what-if-instead", value=shown)
        value = f" {self.say('or')} ".join(values_in_words(self, several))
        return OtherValue(field=first["field"], label=first["label"], value=value, known=known, outcomes=outcomes)

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

    def warning(self, warning: Json) -> str:
        """Return a warning, and that it is by a rule that has ended or may not be in force."""
        force = self.force(warning) if "validUntil" in warning else ""
        return f"{warning['label']} ({force})" if force else str(warning["label"])

    def marks(self, part: Json, *, agreed: bool = True) -> list[str]:
        """Return what rules of that day and open points say of a statement, each once; without ``agreed`` the worst."""
        found: dict[str, bool] = {}
        for mark in part.get("marks", ()):
            found[mark["stance"]] = found.get(mark["stance"], True) and "applies" in mark
        said = [stance for stance in (DIFFERS, DOUBTFUL, AGREES) if stance in found]
        if not agreed:
            said = [stance for stance in said if stance != AGREES][:1]
        return [self.say(_MARKS[stance][found[stance]]) for stance in said]

    @cached_property
    def _statements(self) -> dict[str, Statement]:
        return {s.id: s for s in self.guideline.statements}

    def printed_and_law(self, box: Json) -> list[tuple[bool, list[Json]]]:
        """Return the statements of a box: those that the guideline's own sources print, then rules of law (true)."""
        parts: list[tuple[bool, list[Json]]] = [(False, []), (True, [])]
        for s in box["statements"]:
            parts[not self._statements[s["id"]].printed][1].append(s)
        return [part for part in parts if part[1]]

    def may_apply(self, box: Json) -> list[str]:
        """Return the rules of law of a box that are only named, each with the condition that no field holds."""
        named = [self._statements[name] for name in box.get("mayApply", ())]
        return [" ".join(filter(None, (self.text(s.label), self._in_brackets(s.condition_text)))) for s in named]

    def _in_brackets(self, text: Text) -> str:
        return f"({self.text(text)})" if text else ""

    def editions(self, programme: Json) -> str:
        """Return the editions of a programme that apply or may."""
        named = " / ".join(e["label"] for e in programme["editions"] if e["applies"] != "no")
        return named if programme["edition"] else f"{self.say('edition-unknown')}{self.colon}{named}"

    def edition(self, name: str) -> str:
        """Return the label of an edition by its identifier."""
        return next((self.label(e) for e in self.guideline.editions if e.id == name), name)


_STRONG = ("must", "must-not", "maximum")
"""The modalities of statements that are said although the summary has no room for them."""


def beside_summary(answer: Json, also: Collection[str] = ()) -> list[Json]:
    """Return the strong statements, those with a date, and some by identifier, that are no line of the summary.

    With one of which a rule of that day says otherwise is that rule; one that says the same is not said again. Of other
    law only what is strong.
    """
    known = {line["ref"]["statement"] for line in answer["summary"] if "statement" in line["ref"]}
    named = {d["id"] for d in answer["dates"] if d["earliest"] or d["latest"]}.union(also)
    said = {line["text"] for line in answer["summary"]}
    stated = [s for box in answer["boxes"] for s in box["statements"] if s.get("outdated") is not True]
    named -= {s["id"] for s in stated if "validFrom" in s and s["id"] not in also}
    chosen = [s for s in stated if s["modality"] in _STRONG or s["id"] in named]
    strong = {s["id"] for s in chosen}
    for s in chosen:
        marks = [(m["stance"], m["statement"]) for m in s.get("marks", ()) if "statement" in m]
        otherwise = {name for stance, name in marks if stance == DIFFERS}
        named |= set() if otherwise & strong else otherwise
        known.update(name for stance, name in marks if stance == AGREES and name not in named)
    found = []
    for s in stated:
        if s["id"] not in known and s["text"] not in said and (s["modality"] in _STRONG or s["id"] in named):
            said.add(s["text"])
            found.append(s)
    return found


def points_to_show(answer: Json) -> dict[str, list[Json]]:
    """Return by decision the open points to read, each with the first decision that rests on it."""
    found: dict[str, list[Json]] = {}
    said: set[str] = set()
    for name, decision in answer.get("decisions", {}).items():
        known = [p | answer["openPoints"].get(p["id"], {"declares": ()}) for p in decision["openPoints"]]
        own = [p for p in known if is_to_read(decision["status"], p["decisive"], p["declares"])]
        found[name] = [p for p in own if p["id"] not in said]
        said.update(p["id"] for p in own)
    return found
