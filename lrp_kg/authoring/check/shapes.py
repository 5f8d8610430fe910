"""SHACL over the modules of a guideline: pySHACL for SHACL Core, Oxigraph for SPARQL constraints.

rdflib would take ten times as long for the queries. As the standard says, each runs once per focus node with
``$this`` bound. pySHACL sees only triples of named terms, with predicates that the shapes name.
"""

from __future__ import annotations

import importlib.metadata
import logging
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import pyoxigraph as ox

from lrp_kg.authoring.check.incremental_shapes import followed_back, plain_texts, surroundings
from lrp_kg.authoring.check_cache import CheckCache
from lrp_kg.authoring.kept import Kept, digest
from lrp_kg.findings import Finding
from lrp_kg.guideline.index import Graph, Index, Node, iri
from lrp_kg.guideline.positions import Positions
from lrp_kg.namespaces import DCTERMS, RDF, RDFS, SH, local_name
from lrp_kg.words import in_language

_SEVERITIES = {SH + "Violation": "error", SH + "Warning": "warning", SH + "Info": "note"}
_TYPE, _SUBCLASS = ox.NamedNode(RDF + "type"), ox.NamedNode(RDFS + "subClassOf")
_MARK = re.compile(r"\{[?$](\w+)\}")


Result = tuple[str, str, Finding]
KEPT = 50_000
"""Terms whose conformance is kept from one process to the next."""


