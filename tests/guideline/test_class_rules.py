"""What the closure says of classes follows from their definitions: case by case, by SPARQL, and by HermiT."""

from __future__ import annotations

import random
import tomllib
from itertools import chain
from typing import Any

import owlrl
import pyoxigraph as ox
import pytest
import rdflib
from rdflib.namespace import OWL, RDFS

from lrp_kg import GuidelineService
from lrp_kg.authoring.reasoning.hermit import ask_hermit
from lrp_kg.authoring.reasoning.logic import Logic
from lrp_kg.guideline.class_rules import ClassRules
from lrp_kg.guideline.closure import closure
from lrp_kg.guideline.relations import class_relations
from lrp_kg.logic.classify import FALSE, TRUE
from lrp_kg.namespaces import RDF
from tests.support.paths import TESTS

CASES: dict[str, dict[str, Any]] = tomllib.loads((TESTS / "guideline" / "class_rules.toml").read_text("utf-8"))
BEFORE = """
@prefix : <urn:x:> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
:f a owl:ObjectProperty , owl:FunctionalProperty . :n a owl:DatatypeProperty , owl:FunctionalProperty .
:n2 a owl:DatatypeProperty , owl:FunctionalProperty . :m a owl:ObjectProperty .
[] a owl:AllDifferent ; owl:distinctMembers ( :v :w :x ) .
"""
X = rdflib.Namespace("urn:x:")
SIGNATURES = 300


@pytest.fixture(params=["ankle", pytest.param("service", marks=pytest.mark.slow)])
def either(request: pytest.FixtureRequest) -> GuidelineService:
    service: GuidelineService = request.getfixturevalue(request.param)
    return service


@pytest.mark.parametrize("name", CASES)
def test_it_follows_or_not(name: str) -> None:
    case = CASES[name]
    graph = rdflib.Graph().parse(data=BEFORE + case["axioms"], format="turtle")
    owlrl.DeductiveClosure(ClassRules, axiomatic_triples=False, datatype_axioms=False).expand(graph)
    for relation, follows, not_so in (
        (RDFS.subClassOf, "below", "not-below"),
        (OWL.disjointWith, "apart", "not-apart"),
    ):
        said = {pair: (X[pair.split()[0]], relation, X[pair.split()[1]]) in graph for pair in case.get(follows, ())}
        assert all(said.values()), said
        if relation == OWL.disjointWith:
            assert all((o, relation, s) in graph for s, o in graph.subject_objects(relation)), "both ways"
        assert not [p for p in case.get(not_so, ()) if (X[p.split()[0]], relation, X[p.split()[1]]) in graph]


def test_nothing_is_above_itself_in_the_closure(ankle: GuidelineService) -> None:
    graph = closure(ankle.guideline)
    reflexive = {OWL.sameAs, OWL.equivalentClass, OWL.equivalentProperty, RDFS.subClassOf, RDFS.subPropertyOf}
    assert not [t for t in graph if t[0] == t[2] and t[1] in reflexive]


def test_relations_hold_for_the_verdicts_of_sparql(either: GuidelineService) -> None:
    """Compares on random records that are known in part: numbers too, which owlrl does not compare."""
    program, relations = either.assessor.program, class_relations(either.guideline)
    rng = random.Random(7)
    signatures = [
        bytes(0 if rng.random() < unknown else rng.randint(1, v.size) for v in program.cells.variables)
        for unknown in (0.0, 0.1, 0.4)
        for _ in range(SIGNATURES // 3)
    ]
    names = list(either.guideline.conditions)
    met = 0
    for found in program.classify(signatures):
        verdicts = {name: program.verdict(found, name) for name in names}
        for name in (n for n in names if verdicts[n] == TRUE):
            met += 1
            assert not [other for other in relations.broader.get(name, ()) if verdicts[other] == FALSE], name
            assert not [other for other in relations.excluded.get(name, ()) if verdicts[other] == TRUE], name
    assert met > SIGNATURES


def test_narrower_and_broader_are_inverse(either: GuidelineService) -> None:
    found = class_relations(either.guideline)
    above = {(below, name) for name, others in found.narrower.items() for below in others}
    assert above == {(name, other) for name, others in found.broader.items() for other in others}
    apart = {(name, other) for name, others in found.excluded.items() for other in others}
    assert apart == {(other, name) for name, other in apart}
    assert len(above) > 20
    assert len(apart) > 50


@pytest.mark.slow
def test_hermit_agrees(either: GuidelineService) -> None:
    """For pairs at random: nobody can be in a condition and not in one above it, nor in two that exclude each other."""
    guideline = either.guideline
    relations = class_relations(guideline)
    logic = Logic(t for m in guideline.index.modules if m.is_ontology for t in m.triples)
    rng = random.Random(11)
    probes: dict[str, list[ox.Triple]] = {}
    pairs = [(kind, a, b) for kind in ("broader", "excluded") for a, bs in getattr(relations, kind).items() for b in bs]
    for number, (kind, one, other) in enumerate(rng.sample(pairs, 60)):
        probes[f"urn:probe:{number}"] = probe(number, one, other, negated=kind == "broader")
    consistent, impossible = ask_hermit([*logic.whole().triples, *chain.from_iterable(probes.values())])
    assert consistent
    assert probes.keys() <= set(impossible)


def probe(number: int, one: str, other: str, *, negated: bool) -> list[ox.Triple]:
    """Return the axioms of a class of what is in one class and in another, or not in that."""

    def node(name: str) -> ox.NamedNode:
        return ox.NamedNode(name)

    first, rest, owl = node(RDF + "first"), node(RDF + "rest"), str(OWL)
    cells = [ox.BlankNode(f"p{number}l{n}") for n in range(2)]
    no, both = ox.BlankNode(f"p{number}n"), ox.BlankNode(f"p{number}b")
    kind, cls = node(RDF + "type"), node(owl + "Class")
    return [
        ox.Triple(node(f"urn:probe:{number}"), kind, cls),
        ox.Triple(node(f"urn:probe:{number}"), node(owl + "equivalentClass"), both),
        ox.Triple(both, kind, cls),
        ox.Triple(both, node(owl + "intersectionOf"), cells[0]),
        ox.Triple(cells[0], first, node(one)),
        ox.Triple(cells[0], rest, cells[1]),
        ox.Triple(cells[1], first, no if negated else node(other)),
        ox.Triple(cells[1], rest, node(RDF + "nil")),
        *([ox.Triple(no, kind, cls), ox.Triple(no, node(owl + "complementOf"), node(other))] if negated else []),
    ]
