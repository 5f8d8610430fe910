"""The statements of an ontology as an author writes them: a subject, a predicate and what is said, with its place."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import pyoxigraph as ox

from lrp_kg.guideline.modules import Module, value_of
from lrp_kg.guideline.turtle import TurtleText
from lrp_kg.namespaces import OWL, RDF, RDFS, XSD, local_name

_VOCABULARY = (OWL, RDF, RDFS, XSD)
_DECLARATIONS = {
    *(OWL + name for name in ("Class", "ObjectProperty", "DatatypeProperty", "AnnotationProperty", "NamedIndividual")),
    *(OWL + name for name in ("Restriction", "AllDifferent", "AllDisjointClasses")),
    *(RDFS + name for name in ("Class", "Datatype")),
    RDF + "Property",
}
_SAID = {
    RDF + "type": "is a",
    RDFS + "subClassOf": "is always",
    RDFS + "subPropertyOf": "is a case of",
    RDFS + "domain": "is only of",
    RDFS + "range": "has values that are",
    OWL + "equivalentClass": "means",
    OWL + "disjointWith": "is never",
    OWL + "complementOf": "means not",
    OWL + "unionOf": "means one of",
    OWL + "intersectionOf": "means all of",
    OWL + "oneOf": "means one of",
    OWL + "sameAs": "is the same as",
    OWL + "differentFrom": "is not",
    OWL + "inverseOf": "is the inverse of",
}
_KINDS = {
    "FunctionalProperty": "has one value at most",
    "InverseFunctionalProperty": "has one subject at most for a value",
    "IrreflexiveProperty": "is never between a thing and itself",
    "AsymmetricProperty": "never holds in both directions",
    "SymmetricProperty": "holds in both directions",
    "TransitiveProperty": "leads on through others",
}
_RESTRICTIONS = {
    "hasValue": "whose {field} is {value}",
    "someValuesFrom": "with a {field} {value}",
    "allValuesFrom": "with no {field} but {value}",
    "minCardinality": "with at least {value} {field}",
    "maxCardinality": "with at most {value} {field}",
    "cardinality": "with exactly {value} {field}",
    "minQualifiedCardinality": "with at least {value} {field}",
    "maxQualifiedCardinality": "with at most {value} {field}",
    "qualifiedCardinality": "with exactly {value} {field}",
}
_BOUNDS = {"minInclusive": "from", "maxInclusive": "to", "minExclusive": "above", "maxExclusive": "below"}
LONGEST = 160
"""Characters of a statement that are shown."""


@dataclass(frozen=True)
class OwlStatement:
    """A triple with all that its blank nodes say, or a block that begins with a blank node."""

    triples: tuple[ox.Triple, ...]

    @cached_property
    def declares(self) -> bool:
        """Return whether it only says of what kind of OWL a term is."""
        (first, *others) = self.triples
        return not others and first.predicate.value == RDF + "type" and value_of(first.object) in _DECLARATIONS

    @cached_property
    def terms(self) -> tuple[str, ...]:
        """The terms that it is about, its subject first; those of OWL itself left out."""
        nodes = (node for t in self.triples for node in (t.subject, t.predicate, t.object))
        names = (node.value for node in nodes if isinstance(node, ox.NamedNode))
        return tuple(dict.fromkeys(name for name in names if not name.startswith(_VOCABULARY)))

    @cached_property
    def _about(self) -> Mapping[object, list[ox.Triple]]:
        about: dict[object, list[ox.Triple]] = {}
        for t in self.triples:
            about.setdefault(t.subject, []).append(t)
        return about

    def __str__(self) -> str:
        """Return the statement in words, local names for terms."""
        first = self.triples[0]
        said = self._block(first.subject) if isinstance(first.subject, ox.BlankNode) else self._plain(first)
        return said if len(said) <= LONGEST else f"{said[: LONGEST - 4].rstrip()} ..."

    def _plain(self, t: ox.Triple) -> str:
        subject, predicate, value = value_of(t.subject), t.predicate.value, value_of(t.object)
        if predicate == RDF + "type" and value.startswith(OWL):
            return f"{local_name(subject)} {_KINDS.get(local_name(value), f'is of type {local_name(value)}')}"
        verb, said = _SAID.get(predicate, f"has {local_name(predicate)}"), self._shown(t.object)
        verb = "is an" if verb == "is a" and said[:1].lower() in "aeiou" else verb
        return f"{local_name(subject)} {verb} {said}"

    def _block(self, node: object) -> str:
        own = {local_name(t.predicate.value): t.object for t in self._about.get(node, ())}
        for name, said in (("distinctMembers", "are all different"), ("members", "exclude each other")):
            if name in own:
                return f"{', '.join(map(self._shown, self._items(own[name])))} {said}"
        parts = (own.get(name) for name in ("sourceIndividual", "assertionProperty", "targetIndividual", "targetValue"))
        named = [self._shown(part) for part in parts if part is not None]
        return f"it is not so that {' '.join(named)}" if named else self._shown(node)

    def _shown(self, node: object) -> str:
        if isinstance(node, ox.Literal):
            return node.value if node.datatype.value in (XSD + "integer", XSD + "boolean") else f'"{node.value}"'
        if not isinstance(node, ox.BlankNode):
            return local_name(getattr(node, "value", ""))
        own = {local_name(t.predicate.value): t.object for t in self._about.get(node, ())}
        for name, word in (("intersectionOf", " and "), ("unionOf", " or "), ("oneOf", " or ")):
            if name in own:
                return f"({word.join(map(self._shown, self._items(own[name])))})"
        if "complementOf" in own:
            return f"not {self._shown(own['complementOf'])}"
        if "withRestrictions" in own:
            bounds = (t for item in self._items(own["withRestrictions"]) for t in self._about.get(item, ()))
            return " ".join(f"{_BOUNDS.get(local_name(t.predicate.value), '')} {self._shown(t.object)}" for t in bounds)
        if "onProperty" in own:
            for name, said in _RESTRICTIONS.items():
                if name in own:
                    return said.format(field=self._shown(own["onProperty"]), value=self._shown(own[name]))
        return "a class expression"

    def _items(self, node: object) -> Iterator[object]:
        while True:
            own = {t.predicate.value: t.object for t in self._about.get(node, ())}
            if RDF + "first" not in own:
                return
            yield own[RDF + "first"]
            node = own.get(RDF + "rest")


def statements_of(triples: Iterable[ox.Triple]) -> list[OwlStatement]:
    """Return triples as statements, in their order."""
    every = list(dict.fromkeys(triples))
    by_subject: dict[object, list[ox.Triple]] = {}
    for t in every:
        by_subject.setdefault(t.subject, []).append(t)
    held = {t.object for t in every if isinstance(t.object, ox.BlankNode)}
    found, seen = [], set()
    for t in every:
        if not isinstance(t.subject, ox.BlankNode):
            found.append(OwlStatement((t, *_below(t.object, by_subject))))
        elif t.subject not in held and t.subject not in seen:
            seen.add(t.subject)
            found.append(OwlStatement(tuple(_below(t.subject, by_subject))))
    return found


def _below(node: object, by_subject: Mapping[object, Sequence[ox.Triple]]) -> Iterator[ox.Triple]:
    """Yield all that a blank node says, at any depth."""
    if isinstance(node, ox.BlankNode):
        for t in by_subject.get(node, ()):
            yield t
            yield from _below(t.object, by_subject)


def _end_of(text: str, start: int) -> int:
    """Return where what is said of one predicate ends, about."""
    found = text.find(";", start)
    return found if found >= 0 else len(text)


class StatementPlaces:
    """Finds where statements are written."""

    def __init__(self, modules: Iterable[Module]) -> None:
        self._modules = [m for m in modules if m.is_ontology]

    @cached_property
    def _module_of(self) -> dict[ox.Triple, Module]:
        return {t: m for m in self._modules for t in m.triples}

    def where(self, statement: OwlStatement) -> str:
        """Return ``file:line`` of a statement; empty where it is not written, but follows."""
        first = statement.triples[0]
        module = self._module_of.get(first)
        if module is None:
            return ""
        blank = isinstance(first.subject, ox.BlankNode)
        place = self._of_block if blank else self._of_triple
        return f"{module.text.file}:{module.text.line(place(module.text, statement))}"

    @staticmethod
    def _blocks(text: TurtleText, starts: Sequence[int]) -> Iterator[tuple[int, int]]:
        """Yield where some blocks begin and end."""
        every = sorted([*text.blank_subjects, *(at for uses in text.uses.values() for at in uses.subject)])
        for start in starts:
            yield start, next((at for at in every if at > start), len(text.text))

    def _of_block(self, text: TurtleText, statement: OwlStatement) -> int:
        """Return where the block of a blank node begins: the first that names all that the statement is about."""
        places = [text.uses[name].elsewhere for name in statement.terms if name in text.uses]
        for start, end in self._blocks(text, text.blank_subjects):
            if all(any(start < at < end for at in own) for own in places):
                return start
        return 0

    def _of_triple(self, text: TurtleText, statement: OwlStatement) -> int:
        """Return where the object of a triple is written, or its predicate, in a block about its subject."""
        t = statement.triples[0]
        names = [n for n in (value_of(t.object), t.predicate.value) if n in text.uses]
        starts = text.uses[value_of(t.subject)].subject
        for start, end in self._blocks(text, starts):
            places = [[at for at in text.uses[n].elsewhere if start < at < end] for n in names]
            if places and (all(places) or t.predicate.value == RDF + "type" and places[0]):
                said = [at for at in places[0] if value_of(t.object) in text.text[at : _end_of(text.text, at)]]
                return (said or places[0])[0]
        return starts[0]

    def order(self, statement: OwlStatement) -> tuple[int, int]:
        """Return a key that sorts statements as they are written."""
        where = self.where(statement)
        names = [str(m.file) for m in self._modules]
        file, _, line = where.rpartition(":")
        return (names.index(file), int(line)) if where else (len(names), 0)
