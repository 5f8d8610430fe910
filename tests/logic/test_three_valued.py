"""The compiled operators follow Kleene's logic, on both engines, for every combination of three operands.

A small guideline with three boolean fields is written to disk and compiled like any other. The test runs the
query of the package, in which an unbound variable means unknown.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from pathlib import Path

import pyoxigraph as ox
import pytest
import rdflib

import lrp_kg.logic.classify
from lrp_kg import GuidelineService
from lrp_kg.guideline.criteria import Named
from lrp_kg.guideline.load import load_guideline
from lrp_kg.logic.cells import Cells
from lrp_kg.logic.classify import ENGINES, FALSE, OPEN, TRUE, Program, record_query

EX = "https://example.org/three#"
PREFIXES = f"""@prefix cp: <https://w3id.org/lrp-kg/care-pathway#> .
@prefix ex: <{EX}> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""

# Kleene's strong three-valued logic, as tables: T true, F false, U unknown.
AND = {
    **{"TT": "T", "TF": "F", "TU": "U"},
    **{"FT": "F", "FF": "F", "FU": "F"},
    **{"UT": "U", "UF": "F", "UU": "U"},
}
OR = {
    **{"TT": "T", "TF": "T", "TU": "T"},
    **{"FT": "T", "FF": "F", "FU": "U"},
    **{"UT": "T", "UF": "U", "UU": "U"},
}
NOT = {"T": "F", "F": "T", "U": "U"}
CODES = {"T": TRUE, "F": FALSE, "U": OPEN}


def both(*parts: str) -> str:
    """Fold conjunction over operands."""
    result = parts[0]
    for part in parts[1:]:
        result = AND[result + part]
    return result


def either(*parts: str) -> str:
    """Fold disjunction over operands."""
    result = parts[0]
    for part in parts[1:]:
        result = OR[result + part]
    return result


def ALL(*parts: str) -> str:  # noqa: N802  looks like the expression
    return f"[ a owl:Class ; owl:intersectionOf ( {' '.join(parts)} ) ]"


def ANY(*parts: str) -> str:  # noqa: N802
    return f"[ a owl:Class ; owl:unionOf ( {' '.join(parts)} ) ]"


def NO(part: str) -> str:  # noqa: N802
    return f"[ a owl:Class ; owl:complementOf {part} ]"


def has(field: str, value: str = "true") -> str:
    return f"[ a owl:Restriction ; owl:onProperty ex:{field} ; owl:hasValue {value} ]"


Table = Callable[[str, str, str], str]
EXPRESSIONS: dict[str, tuple[str, Table]] = {
    "A": (has("a"), lambda a, b, c: a),
    "B": (has("b"), lambda a, b, c: b),
    "C": (has("c"), lambda a, b, c: c),
    "Alias": ("ex:A", lambda a, b, c: a),
    "And3": (ALL("ex:A", "ex:B", "ex:C"), both),
    "Or3": (ANY("ex:A", "ex:B", "ex:C"), either),
    "And2": (ALL("ex:B", "ex:C"), lambda a, b, c: AND[b + c]),
    "Or2": (ANY("ex:B", "ex:C"), lambda a, b, c: OR[b + c]),
    "NotA": (NO("ex:A"), lambda a, b, c: NOT[a]),
    "NotNotA": (NO("ex:NotA"), lambda a, b, c: a),
    "FalseA": (has("a", "false"), lambda a, b, c: NOT[a]),
    "NotAnd": (NO("ex:And3"), lambda a, b, c: NOT[both(a, b, c)]),
    "NotOr": (NO("ex:Or3"), lambda a, b, c: NOT[either(a, b, c)]),
    "AndOfOr": (ALL("ex:A", ANY("ex:B", NO("ex:C"))), lambda a, b, c: AND[a + OR[b + NOT[c]]]),
    "OrOfAnd": (ANY("ex:A", ALL("ex:B", NO("ex:C"))), lambda a, b, c: OR[a + AND[b + NOT[c]]]),
    "Unnamed": (ANY(ALL(has("a"), has("b", "false")), has("c")), lambda a, b, c: OR[AND[a + NOT[b]] + c]),
    "Excluded": (ANY("ex:A", "ex:NotA"), lambda a, b, c: OR[a + NOT[a]]),
    "Contradiction": (ALL("ex:A", "ex:NotA"), lambda a, b, c: AND[a + NOT[a]]),
}
COMBINATIONS = list(product("TFU", repeat=3))


def write_guideline(folder: Path) -> None:
    terms = ['ex:guideline a cp:Guideline ; rdfs:label "three"@en ; owl:versionInfo "1" .']
    for order, name in enumerate("abc", 1):
        terms.append(
            f"ex:{name} a owl:DatatypeProperty , cp:Field ; rdfs:range xsd:boolean ; cp:askOrder {order} ;"
            f' rdfs:label "{name}"@en .'
        )
    for name, (definition, _) in EXPRESSIONS.items():
        terms.append(
            f"ex:{name} a owl:Class ; rdfs:subClassOf cp:PatientRecord ; owl:equivalentClass {definition} ;"
            f' rdfs:label "{name}"@en .'
        )
    (folder / "ontology").mkdir()
    (folder / "shapes").mkdir()
    (folder / "ontology" / "three.ttl").write_text(PREFIXES + "\n".join(terms) + "\n", encoding="utf-8")
    shape = "ex:shape a sh:NodeShape ; sh:targetClass cp:PatientRecord .\n"
    (folder / "shapes" / "three.ttl").write_text(PREFIXES + shape, encoding="utf-8")


