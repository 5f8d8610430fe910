"""Asks the test cases whether they notice a mutant, without reading or building anything anew.

The verdicts of the classes that a change reaches are asked of SPARQL, all cases in one query: what the change does
not reach enters that query as a boolean, so it is small. A decision that Kleene's logic leaves undetermined is
decided exactly, on a diagram of its own, only where that is what a mutant hangs on.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from operator import itemgetter

from lrp_kg.assessment import Assessor
from lrp_kg.caseruns import ReadCase
from lrp_kg.caseview import Index, View, shown_in
from lrp_kg.cells import Cells, FieldValue, Signature
from lrp_kg.criteria import All, AnyOf, Between, Expression, Has, Named, Not, names_in, walk
from lrp_kg.datespace import DateSpace
from lrp_kg.deciding import Decider, KleeneDecider, Result
from lrp_kg.diagrams import Builder, DiagramTooLarge
from lrp_kg.equivalence import Comparison, Witness, shown_by
from lrp_kg.expectations import Part
from lrp_kg.explanation import Explainer, Reason
from lrp_kg.guideline import Condition, Decision, Field, Guideline
from lrp_kg.mutants import Mutant, apply
from lrp_kg.namespaces import local_name
from lrp_kg.outcomes import UNDETERMINED, Outcome, outcome_of
from lrp_kg.record import Record
from lrp_kg.sparql import OPEN, TRUE, Program, Verdicts
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
    nodes: Verdicts
    verdicts: Mapping[str, int]
    values: Mapping[str, FieldValue]
    shown: frozenset[str]


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
        self.below = [frozenset(self.program.needed([node])) for node in self.program.nodes]
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
            shown = frozenset(s.statement.iri for s in shown_in(self.base.assess(record)))
            prepared.append(
                Prepared(number, case.id, case.parts, record, signature, own, found, verdicts, values, shown)
            )
        return prepared

    def _classes(self, decision: Decision) -> frozenset[str]:
        found = {decision.scope, *(o.applies_to for o in decision.options)}
        for option in decision.options:
            if option.refined_by:
                found |= self._classes(self.guideline.decisions[option.refined_by])
        return frozenset(found)

    def builder_of(self, guideline: Guideline) -> Builder:
        """Return the builder of diagrams of another version, in the cells of this world."""
        program = Program(guideline, self.cells, self.program.engine)
        return Builder(program, self.dates, guideline.decisions)

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

    def __init__(self, program: Program, touched: Callable[[int], bool]) -> None:
        self.program = program
        self.touched = touched
        self.case: Prepared | None = None
        self.new: Mapping[str, int] = {}

    def one(self, signature: Signature, cls: str) -> int:
        """Return the verdict of one named class."""
        found = self.new.get(cls)
        if found is None:
            found = self.case.verdicts.get(cls) if self.case else None
        return TRUE if found is None else found

    def of(self, signature: Signature, numbers: Sequence[int]) -> dict[int, int]:
        """Return the verdicts of expressions that the change does not reach; raise `Undecided` for others."""
        if self.case is None or any(self.touched(number) for number in numbers):
            raise Undecided
        return {number: self.case.nodes[number] for number in numbers}


class _NoReasons(Explainer):
    """Explains nothing, since no case expects reasons."""

    def reasons(self, cls: str, verdict: Callable[[Expression], int]) -> tuple[Reason, ...]:
        """Return no reasons."""
        return ()


class ClassMutant(Assessor):
    """Assesses cases by a guideline in which one class expression differs."""

    def __init__(self, world: World, mutant: Mutant) -> None:
        self.__dict__.update(vars(world.base))
        self.world, self.mutant = world, mutant
        self.reached = world.reached(mutant.classes)
        self.affected = {name for name, classes in world.reads.items() if classes & self.reached}
        self.new = world.verdicts(mutant.classes)
        self.program, self.cells = world.program, world.cells
        changed = {world.program.index[Named(name)] for name in mutant.classes}
        self.memory = _Verdicts(world.program, lambda number: bool(world.below[number] & changed))
        self.verdicts = self.memory
        self.explainer = _NoReasons(world.guideline)
        self.exact = False
        self._mutated: Builder | None = None
        self._whole: ClassMutant | None = None
        self._own: dict[str, Decider | KleeneDecider] = {}

    def at(self, case: Prepared) -> None:
        """Take a case at hand."""
        self.memory.case, self.memory.new = case, self.new[case.number]

    def signature(self, record: Record) -> Signature:
        """Return the signature of the case at hand."""
        return self.memory.case.signature if self.memory.case else b""

    def decide(self, decision: str, record: Record, signature: Signature | None = None) -> Result:
        """Return what the mutant makes of a decision; raise `Undecided` where only an exact check can tell."""
        case = self.memory.case
        assert case is not None  # noqa: S101  `at` was called
        if decision not in self.affected:
            return self.world.result(decision, case)
        outcome = self._outcome(self.guideline.decisions[decision])
        if outcome.status != UNDETERMINED:
            return Result(outcome.status, outcome.answers)
        if not self.exact:
            raise Undecided
        return self._exact_decider(decision).decide(case.signature, record.dates)

    def _outcome(self, decision: Decision) -> Outcome:
        return outcome_of(
            decision,
            lambda name: self.memory.one(b"", name),
            lambda name: self._outcome(self.guideline.decisions[name]),
        )

    def mutated(self) -> Builder:
        """Return the builder of the mutant's diagrams."""
        if self._mutated is None:
            self._mutated = self.world.builder_of(apply(self.world.guideline, self.mutant))
        return self._mutated

    def _exact_decider(self, name: str) -> Decider | KleeneDecider:
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

    def noticed(self) -> str | None:
        """Return the first case that notices the change by Kleene's logic alone."""
        for case in self.world.cases:
            if self.new[case.number]:
                self.at(case)
                view = View(self, self.world.index, case.record)
                if any(_fails(part, view) for part in case.parts):
                    return case.id
        return None

    def noticed_exactly(self) -> str | None:
        """Return the first case that notices the change where decisions are decided exactly."""
        self.exact = True
        for case in self.world.cases:
            self.at(case)
            view = View(self, self.world.index, case.record)
            doubtful = [part for part in case.parts if _fails(part, view) is not False]
            if doubtful and self._fails_wholly(case, doubtful):
                return case.id
        return None

    def _fails_wholly(self, case: Prepared, parts: list[Part]) -> bool:
        """Look at parts of a case with everything classified anew."""
        if self._whole is None:
            program = self.mutated().program
            self._whole = copy.copy(self)
            self._whole.program, self._whole.guideline = program, program.guideline
            self._whole.verdicts = VerdictMemory(program)
        view = View(self._whole, self.world.index, case.record)
        return any(part.check(view) is not None for part in parts)


