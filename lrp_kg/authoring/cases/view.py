"""What an answer says to the questions a test case can ask.

Decisions and boxes are worked out one by one, when they are asked for; anything else is read from the whole answer.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from functools import cached_property

from lrp_kg.answer.as_json import Json, days_of, eligible_days_as_json, fact_as_json
from lrp_kg.answer.decisions import Assessor
from lrp_kg.answer.results import Assessment, verdict_of
from lrp_kg.answer.run import Run
from lrp_kg.answer.summary import Summary, summary_of
from lrp_kg.guideline.model import Box, Decision, Guideline
from lrp_kg.logic.cells import Signature
from lrp_kg.logic.classify import OPEN
from lrp_kg.logic.outcomes import Outcome
from lrp_kg.namespaces import local_name
from lrp_kg.record.model import Record


class PartIndex:
    """Parts of a guideline by their identifiers."""

    def __init__(self, guideline: Guideline) -> None:
        self.guideline = guideline
        self.decisions = {d.id: d for d in guideline.own_decisions.values()}
        self.programmes = {p.id: p for p in guideline.programmes.values()}
        self.sections: dict[str, list[Box]] = {}
        for box in guideline.boxes.values():
            self.sections.setdefault(box.section.id, []).append(box)
        self.statements = {s.id: s for s in guideline.statements}
        self.open_points = {p.id: p for p in guideline.open_points}

    def decision_of(self, name: str) -> bool:
        """Return whether this is the identifier of a decision or programme."""
        return name in self.decisions or name in self.programmes


class CaseAnswer:
    """The answer to one record."""

    def __init__(
        self, assessor: Assessor, index: PartIndex, record: Record, signature: Signature | None = None
    ) -> None:
        self.assessor = assessor
        self.index = index
        self.record = record
        self.run = Run(assessor, record, explain=False, signature=signature)

    @cached_property
    def answer(self) -> Assessment:
        """The whole answer."""
        return self.assessor.finish(self.run)

    def decision(self, ident: str) -> Decision:
        """Return a decision; for a programme that of the newest edition that may apply."""
        decisions = self.assessor.guideline.decisions
        programme = self.index.programmes.get(ident)
        if programme is None:
            return decisions[self.index.decisions[ident].iri]
        return decisions[self.run.programme_run(programme).decision]

    def result(self, ident: str) -> Outcome:
        """Return the outcome of a decision or programme."""
        programme = self.index.programmes.get(ident)
        if programme is not None:
            return self.run.programme_run(programme).outcome()
        return self.run.result(self.decision(ident).iri)

    def verdict(self, programme: str) -> str:
        """Return the verdict of a programme, as `ProgrammeResult` has it."""
        return verdict_of(self.result(programme))

    def edition(self, ident: str) -> tuple[str, str]:
        """Return the programme of an edition, and the verdict as if that applied."""
        programme = next(p for p in self.index.programmes.values() if ident in [e.id for e in p.editions])
        run = self.run.programme_run(programme)
        return programme.id, verdict_of(next(run.of(c) for c in run.candidates if c.edition.id == ident))

    def eligible_days(self, programme: str) -> dict[str, str | None]:
        """Return the days on which a programme is open, by the names that an answer has for them."""
        return eligible_days_as_json(self.run.days(self.index.programmes[programme]))

    def criteria(self, programme: str, verdict: int) -> list[str]:
        """Return the criteria of a programme that have a verdict."""
        return [c.criterion.id for c in self.answer.programmes[programme].criteria if c.verdict == verdict]

    def boxes(self, section: str) -> list[Box]:
        """Return the boxes shown in a section."""
        return [box for box in self.index.sections.get(section, []) if self.run.shows(box, None)]

    def statement(self, ident: str) -> bool | str:
        """Return whether a statement is shown: True, False, or "unknown" where its condition, or its being law, is."""
        found = next((s for s in self.answer.shown if s.statement.id == ident), None)
        if found is None:
            return False
        doubt = found.verdict == OPEN or (found.in_force == OPEN and not found.statement.printed)
        return "unknown" if doubt else True

    def limit(self, ident: str) -> str | None:
        """Return whether a limit of a programme is reached; ``None`` where the limit is not given."""
        limits = (limit for p in self.answer.programmes.values() for limit in p.limits)
        return next((limit.limit_reached for limit in limits if limit.statement.id == ident), None)

    def days(self, ident: str) -> Json:
        """Return the dates of a statement, their status and the open point noted on them; empty where it has none."""
        found = next((s for s in self.answer.dated if s.statement.id == ident), None)
        if found is None:
            return {}
        note = self.answer.notes.get(found.statement.iri)
        return days_of(found) | {"status": found.status, "note": note.id if note else None}

    def fact(self, key: str) -> Json | None:
        """Return a fact as JSON has it; ``None`` where there is none."""
        found = self.answer.facts.get(key)
        return fact_as_json(found) if found else None

    def warning(self, ident: str) -> bool:
        """Return whether a warning is given."""
        return any(w.id == ident for w in self.answer.warnings)

    def open_point(self, ident: str) -> bool:
        """Return whether an open point is named by a decision."""
        return any(p.id == ident for d in self.answer.decisions.values() for p in d.open_points)

    def decisive(self, ident: str) -> bool:
        """Return whether an open point is decisive for a decision."""
        named = ((p, d) for d in self.answer.decisions.values() for p in d.open_points)
        return any(p.id == ident and p.iri in d.decisive for p, d in named)

    def missing(self, decisions: Iterable[str]) -> set[str]:
        """Return the names of the fields that some decisions miss."""
        return {local_name(field) for ident in decisions for field in self.result(ident).missing}

    def decided_by(self, field: str) -> list[str] | None:
        """Return the decisions that a field is asked for; ``None`` where it is not asked."""
        found = (q.decides for q in self.answer.questions if local_name(q.field) == field)
        return next(map(list, found), None)

    @cached_property
    def summary(self) -> Summary:
        """The summary of the answer."""
        return summary_of(self.answer)

    def lines(self) -> list[dict[str, str | None]]:
        """Return kind, ref, severity and date of each line of the summary."""
        return [
            {"kind": line.kind, "ref": line.ref[1], "severity": line.severity, "date": _iso(line.date)}
            for line in self.summary.lines
        ]

    def question(self) -> str | None:
        """Return the field that is asked for next."""
        return local_name(self.answer.next_question) if self.answer.next_question else None


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None
