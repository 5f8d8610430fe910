"""What a guideline need not say because it follows: identifiers from IRIs, sources from the place of a statement."""

from __future__ import annotations

from collections.abc import Iterable

import pyoxigraph as ox

from lrp_kg.namespaces import CP, DCTERMS, RDF, local_name

_IDENTIFIED = frozenset(
    CP + name
    for name in (
        *("Guideline", "Source", "Actor", "Section", "Decision", "Option", "Stage", "Box", "Statement", "FactKey"),
        *("Programme", "Edition", "Criterion", "Benefit", "Limit", "ProcessStep", "Warning", "OpenPoint"),
        *("Status", "Verdict", "DateStatus"),
    )
)
"""Kinds of terms that programs see by an identifier."""
_PLACES = frozenset((CP + "inBox", CP + "inStage"))
"""Properties from a statement to its place; a box, which has a stage, says its own source."""
_PARTS = frozenset(CP + name for name in ("benefit", "limit", "processStep", "criterion"))
"""Properties from an edition to what it says."""

_TYPE, _IDENTIFIER, _SOURCE = (ox.NamedNode(n) for n in (RDF + "type", DCTERMS + "identifier", DCTERMS + "source"))


def completion(triples: Iterable[ox.Triple]) -> list[ox.Triple]:
    """Return the identifiers and sources that triples do not say and that follow from them.

    An identifier is the local name of its term. A statement or criterion has the source of its box, stage or edition.
    """
    identified: dict[ox.NamedNode, None] = {}
    named: set[object] = set()
    sources: dict[object, list[ox.NamedNode]] = {}
    places: dict[ox.NamedNode, list[object]] = {}
    boxes: set[object] = set()
    for t in triples:
        if t.predicate == _IDENTIFIER:
            named.add(t.subject)
        elif not isinstance(t.object, ox.NamedNode):
            continue
        elif t.predicate == _TYPE and t.object.value in _IDENTIFIED and isinstance(t.subject, ox.NamedNode):
            identified[t.subject] = None
            if t.object.value == CP + "Box":
                boxes.add(t.subject)
        elif t.predicate == _SOURCE:
            sources.setdefault(t.subject, []).append(t.object)
        elif t.predicate.value in _PLACES and isinstance(t.subject, ox.NamedNode):
            places.setdefault(t.subject, []).append(t.object)
        elif t.predicate.value in _PARTS:
            places.setdefault(t.object, []).append(t.subject)
    found = [
        ox.Triple(term, _IDENTIFIER, ox.Literal(local_name(term.value))) for term in identified if term not in named
    ]
    for term, own in places.items():
        if term not in sources and term not in boxes:
            following = dict.fromkeys(source for place in own for source in sources.get(place, ()))
            found += [ox.Triple(term, _SOURCE, source) for source in following]
    return found
