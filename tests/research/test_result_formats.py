"""Results in CSV, TSV, JSON and XML over HTTP, compared with files written by the rules of their specifications.

`tests/results/` has data with values that a format can damage, queries, and the expected result in each format. The
result tests of the W3C run too if ``LRP_W3C_TESTS`` names the folder `sparql/sparql11` of a checkout of w3c/rdf-tests.
"""

from __future__ import annotations

import csv
import io
import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast
from xml.etree import ElementTree

import pyoxigraph as ox
import pytest
import rdflib
from rdflib.collection import Collection
from rdflib.namespace import RDF

from lrp_kg.errors import NotAcceptable
from lrp_kg.research.engine.formats import GRAPHS, check_passed_on, count, writable
from tests.support.paths import TESTS
from tests.support.serving import Service, make_store, serving

HERE = TESTS / "results"
MF = rdflib.Namespace("http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#")
QT = rdflib.Namespace("http://www.w3.org/2001/sw/DataAccess/tests/test-query#")
SUITE = Path(os.environ["LRP_W3C_TESTS"]) if os.environ.get("LRP_W3C_TESTS") else None
KINDS = {
    ".csv": "text/csv",
    ".tsv": "text/tab-separated-values",
    ".srj": "application/sparql-results+json",
    ".srx": "application/sparql-results+xml",
}
KEPT_AS_VALUE = {"csv03", "tsv03"}
"""Tests with non-canonical numbers: Oxigraph keeps the value, as double or integer."""


@dataclass(frozen=True)
class Case:
    """A query, its data and the file with the expected result."""

    name: str
    data: Path
    query: Path
    result: Path


def own_cases() -> list[Case]:
    return [
        Case(query.stem, HERE / "data.ttl", query, query.with_suffix(kind))
        for query in sorted(HERE.glob("*.rq"))
        for kind in KINDS
    ]


def suite_cases() -> list[Case]:
    found = []
    for folder in ("csv-tsv-res", "json-res") if SUITE else ():
        assert SUITE is not None
        base = (SUITE / folder / "manifest.ttl").as_uri()
        graph = rdflib.Graph().parse(SUITE / folder / "manifest.ttl", publicID=base, format="turtle")
        entries = graph.value(graph.value(predicate=RDF.type, object=MF.Manifest), MF.entries)
        for test in Collection(graph, entries):
            action = graph.value(test, MF.action)
            files = [graph.value(action, QT.data), graph.value(action, QT.query), graph.value(test, MF.result)]
            paths = [SUITE / folder / str(file).rpartition("/")[2] for file in files]
            found.append(Case(str(test).rpartition("#")[2], *paths))
    return found


def named(case: Case) -> str:
    return f"{case.name}{case.result.suffix}"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with own_service(tmp_path_factory.mktemp("results"), HERE / "data.ttl") as found:
        yield found


def own_service(folder: Path, data: Path):  # type: ignore[no-untyped-def]
    quads = list(ox.parse(path=str(data), format=ox.RdfFormat.TURTLE))
    return serving("--store", str(make_store(folder / "store", quads)))


def rows_of_csv(text: str) -> list[tuple[str, ...]]:
    return [tuple("_:" if re.fullmatch("_:.+", c) else c for c in row) for row in csv.reader(io.StringIO(text, ""))]


def rows(kind: str, body: bytes, *, star: bool) -> list[str]:
    """Return the rows of a result as lines, sorted if their order is open, without names of blank nodes.

    ``star``: the query is ``SELECT *``, whose columns are in any order.
    """
    if kind == "text/csv":
        head, *others = rows_of_csv(body.decode())
        order = sorted(range(len(head)), key=head.__getitem__) if star else range(len(head))
        head, *others = ([row[n] for n in order] for row in (head, *others))
        return [str(head), *sorted(map(str, others))]
    parsed = ox.parse_query_results(body, ox.QueryResultsFormat.from_media_type(kind))  # type: ignore[arg-type]
    if isinstance(parsed, ox.QueryBoolean):
        return [str(bool(parsed))]
    names = [v.value for v in parsed.variables]
    names = sorted(names) if star else names
    lines = [str(["_:" if isinstance(s[n], ox.BlankNode) else str(s[n]) for n in names]) for s in parsed]
    return [str(names), *sorted(lines)]


def plain_json(body: bytes) -> object:
    return json.loads(re.sub(rb'("type" ?: ?"bnode", ?"value" ?: ?)"[^"]*"', rb'\1"b"', body))


def plain_xml(body: bytes) -> list[tuple[str, dict[str, str], str]]:
    found = []
    for element in ElementTree.fromstring(body).iter():
        text = "b" if element.tag.endswith("}bnode") else element.text or ""
        leaf = element.tag.rpartition("}")[2] in ("uri", "literal", "bnode", "boolean")
        found.append((element.tag, dict(element.attrib), text if leaf else ""))
    return found


@pytest.mark.parametrize("case", own_cases(), ids=named)
def test_result_file_is_as_specified(service: Service, case: Case) -> None:
    kind = KINDS[case.result.suffix]
    answer = service.sparql(case.query.read_text(encoding="utf-8"), kind)
    assert (answer.status, answer.headers["content-type"].partition(";")[0]) == (200, kind)
    expected = case.result.read_bytes()
    if kind.endswith("json"):
        assert plain_json(answer.body) == plain_json(expected)
    elif kind.endswith("xml"):
        assert plain_xml(answer.body) == plain_xml(expected)
    else:
        assert re.sub(rb"_:\w+", b"_:b", answer.body) == expected  # byte for byte


