"""How the conditions of a guideline lie to each other, by the closure of its ontology."""

from __future__ import annotations

import importlib.metadata
import json
from collections.abc import Iterable
from dataclasses import dataclass

from lrp_kg.cache import json_of, remembered
from lrp_kg.guideline.model import Guideline
from lrp_kg.namespaces import OWL, RDFS

Related = dict[str, list[str]]


@dataclass(frozen=True)
class ClassRelations:
    """For each condition, by IRI: those below it, those above it, and those that no record can be in too."""

    narrower: Related
    broader: Related
    excluded: Related


def class_relations(guideline: Guideline) -> ClassRelations:
    """Return how conditions lie to each other, in the order of the guideline; kept on disk, as the closure is."""
    pairs = remembered(
        "class-relations",
        f"{guideline.content_hash} {importlib.metadata.version('owlrl')}",
        lambda: _pairs(guideline),
        dump=json.dumps,
        load=_kept,
    )
    below, apart = pairs["below"], pairs["apart"]
    return ClassRelations(_related((b, a) for a, b in below), _related(below), _related(apart))


def _kept(text: str) -> dict[str, list[tuple[str, str]]]:
    found: dict[str, list[tuple[str, str]]] = json_of({str: [(str, str)]})(text)
    return {name: found[name] for name in ("below", "apart")}


def _pairs(guideline: Guideline) -> dict[str, list[tuple[str, str]]]:
    from lrp_kg.guideline.closure import closure  # owlrl and rdflib take a while

    graph = closure(guideline)
    order = {name: n for n, name in enumerate(guideline.conditions)}
    found = {}
    for name, relation in (("below", RDFS + "subClassOf"), ("apart", OWL + "disjointWith")):
        said = ((str(s), str(o)) for s, p, o in graph if str(p) == relation)
        own = ((s, o) for s, o in said if s in order and o in order and s != o)
        found[name] = sorted(own, key=lambda pair: (order[pair[0]], order[pair[1]]))
    return found


def _related(pairs: Iterable[Iterable[str]]) -> Related:
    found: Related = {}
    for one, other in pairs:
        found.setdefault(one, []).append(other)
    return found
