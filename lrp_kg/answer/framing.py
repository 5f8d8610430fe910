"""Triples as one JSON-LD tree, which pyoxigraph writes flat and without prefixes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import pyoxigraph as ox

from lrp_kg.namespaces import RDF, XSD

Node = ox.NamedNode | ox.BlankNode
_EXACT = 2**53
"""Whole numbers below it are the same in every reader of JSON."""


def prefixes_for(triples: Iterable[ox.Triple], known: Mapping[str, str]) -> dict[str, str]:
    """Return the prefixes that names in triples can be shortened with.

    One that a name in full begins with is none of them: JSON-LD would take that name for a shortened one.
    """
    nodes = {node for t in triples for node in (t.subject, t.predicate, t.object)}
    names = {node.value for node in nodes if isinstance(node, ox.NamedNode)}
    names |= {node.datatype.value for node in nodes if isinstance(node, ox.Literal)}
    starts = {name.partition(":")[0] for name in names}
    return {p: n for p, n in known.items() if p not in starts and any(name.startswith(n) for name in names)}


def framed(triples: Iterable[ox.Triple], root: Node, prefixes: Mapping[str, str]) -> dict[str, Any]:
    """Return triples as the tree of what ``root`` links to; a node is said where it is first met, then named.

    Every subject must be reached from the root.
    """
    return {"@context": dict(prefixes), **_Frame(triples, prefixes, root).node(root)}


class _Frame:
    """The nodes of a graph, each said once."""

    def __init__(self, triples: Iterable[ox.Triple], prefixes: Mapping[str, str], root: Node) -> None:
        self.prefixes = prefixes
        self.said: dict[Node, dict[str, list[Any]]] = {}
        for t in triples:
            self.said.setdefault(t.subject, {}).setdefault(t.predicate.value, []).append(t.object)  # type: ignore[arg-type]
        self.links = Counter(o for about in self.said.values() for objects in about.values() for o in objects)
        self.links[root] += 1
        self._met: set[Node] = set()

    def node(self, node: Node) -> dict[str, Any]:
        """Return what is said of a node, or its name; a blank one is named where it is linked to again."""
        data: dict[str, Any] = {}
        if isinstance(node, ox.NamedNode):
            data["@id"] = self.short(node.value)
        elif self.links[node] > 1:
            data["@id"] = str(node)
        if node in self._met:
            return data
        self._met.add(node)
        for predicate, objects in self.said.get(node, {}).items():
            kinds = predicate == RDF + "type"
            values = [self.short(o.value) if kinds else self.value(o) for o in objects]
            data["@type" if kinds else self.short(predicate)] = values if len(values) > 1 else values[0]
        return data

    def value(self, value: Any) -> Any:
        """Return an object of a triple."""
        if not isinstance(value, ox.Literal):
            return self.node(value)
        kind = value.datatype.value
        if kind == XSD + "string":
            return value.value
        if kind == XSD + "boolean" and value.value in ("true", "false"):
            return value.value == "true"
        if kind == XSD + "integer" and str(number := int(value.value)) == value.value and abs(number) < _EXACT:
            return number
        return {"@value": value.value, "@type": self.short(kind)}

    def short(self, iri: str) -> str:
        """Return a name with its prefix, or in full where no prefix fits."""
        fits = [(len(n), f"{p}:{iri[len(n) :]}") for p, n in self.prefixes.items() if iri.startswith(n)]
        return max(fits)[1] if fits else iri
