"""Splits the axioms of an ontology into pieces that can be reasoned over one by one.

A condition whose only axioms are one ``rdfs:subClassOf`` (``cp:PatientRecord`` or a group of conditions) and one
``owl:equivalentClass`` only defines a name: it cannot make anything else inconsistent. So whether it can have a member
depends only on the axioms that its definition reaches, and on the terms with other axioms, which every piece contains.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import combinations

import pyoxigraph as ox

from lrp_kg.authoring.reasoning.modularise import Piece, conjuncts
from lrp_kg.guideline.modules import value_of
from lrp_kg.namespaces import CONDITION_GROUP, CP, OWL, PATIENT_RECORD, RDF, RDFS, XSD

Node = ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple
_TYPE, _FIRST, _SUBCLASS, _EQUIVALENT = RDF + "type", RDF + "first", RDFS + "subClassOf", OWL + "equivalentClass"
_PROPERTIES = {OWL + p for p in ("ObjectProperty", "DatatypeProperty", "FunctionalProperty", "AnnotationProperty")}
_ANNOTATIONS = {RDFS + p for p in ("label", "comment", "seeAlso", "isDefinedBy")} | {
    OWL + p for p in ("versionInfo", "versionIRI", "imports", "deprecated", "priorVersion")
}
_SCHEMA = (RDFS, OWL, XSD, RDF)
_CONSTRAINING = {
    OWL + name
    for name in (
        *("FunctionalProperty", "InverseFunctionalProperty", "TransitiveProperty", "SymmetricProperty"),
        *("AsymmetricProperty", "IrreflexiveProperty", "ReflexiveProperty"),
        *("AllDisjointClasses", "AllDisjointProperties", "NegativePropertyAssertion"),
    )
}
"""Types that have logical consequences; the others only declare a term."""
_DEFINING = {
    *(OWL + name for name in ("equivalentClass", "complementOf", "intersectionOf", "unionOf")),
    *(OWL + name for name in ("someValuesFrom", "allValuesFrom")),
    *(RDF + name for name in ("first", "rest")),
}
"""Predicates by which a definition names what it consists of."""
CHUNK = 20
"""About how many conditions one piece contains."""


class Logic:
    """The axioms and assertions of an ontology by subject, without annotations."""

    def __init__(self, triples: Iterable[ox.Triple]) -> None:
        every = list(triples)
        self.types: dict[Node, set[str]] = {}
        for t in every:
            if t.predicate.value == _TYPE:
                self.types.setdefault(t.subject, set()).add(value_of(t.object))
        headers = self._of_type("Ontology")
        annotating = {s.value for s in self._of_type("AnnotationProperty") if isinstance(s, ox.NamedNode)}
        left_out = annotating | _ANNOTATIONS
        self.by_subject: dict[Node, list[ox.Triple]] = {}
        for t in every:
            if t.predicate.value in left_out or t.subject in headers or value_of(t.subject) in annotating:
                continue
            self.by_subject.setdefault(t.subject, []).append(t)
        for axiom in self._of_type("AllDisjointClasses"):
            # that classes of the vocabulary are disjoint is left to a shape: it would pull in every individual
            triples = list(self._list_of(axiom))
            members = [t.object for t in triples if t.predicate.value == _FIRST]
            if all(isinstance(m, ox.BlankNode) or value_of(m).startswith(CP) for m in members):
                for subject in {t.subject for t in triples}:
                    del self.by_subject[subject]
        self._different: dict[Node, list[Node]] = {}
        for node in self._of_type("AllDifferent"):
            for t in self._list_of(node):
                if t.predicate.value == _FIRST:
                    self._different.setdefault(t.object, []).append(node)

    def _of_type(self, name: str) -> list[Node]:
        return [node for node, kinds in self.types.items() if OWL + name in kinds]

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
            and s not in self._records
            and any(t.predicate.value == _SUBCLASS and t.object in self._records for t in own)
        )

    @cached_property
    def _records(self) -> set[Node]:
        """The class of all patient records, and the groups of conditions below it."""
        groups = (node for node, kinds in self.types.items() if CONDITION_GROUP in kinds)
        return {ox.NamedNode(PATIENT_RECORD), *groups}

    @cached_property
    def constrained(self) -> list[Node]:
        """Terms and top-level blank nodes with axioms beyond a declaration and a definition."""
        parts = {t.object for t in self.triples if isinstance(t.object, ox.BlankNode)}
        whole = ((s, own) for s, own in self.by_subject.items() if s not in parts)
        return [s for s, own in whole if self._constrains(s, own) or self._defines_itself(s)]

    def _defines_itself(self, subject: Node) -> bool:
        """Return whether the definition of a class names it, at any depth."""
        pending: list[Node] = [subject] if self._is_schema_node(subject) else []
        seen: set[Node] = set()
        while pending:
            for t in self.by_subject.get(pending.pop(), ()):
                if t.predicate.value in _DEFINING and isinstance(t.object, (ox.NamedNode, ox.BlankNode)):
                    if t.object == subject:
                        return True
                    if t.object not in seen:
                        seen.add(t.object)
                        pending.append(t.object)
        return False

    def _constrains(self, subject: Node, own: list[ox.Triple]) -> bool:
        kinds = self.types.get(subject, set())
        if isinstance(subject, ox.BlankNode):
            return OWL + "AllDifferent" not in kinds
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

    @cached_property
    def judged(self) -> list[str]:
        """The conditions to reason over: all but the conjuncts of others, which have a member if those have one."""
        conjunct = {part for name in self.conditions for part in conjuncts(name, self.by_subject)}
        return [c for c in self.conditions if c not in conjunct]

    def pieces(self, conditions: Iterable[str] | None = None) -> Iterator[Piece]:
        """Yield the pieces of some conditions, or of all `judged` ones."""
        group: list[str] = []
        for name in self.judged if conditions is None else conditions:
            group.append(name)
            # where a piece ends depends on one name, so that a new condition changes one piece only
            if len(group) >= 2 * CHUNK or (len(group) > CHUNK // 2 and _digest(name) % (CHUNK // 2) == 0):
                yield self.piece(group)
                group = []
        if group:
            yield self.piece(group)

    def base(self) -> Piece | None:
        """Return the constrained terms, with the assertions about individuals if the constraints affect these."""
        if not self.constrained:
            return None
        assertions = self._touches_assertions()
        return self._whole([*(self._individuals if assertions else ()), *self.constrained], (), assertions=assertions)

    def whole(self) -> Piece:
        """Return all axioms about records, without assertions about other individuals."""
        return self._whole([*map(ox.NamedNode, self.conditions), *self.constrained], ())

    def facts(self) -> Piece:
        """Return all assertions, and the axioms that they reach: what only defines a condition contradicts none."""
        return Piece(tuple(self._closed([*self._individuals, *self.constrained], assertions=True)), ())

    def reached(self, condition: str) -> list[ox.Triple]:
        """Return all axioms that can make a condition impossible, the values that differ as they are written."""
        return self._closed([ox.NamedNode(condition), *self.constrained])

    def piece(self, conditions: Sequence[str]) -> Piece:
        """Return the piece of some conditions."""
        nodes: list[Node] = [*map(ox.NamedNode, conditions), *self.constrained]
        if self._types_matter:
            return self._whole(nodes, tuple(conditions))
        return Piece(tuple(self._meanings(nodes)), tuple(conditions))

    def _whole(self, nodes: Sequence[Node], probed: tuple[str, ...], *, assertions: bool = False) -> Piece:
        reached = self._closed(nodes, assertions=assertions)
        named: set[Node] = {t.object for t in reached if t.predicate.value == _FIRST}
        return Piece((*reached, *self._pairs(named)), probed)

    @cached_property
    def _types_matter(self) -> bool:
        """Return whether an axiom is about a class that otherwise only gives types: record, value, domain or range."""
        ends = {RDFS + "domain", RDFS + "range"}
        giving = {t.object for t in self.triples if t.predicate.value in ends}
        giving = {c for c in giving if self._is_schema_node(c)}
        giving |= {ox.NamedNode(PATIENT_RECORD), ox.NamedNode(CP + "Value")}
        usual = ends | {_TYPE, _SUBCLASS}
        used = (t for t in self.triples if t.object in giving and _is_schema(t))
        return any(t.predicate.value not in usual for t in used) or not giving.isdisjoint(self.constrained)

    def _meanings(self, nodes: Sequence[Node]) -> list[ox.Triple]:
        """Return what can clash if types do not matter: definitions, constraints, functional fields, values."""
        pending, seen, found = list(nodes), set(nodes), []
        values: set[Node] = set()
        while pending:
            node = pending.pop()
            for t in self.by_subject.get(node, ()):
                kind = t.predicate.value
                if not _is_schema(t) or kind in (RDFS + "domain", RDFS + "range"):
                    continue
                if kind == _TYPE and value_of(t.object) not in _CONSTRAINING:
                    continue
                if kind == _SUBCLASS and t.object in self._records:
                    continue
                found.append(t)
                if kind == OWL + "hasValue":
                    values.add(t.object)
                elif t.object not in seen and isinstance(t.object, (ox.NamedNode, ox.BlankNode)):
                    seen.add(t.object)
                    pending.append(t.object)
        return found + list(self._pairs(values))

    def _pairs(self, values: set[Node]) -> Iterator[ox.Triple]:
        """Yield which values differ, pair by pair, since owlrl ignores the last member of an owl:AllDifferent."""
        lists: dict[Node, list[ox.NamedNode]] = {}
        for value in sorted((v for v in values if isinstance(v, ox.NamedNode)), key=str):
            for node in self._different.get(value, ()):
                lists.setdefault(node, []).append(value)
        for members in lists.values():
            for first, second in combinations(members, 2):
                yield ox.Triple(first, ox.NamedNode(OWL + "differentFrom"), second)

    def _closed(self, nodes: Sequence[Node], *, assertions: bool = False) -> list[ox.Triple]:
        """Return the axioms that nodes reach, and with ``assertions`` also the assertions about individuals."""
        pending, seen, found = list(nodes), set(nodes), []
        while pending:
            node = pending.pop()
            reached: list[object] = list(self._different.get(node, ()))
            schema = self._is_schema_node(node)
            for t in self.by_subject.get(node, ()):
                if not _is_schema(t) and (schema or not assertions):
                    continue
                if schema and t.predicate.value == _TYPE and not str(t.object)[1:].startswith(_SCHEMA):
                    continue
                found.append(t)
                said_of_class = not _is_schema(t) and self._is_schema_node(t.object)
                reached += [t.predicate] if said_of_class else [t.predicate, t.object]
            for other in reached:
                if isinstance(other, (ox.NamedNode, ox.BlankNode)) and other not in seen:
                    seen.add(other)
                    pending.append(other)
        return found

    def _is_schema_node(self, node: Node) -> bool:
        return isinstance(node, ox.NamedNode) and bool(self.types.get(node, set()) & (_PROPERTIES | {OWL + "Class"}))

    # -- individuals ------------------------------------------------------------------------------

    @cached_property
    def _individuals(self) -> list[Node]:
        return [s for s in self.by_subject if isinstance(s, ox.NamedNode) and not self._is_schema_node(s)]

    def _touches_assertions(self) -> bool:
        """Return whether constraints affect assertions about individuals."""
        touched = {n for t in self._closed(self.constrained) for n in (t.subject, t.predicate, t.object)}
        touched -= {ox.NamedNode(PATIENT_RECORD), ox.NamedNode(CP + "Value")}
        for node in self._individuals:
            for t in self.by_subject[node]:
                used = t.object if t.predicate.value == _TYPE else t.predicate
                if node in touched or used in touched:
                    return True
        return False


def _is_schema(t: ox.Triple) -> bool:
    return t.predicate.value.startswith(_SCHEMA)


def _digest(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big")
