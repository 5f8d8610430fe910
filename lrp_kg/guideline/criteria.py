"""OWL class expressions as frozen trees; the only reader of OWL expressions.

Allowed over a patient record: ``owl:intersectionOf``, ``owl:unionOf``, ``owl:complementOf``, ``owl:hasValue``,
``owl:someValuesFrom`` an integer datatype restriction, and other named classes. Anything else is refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lrp_kg.namespaces import CONDITION_GROUP, OWL, PATIENT_RECORD, RDF, RDFS, XSD, local_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lrp_kg.guideline.index import Graph, Node


@dataclass(frozen=True, slots=True)
class Always:
    """Every patient record."""


@dataclass(frozen=True, slots=True)
class Has:
    """The field has this value: an IRI of a value list, or ``true`` / ``false``."""

    field: str
    value: str | bool


@dataclass(frozen=True, slots=True)
class Between:
    """The field is an integer from ``low`` to ``high``, both included; ``None`` is no bound."""

    field: str
    low: int | None
    high: int | None

    @property
    def cuts(self) -> tuple[int, ...]:
        """The first number of the interval, and the first one after it, where it is bounded."""
        begins = () if self.low is None else (self.low,)
        return begins if self.high is None else (*begins, self.high + 1)


@dataclass(frozen=True, slots=True)
class Named:
    """A named condition or situation."""

    iri: str


@dataclass(frozen=True, slots=True)
class All:
    """Every part holds."""

    parts: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one part holds."""

    parts: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The part does not hold."""

    part: Expression


Expression = Always | Has | Between | Named | All | AnyOf | Not


class NotAllowed(ValueError):
    """An OWL construct outside the allowed ones; the message says which and what to write instead.

    ``about`` is the IRI of the construct, where there is one.
    """

    def __init__(self, message: str, about: str | None = None) -> None:
        super().__init__(message)
        self.about = about


_BOUNDS = {"minInclusive": (0, 0), "minExclusive": (0, 1), "maxInclusive": (1, 0), "maxExclusive": (1, -1)}
LARGEST = 10**9
"""The largest bound, on either side of 0."""
_HINT = "Use intersectionOf, unionOf, complementOf, hasValue, someValuesFrom an integer restriction, or a named class."


def read_expression(graph: Graph, node: Node) -> Expression:
    """Read the class expression at a node; raise `NotAllowed` on any other construct."""
    if not node.is_blank:
        return Always() if node.value == PATIENT_RECORD else Named(node.value)
    found = {p: o for p, o in graph.of(node).items() if p.startswith(OWL) and p != OWL + "onProperty"}
    if len(found) != 1 or len(next(iter(found.values()))) != 1:
        names = ", ".join(sorted(f"owl:{local_name(p)}" for p, o in found.items() for _ in o)) or "none"
        raise NotAllowed(f"a class expression has exactly one construct; here is {names}. {_HINT}")
    ((predicate, (operand,)),) = found.items()
    construct = local_name(predicate)
    if construct in ("intersectionOf", "unionOf"):
        parts = tuple(read_expression(graph, part) for part in graph.items(operand))
        if len(parts) < 2:
            raise NotAllowed(f"owl:{construct} needs two operands or more, and has {len(parts)}.")
        return All(parts) if construct == "intersectionOf" else AnyOf(parts)
    if construct == "complementOf":
        return Not(read_expression(graph, operand))
    if construct in ("hasValue", "someValuesFrom"):
        field = graph.one(node, OWL + "onProperty")
        if field is None or field.is_blank:
            raise NotAllowed("a restriction needs one owl:onProperty that is a field.")
        if construct == "hasValue":
            return _has_value(field.value, operand)
        return _datatype_restriction(graph, field.value, operand)
    raise NotAllowed(f"owl:{construct} is not allowed. {_HINT}", about=predicate)


def _has_value(field: str, value: Node) -> Expression:
    if value.is_literal:
        if value.datatype != XSD + "boolean":
            raise NotAllowed(
                f"owl:hasValue is {value.value!r}, an xsd:{local_name(value.datatype)}. It takes true or false "
                "without quotes, or a value of a value list; numbers are compared by owl:someValuesFrom with bounds."
            )
        return Has(field, value.value in ("true", "1"))
    return Has(field, value.value)


def _datatype_restriction(graph: Graph, field: str, node: Node) -> Expression:
    on = graph.one(node, OWL + "onDatatype")
    restrictions = graph.one(node, OWL + "withRestrictions")
    if graph.one(node, RDF + "type") is None or on is None or restrictions is None or on.value != XSD + "integer":
        kind = f"; here is one of xsd:{local_name(on.value)}" if on and on.value != XSD + "integer" else ""
        raise NotAllowed(f"owl:someValuesFrom takes a restriction of xsd:integer with bounds{kind}.")
    bounds: list[int | None] = [None, None]
    for bound in graph.items(restrictions):
        for predicate, objects in graph.of(bound).items():
            side_shift = _BOUNDS.get(local_name(predicate)) if predicate.startswith(XSD) else None
            if side_shift is None:
                raise NotAllowed(
                    f"{local_name(predicate)} is no bound. Use xsd:minInclusive, xsd:minExclusive, xsd:maxInclusive or "
                    "xsd:maxExclusive, with an integer.",
                    about=predicate,
                )
            side, shift = side_shift
            number = _whole_number(local_name(predicate), objects)
            if bounds[side] is not None:
                raise NotAllowed("a datatype restriction has two bounds on the same side. Keep one.")
            bounds[side] = number + shift
    low, high = bounds
    if low is None and high is None:
        raise NotAllowed("a datatype restriction needs a bound.")
    if low is not None and high is not None and low > high:
        raise NotAllowed(f"no number is at least {low} and at most {high}. Correct one of the two bounds.")
    return Between(field, low, high)


def _whole_number(bound: str, objects: list[Node]) -> int:
    """Return the integer of a bound; raise `NotAllowed`, with what is found and how to write it, for anything else."""
    if len(objects) != 1:
        raise NotAllowed(f"xsd:{bound} has {len(objects)} values. Keep one integer.")
    found = objects[0]
    if not found.is_integer:
        kind = f" (an xsd:{local_name(found.datatype)})" if found.datatype else ""
        near = re.fullmatch(r"\s*([+-]?[0-9]+)(?:[.,][0-9]*)?\s*", found.value)
        example = near[1] if near else "13"
        raise NotAllowed(
            f"xsd:{bound} is {found.value!r}{kind}, and only integers can be compared. Write it without quotes and "
            f"decimals, such as [ xsd:{bound} {example} ]."
        )
    number = int(found.value)
    if abs(number) > LARGEST:
        raise NotAllowed(f"xsd:{bound} is {found.value}, more than any field can hold. Write a number up to {LARGEST}.")
    return number


def parts_of(expression: Expression) -> tuple[Expression, ...]:
    """Return the direct operands of an expression."""
    if isinstance(expression, (All, AnyOf)):
        return expression.parts
    return (expression.part,) if isinstance(expression, Not) else ()


def walk(expression: Expression) -> Iterator[Expression]:
    """Yield an expression and everything in it, not going into named classes."""
    yield expression
    for part in parts_of(expression):
        yield from walk(part)


def names_in(expression: Expression) -> set[str]:
    """Return the named classes an expression refers to directly."""
    return {part.iri for part in walk(expression) if isinstance(part, Named)}


def fields_of(expression: Expression, classes: dict[str, Expression]) -> frozenset[str]:
    """Return every field an expression reads, through named classes."""
    found: set[str] = set()
    for part in walk(expression):
        if isinstance(part, (Has, Between)):
            found.add(part.field)
        elif isinstance(part, Named):
            found |= fields_of(classes[part.iri], classes)
    return frozenset(found)


def equivalent_class(graph: Graph, cls: Node) -> Expression | None:
    """Read the definition of a named class, or return ``None`` where it has none."""
    definitions = graph.all(cls, OWL + "equivalentClass")
    if not definitions:
        return None
    if len(definitions) > 1:
        raise NotAllowed(f"a condition has exactly one owl:equivalentClass, and here are {len(definitions)}. Keep one.")
    return read_expression(graph, definitions[0])


def is_condition(graph: Graph, cls: Node) -> bool:
    """Return whether a class is below the patient record or a group of conditions, and no group itself."""

    def is_group(node: Node) -> bool:
        return any(kind.value == CONDITION_GROUP for kind in graph.all(node, RDF + "type"))

    above = graph.all(cls, RDFS + "subClassOf")
    return any(c.value == PATIENT_RECORD or is_group(c) for c in above) and not is_group(cls)
