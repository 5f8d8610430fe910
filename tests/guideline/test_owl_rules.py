"""The faster rules give the conclusions and the errors of owlrl's own, on axioms of each kind."""

from __future__ import annotations

import owlrl
import pytest
import rdflib
from rdflib.compare import to_isomorphic
from rdflib.namespace import OWL, RDFS

from lrp_kg.guideline.owl_rules import GROUPS, IrreflexiveRules, Rules

PREFIXES = """
@prefix : <urn:x:> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
"""
AXIOMS = {
    "classes": """
        :A a owl:Class ; rdfs:subClassOf :B . :B a owl:Class ; rdfs:subClassOf :C . :C owl:equivalentClass :D .
        :E a owl:Class ; owl:intersectionOf ( :A :D ) . :F a owl:Class ; owl:unionOf ( :A :G ) .
        :N a owl:Class ; owl:complementOf :G . :O owl:oneOf ( :a :b ) . :a a :A , :N . :B rdfs:subClassOf :B .
    """,
    "restrictions": """
        :p a owl:ObjectProperty . :q rdfs:subPropertyOf :p . :c :q :v . :d a :R1 .
        :R1 a owl:Restriction ; owl:onProperty :p ; owl:hasValue :v .
        :R2 a owl:Restriction ; owl:onProperty :p ; owl:hasValue :v . :v a :V . :V rdfs:subClassOf :W .
        :R3 a owl:Restriction ; owl:onProperty :p ; owl:someValuesFrom :V .
        :R4 a owl:Restriction ; owl:onProperty :p ; owl:someValuesFrom :W .
        :R5 a owl:Restriction ; owl:onProperty :q ; owl:allValuesFrom :V . :e a :R5 ; :q :w .
        :R6 a owl:Restriction ; owl:onProperty :p ; owl:maxCardinality 1 . :f a :R6 ; :p :x , :y .
    """,
    "properties": """
        :p rdfs:domain :A ; rdfs:range :B ; rdfs:subPropertyOf :r ; owl:inverseOf :i . :a :p :b . :r rdfs:domain :C .
        :t a owl:TransitiveProperty . :a :t :b . :b :t :c . :s a owl:SymmetricProperty . :a :s :c .
        :f a owl:FunctionalProperty . :a :f :g , :h . :j a owl:InverseFunctionalProperty . :k :j :m . :l :j :m .
        :r owl:equivalentProperty :u . :z owl:propertyChainAxiom ( :p :t ) . :A owl:hasKey ( :n ) .
        :a :n 1 . :y a :A ; :n 1 . [ :p :o ] a :A . :i a owl:DatatypeProperty . :i rdfs:subPropertyOf :i .
    """,
    "what follows late": """
        :x :p :y . :p rdfs:subPropertyOf :q . :q rdfs:subPropertyOf :r . :r rdfs:domain :A . :A a owl:Class .
        :A rdfs:subClassOf :B . :B owl:equivalentClass :C . :C rdfs:subClassOf :D . :E owl:equivalentClass :F .
        :F owl:intersectionOf ( :D :G ) . :H owl:unionOf ( :E :I ) . :H rdfs:subClassOf :J . :J owl:equivalentClass :K .
        :L owl:sameAs :K . :L rdfs:subClassOf :M . :M rdfs:subClassOf :F . :z :s :x . :s owl:inverseOf :t .
        :t rdfs:range :N . :N owl:equivalentClass :I . :u a owl:TransitiveProperty . :x :u :z . :z :u :v .
        :u rdfs:range :O . :O rdfs:subClassOf :H .
    """,
    "equality": """
        :a owl:sameAs :b . :b owl:sameAs :c . :b :p "x"@en ; a :A . :p owl:sameAs :q . :a rdfs:label "a" .
    """,
    "restrictions that are the same": """
        :C a owl:Class . :p a owl:ObjectProperty . :q rdfs:subPropertyOf :p . :v a :V .
        :A owl:equivalentClass [ owl:onProperty :p ; owl:someValuesFrom :C ] .
        :B owl:equivalentClass [ owl:onProperty :p ; owl:someValuesFrom :C ] . :A owl:disjointWith :B . :i a :A .
        :D rdfs:subClassOf [ owl:onProperty :p ; owl:allValuesFrom :C ] .
        [ owl:onProperty :p ; owl:allValuesFrom :C ] rdfs:subClassOf :E .
        :F owl:equivalentClass [ owl:onProperty :p ; owl:hasValue :v ] .
        :G owl:equivalentClass [ owl:onProperty :q ; owl:hasValue :v ] , [ owl:onProperty :p ; owl:hasValue :v ] .
    """,
    "classes and properties that are the same as others": """
        :C a owl:Class ; owl:sameAs :i . :p a owl:ObjectProperty ; owl:sameAs :j . :D rdfs:subClassOf :C .
        :x :p :y . :A owl:equivalentClass [ owl:onProperty :j ; owl:someValuesFrom :i ] .
    """,
    "errors": """
        :a owl:sameAs :b ; owl:differentFrom :b . :c owl:differentFrom :c . :d a owl:Nothing .
        :A owl:disjointWith :B . :e a :A , :B . :C owl:complementOf :A . :e a :C .
        :p a owl:IrreflexiveProperty . :f :p :f . :q a owl:AsymmetricProperty . :f :q :g . :g :q :f .
        [ a owl:AllDisjointClasses ; owl:members ( :B :D ) ] . :e a :D .
        [ owl:sourceIndividual :f ; owl:assertionProperty :q ; owl:targetIndividual :g ] .
    """,
}
REFLEXIVE = (
    *(OWL.sameAs, OWL.equivalentClass, OWL.equivalentProperty),
    *(RDFS.subClassOf, RDFS.subPropertyOf),
)


def closed(text: str, rules: type[owlrl.OWLRL_Semantics]) -> rdflib.Graph:
    graph = rdflib.Graph().parse(data=PREFIXES + text, format="turtle")
    owlrl.DeductiveClosure(rules, axiomatic_triples=False, datatype_axioms=False).expand(graph)
    return graph


@pytest.mark.parametrize("kind", AXIOMS)
def test_conclusions_are_those_of_owlrl(kind: str) -> None:
    expected = closed(AXIOMS[kind], owlrl.OWLRL_Semantics)
    assert len(expected) > 80
    assert to_isomorphic(closed(AXIOMS[kind], Rules)) == to_isomorphic(expected)


@pytest.mark.parametrize("kind", AXIOMS)
def test_without_conclusions_of_a_term_about_itself_all_others_are_those_of_owlrl(kind: str) -> None:
    said = set(rdflib.Graph().parse(data=PREFIXES + AXIOMS[kind], format="turtle"))
    expected = closed(AXIOMS[kind], owlrl.OWLRL_Semantics)
    own = [(s, p, o) for s, p, o in expected if s == o and p in REFLEXIVE and (s, p, o) not in said]
    assert own
    for triple in own:
        expected.remove(triple)
    assert to_isomorphic(closed(AXIOMS[kind], IrreflexiveRules)) == to_isomorphic(expected)


def test_groups_are_those_of_owlrl() -> None:
    """A triple is given to a group whose code names its predicate, or its type; no other code may hold rules."""
    named = owlrl.OWLRL_Semantics.rules.__code__.co_names
    assert tuple(name for name in named if name.startswith("_")) == GROUPS
