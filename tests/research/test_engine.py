"""The query engine with killable workers: result formats, limits, refusals, datasets, processes."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pyoxigraph as ox
import pytest
import rdflib
from hypothesis import given, settings
from hypothesis import strategies as st
from rdflib.query import Result

from lrp_kg.errors import (
    Busy,
    EngineFailed,
    LimitReached,
    MalformedQuery,
    MemoryLimit,
    NotAcceptable,
    QueryRefused,
    QueryTimeLimit,
    QueryTooLong,
    RowLimit,
    SizeLimit,
    UnknownParameter,
)
from lrp_kg.guideline.named_graphs import ANSWERS, RECORDS
from lrp_kg.research.engine import forbidden
from lrp_kg.research.engine.formats import GRAPHS, SOLUTIONS
from lrp_kg.research.engine.model import Limits, Question, setting
from lrp_kg.research.engine.pool import PoolEngine
from lrp_kg.research.engine.result_file import INLINE

pytestmark = pytest.mark.exhaustive

N = 300


def iri(name: str) -> ox.NamedNode:
    return ox.NamedNode(f"https://example.org/{name}")


def quads() -> list[ox.Quad]:
    found = [ox.Quad(iri(f"s{n}"), iri("p"), ox.Literal(n)) for n in range(N)]
    found += [ox.Quad(iri("shared"), iri("p"), iri("o"), iri(g)) for g in ("g1", "g2")]
    found += [ox.Quad(iri("only1"), iri("p"), iri("o"), iri("g1"))]
    found += [ox.Quad(iri("text"), iri("says"), ox.Literal('a "quoted", text\nof two lines', language="en"), iri("g3"))]
    found += [ox.Quad(iri("record"), iri("p"), ox.Literal(True), ox.NamedNode(RECORDS))]
    found += [ox.Quad(iri("answer"), iri("p"), ox.Literal(True), ox.NamedNode(ANSWERS))]
    return found


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("engine") / "data.nq"
    ox.serialize(quads(), output=str(path), format=ox.RdfFormat.N_QUADS)
    return path


@pytest.fixture(scope="module")
def engine(file: Path) -> Iterator[PoolEngine]:
    limits = Limits(seconds=2.0, rows=50_000, size=8 * 1024 * 1024, memory=300 * 1024 * 1024, concurrent=3)
    with PoolEngine(quads=file, limits=limits) as found:
        yield found


@pytest.fixture(scope="module")
def hasty(file: Path) -> Iterator[PoolEngine]:
    """An engine that stops slow queries soon."""
    with PoolEngine(
        quads=file, limits=Limits(seconds=0.5, patience=24, memory=300 * 1024 * 1024, concurrent=3)
    ) as found:
        yield found


def rows(engine: PoolEngine, query: str, **dataset: tuple[str, ...]) -> list[dict[str, str]]:
    data = json.loads(engine.ask(Question(query, **dataset)).read())  # type: ignore[arg-type]
    return [{k: v["value"] for k, v in row.items()} for row in data["results"]["bindings"]]


def number(engine: PoolEngine, query: str, **dataset: tuple[str, ...]) -> int:
    return int(rows(engine, query, **dataset)[0]["n"])


COUNT = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"
SLOW = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i FILTER (?c + ?f + ?i < 0) }"


class TestForms:
    @pytest.mark.parametrize("media_type", SOLUTIONS)
    def test_rows_are_written_in_every_format(self, engine: PoolEngine, media_type: str) -> None:
        query = "SELECT ?s ?o { GRAPH <https://example.org/g3> { ?s ?p ?o } }"
        reply = engine.ask(Question(query, solutions=media_type))
        assert (reply.form, reply.media_type) == ("select", media_type)
        body = reply.read()
        assert len(body) == reply.size
        form = {"text/csv": "csv", "text/tab-separated-values": "tsv"}.get(media_type, media_type.rpartition("+")[2])
        (row,) = Result.parse(io.BytesIO(body), format=form)
        assert str(row[1]) == 'a "quoted", text\nof two lines'

    @pytest.mark.parametrize("media_type", [*list(SOLUTIONS)[:2]])
    @pytest.mark.parametrize("truth", [True, False])
    def test_ask_gives_true_or_false(self, engine: PoolEngine, media_type: str, truth: bool) -> None:
        query = f"ASK {{ FILTER ({str(truth).lower()}) }}"
        reply = engine.ask(Question(query, solutions=media_type))
        assert reply.form == "ask"
        assert Result.parse(io.BytesIO(reply.read()), format=media_type.rpartition("+")[2]).askAnswer is truth

    @pytest.mark.parametrize("media_type", GRAPHS)
    @pytest.mark.parametrize("form", ["CONSTRUCT", "DESCRIBE"])
    def test_graphs_are_written_in_every_format(self, engine: PoolEngine, media_type: str, form: str) -> None:
        query = "CONSTRUCT WHERE { ?s ?p 7 }" if form == "CONSTRUCT" else "DESCRIBE <https://example.org/s7>"
        reply = engine.ask(Question(query, graph=media_type))
        assert (reply.form, reply.media_type) == ("graph", media_type)
        (quad,) = ox.parse(reply.read(), format=GRAPHS[media_type])
        assert quad.triple == ox.Triple(iri("s7"), iri("p"), ox.Literal(7))

    def test_result_in_no_accepted_format_is_refused(self, engine: PoolEngine) -> None:
        with pytest.raises(NotAcceptable, match="RDF"):
            engine.ask(Question("DESCRIBE <https://example.org/s7>", graph=None))
        with pytest.raises(NotAcceptable, match="results"):
            engine.ask(Question("ASK {}", solutions=None))

    def test_large_result_is_complete(self, engine: PoolEngine) -> None:
        query = "SELECT ?a ?b { ?a ?p ?x . ?b ?p ?y FILTER (?x < 100 && ?y < 100) }"
        reply = engine.ask(Question(query))
        assert reply.size > INLINE
        parts = list(reply.chunks())
        assert len(parts) > 1
        assert len(json.loads(b"".join(parts))["results"]["bindings"]) == 10_000


class TestLimits:
    @pytest.mark.parametrize(
        "query",
        [
            "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l FILTER (?c + ?f + ?i + ?l < 0) }",
            "SELECT (COUNT(*) AS ?n) { ?a (!<x:>)* ?b . ?c (!<x:>)* ?d . ?e (!<x:>)* ?f FILTER (?b + ?d + ?f < 0) }",
        ],
    )
    def test_slow_query_is_stopped(self, hasty: PoolEngine, query: str) -> None:
        start = time.monotonic()
        with pytest.raises((QueryTimeLimit, MemoryLimit)) as caught:
            hasty.ask(Question(query))
        assert time.monotonic() - start < hasty.limits.clock + 3
        assert "LRP_QUERY_" in caught.value.message
        assert caught.value.status == 503

    def test_time_limit_is_named(self, hasty: PoolEngine) -> None:
        query = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i FILTER (?c + ?f + ?i < 0) }"
        with pytest.raises(QueryTimeLimit, match=r"0\.5 seconds .*LRP_QUERY_SECONDS"):
            hasty.ask(Question(query))

    def test_limit_that_is_reached_with_copies_of_graphs_says_so(self, hasty: PoolEngine) -> None:
        """A list of default graphs is merged in a copy; a subquery in GRAPH with a variable needs one too."""
        query = "SELECT (COUNT(*) AS ?n) {from} {{ {values} }}"
        values = " ".join(f"VALUES ?{name} {{ {' '.join(map(str, range(20)))} }}" for name in "abcdefghij")
        for graphs, copied in (("", False), ("FROM <urn:g:1> FROM <urn:g:2>", True)):
            with pytest.raises((QueryTimeLimit, MemoryLimit)) as caught:
                hasty.ask(Question(query.format_map({"from": graphs, "values": values})))
            assert ("copied" in caught.value.message) == copied
            assert caught.value.status == 503

    @pytest.mark.slow
    def test_limit_of_the_clock_is_named_with_the_time_used(self, file: Path) -> None:
        with PoolEngine(quads=file, limits=Limits(seconds=0.3, patience=6)) as some:
            stopped = some._idle[0].pid
            threading.Timer(0.1, os.kill, (stopped, signal.SIGSTOP)).start()  # as if the machine had no time for it
            expected = r"after (1\.[89]|2\.\d) seconds by the clock.* got 0\.[01] of the 0\.3 CPU .*LRP_QUERY_PATIENCE"
            with pytest.raises(QueryTimeLimit, match=expected):
                threading.Timer(1.9, os.kill, (stopped, signal.SIGCONT)).start()
                some.ask(Question(SLOW))
            assert number(some, COUNT) == N

    @pytest.mark.slow
    def test_busy_machine_ends_no_query_that_is_allowed(self, file: Path) -> None:
        query = (
            "SELECT (COUNT(*) AS ?n) { { SELECT ?i { ?g ?h ?i } LIMIT 60 } ?a ?b ?c . ?d ?e ?f "
            "FILTER (?c + ?f + ?i < 0 && ?c < 40) }"
        )
        burners = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(os.cpu_count() or 1)]
        try:
            with PoolEngine(quads=file, limits=Limits(seconds=0.4)) as some:
                assert number(some, query) == 0
                (worker,) = some._idle
                assert 0.05 < worker.used < 0.4
        finally:
            for burner in burners:
                burner.kill()
                burner.wait()

    def test_row_limit_is_named(self, engine: PoolEngine) -> None:
        with pytest.raises(RowLimit, match=r"50000 rows .*LRP_QUERY_ROWS"):
            engine.ask(Question("SELECT (1 AS ?x) { ?a ?b ?c . ?d ?e ?f }", solutions="text/csv"))

    def test_triples_count_as_rows(self, file: Path) -> None:
        with PoolEngine(quads=file, limits=Limits(rows=10)) as small:
            with pytest.raises(RowLimit):
                small.ask(Question("CONSTRUCT { ?s ?p ?o } { ?s ?p ?o }"))
            assert small.ask(Question("CONSTRUCT { ?s ?p ?o } { ?s ?p ?o } LIMIT 10")).rows in (None, 10)

    @pytest.mark.parametrize("media_type", SOLUTIONS)
    def test_row_limit_is_exact(self, file: Path, media_type: str) -> None:
        with PoolEngine(quads=file, limits=Limits(rows=100)) as small:
            small.ask(Question("SELECT ?s ?o { ?s ?p ?o } LIMIT 100", solutions=media_type)).close()
            with pytest.raises(RowLimit):
                small.ask(Question("SELECT ?s ?o { ?s ?p ?o } LIMIT 101", solutions=media_type))

    def test_size_is_limited(self, file: Path) -> None:
        query = "SELECT ?a ?b ?c ?d { ?a ?p ?c . ?b ?p ?d } LIMIT 40000"
        with PoolEngine(quads=file, limits=Limits(seconds=120, size=1024 * 1024)) as small:
            with pytest.raises(SizeLimit, match="LRP_QUERY_BYTES"):
                small.ask(Question(query))
            assert number(small, COUNT) == N

    @pytest.mark.slow
    @pytest.mark.parametrize(
        "query",
        [
            "SELECT (GROUP_CONCAT(STR(?a)) AS ?x) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }",
            "SELECT (COUNT(DISTINCT *) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }",
            "SELECT ?x { BIND (REPLACE('aaaaaaaaaa', 'a', 'aaaaaaaaaaaaaaaaaaaa') AS ?1) "
            + " ".join(f"BIND (REPLACE(?{n}, 'a', ?{n}) AS ?{n + 1})" for n in range(1, 6))
            + " BIND (?6 AS ?x) }",
        ],
    )
    def test_memory_is_limited(self, file: Path, query: str) -> None:
        with PoolEngine(quads=file, limits=Limits(seconds=120, memory=20 * 1024 * 1024)) as small:
            with pytest.raises((MemoryLimit, QueryTimeLimit)) as caught:
                small.ask(Question(query))
            assert isinstance(caught.value, MemoryLimit)
            assert number(small, COUNT) == N

    def test_length_of_the_query_is_limited(self, engine: PoolEngine) -> None:
        with pytest.raises(QueryTooLong, match="LRP_QUERY_TEXT"):
            engine.ask(Question("ASK {} #" + "x" * engine.limits.text))

    @pytest.mark.parametrize("brackets", ["{}", "()"])
    @pytest.mark.parametrize("depth", [500, 20_000, 100_000])
    def test_deeply_nested_query_does_not_stop_the_engine(self, engine: PoolEngine, brackets: str, depth: int) -> None:
        left, right = brackets
        text = f"SELECT * WHERE {left * depth}{right * depth}" if left == "{" else ""
        text = text or f"ASK {{ FILTER {left * depth}1{right * depth} }}"
        try:
            engine.ask(Question(text)).close()
        except (MalformedQuery, LimitReached) as error:
            assert error.status in (400, 503)
        assert number(engine, COUNT) == N

    def test_regular_expression_does_not_backtrack(self, engine: PoolEngine) -> None:
        query = f"SELECT (REGEX('{'a' * 5000}!', '^(a+)+$') AS ?x) {{}}"
        assert rows(engine, query) == [{"x": "false"}]

    def test_huge_numbers_are_accepted(self, engine: PoolEngine) -> None:
        query = 'SELECT ("1e999999999"^^<http://www.w3.org/2001/XMLSchema#double> + 1 AS ?x) {}'
        engine.ask(Question(query)).close()
        engine.ask(Question(f"SELECT ({'9' * 1000} + 1 AS ?x) {{}}")).close()

    @pytest.mark.parametrize("value", ["x", "-1", "0", "nan", "inf", "²", "1_0", "1e3"])
    def test_invalid_limit_is_refused(self, value: str) -> None:
        with pytest.raises(UnknownParameter, match="LRP_QUERY_SECONDS"):
            Limits.from_settings({"QUERY_SECONDS": value})

    def test_limits_are_read_from_settings(self) -> None:
        found = Limits.from_settings({"QUERY_SECONDS": "1.5", "QUERY_BYTES": 7, "QUERY_ROWS": None})
        assert (found.seconds, found.size, found.rows) == (1.5, 7, Limits().rows)
        assert setting("size") == "QUERY_BYTES"


REMOTE = "<http://127.0.0.1:9/sparql>"


class TestRefusals:
    @pytest.mark.parametrize(
        "query",
        [
            f"SELECT * {{ SERVICE {REMOTE} {{ ?s ?p ?o }} }}",
            f"select * {{ service silent {REMOTE} {{ ?s ?p ?o }} }}",
            f"SELECT * {{ SeRvIcE#a comment\n{REMOTE} {{ ?s ?p ?o }} }}",
            f"SELECT * {{ SERVI\\u0043E {REMOTE} {{ ?s ?p ?o }} }}",
            f"SELECT * {{ \\U00000053ERVICE {REMOTE} {{ ?s ?p ?o }} }}",
            f"SELECT * {{ ?s ?p ?o FILTER EXISTS {{ SERVICE {REMOTE} {{ ?s ?p ?o }} }} }}",
            f"SELECT * {{ {{ SELECT ?s {{ GRAPH ?g {{ OPTIONAL {{ SERVICE {REMOTE} {{ ?s ?p ?o }} }} }} }} }} }}",
            "SELECT * { ?s ?p ?where SERVICE ?where { ?a ?b ?c } }",
            f"ASK {{ SERVICE {REMOTE} {{ ?s ?p ?o }} }}",
            f"CONSTRUCT {{ ?s ?p ?o }} {{ SERVICE {REMOTE} {{ ?s ?p ?o }} }}",
            f"DESCRIBE ?s {{ SERVICE {REMOTE} {{ ?s ?p ?o }} }}",
        ],
    )
    def test_service_is_refused(self, engine: PoolEngine, query: str) -> None:
        with pytest.raises((QueryRefused, MalformedQuery)):
            engine.ask(Question(query))

    @pytest.mark.parametrize(
        "query",
        [
            'SELECT ("SERVICE" AS ?n) {}',
            "PREFIX service: <https://example.org/> SELECT (COUNT(*) AS ?n) { ?x service:p ?o }",
            "SELECT (1 AS ?n) { BIND (<https://example.org/service> AS ?service) }",
            "# SERVICE <http://127.0.0.1:9/>\nSELECT (1 AS ?n) {}",
            'SELECT ("from" AS ?n) {}',
            "SELECT ?n { BIND (1 AS ?n) BIND (2 AS ?from) }",
        ],
    )
    def test_service_as_a_word_is_accepted(self, engine: PoolEngine, query: str) -> None:
        assert rows(engine, query)[0]["n"]

    @pytest.mark.parametrize(
        "query",
        [
            "INSERT DATA { <urn:a> <urn:b> <urn:c> }",
            "DELETE WHERE { ?s ?p ?o }",
            "LOAD <http://127.0.0.1:9/data>",
            "CLEAR ALL",
            "DROP ALL",
            "COPY DEFAULT TO <urn:g>",
            "PREFIX x: <urn:x> INSERT { ?s ?p 1 } WHERE { ?s ?p ?o }",
            "ASK {} ; DROP ALL",
        ],
    )
    def test_updates_are_refused(self, engine: PoolEngine, query: str) -> None:
        with pytest.raises((QueryRefused, MalformedQuery)):
            engine.ask(Question(query))
        assert number(engine, COUNT) == N

    @pytest.mark.parametrize(
        ("text", "may"),
        [
            (r'ASK { ?s ?p "a\" SERVICE <u:x> {}" }', False),
            (r'ASK { ?s ?p "a\\" . SERVICE <u:x> {} }', True),
            ("ASK { FILTER (?a<?b) SERVICE <u:x> {} }", True),
            ("ASK { ?s <u:'x> ?o . SERVICE <u:y> {} #'\n}", True),
            ("ASK { ?s ?p '''a 'service <u:x> {}' b''' }", False),
            ("ASK { ?s ?p 1SERVICE <u:x> {} }", True),
            ("ASK { ?s ?p trueSERVICE <u:x> {} }", True),
            ("ASK {SERVICEx:y {}}", True),
            ("ASK { ?s ?p :.SERVICE SILENT <u:x> {} }", True),
            ("ASK { ?s ?p a:-SERVICE ?x {} }", True),
            ("ASK { #x\rSERVICE <u:x> {}\n }", True),
            ("ASK { FILTER(1<2)SERVICE#>\n<u:x> {} }", True),
            (r"ASK { ?s ?p :a\# . SERVICE <u:x> {} }", True),
            ("ASK { SERVICE#{\n#\r\nSILENT#\n$x#}\n{} }", True),
            ("ASK { ?s x:wasDerivedFrom ?service . ?s service:p ?o . { ?x x:service ?y } }", False),
            ("ASK { ?s <http://example.org/service> ?o . { ?x <http://example.org/#service> :y } }", False),
            ("# service <u:x> {\nASK {}", False),
        ],
    )
    def test_keyword_service_is_found(self, text: str, may: bool) -> None:
        assert bool(forbidden.keywords(text)["service"]) is may

    @pytest.mark.parametrize(
        ("text", "times"),
        [
            ("SELECT * FROM <http://example.org/from> FROM NAMED x:from { ?from x:from 'from <u:x>' }", 2),
            ("# from here\nASK {}", 0),
            ("SELECT * #x\rFROM<u:g>\n{}", 1),
            ("PREFIX from: <http://example.org/> ASK { ?s ?p from:x }", 2),
            ("ASK { ?s prov:wasDerivedFrom <http://example.org/a> }", 0),
        ],
    )
    def test_keyword_from_is_found(self, text: str, times: int) -> None:
        assert forbidden.keywords(text)["from"] == times

    @pytest.mark.parametrize(
        "query",
        [
            r'SELECT * { FILTER(<http://x/\u0041#> != "\u0022") SERVICE SILENT <u:x> {?a ?b ?c} #"""' + "\n }",
            r'SELECT * { VALUES ?q { "\u0022" } SERVICE SILENT <u:x> {?a ?b ?c} #"""}' + "\n }",
            r"SELECT * { SERV\u0049CE SILENT <u:x> {} }",
            "PREFIX : <urn:x> SELECT * { ?s ?p :.SERVICE SILENT <u:x> {?a ?b ?c} }",
            "SELECT * { #x\rSERVICE SILENT <u:x> {?a ?b ?c}\n }",
            "SELECT * { FILTER(1<2)SERVICE#>\n<u:x> {?a ?b ?c} }",
            "PREFIX from: <http://example.org/> SELECT * { ?s ?p from:x }",
        ],
    )
    def test_ambiguous_query_is_refused(self, engine: PoolEngine, query: str) -> None:
        with pytest.raises(QueryRefused):
            engine.ask(Question(query))

    def test_graph_after_a_comment_is_found(self) -> None:
        assert forbidden.examine("SELECT * #x\rFROM <urn:g>\n { ?s ?p ?o }").default == ("urn:g",)

    def test_refused_update_is_called_read_only(self, engine: PoolEngine) -> None:
        with pytest.raises(QueryRefused, match="read-only"):
            engine.ask(Question("INSERT DATA { <urn:a> <urn:b> <urn:c> }"))

    @pytest.mark.parametrize(
        "query", ["SELECT", "SELECT * {", "", "x", "SELECT ?x { ?x ?y ?z } FROM", "ASK { ?s a:b ?o }"]
    )
    def test_malformed_query_is_refused(self, engine: PoolEngine, query: str) -> None:
        with pytest.raises(MalformedQuery):
            engine.ask(Question(query))

    def test_worker_is_sandboxed(self, engine: PoolEngine) -> None:
        if sys.platform != "linux":
            pytest.skip("only Linux has a filter of system calls")
        assert engine.sandboxed

    @given(st.text(alphabet="service SERVICE from{}<>\"'#\\u0053\n :?x", max_size=60))
    @settings(max_examples=150)
    def test_any_text_is_examined_or_refused(self, text: str) -> None:
        try:
            forbidden.examine(text)
        except (QueryRefused, MalformedQuery) as error:
            assert error.message


