"""The compiled queries, run by two engines over records in Turtle, give the verdicts of the package."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from typing import Any

import pyoxigraph as ox
import pytest
import rdflib
from rdflib.plugins.sparql import prepareQuery
from rdflib.plugins.sparql.sparql import Query

from lrp_kg import GuidelineService
from lrp_kg.durations import MEASURES
from lrp_kg.guideline.model import Guideline
from lrp_kg.logic.classify import FALSE, OPEN, TRUE, class_variable, record_query
from lrp_kg.logic.derive import derive_query
from lrp_kg.namespaces import local_name
from tests.support.guidelines import valid_records

Record = dict[str, Any]
Verdicts = dict[str, dict[str, int]]
Derived = dict[str, dict[str, Any]]

CASES: list[Record] = valid_records()
ANKLE_RECORDS: list[Record] = [
    {},
    {"deformity": True},
    {"deformity": False, "boneTenderness": False, "canBearWeight": True, "aids": []},
    {"aids": ["crutches", "tape"], "injuryDate": "2025-03-01", "assessmentDate": "2025-03-22"},
    {"severity": "partial", "injuryDate": "2025-03-01", "assessmentDate": "2025-03-10"},
    {"painScore": 5, "instability": False, "injuryDate": "2025-03-01", "assessmentDate": "2025-03-11"},
    {"surgeryDate": "2025-01-31", "assessmentDate": "2025-04-30"},
    {"surgeryDate": "2025-01-31", "assessmentDate": "2025-04-29"},
    {"ankleSurgery": False, "painScore": 0},
]


def to_turtle(service: GuidelineService, records: list[Record]) -> str:
    """Return records as Turtle, converted with the published context by Oxigraph's JSON-LD parser."""
    store = ox.Store()
    for number, record in enumerate(records):
        whole = {"@context": service.reader.context, "@id": f"urn:case:{number}", "@type": "PatientRecord", **record}
        store.extend(ox.parse(json.dumps(whole), format=ox.RdfFormat.JSON_LD))
    turtle = store.dump(format=ox.RdfFormat.TURTLE, from_graph=ox.DefaultGraph())
    assert turtle
    return turtle.decode()


# -- the two engines ------------------------------------------------------------------------------------


def by_oxigraph(turtle: str, derive: str, classify: str) -> tuple[Derived, Verdicts]:
    store = ox.Store()
    store.load(turtle, format=ox.RdfFormat.TURTLE)
    triples = store.query(derive)
    assert isinstance(triples, ox.QueryTriples)
    derived: Derived = {}
    for triple in list(triples):
        known = derived.setdefault(triple.subject.value, {})
        assert known.setdefault(triple.predicate.value, native(triple.object)) == native(triple.object)
        store.add(ox.Quad(*triple))
    rows = store.query(classify)
    assert isinstance(rows, ox.QuerySolutions)
    names = [v.value for v in rows.variables]
    verdicts: Verdicts = {}
    for row in rows:
        assert row[0].value not in verdicts, "one row a record"
        verdicts[row[0].value] = {name: number(row[name]) for name in names[1:]}
    return derived, verdicts


def native(term: ox.Literal) -> bool | int | date:
    kind = local_name(term.datatype.value)
    assert kind in ("boolean", "integer", "date")
    if kind == "date":
        return date.fromisoformat(term.value)
    return term.value == "true" if kind == "boolean" else int(term.value)


def number(term: Any) -> int:
    if term is None:
        return OPEN
    assert str(getattr(term, "value", term)).lower() in ("true", "false")
    return TRUE if str(getattr(term, "value", term)).lower() == "true" else FALSE


@contextmanager
def deep() -> Iterator[None]:
    """Let rdflib recurse: one level of its algebra per BIND."""
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(20_000)
    try:
        yield
    finally:
        sys.setrecursionlimit(limit)


@cache
def prepared(query: str) -> Query:
    """Return a query parsed by rdflib; parsing takes longer than running it."""
    with deep():
        return prepareQuery(query)


def by_rdflib(turtle: str, derive: str, classify: str) -> tuple[Derived, Verdicts]:
    graph = rdflib.Graph().parse(data=turtle, format="turtle")
    derived: Derived = {}
    for subject, predicate, value in list(graph.query(prepared(derive))):
        assert isinstance(value, rdflib.Literal)
        known = derived.setdefault(str(subject), {})
        assert known.setdefault(str(predicate), value.toPython()) == value.toPython()
        graph.add((subject, predicate, value))
    with deep():
        result = graph.query(prepared(classify))
        names = [str(v) for v in result.vars or []]
        verdicts: Verdicts = {}
        for row in result.bindings:
            record = str(row[rdflib.Variable(names[0])])
            assert record not in verdicts
            verdicts[record] = {name: number(row.get(rdflib.Variable(name))) for name in names[1:]}
    return derived, verdicts


