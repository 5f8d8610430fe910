"""Every constraint of every record shape, with a record that conforms and one that does not, compared with pySHACL.

The faults are derived from the shapes, as triples, so a new shape is tested without a new test.
`test_validation.py` tests faults in JSON.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pyoxigraph as ox
import pytest
from rdflib import RDF, XSD, BNode, Graph, Literal, Namespace, URIRef
from rdflib.collection import Collection
from rdflib.namespace import SH
from rdflib.term import Node

from lrp_kg import GuidelineService, InvalidRecord
from lrp_kg.words import LANGUAGES
from tests.support.paths import ROOT
from tests.support.stock_pyshacl import stock

SHAPES = ROOT / "shapes" / "record.ttl"
CP = Namespace("https://w3id.org/lrp-kg/care-pathway#")
LRP = Namespace("https://w3id.org/lrp-kg/low-back-pain#")
RECORD = URIRef("urn:record")
TODAY = date(2024, 6, 10)
SHAPE_GRAPH = Graph().parse(SHAPES)

Triples = list[tuple[Node, Any]]
"""Properties and values; in a fault no value takes the property away."""
Fault = tuple[URIRef, URIRef, Triples]


def valid_values(path: URIRef) -> list[Node]:
    """Return some valid values of a field, as its shapes allow."""
    for shape in SHAPE_GRAPH.subjects(SH.path, path):
        members = SHAPE_GRAPH.value(shape, SH["in"])
        if members is not None and SHAPE_GRAPH.value(shape, SH.maxCount):
            return list(Collection(SHAPE_GRAPH, members))
        datatype = SHAPE_GRAPH.value(shape, SH.datatype)
        if datatype == XSD.boolean:
            return [Literal(True), Literal(False)]
        if datatype == XSD.date:
            return [Literal(TODAY - timedelta(n)) for n in (30, 31)]
        if datatype == XSD.integer:
            least = SHAPE_GRAPH.value(shape, SH.minInclusive)
            return [Literal(n) for n in (0, 1, 50, 100) if least is None or n >= least.value]
        if datatype == XSD.string:
            return [Literal("one"), Literal("two")]
    return []


def fields() -> list[URIRef]:
    found = {p for p in SHAPE_GRAPH.objects(None, SH.path) if isinstance(p, URIRef)} - {RDF.first}
    return sorted(f for f in found if valid_values(f))


BOUNDS = {LRP.onsetDateEarliest, LRP.onsetDateLatest}
RANGED = {LRP["record-onset-exact-or-range"]}
"""Shapes that are about records with a range, though not on a bound."""


def full_record(*, ranged: bool = False) -> Triples:
    """Return a record with every field; the onset as an exact day, or as a range."""
    left_out = {LRP.onsetDate} if ranged else BOUNDS
    left_out |= {LRP.officeWorkOnly}
    values: Triples = [(field, valid_values(field)[0]) for field in fields() if field not in left_out]
    values += [(LRP.officeWorkOnly, Literal(False))]  # all other work is done
    return values + [(LRP.medications, LRP["medications-nsaid"])]


def faults_of(shape: URIRef, path: URIRef) -> Iterator[Fault]:
    """Yield for each constraint of a property shape triples that break it, in place of the field's valid ones."""
    g = SHAPE_GRAPH
    valid = valid_values(path)
    if shape in RANGED:
        yield shape, SH.MaxCountConstraintComponent, [(path, valid[0])]
    elif g.value(shape, SH.maxCount):
        yield shape, SH.MaxCountConstraintComponent, [(path, v) for v in valid[:2]] or two_lists(path)
    if g.value(shape, SH["in"]):
        wrong = URIRef("urn:no-value") if valid and isinstance(valid[0], URIRef) else Literal(False)
        yield shape, SH.InConstraintComponent, [(path, wrong)]
    if g.value(shape, SH.datatype):
        wrong = Literal(7) if g.value(shape, SH.datatype) == XSD.string else Literal("seven")
        yield shape, SH.DatatypeConstraintComponent, [(path, wrong)]
    if g.value(shape, SH.pattern):
        yield shape, SH.PatternConstraintComponent, [(path, Literal("2024-05-01Z", datatype=XSD.date, normalize=False))]
    for bound, component, shift in (
        (SH.minInclusive, SH.MinInclusiveConstraintComponent, -1),
        (SH.maxInclusive, SH.MaxInclusiveConstraintComponent, 1),
    ):
        limit = g.value(shape, bound)
        if limit is not None:
            day = isinstance(limit.value, date)
            wrong = limit.value + timedelta(shift) if day else limit.value + shift
            yield shape, component, [(path, Literal(wrong))]
    if g.value(shape, SH.lessThanOrEquals):
        yield shape, SH.LessThanOrEqualsConstraintComponent, [(path, Literal(TODAY + timedelta(400)))]
    if g.value(shape, SH.sparql):
        late = [(path, Literal(TODAY + timedelta(400)))]
        said = valid[0] if path == LRP.sicknessFundSince else Literal(1 if path == LRP.incapacityPercentage else True)
        query = str(g.value(g.value(shape, SH.sparql), SH.select))
        beside = re.search(r"\$PATH \?value ; lrp:(\w+)", query)
        both = '(?other) IN ("true"' in query
        denied = [(path, said), (LRP[beside[1]] if beside else LRP.incapacitated, Literal(both))]
        if path == LRP.endedIncapacityBecauseOfLowBack:
            denied = [(path, Literal(False)), (LRP.incapacitated, Literal(False))]  # the cause is low back pain
        if path in (LRP.employerSize, LRP.workerStatus):
            denied = [(path, valid[0]), (LRP.sector, LRP["sector-self-employed"])]
        (other,) = BOUNDS - {path} if path in BOUNDS else {None}
        alone: Triples = [(path, valid[0]), (other, None)]
        found = alone if other else late if path == LRP.applicationDate else denied
        yield shape, SH.SPARQLConstraintComponent, found
    if g.value(shape, SH.nodeKind):
        yield shape, SH.NodeKindConstraintComponent, [(path, Literal("nsaid"))]
    if g.value(shape, SH["or"]):
        yield shape, SH.OrConstraintComponent, [(path, BNode())]


