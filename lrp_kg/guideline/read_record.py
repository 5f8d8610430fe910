"""Reads what a patient record is: fields with their values, derived durations, and conditions."""

from __future__ import annotations

from datetime import date

from lrp_kg.durations import MEASURES, parse_period
from lrp_kg.guideline import criteria
from lrp_kg.guideline.graph_reader import GraphReader
from lrp_kg.guideline.index import Node, iri
from lrp_kg.guideline.model import Condition, DateSpan, Derived, Field, Value
from lrp_kg.namespaces import CP, OWL, RDFS, SH, SKOS, XSD, local_name

Orders = list[tuple[str, str]]
"""Pairs of date fields of which the first is never after the second."""
_KINDS = {XSD + kind: kind for kind in ("boolean", "integer", "date", "string")}


def read_fields(r: GraphReader) -> tuple[dict[str, Field], Orders]:
    """Return the fields, and the orders of dates that the shapes demand."""
    datatypes, bounds, orders = _shape_facts(r)
    first_days, last_days = (_limits_of_days(r, SH + bound) for bound in ("minInclusive", "maxInclusive"))
    g = r.graph
    lists = {n.value for n in g.instances(CP + "ListField")}
    fields = {}
    allowed = _values_in_shapes(r)
    for node in g.instances(CP + "Field", CP + "ListField"):
        values = _values(r, node, allowed.get(node.value, []))
        kind = "values" if node.value in lists else "value" if values else ""
        if not kind:
            types = {o.value for o in g.all(node, RDFS + "range")} | datatypes.get(node.value, set())
            kind = next((_KINDS[t] for t in sorted(types) if t in _KINDS), "")
        if not kind:
            r.complain("field-without-type", node, "has neither a value list, a range, nor a sh:datatype in shapes/.")
        limits = bounds.get(node.value, {})
        fields[node.value] = Field(
            iri=node.value,
            id=local_name(node.value),
            label=r.label(node),
            kind=kind,
            values=values,
            question=g.texts(node, CP + "question"),
            hint=g.texts(node, CP + "hint"),
            unit=g.texts(node, CP + "unit"),
            considers=tuple(r.term(n) for n in g.all(node, CP + "considers")),
            ask_order=r.integer(node, CP + "askOrder") or None,
            ask_if=r.name(node, CP + "askIf"),
            implies=tuple(o.value for o in g.all(node, CP + "implies")),
            excludes=tuple(o.value for o in g.all(node, CP + "excludes")),
            low=limits.get("minInclusive"),
            high=limits.get("maxInclusive"),
            first_day=first_days.get(node.value),
            last_day=last_days.get(node.value),
            earliest=r.name(node, CP + "earliestProperty"),
            latest=r.name(node, CP + "latestProperty"),
            day_number=r.name(node, CP + "dayNumberProperty"),
        )
        _check_bounds(r, node, fields[node.value], orders)
    return fields, [pair for pair in orders if fields.keys() >= set(pair)]


def _check_bounds(r: GraphReader, node: Node, field: Field, orders: Orders) -> None:
    """Report a date that may be uncertain without both bounds, or with bounds that the shapes do not order."""
    uncertain = r.flag(node, CP + "uncertain")
    if [uncertain] * 2 != [field.earliest is not None, field.latest is not None]:
        message = "a date that may be uncertain needs cp:uncertain true, cp:earliestProperty and cp:latestProperty."
        r.complain("uncertain-without-bounds", node, message)
    if not field.bounds:
        return
    if field.kind != "date":
        r.complain("uncertain-without-bounds", node, "only a date may be uncertain.")
    first, last = field.bounds
    needed = [(first, last)]
    needed += [(first, later) for earlier, later in orders if earlier == field.iri]
    needed += [(earlier, last) for earlier, later in orders if later == field.iri]
    for earlier, later in needed:
        if (earlier, later) not in orders:
            message = f"shapes/ must say that {local_name(earlier)} is sh:lessThanOrEquals {local_name(later)}."
            r.complain("range-without-order", node, message)


def _values_in_shapes(r: GraphReader) -> dict[str, list[str]]:
    """Return the values that shapes allow a field to have, in the order of their ``sh:in``."""
    found: dict[str, list[str]] = {}
    for shape in r.graph.by_subject:
        path, head = (r.graph.one(shape, SH + name) for name in ("path", "in"))
        if path and head:
            found.setdefault(path.value, []).extend(member.value for member in r.graph.items(head))
    return found


def _values(r: GraphReader, node: Node, allowed: list[str]) -> tuple[Value, ...]:
    """Return the values of a field in the order of its shape; those that no ``sh:in`` names by priority and name."""
    list_class = r.graph.one(node, RDFS + "range")
    members = r.graph.instances(list_class.value) if list_class else []
    members = sorted(members, key=lambda m: allowed.index(m.value) if m.value in allowed else len(allowed))
    return tuple(Value(m.value, r.text(m, SKOS + "notation"), r.label(m), r.name(m, CP + "expandsTo")) for m in members)


