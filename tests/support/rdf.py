"""Answers as graphs that tests ask, and as lines that tests compare."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import pyoxigraph as ox
import rdflib

from lrp_kg.answer.as_rdf import LoneAnswer
from lrp_kg.answer.results import Assessment


def to_graph(found: Assessment, *, at: datetime | None = None) -> rdflib.Graph:
    """Return an answer as a graph of rdflib."""
    triples = LoneAnswer.of(found, at=at).triples
    return rdflib.Graph().parse(data=ox.serialize(triples, format=ox.RdfFormat.N_TRIPLES), format="nt")


def canonical(triples: Iterable[ox.Triple | ox.Quad]) -> set[str]:
    """Return triples as lines whose blank nodes have the same labels in all graphs that say the same."""
    dataset = ox.Dataset(ox.Quad(t.subject, t.predicate, t.object) for t in triples)
    dataset.canonicalize(ox.CanonicalizationAlgorithm.UNSTABLE)
    return {str(quad) for quad in dataset}
