"""pySHACL as the judge of records: the shapes of a guideline, prepared once.

pySHACL builds every constraint component anew for each record, which is nine tenths of its time. Here they are
built once and evaluated by pySHACL itself; a property shape that can only report values that are there
is not evaluated where its property has none. The verdicts are pySHACL's.
"""

from __future__ import annotations

import logging
import re
import warnings
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import rdflib
from pyshacl.constraints import CONSTRAINT_PARAMETERS_MAP
from pyshacl.constraints.constraint_component import ConstraintComponent
from pyshacl.constraints.sparql.sparql_based_constraints import SPARQLBasedConstraint
from pyshacl.errors import ReportableRuntimeError
from pyshacl.graph_abstraction import DataGraph
from pyshacl.pytypes import SHACLExecutor
from pyshacl.rdfutil.stringify import stringify_blank_node
from pyshacl.shape import Shape
from pyshacl.shapes_graph import ShapesGraph
from rdflib.collection import Collection
from rdflib.namespace import RDF, SH

from lrp_kg.effort import check, for_all_records
from lrp_kg.errors import GuidelineError
from lrp_kg.findings import Finding
from lrp_kg.guideline.files import record_shape_files
from lrp_kg.guideline.index import Node
from lrp_kg.guideline.model import Guideline
from lrp_kg.guideline.rdflib_graph import to_rdflib
from lrp_kg.namespaces import PATIENT_RECORD
from lrp_kg.record.messages import Messages, Result, first_step
from lrp_kg.record.model import Members, RawRecord
from lrp_kg.sparql_parsing import PARSING, prepared

RECORD = rdflib.URIRef(PATIENT_RECORD)
_NEEDS_ABSENT_VALUES = {SH.minCount, SH.hasValue, SH.equals, SH.qualifiedMinCount, SH.uniqueLang}
_COMPARABLE = ({rdflib.XSD.date}, {rdflib.XSD.integer})
"""Types whose literals rdflib compares without raising or warning."""
_OF_TWO_PROPERTIES = {SH.lessThan, SH.lessThanOrEquals}
_NEEDS_VALUE = re.compile(r"[^{]*\{\s*[$?]this\s+[$?]PATH\s+\?value\b")
"""The beginning of a query of a property shape that says nothing of a record without the property."""
_UNUSABLE = (ReportableRuntimeError, NotImplementedError)
"""What pySHACL raises where it cannot use a query of a shape."""
_THIS = rdflib.Variable("this")
_validating = ContextVar("validating", default=False)
_texts_of_blank_nodes: dict[Any, str] = getattr(stringify_blank_node, "dict_cache", {})
"""What pySHACL remembers of blank nodes that it wrote out, of records too, and would never forget."""


@dataclass(frozen=True)
class PreparedShape:
    """A shape with its components; ``skip`` where it says nothing of a record without its path.

    ``demanding`` where it says nothing of such a record but that the path has too few values.
    """

    shape: Shape
    path: rdflib.term.Node | None
    skip: bool
    components: tuple[Any, ...]
    properties: tuple[PreparedShape, ...]
    others: tuple[rdflib.term.Node, ...]
    demanding: bool


@lru_cache
def brief(kind: type[ConstraintComponent]) -> type[ConstraintComponent]:
    """Return a kind of constraint that does not write out what it reports: the whole record, for each problem."""
    silent = {"make_v_result_description": lambda *_, **__: "", "make_generic_messages": lambda *_, **__: []}
    return type(kind.__name__, (kind,), silent)


@lru_cache(maxsize=1000)
def parsed(query: str) -> Any:
    """Return a query of the shapes, parsed once for all records; raise `ReportableRuntimeError` where it is none."""
    with PARSING, for_all_records():
        try:
            found = prepared(query)
        except MemoryError:
            raise
        except Exception as error:  # the parser, and what reads its result, raise errors of many kinds
            raise ReportableRuntimeError(f"a query cannot be read: {error}") from None
    if found.algebra.name != "SelectQuery" or _THIS not in found.algebra.PV:
        raise ReportableRuntimeError("a query does not select $this")
    return found


