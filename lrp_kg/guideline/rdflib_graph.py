"""Triples of Oxigraph as a graph of rdflib: parsing with rdflib itself takes ten times as long."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

import pyoxigraph as ox
import rdflib
from rdflib.term import Identifier

Term = ox.NamedNode | ox.BlankNode | ox.Literal


def to_rdflib(triples: Iterable[ox.Triple]) -> rdflib.Graph:
    """Return a graph with the triples; blank nodes keep their names."""
    return _filled(rdflib.Graph(bind_namespaces="none"), triples)


def to_plain(triples: Iterable[ox.Triple] = ()) -> rdflib.Graph:
    """Return such a graph without an account of contexts, which takes half the time; pySHACL cannot use it."""
    return _filled(rdflib.Graph(store="SimpleMemory", bind_namespaces="none"), triples)


def _filled(graph: rdflib.Graph, triples: Iterable[ox.Triple]) -> rdflib.Graph:
    term = cache(_term)
    for t in triples:
        graph.add((term(t.subject), term(t.predicate), term(t.object)))
    return graph


def _term(node: object) -> Identifier:
    if isinstance(node, ox.NamedNode):
        return rdflib.URIRef(node.value)
    if isinstance(node, ox.BlankNode):
        return rdflib.BNode(node.value)
    if not isinstance(node, ox.Literal):
        raise TypeError("a triple term cannot be part of a guideline")
    if node.language:
        return rdflib.Literal(node.value, lang=node.language)
    return rdflib.Literal(node.value, datatype=rdflib.URIRef(node.datatype.value))
