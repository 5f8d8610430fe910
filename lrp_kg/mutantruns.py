"""Asks the test cases whether they notice a mutant, without reading or building anything anew.

The verdicts of the classes that a change reaches are asked of SPARQL, all cases in one query: what the change does
not reach enters that query as a boolean, so it is small. A decision that Kleene's logic leaves undetermined is
decided exactly, on a diagram of its own, only where that is what a mutant hangs on.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from operator import itemgetter

from lrp_kg.assessment import Assessor
from lrp_kg.caseruns import ReadCase
from lrp_kg.caseview import Index, View
from lrp_kg.cells import Cells, FieldValue, Signature
from lrp_kg.criteria import All, AnyOf, Between, Expression, Has, Named, Not, names_in, walk
from lrp_kg.datespace import DateSpace
from lrp_kg.deciding import Decider, KleeneDecider, Result
from lrp_kg.diagrams import Builder, DiagramTooLarge
from lrp_kg.equivalence import Comparison, Witness, shown_by
from lrp_kg.expectations import Part
from lrp_kg.guideline import Condition, Decision, Field, Guideline
from lrp_kg.mutants import Mutant, apply
from lrp_kg.outcomes import UNDETERMINED, Outcome, outcome_of
from lrp_kg.record import Record
from lrp_kg.sparql import OPEN, TRUE, Program
from lrp_kg.verdicts import VerdictMemory


class Undecided(Exception):
    """Kleene's logic leaves a decision of a mutant undetermined; an exact check may still decide it."""


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


class World:
    """The unchanged guideline, its cases, and cells fine enough for the bounds of every mutant."""

    def __init__(self, base: Assessor, cases: Iterable[ReadCase], mutants: Iterable[Mutant]) -> None:
        self.base = base
        self.guideline = g = base.guideline
        self.index = Index(g)
        bounds = {part for m in mutants for e in m.classes.values() for part in walk(e) if isinstance(part, Between)}
        extra = {f"urn:bound:{i}": Condition("", "", {}, bound) for i, bound in enumerate(sorted(bounds, key=repr))}
        self.cells = Cells(replace(g, conditions={**g.conditions, **extra}))
        self.dates = DateSpace(self.cells)
        self.program = Program(g, self.cells, base.program.engine)
        self.builder = Builder(self.program, self.dates, g.decisions)
        self.comparison = Comparison(base, self.cells, self.dates, self.builder)
        self.stand_ins = {name: f"urn:class:v{i}" for i, name in enumerate(g.conditions)}
        self.fields = {**g.fields, **{name: _boolean(name) for name in self.stand_ins.values()}}
        self.users: dict[str, set[str]] = {}
        for name, condition in g.conditions.items():
            for used in names_in(condition.expression):
                self.users.setdefault(used, set()).add(name)
        self.reads = {d.iri: self._classes(d) for d in g.decisions.values()}
        self.cases = self._prepare(list(cases))
        self._results: dict[tuple[str, int], Result] = {}

    def _prepare(self, cases: list[ReadCase]) -> list[Prepared]:
        records = [(c.case, c.record) for c in cases if c.record is not None]
        signatures = [self.cells.signature(record.values) for _, record in records]
        distinct = list(dict.fromkeys(signatures))
        by_signature = dict(zip(distinct, self.program.classify(distinct), strict=True))
        prepared = []
        for number, ((case, record), signature) in enumerate(zip(records, signatures, strict=True)):
            found = by_signature[signature]
            verdicts = {name: self.program.verdict(found, name) for name in self.guideline.conditions}
            known: dict[str, FieldValue] = {self.stand_ins[n]: v == TRUE for n, v in verdicts.items() if v != OPEN}
            own = self.base.signature(record)
            values = {**record.values, **known}
            prepared.append(Prepared(number, case.id, case.parts, record, signature, own, verdicts, values))
        return prepared

    def _classes(self, decision: Decision) -> frozenset[str]:
        found = {decision.scope, *(o.applies_to for o in decision.options)}
        for option in decision.options:
            if option.refined_by:
                found |= self._classes(self.guideline.decisions[option.refined_by])
        return frozenset(found)

    def reached(self, classes: Collection[str]) -> set[str]:
        """Return the classes that rest on some classes, those included."""
        found: set[str] = set()
        stack = list(classes)
        while stack:
            name = stack.pop()
            if name not in found:
                found.add(name)
                stack += self.users.get(name, ())
        return found

    def result(self, decision: str, case: Prepared) -> Result:
        """Return what the unchanged guideline makes of a decision for a case."""
        key = (decision, case.number)
        known = self._results.get(key)
        if known is None:
            known = self._results[key] = self.base.decide(decision, case.record, case.own_signature)
        return known

    def verdicts(self, classes: Mapping[str, Expression]) -> list[dict[str, int]]:
        """Return for each case the verdicts of the classes that changed ones reach; empty where none differs."""
        names = self.reached(classes)
        conditions = {}
        for name in self.guideline.conditions:
            if name in names:
                old = self.guideline.conditions[name]
                tree = self._standing_in(classes.get(name, old.expression), names)
                conditions[name] = Condition(old.iri, old.id, old.label, tree)
        small = replace(self.guideline, conditions=conditions, fields=self.fields)
        cells = Cells(small)
        program = Program(small, cells, self.program.engine)
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

    def _standing_in(self, node: Expression, changed: Collection[str]) -> Expression:
        """Return an expression in which the classes that do not change are boolean fields."""
        if isinstance(node, Named):
            known = node.iri in changed or node.iri not in self.stand_ins
            return node if known else Has(self.stand_ins[node.iri], True)
        if isinstance(node, Not):
            return Not(self._standing_in(node.part, changed))
        if isinstance(node, (All, AnyOf)):
            return replace(node, parts=tuple(self._standing_in(p, changed) for p in node.parts))
        return node


