"""The sources of a guideline: what each is, how much of it was read and when, and what rests on it."""

from __future__ import annotations

from lrp_kg.guideline.index import iri
from lrp_kg.guideline.model import Guideline, Term
from lrp_kg.namespaces import DCTERMS


def printed_sources(guideline: Guideline) -> tuple[Term, ...]:
    """Return the sources that the guideline names as its own; where it names none, all are."""
    own = {node.value for node in guideline.index.graph.all(iri(guideline.iri), DCTERMS + "source")}
    return tuple(s for s in guideline.sources.values() if not own or s.iri in own)
