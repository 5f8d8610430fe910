"""What is remembered of a record's conformance is all that its shapes look at, also of shapes that an author adds."""

import itertools
import json
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from lrp_kg.errors import GuidelineError
from lrp_kg.guideline.index import Node
from lrp_kg.guideline.model import Guideline
from lrp_kg.namespaces import RDF, XSD
from lrp_kg.record.conformance import ConformanceKeys, Conforming
from lrp_kg.record.judge import parsed
from lrp_kg.record.looks import rules_of
from lrp_kg.record.model import Members, RawRecord, RawValue
from tests.record.test_validation import judge_of


def literals(kind: str, *texts: str) -> list[RawValue | None]:
    return [None, *(Node("literal", text, XSD + kind) for text in texts)]


def lists(*members: str) -> Members:
    return Members(tuple(Node("iri", f"urn:ex#{name}") for name in members))


DAYS = literals("date", "2024-01-31", "2024-02-01", "2024-02-29")
FLAGS = literals("boolean", "true", "false")
NUMBERS = literals("integer", "1", "5", "05")
LISTS: list[RawValue | None] = [None, lists(), lists("x"), lists("x", "y")]

Values = dict[str, Sequence[RawValue | None]]
PLAIN = "ex:p sh:path ex:p ; sh:maxCount 1 ."
MEMBERS = f"(ex:p [ sh:zeroOrMorePath <{RDF}rest> ] <{RDF}first>)"
NAMED = "FILTER (STRSTARTS(STR(?x), 'urn:a'))"


WHOLE = "xsd:integer(STR(?value))"


def query(body: str) -> str:
    text = json.dumps(f"SELECT $this ?value WHERE {{ $this $PATH ?value {body} }}")
    return f"sh:sparql [ a sh:SPARQLConstraint ; sh:prefixes ex: ; sh:select {text} ]"


def where(body: str, path: str = "ex:p") -> str:
    return f"ex:p sh:path {path} ; {query(body)} ."


def beside(body: str) -> str:
    return f"ex:p {query(body)} ."


def of_some(constraint: str) -> str:
    return f"{PLAIN} ex:some sh:targetSubjectsOf ex:t ; a sh:NodeShape ; sh:property [ {constraint} ] ."


SHAPES: list[tuple[str, Values]] = [
    (of_some("sh:path ex:p ; sh:lessThan ex:q"), {"p": DAYS, "q": DAYS, "t": FLAGS}),
    (of_some("sh:path ex:p ; sh:maxInclusive 3"), {"p": NUMBERS, "t": FLAGS}),
    (of_some(f"sh:path ex:p ; {query('; ex:q ?value')}"), {"p": NUMBERS, "q": NUMBERS, "t": FLAGS}),
    (
        of_some(f"sh:path ex:p ; {query('. FILTER NOT EXISTS { $this ex:q ?o }')}"),
        {"p": FLAGS, "q": FLAGS, "t": FLAGS},
    ),
    (of_some(f"sh:path {MEMBERS} ; sh:in ( ex:x )"), {"p": LISTS, "t": FLAGS}),
    (where("; ex:q ?q", MEMBERS), {"p": LISTS, "q": FLAGS}),
    (where(". FILTER NOT EXISTS { $this ex:q ?q }", MEMBERS), {"p": LISTS, "q": FLAGS}),
    (where(f"; <{RDF}type> ?t ; ex:q ?q . FILTER (?q = ?value)"), {"p": NUMBERS, "q": NUMBERS}),
    (where(f"; ex:q* ?x . {NAMED}"), {"p": FLAGS, "q": FLAGS}),
    (where(f". $this ((ex:q)/ex:r)* ?x . {NAMED}"), {"p": FLAGS, "q": FLAGS}),
    (where(f". ?x ex:q ?q . {NAMED}"), {"p": FLAGS, "q": FLAGS}),
    (where("; ex:q ?q . FILTER (?q = ?value)"), {"p": NUMBERS, "q": NUMBERS}),
    (
        where(f"; ex:q ?q . FILTER ({WHOLE} < 3 && ?q)") + beside(f"; ex:q ?q . FILTER ({WHOLE} > 10 && ?q)"),
        {"p": literals("integer", "1", "5", "20"), "q": FLAGS},
    ),
    (where("; ex:q ?q . FILTER (!?q)") + beside("; ex:q ?q . FILTER (?q && ?value)"), {"p": FLAGS, "q": FLAGS}),
    (where("; ex:q ?q . FILTER (?q && ?value)") + beside("; ex:q ?q . FILTER (!?q)"), {"p": FLAGS, "q": FLAGS}),
    ("ex:p sh:path ex:p ; sh:pattern '^1' .", {"p": NUMBERS}),
    ("ex:p sh:path ex:p ; sh:hasValue true .", {"p": FLAGS}),
    ("ex:p sh:path ex:p ; sh:xone ( [ sh:in ( 1 ) ] [ sh:maxInclusive 4 ] ) .", {"p": NUMBERS}),
    ("ex:p sh:path ex:p ; sh:node [ sh:in ( 1 ) ] .", {"p": NUMBERS}),
    (f"ex:record sh:closed true ; sh:ignoredProperties ( <{RDF}type> ) . {PLAIN}", {"p": FLAGS, "q": FLAGS}),
    (f"ex:record sh:node [ sh:property [ sh:path ex:q ; sh:maxCount 0 ] ] . {PLAIN}", {"p": FLAGS, "q": FLAGS}),
]


