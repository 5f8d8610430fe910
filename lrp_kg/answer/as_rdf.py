"""An assessment as RDF: decisions, answers, reasons and missing fields, with PROV of record, guideline and time."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import rdflib
from rdflib.namespace import RDF, RDFS, XSD

from lrp_kg import __version__
from lrp_kg.answer.as_json import Json
from lrp_kg.answer.results import Assessment
from lrp_kg.logic.explain import VERDICT_NAMES
from lrp_kg.namespaces import CP as CP_IRI
from lrp_kg.namespaces import PREFIXES
from lrp_kg.namespaces import PROV as PROV_IRI

CP = rdflib.Namespace(CP_IRI)
PROV = rdflib.Namespace(PROV_IRI)
_STATUS = {"no-answer": "noAnswer", "not-applicable": "notApplicable"}


def status_iri(status: str) -> str:
    """Return the term of a status."""
    return CP_IRI + _STATUS.get(status, status)


def verdict_iri(verdict: int) -> str:
    """Return the term of a verdict."""
    return CP_IRI + VERDICT_NAMES[verdict]


def to_graph(found: Assessment, *, at: datetime | None = None) -> rdflib.Graph:
    """Return an assessment as a graph; of the record it holds the node only, never the values."""
    graph = rdflib.Graph(bind_namespaces="none")
    for prefix, namespace in PREFIXES.items():
        graph.bind(prefix, namespace)
    graph.bind("g", found.guideline.namespace)
    node = rdflib.BNode()
    subject = found.record.subject
    record = rdflib.URIRef(subject) if subject and not subject.startswith("_:") else rdflib.BNode()
    guideline = rdflib.URIRef(found.guideline.iri)
    graph.add((node, RDF.type, CP.Assessment))
    graph.add((node, PROV.wasDerivedFrom, record))
    graph.add((node, PROV.wasDerivedFrom, guideline))
    graph.add((guideline, rdflib.OWL.versionInfo, rdflib.Literal(found.guideline.version)))
    graph.add((record, RDF.type, CP.PatientRecord))
    activity = rdflib.BNode()
    moment = (at or datetime.now(UTC)).replace(microsecond=0)
    graph.add((node, PROV.wasGeneratedBy, activity))
    graph.add((activity, RDF.type, PROV.Activity))
    graph.add((activity, PROV.used, record))
    graph.add((activity, PROV.endedAtTime, rdflib.Literal(moment.isoformat(), datatype=XSD.dateTime)))
    agent = rdflib.BNode()
    graph.add((activity, PROV.wasAssociatedWith, agent))
    graph.add((agent, RDF.type, PROV.SoftwareAgent))
    graph.add((agent, RDFS.label, rdflib.Literal(f"lrp-kg {__version__}")))
    for p in found.programmes.values():
        graph.add((node, CP.usesEdition, rdflib.URIRef(p.edition.iri)))
    for box, _ in found.boxes:
        graph.add((node, CP.showsBox, rdflib.URIRef(box.iri)))
    programmes = {p.edition.decision: p.programme.iri for p in found.programmes.values()}
    for d in found.decisions.values():
        part = rdflib.BNode()
        graph.add((node, CP.decisionResult, part))
        graph.add((part, RDF.type, CP.DecisionResult))
        graph.add((part, CP.ofDecision, rdflib.URIRef(programmes.get(d.decision.iri, d.decision.iri))))
        graph.add((part, CP.status, rdflib.URIRef(status_iri(d.result.status))))
        for predicate, names in ((CP.answer, d.result.answers), (CP.possible, d.result.possible)):
            for option in d.decision.options:
                if option.id in names:
                    graph.add((part, predicate, rdflib.URIRef(option.iri)))
        for name in d.result.missing:
            graph.add((part, CP.missingField, rdflib.URIRef(name)))
        for point in d.open_points:
            graph.add((part, CP.restsOn, rdflib.URIRef(point.iri)))
        _reasons(graph, part, ((r.condition.iri, r.verdict) for r in d.because))
    return graph


def _reasons(graph: rdflib.Graph, part: rdflib.term.Node, reasons: Iterable[tuple[str, int]]) -> None:
    for condition, verdict in reasons:
        node = rdflib.BNode()
        graph.add((part, CP.because, node))
        graph.add((node, RDF.type, CP.ConditionResult))
        graph.add((node, CP.ofCondition, rdflib.URIRef(condition)))
        graph.add((node, CP.verdict, rdflib.URIRef(verdict_iri(verdict))))


def answer_context(namespace: str) -> Json:
    """Return the JSON-LD context under which an answer's decisions, statuses and missing fields are RDF."""
    scoped: dict[str, Any] = {
        "status": {"@id": CP_IRI + "status"},
        "answers": {"@id": CP_IRI + "answer", "@container": "@set"},
        "possible": {"@id": CP_IRI + "possible", "@container": "@set"},
        "missing": {"@id": CP_IRI + "missingField", "@type": "@vocab", "@container": "@set"},
        "because": {"@id": CP_IRI + "because", "@container": "@set"},
        "condition": {"@id": CP_IRI + "ofCondition", "@type": "@vocab"},
    }
    return {
        "@version": 1.1,
        "@vocab": namespace,
        "id": "http://purl.org/dc/terms/identifier",
        "decisions": {"@id": CP_IRI + "decisionResult", "@container": "@index", "@context": scoped},
        "label": "http://www.w3.org/2000/01/rdf-schema#label",
    }
