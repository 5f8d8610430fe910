"""What the constraints of shapes look at, as `ConformanceRules`; what is not understood here is not remembered.

A query of the common form, triples of the record followed by filters, is taken apart: of a property that no filter
names only the presence matters, of an integer that is only compared with numbers its place among them, of two days
that are compared as eight digits on which side they are. Of any other query the values of all properties that it
names matter.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import rdflib
from rdflib.namespace import RDF, SH

from lrp_kg.namespaces import XSD, local_name
from lrp_kg.record.conformance import PRESENCE, VALUE, ConformanceRules, Joint, Look
from lrp_kg.record.judge import RECORD, PreparedShape, Query, ShapeJudge
from lrp_kg.record.model import DATE, INTEGER

_OF_ROOT = {"ClosedConstraintComponent", "NodeKindConstraintComponent"}
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
_OF_EACH = {"InConstraintComponent", "DatatypeConstraintComponent", "NodeKindConstraintComponent"}
"""Components that look at each value of a path alone."""
_LIMITS = (SH.minInclusive, SH.maxInclusive, SH.minExclusive, SH.maxExclusive)
_PATTERN = "PatternConstraintComponent"
MATCHED = {
    DATE: {"^[0-9]{4}-[0-9]{2}-[0-9]{2}$", r"^\d{4}-\d{2}-\d{2}$", "^[0-9]{4}-[0-9]{2}-[0-9]{2}"},
    INTEGER: {"^[+-]?[0-9]+$", "^-?[0-9]+$"},
}
"""Patterns that every day, or every integer, of those that are remembered by their place matches."""

_READS_ANY = re.compile(r"[?$](?!PATH\b)\w+\s+[?$](?!PATH\b)|[!^]")
"""In the pattern of a query: a property may be a variable, negated or inverse."""
_STEP = r"(?:[?$]PATH|[\w-]*:[\w-]+|<[^\s<>]*>|a\b)"
_READS_SUBJECT = re.compile(
    rf"[?$]this\b(?!\s+{_STEP})"
    rf"|[?$](?!this\b)\w+\s+(?:{_STEP}|\()"
    rf"|(?:(?<![\w/:-]){_STEP}|\))\s*(?:\*|\?(?!\w))"
)
"""In the pattern of a query: it may look at what the record is called, by another variable or an empty path too."""
_READS_MORE = re.compile(r"\b(?:NOW|RAND|UUID|STRUUID|BNODE)\s*\(|\b(?:SERVICE|GRAPH|FROM)\b", re.IGNORECASE)
"""In a query: what it finds may depend on more than the record, such as the day on which it is asked."""
_PRESENCE = re.compile(
    r"\s*SELECT\s+\$this\s+\?value\s+WHERE\s*\{\s*\$this\s+\$PATH\s+\?value\s*\.?"
    r"\s*FILTER\s+NOT\s+EXISTS\s*\{\s*\$this\s+\S+\s+\?(?!value\b)\w+\s*\.?\s*\}\s*\.?\s*\}\s*"
)
"""A query that asks only whether another property is there."""
_NAME = re.compile(r"(\w*):([\w-]+)|<([^<>\s]*)>")
_TRIPLE = r"(\$PATH|\w*:[\w-]+|<[^<>\s]*>)\s+(\?\w+|\w*:[\w-]+|<[^<>\s]*>)\s*"
_COMMON = re.compile(
    rf"\s*SELECT\s+\$this\s+\?value\s+WHERE\s*\{{\s*\$this\s+((?:{_TRIPLE};?\s*)+)\.?\s*([^{{}}]*)\}}\s*"
)
_FILTER = re.compile(r"(?:FILTER|BIND)\s*\(")
_ALONE = r"(?=\s*(?:\)|&&|\|\|))"
_COMPARED = re.compile(rf"(?:\(|&&|\|\|)\s*xsd:integer\(STR\(\?(\w+)\)\)\s*(?:[<>]=?|!?=)\s*(-?\d+){_ALONE}")
_DIGITS = r'xsd:integer\(REPLACE\(STR\(\?(\w+)\), "-", ""\)\)'
_OFFSET = re.compile(rf"(?:\(|&&|\|\|)\s*{_DIGITS}\s*[<>]=?\s*{_DIGITS}(?:\s*\+\s*(\d+))?{_ALONE}")


@dataclass
class _Findings:
    """What is known so far of what constraints look at."""

    joined: list[tuple[str, ...]] = field(default_factory=list)
    """Properties whose values a constraint looks at together."""
    by_presence: set[tuple[str, ...]] = field(default_factory=set)
    """Those of them of which a constraint only looks at whether they are there."""
    by_value: set[tuple[str, ...]] = field(default_factory=set)
    """Those of them of which a constraint looks at more."""
    joints: list[Joint] = field(default_factory=list)
    ordered: set[tuple[str, str]] = field(default_factory=set)
    demanded: set[tuple[str, int]] = field(default_factory=set)
    of_value: set[str] = field(default_factory=set)
    own: dict[str, list[tuple[str, PreparedShape]]] = field(default_factory=lambda: defaultdict(list))
    """The components that look at the values of one property, by their names, with their shapes."""


def read_query(query: Query, path: rdflib.term.Node | None) -> frozenset[str] | None:
    """Return the names in queries, the properties that they read among them; ``None`` where it can be any."""
    found = {str(path)}
    for own in query.sparql_constraints:
        body = own.select_text.partition("{")[2]
        if _READS_ANY.search(body) or _READS_SUBJECT.search(body):
            return None
        prefixes = _prefixes(own)
        found.update(iri or prefixes.get(prefix, "") + local for prefix, local, iri in _NAME.findall(body))
    return frozenset(found)


def rules_of(judge: ShapeJudge) -> ConformanceRules:
    """Return what the shapes of a judge look at."""
    found = _Findings()
    rememberable = all([_examine(judge, number, found) for number in range(len(judge.roots))])
    partial = [number for number, targets in enumerate(judge.targets) if _partial(targets)]
    roots = [(judge.roots[number], judge.targets[number]) for number in partial]
    triggers = [str(target) for _, targets in roots for kind, target in targets if kind == "subjects"]
    lists = frozenset(p for p, own in found.own.items() if all(_is_of_members(*each) for each in own))
    return ConformanceRules(
        rememberable=rememberable,
        of_value=frozenset(found.of_value),
        joined=tuple(dict.fromkeys(found.joined)),
        by_presence=frozenset(found.joined).intersection(found.by_presence).difference(found.by_value),
        ordered=frozenset(found.ordered),
        triggers=tuple(dict.fromkeys(triggers)),
        conditional=frozenset(str(inner.path) for root, _ in roots for inner in root.properties),
        bounded={p: place for p, own in found.own.items() if (place := _places(own)) is not None},
        members=lists,
        joints=tuple(dict.fromkeys(found.joints)),
        roots=tuple(
            (tuple(str(t) for _, t in targets), tuple(sorted({str(inner.path) for inner in root.properties})))
            for root, targets in roots
        ),
        demanded=tuple(
            sorted((path, partial.index(number) if number in partial else -1) for path, number in found.demanded)
        ),
    )


def _partial(targets: Iterable[tuple[str, rdflib.term.Node]]) -> bool:
    return any(kind == "subjects" for kind, _ in targets)


def _examine(judge: ShapeJudge, number: int, found: _Findings) -> bool:
    """Return whether the verdicts of a root shape can be remembered, and note what it looks at."""
    root, targets = judge.roots[number], judge.targets[number]
    if any(kind == "class" and target != RECORD for kind, target in targets):
        return False
    names = {local_name(str(c.shacl_constraint_component)) for c in root.components}
    allowed = _OF_ROOT
    if _partial(targets):
        # a closed one would look at every property of the records that it applies to
        allowed = _OF_ROOT - {"ClosedConstraintComponent"}
        if len({kind for kind, _ in targets}) > 1:
            return False
    if not names <= allowed or any(inner.path is None for inner in root.properties):
        return False
    if _partial(targets) and not all(map(_is_of_one_property, root.properties)):
        return False  # what several properties say together would count for records to which it does not apply
    return all([_examine_property(inner, found, number) for inner in root.properties])


def _is_of_one_property(prepared: PreparedShape) -> bool:
    names = {local_name(str(c.shacl_constraint_component)) for c in prepared.components}
    return names <= {*_OF_ONE_PROPERTY, "MinCountConstraintComponent"}


def _examine_property(prepared: PreparedShape, found: _Findings, number: int) -> bool:
    if not (prepared.skip or prepared.demanding) or prepared.properties:
        return False
    path = str(prepared.path)
    for component in prepared.components:
        name = local_name(str(component.shacl_constraint_component))
        if name == "MinCountConstraintComponent":
            found.demanded.add((path, number))
            continue
        if name not in _OF_TYPE:
            found.of_value.add(path)
        if name in _OF_ONE_PROPERTY:
            found.own[path].append((name, prepared))
        elif isinstance(component, Query):
            if not _examine_query(component, prepared, found):
                return False
        elif prepared.others and name.startswith("LessThan"):
            found.ordered.update((path, str(other)) for other in prepared.others)
        else:
            return False
    return True


def _examine_query(query: Query, prepared: PreparedShape, found: _Findings) -> bool:
    texts = [own.select_text for own in query.sparql_constraints]
    if any(map(_READS_MORE.search, texts)):
        return False
    path = prepared.path
    forms = [_of_common_form(own.select_text, str(path), _prefixes(own)) for own in query.sparql_constraints]
    joints = [joint for joint in forms if joint]
    if len(joints) == len(texts):
        reads = frozenset(look.property for joint in joints for look in joint.looks)
    else:
        of_any = read_query(query, path)
        if of_any is None:
            return False
        reads = of_any
    names = tuple(sorted(reads))
    found.joined.append(names)
    direct = isinstance(prepared.shape.sg.graph.value(prepared.shape.node, SH.path), rdflib.URIRef)
    alone = direct and all(map(_PRESENCE.fullmatch, texts))
    (found.by_presence if alone else found.by_value).add(names)
    other = Joint(tuple(Look(name, PRESENCE if alone else VALUE) for name in names), needing=True)
    found.joints += [joint or other for joint in forms]
    return True


def _prefixes(query: Any) -> dict[str, str]:
    return {str(prefix): str(namespace) for prefix, namespace in query.prefixes.items()}


def _of_common_form(text: str, path: str, prefixes: Mapping[str, str]) -> Joint | None:
    """Return what a query of the common form looks at; ``None`` where it has another form.

    It has no braces within, so no part of it is optional or negated: it finds nothing unless every triple is there.
    """
    match = _COMMON.fullmatch(text)
    if not match or not _are_filters(match[4]) or prefixes.get("xsd") not in (None, XSD):
        return None

    def named(written: str) -> str:
        prefix, _, local = written.partition(":")
        return written[1:-1] if written.startswith("<") else prefixes.get(prefix, "") + local

    triples = [(path if p == "$PATH" else named(p), o) for p, o in re.findall(_TRIPLE, match[1])]
    properties = {o[1:]: p for p, o in triples if o.startswith("?")}
    if len({p for p, _ in triples}) != len(triples) or len(properties) != sum(o.startswith("?") for _, o in triples):
        return None  # two values of one property, or one value of two
    if any(p == str(RDF.type) for p, _ in triples):
        return None  # a record has it, though it is none of its values
    offsets = []
    filters = match[4]
    for first, second, added in _OFFSET.findall(filters):
        if not {first, second} <= properties.keys():
            return None
        offsets.append((properties[first], properties[second], int(added or 0)))
    filters = _OFFSET.sub("", filters)
    compared: dict[str, set[int]] = {}
    for name, number in _COMPARED.findall(filters):
        compared.setdefault(name, set()).add(int(number))
    without = _COMPARED.sub("", filters)
    looks = []
    for predicate, value in triples:
        name = value[1:] if value.startswith("?") else ""
        if not name or re.search(rf"[?$]{name}\b", without):
            looks.append(Look(predicate, VALUE))
        elif name in compared:
            looks.append(Look(predicate, INTEGER, tuple(sorted(compared[name]))))
        else:
            looks.append(Look(predicate, PRESENCE))
    return Joint(tuple(looks), offsets=tuple(offsets))


def _are_filters(text: str) -> bool:
    """Return whether a text is filters and bindings only, none of which looks at what the record is called."""
    rest = re.sub(r'"[^"]*"', '""', text).strip()
    if re.search(r"[?$]this\b", rest):
        return False
    while rest:
        match, depth = _FILTER.match(rest), 0
        if not match:
            return False
        for place, sign in enumerate(rest):
            depth += (sign == "(") - (sign == ")")
            if sign == ")" and not depth:
                rest = rest[place + 1 :].lstrip(" \n\r\t.")
                break
        else:
            return False
    return True


def _places(own: list[tuple[str, PreparedShape]]) -> tuple[str, tuple[int, ...]] | None:
    """Return the type and bounds of a property whose values are only compared with bounds; ``None`` for others."""
    bounds: set[int] = set()
    kinds: set[str] = set()
    patterns: set[str] = set()
    for name, prepared in own:
        graph, node = prepared.shape.sg.graph, prepared.shape.node
        if not isinstance(graph.value(node, SH.path), rdflib.URIRef):
            return None
        if name == "DatatypeConstraintComponent":
            kinds.update(str(o) for o in graph.objects(node, SH.datatype))
        elif name == _PATTERN:
            if graph.value(node, SH.flags) is not None:
                return None
            patterns.update(str(o) for o in graph.objects(node, SH.pattern))
        elif name.endswith(("InclusiveConstraintComponent", "ExclusiveConstraintComponent")):
            for limit in (o for p in _LIMITS for o in graph.objects(node, p)):
                number = _number(limit)
                if number is None:
                    return None
                kinds.add(number[0])
                bounds.add(number[1])
        elif name not in _OF_TYPE:
            return None
    kind = next(iter(kinds), "")
    if len(kinds) != 1 or not patterns <= MATCHED.get(kind, set()) or kind not in MATCHED:
        return None
    return kind, tuple(sorted(bounds))


def _number(limit: Any) -> tuple[str, int] | None:
    """Return a bound as a number, with its type; ``None`` where it is no plain day and no integer."""
    kind = str(limit.datatype) if isinstance(limit, rdflib.Literal) else ""
    if kind == INTEGER and type(limit.value) is int:
        return kind, limit.value
    if kind == DATE and type(limit.value) is date and len(str(limit)) == 10:
        return kind, limit.value.toordinal()
    return None


def _is_of_members(name: str, prepared: PreparedShape) -> bool:
    """Return whether a component looks at each member of a list alone, or only at whether there are any."""
    graph, node = prepared.shape.sg.graph, prepared.shape.node
    path = graph.value(node, SH.path)
    if isinstance(path, rdflib.URIRef):
        if name == "OrConstraintComponent":
            return all(_is_of_head(graph, s) for o in graph.objects(node, SH["or"]) for s in graph.items(o))
        return name in _OF_TYPE
    steps = list(graph.items(path)) if path is not None else []
    return (
        name in _OF_EACH
        and len(steps) == 3
        and graph.value(steps[1], SH.zeroOrMorePath) == RDF.rest
        and len(list(graph.predicate_objects(steps[1]))) == 1
        and steps[2] == RDF.first
    )


def _is_of_head(graph: rdflib.Graph, shape: rdflib.term.Node) -> bool:
    """Return whether a shape only asks whether a list is the empty one, or has a first member."""
    said = dict(graph.predicate_objects(shape))
    if set(said) == {SH.hasValue}:
        return said[SH.hasValue] == RDF.nil
    inner = dict(graph.predicate_objects(said[SH.property])) if set(said) == {SH.property} else {}
    return set(inner) == {SH.path, SH.minCount} and inner[SH.path] == RDF.first