class Query(SPARQLBasedConstraint):
    """A constraint by queries, each parsed once."""

    def _validate_sparql_query(self, query: str, init_binds: Any, target_graph: DataGraph) -> Any:
        evaluate: Any = super()._validate_sparql_query
        return evaluate(parsed(query), init_binds, target_graph)


def load_judge(guideline: Guideline) -> ShapeJudge:
    """Prepare the shapes of a guideline; raise `GuidelineError` where pySHACL cannot use them."""
    try:
        return ShapeJudge(guideline)
    except (*_UNUSABLE, re.error, LookupError, ValueError) as error:
        raise not_usable(guideline, error) from None


def not_usable(guideline: Guideline, error: Exception) -> GuidelineError:
    """Return that pySHACL cannot use the shapes of a guideline, and why."""
    files = record_shape_files(guideline.folder)
    shapes = str(files[0] if len(files) == 1 else guideline.folder / "shapes")
    finding = Finding("shape-not-usable", f"pySHACL cannot use the shapes: {str(error).rstrip('.')}.", shapes)
    return GuidelineError("The shapes of the guideline cannot be used.", [finding])


class ShapeJudge:
    """Evaluates records against the shapes of a guideline folder."""

    def __init__(self, guideline: Guideline) -> None:
        self._guideline = guideline
        graph = to_rdflib(t for m in guideline.index.modules if not m.is_ontology for t in m.triples)
        self._shapes = ShapesGraph(graph, False, logging.getLogger("lrp_kg.shacl"))
        logging.getLogger("rdflib.term").addFilter(_is_loggable)
        warnings.filterwarnings("ignore", "Parsing weird boolean")  # rdflib warns with the value of a patient
        self.messages = Messages(guideline, self._shapes.graph)
        self._executor = SHACLExecutor(validator=None)
        self._everything = {s.node: s for s in self._shapes.shapes}
        shapes = [s for s in self._shapes.shapes if not s.deactivated]
        self.roots = tuple(self._prepare(s) for s in shapes if list(s.target_nodes()) or self._targets(s))
        self.targets = [self._targets(root.shape) for root in self.roots]
        """For each root: the kind of its target, *class* or *subjects*, with the class or property."""
        self._iri = lru_cache(maxsize=4096)(rdflib.URIRef)
        self._literal = lru_cache(maxsize=20_000)(_literal)

    @staticmethod
    def _targets(shape: Shape) -> list[tuple[str, rdflib.term.Node]]:
        graph = shape.sg.graph
        found = [("class", c) for c in graph.objects(shape.node, SH.targetClass)]
        return found + [("subjects", p) for p in graph.objects(shape.node, SH.targetSubjectsOf)]

    def _prepare(self, shape: Shape) -> PreparedShape:
        graph = shape.sg.graph
        parameters = [p for p in graph.predicates(shape.node) if p in CONSTRAINT_PARAMETERS_MAP]
        kinds = dict.fromkeys(CONSTRAINT_PARAMETERS_MAP[p] for p in parameters if p != SH.property)
        inner = [self._everything[n] for n in sorted(graph.objects(shape.node, SH.property), key=str)]
        first = first_step(graph, graph.value(shape.node, SH.path))  # a sequence path is empty where its first step is
        queries = [str(q) for c in graph.objects(shape.node, SH.sparql) for q in graph.objects(c, SH.select)]
        needs = _NEEDS_ABSENT_VALUES.intersection(parameters)
        present = first is not None and not inner and all(map(_NEEDS_VALUE.match, queries))
        components = tuple(brief(Query if kind is SPARQLBasedConstraint else kind)(shape) for kind in kinds)
        return PreparedShape(
            shape,
            first,
            skip=present and not needs,
            components=components,
            properties=tuple(self._prepare(s) for s in inner if not s.deactivated),
            others=tuple(o for p in _OF_TWO_PROPERTIES for o in graph.objects(shape.node, p)),
            demanding=present and needs == {SH.minCount} and first == graph.value(shape.node, SH.path),
        )

    # -- records as graphs ----------------------------------------------------------------------

    def graph_of(self, raw: RawRecord) -> tuple[rdflib.Graph, rdflib.term.Node]:
        """Return a record as an rdflib graph, and its node."""
        graph = rdflib.Graph(bind_namespaces="none")
        subject: rdflib.term.Node = self._subject(raw)
        graph.add((subject, RDF.type, RECORD))
        for predicate, value in raw.entries:
            if not isinstance(value, Members):
                node = self._term(value)
            elif value.nodes:
                node = Collection(graph, rdflib.BNode(), [self._term(v) for v in value.nodes]).uri
            else:
                node = RDF.nil
            graph.add((subject, self._iri(predicate), node))
        return graph, subject

    @staticmethod
    def _is_nameless(raw: RawRecord) -> bool:
        return not raw.subject or raw.subject.startswith("_:")

    def _subject(self, raw: RawRecord) -> rdflib.term.Node:
        return rdflib.BNode() if self._is_nameless(raw) else rdflib.URIRef(raw.subject)

    def _term(self, node: Node) -> rdflib.term.Node:
        if node.kind == "iri":
            return self._iri(node.value)
        return rdflib.BNode(node.value) if node.is_blank else self._literal(node)

    # -- evaluating -----------------------------------------------------------------------------

    def results(self, raw: RawRecord, entries: tuple[tuple[str, Node | Members], ...] | None = None) -> list[Result]:
        """Return what pySHACL reports of some entries of a record, or of all; the whole says which shapes apply.

        Raises `GuidelineError` where it cannot use a query of a shape.
        """
        token = _validating.set(True)
        try:
            graph, subject = self.graph_of(raw if entries is None else RawRecord(raw.subject, entries))
            return self._evaluated(raw, graph, subject)
        except _UNUSABLE as error:
            raise not_usable(self._guideline, error) from None
        finally:
            _validating.reset(token)
            _texts_of_blank_nodes.clear()

    def _evaluated(self, raw: RawRecord, graph: rdflib.Graph, subject: rdflib.term.Node) -> list[Result]:
        whole = {self._iri(predicate) for predicate, _ in raw.entries}
        present = set(graph.predicates(subject))
        data = DataGraph.from_rdflib_graph(graph)
        results: list[Result] = []
        for root, targets in zip(self.roots, self.targets, strict=True):
            for kind, target in targets:
                if (kind == "class" and target == RECORD) or (kind == "subjects" and target in whole):
                    self._evaluate(root, data, subject, present, results)
                    break
        return results

    def _evaluate(
        self,
        prepared: PreparedShape,
        data: DataGraph,
        subject: rdflib.term.Node,
        present: set[rdflib.term.Node],
        results: list[Result],
    ) -> None:
        if prepared.skip and prepared.path not in present:
            return
        check()
        if prepared.components:
            values = prepared.shape.value_nodes(data, [subject])
            for component in prepared.components:
                if prepared.others and self._incomparable(prepared, data, subject):
                    continue  # the type of such a date is reported by its own shape
                conforms, reports = component.evaluate(self._executor, data, values, [prepared.shape, component])
                if not conforms:
                    results += reports
        for inner in prepared.properties:
            self._evaluate(inner, data, subject, present, results)

    @staticmethod
    def _incomparable(prepared: PreparedShape, data: DataGraph, subject: rdflib.term.Node) -> bool:
        """Return whether a pair of values cannot be compared: rdflib would raise, or warn and say false."""
        found = [o for p in (prepared.path, *prepared.others) for o in data.objects(subject, p)]
        literals = [o for o in found if isinstance(o, rdflib.Literal) and not o.ill_typed]
        return len(literals) != len(found) or {o.datatype for o in literals} not in _COMPARABLE


def _is_loggable(_: logging.LogRecord) -> bool:
    """Keep rdflib from logging ill-typed values of a patient while a record is validated."""
    return not _validating.get()


def _literal(node: Node) -> rdflib.Literal:
    if node.language:
        return rdflib.Literal(node.value, lang=node.language)
    # as it was sent: rdflib would rewrite 2024-01-31Z to 2024-01-31, and the pattern would not see it
    return rdflib.Literal(node.value, datatype=rdflib.URIRef(node.datatype), normalize=False)