@pytest.fixture(scope="module", params=sorted(ENGINES))
def verdicts(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, int]]:
    """The verdict of each class for each of the 27 combinations, on one engine."""
    folder = tmp_path_factory.mktemp("three")
    write_guideline(folder)
    guideline = load_guideline(folder)
    cells = Cells(guideline)
    program = Program(guideline, cells, ENGINES[request.param]())
    known = {"T": True, "F": False}
    signatures = [
        cells.signature({EX + field: known[v] for field, v in zip("abc", values, strict=True) if v in known})
        for values in COMBINATIONS
    ]
    found = program.classify(signatures)
    return {
        "".join(values): {name: program.verdict(row, EX + name) for name in EXPRESSIONS}
        for values, row in zip(COMBINATIONS, found, strict=True)
    }


def test_there_are_27_combinations(verdicts: dict[str, dict[str, int]]) -> None:
    assert len(verdicts) == 27


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_operators_follow_kleene(name: str, verdicts: dict[str, dict[str, int]]) -> None:
    table = EXPRESSIONS[name][1]
    expected = {"".join(values): CODES[table(*values)] for values in COMBINATIONS}
    assert {values: row[name] for values, row in verdicts.items()} == expected


@pytest.mark.parametrize("name", sorted(ENGINES))
def test_interval_without_a_value_is_unknown(name: str, tmp_path: Path) -> None:
    """Integers: below, in and above an interval, and unknown; one-sided intervals too."""
    bounds = {"Low": "[ xsd:maxExclusive 3 ]", "High": "[ xsd:minInclusive 7 ]"}
    bounds["Middle"] = "[ xsd:minExclusive 2 ] [ xsd:maxInclusive 6 ]"
    terms = ['ex:guideline a cp:Guideline ; rdfs:label "n"@en ; owl:versionInfo "1" .']
    terms.append('ex:n a owl:DatatypeProperty , cp:Field ; rdfs:range xsd:integer ; rdfs:label "n"@en .')
    for cls, facets in bounds.items():
        terms.append(
            f"ex:{cls} a owl:Class ; rdfs:subClassOf cp:PatientRecord ; owl:equivalentClass [ a owl:Restriction ;"
            f" owl:onProperty ex:n ; owl:someValuesFrom [ a rdfs:Datatype ; owl:onDatatype xsd:integer ;"
            f' owl:withRestrictions ( {facets} ) ] ] ; rdfs:label "{cls}"@en .'
        )
    write_guideline(tmp_path)
    (tmp_path / "ontology" / "three.ttl").write_text(PREFIXES + "\n".join(terms) + "\n", encoding="utf-8")
    guideline = load_guideline(tmp_path)
    cells = Cells(guideline)
    program = Program(guideline, cells, ENGINES[name]())
    values = [None, *range(-2, 12)]
    rows = program.classify([cells.signature({} if v is None else {EX + "n": v}) for v in values])
    inside = {"Low": lambda v: v < 3, "Middle": lambda v: 2 < v <= 6, "High": lambda v: v >= 7}
    for value, row in zip(values, rows, strict=True):
        for cls, holds in inside.items():
            expected = OPEN if value is None else TRUE if holds(value) else FALSE
            assert program.verdict(row, EX + cls) == expected, (value, cls)


@pytest.mark.parametrize("name", sorted(ENGINES))
def test_published_query_gives_the_same_verdicts(name: str, tmp_path: Path) -> None:
    """The query for SPARQL endpoints gives the same verdicts on records in RDF."""
    write_guideline(tmp_path)
    guideline = load_guideline(tmp_path)
    query = record_query(Program(guideline, Cells(guideline)))
    literals = {"T": "true", "F": "false"}
    turtle = PREFIXES
    for values in COMBINATIONS:
        known = "".join(f" ; ex:{f} {literals[v]}" for f, v in zip("abc", values, strict=True) if v in literals)
        turtle += f"ex:{''.join(values)} a cp:PatientRecord{known} .\n"
    found: dict[str, dict[str, int]] = {}
    if name == "oxigraph":
        store = ox.Store()
        store.load(turtle.encode(), ox.RdfFormat.TURTLE)
        solutions = store.query(query)
        names = [v.value for v in solutions.variables]
        rows = [{n: s[n].value for n in names if s[n] is not None} for s in solutions]
    else:
        result = rdflib.Graph().parse(data=turtle, format="turtle").query(query)
        rows = [{str(n): str(v) for n, v in binding.items()} for binding in result.bindings]
    for row in rows:
        values = row["record"].rsplit("#", 1)[1]
        found[values] = {cls: {None: OPEN, "true": TRUE, "false": FALSE}[row.get(f"c_{cls}")] for cls in EXPRESSIONS}
    expected = {
        "".join(values): {cls: CODES[table(*values)] for cls, (_, table) in EXPRESSIONS.items()}
        for values in COMBINATIONS
    }
    assert found == expected


@pytest.mark.parametrize("limit", [1, 7, 100])
def test_many_expressions_are_compiled_in_parts(
    service: GuidelineService, monkeypatch: pytest.MonkeyPatch, limit: int
) -> None:
    program, cells = service.assessor.program, service.assessor.cells
    signatures = [
        cells.unknown,
        *(bytes(1 + (i + k) % v.size for i, v in enumerate(cells.variables)) for k in range(9)),
    ]
    roots = [Named(name) for name in list(service.guideline.conditions)[::5]]
    needed = program.needed(roots)
    whole, some = program.classify(signatures), program.classify(signatures, needed)
    monkeypatch.setattr(lrp_kg.logic.classify, "BINDS", limit)
    assert len(list(program._parts(tuple(range(len(program.nodes)))))) > 1
    assert program.classify(signatures) == whole
    assert program.classify(signatures, needed) == some
