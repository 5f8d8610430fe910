"""Reads what a patient record is: fields with their values, derived durations, and conditions."""

from __future__ import annotations

from datetime import date

from lrp_kg.durations import MEASURES, parse_period
from lrp_kg.guideline.graph_reader import GraphReader
from lrp_kg.guideline.index import Node, iri
from lrp_kg.guideline.model import DateSpan, Derived, Field, Value
from lrp_kg.namespaces import CP, OWL, PATIENT_RECORD, RDF, RDFS, SH, SKOS, XSD, local_name

Orders = list[tuple[str, str]]
"""Pairs of date fields of which the first is never after the second."""
_PARTS = ("earliestProperty", "latestProperty", "dayNumberProperty", "expandsTo")
"""Properties of the vocabulary that name a property of a record which is part of a field."""
_MISPLACED = ("value-of-two-lists", "value-settles-nothing")
_KINDS = {XSD + kind: kind for kind in ("boolean", "integer", "date", "string")}


def read_fields(r: GraphReader) -> tuple[dict[str, Field], Orders]:
    """Return the fields, and the orders of dates that the shapes demand."""
    datatypes, bounds, orders = _shape_facts(r)
    first_days, last_days = (_limits_of_days(r, SH + bound) for bound in ("minInclusive", "maxInclusive"))
    g = r.graph
    lists = {n.value for n in g.instances(CP + "ListField")}
    fields: dict[str, Field] = {}
    allowed = _values_in_shapes(r)
    for node in g.instances(CP + "Field", CP + "ListField"):
        values = _values(r, node, allowed.get(node.value, []))
        kind = "values" if node.value in lists else "value" if values else ""
        types = {o.value for o in g.all(node, RDFS + "range")} | datatypes.get(node.value, set())
        if not kind:
            kind = next((_KINDS[t] for t in sorted(types) if t in _KINDS), "")
        if not kind:
            r.complain("field-without-type", node, _without_type(r, node))
            r.unread.add(node.value)
        elif not values and len(types & _KINDS.keys()) > 1:
            r.complain("field-type-differs", node, _two_types(r, node))
            r.unread.add(node.value)
        elif values and not {v.iri for v in values} & {*allowed.get(node.value, [values[0].iri])}:
            known = any(iri(name) in g.by_subject for name in allowed[node.value])
            place = node if known else _shape_with_values(r, node)
            r.complain("value-not-declared", place, _two_lists(r, node, values, allowed[node.value]))
            r.unread.add(node.value)
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
    if not _misplaced_values(r, fields):
        _check_properties(r)
    return fields, [pair for pair in orders if fields.keys() >= set(pair)]


def _misplaced_values(r: GraphReader, fields: dict[str, Field]) -> bool:
    """Report values of two lists, and of a list field those that settle no field of their own; say if there are any."""
    before, lists, settled = len(r.findings), dict[str, str](), dict[str, str]()
    for field in fields.values():
        for value in field.values:
            node, target = iri(value.iri), value.expands_to
            first = lists.setdefault(value.iri, field.iri)
            if _list_class(r, first) != _list_class(r, field.iri):
                own = f"{local_name(_list_class(r, first))} and {local_name(_list_class(r, field.iri))}"
                r.complain("value-of-two-lists", node, f"is a value of two lists, {own}. Keep one of its types.")
            elif field.kind == "values" and first == field.iri:
                message = _not_settling(target, value.iri, settled.setdefault(target or "", value.iri), fields)
                if message:
                    r.complain("value-settles-nothing", node, message)
    return len(r.findings) > before and any(f.name in _MISPLACED for f in r.findings[before:])


def _not_settling(target: str | None, value: str, first: str, fields: dict[str, Field]) -> str:
    if target is None:
        return "is a value of a list field, and settles no field that a condition can name. Add cp:expandsTo."
    own = f"cp:expandsTo names {local_name(target)}, which"
    if first != value:
        return f"{own} {local_name(first)} settles already. Name another."
    return f"{own} a record has as a field of its own. Name another." if target in fields else ""


def _list_class(r: GraphReader, field: str) -> str:
    return next((o.value for o in r.graph.all(iri(field), RDFS + "range")), "")


def _check_properties(r: GraphReader) -> None:
    """Report properties of a record that nothing can know the value of: they are no field, and follow from none."""
    known = {n.value for n in r.graph.instances(*(CP + kind for kind in ("Field", "ListField", "DerivedProperty")))}
    for predicates in r.graph.by_subject.values():
        known.update(n.value for part in _PARTS for n in predicates.get(CP + part, ()))
    for node, predicates in r.graph.by_subject.items():
        if iri(PATIENT_RECORD) in predicates.get(RDFS + "domain", ()) and not node.value.startswith(CP):
            if node.value not in known:
                message = "is a property of a record, but no field: nothing can send it. Declare it as a cp:Field too."
                r.complain("property-of-no-kind", node, message)
                r.unread.add(node.value)


