"""What pySHACL reports of a record as findings in every language."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Any

import rdflib
from rdflib.namespace import RDF, SH

from lrp_kg.findings import Finding
from lrp_kg.guideline.model import Guideline
from lrp_kg.namespaces import local_name
from lrp_kg.record.model import RawRecord
from lrp_kg.words import LANGUAGES, in_every_language, in_language, phrase

_NAMES = {
    "InConstraintComponent": "value-not-in-list",
    "DatatypeConstraintComponent": "wrong-type",
    "PatternConstraintComponent": "wrong-form",
    "NodeKindConstraintComponent": "wrong-type",
    "OrConstraintComponent": "wrong-type",
    "MinCountConstraintComponent": "value-needed",
    "MaxCountConstraintComponent": "more-than-one-value",
    "MinInclusiveConstraintComponent": "value-too-small",
    "MaxInclusiveConstraintComponent": "value-too-large",
    "ClosedConstraintComponent": "unknown-field",
    "LessThanOrEqualsConstraintComponent": "dates-out-of-order",
    "SPARQLConstraintComponent": "values-do-not-agree",
}


Result = tuple[str, rdflib.term.Node, list[Any]]
"""What pySHACL reports of one problem: text, node of the result, its triples."""


def first_step(shapes: rdflib.Graph, path: rdflib.term.Node | None) -> rdflib.URIRef | None:
    """Return the first property of a path, which may be a sequence."""
    head = shapes.value(path, RDF.first) if isinstance(path, rdflib.BNode) else path
    return head if isinstance(head, rdflib.URIRef) else None


class Messages:
    """Words findings in the terms of a guideline and its shapes."""

    def __init__(self, guideline: Guideline, shapes: rdflib.Graph) -> None:
        self.guideline = guideline
        self.shapes = shapes

    def outside(self, name: str) -> Finding:
        """Return the problem that something sent is no part of the record."""
        texts = in_every_language("outside")
        return Finding("outside-record", texts["en"], field=local_name(name), messages=texts)

    def of_results(self, results: Iterable[Result], raw: RawRecord) -> list[Finding]:
        """Return the problems that pySHACL reports of a record, without repeats and in the order of its fields."""
        graph = self.shapes
        found: dict[tuple[str | None, str, str], tuple[Finding, str | None]] = {}
        for _text, node, triples in results:
            about = {p: o[1] if isinstance(o, tuple) else o for s, p, o in triples if s == node}
            component = local_name(str(about[SH.sourceConstraintComponent]))
            shape, value = about[SH.sourceShape], about.get(SH.value)
            step = first_step(graph, about.get(SH.resultPath))
            iri = str(step) if step else None
            field = self._named(iri, raw)
            shown = self._show(iri, value)
            own = {
                m.language or "en": str(m) for m in graph.objects(shape, SH.message) if isinstance(m, rdflib.Literal)
            }
            name = _NAMES.get(component, component)
            texts = {
                lang: own.get(lang) or own.get("en") or self._message(component, lang, iri, shown, shape)
                for lang in LANGUAGES
            }
            other = graph.value(shape, SH.lessThanOrEquals)
            finding = Finding(name, texts["en"], field=field, value=shown, messages=texts)
            found.setdefault((field, name, texts["en"]), (finding, self._named(str(other), raw) if other else None))
        return self._ordered(list(found.values()), raw)

    def _named(self, iri: str | None, raw: RawRecord) -> str | None:
        """Return the name under which a property was sent."""
        whole = self.guideline.bounded.get(iri or "")
        if whole and whole.iri in raw.spelled_out:
            return whole.id
        return local_name(iri) if iri else None

    def _ordered(self, found: list[tuple[Finding, str | None]], raw: RawRecord) -> list[Finding]:
        """Sort findings by field; leave out what only follows from a value of the wrong type."""
        mistyped = {f.field for f, _ in found if f.name in ("wrong-type", "value-not-in-list", "unknown-field")}
        doubtful = mistyped | {f.field for f, _ in found if f.name == "wrong-form"}
        follows = ("wrong-form", "value-too-small", "value-too-large")
        kept = [
            f
            for f, other in found
            if not (f.name in follows and f.field in mistyped)
            and not (f.name in ("dates-out-of-order", "values-do-not-agree") and doubtful & {f.field, other})
        ]
        order = {self._named(p, raw): i for i, (p, _) in enumerate(raw.entries)}
        return sorted(kept, key=lambda f: (order.get(f.field or "", len(order)), f.name, f.message))

    def _show(self, iri: str | None, value: rdflib.term.Node | None) -> Any:
        if isinstance(value, rdflib.Literal):
            plain = value.value
            return plain if isinstance(plain, (bool, int, float)) else str(value)
        if isinstance(value, rdflib.URIRef):
            f = self.guideline.fields.get(iri or "")
            return next((v.id for v in f.values if v.iri == str(value)), str(value)) if f else str(value)
        return None

    def _message(self, component: str, lang: str, iri: str | None, value: Any, shape: rdflib.term.Node) -> str:
        g = self.guideline
        f = g.fields.get(iri or "") or g.bounded.get(iri or "")
        limit = self.shapes.value(shape, SH.minInclusive if component.startswith("Min") else SH.maxInclusive)
        text = in_language(g.message_templates.get(component, {}), lang, "{field}: {value} ({component}).")
        return text.format(
            field=local_name(iri or "") + (f" ({in_language(f.label, lang)})" if f else ""),
            value="null" if value is None else repr(value) if isinstance(value, str) else str(value).lower(),
            allowed=", ".join(v.id for v in f.values) if f else "",
            limit=limit if limit is not None else "",
            type=phrase(f"type-{f.kind}", lang) if f else "",
            hint=self._hint(iri, lang),
            component=component,
        )

    def _hint(self, iri: str | None, lang: str) -> str:
        g = self.guideline
        if iri in g.derived:
            return phrase("hint-derived", lang)
        similar = difflib.get_close_matches(local_name(iri or ""), list(g.field_names), 1)
        return phrase("hint-similar", lang, similar=similar[0]) if similar else ""
