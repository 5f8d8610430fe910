"""The order of the triples of a guideline: from what they say, so that it does not matter where a file says it.

An ontology editor sorts the blocks of a file by name when it saves it. What people see in an order has it from
``cp:priority``, ``cp:askOrder`` or an RDF list; all else is sorted by name.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from math import inf
from typing import TYPE_CHECKING

from lrp_kg.namespaces import CP

if TYPE_CHECKING:
    from lrp_kg.guideline.index import Node

    Triples = dict[Node, dict[str, list[Node]]]

_ORDERS = (CP + "askOrder", CP + "priority")


_NUMBER = re.compile(r"(\d+)")


class Order:
    """The order of the subjects and objects of some triples."""

    def __init__(self, triples: Triples) -> None:
        self._triples = triples
        self._texts: dict[Node, str] = {}

    def sort(self) -> Triples:
        """Return the triples with subjects, predicates and objects in their order."""
        for predicates in self._triples.values():
            for objects in predicates.values():
                if len(objects) > 1:
                    objects.sort(key=self.key)
        return {s: dict(sorted(self._triples[s].items())) for s in self._subjects()}

    def key(self, node: Node) -> tuple[object, ...]:
        """Return what a node is sorted by: IRIs by their order and name, literals by text, blank nodes by content."""
        if node.is_blank:
            return ("blank", self.text(node))
        return (node.kind, *self._numbers(node), _natural(node.value), node.language, node.datatype)

    def digest(self) -> str:
        """Return a digest of what the triples say, the same for every order, layout and name of a blank node."""
        held = {o for predicates in self._triples.values() for objects in predicates.values() for o in objects}
        roots = [s for s in self._triples if not (s.is_blank and s in held)]
        said = sorted(f"{'' if s.is_blank else s.value} {self._said(s)}" for s in roots)
        return hashlib.sha256("\n".join(said).encode()).hexdigest()

    def text(self, node: Node) -> str:
        """Return a node as text; a blank node as what it says."""
        if not node.is_blank:
            return repr(tuple(node))
        if node not in self._texts:
            self._texts[node] = "_"  # where a blank node is part of itself
            self._texts[node] = f"[{self._said(node)}]"
        return self._texts[node]

    def _said(self, node: Node) -> str:
        predicates = self._triples.get(node, {})
        return " ; ".join(sorted(f"{p} {' , '.join(sorted(map(self.text, o)))}" for p, o in predicates.items()))

    def _numbers(self, node: Node) -> tuple[float, ...]:
        said = self._triples.get(node, {})
        found = [said.get(predicate) for predicate in _ORDERS]
        return tuple(int(o[0].value) if o and o[0].is_integer and o[0].value.isdecimal() else inf for o in found)

    def _subjects(self) -> Iterator[Node]:
        """Yield named subjects in their order, each with the blank nodes that it holds, then the other blank nodes."""
        seen: set[Node] = set()
        named = sorted((s for s in self._triples if not s.is_blank), key=self.key)
        for subject in named:
            yield from self._with_blank(subject, seen)
        left = [s for s in self._triples if s not in seen]
        for subject in sorted(left, key=self.key):
            yield from self._with_blank(subject, seen)

    def _with_blank(self, subject: Node, seen: set[Node]) -> Iterator[Node]:
        waiting = [subject]
        while waiting:
            node = waiting.pop()
            if node in seen or node not in self._triples:
                continue
            seen.add(node)
            yield node
            for _, objects in sorted(self._triples[node].items(), reverse=True):
                waiting += [o for o in reversed(objects) if o.is_blank]


def _natural(name: str) -> tuple[object, ...]:
    """Return a key that sorts the numbers in names as numbers, so that week 3 is before week 12."""
    return tuple(int(part) if part.isdecimal() else part for part in _NUMBER.split(name)), name
