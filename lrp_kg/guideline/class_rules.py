"""What class expressions say of each other, in the rounds of owlrl: the conclusions that OWL 2 RL has for members only.

By OWL 2 RL a member of all parts of an intersection is a member of it, but no class is below an intersection because
it is below all its parts; a member of two disjoint classes is an error, but nothing follows for the classes below
these; and numbers are not compared. These rules conclude that of classes. All of it is certain, though not everything
that is:

* a class below all parts of an intersection is below it;
* a class below a union has what all parts of the union have in common that can hold together with the class;
* two values, or two ranges without a common number, of a functional property exclude each other, a class and its
  complement too, and so do all classes below them;
* a class that excludes another is below the complement of that.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import reduce
from itertools import chain, combinations, pairwise
from typing import Any

import rdflib
from rdflib.namespace import OWL, RDF, RDFS, XSD

from lrp_kg.guideline.owl_rules import IrreflexiveRules

_Triple = tuple[Any, Any, Any]
_LOW, _HIGH = -(10**12), 10**12
"""Beyond every bound."""
_SHIFTS: dict[Any, tuple[int, int]] = {
    XSD.minInclusive: (0, 0),
    XSD.minExclusive: (0, 1),
    XSD.maxInclusive: (1, 0),
    XSD.maxExclusive: (1, -1),
}


class ClassRules(IrreflexiveRules):
    """The rules of owlrl, and in each of its rounds what follows for named classes from their expressions."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        self.round = 0
        self.lattice: Lattice | None = None
        super().__init__(*arguments, **options)

    def rules(self, t: _Triple, cycle_num: int) -> None:
        """Apply the rules to a triple; before the first one of a round, those on classes to all triples."""
        if cycle_num != self.round:
            self.round = cycle_num
            self.lattice = self.lattice or Lattice(self.graph)
            for triple in self.lattice.conclude(self.known):
                self.store_triple(triple)
        super().rules(t, cycle_num)


class Lattice:
    """The classes of a graph by number, and for each, as the bits of an integer, what is above it and what it excludes.

    The numbers between two neighbouring bounds of a property are a class too: a range is the union of such classes.
    """

    def __init__(self, graph: rdflib.Graph) -> None:
        self.numbers: dict[Any, int] = {}
        self.above: list[int] = []
        self.excluded: list[int] = []
        self.read: set[_Triple] = set()
        self.intersections = [(self._number(s), self._bits(parts)) for s, parts in _lists(graph, OWL.intersectionOf)]
        self.unions = [(self._number(s), list(map(self._number, p))) for s, p in _lists(graph, OWL.unionOf)]
        self.complements = [
            pair
            for s, o in graph.subject_objects(OWL.complementOf)
            for pair in ((self._number(s), self._number(o)), (self._number(o), self._number(s)))
        ]
        for one, other in self.complements:
            self.excluded[one] |= 1 << other
        for node, parts in self.unions:
            for part in parts:
                self.above[part] |= 1 << node
        for node, parts_of_it in self.intersections:
            self.above[node] |= parts_of_it
        self._values(graph)
        self._ranges(graph)

    def conclude(self, known: Iterable[_Triple]) -> Iterator[_Triple]:
        """Yield what follows for named classes from what is known by now; nothing where nothing is new."""
        new = [t for t in known if t[1] in _RELATIONS and t not in self.read and _between_classes(t)]
        if not new and self.read:
            return
        self.read.update(new)
        for s, p, o in new:
            one, other = self._number(s), self._number(o)
            if p == OWL.disjointWith:
                self._exclude(one, other)
            else:
                self.above[one] |= 1 << other
                if p == OWL.equivalentClass:
                    self.above[other] |= 1 << one
        while self._round():
            pass
        yield from self._named()

    def _number(self, node: Any) -> int:
        number = self.numbers.setdefault(node, len(self.numbers))
        if number == len(self.above):
            self.above.append(1 << number)
            self.excluded.append(0)
        return number

    def _bits(self, nodes: Iterable[Any]) -> int:
        return reduce(int.__or__, (1 << self._number(node) for node in nodes), 0)

    def _exclude(self, one: int, other: int) -> None:
        self.excluded[one] |= 1 << other
        self.excluded[other] |= 1 << one

    def _values(self, graph: rdflib.Graph) -> None:
        """Let restrictions to one value be one class, and to different values of a functional property exclude."""
        different = _different(graph)
        values: dict[Any, dict[Any, list[int]]] = {}
        for node, value in graph.subject_objects(OWL.hasValue):
            field = graph.value(node, OWL.onProperty)
            values.setdefault(field, {}).setdefault(value, []).append(self._number(node))
        for field, own in values.items():
            for nodes in own.values():
                for one, other in pairwise([*nodes, nodes[0]]):
                    self.above[one] |= 1 << other
            if (field, RDF.type, OWL.FunctionalProperty) in graph:
                for first, second in combinations(own, 2):
                    if isinstance(first, rdflib.Literal) or frozenset((first, second)) in different:
                        self._exclude(own[first][0], own[second][0])

    def _ranges(self, graph: rdflib.Graph) -> None:
        """Divide each property at all bounds: a range is the union of its cells, and cells exclude each other."""
        ranges: dict[Any, list[tuple[int, int, int]]] = {}
        for node, datatype in graph.subject_objects(OWL.someValuesFrom):
            found = _bounds(graph, datatype)
            if found:
                field = graph.value(node, OWL.onProperty)
                ranges.setdefault(field, []).append((self._number(node), *found))
        for field, own in ranges.items():
            edges = sorted({edge for _, low, high in own for edge in (low, high + 1)})
            cells = {low: self._number((field, low)) for low in edges[:-1]}
            for number, low, high in own:
                within = [cell for start, cell in cells.items() if low <= start <= high]
                self.unions.append((number, within))
                for cell in within:
                    self.above[cell] |= 1 << number
            if (field, RDF.type, OWL.FunctionalProperty) in graph:
                for one, other in combinations(cells.values(), 2):
                    self._exclude(one, other)

    def _round(self) -> bool:
        """Apply each rule once; return whether anything was concluded."""
        above, excluded = self.above, self.excluded
        before = (list(above), list(excluded))
        for n, bits in enumerate(above):
            for other in _ones(bits):
                above[n] |= above[other]
                excluded[n] |= excluded[other]
        for node, parts in self.intersections:
            for n, bits in enumerate(above):
                if bits & parts == parts:
                    above[n] |= 1 << node
        for node, members in self.unions:
            for n, bits in enumerate(above):
                possible = [m for m in members if not excluded[n] >> m & 1] if bits >> node & 1 else ()
                if possible:
                    above[n] |= reduce(int.__and__, (above[m] for m in possible))
                    excluded[n] |= reduce(int.__and__, (excluded[m] for m in possible))
        for n, bits in enumerate(excluded):
            for other in _ones(bits):
                excluded[other] |= 1 << n
        for one, other in self.complements:
            for n, bits in enumerate(excluded):
                if bits >> other & 1:
                    above[n] |= 1 << one
        return before != (above, excluded)

    def _named(self) -> Iterator[_Triple]:
        """Yield the relations between classes that have an IRI; a class without a possible member has none."""
        named = {n: node for node, n in self.numbers.items() if isinstance(node, rdflib.URIRef)}
        named = {n: node for n, node in named.items() if not self.excluded[n] >> n & 1}
        for n, node in named.items():
            yield from ((node, RDFS.subClassOf, named[m]) for m in _ones(self.above[n]) if m in named and m != n)
            yield from ((node, OWL.disjointWith, named[m]) for m in _ones(self.excluded[n]) if m in named)


