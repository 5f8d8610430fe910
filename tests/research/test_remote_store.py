"""A remote SPARQL endpoint as store: a real server on this machine, and misbehaving ones."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from lrp_kg import GuidelineService
from lrp_kg.cli import main
from lrp_kg.errors import (
    LrpError,
    MalformedQuery,
    NotAcceptable,
    QueryRefused,
    QueryTimeLimit,
    QueryTooLong,
    SizeLimit,
    StoreError,
)
from lrp_kg.guideline.named_graphs import ANSWERS, RECORDS
from lrp_kg.research.engine.endpoint import RemoteStoreFailed, credentials
from lrp_kg.research.engine.model import Limits, Question
from lrp_kg.research.engine.pool import PoolEngine
from lrp_kg.research.engine.remote import RemoteEngine
from lrp_kg.research.store.export import export
from lrp_kg.research.store.generations import Store
from lrp_kg.research.store.loading import load
from lrp_kg.research.store.opening import open_engine
from lrp_kg.research.store.sources import Source
from lrp_kg.research.synthesis.generating import Generator
from tests.support.application import running
from tests.support.serving import free_port, running_oxigraph, serving, update

CP = "https://w3id.org/lrp-kg/care-pathway#"
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def sources(service: GuidelineService) -> list[Source]:
    lines = [json.dumps(r) for r in Generator(service).records(60)]
    return [Source("cohort.ndjson", "\n".join([*lines, '{"redFlags": "some"}']).encode())]


@pytest.fixture(scope="module")
def store(service: GuidelineService, sources: list[Source], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("here") / "store"
    assert load(service.guideline, folder, sources).records == 60
    return folder


@pytest.fixture(scope="module")
def file(store: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("file") / "store.nq"
    export(store, found)
    return found


@pytest.fixture(scope="module")
def server(file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running_oxigraph(tmp_path_factory.mktemp("remote"), data=file) as url:
        yield url


@pytest.fixture(scope="module")
def loaded(server: str) -> Iterator[RemoteEngine]:
    with RemoteEngine(server + "/query") as engine:
        yield engine


QUERIES = [
    f"SELECT (COUNT(*) AS ?n) {{ ?a a <{CP}Assessment> }}",
    f"SELECT ?d ?s (COUNT(*) AS ?n) {{ ?r <{CP}ofDecision> ?d ; <{CP}status> ?s . ?a <{CP}decisionResult> ?r }} "
    "GROUP BY ?d ?s ORDER BY ?d ?s",
    f"SELECT ?s ?l {{ ?s a <{CP}Stage> ; <http://www.w3.org/2000/01/rdf-schema#label> ?l }} ORDER BY ?s ?l",
    f"SELECT (COUNT(*) AS ?n) {{ GRAPH <{RECORDS}> {{ ?s ?p ?o }} }}",
    f"SELECT (COUNT(*) AS ?n) FROM <{RECORDS}> FROM <{ANSWERS}> {{ ?s ?p ?o }}",
    f"ASK {{ ?s a <{CP}Stage> }}",
]


def test_results_equal_those_of_a_local_store(loaded: RemoteEngine, store: Path) -> None:
    with PoolEngine(store=Store(store).current().folder) as local:
        for query in QUERIES:
            assert json.loads(loaded.ask(Question(query)).read()) == json.loads(local.ask(Question(query)).read()), (
                query
            )
        graph = Question(
            f"CONSTRUCT {{ ?s a <{CP}Stage> }} WHERE {{ ?s a <{CP}Stage> }}", graph="application/n-triples"
        )
        here, there = (sorted(e.ask(graph).read().splitlines()) for e in (local, loaded))
        assert here == there
        assert len(here) == 9


def test_queries_are_refused_as_by_a_local_store(loaded: RemoteEngine) -> None:
    assert loaded.has_records
    for query in (
        "SELECT * { SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }",
        "SELECT * FROM <http://127.0.0.1:9/data> { ?s ?p ?o }",
    ):
        with pytest.raises(QueryRefused):
            loaded.ask(Question(query))
    with pytest.raises(QueryRefused):
        loaded.ask(Question("ASK {}", default_graphs=("http://127.0.0.1:9/data",)))
    with pytest.raises(MalformedQuery):
        loaded.ask(Question("SELECT"))
    with pytest.raises(QueryRefused):
        loaded.ask(Question("INSERT DATA { <urn:a> <urn:b> <urn:c> }"))
    with pytest.raises(NotAcceptable):
        loaded.ask(Question("ASK {}", solutions=None))
    with pytest.raises(QueryTooLong):
        loaded.ask(Question("ASK {}" + " " * Limits().text))
    assert json.loads(loaded.ask(Question("ASK { ?s ?p ?o }", default_graphs=(RECORDS,))).read())["boolean"]


@pytest.mark.parametrize(
    "query",
    [
        'define input:grab-all "yes" SELECT * { ?s ?p ?o }',
        'SELECT (<bif:http_get>("http://127.0.0.1:9/") AS ?x) {}',
        "ASK { FILTER (<java:java.lang.System.exit>(1)) }",
    ],
)
def test_server_extensions_are_refused_locally(query: str) -> None:
    with RemoteEngine(f"http://127.0.0.1:{free_port()}/") as engine, pytest.raises(MalformedQuery):
        engine.ask(Question(query))


def test_slow_check_is_stopped() -> None:
    slow = "SELECT (COUNT(*) AS ?n) { " + " ".join(f"VALUES ?v{n} {{ 1 2 3 4 5 6 7 8 9 }}" for n in range(14)) + " }"
    start = time.monotonic()
    with RemoteEngine(f"http://127.0.0.1:{free_port()}/", limits=Limits(seconds=0.5)) as engine:
        with pytest.raises(QueryTimeLimit):
            engine.ask(Question(slow))
        with pytest.raises((QueryTimeLimit, MalformedQuery)):
            engine.ask(Question("ASK { FILTER (1 = 1" + " + 1" * 50_000 + ") } # from"))
    assert time.monotonic() - start < 10


@pytest.mark.parametrize("media_type", ["text/csv", "text/tab-separated-values", "application/sparql-results+xml"])
def test_results_are_in_the_requested_format(loaded: RemoteEngine, media_type: str) -> None:
    reply = loaded.ask(Question(QUERIES[2], solutions=media_type))
    assert reply.media_type == media_type
    assert b"stage" in reply.read()


def test_version_changes_with_a_load(loaded: RemoteEngine, server: str) -> None:
    before = RemoteEngine(server + "/query").version
    assert RECORDS in loaded._graphs()
    moment = '"2030-01-01T00:00:00Z"^^<http://www.w3.org/2001/XMLSchema#dateTime>'
    ended = f"<urn:load> <http://www.w3.org/ns/prov#endedAtTime> {moment}"
    update(server, f"INSERT DATA {{ GRAPH <{ANSWERS}> {{ {ended} }} }}")
    assert RemoteEngine(server + "/query").version != before


def test_remote_store_can_be_served(loaded: RemoteEngine, server: str, tmp_path: Path) -> None:
    token = "a-long-token-of-the-tests"  # noqa: S105 - an invented token
    file = tmp_path / "tokens"
    file.write_text(token, encoding="utf-8")
    file.chmod(0o600)
    with serving("--store", server + "/query", "--token-file", str(file), token=token) as found:
        answer = found.sparql(QUERIES[2])
        assert len(json.loads(answer.body)["results"]["bindings"]) == 36
        assert found.ask("/sparql?query=ASK%7B%7D", headers={"Authorization": ""}).status == 401


def test_writing_to_a_remote_store_is_refused(server: str) -> None:
    result = CliRunner().invoke(main, ["load", "--store", server + "/query"])
    assert result.exit_code == 2
    assert "--to FILE.nq" in result.output
    assert result.output.count("\n") == 1


def test_option_that_wrote_to_a_remote_store_names_its_replacement() -> None:
    result = CliRunner().invoke(main, ["load", "--update-url", "http://localhost/update", "--store", "x"])
    assert result.exit_code == 2
    assert "--to FILE.nq" in result.output
    assert result.output.count("\n") == 1
    assert "--update-url" not in CliRunner().invoke(main, ["load", "--help"]).output


def test_union_default_graph_is_refused(service: GuidelineService, file: Path, tmp_path: Path) -> None:
    with running_oxigraph(tmp_path, "--union-default-graph", data=file) as url:
        with pytest.raises(StoreError, match="union of its named graphs"):
            open_engine(service.guideline, url + "/query", Limits())
    with running_oxigraph(tmp_path) as url:
        open_engine(service.guideline, url + "/query", Limits()).close()


def test_empty_remote_store_can_be_opened(service: GuidelineService, tmp_path: Path) -> None:
    with running_oxigraph(tmp_path, "--union-default-graph") as url:
        open_engine(service.guideline, url + "/query", Limits()).close()


# -- endpoints that misbehave ---------------------------------------------------------------------------

Act = Callable[[BaseHTTPRequestHandler], None]
JSON = "application/sparql-results+json"


def reply(body: bytes, kind: str = JSON, status: int = 200, length: int | None = None, **headers: str) -> Act:
    def act(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        handler.send_header("Content-Type", kind)
        handler.send_header("Content-Length", str(len(body) if length is None else length))
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(body)

    return act


def slowly(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Type", JSON)
    handler.end_headers()
    for _ in range(40):
        time.sleep(0.1)
        try:
            handler.wfile.write(b" ")
            handler.wfile.flush()
        except OSError:
            return


def drip_headers(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX: ")
    for _ in range(30):
        time.sleep(0.1)
        try:
            handler.wfile.write(b"x")
            handler.wfile.flush()
        except OSError:
            return


def without_length(body: bytes, kind: str) -> Act:
    def act(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", kind)
        handler.end_headers()
        handler.wfile.write(body)

    return act


def chunks(*parts: bytes) -> Act:
    """Send the last part without its chunk header, so that the body ends too early."""

    def act(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/csv\r\nTransfer-Encoding: chunked\r\n\r\n")
        for part in parts[:-1]:
            handler.wfile.write(b"%x\r\n%s\r\n" % (len(part), part))
        handler.wfile.write(parts[-1])

    return act


ROWS = b'{"head":{"vars":["x"]},"results":{"bindings":[{"x":{"type":"literal","value":"1"}}]}}'
MISBEHAVIOURS: list[tuple[str, Act, type[LrpError], str]] = [
    ("drips headers", drip_headers, QueryTimeLimit, "LRP_QUERY_SECONDS"),
    ("is silent", lambda _: time.sleep(1.5), QueryTimeLimit, "LRP_QUERY_SECONDS"),
    ("no length", without_length(b"x\r\n1\r\n", "text/csv"), RemoteStoreFailed, "without its length"),
    ("half a chunk", chunks(b"x\r\n1\r\n", b"5\r\n12"), RemoteStoreFailed, "completely"),
    ("half", reply(ROWS[:50]), RemoteStoreFailed, "ends too early"),
    ("less than promised", reply(ROWS, length=500), RemoteStoreFailed, "completely"),
    ("slow", slowly, QueryTimeLimit, "LRP_QUERY_SECONDS"),
    ("huge", reply(ROWS + b" " * 300_000), SizeLimit, "LRP_QUERY_BYTES"),
    ("a page", reply(b"<html>", "text/html"), RemoteStoreFailed, "none of SPARQL's"),
    ("a redirect", reply(b"", status=302, Location="http://127.0.0.1:9/"), RemoteStoreFailed, "status 302"),
    ("credentials", reply(b"", status=401), RemoteStoreFailed, "credentials"),
    ("a failure", reply(b"secret of the server", status=500), RemoteStoreFailed, "status 500"),
    ("a time-out", reply(b"", status=504), QueryTimeLimit, "LRP_QUERY_SECONDS"),
]


@contextmanager
def endpoint(act: Act) -> Iterator[str]:
    """Run an endpoint that answers every request in one way, and yield its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:  # noqa: N802 - the name is the library's
            self.rfile.read(int(self.headers["Content-Length"]))
            act(self)

        def log_message(self, *_: Any) -> None:
            pass

    with running(ThreadingHTTPServer(("127.0.0.1", 0), Handler)) as address:
        yield f"{address}/sparql"