def _without_type(r: GraphReader, node: Node) -> str:
    found = " and ".join(local_name(o.value) for o in r.graph.all(node, RDFS + "range"))
    why = (
        f"its rdfs:range {found} is no datatype of a field and no class of values" if found else "it has no rdfs:range"
    )
    return f"{why}, and shapes/ give it no sh:datatype. Correct one of the two."


def _two_types(r: GraphReader, node: Node) -> str:
    ranges = " and ".join(f"xsd:{local_name(o.value)}" for o in r.graph.all(node, RDFS + "range"))
    shapes = [
        f"sh:datatype of {local_name(shape.value)} is xsd:{local_name(datatype.value)}"
        for shape in r.graph.by_subject
        for path in r.graph.all(shape, SH + "path")
        for datatype in r.graph.all(shape, SH + "datatype")
        if path.value == node.value
    ]
    found = " and ".join([f"its rdfs:range is {ranges}"] * bool(ranges) + shapes)
    return f"{found}, so that no value is of both. Correct one of the two."


def _shape_with_values(r: GraphReader, field: Node) -> Node:
    """Return the shape whose ``sh:in`` lists the values of a field."""
    shapes = (n for n, own in r.graph.by_subject.items() if SH + "in" in own and field in own.get(SH + "path", ()))
    return next(shapes, field)


def _two_lists(r: GraphReader, node: Node, values: tuple[Value, ...], allowed: list[str]) -> str:
    ranges = " and ".join(local_name(o.value) for o in r.graph.all(node, RDFS + "range"))
    own, other = (", ".join(map(local_name, names)) for names in ([v.iri for v in values], allowed))
    return f"its rdfs:range {ranges} has the values {own}, and the shapes allow {other}. Correct the range, or sh:in."


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
        if path and head and head.value != RDF + "nil" and not r.graph.all(head, RDF + "first"):
            message = f"sh:in is {local_name(head.value)}, no list. Write the values in parentheses: sh:in ( ... )."
            r.complain("shape-not-usable", shape, message)
            r.unread.add(path.value)
        elif path and head:
            found.setdefault(path.value, []).extend(member.value for member in r.graph.items(head))
    return found


def _values(r: GraphReader, node: Node, allowed: list[str]) -> tuple[Value, ...]:
    """Return the values of a field in the order of its shape; those that no ``sh:in`` names by priority and name."""
    list_class = r.graph.one(node, RDFS + "range")
    members = r.graph.instances(list_class.value) if list_class else []
    if list_class and members:
        _check_one_of(r, list_class, members)
    members = sorted(members, key=lambda m: allowed.index(m.value) if m.value in allowed else len(allowed))
    return tuple(Value(m.value, r.text(m, SKOS + "notation"), r.label(m), r.name(m, CP + "expandsTo")) for m in members)


def _check_one_of(r: GraphReader, list_class: Node, members: list[Node]) -> None:
    """Report values that a list names and that are none of it, and a list that does not name its own, as others do."""
    own = local_name(list_class.value)
    definitions = r.graph.all(list_class, OWL + "equivalentClass")
    heads = [head for definition in definitions for head in r.graph.all(definition, OWL + "oneOf")]
    if not heads and any(OWL + "oneOf" in predicates for predicates in r.graph.by_subject.values()):
        message = (
            "is a list of values that does not name them. Add owl:equivalentClass [ a owl:Class ; owl:oneOf (...) ]."
        )
        r.complain("value-not-in-list", list_class, message)
    for value in (v for head in heads for v in r.graph.items(head) if v not in members):
        message = (
            f"its owl:oneOf names {local_name(value.value)}, which is no {own}. Declare it as one, or take it out."
        )
        r.complain("value-not-declared", list_class, message, about=value.value)
        r.unread.update(n.value for n in r.graph.all(value, CP + "expandsTo"))


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
        for later in predicates.get(SH + "lessThanOrEquals", []):
            if _is_later_date(r, shape, path, later):
                orders.append((path.value, later.value))
    return datatypes, bounds, orders


def _is_later_date(r: GraphReader, shape: Node, path: Node, later: Node) -> bool:
    """Return whether a shape compares a date with another; report one compared with itself, or with no date."""
    types = {o.value for o in r.graph.all(later, RDFS + "range")}
    if later == path:
        r.complain("shape-not-usable", shape, f"compares {local_name(path.value)} with itself. Name the later date.")
    elif types & {datatype for datatype, kind in _KINDS.items() if kind != "date"}:
        message = f"sh:lessThanOrEquals names {local_name(later.value)}, which is no date. Name the later date."
        r.complain("shape-not-usable", shape, message, about=later.value)
    else:
        return True
    return False


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
                r.complain("unknown-field", shape, f"{local_name(name)} is no date field.", about=name)
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
                r.complain("derived-from-no-date", node, f"{local_name(name)} is not a date field.", about=name)
        if measure not in MEASURES:
            message = f"{measure or 'nothing'} is not one of {', '.join(MEASURES)}."
            r.complain("unknown-measure", node, message, about=r.name(node, CP + "measure"))
        derived[node.value] = Derived(node.value, local_name(node.value), r.label(node), start, end, measure)
    return derived
