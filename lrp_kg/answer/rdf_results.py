"""What an assessment says, as results that other assessments can share: each is a node named by what it says."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property, lru_cache

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
from lrp_kg.guideline.model import AGREES, DIFFERS, DOUBTFUL, Caution, Guideline, Statement
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
ME = "\x02"
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
        return [*"\n".join(self.said).replace(ME, name).split("\n"), *links]


def _digest(said: str) -> str:
    return hashlib.sha256(said.encode()).hexdigest()[:24]


def literal(value: date | int | str) -> str:
    """Return a value as N-Triples has it."""
    if isinstance(value, bool):
        return f'"{str(value).lower()}"^^<{XSD}boolean>'
    if isinstance(value, int):
        return f'"{value}"^^<{XSD}integer>'
    return f'"{value}"^^<{XSD}date>' if isinstance(value, date) else str(ox.Literal(value))


@dataclass(frozen=True)
class Said:
    """What an assessment, or a part of one, says: properties of its own with their terms, and results."""

    links: tuple[tuple[str, str], ...] = ()
    results: tuple[ResultLines, ...] = ()


def said_of(found: Assessment) -> Said:
    """Return all that an assessment says."""
    return Said(tuple(links_of(found)), tuple(results_of(found)))


def results_of(found: Assessment) -> Iterator[ResultLines]:
    """Yield the results that an assessment links to."""
    programmes = {p.decision: p for p in found.programmes.values()}
    for d in found.decisions.values():
        yield decision_lines(d, programmes.get(d.decision.iri), found.guideline)
    for box, statements in found.boxes:
        yield statements_lines(box.iri, statements)
    yield from notices_lines(found.guideline, found.notices)
    for p in found.programmes.values():
        yield from programme_lines(p)
    yield from facts_lines(found.guideline, found.facts)
    for dated in found.dated:
        yield date_lines(dated)


def decision_lines(d: DecisionResult, programme: ProgrammeResult | None, guideline: Guideline) -> ResultLines:
    """Return the result of a decision, or of a programme."""
    return _result("decisionResult", _decision(d, programme, guideline), tuple(_reasons(d, programme)))


def statements_lines(part: str, statements: Collection[StatementResult]) -> ResultLines:
    """Return which statements of a part, such as a box, apply."""
    return _result("statementsResult", _statements(part, statements, lambda _: True))


def notices_lines(guideline: Guideline, notices: Collection[StatementResult]) -> Iterator[ResultLines]:
    """Yield which statements of options apply."""
    for option, own in guideline.notices.items():
        names = {s.iri for s in own}
        shown = [s for s in notices if s.statement.iri in names]
        if shown:
            yield statements_lines(option, shown)


def programme_lines(p: ProgrammeResult) -> Iterator[ResultLines]:
    """Yield which statements of a programme apply, where it has some."""
    if p.shown:
        eligible, scope_open = p.verdict == ELIGIBLE, p.scope_open

        def certain(s: Statement) -> bool:
            return eligible or s.any_verdict and not scope_open

        yield _result("statementsResult", _statements(p.programme.iri, p.shown, certain))


def facts_lines(guideline: Guideline, facts: Mapping[str, FactResult]) -> Iterator[ResultLines]:
    """Yield facts."""
    for key, fact in facts.items():
        statements = (guideline.statement_iris[s] for s in fact.statements)
        yield _result("factResult", _fact(guideline.fact_keys[key].iri, fact, statements))


def date_lines(found: StatementResult) -> ResultLines:
    """Return the date of a statement."""
    spread = found.spread.latest if found.spread else None
    return _dated(found.statement.iri, found.status or "", found.earliest, found.latest, spread)


@lru_cache(50_000)
def _dated(
    statement: str, status: str, earliest: date | None, latest: date | None, at_most: date | None
) -> ResultLines:
    return _result("dateResult", _date(statement, status, earliest, latest, at_most))


def _result(link: str, said: Iterable[str], reasons: tuple[ReasonLines, ...] = ()) -> ResultLines:
    kind = RESULTS[CP + link].removeprefix(CP)
    return ResultLines(CP + link, (f"{ME} {_TYPE} <{CP}{kind}>", *said), reasons)


def _decision(d: DecisionResult, programme: ProgrammeResult | None, guideline: Guideline) -> Iterator[str]:
    r, options = d.result, {o.id: o.iri for o in d.decision.options}
    yield f"{ME} <{CP}ofDecision> <{programme.programme.iri if programme else d.decision.iri}>"
    yield f"{ME} <{CP}status> <{CP}{_STATUS.get(r.status, r.status)}>"
    yield from (f"{ME} <{CP}answer> <{options[name]}>" for name in r.answers if name in options)
    yield from (f"{ME} <{CP}possible> <{options[name]}>" for name in r.possible if name in options)
    if programme and len(programme.editions) > 1:
        yield from (f"{ME} <{CP}editionAnswer> <{name}>" for name in _by_edition(programme, guideline))
    yield from (f"{ME} <{CP}missingField> <{name}>" for name in r.missing)
    yield from (f"{ME} <{CP}restsOn> <{point.iri}>" for point in d.open_points)


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


def _statements(
    part: str, statements: Collection[StatementResult], certain: Callable[[Statement], bool]
) -> Iterator[str]:
    """Yield which statements of a part apply, or may: of those that it is not ``certain`` to give, all only may."""
    yield f"{ME} <{CP}ofPart> <{part}>"
    for s in statements:
        known = s.verdict == s.in_force == TRUE and not s.edition and not s.statement.condition_text
        link = "appliesStatement" if known and certain(s.statement) else "mayApplyStatement"
        yield f"{ME} <{CP}{'outdatedStatement' if s.in_force == FALSE else link}> <{s.statement.iri}>"
    yield from (f"{ME} <{CP}reachedLimit> <{s.statement.iri}>" for s in statements if s.reached == TRUE)
    for s in statements:
        for stance in dict.fromkeys(m.mark.stance for m in s.marks):
            yield f"{ME} <{CP}{_MARKED[stance]}> <{s.statement.iri}>"


def _fact(key: str, fact: FactResult, statements: Iterable[str]) -> Iterator[str]:
    applies = _APPLIES[fact.applies]
    if fact.in_force != TRUE:
        applies = "appliesNoLonger" if fact.in_force == FALSE else "appliesPerhaps"
    yield f"{ME} <{CP}factKey> <{key}>"
    yield f"{ME} <{CP}applies> <{CP}{applies}>"
    values = fact.value if isinstance(fact.value, tuple) else () if fact.value is None else (fact.value,)
    for value in values:
        yield f"{ME} <{CP}factValue> {literal(value)}"
        if isinstance(value, date):
            yield f"{ME} <{CP}factDay> {literal(day_number(value))}"
    if fact.spread and fact.spread.latest:
        yield f"{ME} <{CP}latestAtMost> {literal(fact.spread.latest)}"
    for other, _ in fact.alternatives:
        for value in other if isinstance(other, tuple) else () if other is None else (other,):
            yield f"{ME} <{CP}alternativeValue> {literal(value)}"
    if fact.since:
        yield f"{ME} <{CP}appliesFrom> {literal(fact.since)}"
    yield from (f"{ME} <{CP}fromStatement> <{name}>" for name in statements)


def _date(
    statement: str, status: str, earliest: date | None, latest: date | None, at_most: date | None
) -> Iterator[str]:
    yield f"{ME} <{CP}ofStatement> <{statement}>"
    yield f"{ME} <{CP}dateStatus> <{CP}{_DATE_STATUS.get(status, status)}>"
    for name, day in (("earliest", earliest), ("latest", latest)):
        if day:
            yield f"{ME} <{CP}{name}> {literal(day)}"
            yield f"{ME} <{CP}{name}Day> {literal(day_number(day))}"
    if at_most:
        yield f"{ME} <{CP}latestAtMost> {literal(at_most)}"


def links_of(found: Assessment) -> Iterator[tuple[str, str]]:
    """Yield what an assessment says of itself in terms of the guideline: properties, and the terms they link to."""
    for p in found.programmes.values():
        yield from edition_links(p)
    yield from ((CP + "showsBox", box.iri) for box, _ in found.boxes)
    yield from warning_links(found.warnings)
    programmes = {p.decision: p.programme.iri for p in found.programmes.values()}
    for d in found.decisions.values():
        yield from answer_links(d, programmes.get(d.decision.iri, d.decision.iri))


def edition_links(p: ProgrammeResult) -> Iterator[tuple[str, str]]:
    """Yield which editions a programme is judged by."""
    yield from ((CP + "usesEdition", e.edition.iri) for e in p.applying)


def warning_links(warnings: Iterable[Caution]) -> Iterator[tuple[str, str]]:
    """Yield what is pointed out."""
    for w in warnings:
        perhaps = w.outdated is None or not w.certain
        yield CP + ("outdatedWarning" if w.outdated else "mayWarn" if perhaps else "warns"), w.iri


def answer_links(d: DecisionResult, name: str) -> Iterator[tuple[str, str]]:
    """Yield the certain answers of a decision, or of a programme, by its name."""
    yield from ((name, option.iri) for option in d.decision.options if option.id in d.result.answers)