class ShapeCheck:
    """Checks triples against the shapes of one file."""

    def __init__(
        self, shapes_file: Path, triples: list[ox.Triple], positions: Positions, cache: CheckCache | None = None
    ) -> None:
        index = Index(shapes_file.parent, [shapes_file])
        self.shapes: Graph = index.graph
        (self.module,) = index.modules
        self.triples = triples
        self.positions = positions
        self.cache = cache or CheckCache()

    def findings(self) -> list[Finding]:
        """Return the violations, each once."""
        found = (f for _, _, f in self.results())
        return list({(f.name, f.message, f.where): f for f in found}.values())

    def results(self) -> Iterator[Result]:
        """Yield for each violation the IRI of the shape or constraint, the IRI of the term, and the finding."""
        yield from self._core()
        yield from self._queries()

    def finding(self, shape: Node, term: str, message: str | None = None) -> Finding:
        """Return the violation of a shape by a term as a finding, with the name, message and severity of the shape."""
        name = self.shapes.one(shape, DCTERMS + "identifier")
        severity = self.shapes.one(shape, SH + "severity")
        text = message or in_language(self.shapes.texts(shape, SH + "message"), "en", "does not conform to a shape.")
        return Finding(
            name.value if name else local_name(shape.value),
            f"{local_name(term)}: {text}",
            self.positions.where(term),
            severity=_SEVERITIES.get(severity.value if severity else "", "error"),
            term=term,
        )

    # -- core -----------------------------------------------------------------------------------

    def _core(self) -> Iterator[Result]:
        """Yield violations that pySHACL finds; after an edit it validates only the terms that the edit can affect."""
        back = followed_back(self.shapes)
        if back is None:
            yield from self._violations(self._validate(self._visible()))
            return
        hierarchy, around = surroundings(self._visible(), back)
        code = f"{importlib.metadata.version('pyshacl')} {importlib.metadata.version('rdflib')}"
        kept = self.cache.latest("shapes") or Kept("shapes", Path(__file__).parent, code, KEPT)
        base = digest(self.module.text.text, *plain_texts(hierarchy))
        keys = {term: digest(base, term, *plain_texts(own)) for term, own in around.items()}
        known: dict[str, list[str] | None] = {term: kept.get(key) for term, key in keys.items()}
        changed = [term for term, shapes in known.items() if shapes is None]
        partly = 2 * len(changed) < len(around)
        triples = hierarchy.union(*(around[term] for term in changed)) if partly else self._visible()
        found = self._validate(triples) if changed else {}
        for term in changed:
            known[term] = kept.add(keys[term], found.get(term, []))
        kept.write()
        self.cache.keep("shapes", kept)
        yield from self._violations({term: shapes or [] for term, shapes in known.items()})

    def _violations(self, found: Mapping[str, Sequence[str]]) -> Iterator[Result]:
        for term, shapes in found.items():
            for shape in shapes:
                yield shape, term, self.finding(iri(shape), term)

    def _validate(self, triples: Iterable[ox.Triple]) -> dict[str, list[str]]:
        """Return the shapes that each term violates."""
        import rdflib
        from pyshacl import Validator
        from pyshacl.graph_abstraction import DataGraph
        from rdflib.namespace import SH as NS

        from lrp_kg.guideline.rdflib_graph import to_rdflib

        shapes = to_rdflib(t for t in self.module.triples if t.predicate.value != SH + "sparql")
        options = {"inplace": True, "logger": logging.getLogger("lrp_kg.shacl")}
        data = DataGraph.from_rdflib_graph(to_rdflib(triples))
        validator: Any = Validator(data, shacl_graph=shapes, options=options)
        _, report, _ = validator.run()
        found: dict[str, list[str]] = {}
        if isinstance(report, rdflib.Graph):
            for result in report.objects(None, NS.result):
                focus, shape = report.value(result, NS.focusNode), report.value(result, NS.sourceShape)
                found.setdefault(str(focus), []).append(str(shape))
        return found

    def _visible(self) -> Iterator[ox.Triple]:
        named = {o.value for p in self.shapes.by_subject.values() for objects in p.values() for o in objects}
        wanted = named | {RDF + "type", RDFS + "subClassOf"}
        for triple in self.triples:
            if triple.predicate.value in wanted and isinstance(triple.subject, ox.NamedNode):
                yield triple

    # -- SPARQL -----------------------------------------------------------------------------------

    @cached_property
    def _store(self) -> ox.Store:
        store = ox.Store()
        store.extend(ox.Quad(t.subject, t.predicate, t.object) for t in self.triples)
        return store

    def _queries(self) -> Iterator[Result]:
        for root, predicates in self.shapes.by_subject.items():
            for constraint in predicates.get(SH + "sparql", []):
                select = self.shapes.one(constraint, SH + "select")
                if select is None:
                    continue
                query = self._prefixes(constraint) + select.value
                rows = [row for focus in self._focus_nodes(root) for row in self._rows(query, focus)]
                yield from self._query_violations(constraint, rows)

    def _prefixes(self, constraint: Node) -> str:
        lines = []
        for declaring in self.shapes.all(constraint, SH + "prefixes"):
            for declared in self.shapes.all(declaring, SH + "declare"):
                name, namespace = (self.shapes.one(declared, SH + p) for p in ("prefix", "namespace"))
                if name and namespace:
                    lines.append(f"PREFIX {name.value}: <{namespace.value}>\n")
        return "".join(lines)

    def _focus_nodes(self, shape: Node) -> Iterator[ox.NamedNode]:
        found: dict[object, None] = {}
        for target in self.shapes.all(shape, SH + "targetClass"):
            classes: list[ox.NamedNode | ox.BlankNode | ox.Triple] = [ox.NamedNode(target.value)]
            for cls in classes:
                classes += [
                    q.subject for q in self._store.quads_for_pattern(None, _SUBCLASS, cls) if q.subject not in classes
                ]
                found |= {q.subject: None for q in self._store.quads_for_pattern(None, _TYPE, cls)}
        yield from (node for node in found if isinstance(node, ox.NamedNode))

    def _rows(self, query: str, focus: ox.NamedNode) -> Iterator[dict[str, str]]:
        solutions = self._store.query(query, substitutions={ox.Variable("this"): focus})
        assert isinstance(solutions, ox.QuerySolutions)  # noqa: S101 - sh:select is a SELECT
        names = [v.value for v in solutions.variables]
        for solution in solutions:
            row = {n: v for n in names if (v := solution[n]) is not None}
            yield {"this": focus.value} | {n: v.value for n, v in row.items() if not isinstance(v, ox.Triple)}

    def _query_violations(self, constraint: Node, rows: list[dict[str, str]]) -> Iterator[Result]:
        pairs = {(row.get("value"), row["other"]) for row in rows if "other" in row}
        template = in_language(self.shapes.texts(constraint, SH + "message"), "en", "does not conform to a query.")
        for row in rows:
            term, other = row.get("value", row["this"]), row.get("other")
            if other and (other, term) in pairs and self.positions.order(term) < self.positions.order(other):
                continue  # reported for the one that comes later in the files
            message = _filled(template, row)
            yield constraint.value, term, self.finding(constraint, term, message)


def _filled(template: str, row: Mapping[str, str]) -> str:
    """Replace ``{?name}`` and ``{$name}`` in a message by values of a row, with local names for IRIs."""
    shown = {name: local_name(value) if "#" in value else value for name, value in row.items()}
    return _MARK.sub(lambda mark: shown.get(mark[1], ""), template)