_RELATIONS = frozenset((RDFS.subClassOf, OWL.equivalentClass, OWL.disjointWith))
_VOCABULARY = tuple(str(namespace) for namespace in (OWL, RDF, RDFS, XSD))


def _between_classes(t: _Triple) -> bool:
    """Return whether both ends are classes of the ontology, and not of OWL or a datatype."""
    return not any(str(node).startswith(_VOCABULARY) or isinstance(node, rdflib.Literal) for node in (t[0], t[2]))


def _ones(bits: int) -> Iterator[int]:
    while bits:
        lowest = bits & -bits
        yield lowest.bit_length() - 1
        bits ^= lowest


def _lists(graph: rdflib.Graph, predicate: rdflib.URIRef) -> list[tuple[Any, list[Any]]]:
    return [(s, list(graph.items(o))) for s, o in graph.subject_objects(predicate)]


def _different(graph: rdflib.Graph) -> set[frozenset[Any]]:
    """Return which individuals are said to differ, two by two."""
    said = [frozenset(pair) for pair in graph.subject_objects(OWL.differentFrom)]
    lists = chain(_lists(graph, OWL.distinctMembers), _lists(graph, OWL.members))
    every = (members for node, members in lists if (node, RDF.type, OWL.AllDifferent) in graph)
    return set(chain(said, (frozenset(pair) for members in every for pair in combinations(members, 2))))


def _bounds(graph: rdflib.Graph, datatype: Any) -> tuple[int, int] | None:
    """Return the lowest and the highest integer of a restricted datatype; ``None`` where it is none, or has none."""
    restrictions = graph.value(datatype, OWL.withRestrictions)
    if restrictions is None or graph.value(datatype, OWL.onDatatype) != XSD.integer:
        return None
    bounds = [_LOW, _HIGH]
    for node in graph.items(restrictions):
        for predicate, value in graph.predicate_objects(node):
            if predicate not in _SHIFTS:
                continue
            side, shift = _SHIFTS[predicate]
            number = value.toPython() if isinstance(value, rdflib.Literal) else None
            if not isinstance(number, int):
                return None
            bounds[side] = (min if side else max)(bounds[side], number + shift)
    return (bounds[0], bounds[1]) if bounds[0] <= bounds[1] else None
