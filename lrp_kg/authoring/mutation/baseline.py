"""The unchanged guideline and its cases, prepared so that a mutant costs little.

The verdicts of the classes that a change reaches are asked of SPARQL, all cases in one query: what the change does
not reach enters that query as a boolean, so it is small.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from operator import itemgetter

from lrp_kg.answer.decisions import Assessor
from lrp_kg.authoring.cases.expectations import Part
from lrp_kg.authoring.cases.runs import ReadCase
from lrp_kg.authoring.cases.view import PartIndex
from lrp_kg.authoring.compare.shared_space import SharedSpace, Version, with_leaves
from lrp_kg.authoring.mutation.dependencies import Dependencies
from lrp_kg.authoring.mutation.mutants import Mutant
from lrp_kg.authoring.reach import reachable
from lrp_kg.guideline.criteria import Between, Expression, Has, Named, names_in, walk
from lrp_kg.guideline.model import Condition, Field, Guideline
from lrp_kg.logic.calendar import Calendar
from lrp_kg.logic.cells import Cells, FieldValue, Signature
from lrp_kg.logic.classify import OPEN, TRUE, Program
from lrp_kg.logic.decide import Decider, KleeneDecider, decider_of
from lrp_kg.logic.diagrams import Builder
from lrp_kg.logic.outcomes import Outcome
from lrp_kg.record.model import Record


@dataclass(frozen=True)
class Prepared:
    """A case with all that does not depend on the mutant."""

    number: int
    id: str
    parts: tuple[Part, ...]
    record: Record
    signature: Signature
    own_signature: Signature
    verdicts: Mapping[str, int]
    values: Mapping[str, FieldValue]
    shown: frozenset[str]


class Baseline:
    """The unchanged guideline, its cases, and cells fine enough for the bounds of every mutant."""

    def __init__(self, base: Assessor, cases: Iterable[ReadCase], mutants: Iterable[Mutant]) -> None:
        self.base = base
        self.guideline = g = base.guideline
        self.index = PartIndex(g)
        self.engine = base.program.engine
        bounds = {part for m in mutants for e in m.classes.values() for part in walk(e) if isinstance(part, Between)}
        self._bounds = {
            f"urn:bound:{i}": Condition(f"urn:bound:{i}", "", {}, bound)
            for i, bound in enumerate(sorted(bounds, key=repr))
        }
        self.cells = Cells(self.widened(g))
        self.dates = Calendar(self.cells)
        self.builder = self.builder_of(g)
        self.program = self.builder.program
        self.version = Version(g, self.builder, {})
        self._deciders: dict[str, Decider | KleeneDecider] = {}
        self.stand_ins = {name: f"urn:class:v{i}" for i, name in enumerate(g.conditions)}
        self.fields = {**g.fields, **{name: Field(name, name, {}, "boolean") for name in self.stand_ins.values()}}
        self.users: dict[str, set[str]] = {}
        for name, condition in g.conditions.items():
            for used in names_in(condition.expression):
                self.users.setdefault(used, set()).add(name)
        self.dependencies = Dependencies(g)
        self.reads = {
            d.iri: {r.iri for r in self.builder.roots(d) if isinstance(r, Named)} for d in g.decisions.values()
        }
        self.cases = self._prepare(list(cases))
        self._results: dict[tuple[str, int], Outcome] = {}

    def widened(self, guideline: Guideline) -> Guideline:
        """Return a version whose cells distinguish the bounds of every mutant; its answers are the same."""
        return replace(guideline, conditions={**guideline.conditions, **self._bounds})

    def builder_of(self, guideline: Guideline) -> Builder:
        """Return the builder of diagrams of a version, in the cells of this baseline."""
        return Builder(Program(guideline, self.cells, self.engine), self.dates, guideline.decisions)

    def space_with(self, mutant: Builder) -> SharedSpace:
        """Return the space in which a mutant is compared with the unchanged guideline."""
        return SharedSpace(self.version, Version(mutant.program.guideline, mutant, {}))

    def decider(self, decision: str) -> Decider | KleeneDecider:
        """Return what decides a decision that a change does not affect, in the cells of this baseline."""
        if decision not in self._deciders:
            self._deciders[decision] = decider_of(self.builder, self.builder.decisions[decision], self.builder.build)
        return self._deciders[decision]

    def _prepare(self, cases: list[ReadCase]) -> list[Prepared]:
        # verdicts of one signature say nothing of a date within bounds: cases with one judge no mutant
        records = [(c.case, c.record) for c in cases if c.record is not None and not c.record.ranges]
        signatures = [self.cells.signature(record.values) for _, record in records]
        distinct = list(dict.fromkeys(signatures))
        by_signature = dict(zip(distinct, self.program.classify(distinct), strict=True))
        prepared = []
        for number, ((case, record), signature) in enumerate(zip(records, signatures, strict=True)):
            found = by_signature[signature]
            verdicts = {name: self.program.verdict(found, name) for name in self.guideline.conditions}
            known: dict[str, FieldValue] = {self.stand_ins[n]: v == TRUE for n, v in verdicts.items() if v != OPEN}
            prepared.append(
                Prepared(
                    number=number,
                    id=case.id,
                    parts=case.parts,
                    record=record,
                    signature=signature,
                    own_signature=self.base.signature(record),
                    verdicts=verdicts,
                    values={**record.values, **known},
                    shown=frozenset(s.statement.iri for s in self.base.assess(record).shown),
                )
            )
        return prepared

    def reached(self, classes: Collection[str]) -> set[str]:
        """Return the classes that depend on some classes, those included."""
        return set(reachable(classes, lambda name: self.users.get(name, ())))

    def concerned(self, case: Prepared, decisions: Collection[str], classes: Collection[str]) -> list[Part]:
        """Return the parts of a case that depend on some decisions or classes."""
        return [
            part
            for part in case.parts
            if not (needs := self.dependencies.of(part)).decisions.isdisjoint(decisions)
            or not needs.classes.isdisjoint(classes)
        ]

    def result(self, decision: str, case: Prepared) -> Outcome:
        """Return the outcome of a decision of the unchanged guideline for a case."""
        key = (decision, case.number)
        if key not in self._results:
            self._results[key] = self.base.decide(decision, case.record, case.own_signature)
        return self._results[key]

    def verdicts(self, classes: Mapping[str, Expression]) -> list[dict[str, int]]:
        """Return for each case the verdicts of the classes that changed ones reach; empty where none differs."""
        names = self.reached(classes)

        def leaf(node: Expression) -> Expression:  # the classes that do not change are boolean fields
            if isinstance(node, Named) and node.iri not in names and node.iri in self.stand_ins:
                return Has(self.stand_ins[node.iri], True)
            return node

        conditions = {
            name: replace(old, expression=with_leaves(classes.get(name, old.expression), leaf))
            for name, old in self.guideline.conditions.items()
            if name in names
        }
        small = replace(self.guideline, conditions=conditions, fields=self.fields)
        cells = Cells(small)
        program = Program(small, cells, self.engine)
        signatures = [cells.signature(case.values) for case in self.cases]
        distinct = list(dict.fromkeys(signatures))
        order = list(conditions)
        found: dict[Signature, tuple[int, ...]] = {
            signature: tuple(program.verdict(verdicts, name) for name in order)
            for signature, verdicts in zip(distinct, program.classify(distinct), strict=True)
        }
        get = itemgetter(*order) if len(order) > 1 else lambda verdicts: (verdicts[order[0]],)
        return [
            {} if (new := found[signature]) == get(case.verdicts) else dict(zip(order, new, strict=True))
            for case, signature in zip(self.cases, signatures, strict=True)
        ]
