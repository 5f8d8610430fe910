"""The OWL 2 RL closure of the ontology: computed once per content with owlrl, kept outside the repository.

It serves hierarchies, consistency and the types that researchers query: which conditions are below a condition, and
which exclude each other (`class_rules`). That a term is the same as itself, or below itself, is left out. Records are
never mixed into it, so it does not decide about them.
"""

from __future__ import annotations

import importlib.metadata

import owlrl
import rdflib
from rdflib.namespace import OWL, RDF, RDFS, XSD

from lrp_kg.cache import remembered
from lrp_kg.guideline.class_rules import ClassRules
from lrp_kg.guideline.model import Guideline
from lrp_kg.guideline.rdflib_graph import to_plain


def ontology_graph(guideline: Guideline) -> rdflib.Graph:
    """Return the modules of the ontology as one graph, its shapes left out."""
    return to_plain(t for module in guideline.index.modules if module.is_ontology for t in module.triples)


def closure(guideline: Guideline, *, cache: bool = True) -> rdflib.Graph:
    """Return the closure of the ontology, from the cache if it has one.

    Kept as N-Triples: the closure has literals as subjects, which are left out here.
    """
    if not cache:
        return _closed(guideline)
    return remembered(
        "closures",
        f"{guideline.content_hash} {importlib.metadata.version('owlrl')}",
        lambda: _closed(guideline),
        dump=lambda graph: graph.serialize(format="nt"),
        load=lambda text: to_plain().parse(data=text, format="nt"),
    )


def _closed(guideline: Guideline) -> rdflib.Graph:
    graph, said = _split(ontology_graph(guideline))
    owlrl.DeductiveClosure(ClassRules, axiomatic_triples=False, datatype_axioms=False).expand(graph)
    kept = said
    for s, p, o in graph:
        if not isinstance(s, rdflib.Literal) and isinstance(p, rdflib.URIRef):
            kept.add((s, p, o))
    return kept


_ABOUT_PROPERTIES = frozenset(
    (
        RDFS.domain,
        RDFS.range,
        RDFS.subPropertyOf,
        OWL.equivalentProperty,
        OWL.inverseOf,
        OWL.propertyDisjointWith,
        OWL.propertyChainAxiom,
        OWL.hasKey,
        OWL.onProperty,
        OWL.assertionProperty,
        OWL.sameAs,
    )
)


_LOGICAL = tuple(str(namespace) for namespace in (OWL, RDF, RDFS, XSD))
_TEXTS = frozenset((RDFS.label, RDFS.comment, OWL.versionInfo))


def _split(graph: rdflib.Graph) -> tuple[rdflib.Graph, rdflib.Graph]:
    """Part a graph into what the rules read and the literals that none of them does, most of an ontology.

    A triple whose object is a literal, and whose property no axiom is about, leads to nothing new.
    """
    if any(s != o for s, o in graph.subject_objects(OWL.sameAs)):
        return graph, to_plain()
    read_of = {p for a in _ABOUT_PROPERTIES for pair in graph.subject_objects(a) for p in pair}
    read, said = to_plain(), to_plain()
    for s, p, o in graph:
        own = str(p).startswith(_LOGICAL) and p not in _TEXTS
        if isinstance(o, rdflib.Literal) and p not in read_of and not own:
            said.add((s, p, o))
        else:
            read.add((s, p, o))
    return read, said
