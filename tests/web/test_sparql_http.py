"""The endpoint over HTTP: formats, errors, caching, other origins, tokens, terms, and real clients."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import stat
import subprocess
import sys
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch
from urllib.parse import quote, unquote_plus, urlencode

import pyoxigraph as ox
import pytest
import rdflib
from click.testing import CliRunner
from rdflib.plugins.stores.sparqlstore import SPARQLStore
from SPARQLWrapper import CSV, JSON, POST, TURTLE, XML, SPARQLWrapper

from lrp_kg import GuidelineService
from lrp_kg.cli import main
from lrp_kg.errors import Busy, EngineFailed, StoreError, TokenFileError, TooManyAttempts
from lrp_kg.research.store.loading import load
from lrp_kg.research.store.sources import Source
from lrp_kg.web import create_app
from lrp_kg.web.access import ATTEMPTS, read_tokens, warning_of_others
from lrp_kg.web.engine import engine
from lrp_kg.web.readers import MOST, Readers
from lrp_kg.web.server import BODIES
from tests.support.paths import ROOT
from tests.support.serving import TOKEN, Answer, Service, serving

pytestmark = pytest.mark.slow

RECORD: dict[str, Any] = {"assessmentDate": "2024-02-12", "onsetDate": "2024-01-08", "careLine": "first-line"}
CP = "https://w3id.org/lrp-kg/care-pathway#"
STAGES = f"SELECT ?s WHERE {{ ?s a <{CP}Stage> }} ORDER BY ?s"
FORM = "application/x-www-form-urlencoded"
REMOTE = "ASK { SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }"
COMUNICA = ROOT / ".venv" / "clients" / "node_modules" / ".bin" / "comunica-sparql"


@pytest.fixture(scope="module")
def open_service() -> Iterator[Service]:
    """A service without records and without tokens, with small limits."""
    with serving(QUERY_SECONDS="0.8", QUERY_ROWS="2000", QUERY_CONCURRENT="3") as found:
        yield found


@pytest.fixture(scope="module")
def store(service: GuidelineService, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("http") / "store"
    lines = [json.dumps({"@id": f"https://example.org/{n}", **RECORD, "id": f"secret-{n}"}) for n in range(5)]
    assert load(service.guideline, folder, [Source("r.ndjson", "\n".join(lines).encode())]).stored == 5
    return folder


@pytest.fixture(scope="module")
def token_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("tokens") / "tokens.txt"
    file.write_text(f"# of the tests\nanother-long-token-of-theirs\n{TOKEN}\n", encoding="utf-8")
    file.chmod(0o600)
    return file


@pytest.fixture(scope="module")
def guarded(store: Path, token_file: Path) -> Iterator[Service]:
    """A service with records, which needs a token."""
    with serving("--store", str(store), "--token-file", str(token_file)) as found:
        yield found


def bindings(body: bytes) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(body)["results"]["bindings"]
    return found


class TestFormats:
    @pytest.mark.parametrize(
        ("accept", "kind"),
        [
            ("application/sparql-results+json", "application/sparql-results+json"),
            ("application/json", "application/sparql-results+json"),
            ("application/sparql-results+xml", "application/sparql-results+xml"),
            ("text/csv", "text/csv; charset=utf-8"),
            ("text/tab-separated-values", "text/tab-separated-values; charset=utf-8"),
            ("text/csv;q=0.4, application/sparql-results+xml;q=0.5", "application/sparql-results+xml"),
            ("text/html,application/xhtml+xml,*/*;q=0.8", "application/sparql-results+json"),
            ("*/*", "application/sparql-results+json"),
        ],
    )
    def test_select(self, open_service: Service, accept: str, kind: str) -> None:
        answer = open_service.sparql(STAGES, accept)
        assert answer.status == 200
        assert answer.headers["content-type"].split(";")[0] == kind.split(";")[0]
        assert int(answer.headers["content-length"]) == len(answer.body)
        form = ox.QueryResultsFormat.from_media_type(kind.split(";")[0])
        assert form is not None
        if form == ox.QueryResultsFormat.CSV:
            assert len(answer.text.splitlines()) == 10
        else:
            assert len(list(ox.parse_query_results(answer.body, form))) == 9  # type: ignore[arg-type]

    @pytest.mark.parametrize(
        "kind", ["text/turtle", "application/n-triples", "application/ld+json", "application/rdf+xml"]
    )
    @pytest.mark.parametrize("query", [f"DESCRIBE <{CP}Stage>", f"CONSTRUCT WHERE {{ <{CP}Stage> ?p ?o }}"])
    def test_graphs(self, open_service: Service, kind: str, query: str) -> None:
        answer = open_service.sparql(query, kind)
        assert answer.headers["content-type"].startswith(kind)
        form = ox.RdfFormat.from_media_type(kind)
        assert form is not None
        assert len(list(ox.parse(answer.body, form))) > 2

    @pytest.mark.parametrize("name", ["json", "xml", "csv", "tsv"])
    def test_format_by_name(self, open_service: Service, name: str) -> None:
        answer = open_service.sparql("ASK {}", "text/html", format=name)
        assert answer.status == 200
        assert "true" in answer.text

    def test_no_accept_header(self, open_service: Service) -> None:
        with socket.create_connection(("127.0.0.1", open_service.port)) as sock:
            sock.sendall(b"GET /sparql?query=ASK%7B%7D HTTP/1.0\r\nHost: x\r\n\r\n")
            data = b""
            while part := sock.recv(4096):
                data += part
        assert b"application/sparql-results+json" in data


class TestErrors:
    @pytest.mark.parametrize(
        ("method", "path", "headers", "body", "status", "code"),
        [
            ("POST", "/sparql", {"Content-Type": FORM}, "query=", 400, "malformed-query"),
            ("POST", "/sparql", {"Content-Type": FORM}, "", 400, "malformed-query"),
            ("POST", "/sparql", {"Content-Type": FORM}, "query=ASK{}&query=ASK{}", 400, "malformed-query"),
            ("POST", "/sparql", {"Content-Type": FORM}, b"query=%FF%FE", 415, "wrong-charset"),
            ("POST", "/sparql", {"Content-Type": "application/sparql-query"}, b"ASK {\xff}", 415, "wrong-charset"),
            ("POST", "/sparql", {"Content-Type": "text/plain"}, "ASK {}", 415, "unsupported-media-type"),
            ("POST", "/sparql", {}, "ASK {}", 415, "unsupported-media-type"),
            ("POST", "/sparql", {"Content-Type": "application/sparql-update"}, "CLEAR ALL", 400, "query-refused"),
            ("POST", "/sparql", {"Content-Type": FORM}, "update=CLEAR+ALL", 400, "query-refused"),
            ("GET", "/sparql?update=CLEAR+ALL", {}, None, 400, "query-refused"),
            ("GET", "/sparql?query=CLEAR+ALL", {}, None, 400, "query-refused"),
            ("GET", "/sparql?query=SELECT", {}, None, 400, "malformed-query"),
            ("GET", "/sparql?query=ASK{}", {"Accept": "image/png"}, None, 406, "not-acceptable"),
            ("GET", "/sparql?query=ASK{}", {"Accept": "text/turtle"}, None, 406, "not-acceptable"),
            ("GET", "/sparql?query=ASK{}&format=pdf", {}, None, 400, "unknown-parameter"),
            (
                "GET",
                "/sparql?" + urlencode({"query": REMOTE}),
                {},
                None,
                400,
                "query-refused",
            ),
            ("PUT", "/sparql", {"Content-Type": "application/sparql-query"}, "ASK {}", 405, "method-not-allowed"),
            ("DELETE", "/sparql", {}, None, 405, "method-not-allowed"),
            ("GET", "/sparql?" + "&".join(f"a{n}=1" for n in range(200)), {}, None, 400, "malformed-query"),
        ],
    )
    def test_errors_are_reported(
        self,
        open_service: Service,
        method: str,
        path: str,
        headers: dict[str, str],
        body: str | bytes | None,
        status: int,
        code: str,
    ) -> None:
        answer = open_service.ask(path, method, body, headers)
        assert answer.status == status, answer.text
        assert answer.headers["content-type"] == "application/problem+json"
        reported = json.loads(answer.body)
        assert reported["code"] == code
        assert reported["detail"]
        assert "Traceback" not in answer.text
        if method != "PUT" and method != "DELETE":
            assert answer.headers["access-control-allow-origin"] == "*"

    @pytest.mark.parametrize(
        ("query", "code"),
        [
            ("SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i FILTER (?c + ?f + ?i < 0) }", "limit-time"),
            ("SELECT * { ?s ?p ?o } LIMIT 2001", "limit-rows"),
        ],
    )
    def test_limits(self, open_service: Service, query: str, code: str) -> None:
        answer = open_service.sparql(query)
        assert answer.status == 503
        assert json.loads(answer.body)["code"] == code
        assert open_service.sparql("ASK {}").status == 200

    def test_long_queries(self, open_service: Service) -> None:
        body = "ASK {} #" + "x" * 300_000
        answer = open_service.ask("/sparql", "POST", body, {"Content-Type": "application/sparql-query"})
        assert (answer.status, json.loads(answer.body)["code"]) == (413, "query-too-long")
        body = "ASK {} #" + "x" * 1_500_000
        assert open_service.ask("/sparql", "POST", body, {"Content-Type": "application/sparql-query"}).status == 413

    @pytest.mark.parametrize(("length", "status", "empty"), [(65_534, 200, False), (65_535, 414, True)])
    def test_long_addresses(self, open_service: Service, length: int, status: int, empty: bool) -> None:
        """The server itself refuses a longer address, without a body; `docs/api.md` says so."""
        answer = open_service.ask("/sparql?query=ASK%7B%7D%23".ljust(length, "x"))
        assert (answer.status, answer.body == b"") == (status, empty)

    def test_busy(self, open_service: Service) -> None:
        slow = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i FILTER (?c + ?f + ?i < 0) }"
        socks = []
        for _ in range(3):
            sock = socket.create_connection(("127.0.0.1", open_service.port))
            sock.sendall(f"GET /sparql?{urlencode({'query': slow})} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            socks.append(sock)
        time.sleep(0.6)
        answer = open_service.sparql("ASK {}")
        assert (answer.status, json.loads(answer.body)["code"]) == (503, "busy")
        assert answer.headers["retry-after"] == "1"
        for sock in socks:
            assert b"503" in sock.recv(100)
            sock.close()
        assert open_service.sparql("ASK {}").status == 200


def test_slow_uploads_leave_threads_for_other_requests(open_service: Service) -> None:
    head = b"POST /assess HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 5000\r\n\r\n "
    socks = [socket.create_connection(("127.0.0.1", open_service.port)) for _ in range(BODIES + 20)]
    try:
        for sock in socks:
            sock.sendall(head)
        time.sleep(0.5)
        assert open_service.ask("/health", timeout=5).status == 200
        assert open_service.sparql("ASK {}").status == 200
        answer = open_service.ask("/assess", "POST", json.dumps(RECORD), {"Content-Type": "application/json"})
        assert (answer.status, json.loads(answer.body)["code"]) == (503, "busy")
        assert answer.headers["retry-after"] == "1"
    finally:
        for sock in socks:
            sock.close()
    end = time.monotonic() + 10
    body, kind = json.dumps(RECORD), {"Content-Type": "application/json"}
    while (status := open_service.ask("/assess", "POST", body, kind).status) == 503 and time.monotonic() < end:
        time.sleep(0.1)
    assert status == 200


class TestEngines:
    """`Engines` with engines that open and fail on demand."""

    class Fake:
        has_records = False
        version = "1"

        def close(self) -> None:
            """Nothing is held."""

    def test_failure_is_reported_and_the_engine_opened_again(self, monkeypatch: pytest.MonkeyPatch) -> None:
        outcomes: list[Any] = [StoreError("gone"), ValueError("of no concern to others"), self.Fake()]

        def opening(*_: object) -> Any:
            found = outcomes.pop(0)
            if isinstance(found, Exception):
                raise found
            return found

        monkeypatch.setattr("lrp_kg.web.engine.open_engine", opening)
        app = create_app()
        keeper = app.extensions["lrp_kg_engines"]
        keeper.store = "http://127.0.0.1:9/sparql"
        with pytest.raises(StoreError):
            keeper.get()
        with pytest.raises(StoreError):
            keeper.get()
        assert len(outcomes) == 2, "tried again at once"
        keeper._again = 0.0
        with pytest.raises(EngineFailed, match="could not be opened"):
            keeper.get()
        keeper._again = 0.0
        assert isinstance(keeper.get(), self.Fake)
        keeper.close()

    def test_engine_is_the_same_throughout_a_request(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Otherwise a store could get records between the guard and the query."""
        app = create_app()
        monkeypatch.setattr(app.extensions["lrp_kg_engines"], "get", self.Fake)
        with app.test_request_context("/sparql"):
            assert engine() is engine()
        with app.test_request_context("/sparql"):
            first = engine()
        with app.test_request_context("/sparql"):
            assert engine() is not first


