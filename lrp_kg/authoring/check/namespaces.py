"""Checks that terms are in the namespace of their guideline: an ontology editor puts new ones into another."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

import pyoxigraph as ox

from lrp_kg.findings import Finding
from lrp_kg.guideline.modules import Module, value_of
from lrp_kg.guideline.positions import Positions
from lrp_kg.namespaces import CP, OWL, PREFIXES, RDF, RDFS, VANN, local_name


def namespace_findings(modules: Sequence[Module], positions: Positions) -> Iterator[Finding]:
    """Yield terms that modules of a guideline make in a namespace in which none of them has its terms."""
    ontologies = [m for m in modules if m.is_ontology]
    expected = [_namespace_of(m) for m in ontologies]
    known = {*expected, *PREFIXES.values(), ""}
    modules_own = tuple(f"{iri}{sign}" for m in ontologies for iri in m.ontologies for sign in "#/")
    for module, wanted in zip(ontologies, expected, strict=True):
        for term in _terms(module):
            if _cut(term) in known or not (term.startswith(modules_own) or _is_own(module, term)):
                continue
            message = (
                f"{local_name(term)}: is in the namespace <{_cut(term)}>; terms of this module are in <{wanted}>. "
            )
            message += f"Name it <{wanted}{local_name(term)}>, and set that namespace for new entities in the editor."
            where = positions.where(term)
            yield Finding("namespace-differs", message, where, severity="warning", term=term)


def _cut(term: str) -> str:
    return term[: max(term.rfind("#"), term.rfind("/")) + 1]


def _terms(module: Module) -> list[str]:
    """Return the terms that a module says the kind of, its ontology node left out."""
    of_a_guideline = (OWL, RDFS, CP, _said_namespace(module) or CP)
    kinds = ((t.subject, value_of(t.object)) for t in module.triples if t.predicate.value == RDF + "type")
    typed = (s.value for s, kind in kinds if isinstance(s, ox.NamedNode) and kind.startswith(of_a_guideline))
    return [term for term in dict.fromkeys(typed) if term not in module.ontologies]


def _is_own(module: Module, term: str) -> bool:
    """Return whether a module says more of a term than what it is, as of terms of other vocabularies."""
    return any(value_of(t.subject) == term and t.predicate.value != RDF + "type" for t in module.triples)


def _said_namespace(module: Module) -> str:
    said = (t for t in module.triples if t.predicate.value == VANN + "preferredNamespaceUri")
    return next((value_of(t.object) for t in said if value_of(t.subject) in module.ontologies), "")


def _namespace_of(module: Module) -> str:
    """Return the namespace of a module: what its header says, else that of most of its terms."""
    return _said_namespace(module) or next((n for n, _ in Counter(map(_cut, _terms(module))).most_common(1)), "")