def _boolean(name: str) -> Field:
    return Field(name, name, {}, "boolean", (), {}, {}, (), None, None, (), None, None)


class _Verdicts(VerdictMemory):
    """The verdicts of a mutant for the case at hand."""

    def __init__(self) -> None:
        self.new: Mapping[str, int] = {}
        self.old: Mapping[str, int] = {}

    def one(self, signature: Signature, cls: str) -> int:
        """Return the verdict of one named class."""
        found = self.new.get(cls)
        return self.old.get(cls, TRUE) if found is None else found


class MutantAssessor(Assessor):
    """Assesses cases by a mutant."""

    def __init__(self, world: World, mutant: Mutant) -> None:
        self.__dict__.update(vars(world.base))
        self.world, self.mutant = world, mutant
        plain = not mutant.decisions and mutant.statement is None
        self.guideline: Guideline = world.guideline if plain else apply(world.guideline, mutant)
        self.index = world.index if plain else Index(self.guideline)
        self.reached = world.reached(mutant.classes)
        moved = {n for n, d in mutant.decisions.items() if mutant.kind in ("scope", "priority")}
        self.affected = {n for n, classes in world.reads.items() if n in moved or classes & self.reached}
        for name, decision in world.guideline.decisions.items():
            if any(o.refined_by in moved for o in decision.options):
                self.affected.add(name)
        nothing: list[dict[str, int]] = [{} for _ in world.cases]
        self.new = world.verdicts(mutant.classes) if mutant.classes else nothing
        self.memory = _Verdicts()
        self.verdicts = self.memory
        self.exact = False
        self._case = world.cases[0] if world.cases else None
        self._mutated: Builder | None = None
        self._own: dict[str, Decider | KleeneDecider] = {}

    # -- what an answer is worked out from ------------------------------------------------------

    def signature(self, record: Record) -> Signature:
        """Return the signature of the case at hand."""
        return self._case.signature if self._case else b""

    def decide(self, decision: str, record: Record, signature: Signature | None = None) -> Result:
        """Return what the mutant makes of a decision; raise `Undecided` where only an exact check can tell."""
        assert self._case is not None  # noqa: S101  there is a case at hand
        if decision not in self.affected:
            return self.world.result(decision, self._case)
        outcome = self._outcome(self.guideline.decisions[decision])
        if outcome.status != UNDETERMINED:
            return Result(outcome.status, outcome.answers)
        if not self.exact:
            raise Undecided
        return self._decider(decision).decide(self._case.signature, record.dates)

    def _outcome(self, decision: Decision) -> Outcome:
        return outcome_of(
            decision,
            lambda name: self.memory.one(b"", name),
            lambda name: self._outcome(self.guideline.decisions[name]),
        )

    def mutated(self) -> Builder:
        """Return the builder of the mutant's diagrams."""
        if self._mutated is None:
            whole = apply(self.world.guideline, self.mutant)
            program = Program(whole, self.world.cells, self.world.program.engine)
            self._mutated = Builder(program, self.world.dates, whole.decisions)
        return self._mutated

    def _decider(self, name: str) -> Decider | KleeneDecider:
        known = self._own.get(name)
        if known is None:
            builder = self.mutated()
            decision = builder.decisions[name]
            try:
                known = Decider(builder.build(decision), decision, self.world.cells, self.world.dates)
            except DiagramTooLarge:
                known = KleeneDecider(builder, decision)
            self._own[name] = known
        return known

    # -- verdict on the mutant --------------------------------------------------------------------

    def noticed(self, *, exact: bool = False) -> str | None:
        """Return the first case that notices the change, by Kleene's logic alone or exactly."""
        self.exact = exact
        for case in self.world.cases:
            new = self.new[case.number]
            if new or exact or not self.mutant.classes:
                self._case, self.memory.new, self.memory.old = case, new, case.verdicts
                view = View(self, self.index, case.record)
                if any(self._fails(part, view) for part in case.parts):
                    return case.id
        return None

    @staticmethod
    def _fails(part: Part, view: View) -> bool:
        try:
            return part.check(view) is not None
        except Undecided:
            return False

    def witness(self) -> Witness | None:
        """Return a record whose answer the change alters; ``None`` where there is none: it is no change."""
        if not self.mutant.classes and not self.affected:
            return Witness("the fact or date of a statement", {})
        builder = self.mutated()
        shown = shown_by(self.world.guideline, builder.program.guideline, self.reached, self.affected)
        try:
            return self.world.comparison.witness(builder, shown)
        except DiagramTooLarge:
            return Witness("what is too large to compare", {})