class TestCaching:
    def test_etag_gives_304(self, open_service: Service) -> None:
        first = open_service.sparql(STAGES)
        tag = first.headers["etag"]
        path = "/sparql?" + urlencode({"query": STAGES})
        again = open_service.ask(path, headers={"Accept": "application/sparql-results+json", "If-None-Match": tag})
        assert (again.status, again.body) == (304, b"")
        other = open_service.ask(path, headers={"Accept": "text/csv", "If-None-Match": tag})
        assert other.status == 200
        assert other.headers["etag"] != tag

    @pytest.mark.parametrize("function", ["NOW()", "RAND()", "UUID()", "STRUUID()", "BNODE()", "N\\u004FW()"])
    def test_changing_query_has_no_etag(self, open_service: Service, function: str) -> None:
        assert "etag" not in open_service.sparql(f"SELECT ({function} AS ?x) {{}}").headers

    def test_head(self, open_service: Service) -> None:
        path = "/sparql?" + urlencode({"query": STAGES})
        got, head = open_service.ask(path), open_service.ask(path, "HEAD")
        assert head.body == b""
        assert (head.status, head.headers["content-length"]) == (200, str(len(got.body)))
        assert head.headers["etag"] == got.headers["etag"]

    def test_other_origins(self, open_service: Service) -> None:
        asked = {"Origin": "https://elsewhere.example", "Access-Control-Request-Method": "POST"}
        answer = open_service.ask("/sparql", "OPTIONS", headers=asked)
        assert answer.status == 204
        assert answer.headers["access-control-allow-origin"] == "*"
        assert "Authorization" in answer.headers["access-control-allow-headers"]


