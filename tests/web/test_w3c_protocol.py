"""The SPARQL 1.1 Protocol tests of the W3C, read from their own manifest and sent to a running service.

`tests/w3c/` holds the manifest and its data, under the licence beside it. The tests of successful updates are turned
around: the endpoint is read-only, so each of their requests has to be refused, and to change nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote

import pyoxigraph as ox
import pytest
import rdflib
from rdflib.collection import Collection
from rdflib.namespace import RDF, RDFS

from tests.support.paths import TESTS
from tests.support.serving import Answer, Service, make_store, serving

HERE = TESTS / "w3c" / "protocol"
MF = rdflib.Namespace("http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#")
HT = rdflib.Namespace("http://www.w3.org/2011/http#")
CNT = rdflib.Namespace("http://www.w3.org/2011/content#")
UT = rdflib.Namespace("http://www.w3.org/2009/sparql/tests/test-update#")
STATUS = "http://www.w3.org/2011/http-statusCodes#StatusCode"
DATA = "http://kasei.us/2009/09/sparql/data/data{}.rdf"
TABULAR = ("application/sparql-results+json", "application/sparql-results+xml", "text/csv", "text/tab-separated-values")
RDF_TYPES = ("text/turtle", "application/n-triples", "application/ld+json", "application/rdf+xml")

QUERIES = 20
NEGATIVE_UPDATES = 7
UPDATES = 7


@dataclass(frozen=True)
class Request:
    """A request of a test, and what is expected of its response."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes | None
    statuses: tuple[str, ...]
    format: str | None
    boolean: bool | None


@dataclass(frozen=True)
class Case:
    name: str
    title: str
    requests: tuple[Request, ...]


def read_cases() -> list[Case]:
    graph = rdflib.Graph().parse(HERE / "manifest.ttl", format="turtle")
    entries = graph.value(predicate=RDF.type, object=MF.Manifest)
    assert entries is not None
    found = []
    for test in Collection(graph, graph.value(entries, MF.entries)):
        action = graph.value(test, MF.action)
        requests = tuple(read_request(graph, r) for r in Collection(graph, graph.value(action, HT.requests)))
        found.append(Case(str(test).rpartition("#")[2], str(graph.value(test, MF.name)), requests))
    return found


def read_request(graph: rdflib.Graph, node: rdflib.term.Node) -> Request:
    headers = {}
    listed = graph.value(node, HT.headers)
    for header in Collection(graph, listed) if listed is not None else ():
        headers[str(graph.value(header, HT.fieldName))] = str(graph.value(header, HT.fieldValue))
    content = graph.value(node, HT.body)
    body = None
    if content is not None:
        encoding = str(graph.value(content, CNT.characterEncoding) or "UTF-8")
        body = str(graph.value(content, CNT.chars)).encode(encoding)
    response = graph.value(node, HT.resp)
    statuses = tuple(sorted(str(s).removeprefix(STATUS) for s in graph.objects(response, MF.expectedStatus)))
    expected = graph.value(response, MF.expectedBoolean)
    form = graph.value(response, MF.expectedFormat)
    return Request(
        str(graph.value(node, HT.methodName)),
        str(graph.value(node, HT.absolutePath)),
        headers,
        body,
        statuses,
        str(form) if form is not None else None,
        expected.toPython() if isinstance(expected, rdflib.Literal) else None,
    )


CASES = read_cases()


def named(*prefixes: str) -> list[Case]:
    return [c for c in CASES if c.name.startswith(prefixes)]


def ids(cases: list[Case]) -> list[str]:
    return [c.name for c in cases]


