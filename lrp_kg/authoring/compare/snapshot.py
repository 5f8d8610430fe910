"""The terms of a version as its files have them: what kind each is, its identifier, what it is said to be."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from lrp_kg.guideline import criteria
from lrp_kg.guideline.index import Graph, Node, iri
from lrp_kg.guideline.load import load_guideline
from lrp_kg.guideline.model import Guideline
from lrp_kg.namespaces import CP, DCTERMS, OWL, PREFIXES, RDF, RDFS, SH, SKOS, local_name
from lrp_kg.words import Text


def hyphenated(name: str) -> str:
    """Return a name in camel case as lower-case words with hyphens."""
    return re.sub("(?<=[a-z])(?=[A-Z])", "-", name).lower()


_CLASSES = (
    *("Guideline", "Programme", "Decision", "Box", "Stage", "Option", "Benefit", "Limit", "ProcessStep", "Statement"),
    *("Advice", "Warning", "TimeLimit", "Validity", "Fact", "FactKey", "Edition", "Criterion", "OpenPoint", "Source"),
    *("Actor", "Section", "ListField", "Field", "DerivedProperty"),
)
KINDS = {name: hyphenated(name) for name in _CLASSES} | {
    "ProcessStep": "step",
    "ListField": "field",
    "DerivedProperty": "derived",
}
"""Kinds of terms by their class in the vocabulary, the more special first."""

_LISTS = {SH + "in", SH + "ignoredProperties"}
"""Predicates of which the order of a list says nothing."""


@dataclass(frozen=True)
class TripleObject:
    """An object of a triple: an IRI, or a literal with its language; a list or a blank node as text."""

    text: str
    language: str = ""
    is_iri: bool = False


class Snapshot:
    """A version of a guideline: what was read from it, and its triples by term.

    ``source`` is its folder, or what was read from it.
    """

    def __init__(self, source: Path | Guideline) -> None:
        self.guideline: Guideline = load_guideline(source) if isinstance(source, Path) else source
        self.graph: Graph = self.guideline.index.graph

    @cached_property
    def kinds(self) -> dict[str, str]:
        """The guideline's own terms with their kinds; what belongs to a vocabulary is not among them."""
        own = [n for n in self.graph.by_subject if not n.is_blank and not n.value.startswith(tuple(PREFIXES.values()))]
        headers = set(self.graph.instances(OWL + "Ontology"))
        return {n.value: self._kind(n) for n in own if n not in headers}

    def _kind(self, node: Node) -> str:
        types = {t.value for t in self.graph.all(node, RDF + "type")}
        for name, kind in KINDS.items():
            if CP + name in types:
                return kind
        if types & {SH + "NodeShape", SH + "PropertyShape"}:
            return "rule"
        if criteria.is_condition(self.graph, node):
            return "condition"
        parents = {p.value for p in self.graph.all(node, RDFS + "subClassOf")}
        return "value" if node.value in self._values else "list" if CP + "Value" in parents else "term"

    @cached_property
    def _values(self) -> dict[str, str]:
        return {v.iri: f.iri for f in self.guideline.fields.values() for v in f.values}

    @cached_property
    def vocabulary(self) -> dict[str, frozenset[tuple[str, TripleObject]]]:
        """What is said of the terms of the generic vocabulary."""
        found = [n for n in self.graph.by_subject if not n.is_blank and n.value.startswith(CP)]
        return {n.value: frozenset((p, v) for p, values in self.said(n.value).items() for v in values) for n in found}

    def identifier(self, term: str) -> str:
        """Return what programs call a term: its identifier, its notation, or the end of its IRI."""
        return self.explicit_identifier(term) or local_name(term)

    def explicit_identifier(self, term: str) -> str:
        """Return the identifier or notation of a term; empty where there is none."""
        found = (self.graph.one(iri(term), predicate) for predicate in (DCTERMS + "identifier", SKOS + "notation"))
        return next((node.value for node in found if node), "")

    def label(self, term: str) -> Text:
        """Return the label of a term by language; of a statement without one, that of its advice."""
        advice = self.graph.one(iri(term), CP + "advice")
        return self.graph.texts(advice or iri(term), RDFS + "label")

    def said(self, term: str) -> dict[str, frozenset[TripleObject]]:
        """Return what is said of a term, by predicate."""
        return {
            predicate: frozenset(self._value(o, predicate in _LISTS) for o in objects)
            for predicate, objects in self.graph.of(iri(term)).items()
        }

    def iris(self, term: str, predicate: str) -> list[str]:
        """Return the IRIs of a predicate of a term."""
        return [o.value for o in self.graph.all(iri(term), predicate) if not o.is_literal and not o.is_blank]

    def paths(self, rule: str) -> list[str]:
        """Return the fields that a property shape is about, also where its path is longer."""
        found = []
        for node in self.graph.all(iri(rule), SH + "path"):
            names = [o for _, o in self._references(node)] if node.is_blank else [node.value]
            found += [name for name in names if name in self.guideline.fields]
        return found

    @cached_property
    def referring(self) -> dict[str, list[tuple[str, str]]]:
        """Which terms refer to a term, and by which predicate; a class expression counts as its class."""
        found: dict[str, list[tuple[str, str]]] = {}
        for term in self.kinds:
            for predicate, target in self._references(iri(term)):
                found.setdefault(target, []).append((term, predicate))
        return found

    def _references(self, node: Node) -> Iterator[tuple[str, str]]:
        for predicate, objects in self.graph.of(node).items():
            for o in objects:
                if o.is_blank:
                    yield from ((predicate, inner) for _, inner in self._references(o))
                elif not o.is_literal:
                    yield predicate, o.value

    def _value(self, node: Node, unordered: bool) -> TripleObject:
        if node.is_blank:
            return TripleObject(self._text(node, unordered))
        return TripleObject(node.value, node.language, not node.is_literal)

    def _text(self, node: Node, unordered: bool = False) -> str:
        """Return a blank node, or a list, as text that is the same for the same content."""
        if not node.is_blank:
            return f'"{node.value}"' if node.is_literal and not node.is_integer else local_name(node.value)
        if self.graph.one(node, RDF + "first"):
            items = [self._text(i) for i in self.graph.items(node)]
            return "( " + " ".join(sorted(items) if unordered else items) + " )"
        pairs = sorted(
            f"{local_name(p)} {' , '.join(sorted(self._text(o) for o in objects))}"
            for p, objects in self.graph.of(node).items()
        )
        return "[ " + " ; ".join(pairs) + " ]"