class TestDescriptions:
    def test_graphs_and_counts(self, open_service: Service) -> None:
        answer = open_service.ask("/sparql", headers={"Accept": "text/turtle"})
        names = {str(o) for o in rdflib.Graph().parse(data=answer.body).objects(predicate=SD.name)}
        assert "https://w3id.org/lrp-kg/graph/closure" in names
        assert "https://w3id.org/lrp-kg/low-back-pain/sources" in names
        assert "https://w3id.org/lrp-kg/graph/records" not in names

    def test_browser_is_redirected_to_the_editor(self, open_service: Service) -> None:
        answer = open_service.ask("/sparql", headers={"Accept": "text/html,*/*;q=0.8"})
        assert (answer.status, answer.headers["location"]) == (303, "/query")

    def test_void(self, open_service: Service) -> None:
        answer = open_service.ask("/.well-known/void")
        graph = rdflib.Graph().parse(data=answer.body)
        assert list(graph.objects(predicate=rdflib.VOID.sparqlEndpoint)) == [
            rdflib.URIRef(open_service.url + "/sparql")
        ]
        assert len(list(graph.objects(predicate=rdflib.VOID.subset))) > 10

    def test_query_of_a_single_graph(self, open_service: Service) -> None:
        name = "https://w3id.org/lrp-kg/low-back-pain/sources"
        count = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"
        (row,) = bindings(open_service.sparql(count, **{"default-graph-uri": name}).body)
        assert 500 < int(row["n"]["value"]) < 3000
        (row,) = bindings(open_service.sparql(count, **{"default-graph-uri": "https://example.org/none"}).body)
        assert row["n"]["value"] == "0"