@pytest.mark.parametrize(("shapes", "values"), SHAPES)
def test_a_record_of_which_all_is_known_to_conform_conforms(shapes: str, values: Values) -> None:
    """Of all records together, what is known of those that conform makes no other one valid."""
    judge = judge_of(shapes)
    keys = ConformanceKeys(rules_of(judge))
    conforming, others = set(), []
    for subject, *said in itertools.product(("", "urn:a:1", "urn:b:1"), *values.values()):
        named = zip((f"urn:ex#{name}" for name in values), said, strict=True)
        raw = RawRecord(subject, tuple((name, value) for name, value in named if value is not None))
        own = keys.of(raw)
        if not judge.results(raw):
            conforming.update(own or ())
        else:
            others.append((raw, own))
    assert others, "some do not conform"
    assert not [raw for raw, own in others if own is not None and conforming.issuperset(own)]
    known = Conforming()
    known.remember(conforming)
    for _ in range(2):
        assert not [raw for raw, _ in others if keys.of(raw, known) == []]


@pytest.mark.parametrize("moment", ["?value > NOW()", "RAND() > 0.5"])
def test_what_depends_on_more_than_the_record_is_not_remembered(moment: str) -> None:
    assert not rules_of(judge_of(where(f". FILTER ({moment})"))).rememberable
    assert rules_of(judge_of(where(". FILTER (?value > 3)"))).rememberable


def test_a_shape_that_is_switched_off_says_nothing() -> None:
    wrong = RawRecord("", (("urn:ex#p", Node("literal", "5", XSD + "integer")),))
    assert judge_of("ex:p sh:path ex:p ; sh:in ( 1 ) .").results(wrong)
    for off in ("ex:p", "ex:record"):
        assert not judge_of(f"ex:p sh:path ex:p ; sh:in ( 1 ) . {off} sh:deactivated true .").results(wrong)


@pytest.mark.parametrize("body", [". MINUS { $this ex:q ?q }", ". FILTER ("])
def test_a_query_that_pyshacl_cannot_use_is_a_fault_of_the_guideline(body: str) -> None:
    judge, folder = judge_of(where(body)), cast(Guideline, SimpleNamespace(folder=Path()))
    judge._guideline = folder  # noqa: SLF001
    with pytest.raises(GuidelineError) as raised:
        judge.results(RawRecord("", (("urn:ex#p", Node("literal", "5", XSD + "integer")),)))
    assert [f.name for f in raised.value.findings] == ["shape-not-usable"]


def test_queries_are_parsed_one_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """The parser of rdflib mixes up what several threads parse at once."""
    at_once, most = [], []
    found = parsed("SELECT $this { $this ?p ?o }")

    def parse(query: str) -> Any:
        at_once.append(query)
        most.append(len(at_once))
        time.sleep(0.005)
        at_once.pop()
        return found

    monkeypatch.setattr("rdflib.plugins.sparql.prepareQuery", parse)
    parsed.cache_clear()
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(parsed, map(str, range(8))))
    parsed.cache_clear()
    assert max(most) == 1
