"""What the test cases of a guideline do not touch: conditions, options, boxes, statements, criteria, warnings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from lrp_kg.answer.results import Assessment
from lrp_kg.findings import Finding
from lrp_kg.guideline.model import Guideline
from lrp_kg.guideline.positions import Positions
from lrp_kg.logic.classify import FALSE, TRUE
from lrp_kg.logic.explain import VERDICT_NAMES
from lrp_kg.namespaces import local_name

_FIX = "Add a case."


@dataclass(frozen=True)
class Touched:
    """What the answer to one case has: options by decision, IRIs of what is shown, criteria with their verdict."""

    options: frozenset[tuple[str, str]]
    terms: frozenset[str]
    criteria: frozenset[tuple[str, str, int]]


def touched_by(answer: Assessment) -> Touched:
    """Return what an answer touches."""
    statements = [s for _, own in answer.boxes for s in own] + list(answer.notices)
    criteria = []
    for programme in answer.programmes.values():
        statements += (*programme.benefits, *programme.steps)
        criteria += [(programme.edition.iri, c.criterion.iri, c.verdict) for c in programme.criteria]
    terms = [s.statement.iri for s in statements] + [box.iri for box, _ in answer.boxes]
    return Touched(
        frozenset((d.decision.iri, a) for d in answer.decisions.values() for a in d.result.answers),
        frozenset(terms + [w.iri for w in answer.warnings]),
        frozenset(criteria),
    )


def untouched(
    guideline: Guideline,
    positions: Positions,
    verdicts: Mapping[str, frozenset[int]],
    answers: Iterable[Touched],
) -> list[Finding]:
    """Return a note for each part of a guideline that no case touches, with its file and line.

    A condition is touched when it is true in one case and false in another (``verdicts``: what it is in any); the
    rest when it is part of an answer. That a case touches it does not say that it expects anything of it: that is
    what mutation shows.
    """
    return [
        Finding(name, f"{message} {_FIX}", positions.where(term), severity="note", term=term)
        for name, term, message in _Seen(guideline, verdicts, answers).untouched()
    ]


class _Seen:
    """What the answers to the cases had."""

    def __init__(
        self, guideline: Guideline, verdicts: Mapping[str, frozenset[int]], answers: Iterable[Touched]
    ) -> None:
        self.guideline = guideline
        self.verdicts = verdicts
        self.options: set[tuple[str, str]] = set()
        self.terms: set[str] = set()
        self.criteria: set[tuple[str, str, int]] = set()
        for own in answers:
            self.options |= own.options
            self.terms |= own.terms
            self.criteria |= own.criteria

    def untouched(self) -> Iterator[tuple[str, str, str]]:
        g = self.guideline
        generated = {o.iri for e in g.editions for o in g.decisions[e.decision].options}
        for name, condition in g.conditions.items():
            for verdict in (TRUE, FALSE):
                if name not in generated and verdict not in self.verdicts[name]:
                    yield "condition-untested", name, f"{condition.id} is {VERDICT_NAMES[verdict]} in no case."
        for decision in g.decisions.values():
            for option in decision.options:
                if (decision.iri, option.id) not in self.options:
                    term = next((e.iri for e in g.editions if e.decision == decision.iri), option.iri)
                    yield "option-untested", term, f"{decision.id}: no case has the answer {option.id}."
        yield from self._terms("box-untested", ((b.iri, b.id) for b in g.boxes.values()))
        for edition in g.editions:
            for criterion in edition.criteria:
                for verdict, word in ((TRUE, "met"), (FALSE, "not met")):
                    if (edition.iri, criterion.iri, verdict) not in self.criteria:
                        place = f"{local_name(edition.iri)}: the criterion {criterion.id}"
                        yield "criterion-untested", criterion.iri, f"{place} is {word} in no case."
        yield from self._terms("statement-untested", ((s.iri, s.id) for s in g.statements))
        yield from self._terms("warning-untested", ((w.iri, w.id) for w in g.warnings))

    def _terms(self, name: str, terms: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str, str]]:
        for iri, ident in dict(terms).items():
            if iri not in self.terms:
                yield name, iri, f"The {name.removesuffix('-untested')} {ident} is shown in no case."