SD = rdflib.Namespace("http://www.w3.org/ns/sparql-service-description#")


class TestTokens:
    def test_store_with_records_needs_a_token_file(self, store: Path, tmp_path: Path) -> None:
        command = [sys.executable, "-m", "lrp_kg.cli", "serve", "--port", "1", "--store", str(store)]
        found = subprocess.run(command, capture_output=True, text=True)
        assert found.returncode == 2
        assert "--token-file" in found.stderr
        with pytest.raises(TokenFileError):
            create_app({"STORE": str(store)})
        with pytest.raises(StoreError):
            create_app({"STORE": str(tmp_path / "none")})

    @pytest.mark.parametrize("text", ["", "# nothing\n", "short\n", "long-enough-to-be-one\nshort\n"])
    def test_unusable_token_files(self, tmp_path: Path, text: str) -> None:
        file = tmp_path / "tokens"
        file.write_text(text, encoding="utf-8")
        with pytest.raises(TokenFileError):
            read_tokens(file)
        with pytest.raises(TokenFileError):
            read_tokens(tmp_path / "none")

    def test_token_file_that_others_can_read_is_reported(self, tmp_path: Path) -> None:
        file = tmp_path / "tokens"
        file.write_text(TOKEN, encoding="utf-8")
        file.chmod(0o644)
        assert read_tokens(file) == (TOKEN,)
        assert "chmod 600" in (warning_of_others(file) or "")
        assert stat.S_IMODE(file.stat().st_mode) == 0o644
        file.chmod(0o600)
        assert warning_of_others(file) is None
        assert warning_of_others(None) is None

    @pytest.mark.parametrize("path", ["/sparql?query=ASK%7B%7D", "/query", "/query/terms.json", "/.well-known/void"])
    def test_without_a_token(self, guarded: Service, path: str) -> None:
        answer = guarded.ask(path)
        assert (answer.status, json.loads(answer.body)["code"]) == (401, "token-needed")
        assert answer.headers["www-authenticate"].startswith("Bearer")
        page = guarded.ask(path, headers={"Accept": "text/html"})
        assert page.status == 303
        assert page.headers["location"].startswith("/login?next=")

    @pytest.mark.parametrize("path", ["/", "/health", "/ids", "/term/", "/term/cp:Stage", "/ontology"])
    def test_addresses_that_need_no_token(self, guarded: Service, path: str) -> None:
        answer = guarded.ask(path)
        assert answer.status == 200
        assert "secret-" not in answer.text

    def test_assess_needs_no_token(self, guarded: Service) -> None:
        answer = guarded.ask("/assess", "POST", json.dumps(RECORD), {"Content-Type": "application/json"})
        assert answer.status == 200

    def test_token_gives_access_to_records(self, guarded: Service) -> None:
        query = f"SELECT ?r {{ ?r a <{CP}PatientRecord> }}"
        answer = guarded.ask("/sparql?" + urlencode({"query": query}), headers={"Authorization": f"Bearer {TOKEN}"})
        assert len(bindings(answer.body)) == 5
        assert answer.headers["cache-control"] == "no-store"

    @pytest.mark.parametrize("header", ["Bearer wrong-token-of-the-tests", "Basic " + TOKEN, TOKEN, "Bearer"])
    def test_wrong_token_is_rejected(self, guarded: Service, header: str) -> None:
        assert guarded.ask("/sparql?query=ASK%7B%7D", headers={"Authorization": header}).status == 401

    def test_token_in_the_address_is_ignored(self, guarded: Service) -> None:
        assert guarded.ask(f"/sparql?query=ASK%7B%7D&token={TOKEN}&access_token={TOKEN}").status == 401

    @pytest.mark.parametrize("lang", ["en", "nl", "fr", "de"])
    def test_login_page_in_each_language(self, guarded: Service, lang: str) -> None:
        answer = guarded.ask(f"/login?lang={lang}&next=/query", headers={"Accept": "text/html"})
        assert f'<html lang="{lang}" ' in answer.text
        assert 'name="next" value="/query"' in answer.text
        assert 'type="password"' in answer.text

    def test_login_and_logout(self, guarded: Service) -> None:
        body = urlencode({"token": TOKEN, "next": "/query?query=ASK%7B%7D"})
        answer = guarded.ask("/login", "POST", body, {"Content-Type": FORM, "Accept": "text/html"})
        assert (answer.status, answer.headers["location"]) == (303, "/query?query=ASK%7B%7D")
        cookie = answer.headers["set-cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=Strict" in cookie
        session = {"Cookie": cookie.split(";")[0]}
        assert guarded.ask("/sparql?query=ASK%7B%7D", headers=session).status == 200
        assert guarded.ask("/query", headers=session).status == 200
        out = guarded.ask("/logout", "POST", "", {**session, "Content-Type": FORM})
        assert (
            guarded.ask("/sparql?query=ASK%7B%7D", headers={"Cookie": out.headers["set-cookie"].split(";")[0]}).status
            == 401
        )
        forged = {"Cookie": cookie.split(";")[0][:-4] + "AAAA"}
        assert guarded.ask("/sparql?query=ASK%7B%7D", headers=forged).status == 401

    @pytest.mark.parametrize(
        "target", ["https://elsewhere.example/", "//elsewhere.example/", "/\\elsewhere.example", "x"]
    )
    def test_login_redirects_only_to_this_service(self, guarded: Service, target: str) -> None:
        body = urlencode({"token": TOKEN, "next": target})
        answer = guarded.ask("/login", "POST", body, {"Content-Type": FORM, "Accept": "text/html"})
        assert answer.headers["location"] == "/"

    def test_guesses_are_limited(self, store: Path, token_file: Path) -> None:
        with serving("--store", str(store), "--token-file", str(token_file), ready=False) as other:
            statuses = [
                other.ask("/sparql?query=ASK%7B%7D", headers={"Authorization": f"Bearer wrong-token-number-{n}"}).status
                for n in range(ATTEMPTS + 2)
            ]
            assert statuses == [401] * ATTEMPTS + [429] * 2


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("output") / "output"


@pytest.fixture(scope="module")
def behind(store: Path, token_file: Path, output: Path) -> Iterator[Service]:
    """A service with records, behind a proxy; others can read its tokens."""
    tokens = output.with_name("open-tokens.txt")
    tokens.write_bytes(token_file.read_bytes())
    tokens.chmod(0o644)
    options = ("--store", str(store), "--token-file", str(tokens), "--proxies", "1")
    with serving(*options, token=TOKEN, output=output) as found:
        yield found


class TestProxies:
    HEADERS = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "guideline.example", "X-Forwarded-For": "192.0.2.1"}

    def log_in(self, service: Service, token: str, headers: dict[str, str]) -> Answer:
        body = urlencode({"token": token, "next": "/query"})
        return service.ask("/login", "POST", body, {"Content-Type": FORM, "Accept": "text/html", **headers})

    def test_headers_of_a_proxy_are_used(self, behind: Service) -> None:
        assert "Secure" in self.log_in(behind, TOKEN, self.HEADERS).headers["set-cookie"]
        assert "Secure" not in self.log_in(behind, TOKEN, {}).headers["set-cookie"]
        described = behind.ask("/sparql", headers={**self.HEADERS, "Accept": "text/turtle"})
        assert "sd:endpoint <https://guideline.example/sparql>" in described.text
        assert described.headers["cache-control"] == "no-store"

    def test_headers_are_ignored_without_a_proxy(self, guarded: Service, open_service: Service) -> None:
        assert "Secure" not in self.log_in(guarded, TOKEN, self.HEADERS).headers["set-cookie"]
        described = open_service.ask("/sparql", headers={**self.HEADERS, "Accept": "text/turtle"})
        assert f"sd:endpoint <{open_service.url}/sparql>" in described.text
        assert described.headers["cache-control"] == "no-cache"

    def test_guesses_count_by_client_and_tokens_are_not_logged(self, behind: Service, output: Path) -> None:
        wrong = "a-secret-that-is-none-here"
        for n in range(ATTEMPTS + 1):
            headers = {"X-Forwarded-For": "192.0.2.2", "Authorization": f"Bearer {wrong}"}
            assert behind.ask("/sparql?query=ASK%7B%7D", headers=headers).status == (401 if n < ATTEMPTS else 429)
        elsewhere = {"X-Forwarded-For": "192.0.2.3"}
        assert behind.ask("/sparql?query=ASK%7B%7D", headers=elsewhere).status == 200
        assert self.log_in(behind, wrong, elsewhere).status == 401
        said = output.read_text(encoding="utf-8")
        assert "lrp-kg serves at" in said
        assert said.count("chmod 600") == 1
        assert wrong not in said
        assert TOKEN not in said


