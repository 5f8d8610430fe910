"""A store as the dataset that queries see: which graphs there are, whichever of them the store keeps apart."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any

import pyoxigraph as ox

from lrp_kg.guideline.named_graphs import ANSWERS, RECORDS
from lrp_kg.research.engine.forbidden import QueryGraphs, plain
from lrp_kg.research.engine.graph_patterns import OWN, STAR, Rewriting
from lrp_kg.research.engine.homes import DATA, Homes, in_graph, names
from lrp_kg.research.engine.model import BASE
from lrp_kg.research.engine.tokens import UnreadQuery

DISJOINT = frozenset((RECORDS, ANSWERS))
"""Graphs that share no triple with each other or with any other: they need no merging."""

_GRAPH = re.compile(r"graph(?![\w/.\-])(?:\s|#[^\n\r]*)*(<[A-Za-z][A-Za-z0-9+.\-]*:[^>]*>)?", re.IGNORECASE)
"""GRAPH, and the absolute IRI after it where there is one."""


class StoreDataset:
    """A store, and where its triples are at home; ``copying`` is called before graphs are copied for a query."""

    def __init__(self, store: ox.Store, homes: Homes | None = None) -> None:
        self.store = store
        self.homes = homes or Homes()
        self.copying: Callable[[], None] | None = None
        self._names = lru_cache(4096)(self._has_named)

    def query(self, text: str, dataset: QueryGraphs) -> Any:
        """Answer a query over a dataset, which is that of the store where it is empty.

        Raises `SyntaxError` where the query cannot be parsed.
        """
        dataset = QueryGraphs(*(tuple(dict.fromkeys(graphs)) for graphs in dataset))
        if not self.homes or not (dataset or _may_name_data(text)):
            return self._as_it_is(text, dataset)
        ox.Store().query(text, base_iri=BASE)  # so that what is wrong is said of the query as it was written
        try:
            return self._rewritten(text, dataset)
        except UnreadQuery:
            return self._copied(dataset).query(text, base_iri=BASE, **_graphs(dataset))

    def _as_it_is(self, text: str, dataset: QueryGraphs) -> Any:
        if len(set(dataset.default) - DISJOINT) <= 1:
            default: dict[str, Any] = {"default_graph": _nodes(dataset.default)} if dataset else {}
            return self.store.query(text, base_iri=BASE, **default, **_named(dataset))
        # a list of default graphs would keep the triples that two of them share apart
        return self._copied(dataset).query(text, base_iri=BASE, **_graphs(dataset))

    def _rewritten(self, text: str, dataset: QueryGraphs) -> Any:
        default, named = set(dataset.default), frozenset(dataset.named) if dataset else None
        if default and not default & set(DATA) and not (named or set()) & set(DATA):
            return self._as_it_is(text, dataset)
        if not default <= set(DATA):
            raise UnreadQuery
        active = tuple(graph for graph in DATA if graph in default) if dataset else None
        rewriting = Rewriting(text, self.homes, self._names, named)
        found = rewriting.query(active)
        seen: dict[str, Any] = {"named_graphs": _nodes((*dataset.named, *DATA))} if dataset else {}

        def ask(columns: str) -> Any:
            text = found.replace(STAR, columns)
            return self.store.query(text, base_iri=BASE, default_graph=ox.DefaultGraph(), **seen)

        results = ask("*")
        if not (rewriting.new and STAR in found):
            return results
        asked = [str(v) for v in results.variables if not v.value.startswith(OWN)]
        if not asked:
            raise UnreadQuery
        return ask(" ".join(asked))

    def _copied(self, dataset: QueryGraphs) -> ox.Store:
        """Return a copy of the graphs that a query sees, each whole and apart."""
        if self.copying:
            self.copying()
        copy = ox.Store()
        default, graphs = dataset
        if not dataset:
            copy.extend(self.store.quads_for_pattern(None, None, None, ox.DefaultGraph()))
            graphs = tuple(dict.fromkeys((*(n.value for n in self.store.named_graphs()), *DATA)))
        for graph in default:
            copy.extend(in_graph(triple, ox.DefaultGraph()) for triple in self._triples(graph))
        for graph in graphs:
            name = ox.NamedNode(graph)
            copy.extend(in_graph(triple, name) for triple in self._triples(graph))
        return copy

    def _triples(self, graph: str) -> Iterable[ox.Triple]:
        if graph in DATA:
            return self.homes.triples(self.store, graph)
        return (q.triple for q in self.store.quads_for_pattern(None, None, None, ox.NamedNode(graph)))

    def _has_named(self, graph: str, predicate: str | None) -> bool:
        return names(self.store, graph, ox.NamedNode(predicate) if predicate else None)


def _may_name_data(text: str) -> bool:
    """Return whether a query may name a graph of data: one after GRAPH that is another, by its whole IRI, does not."""
    return any(not iri or iri[1:-1] in DATA for iri in _GRAPH.findall(plain(text)))


def _nodes(graphs: Iterable[str]) -> list[Any]:
    return [ox.NamedNode(graph) for graph in graphs]


def _named(dataset: QueryGraphs) -> dict[str, Any]:
    return {"named_graphs": _nodes(dataset.named)} if dataset else {}


def _graphs(dataset: QueryGraphs) -> dict[str, Any]:
    return {"default_graph": ox.DefaultGraph(), **_named(dataset)}
