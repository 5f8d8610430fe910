"""The tests of SPARQL 1.1 by the W3C that the engine fails: pinned, each shown small, and listed in docs/api.md.

`tests/results/engine-faults.json` has each fault with data and a query of our own, so that an engine that no longer has
it is noticed. The suite runs if ``LRP_W3C_TESTS`` names the folder `sparql/sparql11` of a checkout of w3c/rdf-tests.
"""

from __future__ import annotations

import csv
import io
import json
import os
import re
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlparse

import pyoxigraph as ox
import pytest
import rdflib
from rdflib.collection import Collection
from rdflib.compare import isomorphic
from rdflib.namespace import RDF

from lrp_kg.errors import LrpError
from lrp_kg.research.engine import forbidden
from tests.support.paths import ROOT, TESTS

SUITE = Path(os.environ["LRP_W3C_TESTS"]) if os.environ.get("LRP_W3C_TESTS") else None
FAULTS = json.loads((TESTS / "results" / "engine-faults.json").read_text(encoding="utf-8"))
FAILING = {name for fault in FAULTS for name in fault["tests"]}
MF = rdflib.Namespace("http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#")
QT = rdflib.Namespace("http://www.w3.org/2001/sw/DataAccess/tests/test-query#")
RS = rdflib.Namespace("http://www.w3.org/2001/sw/DataAccess/tests/result-set#")
SYNTAX = {MF.PositiveSyntaxTest11: True, MF.NegativeSyntaxTest11: False}
KINDS = {MF.QueryEvaluationTest, MF.CSVResultFormatTest, *SYNTAX}
REFUSED = (LrpError, OSError, RuntimeError, SyntaxError, ValueError)
ELSEWHERE = {"service", "entailment", "syntax-fed"}
"""Folders with tests of what the endpoint does not offer."""


def rows(text: str, store: ox.Store, base: str | None = None) -> Any:
    """Return the answer of the engine to a query that the endpoint accepts: a truth value, triples, or rows."""
    forbidden.examine(text)
    found = store.query(text, base_iri=base)
    if isinstance(found, ox.QueryBoolean):
        return bool(found)
    if isinstance(found, ox.QueryTriples):
        return found.serialize(format=ox.RdfFormat.N_TRIPLES)
    return table(found)


def table(found: ox.QuerySolutions) -> list[list[str]]:
    """Return rows with their columns in the order of their names; a blank node is named by the places where it is."""
    names = sorted(v.value for v in found.variables)
    solutions = [[s[name] for name in names] for s in found]
    places: dict[Any, list[str]] = {}
    for terms in solutions:
        row = [plain(term) for term in terms]
        for name, term in zip(names, terms, strict=True):
            if isinstance(term, ox.BlankNode):
                places.setdefault(term, []).append(f"{name} {row}")
    named = {node: f"_:{sorted(found)}" for node, found in places.items()}
    return sorted([named.get(term) or plain(term) for term in terms] for terms in solutions)


def plain(term: Any) -> str:
    """Return a term as text; numbers by their value, as the engine keeps them."""
    if term is None or isinstance(term, ox.BlankNode):
        return "" if term is None else "_:"
    if isinstance(term, ox.Literal) and re.search("integer|decimal|double|float", term.datatype.value):
        with suppress(ValueError):
            return f"{float(term.value):g} {term.datatype.value.rpartition('#')[2]}"
    if str(term).endswith("#boolean>"):
        return f"{term.value in ('true', '1')} boolean"
    return str(term)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault["tests"][0])
def test_engine_still_has_the_fault(fault: dict[str, Any]) -> None:
    store = ox.Store()
    store.load(fault["data"].encode(), ox.RdfFormat.TRIG, base_iri="urn:x:")
    try:
        found = rows(fault["query"], store)
    except RuntimeError:
        found = "refused"
    assert found != fault["right"], "The fault is gone: remove it here and in docs/api.md."
    assert found == fault["engine"]


def test_faults_are_listed_in_the_documentation() -> None:
    text = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    for name in FAILING:
        assert f"`{name}`" in text


