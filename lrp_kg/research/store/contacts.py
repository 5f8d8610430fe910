"""Links each contact of an episode to the next one, once the records of a load are stored."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date
from itertools import groupby, pairwise, product
from operator import itemgetter

import pyoxigraph as ox

from lrp_kg.guideline.model import Guideline
from lrp_kg.guideline.named_graphs import DERIVED, RECORDS
from lrp_kg.research.engine.homes import Homes, in_graph
from lrp_kg.research.store.predicates import NEXT_CONTACT, homes_of

_NEXT = ox.NamedNode(NEXT_CONTACT)


def link_contacts(store: ox.Store, guideline: Guideline) -> None:
    """Say of each record which is the next of its episode by the day of assessment, and nothing of it that is not so.

    Records without an episode or a day have none; records of one day have the same ones.
    """
    homes = homes_of(guideline)
    known = set(homes.triples(store, DERIVED, None, _NEXT))
    found = {ox.Triple(record, _NEXT, following) for record, following in _pairs(store, guideline, homes)}
    graphs: list[ox.DefaultGraph | ox.NamedNode] = [ox.DefaultGraph()]
    if not homes.of(NEXT_CONTACT, ""):
        graphs.append(ox.NamedNode(DERIVED))
    for quad in _quads(known - found, graphs):
        store.remove(quad)
    store.bulk_extend(_quads(found - known, graphs))


def _quads(triples: Iterable[ox.Triple], graphs: list[ox.DefaultGraph | ox.NamedNode]) -> Iterator[ox.Quad]:
    return (in_graph(triple, graph) for triple in triples for graph in graphs)


def _pairs(store: ox.Store, guideline: Guideline, homes: Homes) -> Iterator[tuple[ox.NamedNode, ox.NamedNode]]:
    """Yield the records of each episode with those of the next day on which it has some."""
    episode, day = guideline.roles.episode, guideline.roles.assessment
    if not (episode and day):
        return
    days = defaultdict(list)
    for record, _, value in homes.triples(store, RECORDS, None, ox.NamedNode(day)):
        if _is_day(value.value):
            days[record].append(value.value)
    sent = homes.triples(store, RECORDS, None, ox.NamedNode(episode))
    dated = sorted((str(name), value, record.value) for record, _, name in sent for value in days.get(record, ()))
    for _, contacts in groupby(dated, itemgetter(0)):
        same_day = [[ox.NamedNode(row[2]) for row in same] for _, same in groupby(contacts, itemgetter(1))]
        for earlier, later in pairwise(same_day):
            yield from product(earlier, later)


def _is_day(text: str) -> bool:
    """Return whether a text is a day; a stored record need not be valid any more."""
    try:
        return bool(date.fromisoformat(text))
    except ValueError:
        return False
