"""Runs the test cases on a mutant, and reuses what was read and built for the unchanged guideline.

First by Kleene's logic, from the verdicts of the classes that the change reaches: most mutants change the answer of
a decision that is certain. What is left is answered whole, by the changed guideline, for the cases that can differ;
only then diagrams are built, of the decisions that the change reaches.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from lrp_kg.answer.decisions import Assessor
from lrp_kg.answer.results import Assessment, EligibleDays
from lrp_kg.answer.run import Run
from lrp_kg.authoring.cases.expectations import Part
from lrp_kg.authoring.cases.names import OF_OTHER_DAYS
from lrp_kg.authoring.cases.view import CaseAnswer, PartIndex
from lrp_kg.authoring.mutation.baseline import Baseline, Prepared
from lrp_kg.authoring.mutation.equivalence import Example, first_difference
from lrp_kg.authoring.mutation.mutants import Mutant, apply
from lrp_kg.guideline.model import Decision, Programme
from lrp_kg.logic.calendar import DateRanges
from lrp_kg.logic.cells import Signature
from lrp_kg.logic.classify import TRUE, Program
from lrp_kg.logic.decide import Completions, Decider, KleeneDecider, decider_of
from lrp_kg.logic.diagrams import Builder, DiagramTooLarge
from lrp_kg.logic.outcomes import UNDETERMINED, Outcome, outcome_of
from lrp_kg.logic.verdicts import VerdictMemory
from lrp_kg.namespaces import local_name
from lrp_kg.record.model import Record


class Undecided(Exception):
    """Kleene's logic, on decisions alone, is not certain; the whole answer may be."""


class _GivenVerdicts(VerdictMemory):
    """The verdicts of the classes for the case at hand: those that a mutant changes, and all others."""

    def __init__(self, program: Program) -> None:
        super().__init__(program)
        self.old: Mapping[str, int] = {}
        self.new: Mapping[str, int] = {}

    def named(self, verdicts: Mapping[int, int], cls: str) -> int:
        """Return the verdict of one named class for the case at hand."""
        found = self.new.get(cls)
        return self.old.get(cls, TRUE) if found is None else found


class KleeneAssessor(Assessor):
    """Decides a case by verdicts that are known, as far as Kleene's logic is certain.

    It works out decisions and boxes, and refuses to give a whole answer.
    """

    def __init__(self, baseline: Baseline) -> None:
        super().__init__(baseline.guideline, baseline.engine, cache=False)
        self.baseline = baseline
        self.verdicts = self.given = _GivenVerdicts(self.program)
        self._affected: Collection[str] = ()
        self._case: Prepared | None = None

    def made_decider(self, decision: Decision) -> KleeneDecider:
        """Make what decides a decision by Kleene's logic alone."""
        return KleeneDecider(self.builder, decision)

    def take(self, case: Prepared, verdicts: Mapping[str, int], affected: Collection[str]) -> None:
        """Take a case at hand, with the verdicts and the decisions that a mutant changes."""
        self._case, self._affected = case, affected
        self.given.old, self.given.new = case.verdicts, verdicts

    def signature(self, record: Record) -> Signature:
        """Return the signature of the case at hand."""
        return self._case.signature if self._case else b""

    def decide(self, decision: str, record: Record, signature: Signature | None = None) -> Outcome:
        """Return the outcome of a decision; raise `Undecided` where it is not certain."""
        assert self._case is not None  # noqa: S101  a case was taken
        if decision not in self._affected:
            return self.baseline.result(decision, self._case)
        outcome = self.outcome(decision)
        if outcome.status == UNDETERMINED:
            raise Undecided
        return outcome

    def completions(self, decision: str, record: Record, signature: Signature, ranges: DateRanges) -> Completions:
        """Return what an edition can come to; raise `Undecided` where a mutant changes it."""
        assert self._case is not None  # noqa: S101  a case was taken
        if decision in self._affected:
            raise Undecided
        return self.baseline.base.completions(decision, record, self._case.own_signature, ranges)

    def outcome(self, decision: str) -> Outcome:
        """Return the outcome of a decision for the case at hand."""
        return outcome_of(self.guideline.decisions[decision], lambda name: self.given.named({}, name), self.outcome)

    def eligible_days(self, programme: Programme, run: Run) -> EligibleDays:
        """Refuse to say what is decided on other days."""
        raise Undecided

    def finish(self, run: Run, wanted: Collection[str] | None = None) -> Assessment:
        """Refuse to answer."""
        raise Undecided


def _fails(part: Part, view: CaseAnswer) -> bool:
    try:
        return part.check(view) is not None
    except Undecided:
        return False


