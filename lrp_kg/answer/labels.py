"""The texts that several parts of an answer name: each is in the answer once, and found by its identifier."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from lrp_kg.answer.results import Assessment
from lrp_kg.guideline.model import Condition, OpenPoint
from lrp_kg.logic.classify import OPEN
from lrp_kg.logic.explain import Reason

Json = dict[str, Any]


def conditions_named(found: Assessment, *, explain: bool) -> Mapping[str, tuple[Condition, bool]]:
    """Return the conditions that the statements and reasons of an answer name, and whether a statement waits for it."""
    everything = found.guideline.conditions
    named: dict[str, tuple[Condition, bool]] = {}
    for s in found.said:
        if s.statement.condition:
            condition = everything[s.statement.condition]
            _, waiting = named.get(condition.id, (condition, False))
            named[condition.id] = (condition, waiting or s.verdict == OPEN)
    for reason in _reasons(found) if explain else ():
        named.setdefault(reason.condition.id, (reason.condition, False))
    return named


def is_to_read(status: str, decisive: bool, declares: Collection[str]) -> bool:
    """Return whether a person should see an open point of a decision with this status.

    Those are what is decisive, and what declares that there is no answer, or several.
    """
    return decisive or status in declares


def points_to_read(found: Assessment, *, explain: bool) -> tuple[OpenPoint, ...]:
    """Return the open points of statements, and those of decisions that a person should see; all with explanations."""
    of_decisions = {
        p.id: p
        for d in found.decisions.values()
        for p in d.open_points
        if explain or is_to_read(d.result.status, p.iri in d.decisive, p.declares)
    }
    marks = (m.mark.by for s in found.said for m in s.marks)
    return tuple((of_decisions | {by.id: by for by in marks if isinstance(by, OpenPoint)}).values())


def _reasons(found: Assessment) -> Iterable[Reason]:
    for s in found.shown:
        yield from s.because
    for reasons in found.why_warnings.values():
        yield from reasons
    for d in found.decisions.values():
        yield from d.because
        for reasons in d.why_not.values():
            yield from reasons
    for p in found.programmes.values():
        for c in p.criteria:
            yield from c.because


class Labels:
    """The texts of a rendered answer."""

    def __init__(self, answer: Json) -> None:
        self._answer = answer
        of_programmes = [s for p in answer["eligibility"].values() for s in p["benefits"] + p["nextSteps"]]
        stated = [s for box in answer["boxes"] for s in box["statements"]] + answer["notices"] + of_programmes
        self._statements = {s["id"]: s["text"] for s in stated} | {
            limit["id"]: limit["label"] for p in answer["eligibility"].values() for limit in p["limits"]
        }

    def title(self, box: Json) -> str:
        """Return the title of a box: its own, else the label of the option that it is shown with."""
        if "title" in box:
            return str(box["title"])
        return str(self._answer["decisions"][box["decision"]]["labels"][box["option"]])

    def condition(self, ident: str) -> str:
        """Return the label of a condition."""
        return str(self._answer["conditions"][ident]["label"])

    def statement(self, ident: str) -> str:
        """Return the text of a statement, or the label of a limit."""
        return str(self._statements[ident])

    def points_on(self, box: Json) -> tuple[str, ...]:
        """Return the open points, by identifier, that mark statements of a box."""
        marks = (m for s in box["statements"] for m in s.get("marks", ()))
        return tuple(dict.fromkeys(m["openPoint"] for m in marks if "openPoint" in m))

    def point(self, ident: str) -> Json:
        """Return an open point with its texts; empty where the answer has none of it."""
        return dict(self._answer["openPoints"].get(ident, {}))
