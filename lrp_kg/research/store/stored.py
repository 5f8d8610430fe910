"""What a store says of a record by its name: its digest, and whether it has an answer."""

from __future__ import annotations

import pyoxigraph as ox

from lrp_kg.research.store.predicates import RECORD_DIGEST, REFUSED
from lrp_kg.research.store.quads import NamedRecord

_DIGEST, _REFUSED = ox.NamedNode(RECORD_DIGEST), ox.NamedNode(REFUSED)
_ALL = ox.DefaultGraph()


def stored_digest(store: ox.Store | None, record: str) -> str | None:
    """Return the digest of a stored record."""
    if store is None:
        return None
    found = store.quads_for_pattern(ox.NamedNode(record), _DIGEST, None, _ALL)
    return next((q.object.value for q in found if isinstance(q.object, ox.Literal)), None)


def is_answered(store: ox.Store | None, named: NamedRecord) -> bool:
    """Return whether a store has this very record and its answer; one that is no longer valid has none.

    What was sent beside a record, or is wrong with it, is not in its digest.
    """
    if store is None or named.raw.stray or named.raw.problems or stored_digest(store, named.iri) != named.digest:
        return False
    refused = store.quads_for_pattern(ox.NamedNode(named.assessment), _REFUSED, None, _ALL)
    return next(iter(refused), None) is None
