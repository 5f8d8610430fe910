"""What the test cases of a guideline do not touch: conditions, options, boxes, statements, criteria, warnings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from lrp_kg.assessment import Assessment
from lrp_kg.cases.files import CaseSet
from lrp_kg.cases.runs import read_cases
from lrp_kg.findings import Finding
from lrp_kg.guideline import Edition, Guideline
from lrp_kg.namespaces import local_name
from lrp_kg.positions import Positions
from lrp_kg.service import GuidelineService
from lrp_kg.sparql import FALSE, TRUE

_MEND = "Add a case."


def coverage_of(service: GuidelineService, cases: CaseSet) -> list[Finding]:
    """Return a note for each part of the guideline that no case touches, with its file and line.

    A condition is touched when it is true in one case and false in another; the rest when it is part of an answer.
    That a case touches it does not say that it expects anything of it: that is for mutation to tell.
    """
    seen = _Seen(service.guideline)
    for read in read_cases(service, cases):
        if read.record is not None:
            signature = service.assessor.signature(read.record)
            verdicts = service.assessor.verdicts
            seen.conditions.update((name, verdicts.one(signature, name)) for name in service.guideline.conditions)
            seen.answer(service.assessor.assess(read.record))
    positions = Positions(service.guideline.stage_files())
    return [
        Finding(name, f"{message} {_MEND}", positions.where(term), severity="note")
        for name, term, message in seen.untouched()
    ]


class _Seen:
    """What the answers to the cases had."""

    def __init__(self, guideline: Guideline) -> None:
        self.guideline = guideline
        self.conditions: set[tuple[str, int]] = set()
        self.options: set[tuple[str, str]] = set()
        self.terms: set[str] = set()
        self.criteria: set[tuple[str, str, int]] = set()

    def answer(self, found: Assessment) -> None:
        for own in found.decisions.values():
            self.options.update((own.decision.iri, answer) for answer in own.result.answers)
        statements = [s for _, own in found.boxes for s in own] + list(found.notices)
        for programme in found.programmes.values():
            statements += (*programme.benefits, *programme.steps)
            self.criteria.update((programme.edition.iri, c.criterion.iri, c.verdict) for c in programme.criteria)
        self.terms.update(s.statement.iri for s in statements)
        self.terms.update(box.iri for box, _ in found.boxes)
        self.terms.update(w.iri for w in found.warnings)

    def untouched(self) -> Iterator[tuple[str, str, str]]:
        g = self.guideline
        generated = {o.iri for p in g.programmes.values() for e in p.editions for o in g.decisions[e.decision].options}
        for name, condition in g.conditions.items():
            for verdict, word in ((TRUE, "true"), (FALSE, "false")):
                if name not in generated and (name, verdict) not in self.conditions:
                    yield "condition-untested", name, f"{condition.id} is {word} in no case."
        for decision in g.decisions.values():
            for option in decision.options:
                if (decision.iri, option.id) not in self.options:
                    term = next((e.iri for e in self._editions() if e.decision == decision.iri), option.iri)
                    yield "option-untested", term, f"{decision.id}: no case has the answer {option.id}."
        yield from self._terms("box", ((b.iri, b.id) for b in g.boxes.values()))
        statements = [s for b in g.boxes.values() for s in b.statements]
        statements += [s for own in g.notices.values() for s in own]
        for edition in self._editions():
            statements += (*edition.benefits, *edition.limits, *edition.steps)
            for criterion in edition.criteria:
                for verdict, word in ((TRUE, "met"), (FALSE, "not met")):
                    if (edition.iri, criterion.iri, verdict) not in self.criteria:
                        place = f"{local_name(edition.iri)}: the criterion {criterion.id}"
                        yield "criterion-untested", criterion.iri, f"{place} is {word} in no case."
        yield from self._terms("statement", ((s.iri, s.id) for s in statements))
        yield from self._terms("warning", ((w.iri, w.id) for w in g.warnings))

    def _editions(self) -> Iterator[Edition]:
        for programme in self.guideline.programmes.values():
            yield from programme.editions

    def _terms(self, kind: str, terms: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str, str]]:
        for iri, ident in dict(terms).items():
            if iri not in self.terms:
                yield f"{kind}-untested", iri, f"The {kind} {ident} is shown in no case."
