"""An assessment as RDF: decisions, answers, reasons and missing fields, with PROV of record, guideline and time."""

from __future__ import annotations

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
    node, activity, agent = rdflib.BNode(), rdflib.BNode(), rdflib.BNode()
    subject = found.record.subject
    record = rdflib.URIRef(subject) if subject and not subject.startswith("_:") else rdflib.BNode()
    guideline = rdflib.URIRef(found.guideline.iri)
    moment = (at or datetime.now(UTC)).replace(microsecond=0)
    for triple in (
        (node, RDF.type, CP.Assessment),
        (node, PROV.wasDerivedFrom, record),
        (node, PROV.wasDerivedFrom, guideline),
        (node, PROV.wasGeneratedBy, activity),
        (guideline, rdflib.OWL.versionInfo, rdflib.Literal(found.guideline.version)),
        (record, RDF.type, CP.PatientRecord),
        (activity, RDF.type, PROV.Activity),
        (activity, PROV.used, record),
        (activity, PROV.endedAtTime, rdflib.Literal(moment.isoformat(), datatype=XSD.dateTime)),
        (activity, PROV.wasAssociatedWith, agent),
        (agent, RDF.type, PROV.SoftwareAgent),
        (agent, RDFS.label, rdflib.Literal(f"lrp-kg {__version__}")),
    ):
        graph.add(triple)
    for p in found.programmes.values():
        for e in p.applying:
            graph.add((node, CP.usesEdition, rdflib.URIRef(e.edition.iri)))
    for box, _ in found.boxes:
        graph.add((node, CP.showsBox, rdflib.URIRef(box.iri)))
    programmes = {p.decision: p.programme.iri for p in found.programmes.values()}
    for d in found.decisions.values():
        part = rdflib.BNode()
        graph.add((node, CP.decisionResult, part))
        graph.add((part, RDF.type, CP.DecisionResult))
        options = d.decision.options
        for predicate, iris in (
            (CP.ofDecision, [programmes.get(d.decision.iri, d.decision.iri)]),
            (CP.status, [status_iri(d.result.status)]),
            (CP.answer, [o.iri for o in options if o.id in d.result.answers]),
            (CP.possible, [o.iri for o in options if o.id in d.result.possible]),
            (CP.missingField, d.result.missing),
            (CP.restsOn, [point.iri for point in d.open_points]),
        ):
            for iri in iris:
                graph.add((part, predicate, rdflib.URIRef(iri)))
        for reason in d.because:
            condition = rdflib.BNode()
            graph.add((part, CP.because, condition))
            graph.add((condition, RDF.type, CP.ConditionResult))
            graph.add((condition, CP.ofCondition, rdflib.URIRef(reason.condition.iri)))
            graph.add((condition, CP.verdict, rdflib.URIRef(verdict_iri(reason.verdict))))
    return graph


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