def by_the_package(service: GuidelineService, records: list[Record]) -> tuple[Derived, Verdicts]:
    """Return the derived values and the verdicts of the package, by the column of the compiled query."""
    columns = {class_variable(name): name for name in service.guideline.conditions}
    assert len(columns) == len(service.guideline.conditions), "each condition has a column of its own"
    g = service.guideline
    settled = set(g.derived) | set(g.expanded) | {name for f in g.fields.values() for name in f.implies}
    settled |= {f.iri for f in g.fields.values() if f.implies and f.kind == "boolean"}
    settled |= {name for f in g.fields.values() if f.excludes for name in (f.iri, *f.excludes)}
    derived: Derived = {}
    verdicts: Verdicts = {}
    for number, sent in enumerate(records):
        record = service.read(sent)
        own = {name: v for name, v in record.values.items() if name in settled}
        own = {name: v for name, v in (own | dict(record.dates)).items() if local_name(name) not in sent}
        if own:
            derived[f"urn:case:{number}"] = own
        signature = service.assessor.signature(record)
        verdicts[f"urn:case:{number}"] = {
            column: service.assessor.verdicts.one(signature, name) for column, name in columns.items()
        }
    return derived, verdicts


def without_sent(derived: Derived, records: list[Record]) -> Derived:
    """Leave out the values that were in the record already, which a CONSTRUCT repeats."""
    kept = {}
    for subject, values in derived.items():
        sent = records[int(subject.rsplit(":", 1)[1])]
        own = {name: value for name, value in values.items() if local_name(name) not in sent}
        if own:
            kept[subject] = own
    return kept


NOTHING = "SELECT ?record WHERE { ?record <urn:nothing> ?nothing }"
Engine = Callable[[str, str, str], tuple[Derived, Verdicts]]


def check(engine: Engine, service: GuidelineService, records: list[Record]) -> Verdicts:
    derive, classify = derive_query(service.guideline), record_query(service.assessor.program)
    derived, verdicts = engine(to_turtle(service, records), derive, classify)
    expected_derived, expected = by_the_package(service, records)
    assert without_sent(derived, records) == expected_derived
    assert verdicts.keys() == expected.keys()
    for subject, found in verdicts.items():
        assert found == expected[subject], records[int(subject.rsplit(":", 1)[1])]
    return verdicts


# -- verdicts ------------------------------------------------------------------------------------


def test_there_are_cases() -> None:
    assert len(CASES) > 600


@pytest.mark.slow
def test_all_cases_agree_with_oxigraph(service: GuidelineService) -> None:
    verdicts = check(by_oxigraph, service, CASES)
    for column in next(iter(verdicts.values())):
        seen = {found[column] for found in verdicts.values()}
        assert seen >= {TRUE, FALSE}, f"{column} is never met both ways by the cases"


