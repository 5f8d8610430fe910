"""Reads conditions: the named classes of records, with what each refers to."""

from __future__ import annotations

from collections.abc import Iterator

from lrp_kg.guideline import criteria
from lrp_kg.guideline.criteria import Between, Expression, Has, Named
from lrp_kg.guideline.graph_reader import GraphReader
from lrp_kg.guideline.index import iri
from lrp_kg.guideline.model import Condition, Derived, Field
from lrp_kg.namespaces import CP, OWL, local_name

Fault = tuple[str, str, str]
"""The name of a finding, the term that is named wrongly, and the rest of a sentence."""


def read_conditions(r: GraphReader, derived: dict[str, Derived]) -> dict[str, Condition]:
    """Return the named classes of records; what they refer to must be there, and none is defined by itself."""
    conditions: dict[str, Condition] = {}
    for node in r.graph.instances(OWL + "Class"):
        if node.is_blank or not criteria.is_condition(r.graph, node):
            continue
        try:
            expression = criteria.equivalent_class(r.graph, node)
        except criteria.NotAllowed as error:
            r.complain("expression-not-allowed", node, str(error), about=error.about)
            r.unread.add(node.value)
            continue
        if expression is None:
            r.complain("condition-without-definition", node, "needs an owl:equivalentClass.")
            r.unread.add(node.value)
            continue
        conditions[node.value] = Condition(
            node.value, local_name(node.value), r.label(node), expression, r.graph.texts(node, CP + "ifPhrase")
        )
    _report_classes_apart(r, conditions)
    kinds = dict.fromkeys(derived, "integer")
    kinds |= {v.expands_to: "boolean" for f in r.fields.values() for v in f.values if v.expands_to}
    for name, condition in conditions.items():
        for fault, term, message in dict.fromkeys(_faults(r, condition.expression, kinds, conditions)):
            r.complain(fault, iri(name), message, about=term)
    _check_cycles(r, conditions)
    return conditions


def _report_classes_apart(r: GraphReader, conditions: dict[str, Condition]) -> None:
    """Report classes that conditions refer to and that are defined, but not below the patient record."""
    named = {name for c in conditions.values() for name in criteria.names_in(c.expression)}
    for name in sorted(named - conditions.keys() - r.unread):
        if r.graph.all(iri(name), OWL + "equivalentClass"):
            message = (
                "is used as a condition, and is not below the patient record: add rdfs:subClassOf cp:PatientRecord."
            )
            r.complain("unknown-condition", iri(name), message)
            r.unread.add(name)


def _faults(
    r: GraphReader, expression: Expression, kinds: dict[str, str], conditions: dict[str, Condition]
) -> Iterator[Fault]:
    """Yield what is wrong with the fields, values and conditions that an expression refers to."""
    for part in criteria.walk(expression):
        if isinstance(part, Named):
            if part.iri not in conditions.keys() | r.unread:
                yield "unknown-condition", part.iri, f"{local_name(part.iri)} is not defined."
        elif isinstance(part, (Has, Between)):
            field = r.fields.get(part.field)
            if field is None and part.field not in kinds.keys() | r.unread:
                yield "unknown-field", part.field, f"{local_name(part.field)} is not a field."
            elif part.field not in r.unread:
                yield from _misfits(part, field, kinds.get(part.field, ""))


def _misfits(part: Has | Between, field: Field | None, kind: str) -> Iterator[Fault]:
    """Yield that a value is none of the list of its field, or that a field of another kind is compared."""
    name, kind = local_name(part.field), field.kind if field else kind
    if isinstance(part, Between):
        if kind != "integer":
            yield "unknown-field", part.field, f"{name} {_IS[kind]}, and only a number has a bound. {_USE[kind]}"
    elif kind in ("value", "values") or isinstance(part.value, str):
        values = [v.iri for v in field.values] if field else []
        shown = local_name(part.value) if isinstance(part.value, str) else str(part.value).lower()
        if kind == "values":
            yield "unknown-field", part.field, f"{name} {_IS[kind]}. {_USE[kind]}"
        elif part.value not in values:
            known = f"its values are {', '.join(map(local_name, values))}" if values else f"it {_IS[kind]}"
            yield "unknown-value", str(part.value), f"{shown} is not a value of {name}; {known}."
    elif kind != "boolean":
        shown = str(part.value).lower()
        yield "unknown-field", part.field, f"{name} {_IS[kind]}, which is never {shown}. {_USE[kind]}"


_IS = {
    "boolean": "is true or false",
    "integer": "is a number",
    "date": "is a date",
    "string": "is a text",
    "value": "is one of a list of values",
    "values": "is a list with several values",
}
_USE = {
    "boolean": "Use owl:hasValue true or false.",
    "integer": "Use owl:someValuesFrom with a bound.",
    "date": "Use the duration from one date to another, a cp:DerivedProperty.",
    "string": "A text is in no condition.",
    "value": "Use owl:hasValue with one of its values.",
    "values": "Use the field that cp:expandsTo of the value names, with owl:hasValue true.",
}
"""What a field of each kind is, and how a condition refers to it."""


def _check_cycles(r: GraphReader, conditions: dict[str, Condition]) -> None:
    state: dict[str, int] = {}

    def visit(name: str) -> bool:
        if state.get(name) == 1:
            return True
        if name in state or name not in conditions:
            return False
        state[name] = 1
        cyclic = any([visit(other) for other in sorted(criteria.names_in(conditions[name].expression))])
        state[name] = 2
        return cyclic

    for name in conditions:
        if visit(name):
            r.complain("cyclic-definition", iri(name), "is defined by itself; break the circle.")
