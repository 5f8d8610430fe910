"""An answer as RDF, in one form: what `/assess` returns as Turtle and as JSON-LD, and what a store holds.

It is an assessment with links to results. What a result says does not depend on whose answer it is in, so that a store
names it by what it says and holds it once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import NamedTuple
from uuid import uuid4

import pyoxigraph as ox

from lrp_kg import __version__
from lrp_kg.answer.as_json import Json
from lrp_kg.answer.framing import framed, prefixes_for
from lrp_kg.answer.results import Assessment, DecisionResult
from lrp_kg.guideline.model import Guideline
from lrp_kg.guideline.named_graphs import version_iri
from lrp_kg.logic.explain import VERDICT_NAMES
from lrp_kg.namespaces import CP, DCTERMS, OWL, PREFIXES, PROV, RDF, RDFS, XSD

_STATUS = {"no-answer": "noAnswer", "not-applicable": "notApplicable"}
_SELF = "\x02"
"""Is on both sides of the name of a node of a result, which is said relative to that of the result."""
_TYPE = f"<{RDF}type>"


class AnswerNames(NamedTuple):
    """What the nodes of one answer are called, as N-Triples has it."""

    assessment: str
    record: str
    activity: str


@dataclass(frozen=True)
class ResultLines:
    """A result: the property that links to it, and what it says as lines of N-Triples without their full stops."""

    link: str
    said: tuple[str, ...]

    @cached_property
    def digest(self) -> str:
        """A digest of what it says: results with the same one are the same."""
        return hashlib.sha256("\n".join(self.said).encode()).hexdigest()[:24]

    def named(self, name: Callable[[str], str]) -> list[str]:
        """Return the lines; ``name`` gives the term of the result itself, by "", and of each of its parts."""
        parts = "\n".join(self.said).split(_SELF)
        parts[1::2] = [name(part) for part in parts[1::2]]
        return "".join(parts).split("\n")


def status_iri(status: str) -> str:
    """Return the term of a status."""
    return CP + _STATUS.get(status, status)


def verdict_iri(verdict: int) -> str:
    """Return the term of a verdict."""
    return CP + VERDICT_NAMES[verdict]


# -- what an answer says ------------------------------------------------------------------------------


def head_lines(names: AnswerNames, guideline: Guideline) -> list[str]:
    """Return what is said of every assessment: what it is of, and where it is from."""
    node = names.assessment
    return [
        f"{node} {_TYPE} <{CP}Assessment>",
        f"{node} <{PROV}wasDerivedFrom> {names.record}",
        f"{node} <{PROV}wasDerivedFrom> <{version_iri(guideline)}>",
        f"{node} <{PROV}wasGeneratedBy> {names.activity}",
    ]


def assessment_lines(found: Assessment, names: AnswerNames) -> list[str]:
    """Return what an assessment says itself, beside its links to results."""
    node = names.assessment
    lines = head_lines(names, found.guideline)
    lines += [f"{node} <{CP}usesEdition> <{e.edition.iri}>" for p in found.programmes.values() for e in p.applying]
    lines += [f"{node} <{CP}showsBox> <{box.iri}>" for box, _ in found.boxes]
    return lines


def results_of(found: Assessment) -> Iterator[ResultLines]:
    """Yield the results that an assessment links to."""
    programmes = {p.decision: p.programme.iri for p in found.programmes.values()}
    criteria = {
        p.decision: list(dict.fromkeys((c.criterion.applies_to, c.verdict) for e in p.applying for c in e.criteria))
        for p in found.programmes.values()
    }
    for d in found.decisions.values():
        name = d.decision.iri
        said = _decision(d, programmes.get(name, name), criteria.get(name, ()))
        yield ResultLines(CP + "decisionResult", tuple(said))


def _decision(d: DecisionResult, decision: str, criteria: Iterable[tuple[str, int]]) -> Iterator[str]:
    me, r = _SELF * 2, d.result
    options = {o.id: o.iri for o in d.decision.options}
    yield f"{me} {_TYPE} <{CP}DecisionResult>"
    yield f"{me} <{CP}ofDecision> <{decision}>"
    yield f"{me} <{CP}status> <{status_iri(r.status)}>"
    yield from (f"{me} <{CP}answer> <{options[name]}>" for name in r.answers if name in options)
    yield from (f"{me} <{CP}possible> <{options[name]}>" for name in r.possible if name in options)
    yield from (f"{me} <{CP}missingField> <{name}>" for name in r.missing)
    yield from (f"{me} <{CP}restsOn> <{point.iri}>" for point in d.open_points)
    reasons = [(f"because-{n}", "because", x.condition.iri, x.verdict) for n, x in enumerate(d.because, 1)]
    reasons += [(f"criterion-{n}", "criterionResult", cls, v) for n, (cls, v) in enumerate(criteria, 1)]
    yield from (f"{me} <{CP}{link}> {_SELF}{part}{_SELF}" for part, link, _, _ in reasons)
    for part, _, condition, verdict in reasons:
        yield f"{_SELF}{part}{_SELF} {_TYPE} <{CP}ConditionResult>"
        yield f"{_SELF}{part}{_SELF} <{CP}ofCondition> <{condition}>"
        yield f"{_SELF}{part}{_SELF} <{CP}verdict> <{verdict_iri(verdict)}>"


def activity_lines(activity: str, agent: str, guideline: Guideline, moment: datetime) -> Iterator[str]:
    """Yield what decided: when it ended, with which software, by which version and content of which guideline."""
    version = version_iri(guideline)
    yield f"{activity} {_TYPE} <{PROV}Activity>"
    yield f"{activity} <{PROV}used> <{version}>"
    yield f'{activity} <{CP}guidelineContent> "sha256:{guideline.content_hash}"'
    yield f'{activity} <{PROV}endedAtTime> "{moment.replace(microsecond=0).isoformat()}"^^<{XSD}dateTime>'
    yield f"{activity} <{PROV}wasAssociatedWith> {agent}"
    yield f"{agent} {_TYPE} <{PROV}SoftwareAgent>"
    yield f'{agent} <{RDFS}label> "lrp-kg {__version__}"'
    yield f"<{version}> <{DCTERMS}isVersionOf> <{guideline.iri}>"
    yield f'<{version}> <{OWL}versionInfo> "{guideline.version}"'


# -- one answer by itself -----------------------------------------------------------------------------


@dataclass(frozen=True)
class LoneAnswer:
    """An answer by itself: its triples, those of one node together, and the node of the assessment.

    Of the record it has the name only, never the values. What has no name of its own is a blank node, and so is a
    record to which its sender gave none; their labels are in no other answer, so that answers can be put together.
    """

    guideline: Guideline
    root: ox.BlankNode
    triples: list[ox.Triple]

    @classmethod
    def of(cls, found: Assessment, *, at: datetime | None = None) -> LoneAnswer:
        """Return the answer that an assessment is, decided now or ``at`` a moment."""
        root = ox.BlankNode(uuid4().hex[:12])
        me, subject = str(root), found.record.subject
        record = str(ox.NamedNode(subject)) if subject and not subject.startswith("_:") else f"{me}-record"
        activity, results = f"{me}-activity", list(enumerate(results_of(found)))
        lines = assessment_lines(found, AnswerNames(me, record, activity))
        lines += [f"{me} <{result.link}> {me}-{number}" for number, result in results]
        lines += activity_lines(activity, f"{me}-software", found.guideline, at or datetime.now(UTC))
        for number, result in results:
            lines += result.named(_blank(f"{me}-{number}"))
        text = "".join(f"{line} .\n" for line in lines)
        triples = [q.triple for q in ox.parse(text, format=ox.RdfFormat.N_TRIPLES)]
        return cls(found.guideline, root, triples)

    @cached_property
    def prefixes(self) -> dict[str, str]:
        """The prefixes that its names are shortened with."""
        own = {prefix: name for prefix, name in self.guideline.index.prefixes.items() if prefix}
        return prefixes_for(self.triples, PREFIXES | own)

    def turtle(self) -> bytes:
        """Return it as Turtle."""
        return ox.serialize(self.triples, format=ox.RdfFormat.TURTLE, prefixes=self.prefixes) or b""

    def json_ld(self) -> Json:
        """Return it as JSON-LD: the assessment, with the nodes that it links to in it."""
        return framed(self.triples, self.root, self.prefixes)


def _blank(label: str) -> Callable[[str], str]:
    return lambda part: f"{label}{part and '-' + part}"