@pytest.mark.long
def test_some_cases_agree_with_rdflib(service: GuidelineService) -> None:
    """rdflib parses the query of the large guideline for seconds; in ``make test`` it has that of the other below."""
    check(by_rdflib, service, CASES[:: len(CASES) // 16])


@pytest.mark.parametrize("engine", [by_oxigraph, pytest.param(by_rdflib, marks=pytest.mark.slow)])
class TestAnotherGuideline:
    def test_verdicts_are_the_same(self, ankle: GuidelineService, engine: Engine) -> None:
        check(engine, ankle, ANKLE_RECORDS)

    def test_no_records_give_no_rows(self, ankle: GuidelineService, engine: Engine) -> None:
        derive, classify = derive_query(ankle.guideline), record_query(ankle.assessor.program)
        assert engine("<urn:a> <urn:b> <urn:c> .", derive, classify) == ({}, {})

    def test_blank_nodes_are_records(self, ankle: GuidelineService, engine: Engine) -> None:
        turtle = re.sub(r"<urn:case:(\d+)>", r"_:case\1", to_turtle(ankle, ANKLE_RECORDS))
        assert "_:case0 " in turtle
        derive, classify = derive_query(ankle.guideline), record_query(ankle.assessor.program)
        _, verdicts = engine(turtle, derive, classify)
        _, expected = by_the_package(ankle, ANKLE_RECORDS)
        assert sorted(sorted(v.items()) for v in verdicts.values()) == sorted(
            sorted(v.items()) for v in expected.values()
        )


# -- durations ------------------------------------------------------------------------------------

STARTS = (
    *(date(2023, 1, day) for day in (28, 29, 30, 31)),
    *(date(2024, 1, day) for day in (1, 28, 29, 30, 31)),
    *(date(2024, 2, day) for day in (1, 28, 29)),
    date(2023, 2, 28),
    date(2023, 3, 31),
    date(2024, 4, 30),
    date(2023, 8, 31),
    date(2023, 11, 30),
    date(2023, 12, 31),
    date(1999, 12, 31),
    date(1900, 2, 28),
    date(2000, 2, 29),
    date(2099, 11, 30),
)
LENGTHS = (*range(-2, 125), 150, 181, 182, 183, 184, 212, 365, 366, 367, 730, 731, 1461, 3653, 36524, 36525)
FAR = (
    (date(1, 1, 1), date(1, 3, 1)),
    (date(1, 1, 31), date(1, 2, 28)),
    (date(1, 1, 1), date(9999, 12, 31)),
    (date(9999, 1, 31), date(9999, 12, 31)),
    (date(1582, 10, 4), date(1582, 10, 15)),
    (date(1600, 2, 29), date(2000, 2, 29)),
)
PAIRS = [(start, start + timedelta(days)) for start in STARTS for days in LENGTHS] + list(FAR)


def month_ends(pairs: list[tuple[date, date]]) -> list[tuple[date, date]]:
    """Keep the pairs whose end is at or next to the end of a month, or next to the day of the start."""
    return [
        (a, b) for a, b in pairs if b.day in (1, 28, 29, 30, 31) or abs(b.day - a.day) <= 1 or b == a or (a, b) in FAR
    ]


def durations(engine: Engine, g: Guideline, pairs: list[tuple[date, date]]) -> set[str]:
    """Check every derived field for every pair of dates; return the measures that were checked."""
    starts, ends = {d.start for d in g.derived.values()}, {d.end for d in g.derived.values()}
    assert not starts & ends
    lines = []
    for number, (start, end) in enumerate(pairs):
        said = [f'<{name}> "{start}"^^xsd:date' for name in starts] + [f'<{name}> "{end}"^^xsd:date' for name in ends]
        lines.append(f"<urn:case:{number}> a cp:PatientRecord ; {' ; '.join(said)} .")
    head = "@prefix cp: <https://w3id.org/lrp-kg/care-pathway#> .\n@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .\n"
    derived, _ = engine(head + "\n".join(lines), derive_query(g), NOTHING)
    for number, (start, end) in enumerate(pairs):
        found = derived[f"urn:case:{number}"]
        for d in g.derived.values():
            assert found[d.iri] == MEASURES[d.measure](start, end), (d.id, start, end)
    return {d.measure for d in g.derived.values()}


@pytest.mark.slow
def test_durations_agree_with_oxigraph(service: GuidelineService, ankle: GuidelineService) -> None:
    assert len(PAIRS) > 2900
    found = [durations(by_oxigraph, g, PAIRS) for g in (service.guideline, ankle.guideline)]
    assert set().union(*found) == set(MEASURES)


def one_of_each_measure(g: Guideline) -> Guideline:
    """Return a guideline with one derived field of each measure: rdflib parses a query of all of them for seconds."""
    found = {d.measure: d for d in reversed(g.derived.values())}
    return replace(g, derived={d.iri: d for d in found.values()})


@pytest.mark.slow
@pytest.mark.parametrize(
    "of", [one_of_each_measure, pytest.param(lambda g: g, marks=pytest.mark.long)], ids=["one of each measure", "all"]
)
def test_durations_agree_with_rdflib(
    service: GuidelineService, ankle: GuidelineService, of: Callable[[Guideline], Guideline]
) -> None:
    pairs = month_ends(PAIRS)
    assert len(pairs) > 600
    some = pairs[::60] + list(FAR)
    found = [durations(by_rdflib, of(g), some) for g in (service.guideline, ankle.guideline)]
    assert set().union(*found) == set(MEASURES)


@pytest.mark.parametrize("engine", [by_oxigraph, pytest.param(by_rdflib, marks=pytest.mark.slow)])
def test_durations_match_the_examples_of_the_design(service: GuidelineService, engine: Engine) -> None:
    """The pairs that the design gives for begun and completed months."""
    guideline = one_of_each_measure(service.guideline)
    begun, completed = (
        next(d for d in guideline.derived.values() if d.measure == m) for m in ("BegunMonths", "CompletedMonths")
    )
    examples = [
        (begun, "2023-01-15", "2023-04-15", 3),
        (begun, "2023-01-15", "2023-04-16", 4),
        (begun, "2022-11-30", "2023-02-28", 3),
        (begun, "2023-01-31", "2023-04-30", 3),
        (completed, "2023-03-10", "2023-06-09", 2),
        (completed, "2023-03-10", "2023-06-10", 3),
    ]
    turtle = "".join(
        f"<urn:case:{number}> a <https://w3id.org/lrp-kg/care-pathway#PatientRecord> ; "
        f'<{d.start}> "{start}"^^<http://www.w3.org/2001/XMLSchema#date> ; '
        f'<{d.end}> "{end}"^^<http://www.w3.org/2001/XMLSchema#date> .\n'
        for number, (d, start, end, _) in enumerate(examples)
    )
    derived, _ = engine(turtle, derive_query(guideline), NOTHING)
    found = [derived[f"urn:case:{number}"][d.iri] for number, (d, _, _, _) in enumerate(examples)]
    assert found == [value for *_, value in examples]
