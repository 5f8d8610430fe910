"""The OWL 2 RL closure of the ontology: computed once per content with owlrl, kept outside the repository.

It serves hierarchies, consistency and the types that researchers query. Records are never mixed into it, and
OWL RL does not compare numbers, so it does not decide about records.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import owlrl
import rdflib

from lrp_kg.diagramstore import cache_folder, write_whole
from lrp_kg.findings import Finding
from lrp_kg.guideline import Guideline


def ontology_graph(guideline: Guideline) -> rdflib.Graph:
    """Return the modules of the ontology as one graph, its shapes left out."""
    graph = rdflib.Graph()
    for file in guideline.stage_files():
        if file.parent.name == "ontology":
            graph.parse(file, format="turtle")
    return graph


def closure(guideline: Guideline, *, cache: bool = True) -> rdflib.Graph:
    """Return the closure of the ontology, from the cache where it is there.

    Kept as N-Triples: the closure has literals as subjects, which are left out here.
    """
    import importlib.metadata

    key = hashlib.sha256(f"{guideline.content_hash} owlrl {importlib.metadata.version('owlrl')}".encode()).hexdigest()
    file: Path = cache_folder() / f"{key[:32]}-closure.nt"
    graph = rdflib.Graph()
    if cache and file.is_file():
        graph.parse(file, format="nt")
        return graph
    graph = ontology_graph(guideline)
    owlrl.DeductiveClosure(owlrl.OWLRL_Semantics, axiomatic_triples=False, datatype_axioms=False).expand(graph)
    kept = rdflib.Graph()
    for s, p, o in graph:
        if not isinstance(s, rdflib.Literal) and isinstance(p, rdflib.URIRef):
            kept.add((s, p, o))
    if cache:
        write_whole(file, kept.serialize(format="nt"))
    return kept


def inconsistencies(guideline: Guideline) -> list[Finding]:
    """Return what owlrl finds inconsistent: in the ontology, and in classes that cannot have a member."""
    from lrp_kg.soundness import check_soundness

    return check_soundness(guideline.folder, hermit=False)
