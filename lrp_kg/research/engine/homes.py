"""Which graph of data a triple is in: a store has each triple of records, derived values and answers once.

All of them are in the default graph. In which of the three named graphs a triple is too, its predicate says, which is
at *home* in one of them; of a type, its class. Only of a triple that is not where its home is, the store names the
graph: its named graphs of data hold these alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import pyoxigraph as ox

from lrp_kg.guideline.named_graphs import ANSWERS, DERIVED, RECORDS
from lrp_kg.namespaces import RDF

DATA = (RECORDS, DERIVED, ANSWERS)
"""The graphs that a store does not keep apart."""

TYPE = RDF + "type"

Subject = ox.NamedNode | ox.BlankNode | ox.Triple
Object = ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple


@dataclass(frozen=True)
class Homes:
    """The home of each predicate, and of each class that types are of; none: named graphs hold all that is in them."""

    predicates: Mapping[str, str] = field(default_factory=dict)
    classes: Mapping[str, str] = field(default_factory=dict)

    def __bool__(self) -> bool:
        """Return whether anything has a home."""
        return bool(self.predicates or self.classes)

    def of(self, predicate: str, value: str) -> str | None:
        """Return where a triple is at home, by the IRI of its predicate and, of a type, that of its class."""
        return self.classes.get(value) if predicate == TYPE else self.predicates.get(predicate)

    @cached_property
    def own_predicates(self) -> dict[str, tuple[str, ...]]:
        """The predicates that are at home in each graph of data."""
        return _inverted(self.predicates)

    @cached_property
    def own_classes(self) -> dict[str, tuple[str, ...]]:
        """The classes whose types are at home in each graph of data."""
        return _inverted(self.classes)

    def triples(
        self, store: ox.Store, graph: str, subject: Subject | None = None, predicate: ox.NamedNode | None = None
    ) -> Iterator[ox.Triple]:
        """Yield the triples of a graph of data, each once."""
        named = [q.triple for q in store.quads_for_pattern(subject, predicate, None, ox.NamedNode(graph))]
        yield from named
        if not self:
            return
        others = [ox.NamedNode(name) for name in DATA if name != graph and names(store, name, predicate)]
        seen = set(named)
        for quad in store.quads_for_pattern(subject, predicate, None, ox.DefaultGraph()):
            value = quad.object.value if isinstance(quad.object, ox.NamedNode) else ""
            if self.of(quad.predicate.value, value) != graph or quad.triple in seen:
                continue
            if not any(in_graph(quad.triple, other) in store for other in others):
                yield quad.triple

    def as_json(self) -> dict[str, dict[str, list[str]]]:
        """Return it as JSON-ready data."""
        return {
            graph: {
                "predicates": sorted(self.own_predicates.get(graph, ())),
                "classes": sorted(self.own_classes.get(graph, ())),
            }
            for graph in DATA
            if self
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Mapping[str, Iterable[str]]]) -> Homes:
        """Return what `as_json` returned."""
        predicates = {name: graph for graph, own in data.items() for name in own["predicates"]}
        classes = {name: graph for graph, own in data.items() for name in own["classes"]}
        return cls(predicates, classes)


def in_graph(triple: ox.Triple, graph: ox.NamedNode | ox.DefaultGraph) -> ox.Quad:
    """Return a triple as the quad of a graph."""
    return ox.Quad(triple.subject, triple.predicate, triple.object, graph)


def names(store: ox.Store, graph: str, predicate: ox.NamedNode | None = None) -> bool:
    """Return whether a store names a graph for any triple, or for one with a predicate."""
    return next(store.quads_for_pattern(None, predicate, None, ox.NamedNode(graph)), None) is not None


def _inverted(homes: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for name, graph in homes.items():
        found.setdefault(graph, []).append(name)
    return {graph: tuple(names) for graph, names in found.items()}