@pytest.fixture(scope="module")
def misbehaving() -> Iterator[tuple[RemoteEngine, list[Act]]]:
    """An engine, and the ways in which its endpoint answers: by the last one."""
    acts: list[Act] = []
    with (
        endpoint(lambda handler: acts[-1](handler)) as url,
        RemoteEngine(url, limits=Limits(seconds=0.6, size=200_000)) as engine,
    ):
        yield engine, acts


@pytest.mark.parametrize(("name", "act", "error", "says"), MISBEHAVIOURS, ids=[m[0] for m in MISBEHAVIOURS])
def test_misbehaving_endpoint_is_an_error(
    name: str, act: Act, error: type[LrpError], says: str, misbehaving: tuple[RemoteEngine, list[Act]]
) -> None:
    engine, acts = misbehaving
    acts.append(act)
    with pytest.raises(error, match=says) as caught:
        engine.ask(Question("SELECT ?x {}"))
    assert "secret" not in caught.value.message


def test_absent_endpoint_is_an_error() -> None:
    with RemoteEngine(f"http://127.0.0.1:{free_port()}/") as engine, pytest.raises(RemoteStoreFailed):
        engine.ask(Question("ASK {}"))


@pytest.mark.parametrize("url", ["ftp://x/", "http:///x", "x", "http://user:secret@host/"])
def test_invalid_address_is_refused(url: str) -> None:
    with pytest.raises(StoreError):
        RemoteEngine(url)