def test_guesses_from_one_address_do_not_block_others(token_file: Path) -> None:
    access = create_app({"TOKEN_FILE": str(token_file)}).extensions["lrp_kg_access"]
    for _ in range(ATTEMPTS):
        assert access.mark("wrong-token-of-the-tests", "10.0.0.1") is None
    with pytest.raises(TooManyAttempts):
        access.mark(TOKEN, "10.0.0.1")
    assert access.mark(TOKEN, "10.0.0.2")


class TestTerms:
    @pytest.mark.parametrize("lang", ["en", "nl", "fr", "de"])
    def test_pages(self, open_service: Service, lang: str) -> None:
        for path in (
            "/term/",
            f"/term/?kind={quote(CP + 'Stage')}",
            "/term/cp:Stage",
            f"/term/?iri={quote(CP + 'Stage')}",
        ):
            joint = "&" if "?" in path else "?"
            answer = open_service.ask(f"{path}{joint}lang={lang}", headers={"Accept": "text/html"})
            assert answer.status == 200
            assert f'<html lang="{lang}" ' in answer.text

    @pytest.mark.parametrize(
        "kind", ["text/turtle", "application/n-triples", "application/ld+json", "application/rdf+xml"]
    )
    def test_rdf(self, open_service: Service, service: GuidelineService, kind: str) -> None:
        condition = next(iter(service.guideline.conditions))
        answer = open_service.ask(f"/term/?iri={quote(condition)}", headers={"Accept": kind})
        form = ox.RdfFormat.from_media_type(kind)
        assert form is not None
        triples = list(ox.parse(answer.body, form))
        assert ox.NamedNode(condition) in {t.subject for t in triples}

    def test_every_term_of_the_guideline_has_a_page(self, open_service: Service, service: GuidelineService) -> None:
        g = service.guideline
        terms = [*g.fields, *g.boxes, *g.decisions, *list(g.conditions)[:20], *(p.iri for p in g.open_points[:10])]
        written = [iri for iri in terms if not iri.endswith("-decision") and "edition-" not in iri]
        assert len(written) > 100
        for iri in written[::4]:
            led = open_service.ask(f"/term/?iri={quote(iri)}&lang=nl", headers={"Accept": "text/html"})
            assert (led.status, led.headers["location"][:10]) == (303, "/guide/nl/"), iri
            page = open_service.ask(led.headers["location"].partition("#")[0])
            assert (page.status, iri in page.text) == (200, True), iri

    def test_list_begins_with_what_readers_know(self, open_service: Service) -> None:
        listed = json.loads(open_service.ask("/term/", headers={"Accept": "application/json"}).text)
        assert [row["label"] for row in listed[:4]] == ["stage", "box", "decision", "programme"]

    @pytest.mark.parametrize(
        "path", ["/term/cp:None", "/term/x:y", "/term/nothing", "/term/?iri=no%20iri", "/term/?kind=urn:x"]
    )
    def test_unknown_terms(self, open_service: Service, path: str) -> None:
        assert open_service.ask(path).status == 404

    def test_ontology_can_be_downloaded(self, open_service: Service) -> None:
        whole = list(ox.parse(open_service.ask("/ontology").body, ox.RdfFormat.TURTLE))
        assert len(whole) > 10_000
        part = open_service.ask("/ontology/sources", headers={"Accept": "application/n-triples"})
        assert 500 < len(part.text.splitlines()) < 3000
        assert open_service.ask("/ontology/none").status == 404


