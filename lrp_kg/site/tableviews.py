"""Decision tables as pages show them: labels for cells, one row per rule."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from lrp_kg.guideline.model import Decision, Term
from lrp_kg.logic.cells import Variable
from lrp_kg.logic.outcomes import DECIDED, Outcome
from lrp_kg.site.tables import Choice, DecisionTable, Rule, bounds_of, stretches
from lrp_kg.site.views import PageView


@dataclass(frozen=True)
class TableRow:
    """A row of a decision table: a text per column (empty if any input will do), the status and the answers."""

    cells: tuple[str, ...]
    status: str
    answers: tuple[Markup, ...]


@dataclass(frozen=True)
class TableView:
    """A decision table: the IRIs of its columns, its rows, and the answer to every other input, if there is one."""

    columns: tuple[str, ...]
    rows: tuple[TableRow, ...]
    rest: Markup | None = None


class Tables:
    """The decision tables of a page."""

    def __init__(self, view: PageView) -> None:
        self.view = view
        self.words = view.words

    def of(self, decision: str, *, only: str = "") -> TableView | None:
        """Return the table of a decision; with ``only``, just the rules for that answer."""
        table = self.view.content.table(decision)
        if table is None:
            return None
        own = self.view.guideline.decisions[decision]
        rules = [r for r in table.rules if not only or r.outcome.answers == (only,)]
        rest = next((self.view.answer(o) for o in own.options if only and o.id != only), None)
        return self._view(own, table, rules, rest)

    def by_stage(self, decision: str) -> list[tuple[Term | None, TableView]] | None:
        """Return the table of a decision, in a part for each stage of its answers where it has many options.

        Rules without an answer, or with one of no stage, are under ``None``; a part has only the columns it reads.
        """
        table = self.view.content.table(decision)
        if table is None:
            return None
        own = self.view.guideline.decisions[decision]
        if not self.view.has_many_stages(own):
            return [(None, self._view(own, table, table.rules))]
        stages = {o.id: self.view.stage_of(o.iri) for o in own.options}
        found: dict[str, tuple[Term | None, list[Rule]]] = {}
        for rule in table.rules:
            stage = next((stages[a] for a in rule.outcome.answers), None)
            found.setdefault(stage.iri if stage else "", (stage, []))[1].append(rule)
        return [(stage, self._view(own, table, rules)) for stage, rules in found.values()]

    def _view(
        self, decision: Decision, table: DecisionTable, rules: Sequence[Rule], rest: Markup | None = None
    ) -> TableView:
        names = {o.id: self.view.answer(o) for o in decision.options}
        read = [n for n in range(len(table.columns)) if any(r.cells[n] is not None for r in rules)]
        rows = [
            TableRow(
                tuple(self.cell(table.columns[n], rule.cells[n]) for n in read),
                self._status(rule.outcome),
                tuple(names[a] for a in rule.outcome.answers),
            )
            for rule in rules
        ]
        return TableView(tuple(table.columns[n].iri for n in read), tuple(rows), rest)

    def _status(self, outcome: Outcome) -> str:
        if outcome.status != DECIDED:
            return self.words.status(outcome.status)
        return "" if outcome.answers else self.view.w("none")

    def cell(self, variable: Variable, cells: Choice | None) -> str:
        """Return what a column must be: an interval, values, yes or no; empty if any input will do."""
        if cells is None:
            return ""
        if variable.values:
            values = [variable.values[c - 1] for c in sorted(cells)]
            return " / ".join(self.words.choice(v) for v in values)
        bounds = [bounds_of(self.view.content.assessor.cells, variable, a, b) for a, b in stretches(cells)]
        return " / ".join(self.words.bounds(variable.iri, low, high) for low, high in bounds)