def test_credentials_are_sent_and_never_shown(tmp_path: Path) -> None:
    file = tmp_path / "c"
    file.write_text("user:word\n", encoding="utf-8")
    assert credentials(file) == {"Authorization": "Basic dXNlcjp3b3Jk"}
    file.write_text("token", encoding="utf-8")
    assert credentials(file) == {"Authorization": "Bearer token"}
    assert credentials(None) == {}
    with pytest.raises(StoreError):
        credentials(tmp_path / "none")


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * { SERVICE SILENT <URL> { ?a ?b ?c } }",
        "PREFIX : <urn:x> SELECT * { ?s ?p :.SERVICE SILENT <URL> {?a ?b ?c} }",
        'SELECT * { FILTER(<http://x/\\u0041#> != "\\u0022") SERVICE SILENT <URL> {?a ?b ?c} #"""\n }',
        'SELECT * { VALUES ?q { "\\u0022" } SERVICE SILENT <URL> {?a ?b ?c} #"""}\n }',
        "SELECT * { #x\rSERVICE SILENT <URL> {?a ?b ?c}\n }",
        "SELECT * { FILTER(1<2)SERVICE#>\nSILENT<URL> {?a ?b ?c} }",
        "SELECT * #x\rFROM <URL>\n { ?s ?p ?o }",
    ],
)
def test_no_other_server_is_contacted(server: str, loaded: RemoteEngine, query: str) -> None:
    hits: list[str] = []

    def listen(handler: BaseHTTPRequestHandler) -> None:
        hits.append(handler.path)
        reply(ROWS)(handler)

    with endpoint(listen) as url:
        with pytest.raises(QueryRefused):
            loaded.ask(Question(query.replace("URL", url)))
        assert not hits
        RemoteEngine(server + "/query", limits=Limits(seconds=2)).rows(f"SELECT * {{ SERVICE SILENT <{url}> {{}} }}")
        assert hits  # the unchecked query reaches the other server


def test_relative_iris_in_a_remote_store_are_resolved() -> None:
    with endpoint(reply(b"<a> <b> <c> .", "text/turtle")) as url, RemoteEngine(url) as engine:
        found = engine.ask(Question("CONSTRUCT WHERE { ?s ?p ?o }", graph="application/n-triples"))
        base = "https://w3id.org/lrp-kg/"
        assert found.read().decode() == f"<{base}a> <{base}b> <{base}c> .\n"