class TestClients:
    """Unmodified clients of other projects."""

    @pytest.mark.parametrize("form", [JSON, XML, CSV])
    def test_sparqlwrapper(self, open_service: Service, form: str) -> None:
        client = SPARQLWrapper(open_service.url + "/sparql")
        client.setQuery(STAGES)
        client.setReturnFormat(form)
        found = client.queryAndConvert()
        if form == JSON:
            assert len(found["results"]["bindings"]) == 9
        elif form == CSV:
            assert len(found.decode().splitlines()) == 10
        else:
            assert len(found.getElementsByTagName("result")) == 9

    def test_sparqlwrapper_posts_and_constructs(self, open_service: Service) -> None:
        client = SPARQLWrapper(open_service.url + "/sparql")
        client.setMethod(POST)
        client.setQuery(f"CONSTRUCT WHERE {{ ?s a <{CP}Stage> }}")
        client.setReturnFormat(TURTLE)
        graph = rdflib.Graph().parse(data=client.queryAndConvert(), format="turtle")
        assert len(graph) == 9

    def test_sparqlwrapper_with_a_token(self, guarded: Service) -> None:
        client = SPARQLWrapper(guarded.url + "/sparql")
        client.addCustomHttpHeader("Authorization", f"Bearer {TOKEN}")
        client.setQuery(f"SELECT ?r {{ ?r a <{CP}PatientRecord> }}")
        client.setReturnFormat(JSON)
        assert len(client.queryAndConvert()["results"]["bindings"]) == 5

    @pytest.mark.parametrize("method", ["GET", "POST", "POST_FORM"])
    def test_rdflib(self, open_service: Service, method: str) -> None:
        graph = rdflib.Graph(SPARQLStore(open_service.url + "/sparql", method=method))
        assert len(list(graph.query(STAGES))) == 9
        stages = list(graph.subjects(rdflib.RDF.type, rdflib.URIRef(CP + "Stage")))
        assert len(stages) == 9
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            assert graph.query("ASK {}").askAnswer is True

    @pytest.mark.skipif(not COMUNICA.exists() or not shutil.which("node"), reason="Comunica is not installed")
    @pytest.mark.parametrize("source", ["sparql@{}/sparql", "{}/sparql"])
    def test_comunica(self, open_service: Service, source: str) -> None:
        command = [str(COMUNICA), source.format(open_service.url), STAGES]
        run = subprocess.run(command, capture_output=True, text=True, timeout=60)
        assert run.returncode == 0, run.stderr
        assert len(json.loads(run.stdout)) == 9


