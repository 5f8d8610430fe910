"""Checks that the shapes of records can be used, and that records are validated by them."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pyoxigraph as ox

from lrp_kg.findings import Finding
from lrp_kg.guideline.files import record_shape_files
from lrp_kg.guideline.index import Graph, Node, iri
from lrp_kg.guideline.model import Field, Guideline
from lrp_kg.namespaces import PATIENT_RECORD, RDF, SH, XSD, local_name

_OTHER_SHAPES = ("or", "and", "xone", "node")
"""What can restrict the values of a property elsewhere than in its own shape."""
_DAY = "2026-01-31"
"""A date as it is written."""
_PATH, _THIS, _SHAPES_GRAPH = (re.compile(rf"[$?]{name}\b") for name in ("PATH", "this", "shapesGraph"))
"""Variables that a query of a shape is given."""
_BOUNDS = ("minInclusive", "maxInclusive", "minExclusive", "maxExclusive")


def usable_shape_findings(guideline: Guideline) -> Iterator[Finding]:
    """Yield what keeps an engine from using the shapes of records, or a record from being validated by them."""
    return _UsableShapes(guideline).findings()


class _UsableShapes:
    """The shapes of records by themselves."""

    def __init__(self, guideline: Guideline) -> None:
        self.fields = guideline.fields
        self.graph: Graph = guideline.index.graph
        self.positions = guideline.index.positions
        files = record_shape_files(guideline.folder)
        self.files = str(files[0] if len(files) == 1 else guideline.folder / "shapes")
        self.named = {o.value for node in self.graph.by_subject.values() for os in node.values() for o in os}
        self.shapes: dict[tuple[str, bool], list[Node]] = {}
        for node, predicates in self.graph.by_subject.items():
            for path in predicates.get(SH + "path", []) if node.value in self.named else ():
                first = next(self.graph.items(path), path) if path.is_blank else path
                self.shapes.setdefault((first.value, path.is_blank), []).append(node)

    def findings(self) -> Iterator[Finding]:
        """Yield every finding."""
        yield from self._of_records()
        yield from self._without_effect()
        yield from self._paths()
        yield from self._patterns()
        yield from self._queries()
        for field in self.fields.values():
            yield from self._too_wide(field)
            yield from self._demanded(field)
            if field.kind == "integer":
                yield from self._bounds(field)
        yield from self._no_shapes()

    def complain(self, name: str, node: Node, message: str, value: str | None = None) -> Finding:
        where = self.positions.where(node.value) or self.files
        return Finding(name, f"{local_name(node.value)}: {message}", where, value=value, term=node.value)

    def _of_records(self) -> Iterator[Finding]:
        """Yield that no shape is about records, or that none of those that are refuses what it does not know."""
        shapes = [n for n, o in self.graph.by_subject.items() if iri(PATIENT_RECORD) in o.get(SH + "targetClass", [])]
        if not shapes:
            outer = [n for n, o in self.graph.by_subject.items() if SH + "property" in o and n.value not in self.named]
            message = "no shape has sh:targetClass cp:PatientRecord, so that no record is validated. Add it."
            largest = max(outer, key=lambda node: len(self.graph.all(node, SH + "property")), default=None)
            if largest is None:
                yield Finding("shape-not-usable", message, self.files)
            else:
                yield self.complain("shape-not-usable", largest, message)
        elif not any(o.value in ("true", "1") for node in shapes for o in self.graph.all(node, SH + "closed")):
            message = "accepts fields that it does not know. Write sh:closed true ; sh:ignoredProperties ( rdf:type )."
            yield self.complain("shape-not-closed", shapes[0], message)

        for node in shapes:
            ignored = [n for head in self.graph.all(node, SH + "ignoredProperties") for n in self.graph.items(head)]
            if (
                any(o.value in ("true", "1") for o in self.graph.all(node, SH + "closed"))
                and iri(RDF + "type") not in ignored
            ):
                message = "refuses every record, since each has a type. Write sh:ignoredProperties ( rdf:type )."
                yield self.complain("shape-not-usable", node, message)

    def _without_effect(self) -> Iterator[Finding]:
        """Yield shapes that are switched off, or that only warn: they refuse no record."""
        for node in self.graph.by_subject:
            if any(o.value in ("true", "1") for o in self.graph.all(node, SH + "deactivated")):
                yield self.complain("shape-without-effect", node, "is switched off by sh:deactivated. Take it out.")
            for severity in self.graph.all(node, SH + "severity"):
                if severity.value != SH + "Violation":
                    message = f"has sh:severity sh:{local_name(severity.value)}, but a record is valid or refused. "
                    yield self.complain("shape-without-effect", node, message + "Take sh:severity out.")

    def _paths(self) -> Iterator[Finding]:
        """Yield shapes of a property that are of none, or of several."""
        of_properties = self.graph.instances(SH + "PropertyShape")
        for node, predicates in self.graph.by_subject.items():
            paths = [local_name(path.value) for path in predicates.get(SH + "path", [])]
            if len(paths) > 1:
                message = f"has {len(paths)} sh:path: {', '.join(paths)}. Write a shape for each."
                yield self.complain("shape-not-usable", node, message)
            elif not paths and node in of_properties:
                yield self.complain("shape-not-usable", node, "has no sh:path. Name the property that it is about.")

    def _demanded(self, field: Field) -> Iterator[Finding]:
        """Yield that the shape of every record demands a field."""
        for node in (p for n in self._closed() for p in self.graph.all(n, SH + "property")):
            demands = any(o.value != "0" for o in self.graph.all(node, SH + "minCount"))
            if demands and iri(field.iri) in self.graph.all(node, SH + "path"):
                message = "demands the field by sh:minCount, but a field that is absent is unknown. Take it out."
                yield self.complain("shape-demands-field", node, message)

    def _closed(self) -> list[Node]:
        """Return the shapes that say which properties a record can have."""
        records = (n for n, o in self.graph.by_subject.items() if iri(PATIENT_RECORD) in o.get(SH + "targetClass", []))
        return [n for n in records if any(o.value in ("true", "1") for o in self.graph.all(n, SH + "closed"))]

    def _patterns(self) -> Iterator[Finding]:
        for node, predicates in self.graph.by_subject.items():
            for pattern in predicates.get(SH + "pattern", []):
                try:
                    read = re.compile(pattern.value)
                    if iri(XSD + "date") in predicates.get(SH + "datatype", []) and not read.search(_DAY):
                        message = f"the sh:pattern {pattern.value!r} refuses every date: one is written {_DAY}."
                        yield self.complain("shape-not-usable", node, message)
                except re.error as error:
                    message = f"the sh:pattern {pattern.value!r} cannot be used: {error}."
                    yield self.complain("shape-not-usable", node, message)

    def _queries(self) -> Iterator[Finding]:
        """Yield queries of shapes that cannot be used, or that no record can be refused by."""
        for node, predicates in self.graph.by_subject.items():
            for constraint in predicates.get(SH + "sparql", []):
                for select in self.graph.all(constraint, SH + "select"):
                    if problem := self._problem_of(constraint, select.value):
                        yield self.complain("shape-not-usable", node, problem)

    def _problem_of(self, constraint: Node, select: str) -> str:
        """Return what is wrong with the query of a constraint; empty where nothing is."""
        try:
            found = ox.Store().query(_PATH.sub("<urn:path>", select), prefixes=self._prefixes(constraint))
        except SyntaxError as error:
            return f"its sh:select cannot be used: {error}."
        if not isinstance(found, ox.QuerySolutions):
            return "its sh:select is no SELECT query. Write SELECT $this WHERE { ... }."
        if ox.Variable("this") not in found.variables:
            return "its sh:select does not select $this, the record, so that it refuses none. Write SELECT $this."
        if not _THIS.search(select.partition("{")[2]):
            return "its sh:select asks nothing of $this, the record, so that it says the same of all. Name $this in it."
        if _SHAPES_GRAPH.search(select):
            return "its sh:select has $shapesGraph, which pySHACL does not give it. Take it out."
        return ""

    def _prefixes(self, constraint: Node) -> dict[str, str]:
        declared = [d for n in self.graph.all(constraint, SH + "prefixes") for d in self.graph.all(n, SH + "declare")]
        pairs = [(self.graph.one(d, SH + "prefix"), self.graph.one(d, SH + "namespace")) for d in declared]
        return {prefix.value: namespace.value for prefix, namespace in pairs if prefix and namespace}

    def _too_wide(self, field: Field) -> Iterator[Finding]:
        """Yield a shape that accepts two values of a field that has one, or what is none of its values."""
        own, members = self.shapes.get((field.iri, False), []), self.shapes.get((field.iri, True), [])
        if not own:
            return
        if not any(o.value in ("0", "1") for n in own for o in self.graph.all(n, SH + "maxCount")):
            yield self.complain("shape-too-wide", own[0], "accepts several values in one record. Write sh:maxCount 1.")
        shapes = members or own if field.kind == "values" else own
        part = "in" if field.values else "datatype"
        if not any(SH + name in self.graph.of(n) for n in shapes for name in (part, *_OTHER_SHAPES)):
            fix = "sh:in with the values of its list" if field.values else "the sh:datatype of the field"
            yield self.complain("shape-too-wide", shapes[0], f"accepts what is no value of the field. Write {fix}.")

    def _bounds(self, field: Field) -> Iterator[Finding]:
        """Yield bounds of the shapes of a number that are none, or between which there is none."""
        own = [n for n, o in self.graph.by_subject.items() if iri(field.iri) in o.get(SH + "path", [])]
        for node in own:
            for bound in _BOUNDS:
                for limit in (b for b in self.graph.all(node, SH + bound) if not b.is_integer):
                    kind = f"an xsd:{local_name(limit.datatype or 'string')}"
                    message = f"sh:{bound} is {limit.value!r}, {kind}. Write a whole number, without quotes."
                    yield self.complain("shape-not-usable", node, message)
        if field.low is not None and field.high is not None and field.low > field.high:
            node = next((n for n in own if self.graph.all(n, SH + "maxInclusive")), iri(field.iri))
            message = f"no number is at least {field.low} and at most {field.high}. Correct one of the two bounds."
            yield self.complain("shape-not-usable", node, message)

    def _no_shapes(self) -> Iterator[Finding]:
        """Yield what a shape names as a shape and is none: no engine can go on from there."""
        for node, predicates in self.graph.by_subject.items():
            for part in ("property", "node"):
                for target in predicates.get(SH + part, []):
                    if not self.graph.of(target):
                        name = local_name(target.value)
                        message = f"sh:{part} names {name}, which is no shape. Write it, or correct the name."
                        yield self.complain("shape-not-usable", node, message, value=target.value)