def two_lists(path: URIRef) -> Triples:
    return [(path, LRP["medications-nsaid"]), (path, LRP["medications-opioid"])]


def all_faults() -> list[Fault]:
    found: list[Fault] = []
    for shape in sorted(SHAPE_GRAPH.subjects(RDF.type, SH.PropertyShape)):
        path = SHAPE_GRAPH.value(shape, SH.path)
        if isinstance(path, URIRef):
            found += faults_of(shape, path)
        else:  # the members of the list of drugs
            found.append((shape, SH.InConstraintComponent, [(LRP.medications, LRP["medications-aspirin"])]))
    found.append((LRP["record-shape"], SH.ClosedConstraintComponent, [(LRP.age, Literal(44))]))
    return found


FAULTS = all_faults()


def graph_of(values: Triples) -> Graph:
    """Return a record as a graph; each drug is in a list of one; an empty node means no drugs."""
    graph = Graph()
    graph.add((RECORD, RDF.type, CP.PatientRecord))
    for path, value in values:
        if path == LRP.medications and isinstance(value, URIRef):
            head = BNode()
            Collection(graph, head, [value])
            value = head
        graph.add((RECORD, path, value))
    return graph


def ours(service: GuidelineService, graph: Graph) -> list[Any]:
    text = graph.serialize(format="nt")
    (raw,) = service.reader.from_rdf(text, ox.RdfFormat.N_TRIPLES)
    return service.validate(raw)


def changed(values: Triples, fault: Triples) -> Triples:
    paths = {path for path, _ in fault}
    kept = [(path, value) for path, value in values if path not in paths]
    return kept + [(path, value) for path, value in fault if value is not None]


def test_every_shape_is_tested() -> None:
    shapes = set(SHAPE_GRAPH.subjects(RDF.type, SH.PropertyShape)) | set(SHAPE_GRAPH.subjects(RDF.type, SH.NodeShape))
    outer = {s for s in shapes if isinstance(s, URIRef)}
    groups = (
        "surgery-date",
        "sickness-fund-date",
        "incapacity-start",
        "trajectory",
        "uncertain-onset",
        "return-examination-date",
    )
    only_groups = {LRP[f"record-with-{name}"] for name in groups}
    assert {shape for shape, _, _ in FAULTS} == outer - only_groups
    assert len(outer) >= 50
    assert len(FAULTS) >= 100


@pytest.mark.parametrize("ranged", [False, True])
def test_full_record_conforms_to_every_shape(service: GuidelineService, ranged: bool) -> None:
    graph = graph_of(full_record(ranged=ranged))
    left_out = {LRP.onsetDate} if ranged else BOUNDS
    assert {p for _, p, _ in graph if p in SHAPE_GRAPH.objects(None, SH.path)} >= set(fields()) - left_out
    assert stock(graph, SHAPE_GRAPH) == (True, set())
    assert ours(service, graph) == []


