"""The SPARQL 1.1 service description of the endpoint, with VoID counts of its graphs."""

from __future__ import annotations

import json
from typing import Any

import rdflib
from flask import Response, current_app, request
from rdflib.namespace import DCTERMS, RDF, VOID, XSD

from lrp_kg.errors import LimitReached, NotAcceptable
from lrp_kg.guideline.named_graphs import version_iri
from lrp_kg.research.engine.formats import GRAPHS
from lrp_kg.research.engine.model import Engine, Question
from lrp_kg.web.assess import service
from lrp_kg.web.engine import engine
from lrp_kg.web.negotiation import without_parameters

SD = rdflib.Namespace("http://www.w3.org/ns/sparql-service-description#")
FORMATS = rdflib.Namespace("http://www.w3.org/ns/formats/")
RESULTS = (
    "SPARQL_Results_JSON",
    "SPARQL_Results_XML",
    "SPARQL_Results_CSV",
    "SPARQL_Results_TSV",
    "Turtle",
    "N-Triples",
    "JSON-LD",
    "RDF_XML",
)
_WRITERS = {
    "text/turtle": "turtle",
    "application/n-triples": "nt",
    "application/ld+json": "json-ld",
    "application/rdf+xml": "xml",
}


def describe(media_type: str | None = None) -> Response:
    """Return the description of the service in a format that the caller accepts."""
    return _write(service_graph(request.base_url, engine()), media_type)


def describe_dataset() -> Response:
    """Return the VoID description of the dataset."""
    endpoint = request.host_url + "sparql"
    graph = rdflib.Graph()
    node = rdflib.URIRef(request.base_url + "#dataset")
    guideline = service().guideline
    graph.add((node, RDF.type, VOID.Dataset))
    graph.add((node, VOID.sparqlEndpoint, rdflib.URIRef(endpoint)))
    graph.add((node, VOID.uriSpace, rdflib.Literal(guideline.namespace)))
    graph.add((node, VOID.dataDump, rdflib.URIRef(request.host_url + "ontology")))
    graph.add((node, DCTERMS.source, rdflib.URIRef(version_iri(guideline))))
    graph.add((node, DCTERMS.license, rdflib.URIRef("https://creativecommons.org/licenses/by/4.0/")))
    for lang, text in guideline.label.items():
        graph.add((node, DCTERMS.title, rdflib.Literal(text, lang=lang)))
    counts = _counts(engine())
    if counts:
        graph.add((node, VOID.triples, rdflib.Literal(counts.get("", 0))))
        for name, number in sorted(counts.items()):
            if name:
                graph.add((node, VOID.subset, rdflib.URIRef(name)))
                graph.add((rdflib.URIRef(name), RDF.type, VOID.Dataset))
                graph.add((rdflib.URIRef(name), VOID.triples, rdflib.Literal(number)))
    return _write(graph, None)


def service_graph(address: str, current: Engine) -> rdflib.Graph:
    """Return the description of an endpoint at an address, over the data of an engine."""
    graph = rdflib.Graph()
    graph.bind("sd", SD)
    graph.bind("void", VOID)
    node, dataset, default = rdflib.BNode(), rdflib.BNode(), rdflib.BNode()
    graph.add((node, RDF.type, SD.Service))
    graph.add((node, SD.endpoint, rdflib.URIRef(address)))
    graph.add((node, SD.supportedLanguage, SD.SPARQL11Query))
    for name in RESULTS:
        graph.add((node, SD.resultFormat, FORMATS[name]))
    graph.add((node, SD.defaultDataset, dataset))
    graph.add((dataset, RDF.type, SD.Dataset))
    graph.add((dataset, SD.defaultGraph, default))
    graph.add((default, RDF.type, SD.Graph))
    for name, number in sorted(_counts(current).items()):
        part = default
        if name:
            entry, part = rdflib.BNode(), rdflib.BNode()
            graph.add((dataset, SD.namedGraph, entry))
            graph.add((entry, RDF.type, SD.NamedGraph))
            graph.add((entry, SD.name, rdflib.URIRef(name)))
            graph.add((entry, SD.graph, part))
            graph.add((part, RDF.type, SD.Graph))
        graph.add((part, VOID.triples, rdflib.Literal(number, datatype=XSD.integer)))
    return graph


def _counts(current: Engine) -> dict[str, int]:
    """Return the triples per graph, with "" for the default graph; empty if counting takes too long."""
    known: dict[str, dict[str, int]] = current_app.extensions.setdefault("lrp_kg_counts", {})
    counts = known.get(current.version)
    if counts is None:
        try:
            counts = {"": int(_rows(current, "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }")[0]["n"])}
            named = "SELECT ?g (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } } GROUP BY ?g"
            counts |= {row["g"]: int(row["n"]) for row in _rows(current, named)}
        except LimitReached:
            counts = {}
        known.clear()
        known[current.version] = counts
    return counts


def _rows(current: Engine, query: str) -> list[dict[str, str]]:
    data: dict[str, Any] = json.loads(current.ask(Question(query)).read())
    return [{k: v["value"] for k, v in row.items()} for row in data["results"]["bindings"]]


def _write(graph: rdflib.Graph, media_type: str | None) -> Response:
    if media_type is None:
        plain = without_parameters(request.accept_mimetypes)
        media_type = plain.best_match(list(GRAPHS)) if plain else "text/turtle"
    if media_type not in _WRITERS:
        raise NotAcceptable(f"The description is RDF. Accept one of {', '.join(_WRITERS)}.")
    text = graph.serialize(format=_WRITERS[media_type])
    cache = "no-store" if engine().has_records else "no-cache"
    return Response(text, headers={"Vary": "Accept", "Cache-Control": cache}, mimetype=media_type)
