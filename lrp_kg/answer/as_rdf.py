"""An answer as RDF, in one form: what `/assess` returns as Turtle and as JSON-LD, and what a store holds.

It is an assessment with links to results. What a result says does not depend on whose answer it is in, so that a store
names it by what it says and holds it once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import NamedTuple
from uuid import uuid4

import pyoxigraph as ox

from lrp_kg import __version__
from lrp_kg.answer.as_json import Json
from lrp_kg.answer.framing import framed, prefixes_for
from lrp_kg.answer.rdf_results import ReasonLines, links_of, results_of
from lrp_kg.answer.results import Assessment
from lrp_kg.guideline.model import Guideline
from lrp_kg.guideline.named_graphs import version_iri
from lrp_kg.namespaces import CP, DCTERMS, OWL, PREFIXES, PROV, RDF, RDFS, XSD

_TYPE = f"<{RDF}type>"


class AnswerNames(NamedTuple):
    """What the nodes of one answer are called, as N-Triples has it."""

    assessment: str
    record: str
    activity: str


# -- what an answer says ------------------------------------------------------------------------------


def head_lines(names: AnswerNames, guideline: Guideline) -> list[str]:
    """Return what is said of every assessment: what it is of, and where it is from."""
    node = names.assessment
    return [
        f"{node} {_TYPE} <{CP}Assessment>",
        f"{node} <{PROV}wasDerivedFrom> {names.record}",
        f"{node} <{PROV}wasDerivedFrom> <{version_iri(guideline)}>",
        f"{node} <{PROV}wasGeneratedBy> {names.activity}",
        f"{names.record} <{CP}assessment> {node}",
    ]


def assessment_lines(found: Assessment, names: AnswerNames) -> list[str]:
    """Return what an assessment says itself, beside its links to results."""
    node = names.assessment
    return head_lines(names, found.guideline) + [f"{node} <{link}> <{term}>" for link, term in links_of(found)]


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
        lines.sort(key=lambda line: not line.startswith(f"{me} "))
        lines += activity_lines(activity, f"{me}-software", found.guideline, at or datetime.now(UTC))
        for number, result in results:
            label = _blank(f"{me}-{number}")
            lines += result.named(f"{me}-{number}", label)
            for reason in result.reasons:
                lines += reason.named(label(reason))
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


def _blank(label: str) -> Callable[[ReasonLines], str]:
    return lambda reason: f"{label}-{reason.label}"
