"""Finds the neighbouring triples that a term's conformance to shapes depends on.

If the paths of the shapes are one step long, forward or inverse, a term's conformance depends only on its own
triples, the triples that point to it with a predicate of an inverse path, and the types of its neighbours. After an
edit only terms with a changed neighbourhood need to be validated again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import pyoxigraph as ox

from lrp_kg.guideline.index import Graph, Node
from lrp_kg.namespaces import RDF, RDFS, SH

Around = dict[str, frozenset[ox.Triple]]
"""For each named term, the triples that its conformance depends on."""

_OF_A_VALUE = {
    *("class", "datatype", "nodeKind", "minLength", "maxLength", "pattern", "flags", "languageIn", "in", "hasValue"),
    *("minInclusive", "maxInclusive", "minExclusive", "maxExclusive", "minCount", "maxCount", "uniqueLang"),
    *("equals", "disjoint", "lessThan", "lessThanOrEquals"),
}
_WITHOUT_EFFECT = {
    *("message", "severity", "name", "description", "order", "group", "defaultValue", "sparql", "deactivated"),
}
_TARGETS = {"targetClass", "targetSubjectsOf"}
_NESTED = {"property", "not"}
_LISTS = {"or", "and", "xone"}
_TYPE, _SUBCLASS = RDF + "type", RDFS + "subClassOf"


def followed_back(shapes: Graph) -> frozenset[str] | None:
    """Return the predicates of inverse paths, or ``None`` if shapes may look further than one step.

    Ignores SPARQL constraints.
    """
    back: set[str] = set()
    for node, predicates in shapes.by_subject.items():
        types = {o.value for o in predicates.get(_TYPE, [])}
        if types & {SH + "NodeShape", SH + "PropertyShape"} or any(SH + t in predicates for t in _TARGETS):
            if _steps(shapes, node, back, set()) > 1:
                return None
    return frozenset(back)


def _steps(shapes: Graph, shape: Node, back: set[str], above: set[Node]) -> int:
    """Return how many steps a shape looks; 2 means two or more, or unknown."""
    if shape in above:
        return 2
    own, inner = 0, [0]
    for predicate, objects in shapes.of(shape).items():
        if not predicate.startswith(SH):
            continue
        name = predicate[len(SH) :]
        if name == "path":
            own = max(_path(shapes, path, back) for path in objects)
        elif name in _NESTED:
            inner += [_steps(shapes, o, back, above | {shape}) for o in objects]
        elif name in _LISTS:
            inner += [_steps(shapes, m, back, above | {shape}) for o in objects for m in shapes.items(o)]
        elif name not in _OF_A_VALUE | _WITHOUT_EFFECT | _TARGETS:
            return 2
    return min(own + max(inner), 2)


def _path(shapes: Graph, path: Node, back: set[str]) -> int:
    if not path.is_blank:
        return 1
    of = shapes.of(path)
    if of.keys() == {SH + "inversePath"} and not of[SH + "inversePath"][0].is_blank:
        back.add(of[SH + "inversePath"][0].value)
        return 1
    if of.keys() == {SH + "alternativePath"}:
        return max((_path(shapes, p, back) for p in shapes.items(of[SH + "alternativePath"][0])), default=2)
    return 2


def surroundings(triples: Iterable[ox.Triple], back: frozenset[str]) -> tuple[frozenset[ox.Triple], Around]:
    """Return the class hierarchy, on which all terms depend, and the other triples that each term depends on."""
    own: dict[str, list[ox.Triple]] = {}
    types: dict[str, list[ox.Triple]] = {}
    hierarchy = []
    for t in triples:
        subject, predicate = t.subject, t.predicate.value
        if not isinstance(subject, ox.NamedNode):
            continue
        own.setdefault(subject.value, []).append(t)
        if predicate == _TYPE:
            types.setdefault(subject.value, []).append(t)
        elif predicate == _SUBCLASS:
            hierarchy.append(t)
        if predicate in back and isinstance(t.object, ox.NamedNode):
            own.setdefault(t.object.value, []).append(t)
    around: Around = {}
    for term, mine in own.items():
        beside = {n.value for t in mine for n in (t.subject, t.object) if isinstance(n, ox.NamedNode)}
        around[term] = frozenset(mine).union(*(types[n] for n in beside if n in types))
    return frozenset(hierarchy), around


def plain_texts(around: Iterable[ox.Triple]) -> list[str]:
    """Return the triples that a term depends on as sorted texts in which blank nodes have no name.

    Each parse names them anew, and shapes see only how many there are; one that is a value twice keeps its name.
    """
    unnamed = Counter(str(t.object) for t in around if isinstance(t.object, ox.BlankNode))
    return sorted(
        f"{t.subject} {t.predicate} {t.object if unnamed[str(t.object)] != 1 else '[]'}" if unnamed else str(t)
        for t in around
    )
