"""The OWL 2 RL rules of owlrl, without reflexive conclusions."""

from __future__ import annotations

import owlrl
import rdflib

from lrp_kg.guideline.owl_rules import IrreflexiveRules

_ERROR = rdflib.URIRef("http://www.daml.org/2002/03/agents/agent-ont#error")


def close(graph: rdflib.Graph) -> list[str]:
    """Add all conclusions to a graph, and return the errors that owlrl reports, which it writes as triples."""
    owlrl.DeductiveClosure(IrreflexiveRules, axiomatic_triples=False, datatype_axioms=False).expand(graph)
    return [str(message) for message in graph.objects(None, _ERROR)]
