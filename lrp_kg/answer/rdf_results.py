"""What an assessment says, as results that other assessments can share: each is a node named by what it says."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import pyoxigraph as ox

from lrp_kg.answer.results import (
    ELIGIBLE,
    Assessment,
    DecisionResult,
    FactResult,
    ProgrammeResult,
    StatementResult,
)
from lrp_kg.durations import day_number
from lrp_kg.guideline.model import AGREES, DIFFERS, DOUBTFUL, Guideline
from lrp_kg.logic.classify import FALSE, TRUE
from lrp_kg.logic.explain import VERDICT_NAMES
from lrp_kg.namespaces import CP, RDF, XSD

RESULTS = {
    CP + "decisionResult": CP + "DecisionResult",
    CP + "statementsResult": CP + "StatementsResult",
    CP + "factResult": CP + "FactResult",
    CP + "dateResult": CP + "DateResult",
}
"""The class of the results that each property of an assessment links to."""

_STATUS = {"no-answer": "noAnswer", "not-applicable": "notApplicable"}
_DATE_STATUS = {"unknown": "undated"}
_APPLIES = {"yes": "appliesNow", "later": "appliesLater", "unknown": "appliesPerhaps"}
_MARKED = {AGREES: "agreedStatement", DIFFERS: "contradictedStatement", DOUBTFUL: "doubtedStatement"}
_ME = "\x02"
"""In place of the name of a result or of a reason in its lines."""
_TYPE = f"<{RDF}type>"


@dataclass(frozen=True)
class ReasonLines:
    """The verdict of a condition, which a result links to by a property; ``label`` is its own in that result."""

    label: str
    link: str
    condition: str
    verdict: str

    @property
    def digest(self) -> str:
        """A digest of what it says, whatever links to it."""
        return _digest(f"{self.condition} {self.verdict}")

    def named(self, name: str) -> list[str]:
        """Return its lines, where ``name`` is the term of it."""
        kind = f"{name} {_TYPE} <{CP}ConditionResult>"
        return [kind, f"{name} <{CP}ofCondition> <{self.condition}>", f"{name} <{CP}verdict> <{CP}{self.verdict}>"]


@dataclass(frozen=True)
class ResultLines:
    """A result: the property that links to it, what it says as lines of N-Triples without full stops, its reasons."""

    link: str
    said: tuple[str, ...]
    reasons: tuple[ReasonLines, ...] = ()

    @cached_property
    def digest(self) -> str:
        """A digest of what it says: results with the same one are the same."""
        return _digest("\n".join((*self.said, *(f"{r.link} {r.condition} {r.verdict}" for r in self.reasons))))

    def named(self, name: str, reason: Callable[[ReasonLines], str]) -> list[str]:
        """Return the lines but those of its reasons; ``name`` is its term, and ``reason`` gives that of a reason."""
        links = (f"{name} <{CP}{r.link}> {reason(r)}" for r in self.reasons)
        return [*"\n".join(self.said).replace(_ME, name).split("\n"), *links]


def _digest(said: str) -> str:
    return hashlib.sha256(said.encode()).hexdigest()[:24]


def literal(value: date | int | str) -> str:
    """Return a value as N-Triples has it."""
    if isinstance(value, bool):
        return f'"{str(value).lower()}"^^<{XSD}boolean>'
    if isinstance(value, int):
        return f'"{value}"^^<{XSD}integer>'
    return f'"{value}"^^<{XSD}date>' if isinstance(value, date) else str(ox.Literal(value))


def results_of(found: Assessment) -> Iterator[ResultLines]:
    """Yield the results that an assessment links to."""
    programmes = {p.decision: p for p in found.programmes.values()}
    for d in found.decisions.values():
        programme = programmes.get(d.decision.iri)
        yield _result("decisionResult", _decision(d, programme, found), tuple(_reasons(d, programme)))
    for link, said in _said(found):
        yield _result(link, said)


def _result(link: str, said: Iterable[str], reasons: tuple[ReasonLines, ...] = ()) -> ResultLines:
    kind = RESULTS[CP + link].removeprefix(CP)
    return ResultLines(CP + link, (f"{_ME} {_TYPE} <{CP}{kind}>", *said), reasons)


def _said(found: Assessment) -> Iterator[tuple[str, Iterable[str]]]:
    for box, statements in found.boxes:
        yield "statementsResult", _statements(box.iri, statements)
    for option, own in found.guideline.notices.items():
        names = {s.iri for s in own}
        shown = [s for s in found.notices if s.statement.iri in names]
        if shown:
            yield "statementsResult", _statements(option, shown)
    for p in found.programmes.values():
        if p.shown:
            yield "statementsResult", _statements(p.programme.iri, p.shown, certain=p.verdict == ELIGIBLE)
    iris = found.guideline.statement_iris
    for key, fact in found.facts.items():
        yield "factResult", _fact(found.guideline.fact_keys[key].iri, fact, [iris[s] for s in fact.statements])
    for dated in found.dated:
        yield "dateResult", _date(dated)


def _decision(d: DecisionResult, programme: ProgrammeResult | None, found: Assessment) -> Iterator[str]:
    r, options = d.result, {o.id: o.iri for o in d.decision.options}
    yield f"{_ME} <{CP}ofDecision> <{programme.programme.iri if programme else d.decision.iri}>"
    yield f"{_ME} <{CP}status> <{CP}{_STATUS.get(r.status, r.status)}>"
    yield from (f"{_ME} <{CP}answer> <{options[name]}>" for name in r.answers if name in options)
    yield from (f"{_ME} <{CP}possible> <{options[name]}>" for name in r.possible if name in options)
    if programme and len(programme.editions) > 1:
        yield from (f"{_ME} <{CP}editionAnswer> <{name}>" for name in _by_edition(programme, found.guideline))
    yield from (f"{_ME} <{CP}missingField> <{name}>" for name in r.missing)
    yield from (f"{_ME} <{CP}restsOn> <{point.iri}>" for point in d.open_points)


def _reasons(d: DecisionResult, programme: ProgrammeResult | None) -> Iterator[ReasonLines]:
    for n, x in enumerate(d.because, 1):
        yield ReasonLines(f"because-{n}", "because", x.condition.iri, VERDICT_NAMES[x.verdict])
    criteria = dict.fromkeys(
        (c.criterion.applies_to, c.verdict) for e in (programme.applying if programme else ()) for c in e.criteria
    )
    for n, (condition, verdict) in enumerate(criteria, 1):
        yield ReasonLines(f"criterion-{n}", "criterionResult", condition, VERDICT_NAMES[verdict])


def _by_edition(programme: ProgrammeResult, guideline: Guideline) -> Iterator[str]:
    """Yield the answer of each edition as if it applied, which is a term of that edition; none where it is open."""
    for e in programme.editions:
        decision = guideline.decisions[e.edition.decision]
        yield from (o.iri for o in decision.options if o.id in e.result.answers)


def _statements(part: str, statements: Collection[StatementResult], *, certain: bool = True) -> Iterator[str]:
    """Yield which statements of a part apply, or may; of a part that is not ``certain`` most only may."""
    yield f"{_ME} <{CP}ofPart> <{part}>"
    for s in statements:
        known = s.verdict == s.in_force == TRUE and not s.edition and not s.statement.condition_text
        link = "appliesStatement" if known and (certain or s.statement.any_verdict) else "mayApplyStatement"
        yield f"{_ME} <{CP}{'outdatedStatement' if s.in_force == FALSE else link}> <{s.statement.iri}>"
    yield from (f"{_ME} <{CP}reachedLimit> <{s.statement.iri}>" for s in statements if s.reached == TRUE)
    for s in statements:
        for stance in dict.fromkeys(m.mark.stance for m in s.marks):
            yield f"{_ME} <{CP}{_MARKED[stance]}> <{s.statement.iri}>"


def _fact(key: str, fact: FactResult, statements: Iterable[str]) -> Iterator[str]:
    applies = _APPLIES[fact.applies]
    if fact.in_force != TRUE:
        applies = "appliesNoLonger" if fact.in_force == FALSE else "appliesPerhaps"
    yield f"{_ME} <{CP}factKey> <{key}>"
    yield f"{_ME} <{CP}applies> <{CP}{applies}>"
    values = fact.value if isinstance(fact.value, tuple) else () if fact.value is None else (fact.value,)
    for value in values:
        yield f"{_ME} <{CP}factValue> {literal(value)}"
        if isinstance(value, date):
            yield f"{_ME} <{CP}factDay> {literal(day_number(value))}"
    if fact.spread and fact.spread.latest:
        yield f"{_ME} <{CP}latestAtMost> {literal(fact.spread.latest)}"
    for other, _ in fact.alternatives:
        for value in other if isinstance(other, tuple) else () if other is None else (other,):
            yield f"{_ME} <{CP}alternativeValue> {literal(value)}"
    if fact.since:
        yield f"{_ME} <{CP}appliesFrom> {literal(fact.since)}"
    yield from (f"{_ME} <{CP}fromStatement> <{name}>" for name in statements)


def _date(found: StatementResult) -> Iterator[str]:
    status = found.status or ""
    yield f"{_ME} <{CP}ofStatement> <{found.statement.iri}>"
    yield f"{_ME} <{CP}dateStatus> <{CP}{_DATE_STATUS.get(status, status)}>"
    for name, day in (("earliest", found.earliest), ("latest", found.latest)):
        if day:
            yield f"{_ME} <{CP}{name}> {literal(day)}"
            yield f"{_ME} <{CP}{name}Day> {literal(day_number(day))}"
    if found.spread and found.spread.latest:
        yield f"{_ME} <{CP}latestAtMost> {literal(found.spread.latest)}"


def links_of(found: Assessment) -> Iterator[tuple[str, str]]:
    """Yield what an assessment says of itself in terms of the guideline: properties, and the terms they link to."""
    for p in found.programmes.values():
        yield from ((CP + "usesEdition", e.edition.iri) for e in p.applying)
    yield from ((CP + "showsBox", box.iri) for box, _ in found.boxes)
    for w in found.warnings:
        perhaps = w.outdated is None or not w.certain
        yield CP + ("outdatedWarning" if w.outdated else "mayWarn" if perhaps else "warns"), w.iri
    programmes = {p.decision: p.programme.iri for p in found.programmes.values()}
    for d in found.decisions.values():
        answers = [o.iri for o in d.decision.options if o.id in d.result.answers]
        yield from ((programmes.get(d.decision.iri, d.decision.iri), option) for option in answers)