def evaluation_tests() -> list[tuple[str, rdflib.Graph, Any]]:
    found = []
    for manifest in sorted(SUITE.glob("*/manifest.ttl")) if SUITE else ():
        if manifest.parent.name in ELSEWHERE:
            continue
        graph = rdflib.Graph().parse(manifest, publicID=manifest.as_uri(), format="turtle")
        for head in graph.subjects(MF.entries):
            for test in Collection(graph, graph.value(head, MF.entries)):
                if graph.value(test, RDF.type) in KINDS:
                    found.append((name_of(graph, test), graph, test))
    return found


def name_of(graph: rdflib.Graph, test: Any) -> str:
    name = str(test).rpartition("#")[2]
    return str(graph.value(test, MF.name)) if graph.value(test, RDF.type) in SYNTAX else name


def file(iri: Any) -> Path:
    return Path(unquote(urlparse(str(iri)).path))


def accepted(query: Path) -> bool:
    """Return whether the endpoint accepts a query."""
    try:
        rows(query.read_text(encoding="utf-8"), ox.Store(), query.as_uri())
    except REFUSED:
        return False
    return True


def passes(graph: rdflib.Graph, test: Any) -> bool:
    if (kind := graph.value(test, RDF.type)) in SYNTAX:
        return accepted(file(graph.value(test, MF.action))) is SYNTAX[kind]
    action, result = graph.value(test, MF.action), file(graph.value(test, MF.result))
    query = file(graph.value(action, QT.query))
    store = ox.Store()
    for data in graph.objects(action, QT.data):
        store.load(path=str(file(data)), base_iri=str(data))
    for data in graph.objects(action, QT.graphData):
        store.load(path=str(file(data)), base_iri=str(data), to_graph=ox.NamedNode(str(data)))
    text = query.read_text(encoding="utf-8")
    try:
        if result.suffix == ".csv":
            written = store.query(text, base_iri=query.as_uri()).serialize(format=ox.QueryResultsFormat.CSV)
            return cells(written) == cells(result.read_bytes())
        found = rows(text, store, query.as_uri())
    except REFUSED:
        return False
    if isinstance(found, bytes):
        ours = rdflib.Graph().parse(data=found, format="nt")
        return isomorphic(ours, rdflib.Graph().parse(result))
    return found == expected(result)


def cells(body: bytes) -> list[list[str]]:
    """Return the rows of a file of CSV, the heads first, blank nodes without their names."""
    head, *others = csv.reader(io.StringIO(body.decode(), newline=""))
    order = sorted(range(len(head)), key=head.__getitem__)
    lines = sorted([re.sub("^_:.*", "_:", row[n]) for n in order] for row in others)
    return [[head[n] for n in order], *lines]


def expected(result: Path) -> Any:
    kinds = {".srx": "XML", ".srj": "JSON", ".tsv": "TSV", ".csv": "CSV"}
    if result.suffix == ".ttl":
        return of_result_set(rdflib.Graph().parse(result))
    form = getattr(ox.QueryResultsFormat, kinds[result.suffix])
    parsed = ox.parse_query_results(result.read_bytes(), form)
    return bool(parsed) if isinstance(parsed, ox.QueryBoolean) else table(parsed)


def of_rdflib(term: Any) -> ox.NamedNode | ox.Literal:
    if isinstance(term, rdflib.URIRef):
        return ox.NamedNode(term)
    return ox.Literal(str(term), datatype=ox.NamedNode(term.datatype) if term.datatype else None)


def of_result_set(graph: rdflib.Graph) -> list[list[str]]:
    """Return the rows of a result that a graph describes."""
    names = sorted(str(name) for name in graph.objects(None, RS.resultVariable))
    found = []
    for solution in graph.objects(None, RS.solution):
        bound = {
            str(graph.value(b, RS.variable)): graph.value(b, RS.value) for b in graph.objects(solution, RS.binding)
        }
        found.append([plain(of_rdflib(bound[name])) if name in bound else "" for name in names])
    return sorted(found)


@pytest.mark.skipif(SUITE is None, reason="LRP_W3C_TESTS names no checkout of w3c/rdf-tests")
def test_exactly_the_pinned_tests_of_the_suite_fail() -> None:
    found = evaluation_tests()
    assert len(found) == 346
    assert sorted(name for name, graph, test in found if not passes(graph, test)) == sorted(FAILING)