def _shape_facts(r: GraphReader) -> tuple[dict[str, set[str]], dict[str, dict[str, int]], Orders]:
    """Return datatypes and bounds of fields, and orders of dates, as the shapes of records say them."""
    datatypes: dict[str, set[str]] = {}
    bounds: dict[str, dict[str, int]] = {}
    orders = []
    for shape, predicates in r.graph.by_subject.items():
        path = r.graph.one(shape, SH + "path")
        if path is None or path.is_blank:
            continue
        for datatype in predicates.get(SH + "datatype", []):
            datatypes.setdefault(path.value, set()).add(datatype.value)
        for bound in ("minInclusive", "maxInclusive"):
            for limit in predicates.get(SH + bound, []):
                if limit.is_integer:
                    bounds.setdefault(path.value, {})[bound] = int(limit.value)
        orders += [(path.value, later.value) for later in predicates.get(SH + "lessThanOrEquals", [])]
    return datatypes, bounds, orders


def _limits_of_days(r: GraphReader, bound: str) -> dict[str, date]:
    """Return the first or the last day that dates can be, as the shapes of records say it."""
    found = {}
    for shape, predicates in r.graph.by_subject.items():
        path = r.graph.one(shape, SH + "path")
        for limit in predicates.get(bound, []):
            if path is None or limit.datatype != XSD + "date":
                continue
            try:
                found[path.value] = date.fromisoformat(limit.value)
            except ValueError:
                r.complain("not-a-date", shape, f"{limit.value!r} is not a date.")
    return found


def read_spans(r: GraphReader) -> tuple[DateSpan, ...]:
    """Return how long after another date a date can lie, as shapes of records say beside their query."""
    spans = []
    for shape in r.graph.by_subject:
        path, counted = (r.graph.one(shape, name) for name in (SH + "path", CP + "countedFrom"))
        if path is None or counted is None:
            continue
        within = r.text(shape, CP + "within")
        try:
            parse_period(within)
        except ValueError as error:
            r.complain("unknown-period", shape, f"{error}.")
            continue
        for name in (path.value, counted.value):
            if name not in r.fields or r.fields[name].kind != "date":
                r.complain("unknown-field", shape, f"{local_name(name)} is no date field.")
        spans.append(DateSpan(path.value, within, counted.value))
    return tuple(sorted(spans, key=lambda s: (s.field, s.counted_from)))


def read_derived(r: GraphReader) -> dict[str, Derived]:
    """Return the durations that are computed from two date fields."""
    derived = {}
    for node in r.graph.instances(CP + "DerivedProperty"):
        start, end = (r.required(node, CP + p).value for p in ("from", "to"))
        measure = local_name(r.required(node, CP + "measure").value)
        for name in (start, end):
            if name and (name not in r.fields or r.fields[name].kind != "date"):
                r.complain("derived-from-no-date", node, f"{local_name(name)} is not a date field.")
        if measure not in MEASURES:
            r.complain("unknown-measure", node, f"{measure} is not one of {', '.join(MEASURES)}.")
        derived[node.value] = Derived(node.value, local_name(node.value), r.label(node), start, end, measure)
    return derived


def read_conditions(r: GraphReader, derived: dict[str, Derived]) -> dict[str, Condition]:
    """Return the named classes of records; what they refer to must be there, and none is defined by itself."""
    conditions: dict[str, Condition] = {}
    for node in r.graph.instances(OWL + "Class"):
        if node.is_blank or not criteria.is_condition(r.graph, node):
            continue
        try:
            expression = criteria.equivalent_class(r.graph, node)
        except criteria.NotAllowed as error:
            r.complain("expression-not-allowed", node, str(error))
            r.unread.add(node.value)
            continue
        if expression is None:
            r.complain("condition-without-definition", node, "needs an owl:equivalentClass.")
            r.unread.add(node.value)
            continue
        conditions[node.value] = Condition(
            node.value, local_name(node.value), r.label(node), expression, r.graph.texts(node, CP + "ifPhrase")
        )
    values = {f.iri: {v.iri for v in f.values} for f in r.fields.values()}
    expanded = {v.expands_to for f in r.fields.values() for v in f.values if v.expands_to}
    readable = r.fields.keys() | derived.keys() | expanded
    for name, condition in conditions.items():
        for part in criteria.walk(condition.expression):
            if isinstance(part, (criteria.Has, criteria.Between)) and part.field not in readable:
                r.complain("unknown-field", iri(name), f"{local_name(part.field)} is not a field.")
            elif isinstance(part, criteria.Named) and part.iri not in conditions.keys() | r.unread:
                r.complain("unknown-condition", iri(name), f"{local_name(part.iri)} is not defined.")
            elif isinstance(part, criteria.Has) and isinstance(part.value, str):
                if part.value not in values.get(part.field, set()):
                    message = f"{local_name(part.value)} is not a value of {local_name(part.field)}."
                    r.complain("unknown-value", iri(name), message)
    _check_cycles(r, conditions)
    return conditions


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
