"""What an answer says to the questions a test case can ask, each worked out only when it is asked."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from functools import cached_property

from lrp_kg.assessment import Assessor, DecisionResult, Run, StatementResult, facts_of
from lrp_kg.deciding import Result
from lrp_kg.guideline import Box, Decision, Guideline, Statement
from lrp_kg.outcomes import DECIDED, NOT_APPLICABLE, UNDETERMINED
from lrp_kg.record import Record
from lrp_kg.sparql import OPEN, TRUE

NOT_SHOWN = "not shown"


class Index:
    """Parts of a guideline by their identifiers."""

    def __init__(self, guideline: Guideline) -> None:
        self.guideline = guideline
        generated = {e.decision for p in guideline.programmes.values() for e in p.editions}
        self.decisions = {d.id: d for name, d in guideline.decisions.items() if name not in generated}
        self.programmes = {p.id: p for p in guideline.programmes.values()}
        self.owners = {o.iri: d for d in self.decisions.values() for o in d.options}
        self.sections: dict[str, list[Box]] = {}
        for box in guideline.boxes.values():
            self.sections.setdefault(box.section.id, []).append(box)
        self.statements: dict[str, Statement] = {}
        self.places: dict[str, list[Box]] = {}
        for box in guideline.boxes.values():
            for statement in box.statements:
                self.statements[statement.id] = statement
                self.places.setdefault(statement.id, []).append(box)
        self.notices: dict[str, list[str]] = {}
        for option, statements in guideline.notices.items():
            for statement in statements:
                self.statements[statement.id] = statement
                self.notices.setdefault(statement.id, []).append(option)
        self.of_programmes: dict[str, list[str]] = {}
        for programme in guideline.programmes.values():
            for edition in programme.editions:
                for statement in (*edition.benefits, *edition.limits, *edition.steps):
                    self.statements[statement.id] = statement
                    self.of_programmes.setdefault(statement.id, []).append(programme.id)
        self.carriers: dict[str, list[str]] = {}
        for statement in self.statements.values():
            for fact in statement.facts:
                self.carriers.setdefault(fact.key, []).append(statement.id)
        self.open_points = {p.id: p for p in guideline.open_points}

    def decision_of(self, name: str) -> bool:
        """Tell whether this is the identifier of a decision or programme."""
        return name in self.decisions or name in self.programmes


class View:
    """The answer to one record."""

    def __init__(self, assessor: Assessor, index: Index, record: Record) -> None:
        self.assessor = assessor
        self.index = index
        self.record = record
        self.run = Run(assessor, record, explain=False)

    def decision(self, ident: str) -> Decision:
        """Return a decision; for a programme that of the edition that applies."""
        programme = self.index.programmes.get(ident)
        if programme is None:
            return self.index.decisions[ident]
        return self.assessor.guideline.decisions[self.assessor.edition(programme, self.record.dates).decision]

    def result(self, ident: str) -> Result:
        """Return what the record makes of a decision or programme."""
        return self.run.result(self.decision(ident).iri)

    def verdict(self, programme: str) -> str:
        """Return the verdict of a programme, as `ProgrammeResult` has it."""
        result = self.result(programme)
        if result.status == DECIDED:
            return result.answers[0]
        return result.status if result.status == NOT_APPLICABLE else UNDETERMINED

    def criteria(self, programme: str, verdict: int) -> list[str]:
        """Return the criteria of a programme that have a verdict."""
        edition = self.assessor.edition(self.index.programmes[programme], self.record.dates)
        return [c.id for c in edition.criteria if self.run.verdict(c.applies_to) == verdict]

    def boxes(self, section: str) -> list[Box]:
        """Return the boxes shown in a section."""
        return [box for box in self.index.sections.get(section, []) if self.run.shows(box, None)]

    # -- statements -----------------------------------------------------------------------------

    def shown(self, ident: str) -> Iterator[StatementResult]:
        """Yield a statement as often as it is shown."""
        for box in self.index.places.get(ident, []):
            if self.run.shows(box, None):
                yield from self._among(ident, box.statements)
        for option in self.index.notices.get(ident, []):
            owner = self.index.owners.get(option)
            if owner is not None and option in self.run.chosen(owner, None):
                yield from self._among(ident, self.assessor.guideline.notices[option])
        for name in dict.fromkeys(self.index.of_programmes.get(ident, [])):
            if self.verdict(name) == "eligible":
                edition = self.assessor.edition(self.index.programmes[name], self.record.dates)
                yield from self._among(ident, (*edition.benefits, *edition.limits, *edition.steps))

    def _among(self, ident: str, statements: tuple[Statement, ...]) -> Iterator[StatementResult]:
        yield from self.run.statements(s for s in statements if s.id == ident)

    def statement(self, ident: str) -> bool | str:
        """Return whether a statement is shown: True, False, or "unknown" where its condition is."""
        found = next(self.shown(ident), None)
        return False if found is None else "unknown" if found.verdict == OPEN else True

    def days(self, ident: str) -> dict[str, str | None]:
        """Return the dates of a statement; empty where it has none or is not shown."""
        for found in self.shown(ident):
            if found.status:
                return {"earliest": _iso(found.earliest), "latest": _iso(found.latest)}
        return {}

    @cached_property
    def _decided(self) -> list[DecisionResult]:
        names = (*self.index.decisions, *self.index.programmes)
        return [DecisionResult(self.decision(n), self.result(n), (), {}, ()) for n in names]

    def fact(self, key: str) -> object:
        """Return the value of a fact, dates as text; ``None`` where there is none."""
        of_decisions = [
            DecisionResult(decision, self.run.result(decision.iri), (), {}, ())
            for name in (*self.index.decisions, *self.index.programmes)
            if (decision := self.decision(name)).fact_key == key
            or any(fact.key == key for option in decision.options for fact in option.facts)
        ]
        statements = [s for ident in self.index.carriers.get(key, []) for s in self.shown(ident)]
        value = facts_of(statements, of_decisions).get(key)
        return value.isoformat() if isinstance(value, date) else value

    # -- the rest -------------------------------------------------------------------------------

    def warning(self, ident: str) -> bool:
        """Tell whether a warning is given."""
        return any(w.id == ident and self.run.verdict(w.applies_to) == TRUE for w in self.assessor.guideline.warnings)

    def open_point(self, ident: str) -> bool:
        """Tell whether an open point is named by a decision."""
        point = self.index.open_points[ident]
        if self.run.verdict(point.applies_to) != TRUE:
            return False
        concerned = set(point.concerns)
        for name in (*self.index.decisions, *self.index.programmes):
            decision = self.decision(name)
            programme = self.index.programmes.get(name)
            related = {decision.iri, *(o.iri for o in decision.options), *((programme.iri,) if programme else ())}
            if concerned & related and point in self.run.open_points(decision, self.run.result(decision.iri)):
                return True
        return False

    def missing(self, decisions: list[str]) -> set[str]:
        """Return the names of the fields that some decisions miss."""
        fields = self.assessor.guideline.fields
        return {fields[name].id for ident in decisions for name in self.result(ident).missing}

    def question(self) -> str | None:
        """Return the field that is asked for next."""
        fields = self.assessor.guideline.fields
        names = {f for ident in (*self.index.decisions, *self.index.programmes) for f in self.result(ident).missing}
        ordered = sorted(names, key=lambda name: (fields[name].ask_order or 0, name))
        return next((fields[f].id for f in ordered if self.run.asked(f)), None)


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None
