"""The logical part of an ontology, in pieces that can be reasoned over one by one.

A condition whose only axioms are ``rdfs:subClassOf cp:PatientRecord`` and one ``owl:equivalentClass`` only defines a
name: it cannot make anything else inconsistent. So whether it can have a member depends on nothing but what its
definition reaches, and on the terms that have other axioms, which are part of every piece.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import Any

import pyoxigraph as ox

from lrp_kg.namespaces import CP, OWL, PATIENT_RECORD, RDF, RDFS, XSD

Node = ox.NamedNode | ox.BlankNode | ox.Literal
_TYPE, _SUBCLASS, _EQUIVALENT = RDF + "type", RDFS + "subClassOf", OWL + "equivalentClass"
_PROPERTIES = {OWL + p for p in ("ObjectProperty", "DatatypeProperty", "FunctionalProperty", "AnnotationProperty")}
_ANNOTATIONS = {RDFS + p for p in ("label", "comment", "seeAlso", "isDefinedBy")} | {
    OWL + p for p in ("versionInfo", "versionIRI", "imports", "deprecated", "priorVersion")
}
_SCHEMA = (RDFS, OWL, XSD, RDF)
CHUNK = 12
"""About how many conditions are reasoned over together."""


@dataclass(frozen=True)
class Piece:
    """Triples to reason over, and the classes of which to suppose a member."""

    triples: tuple[ox.Triple, ...]
    probed: tuple[str, ...]

    def conjuncts(self, name: str) -> list[str]:
        """Return the named classes of which a definition is the conjunction."""
        about: dict[object, list[ox.Triple]] = {}
        for t in self.triples:
            about.setdefault(t.subject, []).append(t)
        return list(_conjuncts(name, about))

    @cached_property
    def key(self) -> str:
        """A hash of what it says, whatever its blank nodes are called."""
        about: dict[ox.BlankNode, list[ox.Triple]] = {}
        named = []
        held = {t.object for t in self.triples if isinstance(t.object, ox.BlankNode)}
        for t in self.triples:
            if isinstance(t.subject, ox.BlankNode):
                about.setdefault(t.subject, []).append(t)
            else:
                named.append(t)
        lines = [f"{t.subject} {t.predicate} {_text(t.object, about)}" for t in named]
        lines += [_text(node, about) for node in about if node not in held]
        return hashlib.sha256("\n".join([*sorted(lines), *self.probed]).encode()).hexdigest()


def _text(node: object, about: dict[ox.BlankNode, list[ox.Triple]]) -> str:
    if not isinstance(node, ox.BlankNode):
        return str(node)
    return f"[{' ; '.join(sorted(f'{t.predicate} {_text(t.object, about)}' for t in about.get(node, [])))}]"


class Logic:
    """Axioms and assertions, without annotations, by subject."""

    def __init__(self, triples: Iterable[ox.Triple]) -> None:
        every = list(triples)
        types = [(t.subject, t.object) for t in every if t.predicate.value == _TYPE]
        annotating = {s.value for s, o in types if _is(o, OWL + "AnnotationProperty") and isinstance(s, ox.NamedNode)}
        headers = {s for s, o in types if _is(o, OWL + "Ontology")}
        left_out = annotating | _ANNOTATIONS
        self.by_subject: dict[Node, list[ox.Triple]] = {}
        for t in every:
            if t.predicate.value in left_out or t.subject in headers or getattr(t.subject, "value", "") in annotating:
                continue
            self.by_subject.setdefault(t.subject, []).append(t)
        self.types: dict[Node, set[str]] = {}
        for subject, cls in types:
            self.types.setdefault(subject, set()).add(getattr(cls, "value", ""))
        self._different: dict[Node, list[Node]] = {}
        for subject, kinds in self.types.items():
            if OWL + "AllDifferent" in kinds:
                for t in list(self._list_of(subject)):
                    if t.predicate.value == RDF + "first":
                        self._different.setdefault(t.object, []).append(subject)

    def _list_of(self, node: Node) -> Iterator[ox.Triple]:
        for t in self.by_subject.get(node, ()):
            yield t
            if isinstance(t.object, ox.BlankNode):
                yield from self._list_of(t.object)

    @property
    def triples(self) -> list[ox.Triple]:
        """Every axiom and assertion."""
        return [t for own in self.by_subject.values() for t in own]

    @cached_property
    def conditions(self) -> list[str]:
        """The classes of patient records, in alphabetical order."""
        return sorted(
            s.value
            for s, own in self.by_subject.items()
            if isinstance(s, ox.NamedNode)
            and any(t.predicate.value == _SUBCLASS and _is(t.object, PATIENT_RECORD) for t in own)
        )

    @cached_property
    def constrained(self) -> list[Node]:
        """Terms, and nodes without a name, that say more than what a term is or means."""
        return [s for s, own in self.by_subject.items() if s not in self._parts and self._says_more(s, own)]

    @cached_property
    def _parts(self) -> set[Node]:
        """Blank nodes that are a part of something else."""
        return {t.object for own in self.by_subject.values() for t in own if isinstance(t.object, ox.BlankNode)}

    def _says_more(self, subject: Node, own: list[ox.Triple]) -> bool:
        if isinstance(subject, ox.BlankNode):
            return OWL + "AllDifferent" not in self.types.get(subject, set())
        kinds = self.types.get(subject, set())
        supers = [t for t in own if t.predicate.value == _SUBCLASS]
        meanings = [t for t in own if t.predicate.value == _EQUIVALENT]
        if OWL + "Class" in kinds:
            plain = len(meanings) <= 1 and all(isinstance(t.object, ox.NamedNode) for t in supers)
            if meanings:
                plain = plain and len(supers) <= 1
            known = {_TYPE, _SUBCLASS, _EQUIVALENT}
            others = [t for t in own if t.predicate.value not in known and _is_schema(t)]
            return not plain or bool(others)
        if kinds & _PROPERTIES:
            known = {_TYPE, RDFS + "domain", RDFS + "range"}
            strange = {k for k in kinds if k.startswith(OWL)} - _PROPERTIES
            return bool(strange) or any(_is_schema(t) and t.predicate.value not in known for t in own)
        return any(t.predicate.value.startswith(OWL) for t in own)

    # -- pieces ---------------------------------------------------------------------------------

    def pieces(self) -> Iterator[Piece]:
        """Yield what to reason over; conditions that another one implies by being its part are left to that one."""
        group: list[str] = []
        for name in (c for c in self.conditions if c not in self._implied):
            group.append(name)
            # a boundary depends on one name, so that a new condition changes one piece
            if len(group) >= 2 * CHUNK or (len(group) > CHUNK // 2 and _digest(name) % (CHUNK // 2) == 0):
                yield self.piece(group)
                group = []
        if group:
            yield self.piece(group)
        if self.constrained and self._touches_assertions():
            yield self._whole([*self._individuals, *self.constrained], (), assertions=True)

    def piece(self, conditions: Sequence[str]) -> Piece:
        """Return the piece of some conditions."""
        nodes = [ox.NamedNode(c) for c in conditions]
        if self.constrained:
            return self._whole([*nodes, *self.constrained], tuple(conditions))
        return Piece(tuple(self._definitions(nodes)), tuple(conditions))

    def _whole(self, nodes: Sequence[Node], probed: tuple[str, ...], *, assertions: bool = False) -> Piece:
        reached = self._closed(nodes, assertions=assertions)
        named: set[Node] = {t.object for t in reached if t.predicate.value == RDF + "first"}
        return Piece((*reached, *self._pairs(named)), probed)

    def _definitions(self, nodes: Sequence[Node]) -> list[ox.Triple]:
        """Return what can clash where nothing is constrained: definitions, functional fields, different values.

        Declarations, domains, ranges and value lists then only add memberships that nothing denies.
        """
        reached = self._closed(nodes)
        about = {t.subject for t in reached if t.predicate.value == _EQUIVALENT}
        denied = any(
            _is(t.object, PATIENT_RECORD) and t.predicate.value != _SUBCLASS and t.subject not in self._fields
            for t in reached
        )
        todo, seen, found = list(nodes), set(nodes), []
        values: set[Node] = set()
        while todo:
            node = todo.pop()
            for t in self.by_subject.get(node, ()):
                predicate = t.predicate.value
                if not _is_schema(t) or predicate in (RDFS + "domain", RDFS + "range"):
                    continue
                if predicate == _TYPE and not _is(t.object, OWL + "FunctionalProperty"):
                    continue
                if predicate == _SUBCLASS and not denied:
                    continue
                found.append(t)
                if predicate == OWL + "hasValue":
                    values.add(t.object)
                elif (
                    t.object not in seen
                    and t.object in self.by_subject
                    and (t.object in about or t.object in self._parts or t.object in self._fields)
                ):
                    seen.add(t.object)
                    todo.append(t.object)
        return found + list(self._pairs(values))

    def _pairs(self, values: set[Node]) -> Iterator[ox.Triple]:
        """Yield which of some values are different, pair by pair: owlrl forgets the last of an owl:AllDifferent."""
        lists: dict[Node, list[ox.NamedNode]] = {}
        for value in sorted(values, key=str):
            for node in self._different.get(value, ()) if isinstance(value, ox.NamedNode) else ():
                lists.setdefault(node, []).append(value)
        for members in lists.values():
            for first, second in combinations(members, 2):
                yield ox.Triple(first, ox.NamedNode(OWL + "differentFrom"), second)

    @cached_property
    def _fields(self) -> set[Node]:
        return {s for s, kinds in self.types.items() if kinds & _PROPERTIES}

    def _closed(self, nodes: Sequence[Node], *, assertions: bool = False) -> list[ox.Triple]:
        """Return the axioms that nodes reach, and where asked what is said of individuals too."""
        todo, seen, found = list(nodes), set(nodes), []
        while todo:
            node = todo.pop()
            reached: list[object] = list(self._different.get(node, ()))
            schema = self._is_schema_node(node)
            for t in self.by_subject.get(node, ()):
                if not _is_schema(t) and (schema or not assertions):
                    continue
                if schema and t.predicate.value == _TYPE and not str(t.object)[1:].startswith(_SCHEMA):
                    continue
                found.append(t)
                reached += [t.predicate, t.object]
            for other in reached:
                if isinstance(other, (ox.NamedNode, ox.BlankNode)) and other not in seen:
                    seen.add(other)
                    todo.append(other)
        return found

    def _is_schema_node(self, node: Node) -> bool:
        return isinstance(node, ox.NamedNode) and bool(self.types.get(node, set()) & (_PROPERTIES | {OWL + "Class"}))

    @cached_property
    def _implied(self) -> set[str]:
        """Conditions that are a conjunct of another: a member of that one is a member of theirs."""
        return {part for name in self.conditions for part in _conjuncts(name, self.by_subject)}

    # -- individuals ------------------------------------------------------------------------------

    @cached_property
    def _individuals(self) -> list[Node]:
        return [s for s in self.by_subject if isinstance(s, ox.NamedNode) and not self._is_schema_node(s)]

    def _touches_assertions(self) -> bool:
        """Tell whether constrained terms have to do with what is said of individuals."""
        touched = {n for t in self._closed(self.constrained) for n in (t.subject, t.predicate, t.object)}
        touched -= {ox.NamedNode(PATIENT_RECORD), ox.NamedNode(CP + "Value")}
        for node in self._individuals:
            for t in self.by_subject[node]:
                used = t.object if t.predicate.value == _TYPE else t.predicate
                if node in touched or used in touched:
                    return True
        return False


def _conjuncts(name: str, about: Mapping[Any, list[ox.Triple]]) -> Iterator[str]:
    todo = [t.object for t in about.get(ox.NamedNode(name), ()) if t.predicate.value == _EQUIVALENT]
    while todo:
        node = todo.pop()
        if isinstance(node, ox.NamedNode):
            yield node.value
            continue
        for t in about.get(node, ()):
            if t.predicate.value in (OWL + "intersectionOf", RDF + "first", RDF + "rest"):
                todo.append(t.object)


def _is(node: object, value: str) -> bool:
    return isinstance(node, ox.NamedNode) and node.value == value


def _is_schema(t: ox.Triple) -> bool:
    return t.predicate.value.startswith(_SCHEMA)


def _digest(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big")
