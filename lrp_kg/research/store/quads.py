"""One record and its answer as N-Quads: the record as it was sent, what is computed from it, and the answer.

What many records and answers say is said once: a result, a reason and a list are named by a hash of what they say, so
that a million records with a few thousand different results need only links.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

import pyoxigraph as ox

from lrp_kg import __version__
from lrp_kg.answer.as_rdf import AnswerNames, activity_lines, head_lines
from lrp_kg.answer.composed import Composed
from lrp_kg.answer.rdf_parts import parts_said, said_of_days
from lrp_kg.answer.rdf_results import ME, ReasonLines, ResultLines, Said, literal, said_of
from lrp_kg.answer.results import Assessment
from lrp_kg.durations import day_number
from lrp_kg.guideline.index import Node
from lrp_kg.guideline.model import Guideline
from lrp_kg.guideline.named_graphs import ANSWERS
from lrp_kg.namespaces import PATIENT_RECORD, RDF, XSD
from lrp_kg.record.model import BASE, Members, RawRecord, Record
from lrp_kg.research.engine.homes import Homes
from lrp_kg.research.store.predicates import RECORD_DIGEST, REFUSED

ROOT = "https://w3id.org/lrp-kg/"
LISTS = f"{ROOT}list/"
"""What the names of cells of lists begin with."""
RESULTS_NAMED = f"{ROOT}result/"
"""What the names of results and reasons begin with."""
TYPE = f"<{RDF}type>"
_INTEGER = re.compile(r"(?:\+|(-?))0*([0-9]+)")
_AS_IT_IS = re.compile(r"[0-9A-Za-z:.+-]*")
"""Texts in which N-Triples escapes nothing."""
_RECORD, _DIGEST = "\x03", "\x04"
"""In place of the name of a record, and of the digest of a result, in lines that are written once."""


@dataclass(frozen=True)
class NamedRecord:
    """A record with the IRI that it has in the store, a digest of what it says, and each entry as N-Triples."""

    iri: str
    digest: str
    raw: RawRecord
    said: tuple[str, ...]

    @property
    def assessment(self) -> str:
        """The IRI of the assessment of this record."""
        return f"{ROOT}assessment/{_hash(self.iri)}"


def _hash(text: str, length: int = 32) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:length]


def name_record(raw: RawRecord) -> NamedRecord:
    """Give a record its IRI in the store: the sender's, else one made of what it says."""
    said = tuple(f"<{p}> {_text(value)}" for p, value in raw.entries)
    digest = _hash("\n".join(sorted(said)))
    sent = raw.subject and not raw.subject.startswith("_:")
    return NamedRecord(raw.subject if sent else f"{BASE}r-{digest}", digest, raw, said)


def is_reserved(iri: str, guideline: Guideline) -> bool:
    """Return whether an identifier is in a namespace of ours, or of the guideline, that is not that of records."""
    return iri.startswith((ROOT, guideline.namespace)) and not iri.startswith(BASE)


def _text(value: Node | Members) -> str:
    if isinstance(value, Members):
        return "( " + " ".join(sorted(term_text(n) for n in value.nodes)) + " )"
    return term_text(value)


def term_text(node: Node) -> str:
    """Return a term as a store has it, in N-Triples."""
    if node.kind == "iri":
        return f"<{node.value}>"
    if node.kind == "blank":
        return f"_:{node.value}"
    if node.language:
        return str(ox.Literal(node.value, language=node.language))
    value = _canonical(node)
    if node.datatype != XSD + "string" and _AS_IT_IS.fullmatch(value):
        return f'"{value}"^^<{node.datatype}>'
    return str(ox.Literal(value, datatype=ox.NamedNode(node.datatype)))


def _canonical(node: Node) -> str:
    """Return the one form of a valid number or truth value that a store keeps: 05 is 5, and 1 is true."""
    if node.datatype == XSD + "boolean":
        return {"1": "true", "0": "false"}.get(node.value, node.value)
    if node.is_integer and (number := _INTEGER.fullmatch(node.value)):
        sign, digits = number.groups()
        return digits if digits == "0" else (sign or "") + digits
    return node.value


class QuadLines:
    """Writes triples as lines: for the default graph, and for the named one too where that is not their home."""

    def __init__(self, homes: Homes) -> None:
        self._predicates = {f"<{name}>": graph for name, graph in homes.predicates.items()}
        self._classes = {f"<{name}>": graph for name, graph in homes.classes.items()}

    def of(self, triples: Iterable[str], graph: str) -> Iterator[str]:
        """Yield the lines of triples, each of which has its three terms between single spaces."""
        for triple in triples:
            yield f"{triple} .\n"
            _, predicate, value = triple.split(" ", 2)
            home = self._classes.get(value) if predicate == TYPE else self._predicates.get(predicate)
            if home != graph:
                yield f"{triple} <{graph}> .\n"


