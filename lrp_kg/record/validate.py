"""SHACL validation of records with pySHACL: shapes prepared once, every problem reported at once in four languages.

pySHACL builds every constraint component anew for each record, which is nine tenths of its time. Here they are
built once and evaluated by pySHACL itself; a property shape that can only report values that are there
is not evaluated where its property has none. The verdicts are pySHACL's.

What pySHACL found conforming is remembered by value: where every constraint looks at one value, at the presence of
a property, at a pair of values (of two days at their order), or at the properties that a query names, a record whose
every value and combination was in conforming records conforms too, and of another only the properties whose values
are new are evaluated.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Hashable, Iterable
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
from rdflib.plugins.sparql import prepareQuery

from lrp_kg.effort import check, for_all_records
from lrp_kg.errors import GuidelineError
from lrp_kg.findings import Finding
from lrp_kg.guideline.files import record_shape_files
from lrp_kg.guideline.index import Node
from lrp_kg.guideline.model import Guideline
from lrp_kg.guideline.rdflib_graph import to_rdflib
from lrp_kg.namespaces import PATIENT_RECORD, local_name
from lrp_kg.record.bounds import Bounds
from lrp_kg.record.limits import capped
from lrp_kg.record.messages import Messages, Result, first_step
from lrp_kg.record.model import Members, RawRecord

_RECORD = rdflib.URIRef(PATIENT_RECORD)
_NEEDS_ABSENT_VALUES = {SH.minCount, SH.hasValue, SH.equals, SH.qualifiedMinCount, SH.uniqueLang}
_OF_ONE_PROPERTY = {
    "InConstraintComponent",
    "DatatypeConstraintComponent",
    "PatternConstraintComponent",
    "NodeKindConstraintComponent",
    "OrConstraintComponent",
    "MaxCountConstraintComponent",
    "MinInclusiveConstraintComponent",
    "MaxInclusiveConstraintComponent",
    "MinExclusiveConstraintComponent",
    "MaxExclusiveConstraintComponent",
    "MinLengthConstraintComponent",
    "MaxLengthConstraintComponent",
}
"""Components that look at the values of their own path only, so that their verdict can be remembered by value."""
_OF_TYPE = {"DatatypeConstraintComponent", "NodeKindConstraintComponent", "MaxCountConstraintComponent"}
"""Components that say the same of every text: of any value of the type xsd:string, which has no ill-formed ones."""
_COMPARABLE = ({rdflib.XSD.date}, {rdflib.XSD.integer})
"""Types whose literals rdflib compares without raising or warning."""
_OF_TWO_PROPERTIES = {SH.lessThan, SH.lessThanOrEquals}
_QUERY = "SPARQLConstraintComponent"
_NEEDS_VALUE = "$this $PATH ?value"
"""In a query of a property shape: it says nothing of a record without the property."""
_READS_ANY = re.compile(r"[?$](?!PATH\b)\w+\s+[?$](?!PATH\b)|[!^]")
"""In the pattern of a query: a property may be a variable, negated or inverse."""
_ABSENCE = re.compile(r"NOT\s+EXISTS|MINUS|OPTIONAL|COALESCE|BOUND", re.IGNORECASE)
"""In the text of a query: what is not there can matter."""
_PRESENCE = re.compile(
    r"\s*SELECT\s+\$this\s+\?value\s+WHERE\s*\{\s*\$this\s+\$PATH\s+\?value\s*\.?"
    r"\s*FILTER\s+NOT\s+EXISTS\s*\{\s*\$this\s+\S+\s+\?(?!value\b)\w+\s*\.?\s*\}\s*\.?\s*\}\s*"
)
"""A query that asks only whether another property is there."""
_NAME = re.compile(r"(\w*):([\w-]+)|<([^<>\s]*)>")
_DATE, _STRING = str(rdflib.XSD.date), str(rdflib.XSD.string)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
"""Days whose texts are in the order of time; whether the calendar has them is for their own shape."""
_validating = ContextVar("validating", default=False)
_texts_of_blank_nodes: dict[Any, str] = getattr(stringify_blank_node, "dict_cache", {})
"""What pySHACL remembers of blank nodes that it wrote out, of records too, and would never forget."""
MEMORY = 500_000
"""Remembered values and pairs, after which they are dropped."""


@dataclass(frozen=True)
class _Prepared:
    """A shape with its components; ``skip`` where it says nothing of a record without its path."""

    shape: Shape
    path: rdflib.term.Node | None
    skip: bool
    components: tuple[Any, ...]
    properties: tuple[_Prepared, ...]
    others: tuple[rdflib.term.Node, ...]
    reads: frozenset[str] | None
    """Names in its queries, the properties that they read among them; ``None`` where there are none to name."""


@dataclass(frozen=True)
class ConformanceRules:
    """What the conformance of a record depends on, beside its shapes; properties by IRI.

    ``of_value`` are those of which a constraint looks at more than the type of a value, ``joined`` those of which one
    looks at several values together (``by_presence``: only at whether they are there), ``ordered`` pairs of which one
    compares the values. ``triggers`` are properties whose presence makes more shapes apply, to ``conditional`` ones.
    Where it is not ``rememberable``, constraints look at more than that.
    """

    rememberable: bool
    of_value: frozenset[str]
    joined: tuple[tuple[str, ...], ...]
    by_presence: frozenset[tuple[str, ...]]
    ordered: frozenset[tuple[str, str]]
    triggers: tuple[str, ...]
    conditional: frozenset[str]


def load_validator(guideline: Guideline) -> Validator:
    """Prepare the shapes of a guideline; raise `GuidelineError` where pySHACL cannot use them."""
    try:
        return Validator(guideline)
    except (ReportableRuntimeError, re.error, LookupError, ValueError) as error:
        files = record_shape_files(guideline.folder)
        shapes = str(files[0] if len(files) == 1 else guideline.folder / "shapes")
        finding = Finding("shape-not-usable", f"pySHACL cannot use the shapes: {error}.", shapes)
        raise GuidelineError("The shapes of the guideline cannot be used.", [finding]) from None


@lru_cache
def brief(kind: type[ConstraintComponent]) -> type[ConstraintComponent]:
    """Return a kind of constraint that does not write out what it reports: the whole record, for each problem."""
    silent = {"make_v_result_description": lambda *_, **__: "", "make_generic_messages": lambda *_, **__: []}
    return type(kind.__name__, (kind,), silent)


@lru_cache(maxsize=1000)
def parsed(query: str) -> Any:
    """Return a query of the shapes, parsed once for all records."""
    with for_all_records():
        return prepareQuery(query)


class Query(SPARQLBasedConstraint):
    """A constraint by queries, each parsed once."""

    def _validate_sparql_query(self, query: str, init_binds: Any, target_graph: DataGraph) -> Any:
        evaluate: Any = super()._validate_sparql_query
        return evaluate(parsed(query), init_binds, target_graph)

    def read(self, path: rdflib.term.Node | None) -> frozenset[str] | None:
        """Return the names in the queries, the properties that they read among them; ``None`` where it can be any."""
        found = {str(path)}
        for query in self.sparql_constraints:
            body = query.select_text.partition("{")[2]
            if _READS_ANY.search(body):
                return None
            prefixes = {str(prefix): str(namespace) for prefix, namespace in query.prefixes.items()}
            found.update(iri or prefixes.get(prefix, "") + local for prefix, local, iri in _NAME.findall(body))
        return frozenset(found)


class Validator:
    """Validates records against the shapes of a guideline folder."""

    def __init__(self, guideline: Guideline) -> None:
        self.guideline = guideline
        graph = to_rdflib(t for m in guideline.index.modules if not m.is_ontology for t in m.triples)
        self._shapes = ShapesGraph(graph, False, logging.getLogger("lrp_kg.shacl"))
        logging.getLogger("rdflib.term").addFilter(_is_loggable)
        self._messages = Messages(guideline, self._shapes.graph)
        self._bounds = Bounds(guideline, self._messages)
        self._executor = SHACLExecutor(validator=None)
        self._everything = {s.node: s for s in self._shapes.shapes}
        shapes = self._everything.values()
        self._roots = tuple(self._prepare(s) for s in shapes if list(s.target_nodes()) or self._targets(s))
        self._targets_by_root = [self._targets(root.shape) for root in self._roots]
        self._conditional: dict[str, tuple[int, ...]] = {}
        self._joined: list[tuple[str, ...]] = []
        """Properties whose values a constraint looks at together."""
        self._ordered: set[tuple[str, str]] = set()
        """Pairs of properties of which a constraint only compares the values."""
        self._needing: set[tuple[str, ...]] = set()
        """Those of them of which a constraint may demand one where another is."""
        self._by_presence: set[tuple[str, ...]] = set()
        """Those of them of which a constraint only looks at whether they are there."""
        self._by_value: set[tuple[str, ...]] = set()
        """Those of them of which a constraint looks at more."""
        self._of_value: set[str] = set()
        """Properties of which a constraint looks at more than the type of a value."""
        self._rememberable = all([self._examine(number) for number in range(len(self._roots))])
        self._conforming: set[Hashable] = set()
        self._iri = lru_cache(maxsize=4096)(rdflib.URIRef)
        self._literal = lru_cache(maxsize=20_000)(_literal)

    @staticmethod
    def _targets(shape: Shape) -> list[tuple[str, rdflib.term.Node]]:
        graph = shape.sg.graph
        found = [("class", c) for c in graph.objects(shape.node, SH.targetClass)]
        return found + [("subjects", p) for p in graph.objects(shape.node, SH.targetSubjectsOf)]

    def _prepare(self, shape: Shape) -> _Prepared:
        graph = shape.sg.graph
        parameters = [p for p in graph.predicates(shape.node) if p in CONSTRAINT_PARAMETERS_MAP]
        kinds = dict.fromkeys(CONSTRAINT_PARAMETERS_MAP[p] for p in parameters if p != SH.property)
        inner = [self._everything[n] for n in sorted(graph.objects(shape.node, SH.property), key=str)]
        first = first_step(graph, graph.value(shape.node, SH.path))  # a sequence path is empty where its first step is
        queries = [str(q) for c in graph.objects(shape.node, SH.sparql) for q in graph.objects(c, SH.select)]
        absent = _NEEDS_ABSENT_VALUES.intersection(parameters) or not all(_NEEDS_VALUE in q for q in queries)
        skip = first is not None and not absent and not inner
        others = tuple(o for p in _OF_TWO_PROPERTIES for o in graph.objects(shape.node, p))
        components = tuple(brief(Query if kind is SPARQLBasedConstraint else kind)(shape) for kind in kinds)
        prepared = tuple(self._prepare(s) for s in inner)
        reads = next((c.read(first) for c in components if isinstance(c, Query)), None)
        return _Prepared(shape, first, skip, components, properties=prepared, others=others, reads=reads)

    # -- remembering --------------------------------------------------------------------------

    def _examine(self, number: int) -> bool:
        """Return whether the verdicts of a root shape can be remembered by value, and note its pairs."""
        root = self._roots[number]
        for kind, target in self._targets_by_root[number]:
            if kind == "class" and target != _RECORD:
                return False
            if kind == "subjects":
                for prepared in root.properties:
                    if prepared.path is None:
                        return False
                    known = self._conditional.get(str(prepared.path), ())
                    self._conditional[str(prepared.path)] = (*known, number)
        names = {local_name(str(c.shacl_constraint_component)) for c in root.components}
        if not names <= {"ClosedConstraintComponent", "NodeKindConstraintComponent"}:
            return False
        return all([self._examine_property(prepared) for prepared in root.properties])

    def _examine_property(self, prepared: _Prepared) -> bool:
        if not prepared.skip or prepared.properties:
            return False
        for component in prepared.components:
            name = local_name(str(component.shacl_constraint_component))
            if name not in _OF_TYPE:
                self._of_value.add(str(prepared.path))
            if name in _OF_ONE_PROPERTY:
                continue
            if name == _QUERY and prepared.reads is not None:
                self._joined.append(tuple(sorted(prepared.reads)))
                texts = [q.select_text for q in component.sparql_constraints]
                if any(map(_ABSENCE.search, texts)):
                    self._needing.add(self._joined[-1])
                alone = all(map(_PRESENCE.fullmatch, texts))
                (self._by_presence if alone else self._by_value).add(self._joined[-1])
                continue
            if not prepared.others or not name.startswith("LessThan"):
                return False
            self._ordered.update((str(prepared.path), str(other)) for other in prepared.others)
        return True

    def _keys(self, raw: RawRecord) -> dict[Hashable, tuple[str, ...]] | None:
        """Return what the conformance of a record depends on, with the properties; ``None``: cannot be remembered."""
        values = dict(raw.entries)
        if raw.stray or len(values) != len(raw.entries) or not self._rememberable:
            return None
        active = tuple(
            number
            for number, targets in enumerate(self._targets_by_root)
            if any(kind == "subjects" and str(target) in values for kind, target in targets)
        )
        keys: dict[Hashable, tuple[str, ...]] = {("", self._is_nameless(raw), active): ()}
        for predicate, value in raw.entries:
            if isinstance(value, Node) and value.is_blank:
                return None
            roots = self._conditional.get(predicate)
            free = predicate not in self._of_value and isinstance(value, Node) and value.datatype == _STRING
            said: Hashable = _STRING if free else value
            key = (predicate, said, tuple(r for r in roots if r in active)) if roots else (predicate, said)
            keys[key] = (predicate,)
        for several in self._joined:
            there = tuple(name for name in several if name in values)
            if len(there) > 1 or (there and several in self._needing):
                keys[several, tuple(values.get(name) for name in several)] = there
        for pair in self._ordered:
            a, b = (values.get(name) for name in pair)
            if a is not None and b is not None:
                keys[pair, _order(a, b) or (a, b)] = pair
        return keys

    def _new_part_conforms(self, raw: RawRecord, new: Iterable[tuple[str, ...]]) -> bool:
        """Return whether the properties of a record conform whose values, alone or as a pair, are new."""
        predicates = {predicate for several in new for predicate in several}
        entries = tuple((predicate, value) for predicate, value in raw.entries if predicate in predicates)
        return not self._results(raw, entries)

    @property
    def rules(self) -> ConformanceRules:
        """What the conformance of a record depends on."""
        targets = [target for own in self._targets_by_root for kind, target in own if kind == "subjects"]
        return ConformanceRules(
            rememberable=self._rememberable,
            of_value=frozenset(self._of_value),
            joined=tuple(dict.fromkeys(self._joined)),
            by_presence=frozenset(self._joined).intersection(self._by_presence).difference(self._by_value),
            ordered=frozenset(self._ordered),
            triggers=tuple(dict.fromkeys(map(str, targets))),
            conditional=frozenset(self._conditional),
        )

    # -- data ---------------------------------------------------------------------------------

    def graph_of(self, raw: RawRecord) -> tuple[rdflib.Graph, rdflib.term.Node]:
        """Return a record as an rdflib graph, and its node."""
        graph = rdflib.Graph(bind_namespaces="none")
        subject: rdflib.term.Node = self._subject(raw)
        graph.add((subject, RDF.type, _RECORD))
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

    # -- validating -----------------------------------------------------------------------------

    def findings(self, raw: RawRecord) -> list[Finding]:
        """Return every problem of a record, in the order of its fields; empty where it is valid."""
        if not self._bounds.fit(raw):
            return self._with_bounds(raw)
        keys = self._keys(raw)
        if keys is not None:
            new = [predicates for key, predicates in keys.items() if key not in self._conforming]
            if not new:
                return []
            if len(new) < len(keys) and self._new_part_conforms(raw, new):
                self._remember(keys)
                return []
        results = self._results(raw)
        if not results:
            if keys is not None:
                self._remember(keys)
            return []
        return capped(self._messages.ordered(self._messages.of_results(results, raw), raw))

    def _with_bounds(self, raw: RawRecord) -> list[Finding]:
        """Return every problem of a record of which something is wrong before SHACL sees the rest."""
        bounded = self._bounds.examine(raw)
        found = bounded.findings
        if bounded.rest is not None:
            of_shapes = self._messages.of_results(self._results(bounded.rest), bounded.rest)
            found = found + [f for f in of_shapes if f.field not in bounded.spoiled]
        return capped(self._messages.ordered(found, raw), bounded.unlisted)

    def _remember(self, keys: Iterable[Hashable]) -> None:
        if len(self._conforming) > MEMORY:
            self._conforming.clear()
        self._conforming.update(keys)

    def _results(self, raw: RawRecord, entries: tuple[tuple[str, Node | Members], ...] | None = None) -> list[Result]:
        """Return what pySHACL reports of some entries of a record, or of all; the whole says which shapes apply."""
        token = _validating.set(True)
        try:
            graph, subject = self.graph_of(raw if entries is None else RawRecord(raw.subject, entries))
            return self._evaluated(raw, graph, subject)
        finally:
            _validating.reset(token)
            _texts_of_blank_nodes.clear()

    def _evaluated(self, raw: RawRecord, graph: rdflib.Graph, subject: rdflib.term.Node) -> list[Result]:
        whole = {self._iri(predicate) for predicate, _ in raw.entries}
        present = set(graph.predicates(subject))
        data = DataGraph.from_rdflib_graph(graph)
        results: list[Result] = []
        for root, targets in zip(self._roots, self._targets_by_root, strict=True):
            for kind, target in targets:
                if (kind == "class" and target == _RECORD) or (kind == "subjects" and target in whole):
                    self._evaluate(root, data, subject, present, results)
                    break
        return results

    def _evaluate(
        self,
        prepared: _Prepared,
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
    def _incomparable(prepared: _Prepared, data: DataGraph, subject: rdflib.term.Node) -> bool:
        """Return whether a pair of values cannot be compared: rdflib would raise, or warn and say false."""
        found = [o for p in (prepared.path, *prepared.others) for o in data.objects(subject, p)]
        literals = [o for o in found if isinstance(o, rdflib.Literal) and not o.ill_typed]
        return len(literals) != len(found) or {o.datatype for o in literals} not in _COMPARABLE


def _order(a: Node | Members, b: Node | Members) -> str:
    """Return which of two days is the earlier, by which alone a comparison judges them; empty where one is no day."""
    for node in (a, b):
        if isinstance(node, Members) or node.datatype != _DATE or not _DAY.fullmatch(node.value):
            return ""
    assert isinstance(a, Node) and isinstance(b, Node)  # noqa: S101
    return "<" if a.value < b.value else ">" if a.value > b.value else "="


def _is_loggable(_: logging.LogRecord) -> bool:
    """Keep rdflib from logging ill-typed values of a patient while a record is validated."""
    return not _validating.get()


def _literal(node: Node) -> rdflib.Literal:
    if node.language:
        return rdflib.Literal(node.value, lang=node.language)
    # as it was sent: rdflib would rewrite 2024-01-31Z to 2024-01-31, and the pattern would not see it
    return rdflib.Literal(node.value, datatype=rdflib.URIRef(node.datatype), normalize=False)
