"""Links each contact of an episode to the next one, once the records of a load are stored."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from itertools import groupby, pairwise, product

import pyoxigraph as ox

from lrp_kg.guideline.model import Guideline
from lrp_kg.guideline.named_graphs import DERIVED, RECORDS
from lrp_kg.namespaces import CP

_NEXT = ox.NamedNode(CP + "nextContact")
_GRAPHS = (ox.NamedNode(DERIVED), ox.DefaultGraph())


def link_contacts(store: ox.Store, guideline: Guideline) -> None:
    """Say of each record which is the next of its episode by the day of assessment, and nothing of it that is not so.

    Records without an episode or a day have none; records of one day have the same ones.
    """
    known = {q.triple for q in store.quads_for_pattern(None, _NEXT, None, _GRAPHS[0])}
    found = {ox.Triple(record, _NEXT, following) for record, following in _pairs(store, guideline)}
    for quad in _quads(known - found):
        store.remove(quad)
    store.bulk_extend(_quads(found - known))


def _quads(triples: Iterable[ox.Triple]) -> Iterator[ox.Quad]:
    return (ox.Quad(t.subject, t.predicate, t.object, graph) for t in triples for graph in _GRAPHS)


def _pairs(store: ox.Store, guideline: Guideline) -> Iterator[tuple[ox.NamedNode, ox.NamedNode]]:
    """Yield the records of each episode with those of the next day on which it has some."""
    episode, day = guideline.roles.episode, guideline.roles.assessment
    if not (episode and day):
        return
    sent = (
        f"SELECT ?episode ?day ?record WHERE {{ GRAPH <{RECORDS}> {{ ?record <{episode}> ?episode ; <{day}> ?day }} }}"
    )
    rows = store.query(f"{sent} ORDER BY ?episode ?day ?record")
    dated = (row for row in rows if _is_day(row[1].value))  # type: ignore[union-attr]
    for _, contacts in groupby(dated, lambda row: row[0]):
        days = [[row[2] for row in same] for _, same in groupby(contacts, lambda row: row[1].value)]
        for earlier, later in pairwise(days):
            yield from product(earlier, later)


def _is_day(text: str) -> bool:
    """Return whether a text is a day; a stored record need not be valid any more."""
    try:
        return bool(date.fromisoformat(text))
    except ValueError:
        return False