def record_triples(named: NamedRecord) -> Iterator[str]:
    """Yield a record as it was sent; the cells of a list are named by what they hold, so that nothing is blank."""
    subject = f"<{named.iri}>"
    yield f"{subject} {TYPE} <{PATIENT_RECORD}>"
    for (predicate, value), said in zip(named.raw.entries, named.said, strict=True):
        if not isinstance(value, Members):
            yield f"{subject} {said}"
            continue
        terms = [term_text(n) for n in value.nodes]
        own = named.iri if any(n.kind == "blank" for n in value.nodes) else ""
        cells = [f"<{LISTS}{_hash(' '.join([own, *terms[n:]]))}>" for n in range(len(terms))]
        cells.append(f"<{RDF}nil>")
        yield f"{subject} <{predicate}> {cells[0]}"
        for cell, rest, term in zip(cells, cells[1:], terms, strict=False):
            yield f"{cell} <{RDF}first> {term}"
            yield f"{cell} <{RDF}rest> {rest}"


def derived_triples(named: NamedRecord, record: Record, guideline: Guideline) -> Iterator[str]:
    """Yield what is computed from a record and was not sent."""
    sent = {p for p, _ in named.raw.entries}
    days = {guideline.day_numbers[f]: day_number(day) for f, day in record.dates.items() if f in guideline.day_numbers}
    for predicate, value in {**record.values, **record.dates, **days}.items():
        if predicate not in sent:
            yield f"<{named.iri}> <{predicate}> {literal(value)}"


def digest_triple(named: NamedRecord) -> str:
    """Return the digest of a record, by which a later load sees whether it says something else."""
    return f'<{named.iri}> <{RECORD_DIGEST}> "{named.digest}"'


class AnswerWriter:
    """Writes answers; a result that assessments share is written once, by `new_results`."""

    def __init__(self, guideline: Guideline, activity: str, quads: QuadLines) -> None:
        self.guideline = guideline
        self.activity = activity
        self.quads = quads
        self._written: set[str] = set()
        """The digests of the results and reasons that were met."""
        self._new: list[str] = []
        self._head = self._lines(head_lines(AnswerNames(ME, _RECORD, f"<{activity}>"), guideline))
        self._links: dict[str, str] = {}
        """The lines that link to a result, by the property."""

    def new_results(self) -> str:
        """Return the lines of the results that were met for the first time since this was last asked."""
        found, self._new = self._new, []
        return self._lines(found)

    def lines(self, named: NamedRecord, found: Assessment) -> str:
        """Return the assessment of a record; the results it links to come from `new_results`."""
        return self._of(named, [self._text(said_of(found))])

    def composed_lines(self, named: NamedRecord, found: Composed) -> str:
        """Return the assessment of a record from the parts of its answer, each of which is written once."""
        texts = []
        for part, said in parts_said(found):
            text = part.said.get(self)
            if text is None:
                text = self._text(said())
                part.keep(self, text)
                found.run.a.memories.grow(len(text))
            texts.append(text)
        texts.append(self._text(said_of_days(found)))
        return self._of(named, texts)

    def refused_lines(self, named: NamedRecord) -> str:
        """Return that a stored record is not valid under this guideline, so that nothing was decided."""
        return self._of(named, [self._lines([f'{ME} <{REFUSED}> "true"^^<{XSD}boolean>'])])

    def _of(self, named: NamedRecord, texts: Iterable[str]) -> str:
        name = f"<{named.assessment}>"
        return self._head.replace(ME, name).replace(_RECORD, f"<{named.iri}>") + "".join(texts).replace(ME, name)

    def _text(self, said: Said) -> str:
        """Return what an assessment says as lines, with a mark in place of its name."""
        own = self._lines([f"{ME} <{link}> <{term}>" for link, term in said.links])
        return own + "".join([self._linked(result) for result in said.results])

    def _linked(self, result: ResultLines) -> str:
        """Return the lines that link to a result; what it says comes from `new_results`."""
        digest, known = result.digest, self._links.get(result.link)
        if known is None:
            known = self._lines([f"{ME} <{result.link}> <{RESULTS_NAMED}{_DIGEST}>"])
            self._links[result.link] = known
        if digest not in self._written:
            self._written.add(digest)
            self._new += result.named(f"<{RESULTS_NAMED}{digest}>", self._reason)
        return known.replace(_DIGEST, digest)

    def _lines(self, triples: Iterable[str]) -> str:
        return "".join(self.quads.of(triples, ANSWERS))

    def _reason(self, reason: ReasonLines) -> str:
        digest = reason.digest
        name = f"<{RESULTS_NAMED}{digest}>"
        if digest not in self._written:
            self._written.add(digest)
            self._new += reason.named(name)
        return name


def load_triples(activity: str, guideline: Guideline, moment: datetime) -> Iterator[str]:
    """Yield what a load was: when it ended, by which software, with which guideline and which content of it."""
    agent = f"<{ROOT}software/{__version__}>"
    return activity_lines(f"<{activity}>", agent, guideline, moment)