class TestOddRequests:
    def test_star_etag_does_not_match(self, open_service: Service) -> None:
        for query, status in (("ASK {}", 200), ("garbage", 400)):
            answer = open_service.ask("/sparql?" + urlencode({"query": query}), headers={"If-None-Match": "*"})
            assert answer.status == status

    def test_weak_etag_matches(self, open_service: Service) -> None:
        tag = open_service.sparql("ASK {}").headers["etag"]
        path = "/sparql?" + urlencode({"query": "ASK {}"})
        accept = {"Accept": "application/sparql-results+json"}
        assert open_service.ask(path, headers={**accept, "If-None-Match": f"W/{tag}"}).status == 304

    def test_characters_that_xml_does_not_allow(self, open_service: Service) -> None:
        query = r'SELECT ("a\u0001b" AS ?x) {}'
        answer = open_service.sparql(query, "application/sparql-results+xml")
        assert (answer.status, json.loads(answer.body)["code"]) == (406, "not-acceptable")
        assert "JSON" in json.loads(answer.body)["detail"]
        assert bindings(open_service.sparql(query).body)[0]["x"]["value"] == "a\x01b"

    def test_byte_order_mark_is_accepted(self, open_service: Service) -> None:
        kind = {"Content-Type": "application/sparql-query"}
        assert open_service.ask("/sparql", "POST", b"\xef\xbb\xbfASK {}", kind).status == 200

    @pytest.mark.parametrize("path", ["/term/?kind=foo", "/term/?iri=foo", "/term/?kind=%0A"])
    def test_invalid_iris_of_terms(self, open_service: Service, path: str) -> None:
        assert open_service.ask(path).status == 404

    def test_address_of_what_a_store_names_leads_to_it(self, guarded: Service, open_service: Service) -> None:
        token = {"Authorization": f"Bearer {TOKEN}"}
        cp = "https://w3id.org/lrp-kg/care-pathway#"
        ask = f"SELECT ?a ?r {{ ?a a <{cp}Assessment> ; <{cp}decisionResult> ?r }} LIMIT 1"
        answered = guarded.ask(f"/sparql?{urlencode({'query': ask})}", headers=token)
        for node in bindings(answered.body)[0].values():
            address = f"/term/?{urlencode({'iri': node['value']})}"
            assert open_service.ask(address).status == 404
            for accept in ("text/html", "text/turtle"):
                led = guarded.ask(address, headers={"Accept": accept})
                assert (led.status, led.headers["cache-control"]) == (303, "no-store")
                assert guarded.ask(led.headers["location"], headers={"Accept": accept}).status in (303, 401)
                found = guarded.ask(led.headers["location"], headers={"Accept": accept, **token})
                assert found.status == 200
            assert cp in found.text

    def test_login_with_a_line_end_redirects_to_the_start(self, guarded: Service) -> None:
        body = urlencode({"token": TOKEN, "next": "/\n//elsewhere.example"})
        answer = guarded.ask("/login", "POST", body, {"Content-Type": FORM, "Accept": "text/html"})
        assert (answer.status, answer.headers["location"]) == (303, "/")

    def test_catalogue_is_open_to_other_origins(self, open_service: Service) -> None:
        answer = open_service.ask("/queries/decisions.json")
        assert (answer.status, answer.headers["access-control-allow-origin"]) == (200, "*")

    def test_record_links_to_a_query_about_it(self, guarded: Service) -> None:
        token = {"Authorization": f"Bearer {TOKEN}", "Accept": "text/html"}
        names = ("near-boundary", "several-or-no-answer", "drugs-against-advice", "late-follow-up")
        pages = [guarded.ask(f"/queries/{name}", headers=token).text for name in names]
        links = set(re.findall(r'href="(/(?:term/|query\?)[^"]*)"', "".join(pages)))
        assert any("SELECT ?property" in unquote_plus(link) for link in links)
        for link in sorted(links)[:40]:
            assert guarded.ask(link.replace("&amp;", "&"), headers=token).status in (200, 303)


