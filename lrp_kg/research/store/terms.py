"""The terms of a guideline as they are written: what each says, what says something of it, and how it is called."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator

import pyoxigraph as ox

from lrp_kg.guideline.model import Guideline
from lrp_kg.guideline.named_graphs import guideline_quads
from lrp_kg.namespaces import CP, DCTERMS, RDF, RDFS, SKOS, local_name
from lrp_kg.words import Text, in_language

Object = ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple
Subject = ox.NamedNode | ox.BlankNode | ox.Triple

_LABELS = (RDFS + "label", DCTERMS + "title", SKOS + "prefLabel")
_DEFINITIONS = (SKOS + "definition", DCTERMS + "description", RDFS + "comment")


class Terms:
    """An index over all modules of a guideline."""

    def __init__(self, guideline: Guideline) -> None:
        self.namespaces = (guideline.namespace, CP)
        self.said: dict[Subject, list[tuple[str, Object]]] = defaultdict(list)
        self.used: dict[Object, list[tuple[Subject, str]]] = defaultdict(list)
        self.modules: dict[str, list[ox.Triple]] = defaultdict(list)
        self._index = guideline.index
        self.prefixes = guideline.index.prefixes
        for quad in guideline_quads(guideline):
            if isinstance(quad.graph_name, ox.DefaultGraph):
                continue
            self.said[quad.subject].append((quad.predicate.value, quad.object))
            self.used[quad.object].append((quad.subject, quad.predicate.value))
            self.modules[quad.graph_name.value].append(quad.triple)

    def short(self, iri: str) -> str:
        """Return the prefixed name of an IRI, or the IRI where no prefix fits."""
        return self._index.short(iri)

    def knows(self, iri: str) -> bool:
        """Return whether an IRI is anywhere in the guideline."""
        node = ox.NamedNode(iri)
        return node in self.said or node in self.used

    def texts(self, iri: str, predicates: tuple[str, ...]) -> Text:
        """Return the texts of a term by language."""
        return {
            o.language or "en": o.value
            for p, o in self.said.get(ox.NamedNode(iri), ())
            if p in predicates and isinstance(o, ox.Literal)
        }

    def text(self, iri: str, predicates: tuple[str, ...], lang: str) -> str | None:
        """Return a text of a term in a language, else in English, else in any."""
        return in_language(self.texts(iri, predicates), lang) or None

    def labelled(self) -> Iterator[tuple[str, Text, Text]]:
        """Yield every own term that has a label, with its labels and definitions."""
        for subject in self.said:
            if isinstance(subject, ox.NamedNode) and subject.value.startswith(self.namespaces):
                labels = self.texts(subject.value, _LABELS)
                if labels:
                    yield subject.value, labels, self.texts(subject.value, _DEFINITIONS)

    def label(self, iri: str, lang: str) -> str:
        """Return the label of a term, else its own name."""
        return self.text(iri, _LABELS, lang) or local_name(iri).replace("-", " ") or iri

    def definition(self, iri: str, lang: str) -> str | None:
        """Return the definition of a term."""
        return self.text(iri, _DEFINITIONS, lang)

    def kinds(self) -> list[tuple[str, int]]:
        """Return the classes that own terms are typed with, and how many each has; the most first."""
        kind = RDF + "type"
        counts: Counter[str] = Counter()
        for subject, pairs in self.said.items():
            if isinstance(subject, ox.NamedNode) and subject.value.startswith(self.namespaces):
                counts.update({o.value for p, o in pairs if p == kind and isinstance(o, ox.NamedNode)})
        return sorted(counts.items(), key=lambda item: (-item[1], item[0]))

    def of_kind(self, kind: str) -> list[str]:
        """Return the own terms of a class, in the order of their names."""
        typed = {s for s, p in self.used.get(ox.NamedNode(kind), ()) if p == RDF + "type"}
        subjects = (s.value for s in typed if isinstance(s, ox.NamedNode))
        return sorted(s for s in subjects if s.startswith(self.namespaces))

    def bounded(self, iri: str) -> Iterator[ox.Triple]:
        """Yield the concise bounded description of a term: what is said of it, blank nodes followed."""
        todo: list[Subject] = [ox.NamedNode(iri)]
        done: set[Subject] = set()
        while todo:
            node = todo.pop()
            if node in done:
                continue
            done.add(node)
            for predicate, value in dict.fromkeys(self.said.get(node, ())):
                yield ox.Triple(node, ox.NamedNode(predicate), value)
                if isinstance(value, ox.BlankNode):
                    todo.append(value)
