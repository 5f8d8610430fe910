"""Finds contradictions that need no reasoner: values that cannot be what an axiom about their property says."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations

import pyoxigraph as ox

from lrp_kg.authoring.reasoning.statements import OwlStatement, statements_of
from lrp_kg.guideline.modules import value_of
from lrp_kg.namespaces import OWL, RDF, RDFS, XSD

_NUMBERS = ("integer", "decimal", "int", "long", "short", "byte", "nonNegativeInteger", "positiveInteger")
_FAMILIES = {
    **{XSD + name: "number" for name in (*_NUMBERS, "nonPositiveInteger", "negativeInteger")},
    **{XSD + name: name for name in ("boolean", "string", "date", "dateTime", "double", "float", "anyURI")},
}
"""Types of literals by what they have in common: literals of two families are never the same."""

_TRUE = ("true", "1")


def plain_clashes(triples: Sequence[ox.Triple]) -> Iterator[list[OwlStatement]]:
    """Yield statements that contradict each other: a literal out of its range, or two values where one is allowed."""
    functional: dict[str, ox.Triple] = {}
    ranges: dict[str, ox.Triple] = {}
    values: dict[tuple[object, str], list[ox.Triple]] = {}
    for t in triples:
        if t.predicate.value == RDF + "type" and value_of(t.object) == OWL + "FunctionalProperty":
            functional[value_of(t.subject)] = t
        elif t.predicate.value == RDFS + "range" and value_of(t.object) in _FAMILIES:
            ranges[value_of(t.subject)] = t
        elif not isinstance(t.object, ox.BlankNode):
            values.setdefault((t.subject, t.predicate.value), []).append(t)
    several = [said for (_, name), said in values.items() if name in functional and len(said) > 1]
    different = list(_different(triples)) if several else []
    for (_, name), said in values.items():
        allowed = _FAMILIES[value_of(ranges[name].object)] if name in ranges else None
        for t in said:
            if allowed and (_family(t) or allowed) != allowed:
                yield [OwlStatement((ranges[name],)), OwlStatement((t,))]
    for said in several:
        one = OwlStatement((functional[said[0].predicate.value],))
        for first, second in combinations(said, 2):
            pair = [one, OwlStatement((first,)), OwlStatement((second,))]
            if _differ(first, second):
                yield pair
            why = [s for s in different if {value_of(t.object) for t in (first, second)} <= set(s.terms)]
            if why and not isinstance(first.object, ox.Literal):
                yield [*pair, why[0]]


def _different(triples: Sequence[ox.Triple]) -> Iterator[OwlStatement]:
    """Yield the statements that individuals differ."""
    for s in statements_of(triples):
        said = {(t.predicate.value, value_of(t.object)) for t in s.triples}
        if (RDF + "type", OWL + "AllDifferent") in said or s.triples[0].predicate.value == OWL + "differentFrom":
            yield s


def _family(t: ox.Triple) -> str | None:
    return _FAMILIES.get(t.object.datatype.value) if isinstance(t.object, ox.Literal) else None


def _differ(first: ox.Triple, second: ox.Triple) -> bool:
    """Return whether two literals have different values for sure."""
    family = _family(first)
    if family is None or _family(second) is None:
        return False
    if family != _family(second):
        return True
    texts = [value_of(t.object) for t in (first, second)]
    if family == "number":
        return all(text.lstrip("+-").isdigit() for text in texts) and int(texts[0]) != int(texts[1])
    if family == "boolean":
        return (texts[0] in _TRUE) != (texts[1] in _TRUE)
    return family in ("string", "date") and texts[0] != texts[1]
