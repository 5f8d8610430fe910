"""What a Turtle text says, as trees: by subject, with blank nodes where they are held, and sets apart from lists."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import pyoxigraph as ox

from lrp_kg.authoring.tidy.syntax import NotLaidOut
from lrp_kg.guideline.modules import value_of
from lrp_kg.namespaces import OWL, RDF, RDFS

TYPE = RDF + "type"
SETS = {
    OWL + name
    for name in (
        *("unionOf", "intersectionOf", "oneOf", "disjointUnionOf", "hasKey"),
        *("distinctMembers", "members", "withRestrictions"),
    )
}
"""Properties whose list OWL takes for a set, which an ontology editor writes in an order of its own."""
_EXPRESSIONS = {OWL + "Class", OWL + "Restriction", RDFS + "Datatype"}
_NOT_SAID = {RDF + "List"}
"""Types of blank nodes that follow from their form."""


@dataclass(frozen=True)
class BlankValue:
    """A blank node: its properties with their objects."""

    said: dict[str, list[Value]]

    def __hash__(self) -> int:
        return hash(key(self))


@dataclass(frozen=True)
class ListValue:
    """An RDF list; one that is not ordered is a set."""

    items: list[Value]
    ordered: bool = True

    def __hash__(self) -> int:
        return hash(key(self))


Value = ox.NamedNode | ox.Literal | BlankValue | ListValue
Said = dict[str, list[Value]]


def key(value: Value) -> str:
    """Return a text that is the same for values that say the same."""
    if isinstance(value, BlankValue):
        return f"[{said_key(value.said)}]"
    if isinstance(value, ListValue):
        items = [key(item) for item in value.items]
        return f"({' '.join(items if value.ordered else sorted(items))})"
    return str(value)


def said_key(said: Said) -> str:
    """Return a text that is the same for properties that say the same."""
    return " ; ".join(sorted(f"{p} {' , '.join(sorted(map(key, objects)))}" for p, objects in said.items() if objects))


@dataclass
class ModuleContent:
    """What a text says: of each named subject, and blank nodes that nothing holds, such as ``owl:AllDifferent``."""

    named: dict[str, Said]
    loose: list[BlankValue]
    prefixes: dict[str, str]
    """Prefixes by their namespaces."""


def content_of(text: str, *, sets: bool) -> ModuleContent:
    """Return what a Turtle text says; ``sets``: the order of lists that OWL takes for sets does not count."""
    try:
        parser = ox.parse(text, format=ox.RdfFormat.TURTLE, rename_blank_nodes=True)
        triples = [quad.triple for quad in parser]
    except SyntaxError as error:
        raise NotLaidOut(f"it is not Turtle: {error.msg}") from error
    return ModuleContent(*_Reader(triples, sets).read(), {n: p for p, n in parser.prefixes.items() if p})


class _Reader:
    def __init__(self, triples: Iterable[ox.Triple], sets: bool) -> None:
        self._sets = sets
        self._about: dict[ox.NamedNode | ox.BlankNode, list[ox.Triple]] = {}
        self._holders: Counter[ox.BlankNode] = Counter()
        self._open: set[ox.BlankNode] = set()
        for t in dict.fromkeys(triples):
            if isinstance(t.subject, ox.Triple):
                raise NotLaidOut("it has a triple term")
            self._about.setdefault(t.subject, []).append(t)
            if isinstance(t.object, ox.BlankNode):
                self._holders[t.object] += 1
        if any(n > 1 and not self._is_expression(node) for node, n in self._holders.items()):
            raise NotLaidOut("a blank node is used in several places; give it an IRI")

    def _is_expression(self, node: ox.BlankNode) -> bool:
        """Return whether a node is a class expression or a list, which an editor may write once for two places."""
        own = self._about.get(node, [])
        kinds = {value_of(t.object) for t in own if t.predicate.value == TYPE}
        return bool(kinds & _EXPRESSIONS) or any(t.predicate.value == RDF + "first" for t in own)

    def read(self) -> tuple[dict[str, Said], list[BlankValue]]:
        named = {s.value: self._said(s) for s in self._about if isinstance(s, ox.NamedNode)}
        loose = [BlankValue(self._said(s)) for s in self._about if isinstance(s, ox.BlankNode) and not self._holders[s]]
        return named, loose

    def _said(self, subject: ox.NamedNode | ox.BlankNode) -> Said:
        said: Said = {}
        own = self._about.get(subject, [])
        kinds = {value_of(t.object) for t in own if t.predicate.value == TYPE}
        for t in own:
            predicate = t.predicate.value
            if isinstance(subject, ox.BlankNode) and predicate == TYPE and value_of(t.object) in _NOT_SAID:
                continue
            if predicate == OWL + "members" and OWL + "AllDifferent" in kinds:
                predicate = OWL + "distinctMembers"
            said.setdefault(predicate, []).append(self._value(t.object, predicate))
        return said

    def _value(self, node: ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple, predicate: str) -> Value:
        if isinstance(node, ox.Triple):
            raise NotLaidOut("it has a triple term")
        if isinstance(node, ox.NamedNode) and node.value == RDF + "nil":
            return ListValue([], self._ordered(predicate))
        if not isinstance(node, ox.BlankNode):
            return node
        if any(t.predicate.value == RDF + "first" for t in self._about.get(node, ())):
            return ListValue(self._items(node), self._ordered(predicate))
        if node in self._open:
            raise NotLaidOut("a blank node is a part of itself")
        self._open.add(node)
        value = BlankValue(self._said(node))
        self._open.remove(node)
        return value

    def _ordered(self, predicate: str) -> bool:
        return not (self._sets and predicate in SETS)

    def _items(self, head: object) -> list[Value]:
        items: list[Value] = []
        while isinstance(head, ox.BlankNode):
            own = {t.predicate.value: t.object for t in self._about.get(head, ())}
            if not {RDF + "first", RDF + "rest"} <= own.keys() or len(items) > len(self._about):
                raise NotLaidOut("it has a list without an end")
            items.append(self._value(own[RDF + "first"], ""))
            head = own[RDF + "rest"]
        return items
