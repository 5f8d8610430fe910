"""What ontology tools show and no author types, since it follows from the modules.

Individuals are declared, each term says in which module it is defined, and terms that an answer never names (statements
with shared wording, facts, time limits, models of fields) have labels.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import pyoxigraph as ox

from lrp_kg.guideline.model import Guideline
from lrp_kg.guideline.modules import value_of
from lrp_kg.namespaces import CP, DCTERMS, OWL, RDF, RDFS

Object = ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple
_TYPE, _LABEL, _DEFINED = (ox.NamedNode(n) for n in (RDF + "type", RDFS + "label", RDFS + "isDefinedBy"))
_INDIVIDUAL = ox.NamedNode(OWL + "NamedIndividual")
_SIGNS = {CP + "within": "≤", CP + "notBefore": "≥"}


def readable_triples(guideline: Guideline, modules: Mapping[ox.NamedNode, Sequence[ox.Triple]]) -> Iterator[ox.Triple]:
    """Yield what follows from modules, each with its IRI, and is not in them."""
    types: dict[ox.NamedNode, set[str]] = {}
    said: dict[tuple[object, str], list[Object]] = {}
    for module, triples in modules.items():
        for t in triples:
            said.setdefault((t.subject, t.predicate.value), []).append(t.object)
            if t.predicate == _TYPE and isinstance(t.subject, ox.NamedNode) and t.subject != module:
                if t.subject not in types and t.subject.value.startswith((guideline.namespace, CP)):
                    yield ox.Triple(t.subject, _DEFINED, module)
                types.setdefault(t.subject, set()).add(value_of(t.object))
    for term, kinds in types.items():
        if not any(kind.startswith((OWL, RDFS)) for kind in kinds):
            yield ox.Triple(term, _TYPE, _INDIVIDUAL)
        if (term, RDFS + "label") not in said:
            for language, text in _label(term, kinds, said).items():
                yield ox.Triple(term, _LABEL, ox.Literal(text, language=language))


def _label(term: object, kinds: set[str], said: dict[tuple[object, str], list[Object]]) -> dict[str, str]:
    """Return the label of shared wording, of a fact by its key and value, of limits and validity by dates."""

    def texts(name: str) -> dict[str, str]:
        labels = [t for node in said.get((term, CP + name), ()) for t in said.get((node, RDFS + "label"), ())]
        return {t.language or "": t.value for t in labels if isinstance(t, ox.Literal)}

    def values(name: str) -> list[str]:
        return [v.value for v in said.get((term, name), ()) if isinstance(v, ox.Literal)]

    if CP + "Fact" in kinds:
        value = "".join(f": {v}" for v in values(CP + "factValue"))
        return {language: key + value for language, key in texts("factKey").items()}
    if CP + "TimeLimit" in kinds:
        period = ", ".join(f"{sign} {v}" for name, sign in _SIGNS.items() for v in values(name))
        return {language: f"{date}: {period}" for language, date in texts("countedFrom").items()}
    if CP + "Validity" in kinds:
        days = " – ".join("".join(values(name)) for name in (DCTERMS + "valid", CP + "validUntil"))
        return {language: f"{date}: {days}" for language, date in texts("validBy").items()}
    return texts("advice") or texts("drawnField") or texts("whenAnswer")
