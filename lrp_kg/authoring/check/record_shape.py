"""Holds the shape of records and the ontology against each other: fields and value lists.

A field, or a value of a list, is written in more than one place; what one of them lacks can never be sent.
"""

from __future__ import annotations

from collections.abc import Iterator

from lrp_kg.findings import Finding
from lrp_kg.guideline.index import Graph, Node, iri
from lrp_kg.guideline.model import Field, Guideline
from lrp_kg.namespaces import OWL, PATIENT_RECORD, RDF, RDFS, SH, local_name


def record_shape_findings(guideline: Guideline) -> Iterator[Finding]:
    """Yield fields and values that the shapes or the ontology lack."""
    return _RecordShape(guideline).findings()


class _RecordShape:
    """The shapes of a record, beside the fields of the ontology."""

    def __init__(self, guideline: Guideline) -> None:
        self.fields = guideline.fields
        self.graph: Graph = guideline.index.graph
        self.positions = guideline.index.positions
        self.known = guideline.bounded
        self.expanded = {v.expands_to for f in self.fields.values() for v in f.values if v.expands_to}

    def findings(self) -> Iterator[Finding]:
        """Yield every finding."""
        shapes = self._shapes_of_records()
        closed = [s for s in shapes if any(o.value in ("true", "1") for o in self.graph.all(s, SH + "closed"))]
        for shape in closed:
            yield from self._fields_left_out(shape)
        yield from self._unknown_paths()
        for field in self.fields.values():
            yield from self._kind(field)
            if field.values:
                yield from self._values(field)

    def _shapes_of_records(self) -> list[Node]:
        return [
            node
            for node in self.graph.by_subject
            if any(t.value == PATIENT_RECORD for t in self.graph.all(node, SH + "targetClass"))
        ]

    def _fields_left_out(self, shape: Node) -> Iterator[Finding]:
        """Yield fields that a closed shape of records does not name: a record with one of them is refused."""
        properties = {p.value: p for p in self.graph.all(shape, SH + "property")}
        paths = {path.value for p in properties.values() for path in self.graph.all(p, SH + "path")}
        loose = {
            path.value: node.value
            for node in self.graph.by_subject
            for path in self.graph.all(node, SH + "path")
            if not node.is_blank and node.value not in properties
        }
        for field in self.fields.values():
            if field.iri in paths:
                continue
            name = local_name(field.iri)
            if field.iri in loose:
                own = local_name(loose[field.iri])
                fix = f"Its shape {own} is there: add it to sh:property of {local_name(shape.value)}."
            else:
                fix = f"Add a property shape with sh:path {name}, and name it in its sh:property."
            yield Finding(
                "field-not-in-shape",
                f"{name}: is a field, but {local_name(shape.value)} does not name it, so a record with it is "
                f"refused. {fix}",
                self.positions.where(field.iri),
                term=field.iri,
            )

    def _unknown_paths(self) -> Iterator[Finding]:
        """Yield shapes of something that is no field of a record."""
        readable = self.fields.keys() | self.known.keys() | self.expanded
        for shape in self._shapes_of_records():
            for node in self.graph.all(shape, SH + "property"):
                for path in self.graph.all(node, SH + "path"):
                    if not path.is_blank and path.value not in readable:
                        yield Finding(
                            "shape-for-no-field",
                            f"{local_name(node.value)}: {local_name(path.value)} is no field. Declare it as a "
                            "cp:Field, correct the name, or remove the shape.",
                            self.positions.where(node.value),
                            value=path.value,
                            term=node.value,
                        )

    def _kind(self, field: Field) -> Iterator[Finding]:
        """Yield that OWL takes the values of a field for terms where they are literals, or the other way round."""
        right, wrong = "ObjectProperty", "DatatypeProperty"
        if not field.values:
            right, wrong = wrong, right
        if iri(OWL + wrong) in self.graph.all(iri(field.iri), RDF + "type"):
            found = "terms of a value list" if field.values else f"of the kind {field.kind}"
            message = f"{local_name(field.iri)}: is an owl:{wrong}, but its values are {found}. Make it an owl:{right}."
            yield Finding("field-type-differs", message, self.positions.where(field.iri), term=field.iri)

    def _values(self, field: Field) -> Iterator[Finding]:
        """Yield values of a list that one of its places lacks."""
        members = {v.iri for v in field.values}
        name = local_name(field.iri)
        for list_class in self.graph.all(iri(field.iri), RDFS + "range"):
            own, listed = local_name(list_class.value), self._one_of(list_class)
            if listed is None:
                continue
            for value in sorted(members - listed):
                message = f"{local_name(value)}: is a {own}, but its owl:oneOf does not name it. Add it there."
                yield Finding("value-not-in-list", message, self.positions.where(value), term=value)
        for shape, allowed in self._allowed(field.iri):
            where = self.positions.where(shape.value)
            for value in sorted(members - allowed):
                message = (
                    f"{local_name(shape.value)}: sh:in lacks {local_name(value)}, a value of {name}, so a record "
                    "with it is refused. Add it."
                )
                yield Finding("value-not-in-shape", message, where, value=value, term=shape.value)
            fix = f"which is no value of {name}. Correct the name, declare the value, or take it out."
            yield from self._undeclared(shape, "sh:in", allowed - members, fix)

    def _undeclared(self, place: Node, where: str, values: set[str], fix: str) -> Iterator[Finding]:
        """Yield values that a class or shape lists and that are none."""
        for value in sorted(values):
            message = f"{local_name(place.value)}: {where} names {local_name(value)}, {fix}"
            where = self.positions.where(place.value)
            yield Finding("value-not-declared", message, where, value=value, term=place.value)

    def _one_of(self, list_class: Node) -> set[str] | None:
        heads = [
            head
            for definition in self.graph.all(list_class, OWL + "equivalentClass")
            for head in self.graph.all(definition, OWL + "oneOf")
        ]
        return {node.value for head in heads for node in self.graph.items(head)} if heads else None

    def _allowed(self, field: str) -> Iterator[tuple[Node, set[str]]]:
        """Yield the shapes that list the values of a field, or of the members of its list."""
        for node in self.graph.by_subject:
            for path in self.graph.all(node, SH + "path"):
                first = next(self.graph.items(path), path) if path.is_blank else path
                heads = self.graph.all(node, SH + "in")
                if first.value == field and heads and not node.is_blank:
                    yield node, {item.value for head in heads for item in self.graph.items(head)}