G1, G2 = "https://example.org/g1", "https://example.org/g2"


class TestDatasets:
    def test_default_graph_is_queried_by_default(self, engine: PoolEngine) -> None:
        assert number(engine, COUNT) == N

    def test_one_graph_is_queried_alone(self, engine: PoolEngine) -> None:
        assert number(engine, COUNT, default_graphs=(G1,)) == 2
        assert number(engine, f"SELECT (COUNT(*) AS ?n) FROM <{G1}> {{ ?s ?p ?o }}") == 2

    def test_triple_in_two_graphs_counts_once(self, engine: PoolEngine) -> None:
        assert number(engine, COUNT, default_graphs=(G1, G2)) == 2
        assert number(engine, f"SELECT (COUNT(*) AS ?n) FROM <{G1}> FROM <{G2}> {{ ?s ?p ?o }}") == 2
        query = f"PREFIX e: <https://example.org/> SELECT (COUNT(*) AS ?n) FROM e:g1 FROM <{G2}> {{ ?s ?p ?o }}"
        assert number(engine, query) == 2

    def test_disjoint_graphs_are_merged(self, engine: PoolEngine) -> None:
        assert number(engine, COUNT, default_graphs=(RECORDS, ANSWERS)) == 2
        assert number(engine, COUNT, default_graphs=(RECORDS, ANSWERS, G1)) == 4

    def test_dataset_of_the_request_overrides_the_query(self, engine: PoolEngine) -> None:
        query = f"SELECT (COUNT(*) AS ?n) FROM <{G2}> {{ ?s ?p ?o }}"
        assert number(engine, query, default_graphs=(G1,)) == 2
        assert number(engine, query) == 1

    def test_named_graphs_are_those_of_the_request(self, engine: PoolEngine) -> None:
        query = "SELECT (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } }"
        assert number(engine, query) == 6
        assert number(engine, query, named_graphs=(G1,)) == 2
        assert number(engine, query, default_graphs=(G1,)) == 0
        assert number(engine, COUNT, named_graphs=(G1,)) == 0
        merged = number(engine, query, default_graphs=(G1, G2), named_graphs=(G2,))
        assert merged == 1

    @pytest.mark.parametrize("name", ["http://127.0.0.1:9/x", "file:///etc/passwd", "urn:none"])
    def test_unknown_graph_is_empty(self, engine: PoolEngine, name: str) -> None:
        assert number(engine, COUNT, default_graphs=(name,)) == 0
        assert number(engine, f"SELECT (COUNT(*) AS ?n) FROM <{name}> {{ ?s ?p ?o }}") == 0
        assert number(engine, f"SELECT (COUNT(*) AS ?n) FROM <{name}> FROM <{G1}> {{ ?s ?p ?o }}") == 2