class WholeMutant(Assessor):
    """Answers cases by the changed guideline."""

    def __init__(self, baseline: Baseline, builder: Builder, affected: Collection[str]) -> None:
        self._baseline, self._changed, self._affected = baseline, builder, affected
        super().__init__(baseline.widened(builder.program.guideline), baseline.engine, cache=False)

    def made_decider(self, decision: Decision) -> Decider | KleeneDecider:
        """Make what decides a decision that the mutant changes; take that of the baseline for any other."""
        if decision.iri in self._affected:
            return decider_of(self._changed, self._changed.decisions[decision.iri], self._changed.build)
        return self._baseline.decider(decision.iri)

    def noticed(self, cases: Collection[tuple[Prepared, list[Part]]]) -> str | None:
        """Return the first case that notices the change."""
        index = PartIndex(self.guideline)
        for case, parts in cases:
            view = CaseAnswer(self, index, case.record)
            if any(part.check(view) is not None for part in parts):
                return case.id
        return None


class Judge:
    """Finds out whether a case notices a mutant."""

    def __init__(self, baseline: Baseline) -> None:
        self.baseline = baseline
        self.kleene = KleeneAssessor(baseline)

    def judge(self, mutant: Mutant) -> tuple[str | None, Example | None]:
        """Return the case that notices a mutant, or else an example; neither where the mutant changes no answer."""
        baseline = self.baseline
        if mutant.classes:
            reached = baseline.reached(mutant.classes)
            affected = {name for name, classes in baseline.reads.items() if classes & reached}
            verdicts = baseline.verdicts(mutant.classes)
            case = self._noticed(reached, affected, verdicts)
            if case:
                return case, None
            doubtful = self._doubtful(reached, affected, verdicts)
        else:
            reached, affected = set(), _moved(baseline, mutant)
            doubtful = _said(baseline, mutant, affected)
        builder = baseline.builder_of(apply(baseline.guideline, mutant))
        case = WholeMutant(baseline, builder, affected).noticed(doubtful) if doubtful else None
        if case:
            return case, None
        if not reached and not affected:
            return None, Example(f"what {local_name(mutant.term)} says", {})
        try:
            return None, first_difference(baseline.space_with(builder), reached, affected)
        except DiagramTooLarge:
            return None, Example("what is too large to compare", {})

    def _noticed(self, reached: set[str], affected: set[str], verdicts: list[dict[str, int]]) -> str | None:
        """Return the first case that certainly notices the change."""
        for case in self.baseline.cases:
            if verdicts[case.number]:
                self.kleene.take(case, verdicts[case.number], affected)
                answer = CaseAnswer(self.kleene, self.baseline.index, case.record)
                if any(_fails(part, answer) for part in self.baseline.concerned(case, affected, reached)):
                    return case.id
        return None

    def _doubtful(
        self, reached: set[str], affected: set[str], verdicts: list[dict[str, int]]
    ) -> list[tuple[Prepared, list[Part]]]:
        """Return the cases whose answer may differ all the same, with the parts that may."""
        found = []
        for case in self.baseline.cases:
            parts = self.baseline.concerned(case, affected, reached)
            if parts:
                self.kleene.take(case, verdicts[case.number], affected)
                days = any(part.kind in OF_OTHER_DAYS for part in parts)  # other days have other verdicts
                if (
                    days
                    or verdicts[case.number]
                    or any(self.kleene.outcome(d).status == UNDETERMINED for d in affected)
                ):
                    found.append((case, parts))
        return found


def _moved(baseline: Baseline, mutant: Mutant) -> set[str]:
    """Return the decisions whose result a mutant changes, those that they refine included."""
    if mutant.kind not in ("scope", "priority"):
        return set()
    found = set(mutant.decisions)
    for name, decision in baseline.guideline.decisions.items():
        if any(o.refined_by in found for o in decision.options):
            found.add(name)
    return found


def _said(baseline: Baseline, mutant: Mutant, affected: Collection[str]) -> list[tuple[Prepared, list[Part]]]:
    """Return the cases that expect something of what a mutant changes, with those parts."""
    if affected:
        found = ((case, baseline.concerned(case, affected, ())) for case in baseline.cases)
    else:
        about = {("facts", key) for key in mutant.keys}
        if mutant.statement:
            about |= {("dates", mutant.statement.id), ("statements", mutant.statement.id)}
        found = (
            (case, [part for part in case.parts if (part.kind, part.about) in about])
            for case in baseline.cases
            if mutant.statement is None or mutant.statement.iri in case.shown
        )
    return [(case, parts) for case, parts in found if parts]