class TestSlowReaders:
    def test_short_answers_are_not_blocked(self) -> None:
        query = f"SELECT ?text {{ ?s ?p ?o BIND ('{'x' * 2000}' AS ?text) }} LIMIT 2200"  # more than sockets hold
        request = f"GET /sparql?{urlencode({'query': query})} HTTP/1.1\r\nHost: x\r\n\r\n".encode()
        with serving() as service:
            socks: list[socket.socket] = []
            heads = []
            for _ in range(MOST + 10):
                sock = socket.socket()
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                sock.settimeout(30)
                sock.connect(("127.0.0.1", service.port))
                sock.sendall(request)
                heads.append(sock.recv(12))
                socks.append(sock)
            assert heads.count(b"HTTP/1.1 200") == MOST
            assert heads.count(b"HTTP/1.1 503") == 10
            assert service.ask("/health", timeout=5).status == 200
            assert service.sparql("ASK {}").status == 200
            assert len(bindings(service.sparql(STAGES).body)) == 9
            for sock in socks:
                sock.close()
            end = time.monotonic() + 20
            while (status := service.sparql(query).status) == 503 and time.monotonic() < end:
                time.sleep(0.2)
            assert status == 200

    def test_long_results_are_limited(self) -> None:
        readers = Readers(100)
        readers.enter(400)  # alone it may be as long as it is
        with pytest.raises(Busy):
            readers.enter(1)
        readers.leave(400)
        for _ in range(4):
            readers.enter(100)
        with pytest.raises(Busy):
            readers.enter(1)


@pytest.mark.parametrize("name", ["QUERY_ROWS", "QUERY_SECONDS", "MAX_BODY"])
def test_invalid_settings_are_reported_before_serving(name: str) -> None:
    with patch.dict(os.environ, {f"LRP_{name}": "x"}), patch("lrp_kg.web.server.run") as serves:
        found = CliRunner().invoke(main, ["serve", "--port", "1"])
    assert found.exit_code == 2
    assert f"LRP_{name}" in found.stderr
    assert not serves.called