class TestAgreement:
    @given(
        st.lists(st.sampled_from(["?s ?p ?o", "?o ?q ?s", "?s ?p 7", "OPTIONAL { ?s ?p 9 }"]), min_size=1, max_size=3),
        st.sampled_from(["", "FILTER (?o < 20)", "FILTER (?o = 5 || ?o = 6)"]),
    )
    @settings(max_examples=40)
    def test_results_equal_those_of_oxigraph(self, engine: PoolEngine, patterns: list[str], end: str) -> None:
        text = f"SELECT ?s ?o {{ {' . '.join(patterns)} {end} }} ORDER BY ?s ?o LIMIT 500"
        store = ox.Store()
        store.extend(quads())
        expected = store.query(text).serialize(format=ox.QueryResultsFormat.JSON)
        assert expected is not None
        assert json.loads(engine.ask(Question(text)).read()) == json.loads(expected)


def descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


def children(pid: int) -> set[int]:
    found = set()
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        found |= {int(c) for c in task.read_text().split()}
    return found


class TestProcesses:
    @pytest.mark.slow
    def test_concurrent_queries_are_limited(self, hasty: PoolEngine) -> None:
        slow = Question("SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i FILTER (?c + ?f + ?i < 0) }")

        def ask() -> None:
            with pytest.raises(QueryTimeLimit):
                hasty.ask(slow)

        threads = [threading.Thread(target=ask) for _ in range(hasty.limits.concurrent)]
        for thread in threads:
            thread.start()
        time.sleep(0.3)
        with pytest.raises(Busy, match="LRP_QUERY_CONCURRENT"):
            hasty.ask(Question("ASK {}"))
        for thread in threads:
            thread.join()
        assert number(hasty, COUNT) == N

    @pytest.mark.slow
    def test_no_process_or_descriptor_is_left(self, file: Path) -> None:
        before = descriptors()
        with PoolEngine(quads=file, limits=Limits(seconds=0.2)) as some:
            forker = some._process
            assert forker is not None
            for n in range(40):
                if n % 10 == 9:
                    with pytest.raises(QueryTimeLimit):
                        some.ask(Question("ASK { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i FILTER (?c + ?f + ?i < 0) }"))
                else:
                    some.ask(Question("SELECT * { ?s ?p ?o }")).read()
            assert len(children(forker.pid)) <= 2
            assert descriptors() <= before + 4
        assert descriptors() == before
        assert forker.poll() is not None

    def test_stopped_worker_is_replaced_before_the_error(self, file: Path) -> None:
        with PoolEngine(quads=file, limits=Limits(seconds=0.2)) as some:
            first = some._idle[0].pid
            with pytest.raises(QueryTimeLimit):
                some.ask(Question("ASK { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i FILTER (?c + ?f + ?i < 0) }"))
            (ready,) = some._idle
            assert ready.pid != first
            assert number(some, COUNT) == N
            assert [w.pid for w in some._idle] == [ready.pid]

    def test_quick_query_does_not_wait_for_a_stopped_one(self, file: Path) -> None:
        with PoolEngine(quads=file) as some, some._channel:  # as while a worker stops or starts
            found: list[int] = []
            thread = threading.Thread(target=lambda: found.append(number(some, COUNT)))
            thread.start()
            thread.join(10)
            assert found == [N]

    def test_killed_fork_server_is_replaced(self, file: Path) -> None:
        with PoolEngine(quads=file) as some:
            assert some._process is not None
            os.kill(some._process.pid, signal.SIGKILL)
            for _ in range(3):
                assert number(some, COUNT) == N

    @pytest.mark.slow
    def test_worker_of_an_earlier_fork_server_is_dropped(self, file: Path) -> None:
        with PoolEngine(quads=file) as some:
            assert some._process is not None
            worker = some._take()
            os.kill(some._process.pid, signal.SIGKILL)
            assert number(some, COUNT) == N
            now = some._process
            some._give_back(worker)  # as a thread does after its query
            for _ in range(3):
                assert number(some, COUNT) == N
            assert some._process is now

    def test_closed_engine_starts_no_process(self, file: Path) -> None:
        some = PoolEngine(quads=file)
        worker = some._take()
        some.close()
        some._replace(worker)
        assert some._process is None
        with pytest.raises(EngineFailed, match="closed"):
            some.ask(Question("ASK {}"))

    def test_killed_worker_is_replaced(self, file: Path) -> None:
        with PoolEngine(quads=file) as some:
            os.kill(some._idle[0].pid, signal.SIGKILL)
            assert number(some, COUNT) == N

    @pytest.mark.slow
    def test_workers_end_with_a_killed_server(self, file: Path) -> None:
        code = (
            "import sys, time\nfrom pathlib import Path\nfrom lrp_kg.research.engine.pool import PoolEngine\n"
            f"engine = PoolEngine(quads=Path({str(file)!r}))\n"
            "print(engine._process.pid, engine._idle[0].pid, flush=True)\ntime.sleep(60)\n"
        )
        with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as server:
            assert server.stdout is not None
            pids = [int(p) for p in server.stdout.readline().split()]
            server.kill()
        end = time.monotonic() + 10
        while any(Path(f"/proc/{p}").exists() for p in pids) and time.monotonic() < end:
            time.sleep(0.05)
        assert [p for p in pids if Path(f"/proc/{p}").exists()] == []

    def test_closed_engine_reports_that_it_is_closed(self, file: Path) -> None:
        some = PoolEngine(quads=file)
        some.close()
        some.close()
        with pytest.raises(EngineFailed, match="closed"):
            some.ask(Question("ASK {}"))

    def test_unreadable_data_is_an_error(self, tmp_path: Path) -> None:
        broken = tmp_path / "broken.nq"
        broken.write_text("this is no quad\n", encoding="utf-8")
        with pytest.raises(EngineFailed, match="could not be started"):
            PoolEngine(quads=broken)
        with pytest.raises(EngineFailed, match="could not be started"):
            PoolEngine(store=tmp_path / "nowhere")

    def test_worker_answers_more_than_one_query(self, file: Path) -> None:
        with PoolEngine(quads=file) as some:
            (before,) = some._idle
            for _ in range(3):
                assert number(some, COUNT) == N
            (after,) = some._idle
            assert (after.pid, after.answered) == (before.pid, 3)

    @pytest.mark.slow
    def test_oxigraph_folder_can_be_queried(self, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
        store = ox.Store(str(tmp_path / "store"))
        store.extend(quads())
        store.flush()
        del store
        with PoolEngine(store=tmp_path / "store") as some:
            assert number(some, COUNT) == N
            assert number(some, COUNT, default_graphs=(G1, G2)) == 2
        assert capfd.readouterr().err == "", "Python warns of forks"


@pytest.mark.slow
def test_rdflib_can_parse_the_result(engine: PoolEngine) -> None:
    body = engine.ask(Question("CONSTRUCT WHERE { ?s ?p ?o }")).read()
    assert len(rdflib.Graph().parse(data=body, format="turtle")) == N
