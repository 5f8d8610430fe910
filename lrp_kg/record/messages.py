"""What pySHACL reports of a record as findings in every language."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import rdflib
from rdflib.namespace import RDF, SH

from lrp_kg.effort import check
from lrp_kg.findings import Finding
from lrp_kg.guideline.model import Guideline
from lrp_kg.namespaces import local_name
from lrp_kg.record.hints import name_hint
from lrp_kg.record.limits import legible, problem, shown
from lrp_kg.record.model import RawRecord
from lrp_kg.words import LANGUAGES, in_language, phrase

_NEEDED, _NOT_TOGETHER = "value-needed", "values-do-not-agree"
_NAMES = {
    "InConstraintComponent": "value-not-in-list",
    "DatatypeConstraintComponent": "wrong-type",
    "PatternConstraintComponent": "wrong-form",
    "NodeKindConstraintComponent": "wrong-type",
    "OrConstraintComponent": "wrong-type",
    "MinCountConstraintComponent": _NEEDED,
    "MaxCountConstraintComponent": "more-than-one-value",
    "MinInclusiveConstraintComponent": "value-too-small",
    "MaxInclusiveConstraintComponent": "value-too-large",
    "ClosedConstraintComponent": "unknown-field",
    "LessThanOrEqualsConstraintComponent": "dates-out-of-order",
    "SPARQLConstraintComponent": _NOT_TOGETHER,
}
NAMES = (
    *dict.fromkeys(_NAMES.values()),
    *("outside-record", "over-limit", "more-problems", "value-repeated", "wrong-character"),
)
"""What is wrong with a record; of a shape with another constraint, the name of its component."""

_TRUTH = {"true": True, "1": True, "false": False, "0": False}
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
        return problem("outside-record", "outside", name.removeprefix(self.guideline.namespace))

    def unknown(self, iri: str, raw: RawRecord) -> Finding:
        """Return the problem that the record has no such field."""
        component = "ClosedConstraintComponent"
        own = (self.named(iri, raw) or "").removeprefix(self.guideline.namespace)
        hint = name_hint(self.guideline, own, self.guideline.field_names)
        texts = {lang: self._message(component, lang, iri, None, None, raw, hint=hint[lang]) for lang in LANGUAGES}
        return Finding(_NAMES[component], texts["en"], field=self.named(iri, raw), messages=texts)

    def of_results(self, results: Iterable[Result], raw: RawRecord) -> list[Finding]:
        """Return the problems that pySHACL reports of a record, without repeats."""
        graph = self.shapes
        found: dict[tuple[str | None, str, str], tuple[Finding, str | None]] = {}
        for _text, node, triples in results:
            check()
            about = {p: o[1] if isinstance(o, tuple) else o for s, p, o in triples if s == node}
            component = local_name(str(about[SH.sourceConstraintComponent]))
            shape, value = about[SH.sourceShape], about.get(SH.value)
            step = first_step(graph, about.get(SH.resultPath))
            iri = str(step) if step else None
            field = self.named(iri, raw)
            shown = self._show(iri, value)
            own = {
                m.language or "en": str(m) for m in graph.objects(shape, SH.message) if isinstance(m, rdflib.Literal)
            }
            name = _NAMES.get(component, component)
            if name != _NEEDED and self._looks_at_another_field(shape):
                name = _NOT_TOGETHER
            texts = {
                lang: own.get(lang) or own.get("en") or self._message(component, lang, iri, shown, shape, raw)
                for lang in LANGUAGES
            }
            other = graph.value(shape, SH.lessThanOrEquals)
            finding = Finding(name, texts["en"], field=field, value=shown, messages=texts)
            found.setdefault((field, name, texts["en"]), (finding, self.named(str(other), raw) if other else None))
        return self._without_consequences(list(found.values()))

    def named(self, iri: str | None, raw: RawRecord) -> str | None:
        """Return the name under which a property was sent, or would be."""
        whole = self.guideline.bounded.get(iri or "")
        if whole and whole.iri in raw.spelled_out:
            iri = whole.iri
        if not iri:
            return None
        return shown(raw.keys.get(iri) or iri.removeprefix(self.guideline.namespace))

    def _looks_at_another_field(self, shape: rdflib.term.Node) -> bool:
        """Return whether a shape of a property is only for records that have another one."""
        owners = self.shapes.subjects(SH.property, shape)
        return any((owner, SH.targetSubjectsOf, None) in self.shapes for owner in owners)

    @staticmethod
    def _without_consequences(found: list[tuple[Finding, str | None]]) -> list[Finding]:
        """Leave out what only follows from a value of the wrong type."""
        mistyped = {f.field for f, _ in found if f.name in ("wrong-type", "value-not-in-list", "unknown-field")}
        doubtful = mistyped | {f.field for f, _ in found if f.name == "wrong-form"}
        follows = ("wrong-form", "value-too-small", "value-too-large")
        return [
            f
            for f, other in found
            if not (f.name in follows and f.field in mistyped)
            and not (f.name in ("dates-out-of-order", _NOT_TOGETHER) and doubtful & {f.field, other})
        ]

    def ordered(self, found: Iterable[Finding], raw: RawRecord) -> list[Finding]:
        """Sort problems: those of the whole record, then by field in the order of the record, then the others."""
        order = {self.named(p, raw): i for i, p in enumerate(dict.fromkeys(p for p, _ in raw.entries))}
        return sorted(found, key=lambda f: (order.get(f.field, len(order)) if f.field else -1, f.name, f.message))

    def _show(self, iri: str | None, value: rdflib.term.Node | None) -> Any:
        if isinstance(value, rdflib.Literal):
            plain = value.value
            if isinstance(plain, bool):  # rdflib takes any text for false
                return _TRUTH.get(str(value), str(value))
            return plain if isinstance(plain, (int, float)) else str(value)
        if isinstance(value, rdflib.URIRef):
            f = self.guideline.fields.get(iri or "")
            return next((v.id for v in f.values if v.iri == str(value)), str(value)) if f else str(value)
        return None if value is None else "[]"

    def _message(
        self,
        component: str,
        lang: str,
        iri: str | None,
        value: Any,
        shape: rdflib.term.Node | None,
        raw: RawRecord,
        hint: str = "",
    ) -> str:
        g = self.guideline
        f = g.fields.get(iri or "") or g.bounded.get(iri or "")
        limit = self.shapes.value(shape, SH.minInclusive if component.startswith("Min") else SH.maxInclusive)
        name = self.named(iri, raw) or ""
        text = in_language(g.message_templates.get(component, {}), lang, "{field}: {value} ({component}).")
        return text.format(
            field=legible(name.removeprefix(g.namespace)) + (f" ({in_language(f.label, lang)})" if f else ""),
            value="null" if value is None else repr(value) if isinstance(value, str) else str(value).lower(),
            allowed=", ".join(v.id for v in f.values) if f else "",
            limit=limit if limit is not None else "",
            type=phrase(f"type-{f.kind}", lang) if f else "",
            hint=hint,
            component=component,
        )