@pytest.mark.slow
def test_long_result_is_complete_in_each_format(service: Service) -> None:
    names = ["z", "y", "x", "w", "v", "u", "t", "s"]
    query = f"SELECT ?{' ?'.join(names)} {{ ?z <https://example.org/v> ?y . ?x ?w ?v . ?u ?t ?s }}"
    data = ox.Store()
    data.load(path=str(HERE / "data.ttl"), format=ox.RdfFormat.TURTLE)
    for kind in KINDS.values():
        body = service.sparql(query, kind).body
        assert len(body) > 1_000_000  # too long to be kept in memory
        found = rows(kind, body, star=False)
        assert found[0] == str(names)
        assert len(found) == 1 + 19 * 20 * 20
        local = data.query(query).serialize(format=ox.QueryResultsFormat.from_media_type(kind))
        assert found == rows(kind, local, star=False)


def test_carriage_returns_in_rdf_xml_are_kept(service: Service) -> None:
    answer = service.sparql("CONSTRUCT WHERE { <https://example.org/r05> ?p ?v }", "application/rdf+xml")
    found = rdflib.Graph().parse(data=answer.body, format="xml")
    assert [str(o) for o in found.objects()] == ["first\r\nsecond"]


def test_carriage_returns_are_escaped_in_xml_only() -> None:
    for kind, expected in (("application/sparql-results+xml", b"a&#13;\nb"), ("text/csv", b"a\r\nb")):
        file = io.BytesIO()
        with writable(kind, file) as target:
            assert target.write(b"<v>a\r\nb</v>") == 11
            target.flush()
        assert file.getvalue() == b"<v>" + expected + b"</v>"


HELD = json.loads((HERE / "held.json").read_text(encoding="utf-8"))


@pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated")  # by rdflib, in its reader of JSON-LD
@pytest.mark.parametrize(
    ("kind", "triple", "held"),
    [(k, triple, found == "held") for k, both in HELD.items() for found in both for triple in both[found]],
)
def test_result_is_written_only_in_a_format_that_holds_it(kind: str, triple: str, held: bool) -> None:
    results = ox.Store().query(f"PREFIX rdf: <{RDF}> CONSTRUCT {{ {triple} }} WHERE {{}}")
    file = io.BytesIO()
    if not held:
        with pytest.raises(NotAcceptable, match=r"Ask for \w+\.$"), writable(kind, cast("IO[bytes]", file)) as target:
            results.serialize(target, format=GRAPHS[kind])
        return
    with writable(kind, cast("IO[bytes]", file)) as target:
        results.serialize(target, format=GRAPHS[kind])
    expected = rdflib.Graph().parse(data=f"@prefix rdf: <{RDF}> . {triple} .", format="turtle")
    assert set(rdflib.Graph().parse(data=file.getvalue(), format=kind)) == set(expected)


def test_result_that_rdf_xml_cannot_hold_is_406(service: Service) -> None:
    query = "CONSTRUCT { <https://example.org/s> <https://example.org/1> 1 } WHERE {}"
    answer = service.sparql(query, "application/rdf+xml")
    assert answer.status == 406
    assert "Ask for Turtle" in json.loads(answer.body)["detail"]
    assert service.sparql(query, "text/turtle").status == 200


def test_broken_rdf_xml_of_another_program_is_not_passed_on() -> None:
    results = ox.Store().query("CONSTRUCT { <urn:x:s> <urn:x:1> 1 } WHERE {}")
    broken = results.serialize(format=ox.RdfFormat.RDF_XML)
    with pytest.raises(NotAcceptable):
        check_passed_on("application/rdf+xml", io.BytesIO(broken))
    check_passed_on("application/rdf+xml", io.BytesIO(broken.replace(b"oxprefix:", b"oxprefix:p")))
    check_passed_on("text/turtle", io.BytesIO(b"<urn:x:s> <urn:x:1> 1 ."))


def test_full_disk_is_not_taken_for_a_format() -> None:
    with pytest.raises(OSError, match="No space"), writable("text/turtle", io.BytesIO()):
        raise OSError(28, "No space left on device")


def test_rows_of_csv_are_counted_without_a_limit_on_fields() -> None:
    before = csv.field_size_limit()
    values = ["a", 'say "x"\r\n', "b" * 200_000, "", '"']
    text = io.StringIO(newline="")
    csv.writer(text).writerows([["v"], *([value] for value in values)])
    assert count("text/csv", io.BytesIO(text.getvalue().encode())) == len(values)
    assert count("text/csv", io.BytesIO(b"true")) == 0
    assert csv.field_size_limit() == before
    with pytest.raises(ValueError, match="quotation marks"):
        count("text/csv", io.BytesIO(b'v\r\n"half'))


@pytest.mark.skipif(SUITE is None, reason="LRP_W3C_TESTS names no checkout of w3c/rdf-tests")
@pytest.mark.parametrize("case", suite_cases(), ids=named)
@pytest.mark.slow
def test_w3c_result_is_as_expected(tmp_path: Path, case: Case) -> None:
    kind = KINDS[case.result.suffix]
    with own_service(tmp_path, case.data) as service:
        query = case.query.read_text(encoding="utf-8")
        answer = service.sparql(query, kind)
    assert (answer.status, answer.headers["content-type"].partition(";")[0]) == (200, kind)
    found, expected = (rows(kind, body, star="*" in query) for body in (answer.body, case.result.read_bytes()))
    if case.name in KEPT_AS_VALUE:
        expected = [re.sub("1.0e6", "1000000", e.replace("negativeInteger", "integer"), flags=re.I) for e in expected]
    assert found == expected
