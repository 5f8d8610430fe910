"""The names that a test case may use in its expectations, and what is wrong with one that does not exist."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from lrp_kg.answer.as_json import DAY_KEYS
from lrp_kg.authoring.cases.view import PartIndex
from lrp_kg.guideline.model import Guideline
from lrp_kg.logic.outcomes import NOT_APPLICABLE, STATUSES, UNDETERMINED

VERDICTS = ("eligible", "not-eligible", UNDETERMINED, NOT_APPLICABLE)
ELIGIBLE_DAYS = "eligibleDays"
"""The key for the days on which programmes are open."""
OF_OTHER_DAYS = (ELIGIBLE_DAYS, "summary", "summaryMore")
"""Keys of what depends on other days too: a summary has a line for a programme that will soon be open."""
_SINGULAR = {
    "statuses": "decision",
    "boxes": "section",
    "eligibility": "programme",
    "editions": "edition",
    ELIGIBLE_DAYS: "programme",
    "facts": "fact",
    "dates": "dated statement",
    "statements": "statement",
    "limits": "limit",
    "warnings": "warning",
    "openPoints": "open point",
    "decisive": "open point",
    "questions": "field",
}
"""Keys of an expectation that are objects, with what their names are."""
FACT_PARTS = {"value", "applies", "from", "countedFrom", "statements", "alternatives"}
KEYS = (
    *_SINGULAR,
    *("criteriaNotMet", "missing", "nextQuestion", "summary", "summaryMore", "invalid", "invalidFields"),
)
"""Keys of an expectation beside the decisions; `lrp_kg.authoring.cases.expectations` says what they mean."""


class Names:
    """The names an expectation may use; says what is wrong with one that does not exist."""

    def __init__(self, guideline: Guideline) -> None:
        self.guideline = guideline
        self.index = index = PartIndex(guideline)
        self.of_maps: dict[str, Collection[str]] = {
            "statuses": (*index.decisions, *index.programmes),
            "boxes": tuple(index.sections),
            "eligibility": tuple(index.programmes),
            "editions": tuple(e.id for e in guideline.editions),
            ELIGIBLE_DAYS: tuple(index.programmes),
            "facts": tuple(t.id for t in guideline.fact_keys.values()),
            "dates": tuple(s.id for s in index.statements.values() if s.limits),
            "statements": tuple(index.statements),
            "limits": tuple(limit.id for e in guideline.editions for limit in e.limits),
            "warnings": tuple(w.id for w in guideline.cautions),
            "openPoints": tuple(index.open_points),
            "questions": tuple(guideline.field_names),
            "decisive": tuple(i for i, p in index.open_points.items() if p.decisive_in),
        }
        self.of_lines: dict[str, Collection[str]] = {
            "exit": tuple(index.decisions),
            "warning": self.of_maps["warnings"],
            "stage": tuple(index.decisions),
            "advice": self.of_maps["statements"],
            "programme": self.of_maps["eligibility"],
            "question": guideline.field_names,
        }

    @staticmethod
    def like(name: str, known: Collection[str]) -> str:
        """Return a question after a similar name, or the names there are."""
        close = difflib.get_close_matches(name, list(known), 1)
        if close:
            return f"; did you mean {close[0]}?"
        few = sorted(known)[:12]
        return f"; there are {', '.join(few)}{' ...' if len(known) > len(few) else ''}" if few else "; there are none"

    def criteria_expected(self, value: Any) -> dict[str, list[str]]:
        """Return criteria by programme; a list is about the first programme."""
        if isinstance(value, dict):
            return value
        return {next(iter(self.index.programmes), ""): value}

    def problems(self, expect: Mapping[str, Any]) -> list[tuple[str, str]]:
        """Return the names that do not exist and the values that cannot be, as name of the finding and message."""
        return [found for key, value in expect.items() for found in self._key(key, value)]

    def _unknown(self, what: str, name: Any, known: Collection[str]) -> Iterator[tuple[str, str]]:
        if not isinstance(name, str) or name not in known:
            yield "unknown-expectation", f"{name} is no {what}{self.like(str(name), known)}"

    def _key(self, key: str, value: Any) -> Iterator[tuple[str, str]]:
        if key in _SINGULAR:
            if not isinstance(value, dict) or not value:
                yield "case-malformed", f"{key} is an object with at least one name."
                return
            for ident, own in value.items():
                wrong = list(self._unknown(_SINGULAR[key], ident, self.of_maps[key]))
                yield from wrong or self._value(key, ident, own)
        elif key == "criteriaNotMet":
            yield from self._criteria(value)
        elif key in ("missing", "invalidFields"):
            if not isinstance(value, list):
                yield "case-malformed", f"{key} is a list of fields."
            elif key == "missing":
                for name in value:
                    yield from self._unknown("field", name, self.guideline.field_names)
        elif key == "nextQuestion":
            if value is not None:
                yield from self._unknown("field", value, self.guideline.field_names)
        elif key == "summary":
            yield from self._summary(value)
        elif key == "summaryMore":
            if not isinstance(value, int) or isinstance(value, bool):
                yield "case-malformed", "summaryMore is a number."
        elif key == "invalid":
            if not isinstance(value, bool):
                yield "case-malformed", "invalid is true or false."
        elif self.index.decision_of(key):
            yield from self._answers(key, value)
        else:
            known = (*self.index.decisions, *KEYS, *self.index.programmes)
            yield from self._unknown("decision or other key of expect", key, known)

    def _answers(self, ident: str, value: Any) -> Iterator[tuple[str, str]]:
        programme = self.index.programmes.get(ident)
        decisions = [self.guideline.decisions[e.decision] for e in programme.editions] if programme else []
        decisions = decisions or [self.index.decisions[ident]]
        options = tuple(dict.fromkeys(o.id for d in decisions for o in d.options))
        for answer in value if isinstance(value, list) else [] if value in (None, UNDETERMINED, "none") else [value]:
            yield from self._unknown(f"answer of {ident}", answer, options)

    def _criteria(self, value: Any) -> Iterator[tuple[str, str]]:
        if not isinstance(value, (list, dict)):
            yield "case-malformed", "criteriaNotMet is a list of criteria, or an object: programme to list."
            return
        for name, own in self.criteria_expected(value).items():
            wrong = list(self._unknown("programme", name, self.index.programmes))
            yield from wrong
            if not wrong:
                known = {c.id for e in self.index.programmes[name].editions for c in e.criteria}
                for criterion in own if isinstance(own, list) else [own]:
                    yield from self._unknown(f"criterion of {name}", criterion, known)

    def _summary(self, value: Any) -> Iterator[tuple[str, str]]:
        fine = isinstance(value, list) and all(
            isinstance(line, dict) and {"kind", "ref"} <= set(line) <= {"kind", "ref", "severity", "date"}
            for line in value
        )
        if not fine:
            yield "case-malformed", "summary is a list of lines, each with kind and ref, and severity or date."
            return
        for line in value:
            wrong = list(self._unknown("kind of a line", line["kind"], self.of_lines))
            yield from wrong or self._unknown(line["kind"], line["ref"], self.of_lines[line["kind"]])

    def _value(self, key: str, ident: str, value: Any) -> Iterator[tuple[str, str]]:
        if key in ("warnings", "openPoints", "decisive") and not isinstance(value, bool):
            yield "case-malformed", f"{key}.{ident} is true or false."
        elif key == "questions":
            for decision in value or ():
                yield from self._unknown("decision", decision, self.of_maps["statuses"])
        elif key == "statements" and value not in (True, False, "unknown"):
            yield "case-malformed", f'statements.{ident} is true, false or "unknown".'
        elif key == "limits" and value not in ("yes", "no", "unknown", None):
            yield "case-malformed", f"limits.{ident} is yes, no, unknown or null."
        elif key in ("statuses", "eligibility", "editions"):
            known = STATUSES if key == "statuses" else VERDICTS
            yield from self._unknown("status" if key == "statuses" else "verdict", value, known)
        elif key == "boxes":
            labels = {box.printed for box in self.index.sections[ident]}
            if value == UNDETERMINED and not self.index.decision_of(ident):
                yield "unknown-expectation", f"no decision is named {ident}, so its box cannot be undetermined."
            elif value not in (None, UNDETERMINED):
                yield from self._unknown(f"label of a box of {ident}", value, labels)
        elif key == ELIGIBLE_DAYS:
            if not isinstance(value, dict) or not value or not value.keys() <= set(DAY_KEYS):
                yield (
                    "case-malformed",
                    f"{key}.{ident} is an object with {', '.join(DAY_KEYS)} or some of them.",
                )
        elif key == "dates":
            bounds = set(value) if isinstance(value, dict) else set()
            if not bounds or not bounds <= {"earliest", "latest", "status", "note"}:
                yield "case-malformed", f"dates.{ident} is an object with some of earliest, latest, status, note."
            elif value.get("note") is not None:
                yield from self._unknown("open point", value["note"], self.index.open_points)
        elif key == "facts" and isinstance(value, dict) and not set(value) <= FACT_PARTS:
            parts = ", ".join(sorted(FACT_PARTS))
            yield "case-malformed", f"facts.{ident} is a value, or an object with some of {parts}."
