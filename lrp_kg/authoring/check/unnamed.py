"""Terms that nothing names: whoever wrote them forgot the place where they were to be used, so no answer knows them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lrp_kg.findings import Finding
from lrp_kg.guideline.index import Graph, Node, iri
from lrp_kg.guideline.model import Guideline
from lrp_kg.namespaces import CP, OWL, RDF, RDFS, SH, local_name
from lrp_kg.text_files import visible

_KINDS = {
    CP + "Actor": "an actor",
    CP + "Advice": "a wording",
    CP + "Edition": "an edition",
    CP + "Fact": "a fact",
    CP + "FactKey": "a key of facts",
    CP + "Section": "a section",
    CP + "Source": "a source",
    CP + "TimeLimit": "a time limit",
    CP + "Validity": "a period",
    SH + "PropertyShape": "a shape of a property",
}
"""Kinds of terms that matter only where another term names them, beside conditions and value lists."""


def unnamed_terms(guideline: Guideline) -> Iterator[Finding]:
    """Yield each condition, value list, time limit, shape and so on that no other term and no query names.

    A term that is deprecated is not meant to be named.
    """
    graph, where = guideline.index.graph, guideline.index.positions.where
    kinds = {node.value: words for kind, words in _KINDS.items() for node in graph.instances(kind) if not node.is_blank}
    kinds |= {node.value: "a condition" for node in graph.instances(OWL + "Class") if node.value in guideline.classes}
    kinds |= {
        node.value: "a value list"
        for node, predicates in graph.by_subject.items()
        if any(o.value == CP + "Value" for o in predicates.get(RDFS + "subClassOf", ()))
    }
    named = {
        node.value
        for subject, predicates in graph.by_subject.items()
        for predicate, objects in predicates.items()
        if predicate != RDF + "type"
        for node in objects
        if not node.is_literal and node != subject
    }
    shaped = {path for shape in named for path in _paths(graph, shape)}
    unnamed = {term: words for term, words in kinds.items() if term not in named and not term.startswith(CP)}
    queried = _names_in_queries(guideline) if unnamed else set()
    for term, words in unnamed.items():
        if words == _KINDS[SH + "PropertyShape"] and not shaped.intersection(_paths(graph, term)):
            continue  # field-not-in-shape reports the only shape of a field
        if local_name(term) in queried or any(o.value == "true" for o in graph.all(iri(term), OWL + "deprecated")):
            continue
        message = (
            f"{local_name(term)}: is {words} that nothing names, so no answer depends on it. Name it where it is "
            "to be used, or remove it."
        )
        yield Finding("term-unused", message, where(term), severity="warning", term=term)


def _names_in_queries(guideline: Guideline) -> set[str]:
    texts = (f.read_text(encoding="utf-8", errors="replace") for f in visible(guideline.folder / "queries", "*.rq"))
    return {name for text in texts for name in re.findall(r"[:#/]([\w-]+)", text)}


def _paths(graph: Graph, shape: str) -> list[Node]:
    return graph.all(iri(shape), SH + "path")
