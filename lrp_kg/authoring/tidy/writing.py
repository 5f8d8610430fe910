"""Writes what is new in a file as Turtle, in the order and with the prefixes that a guideline uses."""

from __future__ import annotations

import re

import pyoxigraph as ox

from lrp_kg.authoring.tidy.content import TYPE, BlankValue, ListValue, Said, Value
from lrp_kg.namespaces import OWL, RDFS, SKOS, XSD
from lrp_kg.words import LANGUAGES

_FIRST = [
    *(TYPE, RDFS + "subClassOf", OWL + "equivalentClass", RDFS + "domain", RDFS + "range"),
    *(OWL + "onProperty", OWL + "onDatatype", RDFS + "label", SKOS + "definition"),
]
_LOCAL = re.compile(r"[A-Za-z_](?:[\w-]*\w)?")
_PLAIN = {
    XSD + "integer": r"[+-]?\d+",
    XSD + "boolean": r"true|false",
    XSD + "decimal": r"[+-]?\d*\.\d+",
}
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}


class TurtleWriter:
    """Writes values with the prefixes of a file; ``added`` are those that it needed and the file does not have."""

    def __init__(self, prefixes: dict[str, str], others: dict[str, str]) -> None:
        self._prefixes = prefixes
        self._others = others
        self.added: dict[str, str] = {}
        """Prefixes to declare, by their namespaces."""

    def block(self, subject: str, said: Said) -> str:
        """Return a block."""
        return f"{self.value(ox.NamedNode(subject))} {self._pairs(said)} ."

    def loose(self, node: BlankValue) -> str:
        """Return a block about a blank node."""
        return f"[] {self._pairs(node.said)} ."

    def pair(self, predicate: str, objects: list[Value]) -> str:
        """Return a property with its objects."""
        name = "a" if predicate == TYPE else self._iri(predicate)
        return f"{name} {' , '.join(self.value(o) for o in sorted(objects, key=_object_order))}"

    def value(self, value: Value) -> str:
        """Return a value."""
        if isinstance(value, BlankValue):
            return f"[ {self._pairs(value.said)} ]" if value.said else "[]"
        if isinstance(value, ListValue):
            return f"( {' '.join(map(self.value, value.items))} )" if value.items else "()"
        return self._iri(value.value) if isinstance(value, ox.NamedNode) else self._literal(value)

    def _pairs(self, said: Said) -> str:
        predicates = sorted(said, key=lambda p: (_FIRST.index(p) if p in _FIRST else len(_FIRST), p))
        return " ;\n    ".join(self.pair(p, said[p]) for p in predicates)

    def _iri(self, value: str) -> str:
        cut = max(value.rfind("#"), value.rfind("/")) + 1
        namespace, local = value[:cut], value[cut:]
        if not _LOCAL.fullmatch(local):
            return f"<{value}>"
        prefix = self._prefixes.get(namespace)
        if prefix is None:
            prefix = self._others.get(namespace)
            if not prefix or prefix in self._prefixes.values():
                return f"<{value}>"
            self.added[namespace] = prefix
        return f"{prefix}:{local}"

    def _literal(self, literal: ox.Literal) -> str:
        datatype = literal.datatype.value
        if datatype in _PLAIN and re.fullmatch(_PLAIN[datatype], literal.value):
            return literal.value
        text = f'"{"".join(_ESCAPES.get(c, c) for c in literal.value)}"'
        if literal.language:
            return f"{text}@{literal.language}"
        return text if datatype == XSD + "string" else f"{text}^^{self._iri(datatype)}"


def _object_order(value: Value) -> tuple[int, str]:
    """Return a key that sorts texts by language, as they are everywhere, and leaves other objects as they come."""
    if isinstance(value, ox.Literal) and value.language:
        place = LANGUAGES.index(value.language) if value.language in LANGUAGES else len(LANGUAGES)
        return place, value.language
    return 0, ""
