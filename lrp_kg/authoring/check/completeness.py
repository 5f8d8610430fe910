"""Completeness of a guideline as findings: gaps, overlaps, options never chosen, conditions never true."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from lrp_kg.answer.decisions import Assessor
from lrp_kg.authoring.check.edges import edge_findings, named
from lrp_kg.authoring.examples import Record
from lrp_kg.authoring.gaps import Coverage, UnclearRegion
from lrp_kg.findings import Finding
from lrp_kg.guideline.criteria import names_in
from lrp_kg.guideline.model import Decision, OpenPoint, Statement
from lrp_kg.logic.diagrams import DiagramTooLarge
from lrp_kg.logic.membership import membership
from lrp_kg.logic.outcomes import DECIDED, NO_ANSWER
from lrp_kg.namespaces import PATIENT_RECORD, local_name

Report = Callable[[str], None]


class Completeness:
    """Reports gaps, overlaps and dead options as findings with file and line."""

    def __init__(self, assessor: Assessor, problems: Callable[[Record], Sequence[Finding]] = lambda _: ()) -> None:
        self.coverage = Coverage(assessor, problems)
        self.guideline = assessor.guideline
        self._builder = assessor.builder
        self.positions = self.guideline.index.positions
        self._points = {p.id: p for p in self.guideline.open_points}

    def findings(self, report: Report = lambda _: None) -> list[Finding]:
        """Return every finding; calls ``report`` with the identifier of each decision before analysing it."""
        found: list[Finding] = []
        regions: list[UnclearRegion] = []
        large: set[str] = set()
        for decision in self.guideline.decisions.values():
            report(decision.id)
            try:
                own = self.coverage.regions(decision)
            except DiagramTooLarge:
                large.add(decision.iri)
                found.append(self._too_large(decision))
                continue
            regions += own
            found += [self._region(r) for r in own if not r.edge]
            found += self._dead(decision)
        found += edge_findings(self.guideline, regions, self._where)
        stale = self.coverage.stale(regions)
        found += [self._stale(p) for p in stale if not large.intersection(self.coverage.concerned(p))]
        found += [self._vague(s) for s in self.guideline.statements if self._is_vague(s)]
        found += [
            Finding(
                "never-true",
                f"{local_name(name)}: no record belongs to this class. Check its bounds and negations.",
                self.positions.where(name),
                term=name,
            )
            for name in self._causes(self.coverage.never_true())
        ]
        return found

    def _causes(self, names: Iterable[str]) -> list[str]:
        """Return those of some conditions that refer to none of the others."""
        found = list(names)
        known = self.guideline.conditions
        return [name for name in found if not names_in(known[name].expression) & set(found)]

    def _where(self, decision: Decision) -> str:
        iri = decision.iri
        for p in self.guideline.programmes.values():
            iri = next((p.iri for e in p.editions if e.decision == decision.iri), iri)
        return self.positions.where(iri)

    def _too_large(self, decision: Decision) -> Finding:
        """Return that a decision is not looked at, with the fields that make it too large, the largest first."""
        builder, cells = self._builder, self._builder.program.cells
        roots = list(builder.roots(decision))
        axes = sorted(builder.axes(builder.reads(roots), roots), key=lambda a: -len(a.members))
        fields = ", ".join(
            f"{' with '.join(cells.variables[v].name for v in a.variables)} {len(a.members)}" for a in axes
        )
        text = (
            f"{decision.id}: is not looked at, since the values that it distinguishes have too many combinations "
            f"({fields}). Answers stay right, but are slow, and say less of what is possible. Divide it into decisions "
            "that read fewer fields, or use fewer thresholds."
        )
        return Finding("decision-too-large", text, self._where(decision), severity="warning", term=decision.iri)

    def _region(self, region: UnclearRegion) -> Finding:
        gap = region.outcome.status == NO_ANSWER
        what = "no option holds" if gap else f"{' and '.join(region.outcome.answers)} hold together"
        text = f"{region.decision.id}: {what} in {region.cells} combination(s){region.example.text}."
        if not gap and not region.declared:
            both = [o.applies_to for o in region.decision.options if o.id in region.outcome.answers]
            text += f" They apply to {' and '.join(named(self.guideline, name) for name in both)}."
        if region.declared:
            names = ", ".join(region.declared)
            return Finding(
                "gap-declared" if gap else "overlap-declared",
                f"{text} Declared by {names}.",
                self.positions.where(self._points[region.declared[0]].iri),
                severity="note",
                term=region.decision.iri,
            )
        name = "gap-undeclared" if gap else "overlap-undeclared"
        fix = "Add or narrow a situation, or declare it by an open point (cp:declares) if the source leaves it open."
        return Finding(name, f"{text} {fix}", self._where(region.decision), term=region.decision.iri)

    def _dead(self, decision: Decision) -> list[Finding]:
        found = []
        for option, swallowed_by in self.coverage.dead_options(decision):
            text = f"{decision.id}: the option {option.id} is never "
            if swallowed_by:
                name = "option-swallowed"
                text += f"reached, since {', '.join(swallowed_by)} come(s) before it. "
                text += "Change cp:priority, or narrow what comes before."
            else:
                name = "dead-option"
                text += "an answer within the scope of the decision. Check its situation and the cp:scope."
            where = self.positions.where(option.iri) or self._where(decision)
            found.append(Finding(name, text, where, term=option.iri))
        return found

    def _is_vague(self, statement: Statement) -> bool:
        """Return whether the condition of a statement can hold where that of none of its time limits does."""
        triggers = {limit.condition for limit in statement.limits}
        if not triggers or None in triggers:
            return False
        own = statement.condition or PATIENT_RECORD
        classes = {name: name for name in triggers if name}
        try:
            diagram = self._builder.build(membership(classes, own))
        except DiagramTooLarge:
            return False
        return any(o.status == DECIDED and not o.answers for o in diagram.leaves(diagram.root))

    def _vague(self, statement: Statement) -> Finding:
        return Finding(
            "condition-without-trigger",
            f"{statement.id}: its condition holds also where no condition of its time limits does, so it does not say "
            "when the statement applies. Give it a cp:condition that names them.",
            self.positions.where(statement.iri),
            severity="warning",
            term=statement.iri,
        )

    def _stale(self, point: OpenPoint) -> Finding:
        return Finding(
            "open-point-stale",
            f"{point.id}: declares {' and '.join(point.declares)}, but there is none. "
            "Remove cp:declares, or the open point if the source is no longer open.",
            self.positions.where(point.iri),
            severity="warning",
            term=point.iri,
        )
