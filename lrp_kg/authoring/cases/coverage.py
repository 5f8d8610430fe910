"""What the test cases of a guideline do not touch: conditions, options, boxes, statements, criteria, warnings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import reduce
from operator import or_

from lrp_kg.answer.results import Assessment
from lrp_kg.findings import Finding
from lrp_kg.guideline.model import Guideline, Term
from lrp_kg.logic.classify import FALSE, TRUE
from lrp_kg.logic.explain import VERDICT_NAMES
from lrp_kg.namespaces import local_name

_FIX = "Add a case."


@dataclass(frozen=True)
class Touched:
    """What answers have: options by decision, IRIs of what is shown, criteria with their verdict."""

    options: frozenset[tuple[str, str]] = frozenset()
    terms: frozenset[str] = frozenset()
    criteria: frozenset[tuple[str, str, int]] = frozenset()

    def __or__(self, other: Touched) -> Touched:
        return Touched(self.options | other.options, self.terms | other.terms, self.criteria | other.criteria)


def touched_by(answer: Assessment) -> Touched:
    """Return what an answer touches."""
    statements = [s for _, own in answer.boxes for s in own] + list(answer.notices)
    criteria = []
    for programme in answer.programmes.values():
        statements += programme.shown
        applying = programme.applying if programme.edition else ()
        criteria += [(e.edition.iri, c.criterion.iri, c.verdict) for e in applying for c in e.criteria]
    terms = [s.statement.iri for s in statements] + [box.iri for box, _ in answer.boxes]
    return Touched(
        frozenset((d.decision.iri, a) for d in answer.decisions.values() for a in d.result.answers),
        frozenset(terms + [w.iri for w in answer.warnings]),
        frozenset(criteria),
    )


def untouched(
    guideline: Guideline, verdicts: Mapping[str, frozenset[int]], answers: Iterable[Touched]
) -> list[Finding]:
    """Return a note for each part of a guideline that no case touches, with its file and line.

    A condition is touched when it is true in one case and false in another (``verdicts``: what it is in any); the
    rest when it is part of an answer. That a case touches it does not say that it expects anything of it: that is
    what mutation shows.
    """
    found = _untouched(guideline, verdicts, reduce(or_, answers, Touched()))
    where = guideline.index.positions.where
    return [
        Finding(name, f"{message} {_FIX}", where(term), severity="note", term=term) for name, term, message in found
    ]


def _untouched(g: Guideline, verdicts: Mapping[str, frozenset[int]], seen: Touched) -> Iterator[tuple[str, str, str]]:
    generated = {o.iri for e in g.editions for o in g.decisions[e.decision].options}
    for name, condition in g.conditions.items():
        for verdict in (TRUE, FALSE):
            if name not in generated and verdict not in verdicts[name]:
                yield "condition-untested", name, f"{condition.id} is {VERDICT_NAMES[verdict]} in no case."
    for decision in g.decisions.values():
        for option in decision.options:
            if (decision.iri, option.id) not in seen.options:
                term = next((e.iri for e in g.editions if e.decision == decision.iri), option.iri)
                yield "option-untested", term, f"{decision.id}: no case has the answer {option.id}."
    yield from _terms("box-untested", g.boxes.values(), seen)
    for edition in g.editions:
        for criterion in edition.criteria:
            for verdict, word in ((TRUE, "met"), (FALSE, "not met")):
                if (edition.iri, criterion.iri, verdict) not in seen.criteria:
                    place = f"{local_name(edition.iri)}: the criterion {criterion.id}"
                    yield "criterion-untested", criterion.iri, f"{place} is {word} in no case."
    yield from _terms("statement-untested", g.statements, seen)
    yield from _terms("warning-untested", g.warnings, seen)


def _terms(name: str, terms: Iterable[Term], seen: Touched) -> Iterator[tuple[str, str, str]]:
    for iri, ident in {term.iri: term.id for term in terms}.items():
        if iri not in seen.terms:
            yield name, iri, f"The {name.removesuffix('-untested')} {ident} is shown in no case."