@pytest.mark.exhaustive
@pytest.mark.parametrize(
    ("shape", "component", "fault"),
    FAULTS,
    ids=[f"{s.rsplit('#', 1)[1]}-{c.rsplit('#', 1)[1].removesuffix('ConstraintComponent')}" for s, c, _ in FAULTS],
)
def test_each_violation_is_reported(
    service: GuidelineService, shape: URIRef, component: URIRef, fault: Triples
) -> None:
    graph = graph_of(changed(full_record(ranged=bool({fault[0][0]} & BOUNDS) or shape in RANGED), fault))
    conforms, broken = stock(graph, SHAPE_GRAPH)
    assert not conforms
    assert (shape, component) in broken
    findings = ours(service, graph)
    assert str(fault[0][0]) in {finding.field for finding in findings}
    for finding in findings:
        assert set(finding.messages) == set(LANGUAGES)
        assert all(text.strip() for text in finding.messages.values())
        assert len(set(finding.messages.values())) >= 3, finding.messages
        for lang in LANGUAGES:
            assert "{" not in finding.text(lang)
    with pytest.raises(InvalidRecord):
        service.assess(service.reader.from_rdf(graph.serialize(format="nt"), ox.RdfFormat.N_TRIPLES)[0])


def test_all_faults_are_reported_at_once(service: GuidelineService) -> None:
    """One fault per field, in one record: each field is named."""
    values = full_record()
    one_each = {fault[0][0]: fault for _, component, fault in FAULTS if component == SH.DatatypeConstraintComponent}
    one_each |= {f[0][0]: f for _, c, f in FAULTS if c in (SH.InConstraintComponent, SH.ClosedConstraintComponent)}
    for fault in one_each.values():
        values = changed(values, fault)
    findings = ours(service, graph_of(values))
    assert {f.field for f in findings} >= {str(path) for path in one_each}
    assert len(one_each) >= 40


@pytest.mark.parametrize(
    "number", [pytest.param(60, marks=pytest.mark.slow), pytest.param(350, marks=pytest.mark.long)], ids=str
)
def test_pyshacl_gives_the_same_verdict(number: int, service: GuidelineService) -> None:
    """Compare hundreds of records with up to three faults; the validator's memory of valid values must not matter."""
    rng = random.Random(1945)
    verdicts = {True: 0, False: 0}
    for _ in range(number):
        known = rng.choice((0.05, 0.1, 0.2, 0.9))
        values = [
            (path, rng.choice(valid_values(path) or [value])) for path, value in full_record(ranged=rng.random() < 0.2)
        ]
        values = [pair for pair in values if pair[0] in BOUNDS or rng.random() < known]
        for _ in range(rng.choice((0, 0, 0, 1, 1, 2, 3))):
            values = changed(values, rng.choice(FAULTS)[2])
        graph = graph_of(values)
        conforms, broken = stock(graph, SHAPE_GRAPH)
        verdicts[conforms] += 1
        assert (ours(service, graph) == []) == conforms, (sorted(values), broken)
    assert min(verdicts.values()) >= number / 8, verdicts


@pytest.mark.parametrize(
    ("field", "text", "datatype"),
    [
        ("priorIncapacityDays", "1_0", XSD.integer),
        ("priorIncapacityDays", "٥", XSD.integer),
        ("priorIncapacityDays", "5.0", XSD.integer),
        ("priorIncapacityDays", "0x5", XSD.integer),
        ("priorIncapacityDays", "", XSD.integer),
        ("radicularPain", "True", XSD.boolean),
        ("radicularPain", "yes", XSD.boolean),
        ("onsetDate", "20240108", XSD.date),
        ("onsetDate", "2024-W02-1", XSD.date),
        ("onsetDate", "2024-008", XSD.date),
        ("onsetDate", "2024-01-08T00:00:00", XSD.date),
        ("onsetDate", "٢٠٢٤-٠١-٠٨", XSD.date),
    ],
)
def test_only_lexical_forms_of_xsd_are_accepted(
    service: GuidelineService, field: str, text: str, datatype: URIRef
) -> None:
    """Python parses more forms than XSD allows; such a literal is refused."""
    line = f'<urn:r> <{LRP[field]}> "{text}"^^<{datatype}> .\n<urn:r> <{RDF.type}> <{CP.PatientRecord}> .'
    (raw,) = service.reader.from_rdf(line, ox.RdfFormat.N_TRIPLES)
    assert [f.field for f in service.validate(raw)] == [str(LRP[field])]
