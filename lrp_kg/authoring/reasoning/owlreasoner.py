"""The OWL 2 RL rules of owlrl, without reflexive conclusions."""

from __future__ import annotations

from typing import Any

import owlrl
import rdflib
from rdflib.namespace import OWL, RDFS

from lrp_kg.guideline.owl_rules import Rules

_ERROR = rdflib.URIRef("http://www.daml.org/2002/03/agents/agent-ont#error")
_REFLEXIVE = {OWL.sameAs, OWL.equivalentClass, OWL.equivalentProperty, RDFS.subClassOf, RDFS.subPropertyOf}


class IrreflexiveRules(Rules):
    """The rules without the conclusion that a term equals itself, which makes them twice as fast."""

    def store_triple(self, t: tuple[Any, Any, Any]) -> None:
        """Store a derived triple unless it says that a term equals itself or is its own superclass or superproperty."""
        if t[0] != t[2] or t[1] not in _REFLEXIVE:
            super().store_triple(t)


def close(graph: rdflib.Graph) -> list[str]:
    """Add all conclusions to a graph, and return the errors that owlrl reports, which it writes as triples."""
    owlrl.DeductiveClosure(IrreflexiveRules, axiomatic_triples=False, datatype_axioms=False).expand(graph)
    return [str(message) for message in graph.objects(None, _ERROR)]