QUERY_CASES = [*named("query_"), *named("bad_query", "bad_multiple_queries")]
BAD_UPDATES = named("bad_update", "bad_multiple_updates")
UPDATE_CASES = named("update_")
DATASET_CASES = named("query_dataset", "query_multiple_dataset")


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service with the data of the tests only."""
    quads = []
    for number in (1, 2, 3):
        file = HERE / f"data{number}.nt"
        graph = ox.NamedNode(DATA.format(number))
        quads += [ox.Quad(*q.triple, graph) for q in ox.parse(path=str(file), format=ox.RdfFormat.N_TRIPLES)]
    assert len(quads) == 3
    store = make_store(tmp_path_factory.mktemp("w3c") / "store", quads)
    with serving("--store", str(store)) as found:
        yield found


def test_every_test_of_the_manifest_runs() -> None:
    assert (len(QUERY_CASES), len(BAD_UPDATES), len(UPDATE_CASES)) == (QUERIES, NEGATIVE_UPDATES, UPDATES)
    assert len(CASES) == QUERIES + NEGATIVE_UPDATES + UPDATES
    assert len(DATASET_CASES) == 6
    assert (TESTS / "w3c" / "LICENSE.md").is_file()


def send(service: Service, request: Request) -> Answer:
    return service.ask(request.path, request.method, request.body, request.headers)


def check(request: Request, answer: Answer) -> None:
    assert any(str(answer.status).startswith(s.rstrip("x")) for s in request.statuses), answer.text
    kind = answer.headers.get("content-type", "").split(";")[0]
    if request.format == "boolean":
        assert kind in TABULAR[:2]
    elif request.format == "tabular":
        assert kind in TABULAR
    elif request.format == "RDF":
        assert kind in RDF_TYPES
    if request.boolean is not None:
        assert boolean(answer) is request.boolean


def boolean(answer: Answer) -> bool:
    form = ox.QueryResultsFormat.from_media_type(answer.headers["content-type"])
    assert form is not None
    return bool(ox.parse_query_results(answer.body, form))


@pytest.mark.parametrize("case", QUERY_CASES, ids=ids(QUERY_CASES))
def test_query(service: Service, case: Case) -> None:
    assert case.requests
    for request in case.requests:
        check(request, send(service, request))


@pytest.mark.parametrize("case", BAD_UPDATES, ids=ids(BAD_UPDATES))
def test_bad_update(service: Service, case: Case) -> None:
    assert case.requests
    for request in case.requests:
        check(request, send(service, request))


@pytest.mark.parametrize("case", UPDATE_CASES, ids=ids(UPDATE_CASES))
def test_updates_are_refused_and_change_nothing(service: Service, case: Case) -> None:
    before = service.sparql("SELECT (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } }").body
    updates = [r for r in case.requests if (r.body or b"").startswith(b"update=") or "sparql-update" in str(r.headers)]
    assert updates
    for request in updates:
        answer = send(service, request)
        assert answer.status == 400, answer.text
        assert "read-only" in answer.text
    assert service.sparql("SELECT (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } }").body == before


def without(request: Request, number: int) -> list[str]:
    """Return path and body of a request without the parameters that name a graph."""
    name = quote(DATA.format(number), safe="")
    changed = []
    for text in (request.path, (request.body or b"").decode()):
        for parameter in ("default-graph-uri", "named-graph-uri"):
            text = text.replace(f"&{parameter}={name}", "").replace(f"{parameter}={name}&", "")
            text = text.replace(f"{parameter}={name}", "")
        changed.append(text)
    return changed


TWINS = [
    pytest.param(c, n, id=f"{c.name}-without-{n}")
    for c in DATASET_CASES
    for n in (1, 2, 3)
    if without(c.requests[0], n) != [c.requests[0].path, (c.requests[0].body or b"").decode()]
]


def test_every_dataset_test_has_a_twin() -> None:
    assert len(TWINS) == 13
    assert {t.values[0].name for t in TWINS} == set(ids(DATASET_CASES))


@pytest.mark.parametrize(("case", "number"), TWINS)
def test_missing_graph_changes_the_answer(service: Service, case: Case, number: int) -> None:
    """The twin of each dataset test: without one of its graphs the answer is no longer true."""
    (request,) = case.requests
    changed = without(request, number)
    sent = Request(request.method, changed[0], request.headers, changed[1].encode() or None, ("200",), None, None)
    answer = send(service, sent)
    if "graph-uri" not in "".join(changed):
        # no dataset is named at all any more: the default graph of this store is empty
        assert boolean(answer) is False
        return
    assert answer.status == 200, answer.text
    assert boolean(answer) is False


# -- service description ------------------------------------------------------------------------------

SD = rdflib.Namespace("http://www.w3.org/ns/sparql-service-description#")


@pytest.fixture(scope="module")
def description(service: Service) -> Answer:
    return service.ask("/sparql/", headers={"Accept": "text/turtle"})


def as_graph(answer: Answer) -> rdflib.Graph:
    return rdflib.Graph().parse(data=answer.body, format="turtle")


def test_get_on_the_endpoint_returns_rdf(service: Service, description: Answer) -> None:
    assert description.status == 200
    assert len(as_graph(description)) > 10
    for kind in RDF_TYPES:
        answer = service.ask("/sparql/", headers={"Accept": kind})
        assert answer.headers["content-type"].startswith(kind)
        form = ox.RdfFormat.from_media_type(kind)
        assert form is not None
        assert len(list(ox.parse(answer.body, format=form))) == len(as_graph(description))


def test_description_names_the_endpoint(service: Service, description: Answer) -> None:
    endpoints = list(as_graph(description).objects(predicate=SD.endpoint))
    assert endpoints == [rdflib.URIRef(f"{service.url}/sparql/")]


@pytest.mark.slow
def test_description_conforms_to_its_schema(description: Answer) -> None:
    """Every property of the description has a subject in its domain and an object in its range."""
    graph = as_graph(description)
    (node,) = graph.subjects(RDF.type, SD.Service)
    (dataset,) = graph.objects(node, SD.defaultDataset)
    assert (dataset, RDF.type, SD.Dataset) in graph
    (default,) = graph.objects(dataset, SD.defaultGraph)
    assert (default, RDF.type, SD.Graph) in graph
    named_graphs = list(graph.objects(dataset, SD.namedGraph))
    assert len(named_graphs) == 3
    for entry in named_graphs:
        assert (entry, RDF.type, SD.NamedGraph) in graph
        assert isinstance(graph.value(entry, SD.name), rdflib.URIRef)
        assert (graph.value(entry, SD.graph), RDF.type, SD.Graph) in graph
    known = {SD.Service, SD.Dataset, SD.Graph, SD.NamedGraph}
    assert set(graph.objects(predicate=RDF.type)) <= known
    assert SD.SPARQL11Query in set(graph.objects(node, SD.supportedLanguage))
    assert SD.SPARQL11Update not in set(graph.objects(node, SD.supportedLanguage))
    assert list(graph.objects(node, SD.resultFormat))
    assert not list(graph.objects(predicate=RDFS.label))
