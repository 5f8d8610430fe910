"""Holds what terms say with properties of the vocabulary against the range of the property: a class, or a datatype."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path

import pyoxigraph as ox

from lrp_kg.authoring.check_cache import CheckCache
from lrp_kg.findings import Finding
from lrp_kg.guideline.modules import Module, value_of
from lrp_kg.guideline.positions import Positions
from lrp_kg.namespaces import CP, DCTERMS, OWL, RDF, RDFS, XSD, local_name

_OF_FIELDS = CP + "Field"
"""Which properties of a record can be named where one belongs, the reader says: by their kinds."""
_PROPERTY = re.compile(r"\b(cp|dcterms):(?P<name>[a-z]\w*)")
_TYPES = {
    XSD + "integer": ("a whole number", "without quotes: cp:{} 1"),
    XSD + "boolean": ("true or false", "without quotes: cp:{} true"),
    XSD + "date": ("a date", 'with its type: cp:{} "2026-01-31"^^xsd:date'),
    XSD + "string": ("a text without a language", 'in quotes, without a language: cp:{} "..."'),
}
"""How a literal of a datatype is written."""


@dataclass(frozen=True)
class Misplaced:
    """A value that is not of the range of the property that it is a value of."""

    subject: str
    predicate: str
    value: str
    found: str
    fix: str
    where: str

    def concerns(self, finding: Finding) -> bool:
        """Return whether a finding is about the same property of the same term."""
        return finding.term == self.subject and f"cp:{local_name(self.predicate)}" in finding.message

    def finding(self) -> Finding:
        """Return that the value is of another kind."""
        message = f"{local_name(self.subject)}: {self.found}. {self.fix}"
        return Finding("wrong-kind", message, self.where, value=self.value, term=self.subject)


@dataclass(frozen=True)
class _Said:
    """What a module says that ranges depend on, with properties of the vocabulary in particular."""

    types: tuple[tuple[str, str], ...]
    above: tuple[tuple[str, str], ...]
    ranges: tuple[tuple[str, str], ...]
    values: tuple[tuple[str, str, ox.NamedNode | ox.Literal], ...]


class References:
    """What the modules of a folder say with properties of the vocabulary."""

    def __init__(self, folder: Path, modules: Sequence[Module], positions: Positions, cache: CheckCache) -> None:
        said = [(m, cache.recall(("said", m.key), partial(_said, m))) for m in modules]
        self._positions = positions
        self._types: dict[str, set[str]] = {}
        self._above: dict[str, set[str]] = {}
        for _, own in said:
            for term, kind in own.types:
                self._types.setdefault(term, set()).add(kind)
            for lower, upper in own.above:
                self._above.setdefault(lower, set()).add(upper)
        self._ranges = {name: target for _, own in said for name, target in own.ranges}
        self._values = [value for m, own in said if m.is_within(folder) for value in own.values]

    def misplaced(self) -> Iterator[Misplaced]:
        """Yield each value that is not of the range of its property."""
        for subject, predicate, value in self._values:
            wanted = self._ranges.get(predicate, "")
            fault = _fault(predicate, value, wanted, self._types, self._above)
            if fault:
                found, fix = fault
                where = self._positions.use(subject, value.value) if isinstance(value, ox.NamedNode) else ""
                yield Misplaced(
                    subject, predicate, value.value, found, fix, where=where or self._positions.where(subject)
                )

    @cached_property
    def _by_term(self) -> dict[str, dict[str, list[str]]]:
        found: dict[str, dict[str, list[str]]] = {}
        for subject, predicate, value in self._values:
            shown = repr(value.value) if isinstance(value, ox.Literal) else local_name(value.value)
            found.setdefault(subject, {}).setdefault(local_name(predicate), []).append(shown)
        return found

    def found(self, finding: Finding) -> str:
        """Return which values a term has for the property that a finding about it names first; empty without any."""
        named = _PROPERTY.search(finding.message)
        values = self._by_term.get(finding.term, {}).get(named["name"], []) if named else []
        shown = len(values) == 1 and values[0].strip("'") in finding.message
        if not named or not values or shown:
            return ""
        return f" Here {named[0]} is {' and '.join(values)}."


def _said(module: Module) -> _Said:
    types, above, ranges, values = [], [], [], []
    for t in module.triples:
        subject, predicate, value = value_of(t.subject), t.predicate.value, value_of(t.object)
        if predicate == RDF + "type":
            types.append((subject, value))
        elif predicate == RDFS + "subClassOf":
            above.append((subject, value))
        elif predicate == RDFS + "range" and subject.startswith(CP):
            ranges.append((subject, value))
        elif predicate.startswith((CP, DCTERMS)) and isinstance(t.object, ox.NamedNode | ox.Literal):
            values.append((subject, predicate, t.object))
    return _Said(tuple(types), tuple(above), tuple(ranges), tuple(values))


def _fault(
    predicate: str,
    value: ox.NamedNode | ox.Literal,
    wanted: str,
    types: dict[str, set[str]],
    above: dict[str, set[str]],
) -> tuple[str, str] | None:
    """Return what is wrong with a value, and how to correct it."""
    name, own_kinds = local_name(predicate), types.get(predicate, set())
    if isinstance(value, ox.Literal):
        if OWL + "ObjectProperty" in own_kinds:
            belongs = f"one of {local_name(wanted)}" if wanted.startswith(CP) else "a term"
            return f"cp:{name} is {value.value!r}, where {belongs} belongs", "Name a term, without quotes."
        if wanted not in _TYPES or value.datatype.value == wanted:
            return None
        kind, example = _TYPES[wanted]
        return f"cp:{name} is {_written(value)}, not {kind}", f"Write it {example.format(name)}."
    if OWL + "DatatypeProperty" in own_kinds:
        kind, example = _TYPES.get(wanted, ("a literal", 'as a literal: cp:{} "..."'))
        return f"cp:{name} names {local_name(value.value)}, where {kind} belongs", f"Write it {example.format(name)}."
    kinds = _with_above(types.get(value.value, set()), above)
    known = kinds and all(kind in types for kind in kinds if kind.startswith(CP))
    if not known or wanted == _OF_FIELDS or wanted in kinds or not wanted.startswith(CP):
        return None
    own = " and ".join(sorted(local_name(kind) for kind in types[value.value]))
    found = f"cp:{name} names {local_name(value.value)}, of the class {own}, where one of {local_name(wanted)} belongs"
    return found, "Name one of those."


def _written(value: ox.Literal) -> str:
    """Return a literal as it is written, as far as that differs from a text alone."""
    return f"{value.value!r}@{value.language}" if value.language else repr(value.value)


def _with_above(kinds: set[str], above: dict[str, set[str]]) -> set[str]:
    found, new = set(kinds), set(kinds)
    while new:
        new = {upper for kind in new for upper in above.get(kind, ())} - found
        found |= new
    return found