def _fails(part: Part, view: View) -> bool | None:
    """Tell whether a part of a case fails; ``None`` where Kleene's logic cannot tell."""
    try:
        return part.check(view) is not None
    except Undecided:
        return None


# -- verdict on a mutant ------------------------------------------------------------------------------


def judge(world: World, mutant: Mutant) -> tuple[str | None, Witness | None]:
    """Return the case that notices a mutant, or else a witness of what it changes; neither where it changes nothing."""
    if mutant.classes:
        assessor = ClassMutant(world, mutant)
        case = assessor.noticed()
        witness = None if case else _witness(world, assessor.mutated(), assessor.reached, assessor.affected)
        if witness is not None:
            case = assessor.noticed_exactly()
        return case, witness
    changed = apply(world.guideline, mutant)
    redecided = mutant.kind in ("scope", "priority")
    case = _noticed(world, mutant, Assessor(changed, world.program.engine, cache=not redecided))
    if case or not redecided:
        return case, Witness(f"what {local_name(mutant.term)} says", {})
    return None, _witness(world, world.builder_of(changed), set(), set(mutant.decisions))


def _noticed(world: World, mutant: Mutant, assessor: Assessor) -> str | None:
    """Return the first case that notices a change of something else than a class."""
    index = Index(assessor.guideline)
    for case in world.cases:
        if mutant.statement is None or mutant.statement.iri in case.shown:
            view = View(assessor, index, case.record)
            if any(part.check(view) is not None for part in case.parts):
                return case.id
    return None


def _witness(world: World, after: Builder, classes: Collection[str], decisions: Collection[str]) -> Witness | None:
    refined = {n for n, d in world.guideline.decisions.items() if any(o.refined_by in decisions for o in d.options)}
    shown = shown_by(world.guideline, after.program.guideline, classes, {*decisions, *refined})
    try:
        return world.comparison.witness(after, shown)
    except DiagramTooLarge:
        return Witness("what is too large to compare", {})
