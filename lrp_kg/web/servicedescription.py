"""The SPARQL 1.1 service description of the endpoint, with VoID counts of its graphs."""

from __future__ import annotations

import re

import rdflib
from flask import Response, request, url_for
from rdflib.namespace import DCTERMS, RDF, VOID, XSD

from lrp_kg.errors import LimitReached, NotAcceptable, WrongHost
from lrp_kg.guideline.named_graphs import version_iri
from lrp_kg.research.engine.formats import GRAPHS
from lrp_kg.research.engine.model import Engine, Question
from lrp_kg.web.assess import service
from lrp_kg.web.engine import engine
from lrp_kg.web.latest import latest
from lrp_kg.web.negotiation import depends_on, without_parameters

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
_HOST = re.compile(r"[A-Za-z0-9._-]{1,255}(?::[0-9]{1,5})?")


def describe(media_type: str | None = None) -> Response:
    """Return the description of the service in a format that the caller accepts."""
    return _write(service_graph(_address(), engine()), media_type)


def _address(path: str | None = None) -> str:
    """Return the whole address of a path, that of the request if there is none, as the client sees it."""
    host = request.host or request.headers.get("Host", "")  # Werkzeug gives none for a name such as lrp_kg
    if not request.host and not _HOST.fullmatch(host):
        raise WrongHost(
            "The description of the service holds its address, and the Host header (X-Forwarded-Host of a proxy) is "
            f"{'missing' if not host else 'not the name of a host'}. Send one such as guideline.example:8000."
        )
    return f"{request.scheme}://{host.lower()}{path or request.script_root + request.path}"


def describe_dataset() -> Response:
    """Return the VoID description of the dataset."""
    graph = rdflib.Graph()
    node = rdflib.URIRef(_address() + "#dataset")
    guideline = service().guideline
    graph.add((node, RDF.type, VOID.Dataset))
    graph.add((node, VOID.sparqlEndpoint, rdflib.URIRef(_address(url_for("sparql.sparql")))))
    graph.add((node, VOID.uriSpace, rdflib.Literal(guideline.namespace)))
    graph.add((node, VOID.dataDump, rdflib.URIRef(_address(url_for("terms.ontology")))))
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

    def count() -> dict[str, int]:
        queries = (
            "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }",
            "SELECT ?g (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } } GROUP BY ?g",
        )
        try:
            rows = [row for query in queries for row in current.ask(Question(query)).rows_as_text()]
        except LimitReached:
            return {}
        return {row.get("g", ""): int(row["n"]) for row in rows}

    return latest("lrp_kg_counts", current.version, count)


def _write(graph: rdflib.Graph, media_type: str | None) -> Response:
    if media_type is None:
        depends_on("Accept")
        plain = without_parameters(request.accept_mimetypes)
        media_type = plain.best_match(list(GRAPHS)) if plain else "text/turtle"
    if media_type is None:
        raise NotAcceptable(f"The description is RDF. Accept one of {', '.join(GRAPHS)}.")
    text = graph.serialize(format=media_type)
    cache = "no-store" if engine().has_records else "no-cache"
    return Response(text, headers={"Cache-Control": cache}, mimetype=media_type)
