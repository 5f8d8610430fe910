"""A piece of an ontology, small enough to reason over by itself."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pyoxigraph as ox

from lrp_kg.namespaces import OWL, RDF, XSD

_BOUNDS = {XSD + name for name in ("minInclusive", "maxInclusive", "minExclusive", "maxExclusive")}
_INTEGER = re.compile(r"[+-]?[0-9]+")


@dataclass(frozen=True)
class Piece:
    """Triples to reason over, and the classes for which the reasoner assumes a member."""

    triples: tuple[ox.Triple, ...]
    probed: tuple[str, ...]

    @cached_property
    def _about(self) -> dict[object, list[ox.Triple]]:
        about: dict[object, list[ox.Triple]] = {}
        for t in self.triples:
            about.setdefault(t.subject, []).append(t)
        return about

    def conjuncts(self, name: str) -> list[str]:
        """Return the named conjuncts of the definition of a class."""
        return list(conjuncts(name, self._about))

    def only(self, name: str) -> Piece:
        """Return the part of the piece that is about one of its classes."""
        mine = self._reached([ox.NamedNode(name)])
        base = self._about.keys() - self._reached(map(ox.NamedNode, self.probed))
        wanted = mine | self._reached(base)
        return Piece(tuple(t for t in self.triples if t.subject in wanted), (name,))

    def _reached(self, nodes: Iterable[object]) -> set[object]:
        pending = list(nodes)
        seen = set(pending)
        for node in pending:
            for t in self._about.get(node, ()):
                new = {t.object, t.predicate} - seen
                seen |= new
                pending += new
        return seen

    def without_bounds(self) -> Piece:
        """Return the piece without the bounds of number ranges, which OWL 2 RL ignores."""
        return Piece(tuple(without_bounds(self.triples)), self.probed)

    @cached_property
    def key(self) -> str:
        """A hash of the piece that does not depend on the names of blank nodes."""
        held = {t.object for t in self.triples if isinstance(t.object, ox.BlankNode)}
        named = (t for t in self.triples if not isinstance(t.subject, ox.BlankNode))
        lines = [f"{t.subject} {t.predicate} {_text(t.object, self._about)}" for t in named]
        loose = (node for node in self._about if isinstance(node, ox.BlankNode) and node not in held)
        lines += [_text(node, self._about) for node in loose]
        return hashlib.sha256("\n".join([*sorted(lines), *self.probed]).encode()).hexdigest()


def without_bounds(triples: Iterable[ox.Triple]) -> list[ox.Triple]:
    """Return triples without the bounds of number ranges."""
    return [t for t in triples if not _is_bound(t)]


def _is_bound(t: ox.Triple) -> bool:
    """Return whether a triple is the bound of a number range, with a valid integer."""
    if t.predicate.value not in _BOUNDS or not isinstance(t.subject, ox.BlankNode):
        return False
    return (
        isinstance(t.object, ox.Literal)
        and t.object.datatype.value == XSD + "integer"
        and _INTEGER.fullmatch(t.object.value) is not None
    )


def _text(node: object, about: Mapping[object, list[ox.Triple]]) -> str:
    if not isinstance(node, ox.BlankNode):
        return str(node)
    return f"[{' ; '.join(sorted(f'{t.predicate} {_text(t.object, about)}' for t in about.get(node, [])))}]"


def conjuncts(name: str, about: Mapping[Any, list[ox.Triple]]) -> Iterator[str]:
    """Yield the named conjuncts of the definition of a class, at any depth of its expressions."""
    pending = [t.object for t in about.get(ox.NamedNode(name), ()) if t.predicate.value == OWL + "equivalentClass"]
    while pending:
        node = pending.pop()
        if isinstance(node, ox.NamedNode):
            if node.value != RDF + "nil":
                yield node.value
            continue
        for t in about.get(node, ()):
            if t.predicate.value in (OWL + "intersectionOf", RDF + "first", RDF + "rest"):
                pending.append(t.object)
